package billingdb

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// LeftInReceivable returns the adjustments of a CLP that stayed in A/R, by line
// of the claim. What was reported for the claim is allocated to its lines as it
// was when it came: by SVC02, or by charge where no line was reported; of a
// patient share only the parts of those lines stayed whose patient is protected.
func LeftInReceivable(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int, c *billing.Claim) ([]billing.Left, error) {
	type reported struct {
		Seq           int
		ServiceLineID int64
		Charge        money.Cents
		Remarks       []string
	}
	rows, err := tx.Query(ctx, `SELECT l.line_seq, coalesce(l.service_line_id, 0), l.charge, r.remarks || l.remarks FROM remittance_line l
		JOIN remittance_claim r ON r.practice_id = l.practice_id AND r.remittance_id = l.remittance_id AND r.seq = l.claim_seq
		WHERE l.practice_id = $1 AND l.remittance_id = $2 AND l.claim_seq = $3 ORDER BY l.line_seq`, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	reports, err := pgx.CollectRows(rows, pgx.RowToStructByPos[reported])
	if err != nil {
		return nil, err
	}
	lines := map[int64]*billing.ClaimLine{}
	for i := range c.Lines {
		lines[c.Lines[i].ServiceLineID] = &c.Lines[i]
	}
	if len(reports) == 0 {
		for i := range c.Lines {
			reports = append(reports, reported{-1, c.Lines[i].ServiceLineID, c.Lines[i].Charge, nil})
		}
	}
	weights := make([]money.Cents, len(reports))
	for i := range reports {
		weights[i] = reports[i].Charge
	}
	moved, err := movedByLine(ctx, tx, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	said, err := saidOfLines(ctx, tx, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	var left []billing.Left
	rows, err = tx.Query(ctx, `SELECT a.line_seq, a.group_code, a.carc, a.amount, a.byte_offset, r.edi_file_id, a.treatment = 'denial' FROM remittance_adjustment a
		JOIN remittance r ON r.practice_id = a.practice_id AND r.id = a.remittance_id
		WHERE a.practice_id = $1 AND a.remittance_id = $2 AND a.claim_seq = $3 AND a.amount > 0
		  AND (a.treatment IN ('denial', 'stay') OR a.treatment = 'patient' AND a.line_seq = 0 AND a.posted < a.amount)
		ORDER BY a.line_seq = 0, a.line_seq, a.seq`, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	var lineSeq int
	l := billing.Left{}
	_, err = pgx.ForEachRow(rows, []any{&lineSeq, &l.Group, &l.CARC, &l.Amount, &l.ByteOffset, &l.EDIFileID, &l.Denied}, func() error {
		if lineSeq == 0 && len(reports) > 0 {
			for i, part := range l.Amount.Allocate(weights) {
				l := l
				key := movedKey{reports[i].ServiceLineID, l.Group, l.CARC, l.ByteOffset}
				done := min(part, moved[key])
				moved[key] -= done
				l.Line, l.Amount, l.Remarks = lines[reports[i].ServiceLineID], part-done, reports[i].Remarks
				l.With = slices.Concat(said[0], said[reports[i].Seq])
				if l.Amount > 0 {
					left = append(left, l)
				}
			}
			return nil
		}
		l := l
		l.With = slices.Concat(said[0], said[lineSeq])
		for i := range reports {
			if reports[i].Seq == lineSeq {
				l.Line, l.Remarks = lines[reports[i].ServiceLineID], reports[i].Remarks
			}
		}
		left = append(left, l)
		return nil
	})
	return left, err
}

// saidOfLines returns the codes that an answer gave, by SVC; 0 is the claim.
func saidOfLines(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int) (map[int][]string, error) {
	rows, err := tx.Query(ctx, `SELECT line_seq, group_code || '-' || carc FROM remittance_adjustment
		WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 ORDER BY line_seq, seq`, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	said := map[int][]string{}
	var line int
	var code string
	_, err = pgx.ForEachRow(rows, []any{&line, &code}, func() error { said[line] = append(said[line], code); return nil })
	return said, err
}

// movedKey names a part of an adjustment: the line that it was allocated to, and
// where it was reported.
type movedKey struct {
	serviceLineID int64
	group, carc   string
	byteOffset    int64
}

// movedByLine returns what an answer's adjustments moved out of the receivable.
func movedByLine(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int) (map[movedKey]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.credit_service_line_id, t.group_code, t.carc, t.byte_offset, sum(t.amount)::bigint FROM remittance r
		JOIN journal_entry e ON e.practice_id = r.practice_id AND e.source_key IN (r.source_key || '|CLP|' || $3::int, r.source_key || '|CLP|' || $3::int || '`+billing.MatchSuffix+`')
		JOIN transfer t ON t.practice_id = e.practice_id AND t.entry_id = e.id
		WHERE r.practice_id = $1 AND r.id = $2 AND t.credit_account = '1100' AND t.group_code <> ''
		GROUP BY 1, 2, 3, 4`, practiceID, remittanceID, seq)
	if err != nil {
		return nil, err
	}
	moved := map[movedKey]money.Cents{}
	var key movedKey
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&key.serviceLineID, &key.group, &key.carc, &key.byteOffset, &amount}, func() error { moved[key] = amount; return nil })
	return moved, err
}

// PaidFor returns what a coverage has paid for a claim, by receivable, less what
// is already owed back to it.
func PaidFor(ctx context.Context, tx pgx.Tx, practiceID, claimID int64, asked billing.NextPayer) (map[ledger.Key]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		SELECT line, reference, sum(amount)::bigint FROM (
			SELECT credit_service_line_id AS line, credit_reference AS reference, amount FROM transfer
			WHERE practice_id = $1 AND claim_id = $2 AND credit_account = '1100' AND credit_payer_id = $3 AND credit_payer_rank = $4 AND debit_account IN ('1050', '2010', '2210')
			UNION ALL
			SELECT debit_service_line_id, debit_reference, -amount FROM transfer
			WHERE practice_id = $1 AND claim_id = $2 AND debit_account = '1100' AND debit_payer_id = $3 AND debit_payer_rank = $4 AND credit_account IN ('1050', '2010', '2210')) t
		GROUP BY 1, 2`, practiceID, claimID, asked.PayerID, asked.Rank)
	if err != nil {
		return nil, err
	}
	paid := map[ledger.Key]money.Cents{}
	key := ledger.Key{Account: ledger.ARInsurance, PayerID: asked.PayerID, PayerRank: asked.Rank}
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&key.ServiceLineID, &key.Reference, &amount}, func() error { paid[key] = amount; return nil })
	return paid, err
}

// ClaimsOfPatientLines says which claim's answer left each service line to the
// patient: the last one.
func ClaimsOfPatientLines(ctx context.Context, tx pgx.Tx, practiceID int64, lineIDs []int64) (map[int64]int64, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (debit_service_line_id) debit_service_line_id, claim_id FROM transfer
		WHERE practice_id = $1 AND debit_service_line_id = ANY($2) AND debit_service_line_id <> 0 AND debit_account = '1110' AND claim_id <> 0
		ORDER BY debit_service_line_id, entry_id DESC`, practiceID, lineIDs)
	if err != nil {
		return nil, err
	}
	of := map[int64]int64{}
	var line, claim int64
	_, err = pgx.ForEachRow(rows, []any{&line, &claim}, func() error { of[line] = claim; return nil })
	return of, err
}

// CloseSettledClaims closes the patients' claims that were answered and of whose
// lines neither an insurer nor the patient owes anything any more. It also opens
// closed claims again whose payer has a balance once more: a reversal of the
// first payer's answer moves what the second one owes.
func CloseSettledClaims(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs []int64, on date.Date, actor string) error {
	if len(patientIDs) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		SELECT c.id, true FROM claim c
		WHERE c.practice_id = $1 AND c.patient_id = ANY($2) AND c.state = 'closed'
		  AND (EXISTS (SELECT 1 FROM claim_line l JOIN subledger_balance b ON b.practice_id = l.practice_id AND b.service_line_id = l.service_line_id
		               WHERE l.practice_id = c.practice_id AND l.claim_id = c.id AND b.account = '1100' AND b.payer_id = c.payer_id AND b.payer_rank = c.payer_rank AND b.amount <> 0)
		    OR EXISTS (SELECT 1 FROM subledger_balance b WHERE b.practice_id = c.practice_id AND b.account = '1100' AND b.service_line_id = 0
		               AND b.payer_id = c.payer_id AND b.payer_rank = c.payer_rank AND b.reference = c.number AND b.amount <> 0))
		UNION ALL
		SELECT c.id, false FROM claim c
		WHERE c.practice_id = $1 AND c.patient_id = ANY($2) AND c.state IN ('paid', 'partly-paid', 'denied', 'forwarded')
		  AND NOT EXISTS (SELECT 1 FROM claim_line l JOIN subledger_balance b ON b.practice_id = l.practice_id AND b.service_line_id = l.service_line_id
		                  WHERE l.practice_id = c.practice_id AND l.claim_id = c.id AND b.account IN ('1100', '1110') AND b.amount <> 0)
		  AND NOT EXISTS (SELECT 1 FROM subledger_balance b WHERE b.practice_id = c.practice_id AND b.account = '1100' AND b.service_line_id = 0
		                  AND b.payer_id = c.payer_id AND b.reference = c.number AND b.amount <> 0)
		ORDER BY 1`, practiceID, patientIDs)
	if err != nil {
		return err
	}
	moves, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (claims.Move, error) {
		m := claims.Move{To: claims.Closed, Event: "closed", Message: "Nobody owes anything for it any more.", Actor: actor, On: on}
		var reopened bool
		err := row.Scan(&m.ClaimID, &reopened)
		if reopened {
			m.To, m.Event, m.Message = claims.Paid, "reopened", "Its payer has a balance again."
		}
		return m, err
	})
	if err != nil {
		return err
	}
	return claimsdb.Transition(ctx, tx, practiceID, moves)
}

