package ledgerdb

import (
	"context"
	"fmt"

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

// Aging lists the receivables at the end of the day asOf by who owes them and
// for how long. As of the last posting day or later it reads the sub-ledger;
// as of an earlier day it sums the journal.
func Aging(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date, by ledger.AgeBy) (ledger.Aging, error) {
	if by != ledger.ByService && by != ledger.ByResponsibility {
		return ledger.Aging{}, fault.Usagef("CB-REPORT-BASIS", "an aging counts by %q or %q, not by %q", ledger.ByService, ledger.ByResponsibility, by)
	}
	later, err := postedAfter(ctx, tx, practiceID, asOf)
	if err != nil {
		return ledger.Aging{}, err
	}
	open := openNow
	if later {
		open = openThen
	}
	since, unless := sinceService, ` and not exists (select from service_line n where n.practice_id = $1 and n.id = o.service_line_id)`
	if by == ledger.ByResponsibility {
		since, unless = sinceResponsibility, ``
	}
	rows, err := tx.Query(ctx, `
		with open as materialized (`+open+`), `+fmt.Sprintf(firsts, unless)+`
		select o.account, case o.account when '1100' then o.payer_id else coalesce(g.id, 0) end,
			case o.account when '1100' then coalesce(p.code, 'unknown') else coalesce(g.account, 'unknown') end,
			case o.account when '1100' then coalesce(p.name, 'unknown payer') else coalesce(g.last_name || ', ' || g.first_name, 'unknown guarantor') end,
			`+since+`, count(*)::int, sum(o.amount)::bigint
		from open o
		left join payer p on o.account = '1100' and p.practice_id = $1 and p.id = o.payer_id
		left join patient n on o.account = '1110' and n.practice_id = $1 and n.id = o.patient_id
		left join guarantor g on g.practice_id = n.practice_id and g.id = n.guarantor_id
		left join service_line l on o.service_line_id <> 0 and l.practice_id = $1 and l.id = o.service_line_id
		left join claim c on o.reference <> '' and c.practice_id = $1 and c.number = o.reference
		left join first f on f.account = o.account and f.service_line_id = o.service_line_id and f.payer_id = o.payer_id
			and f.payer_rank = o.payer_rank and f.patient_id = o.patient_id and f.reference = o.reference
		group by 1, 2, 3, 4, 5`, practiceID, asOf)
	if err != nil {
		return ledger.Aging{}, err
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i ledger.OpenItem, err error) {
		return i, row.Scan(&i.Account, &i.PartyID, &i.Code, &i.Name, &i.Since, &i.Items, &i.Amount)
	})
	return ledger.Age(asOf, by, items), err
}

// The parts of the aging's query.
const (
	openNow = `
		select account, service_line_id, payer_id, payer_rank, patient_id, reference, amount
		from subledger_balance where practice_id = $1 and account in ('1100', '1110') and amount <> 0`
	openThen = `
		select account, service_line_id, payer_id, payer_rank, patient_id, reference, sum(p.amount)::bigint as amount
		from posting p join journal_entry e on e.practice_id = p.practice_id and e.id = p.entry_id
		where p.practice_id = $1 and p.account in ('1100', '1110') and e.posting_date <= $2
		group by 1, 2, 3, 4, 5, 6 having sum(p.amount) <> 0`
	// firsts finds, for open balances only, the day on which the party first
	// came to owe it, and a date of service where no service line says it (an
	// aging by service skips the lines that do).
	// Balances of a line, of a patient's account, and of a claim as a whole are
	// found by an index of their own.
	firsts = `first as (
		select o.account, o.service_line_id, o.payer_id, o.payer_rank, o.patient_id, o.reference,
			min(e.posting_date) as posted, min(s.service_date) as served
		from open o cross join lateral (
			select t.* from transfer t where o.service_line_id <> 0
				and t.practice_id = $1 and t.debit_service_line_id = o.service_line_id and t.debit_service_line_id <> 0%s
			union all
			select t.* from transfer t where o.service_line_id = 0 and o.patient_id <> 0
				and t.practice_id = $1 and t.debit_patient_id = o.patient_id and t.debit_patient_id <> 0
			union all
			select t.* from transfer t join claim c on c.practice_id = $1 and c.number = o.reference
				where o.service_line_id = 0 and o.reference <> ''
				and t.practice_id = $1 and t.claim_id = c.id and t.claim_id <> 0
		) s join journal_entry e on e.practice_id = s.practice_id and e.id = s.entry_id and e.posting_date <= $2
		where s.debit_account = o.account and s.debit_service_line_id = o.service_line_id and s.debit_payer_id = o.payer_id
			and s.debit_payer_rank = o.payer_rank and s.debit_patient_id = o.patient_id and s.debit_reference = o.reference
		group by 1, 2, 3, 4, 5, 6)`
	sinceService        = `coalesce(l.service_date, c.service_date, f.served, f.posted, $2)`
	sinceResponsibility = `coalesce(f.posted, c.service_date, l.service_date, $2)`
)

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
