package billingdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Alias is a claim number that a payer returned instead of ours, and the claim
// that it was found to mean.
type Alias struct {
	PayerID          int64  // 0: a payer unknown to the practice
	ClaimNumber      string // CLP01 as the payer wrote it
	PayerClaimNumber string // CLP07; "": the number means the claim whatever CLP07 says, as a person decided
	Claim            string // our number
	ByPerson         bool
}

// SaveAlias remembers what a number was found to mean; decisionID 0 is the
// lines' control numbers. What a person says goes before what lines say.
func SaveAlias(ctx context.Context, tx pgx.Tx, practiceID int64, a Alias, decisionID int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO claim_alias (practice_id, payer_id, claim_number, payer_claim_number, claim_id, decision_id)
		SELECT $1, $2, $3, $4, c.id, nullif($6::bigint, 0) FROM claim c WHERE c.practice_id = $1 AND c.number = $5
		ON CONFLICT (practice_id, payer_id, claim_number, payer_claim_number) DO UPDATE SET claim_id = excluded.claim_id, decision_id = excluded.decision_id
		WHERE excluded.decision_id IS NOT NULL OR claim_alias.decision_id IS NULL`,
		practiceID, a.PayerID, a.ClaimNumber, a.PayerClaimNumber, a.Claim, decisionID)
	return err
}

// Aliases returns what is known of the numbers when this payer returns them.
func Aliases(ctx context.Context, tx pgx.Tx, practiceID, payerID int64, numbers []string) ([]Alias, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.payer_id, a.claim_number, a.payer_claim_number, c.number, a.decision_id IS NOT NULL
		FROM claim_alias a JOIN claim c ON c.practice_id = a.practice_id AND c.id = a.claim_id
		WHERE a.practice_id = $1 AND a.payer_id = $2 AND a.claim_number = ANY($3)
		ORDER BY a.claim_number, a.payer_claim_number`, practiceID, payerID, numbers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Alias])
}

// SuspenseItems returns the keys of the work items about what a payer has in
// suspense (2190) under a reference.
func SuspenseItems(ctx context.Context, tx pgx.Tx, practiceID, payerID int64, reference string) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT 'plb|' || e.source_key
		FROM provider_adjustment a
		JOIN remittance r ON r.practice_id = a.practice_id AND r.id = a.remittance_id AND coalesce(r.payer_id, 0) = $2
		JOIN journal_entry e ON e.practice_id = r.practice_id AND starts_with(e.source_key, r.source_key || '|PLB|')
		JOIN transfer t ON t.practice_id = e.practice_id AND t.entry_id = e.id
		WHERE a.practice_id = $1 AND (a.reference = $3 OR a.reference = '' AND r.trace = $3)
		  AND (t.debit_account = '2190' AND t.debit_reference = $3 OR t.credit_account = '2190' AND t.credit_reference = $3)`,
		practiceID, payerID, reference)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Sought is what an answer without a usable claim number says of its claim.
type Sought struct {
	At     int // the caller's number of it
	Charge money.Cents
	On     date.Date // of the first service
}

// Candidate is a claim that an answer may be for.
type Candidate struct {
	At       int
	Number   string
	MemberID string
	Answered bool // an answer of its payer stands
}

// Candidates returns the claims to a payer (0: to any) that went out with these
// charges for services that began on these days.
func Candidates(ctx context.Context, tx pgx.Tx, practiceID, payerID int64, list []Sought) ([]Candidate, error) {
	at, charges, days := make([]int, len(list)), make([]int64, len(list)), make([]date.Date, len(list))
	for i, s := range list {
		at[i], charges[i], days[i] = s.At, int64(s.Charge), s.On
	}
	rows, err := tx.Query(ctx, `
		SELECT u.at, c.number, v.member_id, EXISTS (
			SELECT FROM remittance_claim m JOIN remittance r ON r.practice_id = m.practice_id AND r.id = m.remittance_id AND r.state = 'posted'
			WHERE m.practice_id = c.practice_id AND m.claim_id = c.id AND m.status <> '22' AND m.outcome NOT IN ('unmatched', 'returned', 'informational')
			  AND NOT EXISTS (SELECT FROM remittance_claim b WHERE b.practice_id = m.practice_id AND b.reverses_remittance_id = m.remittance_id AND b.reverses_seq = m.seq))
		FROM unnest($3::int[], $4::bigint[], $5::date[]) AS u (at, charge, day)
		JOIN claim c ON c.practice_id = $1 AND c.charge = u.charge AND c.service_date = u.day AND ($2 = 0 OR c.payer_id = $2)
			AND c.state NOT IN ('draft', 'held', 'ready', 'replaced', 'voided')
		JOIN coverage v ON v.practice_id = c.practice_id AND v.id = c.coverage_id
		ORDER BY u.at, c.number`, practiceID, payerID, at, charges, days)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Candidate])
}
