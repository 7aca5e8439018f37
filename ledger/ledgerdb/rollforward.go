package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// RollForward is the day sheet of every month between two days that has
// entries: A/R opening + charges - payments - adjustments = closing. A zero
// from begins with the book.
func RollForward(ctx context.Context, tx pgx.Tx, practiceID int64, from, to date.Date) ([]ledger.DaySheet, error) {
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return nil, err
	}
	var opening money.Cents
	if !from.IsZero() {
		before, err := accountBalances(ctx, tx, practiceID, from.AddDays(-1))
		if err != nil {
			return nil, err
		}
		opening = before[ledger.ARInsurance] + before[ledger.ARPatient]
	}
	rows, err := tx.Query(ctx, `
		select date_trunc('month', e.posting_date)::date, t.debit_account, t.credit_account, count(*)::int, sum(t.amount)::bigint
		from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
		where e.practice_id = $1 and ($2::date is null or e.posting_date >= $2) and e.posting_date <= $3
		group by 1, 2, 3 order by 1, 2, 3`, practiceID, from, to)
	if err != nil {
		return nil, err
	}
	var months []date.Date
	activity := map[date.Date][]ledger.Activity{}
	var month date.Date
	var a ledger.Activity
	if _, err := pgx.ForEachRow(rows, []any{&month, &a.Debit, &a.Credit, &a.Count, &a.Amount}, func() error {
		if _, seen := activity[month]; !seen {
			months = append(months, month)
		}
		activity[month] = append(activity[month], a)
		return nil
	}); err != nil {
		return nil, err
	}
	sheets := make([]ledger.DaySheet, len(months))
	for i, month := range months {
		first, last := month, month.AddMonths(1).AddDays(-1)
		if first.Before(from) {
			first = from
		}
		if last.After(to) {
			last = to
		}
		sheets[i] = ledger.NewDaySheet(first, last, chart, opening, activity[month])
		opening = sheets[i].Closing
	}
	return sheets, nil
}
