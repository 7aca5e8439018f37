package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Comparison says of one kind of record whether both books hold the same.
type Comparison struct {
	What        string   `json:"what"`
	Rows        int      `json:"rows"` // of the live book
	Differences int      `json:"differences"`
	Examples    []string `json:"examples"` // the first ones
}

// maxExamples bounds the differences that are printed of one kind.
const maxExamples = 5

// Book is one side of the comparison: a transaction on one snapshot, and the
// practice's id in it.
type Book struct {
	Tx         pgx.Tx
	PracticeID int64
}

// row is a record under its key. The rows of both sides come in the order of
// their keys; no surrogate id is in either part.
type row struct{ key, value string }

// Compare compares two books record by record.
func Compare(ctx context.Context, live, rebuilt Book) ([]Comparison, error) {
	list := []Comparison{}
	for _, f := range facts() {
		c, err := compare(f.what, f.rows(ctx, live), f.rows(ctx, rebuilt))
		if err != nil {
			return nil, fmt.Errorf("compare the %s: %w", f.what, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// compare walks both sides at once, as merging does.
func compare(what string, live, rebuilt iter.Seq2[row, error]) (Comparison, error) {
	c := Comparison{What: what, Examples: []string{}}
	nextLive, stopLive := iter.Pull2(live)
	defer stopLive()
	nextRebuilt, stopRebuilt := iter.Pull2(rebuilt)
	defer stopRebuilt()
	l, liveErr, hasLive := nextLive()
	r, rebuiltErr, hasRebuilt := nextRebuilt()
	for hasLive || hasRebuilt {
		if err := errors.Join(liveErr, rebuiltErr); err != nil {
			return c, err
		}
		onlyLive, onlyRebuilt := !hasRebuilt || hasLive && l.key < r.key, !hasLive || hasRebuilt && r.key < l.key
		switch {
		case onlyLive:
			c.differ("%s: only in the live book: %s", l.key, firstLine(l.value))
		case onlyRebuilt:
			c.differ("%s: only in the rebuilt book: %s", r.key, firstLine(r.value))
		case l.value != r.value:
			of, with := firstDifference(l.value, r.value)
			c.differ("%s: live %s, rebuilt %s", l.key, of, with)
		}
		if !onlyRebuilt {
			c.Rows++
			l, liveErr, hasLive = nextLive()
		}
		if !onlyLive {
			r, rebuiltErr, hasRebuilt = nextRebuilt()
		}
	}
	return c, nil
}

func (c *Comparison) differ(format string, args ...any) {
	if c.Differences++; c.Differences <= maxExamples {
		c.Examples = append(c.Examples, fmt.Sprintf(format, args...))
	}
}

func firstLine(value string) string {
	line, _, _ := strings.Cut(value, "\n")
	return line
}

// firstDifference returns the first lines that differ.
func firstDifference(a, b string) (of, with string) {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(left), len(right)) {
		of, with = "nothing", "nothing"
		if i < len(left) {
			of = left[i]
		}
		if i < len(right) {
			with = right[i]
		}
		if of != with {
			break
		}
	}
	return of, with
}

// fact is one kind of record that makes up the book.
type fact struct {
	what string
	rows func(ctx context.Context, b Book) iter.Seq2[row, error]
}

func facts() []fact {
	return []fact{
		{"journal entries", journal},
		{"accounts of the trial balance", trialBalance},
		{"sub-ledger balances", query(`select concat_ws('|', b.account, e.external_id || '/' || l.line_no, p.code, nullif(b.payer_rank, 0), t.account, nullif(b.reference, '')),
				b.amount::text
			from subledger_balance b
			left join service_line l on l.practice_id = b.practice_id and l.id = b.service_line_id
			left join encounter e on e.practice_id = l.practice_id and e.id = l.encounter_id
			left join payer p on p.practice_id = b.practice_id and p.id = b.payer_id
			left join patient t on t.practice_id = b.practice_id and t.id = b.patient_id
			where b.practice_id = $1 and b.amount <> 0`)},
		{"encounters", query(`select external_id, concat_ws(', ', state, 'version ' || version, charge) from encounter where practice_id = $1`)},
		{"claims", query(`select c.number, concat_ws(', ', c.state, p.code, 'rank ' || c.payer_rank, c.charge, nullif(c.payer_claim_number, ''))
			from claim c join payer p on p.practice_id = c.practice_id and p.id = c.payer_id where c.practice_id = $1`)},
		{"batches", query(`select 'batch ' || b.number, concat_ws(', ', b.isa_control, b.claims, b.charge, case when b.sent_on is null then 'not sent' else 'sent' end, encode(f.sha256, 'hex'))
			from batch b left join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id where b.practice_id = $1`)},
		{"remittances", query(`select source_key, concat_ws(', ', state, amount, claims, posted, unmatched, posting_date) from remittance where practice_id = $1`)},
		{"patient payments", query(`select idempotency_key, concat_ws(', ', 'receipt ' || y.receipt_number, p.account, y.amount, y.state, y.received_on)
			from patient_payment y join patient p on p.practice_id = y.practice_id and p.id = y.patient_id where y.practice_id = $1`)},
		{"deposits", query(`select concat_ws('|', left(encode(f.sha256, 'hex'), 12), l.line_no, d.match_no, d.kind, d.trace),
				concat_ws(', ', d.deposited_on, sum(d.amount), count(*), count(d.undone_by), count(d.decision_id))
			from deposit d left join bank_line l on l.practice_id = d.practice_id and l.id = d.bank_line_id
			left join edi_file f on f.practice_id = l.practice_id and f.id = l.edi_file_id
			where d.practice_id = $1 group by f.sha256, l.line_no, d.match_no, d.kind, d.trace, d.deposited_on`)},
		{"deposit slips", query(`select s.key, concat_ws(', ', s.kind, s.made_on, s.amount, s.fee, case when s.voided_by is not null then 'void' end,
				(select string_agg(r.source_key || ' ' || r.amount, ' ' order by r.source_key) from deposit_slip_receipt r where r.practice_id = s.practice_id and r.slip_id = s.id))
			from deposit_slip s where s.practice_id = $1`)},
		{"periods", query(`select to_char(month, 'YYYY-MM'), concat_ws(', ', state, changed_by, reason) from period where practice_id = $1`)},
		{"statements", query(`select s.number, concat_ws(', ', g.account, s.statement_date, s.balance, 'level ' || s.dunning_level, s.pages || ' pages', encode(s.pdf_sha256, 'hex'))
			from statement s join guarantor g on g.practice_id = s.practice_id and g.id = s.guarantor_id where s.practice_id = $1`)},
	}
}

// query makes rows of a query for the key and the value.
func query(sql string) func(ctx context.Context, b Book) iter.Seq2[row, error] {
	return func(ctx context.Context, b Book) iter.Seq2[row, error] {
		return func(yield func(row, error) bool) {
			rows, err := b.Tx.Query(ctx, `select key, value from (`+sql+`) q (key, value) order by key collate "C", value collate "C"`, b.PracticeID)
			if err != nil {
				yield(row{}, err)
				return
			}
			defer rows.Close()
			for rows.Next() {
				var r row
				err := rows.Scan(&r.key, &r.value)
				if !yield(r, err) || err != nil {
					return
				}
			}
			if err := rows.Err(); err != nil {
				yield(row{}, err)
			}
		}
	}
}

// errStopped ends a journal that nobody reads any further.
var errStopped = errors.New("stopped")

// journal is the exported journal, entry by entry: two journals with the same
// rows export the same bytes.
func journal(ctx context.Context, b Book) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		err := ledgerdb.Journal(ctx, b.Tx, b.PracticeID, ledgerdb.JournalFilter{}, func(e *ledger.JournalEntry) error {
			r := row{key: e.Date.String() + " " + e.Source}
			head := *e
			head.Lines = nil
			for _, part := range append([]any{head}, lines(e)...) {
				text, err := json.Marshal(part)
				if err != nil {
					return err
				}
				r.value += string(text) + "\n"
			}
			if !yield(r, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(row{}, err)
		}
	}
}

func lines(e *ledger.JournalEntry) []any {
	list := make([]any, len(e.Lines))
	for i := range e.Lines {
		list[i] = &e.Lines[i]
	}
	return list
}

// lastDay is later than anything that a book holds.
var lastDay = date.New(9999, 12, 31)

func trialBalance(ctx context.Context, b Book) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		balance, err := ledgerdb.TrialBalance(ctx, b.Tx, b.PracticeID, lastDay)
		if err != nil {
			yield(row{}, err)
			return
		}
		for _, account := range balance.Rows {
			if !yield(row{account.Account + " " + account.Name, account.Balance().String()}, nil) {
				return
			}
		}
	}
}
