package ledgerdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

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
	r, err := LoadReconciliation(ctx, tx, practiceID)
	if err != nil {
		return r, err
	}
	r.Deposits = ledger.MatchDeposits(r.Lines, r.Waiting, days)
	return r, postDeposits(ctx, tx, practiceID, &depositPosting{r: &r, actor: actor})
}

// LockBank keeps everybody else from matching bank lines and moving receipts
// until the transaction ends.
func LockBank(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('claimbook bank ' || $1::bigint, 0))`, practiceID)
	return err
}

// LoadReconciliation reads what is open on both sides and keeps every other
// matcher off it until the transaction ends: two would explain a line twice.
func LoadReconciliation(ctx context.Context, tx pgx.Tx, practiceID int64) (r Reconciliation, err error) {
	if err := LockBank(ctx, tx, practiceID); err != nil {
		return r, err
	}
	if r.Lines, err = OpenBankLines(ctx, tx, practiceID); err != nil {
		return r, err
	}
	r.Waiting, err = AwaitedDeposits(ctx, tx, practiceID)
	return r, err
}

// PostByHand posts what a person says of bank lines, which with what they were
// chosen from are in r: like a match that was found, and the difference on the
// account that the person names. It returns the sources of the entries.
func PostByHand(ctx context.Context, tx pgx.Tx, practiceID int64, h ledger.ByHand, decisionID int64, reason, actor string) ([]ledger.Entry, error) {
	deposits, over, err := h.Split()
	if err != nil {
		return nil, err
	}
	p := &depositPosting{r: &Reconciliation{Lines: h.Lines, Waiting: h.Waiting, Deposits: deposits}, over: over, other: h.Other,
		decisionID: decisionID, reason: reason, actor: actor}
	err = postDeposits(ctx, tx, practiceID, p)
	return p.entries, err
}

type depositPosting struct {
	r          *Reconciliation
	over       []money.Cents // by line; nil: nothing
	other      ledger.Key    // takes what is over, and what is short
	decisionID int64         // 0: nobody decided, it was found
	reason     string
	actor      string
	entries    []ledger.Entry
}

// postDeposits writes one entry a bank line, and its deposit rows: they add up
// to the line.
func postDeposits(ctx context.Context, tx pgx.Tx, practiceID int64, p *depositPosting) error {
	free, err := freeSince(ctx, tx, practiceID)
	if err != nil {
		return err
	}
	for i := range p.r.Lines {
		line := &p.r.Lines[i]
		var deposits []ledger.Deposit
		for _, d := range p.r.Deposits {
			if d.Line == i {
				deposits = append(deposits, d)
			}
		}
		var over money.Cents
		if p.over != nil {
			over = p.over[i]
		}
		if len(deposits) == 0 && over == 0 {
			continue
		}
		if err := p.rows(ctx, tx, practiceID, line, deposits, over); err != nil {
			return err
		}
		e := ledger.DepositEntry(p.r.Waiting, deposits, over, p.other)
		if len(e.Transfers) == 0 {
			continue
		}
		if e.PostingDate, err = PostingDate(ctx, tx, practiceID, free.day(line, p.r.Waiting, deposits)); err != nil {
			return err
		}
		e.SourceKey, e.Actor = depositSource(line.Source, line.Matches+1), p.actor
		e.Memo = fmt.Sprintf("bank line of %s, ", line.BookedOn)
		if p.decisionID != 0 {
			e.Memo += "matched by a person: " + p.reason
		} else {
			e.Memo += "matched by " + deposits[0].Reason
		}
		p.entries = append(p.entries, e)
	}
	_, err = Post(ctx, tx, practiceID, p.entries)
	return err
}

// freedMatches says on which day the matches that were taken back left the book:
// of each bank line, and of each thing that a line had been matched with.
type freedMatches struct {
	lines map[int64]date.Date
	what  map[string]date.Date // by kind and trace
}

func freeSince(ctx context.Context, tx pgx.Tx, practiceID int64) (freedMatches, error) {
	free := freedMatches{lines: map[int64]date.Date{}, what: map[string]date.Date{}}
	rows, err := tx.Query(ctx, `
		select d.bank_line_id, d.kind || '|' || d.trace, max(e.posting_date)
		from deposit d join bank_line b on b.practice_id = d.practice_id and b.id = d.bank_line_id
		join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
		join journal_entry e on e.practice_id = d.practice_id and e.source_key = 'deposit|' || left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no
			|| case when d.match_no > 1 then '|' || d.match_no else '' end || '|undo'
		where d.practice_id = $1 and d.undone_by is not null group by 1, 2`, practiceID)
	if err != nil {
		return free, err
	}
	var line int64
	var what string
	var day date.Date
	_, err = pgx.ForEachRow(rows, []any{&line, &what, &day}, func() error {
		free.lines[line], free.what[what] = later(day, free.lines[line]), later(day, free.what[what])
		return nil
	})
	return free, err
}

// day is the day of a match: the bank's, but never before an earlier match of the
// line, or of what it is matched with, is taken back: in between the book would
// hold the money twice.
func (f *freedMatches) day(line *ledger.BankLine, waiting []ledger.Waiting, deposits []ledger.Deposit) date.Date {
	day := later(line.BookedOn, f.lines[line.ID])
	for _, d := range deposits {
		w := &waiting[d.Waiting]
		day = later(day, f.what[w.Kind+"|"+w.Trace])
	}
	return day
}

func later(a, b date.Date) date.Date {
	if a.Before(b) {
		return b
	}
	return a
}

// OpenUnidentified puts money that a person took in as unidentified cash on the
// worklist: nothing else would ask for what it is.
func OpenUnidentified(ctx context.Context, tx pgx.Tx, practiceID int64, line *ledger.BankLine, key ledger.Key, amount money.Cents, on date.Date) error {
	_, err := tx.Exec(ctx, `
		insert into work_item (practice_id, id, kind, dedupe_key, reason, action, payer_id, amount, opened_on)
		values ($1, nextval('object_id'), 'unmatched', $2, $3, $4, nullif($5::bigint, 0), $6, $7) on conflict (practice_id, dedupe_key) do nothing`,
		practiceID, unidentifiedItem(line.Source, line.Matches+1),
		fmt.Sprintf("The bank line of %s has %s that no payment explains: it waits as unidentified cash (2010) under reference %s.", line.BookedOn, amount.Dollars(), key.Reference),
		fmt.Sprintf("Ask the payer for its remittance. When it has come, or if the money goes back: claimbook deposit undo '%s', then claimbook deposit match with --trace, or with --account 2210.", line.Source),
		key.PayerID, amount, on)
	return err
}

func unidentifiedItem(line string, matchNo int) string {
	return "bank|" + depositSource(line, matchNo)
}

func depositSource(line string, matchNo int) string {
	if matchNo > 1 {
		return fmt.Sprintf("deposit|%s|%d", line, matchNo)
	}
	return "deposit|" + line
}

func (p *depositPosting) rows(ctx context.Context, tx pgx.Tx, practiceID int64, line *ledger.BankLine, deposits []ledger.Deposit, over money.Cents) error {
	batch := &pgx.Batch{}
	row := func(kind string, amount money.Cents, trace string) {
		if amount != 0 {
			batch.Queue(`insert into deposit (practice_id, kind, deposited_on, amount, trace, bank_line_id, decision_id, match_no) values ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0), $8)`,
				practiceID, kind, line.BookedOn, amount, trace, line.ID, p.decisionID, line.Matches+1)
		}
	}
	for _, d := range deposits {
		w := &p.r.Waiting[d.Waiting]
		row(w.Kind, d.Amount+d.Fee+d.Short, w.Trace)
		row("difference", -d.Fee, ledger.BankFees)
		row("difference", -d.Short, p.other.Account)
	}
	row("difference", over, p.other.Account)
	return tx.SendBatch(ctx, batch).Close()
}

// MatchedLine is a bank line with the matches of it that stand.
type MatchedLine struct {
	ID     int64
	Source string
	On     date.Date
	Amount money.Cents
	What   []string // kind and trace of what it was matched with
	// DecisionID is the person's decision by which it was matched; 0: it was found.
	DecisionID int64
	MatchNo    int
}

// FindMatchedLine finds a bank line that is matched, by its id or its source.
func FindMatchedLine(ctx context.Context, tx pgx.Tx, practiceID int64, ref string) (MatchedLine, error) {
	list, err := matchedLines(ctx, tx, practiceID, `b.id::text = $2 or l.source = $2`, ref)
	if err != nil {
		return MatchedLine{}, err
	}
	if len(list) == 0 {
		return MatchedLine{}, fault.NotFoundf("CB-DEPOSIT-LINE", "no bank line %s is matched", ref).WithFix("the lines that are open are listed by: claimbook deposit match")
	}
	return list[0], nil
}

func matchedLines(ctx context.Context, tx pgx.Tx, practiceID int64, where string, args ...any) ([]MatchedLine, error) {
	rows, err := tx.Query(ctx, `
		select b.id, l.source, b.booked_on, b.amount, array_agg(d.kind || '|' || d.trace order by d.id), max(coalesce(d.decision_id, 0)), max(d.match_no)
		from deposit d join bank_line b on b.practice_id = d.practice_id and b.id = d.bank_line_id
		join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
		cross join lateral (select left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no as source) l
		where d.practice_id = $1 and d.undone_by is null and (`+where+`)
		group by 1, 2, 3, 4 order by 3, 2`, append([]any{practiceID}, args...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[MatchedLine])
}

// Together returns a matched line and the lines that were matched with it: by
// the same decision, or because a payment or a slip came in several lines.
// Taking back one of them would leave the others without their sense.
func Together(ctx context.Context, tx pgx.Tx, practiceID int64, line MatchedLine) ([]MatchedLine, error) {
	list := []MatchedLine{line}
	for i := 0; i < len(list); i++ {
		var shared []string
		for _, what := range list[i].What {
			if strings.HasPrefix(what, ledger.WaitingEFT+"|") || strings.HasPrefix(what, ledger.WaitingSlip+"|") {
				shared = append(shared, what)
			}
		}
		ids := make([]int64, len(list))
		for n := range list {
			ids[n] = list[n].ID
		}
		more, err := matchedLines(ctx, tx, practiceID, `b.id in (select o.bank_line_id from deposit o where o.practice_id = $1 and o.undone_by is null
			and (o.kind || '|' || o.trace = any($2) or o.decision_id = nullif($3::bigint, 0))) and not b.id = any($4)`, shared, list[i].DecisionID, ids)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortFunc(list, func(a, b MatchedLine) int { return strings.Compare(a.Source, b.Source) })
	return list, nil
}

// UndoMatches takes matches back: each entry by its mirror, on a day, or in the
// next open period. The lines, and what they were matched with, are open again,
// and are not put together again by themselves.
func UndoMatches(ctx context.Context, tx pgx.Tx, practiceID int64, lines []MatchedLine, decisionID int64, on date.Date, reason, actor string) ([]ledger.Entry, error) {
	var entries []ledger.Entry
	for _, l := range lines {
		source := depositSource(l.Source, l.MatchNo)
		stored, err := EntriesBySource(ctx, tx, practiceID, source)
		if err != nil {
			return nil, err
		}
		for i := range stored {
			if stored[i].SourceKey != source || stored[i].ReversedBy != 0 {
				continue
			}
			day, err := PostingDate(ctx, tx, practiceID, later(on, stored[i].PostingDate)) // never before what it takes back
			if err != nil {
				return nil, err
			}
			e := stored[i].Mirror()
			e.Kind, e.PostingDate, e.SourceKey, e.Reverses, e.Actor = "deposit", day, source+"|undo", stored[i].ID, actor
			e.Memo = fmt.Sprintf("bank line of %s, match taken back: %s", l.On, reason)
			entries = append(entries, e)
		}
		if _, err := tx.Exec(ctx, `update work_item set state = 'done', closed_on = $3, closed_why = 'the match was taken back' where practice_id = $1 and dedupe_key = $2 and state = 'open'`,
			practiceID, unidentifiedItem(l.Source, l.MatchNo), on); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `update deposit set undone_by = $3 where practice_id = $1 and bank_line_id = $2 and undone_by is null`, practiceID, l.ID, decisionID); err != nil {
			return nil, err
		}
	}
	_, err := Post(ctx, tx, practiceID, entries)
	return entries, err
}
