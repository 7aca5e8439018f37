package billingdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/fault"
)

// LockUnmatched returns the claim number that an unmatched CLP reported, and
// keeps everybody else from matching it. A CLP that is matched already, or that
// is not there, is a fault.
func LockUnmatched(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int) (claimNumber string, err error) {
	var outcome string
	err = tx.QueryRow(ctx, `SELECT claim_number, outcome FROM remittance_claim WHERE practice_id = $1 AND remittance_id = $2 AND seq = $3 FOR UPDATE`,
		practiceID, remittanceID, seq).Scan(&claimNumber, &outcome)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", fault.NotFoundf("CB-MATCH-001", "the payment has no claim %d", seq)
	case err == nil && outcome != billing.OutcomeUnmatched:
		return "", fault.Invalidf("CB-MATCH-002", "claim %d of the payment is not waiting for a match: it is %s", seq, outcome)
	}
	return claimNumber, err
}

// SaveMatch records what a person's match made of a CLP that was reported
// before.
func SaveMatch(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, p *billing.Posting) error {
	batch := &pgx.Batch{}
	for _, c := range p.Claims {
		batch.Queue(`UPDATE remittance_claim SET claim_id = nullif($4::bigint, 0), match_reason = $5, outcome = $6,
				reverses_remittance_id = nullif($7::bigint, 0), reverses_seq = nullif($8::integer, 0)
			WHERE practice_id = $1 AND remittance_id = $2 AND seq = $3`,
			practiceID, remittanceID, c.Seq, c.ClaimID, c.MatchReason, c.Outcome, c.ReversesRemittance, c.ReversesSeq)
	}
	for _, l := range p.Lines {
		batch.Queue(`UPDATE remittance_line SET service_line_id = nullif($5::bigint, 0), match_reason = $6
			WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 AND line_seq = $4`,
			practiceID, remittanceID, l.ClaimSeq, l.Seq, l.ServiceLineID, l.MatchReason)
	}
	for _, a := range p.Adjustments {
		batch.Queue(`UPDATE remittance_adjustment SET treatment = $6, posted = $7
			WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 AND line_seq = $4 AND seq = $5`,
			practiceID, remittanceID, a.ClaimSeq, a.LineSeq, a.Seq, string(a.Treatment), a.Posted)
	}
	batch.Queue(`UPDATE remittance SET posted = posted + 1, unmatched = unmatched - 1 WHERE practice_id = $1 AND id = $2`, practiceID, remittanceID)
	return tx.SendBatch(ctx, batch).Close()
}
