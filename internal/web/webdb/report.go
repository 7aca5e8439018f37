package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// AccountBalance is one line of the trial balance over a span of days.
type AccountBalance struct {
	Code    string
	Name    string
	Class   string
	Opening money.Cents // debits less credits before the first day
	Debits  money.Cents // in the span
	Credits money.Cents // in the span, as a positive amount
}

// Closing is the balance at the end of the span: debits less credits.
func (b AccountBalance) Closing() money.Cents { return b.Opening + b.Debits - b.Credits }

// TrialBalance returns every account of the chart that was ever used up to a
// day, with its activity from the first day on.
func TrialBalance(ctx context.Context, tx pgx.Tx, practiceID int64, from, to date.Date) ([]AccountBalance, error) {
	return many[AccountBalance](ctx, tx, `
		SELECT a.code, a.name, a.class,
		       coalesce(sum(p.amount) FILTER (WHERE e.posting_date < $2), 0)::bigint AS opening,
		       coalesce(sum(p.amount) FILTER (WHERE e.posting_date >= $2 AND p.amount > 0), 0)::bigint AS debits,
		       coalesce(-sum(p.amount) FILTER (WHERE e.posting_date >= $2 AND p.amount < 0), 0)::bigint AS credits
		FROM account a
		JOIN posting p ON p.practice_id = a.practice_id AND p.account = a.code
		JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id
		WHERE a.practice_id = $1 AND e.posting_date <= $3
		GROUP BY a.code, a.name, a.class ORDER BY a.code`, practiceID, from, to)
}

// FindAccount returns an account of the chart without balances.
func FindAccount(ctx context.Context, tx pgx.Tx, practiceID int64, code string) (AccountBalance, error) {
	return one[AccountBalance](ctx, tx, "account", `
		SELECT code, name, class, 0::bigint AS opening, 0::bigint AS debits, 0::bigint AS credits
		FROM account WHERE practice_id = $1 AND code = $2`, practiceID, code)
}

// GuarantorPatients returns one patient of each guarantor: an aging names
// guarantors, and a page of ours is about patients.
func GuarantorPatients(ctx context.Context, tx pgx.Tx, practiceID int64, guarantors []int64) (map[int64]int64, error) {
	type pair struct{ GuarantorID, PatientID int64 }
	pairs, err := many[pair](ctx, tx, `
		SELECT guarantor_id, min(id) AS patient_id FROM patient
		WHERE practice_id = $1 AND guarantor_id = ANY($2) GROUP BY guarantor_id`, practiceID, guarantors)
	first := make(map[int64]int64, len(pairs))
	for _, p := range pairs {
		first[p.GuarantorID] = p.PatientID
	}
	return first, err
}
