package ledgerdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/bank"
)

// ImportBankLines keeps the lines of a bank's file. A line that an earlier file
// had too (the same day, amount, reference and text) is known, as often as it
// stood there: two equal lines of one file are two movements.
func ImportBankLines(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, lines []bank.Line) (added, known int, err error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('claimbook bank ' || $1::bigint, 0))`, practiceID); err != nil {
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
		select b.id, left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no, b.booked_on, b.amount, b.reference, b.description
		from bank_line b join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
		where b.practice_id = $1 and b.amount <> 0
			and not exists (select from deposit d where d.practice_id = b.practice_id and d.bank_line_id = b.id)
		order by b.booked_on, f.sha256, b.line_no`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ledger.BankLine, err error) {
		return l, row.Scan(&l.ID, &l.Source, &l.BookedOn, &l.Amount, &l.Reference, &l.Description)
	})
}

// AwaitedDeposits reads what the book expects at the bank: every open trace of
// EFT clearing, and the drawer day by day, oldest first. A paper check of an
// insurer is in the drawer of the day on which it came.
func AwaitedDeposits(ctx context.Context, tx pgx.Tx, practiceID int64) ([]ledger.Waiting, error) {
	rows, err := tx.Query(ctx, `
		select 'eft', b.payer_id, coalesce(p.name, 'unknown payer'), b.reference,
			array_remove(array[r.originator, nullif(substr(r.originator, 2), ''), p.name, r.payer_name, p.code], null), r.since, b.amount
		from subledger_balance b
		left join payer p on p.practice_id = b.practice_id and p.id = b.payer_id
		left join lateral (
			select r.originator, r.payer_name, coalesce(r.check_date, r.received_on) as since from remittance r
			where r.practice_id = b.practice_id and r.trace = b.reference and r.state = 'posted' and coalesce(r.payer_id, 0) = b.payer_id order by r.id limit 1
		) r on true
		where b.practice_id = $1 and b.account = '1050' and b.amount > 0
		union all
		select 'counter', 0, 'receipts of ' || to_char(s.day, 'YYYY-MM-DD'), to_char(s.day, 'YYYY-MM-DD'), '{}', s.day, s.amount - coalesce(d.amount, 0)
		from (
			select e.posting_date as day, sum(case when t.debit_account = '1010' then t.amount else -t.amount end)::bigint as amount
			from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
			where t.practice_id = $1 and (t.debit_account = '1010') <> (t.credit_account = '1010') and e.kind <> 'deposit'
			group by 1
		) s
		left join (select trace, sum(amount)::bigint as amount from deposit where practice_id = $1 and kind = 'counter' group by 1) d on d.trace = to_char(s.day, 'YYYY-MM-DD')
		where s.amount > coalesce(d.amount, 0)
		order by 6, 4`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w ledger.Waiting, err error) {
		return w, row.Scan(&w.Kind, &w.PayerID, &w.Payer, &w.Trace, &w.Tokens, &w.Since, &w.Amount)
	})
}

// Reconciliation is what matching the bank found.
type Reconciliation struct {
	Lines    []ledger.BankLine
	Waiting  []ledger.Waiting
	Deposits []ledger.Deposit
}

// MatchDeposits matches the open lines of the bank with the money that waits
// for them, and posts each match on the bank's day, or in the next open period:
// Dr 1000 / Cr 1050, or / Cr 1010. days is the tolerance.
func MatchDeposits(ctx context.Context, tx pgx.Tx, practiceID int64, days int, actor string) (Reconciliation, error) {
	var r Reconciliation
	// One matcher at a time: two would explain a line twice.
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('claimbook bank ' || $1::bigint, 0))`, practiceID); err != nil {
		return r, err
	}
	var err error
	if r.Lines, err = OpenBankLines(ctx, tx, practiceID); err != nil {
		return r, err
	}
	if r.Waiting, err = AwaitedDeposits(ctx, tx, practiceID); err != nil {
		return r, err
	}
	r.Deposits = ledger.MatchDeposits(r.Lines, r.Waiting, days)
	return r, postDeposits(ctx, tx, practiceID, &r, actor)
}

// postDeposits writes one entry a bank line, and its deposit rows.
func postDeposits(ctx context.Context, tx pgx.Tx, practiceID int64, r *Reconciliation, actor string) error {
	var entries []ledger.Entry
	last := -1
	for _, d := range r.Deposits {
		line, w := &r.Lines[d.Line], &r.Waiting[d.Waiting]
		if d.Line != last {
			last = d.Line
			on, err := PostingDate(ctx, tx, practiceID, line.BookedOn)
			if err != nil {
				return err
			}
			entries = append(entries, ledger.Entry{PostingDate: on, Kind: "deposit", SourceKey: "deposit|" + line.Source, Actor: actor,
				Memo: fmt.Sprintf("bank line of %s, matched by %s", line.BookedOn, d.Reason)})
		}
		from := ledger.Key{Account: ledger.Undeposited}
		if w.Kind == "eft" {
			from = ledger.Key{Account: ledger.EFTClearing, PayerID: w.PayerID, Reference: w.Trace}
		}
		entries[len(entries)-1].Move(ledger.Key{Account: ledger.Bank}, from, d.Amount, ledger.Dimensions{ByteOffset: -1})
		if _, err := tx.Exec(ctx, `insert into deposit (practice_id, kind, deposited_on, amount, trace, bank_line_id) values ($1, $2, $3, $4, $5, $6)`,
			practiceID, w.Kind, line.BookedOn, d.Amount, w.Trace, line.ID); err != nil {
			return err
		}
	}
	_, err := Post(ctx, tx, practiceID, entries)
	return err
}