// InsuranceBalances returns what a claim's payer still owes for it, by
// receivable, leaving out what is settled.
func InsuranceBalances(ctx context.Context, tx pgx.Tx, practiceID int64, c *billing.Claim) ([]ledger.Balance, error) {
	rows, err := tx.Query(ctx, `
		SELECT b.service_line_id, b.reference, b.amount FROM subledger_balance b
		WHERE b.practice_id = $1 AND b.account = '1100' AND b.payer_id = $3 AND b.payer_rank = $4 AND b.amount <> 0
		  AND (b.service_line_id IN (SELECT service_line_id FROM claim_line WHERE practice_id = $1 AND claim_id = $2) OR b.service_line_id = 0 AND b.reference = $5)
		ORDER BY b.service_line_id = 0, b.service_line_id`, practiceID, c.ID, c.PayerID, c.Rank, c.Number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b ledger.Balance, err error) {
		b.Key = ledger.Key{Account: ledger.ARInsurance, PayerID: c.PayerID, PayerRank: c.Rank}
		return b, row.Scan(&b.Key.ServiceLineID, &b.Key.Reference, &b.Amount)
	})
}

// ReturnUnmatched records that a CLP is not ours.
func ReturnUnmatched(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE remittance_claim SET outcome = $4, match_reason = $5 WHERE practice_id = $1 AND remittance_id = $2 AND seq = $3`,
		practiceID, remittanceID, seq, billing.OutcomeReturned, why); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE remittance SET unmatched = unmatched - 1 WHERE practice_id = $1 AND id = $2`, practiceID, remittanceID)
	return err
}

// UnmatchedSeqs returns the CLPs of a payment that wait for a match.
func UnmatchedSeqs(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64) ([]int, error) {
	rows, err := tx.Query(ctx, `SELECT seq FROM remittance_claim WHERE practice_id = $1 AND remittance_id = $2 AND outcome = 'unmatched' ORDER BY seq FOR UPDATE`, practiceID, remittanceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int])
}
