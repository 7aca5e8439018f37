package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/bank"
)

// ImportBankLines keeps the lines of a bank's file. A line that an earlier file
// had too (the same day, amount, reference and text) is known, as often as it
// stood there: two equal lines of one file are two movements.
func ImportBankLines(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, lines []bank.Line) (added, known int, err error) {
	if err := LockBank(ctx, tx, practiceID); err != nil {
		return 0, 0, err
	}
	n := len(lines)
	numbers, days, amounts := make([]int32, n), make([]date.Date, n), make([]int64, n)
	references, descriptions := make([]string, n), make([]string, n)
	for i, l := range lines {
		numbers[i], days[i], amounts[i], references[i], descriptions[i] = int32(l.Number), l.BookedOn, int64(l.Amount), l.Reference, l.Description
	}
	tag, err := tx.Exec(ctx, `
		with given as (
			select *, row_number() over (partition by booked_on, amount, reference, description order by line_no) as nth
			from unnest($3::int[], $4::date[], $5::bigint[], $6::text[], $7::text[]) t (line_no, booked_on, amount, reference, description)
		)
		insert into bank_line (practice_id, edi_file_id, line_no, booked_on, amount, reference, description)
		select $1, $2, line_no, booked_on, amount, reference, description from given g
		where nth > (select count(*) from bank_line b where b.practice_id = $1 and b.booked_on = g.booked_on and b.amount = g.amount
			and b.reference = g.reference and b.description = g.description)
		order by line_no`, practiceID, fileID, numbers, days, amounts, references, descriptions)
	return int(tag.RowsAffected()), n - int(tag.RowsAffected()), err
}

// OpenBankLines reads the lines of the bank that no deposit explains, oldest
// first; withdrawals too, because somebody has to post them.
func OpenBankLines(ctx context.Context, tx pgx.Tx, practiceID int64) ([]ledger.BankLine, error) {
	rows, err := tx.Query(ctx, `
		select b.id, left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no, b.booked_on, b.amount, b.reference, b.description,
			coalesce(o.matches, 0), coalesce(o.taken_apart, '{}')
		from bank_line b join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
		left join lateral (
			select max(d.match_no) as matches,
				array_agg(case d.kind when 'eft' then 'eft|' || coalesce(p.code, '') || '|' || d.trace else d.kind || '|' || d.trace end)
					filter (where d.kind <> 'difference') as taken_apart
			from deposit d
			left join remittance r on d.kind = 'eft' and r.practice_id = d.practice_id and r.trace = d.trace and r.state = 'posted'
			left join payer p on p.practice_id = r.practice_id and p.id = r.payer_id
			where d.practice_id = b.practice_id and d.bank_line_id = b.id and d.undone_by is not null
		) o on true
		where b.practice_id = $1 and b.amount <> 0
			and not exists (select from deposit d where d.practice_id = b.practice_id and d.bank_line_id = b.id and d.undone_by is null)
		order by b.booked_on, f.sha256, b.line_no`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ledger.BankLine, err error) {
		return l, row.Scan(&l.ID, &l.Source, &l.BookedOn, &l.Amount, &l.Reference, &l.Description, &l.Matches, &l.Not)
	})
}

// drawer is what every day put into the drawer and is still there, less what
// left it on slips, which are deposits of their own. What takes a receipt back
// counts on the receipt's day.
const drawer = `
	select m.day, sum(m.amount)::bigint as amount from (
		select coalesce(r.posting_date, e.posting_date) as day, case when t.debit_account = '1010' then t.amount else -t.amount end as amount
		from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
		left join journal_entry r on r.practice_id = e.practice_id and r.id = e.reverses
		where t.practice_id = $1 and (t.debit_account = '1010') <> (t.credit_account = '1010') and e.kind <> 'deposit'
		union all
		select d.trace::date, -d.amount from deposit d where d.practice_id = $1 and d.kind = 'counter' and d.undone_by is null
		union all
		select e.posting_date, -r.amount from deposit_slip_receipt r
		join journal_entry e on e.practice_id = r.practice_id and e.source_key = r.source_key where r.practice_id = $1 and not r.voided
	) m group by 1 having sum(m.amount) <> 0`

// AwaitedDeposits reads what the book expects at the bank, oldest first: every
// open trace of EFT clearing, slips, the drawer day by day, and what the book has
// posted to the bank by itself. A paper check of an insurer is in the drawer of
// the day on which it came.
func AwaitedDeposits(ctx context.Context, tx pgx.Tx, practiceID int64) ([]ledger.Waiting, error) {
	rows, err := tx.Query(ctx, `
		select 'eft', b.payer_id, coalesce(p.code, ''), coalesce(p.name, 'unknown payer'), b.reference,
			array_remove(array[r.originator, nullif(substr(r.originator, 2), ''), p.name, r.payer_name, p.code], null), r.since, b.amount, 0::bigint
		from subledger_balance b
		left join payer p on p.practice_id = b.practice_id and p.id = b.payer_id
		left join lateral (
			select r.originator, r.payer_name, coalesce(r.check_date, r.received_on) as since from remittance r
			where r.practice_id = b.practice_id and r.trace = b.reference and r.state = 'posted' and coalesce(r.payer_id, 0) = b.payer_id order by r.id limit 1
		) r on true
		where b.practice_id = $1 and b.account = '1050' and b.amount > 0
		union all
		select 'slip', 0, '', case s.kind when 'card' then 'card receipts, slip ' else 'receipts, slip ' end || s.key, s.key, '{}', s.made_on, s.amount - s.fee, s.fee
		from deposit_slip s
		where s.practice_id = $1 and s.voided_by is null
			and not exists (select from deposit d where d.practice_id = $1 and d.kind = 'slip' and d.trace = s.key and d.undone_by is null)
		union all
		select 'counter', 0, '', 'receipts of ' || to_char(s.day, 'YYYY-MM-DD'), to_char(s.day, 'YYYY-MM-DD'), '{}', s.day, s.amount, 0
		from (`+drawer+`) s where s.amount > 0
		union all
		select 'book', 0, '', replace(k.kind, '-', ' '), k.source_key, '{}', k.posting_date, k.amount, 0
		from (
			select e.kind, e.source_key, e.posting_date, sum(case when t.debit_account = '1000' then t.amount else -t.amount end)::bigint as amount
			from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
			where t.practice_id = $1 and (t.debit_account = '1000') <> (t.credit_account = '1000') and e.kind <> 'deposit'
			group by 1, 2, 3
		) k
		where k.amount <> 0 and not exists (select from deposit d where d.practice_id = $1 and d.kind = 'book' and d.trace = k.source_key and d.undone_by is null)
		order by 7, 5`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w ledger.Waiting, err error) {
		return w, row.Scan(&w.Kind, &w.PayerID, &w.PayerCode, &w.Payer, &w.Trace, &w.Tokens, &w.Since, &w.Amount, &w.Fee)
	})
}
