package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// ReconcileDeposits compares, at the end of asOf, what the book expects at the
// bank with what the bank shows, both ways. What was settled before from and is
// not open is left out.
func ReconcileDeposits(ctx context.Context, tx pgx.Tx, practiceID int64, from, asOf date.Date) (ledger.DepositReport, error) {
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return ledger.DepositReport{}, err
	}
	balances, err := accountBalances(ctx, tx, practiceID, asOf)
	if err != nil {
		return ledger.DepositReport{}, err
	}
	var bankLines money.Cents
	if err := tx.QueryRow(ctx, `select coalesce(sum(amount), 0)::bigint from bank_line where practice_id = $1 and booked_on <= $2`, practiceID, asOf).Scan(&bankLines); err != nil {
		return ledger.DepositReport{}, err
	}
	rows, err := tx.Query(ctx, reconciled, practiceID, from, asOf)
	if err != nil {
		return ledger.DepositReport{}, err
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i ledger.ReconciledItem, err error) {
		return i, row.Scan(&i.Section, &i.Since, &i.Payer, &i.Reference, &i.What, &i.Expected, &i.ToDrawer, &i.Deposited, &i.Other, nil)
	})
	return ledger.NewDepositReport(from, asOf, chart, balances, bankLines, items), err
}

// reconciled is the state of the bank's side at the end of $3. A match counts
// from the posting date of its entry to the day before the one of its mirror; a
// match without an entry (the book had posted it already) from the bank's day
// to the day of the decision that took it back.
const reconciled = `
	with match as materialized (
		select d.kind, d.trace, d.amount, d.bank_line_id, d.match_no, k.source, s.on_day, s.until
		from deposit d join bank_line b on b.practice_id = d.practice_id and b.id = d.bank_line_id
		join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
		cross join lateral (select 'deposit|' || left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no || case when d.match_no > 1 then '|' || d.match_no else '' end as source) k
		left join journal_entry e on e.practice_id = d.practice_id and e.source_key = k.source
		left join journal_entry u on u.practice_id = d.practice_id and u.source_key = k.source || '|undo'
		left join decision c on c.practice_id = d.practice_id and c.id = d.undone_by
		cross join lateral (select coalesce(e.posting_date, b.booked_on) as on_day, case when d.undone_by is not null then coalesce(u.posting_date, c.decided_on) end as until) s
		where d.practice_id = $1 and s.on_day <= $3 and (s.until is null or s.until > $3)
	), clearing as (
		select p.payer_id, p.reference,
			sum(p.amount) filter (where e.kind <> 'check' and e.kind <> 'deposit' and e.source_key like '835|%') as expected,
			-sum(p.amount) filter (where e.kind = 'check') as to_drawer,
			-sum(p.amount) filter (where e.kind = 'deposit') as deposited,
			-sum(p.amount) filter (where e.kind <> 'check' and e.kind <> 'deposit' and e.source_key not like '835|%') as other,
			sum(p.amount) as open, min(e.posting_date) as first, max(e.posting_date) as last
		from posting p join journal_entry e on e.practice_id = p.practice_id and e.id = p.entry_id
		where p.practice_id = $1 and p.account = '1050' and e.posting_date <= $3
		group by 1, 2
	), slip as (
		select s.id, s.key, s.kind, s.made_on, s.amount, coalesce(sum(m.amount), 0) as deposited, max(m.on_day) as last
		from deposit_slip s left join decision c on c.practice_id = s.practice_id and c.id = s.voided_by
		left join match m on m.kind = 'slip' and m.trace = s.key
		where s.practice_id = $1 and s.made_on <= $3 and (s.voided_by is null or c.decided_on > $3)
		group by s.practice_id, s.id, s.key, s.kind, s.made_on, s.amount
	), received as (
		select coalesce(r.posting_date, e.posting_date) as day, sum(case when t.debit_account = '1010' then t.amount else -t.amount end) as amount
		from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
		left join journal_entry r on r.practice_id = e.practice_id and r.id = e.reverses
		where t.practice_id = $1 and (t.debit_account = '1010') <> (t.credit_account = '1010') and e.kind <> 'deposit' and e.posting_date <= $3
		group by 1
	), slipped as (
		select e.posting_date as day, sum(r.amount) as amount
		from slip s join deposit_slip_receipt r on r.practice_id = $1 and r.slip_id = s.id
		join journal_entry e on e.practice_id = r.practice_id and e.source_key = r.source_key
		group by 1
	), counted as (
		select trace::date as day, sum(amount) as amount, max(on_day) as last from match where kind = 'counter' group by 1
	), booked as (
		select e.source_key, e.kind, e.posting_date, sum(case when t.debit_account = '1000' then t.amount else -t.amount end) as amount
		from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
		where t.practice_id = $1 and (t.debit_account = '1000') <> (t.credit_account = '1000') and e.kind <> 'deposit' and e.posting_date <= $3
		group by 1, 2, 3
	)
	select 'payments', coalesce(r.since, c.first) as since, coalesce(p.code, ''), c.reference, coalesce(p.name, 'unknown payer'),
		coalesce(c.expected, 0)::bigint, coalesce(c.to_drawer, 0)::bigint, coalesce(c.deposited, 0)::bigint, coalesce(c.other, 0)::bigint, 1 as section
	from clearing c left join payer p on p.practice_id = $1 and p.id = c.payer_id
	left join lateral (
		select coalesce(r.check_date, r.received_on) as since from remittance r
		where r.practice_id = $1 and r.trace = c.reference and r.state = 'posted' and coalesce(r.payer_id, 0) = c.payer_id order by r.id limit 1
	) r on true
	where c.open <> 0 or c.last >= $2
	union all
	select 'drawer', made_on, '', key, case kind when 'card' then 'card receipts' else 'slip' end, amount, 0, deposited::bigint, 0, 2
	from slip where amount <> deposited or made_on >= $2 or last >= $2
	union all
	select 'drawer', r.day, '', to_char(r.day, 'YYYY-MM-DD'), 'receipts' || case when s.amount <> 0 then ' not on slips' else '' end,
		(r.amount - coalesce(s.amount, 0))::bigint, 0, coalesce(c.amount, 0)::bigint, 0, 2
	from received r left join slipped s on s.day = r.day left join counted c on c.day = r.day
	where r.amount - coalesce(s.amount, 0) <> coalesce(c.amount, 0) or (r.day >= $2 or c.last >= $2) and r.amount <> coalesce(s.amount, 0)
	union all
	select 'bank only', b.booked_on, '', coalesce(nullif(b.reference, ''), b.id::text), b.description, b.amount, 0, 0, 0, 3
	from bank_line b
	where b.practice_id = $1 and b.booked_on <= $3 and b.amount <> 0 and not exists (select from match m where m.bank_line_id = b.id)
	union all
	select 'book only', k.posting_date, '', k.source_key, replace(k.kind, '-', ' '), k.amount::bigint, 0, 0, 0, 4
	from booked k where k.amount <> 0 and not exists (select from match m where m.kind = 'book' and m.trace = k.source_key)
	union all -- a match made again on the bank's day, when the one before was taken back later
	select 'book only', max(m.on_day), '', min(m.source), 'matched twice until ' || min(m.until), (sum(m.amount) - min(b.amount))::bigint, 0, 0, 0, 4
	from match m join bank_line b on b.practice_id = $1 and b.id = m.bank_line_id
	group by m.bank_line_id having count(distinct m.match_no) > 1
	order by 10, 2, 3, 4`
