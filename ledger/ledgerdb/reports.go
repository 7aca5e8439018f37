package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// TrialBalance sums every account at the end of the day asOf.
func TrialBalance(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date) (ledger.TrialBalance, error) {
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return ledger.TrialBalance{}, err
	}
	balances, err := accountBalances(ctx, tx, practiceID, asOf)
	return ledger.NewTrialBalance(asOf, chart, balances), err
}

// accountBalances sums debits less credits of each account, at the end of asOf.
// Where nothing was posted later it needs no posting dates.
func accountBalances(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date) (map[string]money.Cents, error) {
	later, err := postedAfter(ctx, tx, practiceID, asOf)
	if err != nil {
		return nil, err
	}
	from, args := `transfer t where t.practice_id = $1`, []any{practiceID}
	if later {
		from = `journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id where e.practice_id = $1 and e.posting_date <= $2`
		args = append(args, asOf)
	}
	rows, err := tx.Query(ctx, `
		with moved as materialized (
			select t.debit_account, t.credit_account, sum(t.amount)::bigint as amount from `+from+` group by 1, 2
		)
		select account, sum(amount)::bigint from (
			select debit_account as account, amount from moved
			union all
			select credit_account, -amount from moved
		) s group by 1`, args...)
	if err != nil {
		return nil, err
	}
	balances := map[string]money.Cents{}
	var account string
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&account, &amount}, func() error {
		balances[account] = amount
		return nil
	})
	return balances, err
}

// postedAfter reports whether anything was posted after the day.
func postedAfter(ctx context.Context, tx pgx.Tx, practiceID int64, day date.Date) (later bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from journal_entry where practice_id = $1 and posting_date > $2)`, practiceID, day).Scan(&later)
	return later, err
}

// DaySheet sorts what was posted from one day to another, both included.
func DaySheet(ctx context.Context, tx pgx.Tx, practiceID int64, from, to date.Date) (ledger.DaySheet, error) {
	if to.Before(from) {
		return ledger.DaySheet{}, fault.Usagef("CB-REPORT-SPAN", "the day sheet ends on %s, before it begins on %s", to, from)
	}
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return ledger.DaySheet{}, err
	}
	before, err := accountBalances(ctx, tx, practiceID, from.AddDays(-1))
	if err != nil {
		return ledger.DaySheet{}, err
	}
	rows, err := tx.Query(ctx, `
		select e.kind, e.actor, t.debit_account, t.credit_account, count(*)::int, sum(t.amount)::bigint
		from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
		where e.practice_id = $1 and e.posting_date between $2 and $3
		group by 1, 2, 3, 4 order by 1, 2, 3, 4`, practiceID, from, to)
	if err != nil {
		return ledger.DaySheet{}, err
	}
	activity, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ledger.Activity, err error) {
		return a, row.Scan(&a.Kind, &a.Actor, &a.Debit, &a.Credit, &a.Count, &a.Amount)
	})
	opening := before[ledger.ARInsurance] + before[ledger.ARPatient]
	return ledger.NewDaySheet(from, to, chart, opening, activity), err
}

// GeneralLedger reads one account from one day to another, both included, line
// by line in the order of posting date and source, with its running balance.
// It never holds more than a line.
func GeneralLedger(ctx context.Context, tx pgx.Tx, practiceID int64, account string, from, to date.Date, line func(ledger.AccountLine) error) (ledger.GeneralLedger, error) {
	gl := ledger.GeneralLedger{From: from, To: to}
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return gl, err
	}
	var known bool
	if gl.Account, known = chart[account]; !known {
		return gl, fault.NotFoundf("CB-LEDGER-ACCOUNT", "account %s is not in the chart of accounts", account)
	}
	before, err := accountBalances(ctx, tx, practiceID, from.AddDays(-1))
	if err != nil {
		return gl, err
	}
	gl.Opening = before[account]
	rows, err := tx.Query(ctx, `
		select e.posting_date, e.source_key, t.line_no, e.kind, e.memo,
			case when s.side = 1 then t.credit_account else t.debit_account end, t.amount * s.side
		from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
		cross join lateral (select 1 as side where t.debit_account = $2 union all select -1 where t.credit_account = $2) s
		where e.practice_id = $1 and e.posting_date between $3 and $4
		order by e.posting_date, e.source_key, t.line_no, s.side desc`, practiceID, account, from, to)
	if err != nil {
		return gl, err
	}
	balance := gl.Opening
	var l ledger.AccountLine
	_, err = pgx.ForEachRow(rows, []any{&l.PostingDate, &l.SourceKey, &l.LineNo, &l.Kind, &l.Memo, &l.Contra, &l.Amount}, func() error {
		balance += l.Amount
		l.Balance = balance
		return line(l)
	})
	return gl, err
}
