package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/bank"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/work"
)

type depositCmd struct {
	Import   depositImportCmd   `cmd:"" help:"Take in a bank's file and match it."`
	Match    depositMatchCmd    `cmd:"" help:"Match bank lines with payments and receipts, and list what is open on both sides; or say what a line is."`
	Undo     depositUndoCmd     `cmd:"" help:"Take a wrong match back."`
	Slip     depositSlipCmd     `cmd:"" help:"Put receipts on a deposit slip, or list what lies in the drawer."`
	VoidSlip depositVoidSlipCmd `cmd:"" help:"Put the receipts of a slip back into the drawer."`
}

type depositImportCmd struct {
	Files []string `arg:"" name:"file" placeholder:"FILE" help:"Files of the bank: CSV, BAI2 or OFX."`
	matchFlags
}

type matchFlags struct {
	Days int `default:"7" help:"How many days after the payment's date the bank may book it; amounts have no tolerance."`
}

// Help shows an example.
func (depositImportCmd) Help() string {
	return "The format is detected. A file, or a line of it, that was taken before is not taken again. Matching goes by trace number, then by amount, day and payer where only one pair fits, always to the cent.\n\nExample:\n  claimbook deposit import january.ofx"
}

// bankFile says what became of one file.
type bankFile struct {
	File      string   `json:"file"`
	Format    string   `json:"format"`
	Duplicate bool     `json:"duplicate"`
	Lines     int      `json:"lines"`
	Known     int      `json:"known"` // lines that an earlier file had
	Notices   []string `json:"notices,omitempty"`
}

func (c depositImportCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var files []bankFile
	var failed []error
	for _, path := range c.Files {
		f, err := c.take(ctx, b, path)
		if err != nil {
			failed = append(failed, err) // the others are taken all the same
			continue
		}
		files = append(files, f)
		if app.JSON {
			continue
		}
		switch {
		case f.Duplicate:
			fmt.Fprintf(app.Stdout, "%s: taken before, nothing to do.\n", f.File)
		case f.Known > 0:
			fmt.Fprintf(app.Stdout, "%s (%s): %s, %d known from an earlier file.\n", f.File, f.Format, count(f.Lines, "new line"), f.Known)
		default:
			fmt.Fprintf(app.Stdout, "%s (%s): %s.\n", f.File, f.Format, count(f.Lines, "line"))
		}
		for _, notice := range f.Notices {
			fmt.Fprintf(app.Stderr, "%s: %s\n", f.File, notice)
		}
	}
	if len(files) > 0 {
		if err := reconcile(ctx, app, b, c.Days, files); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

func (c depositImportCmd) take(ctx context.Context, b *Book, path string) (bankFile, error) {
	result := bankFile{File: filepath.Base(path)}
	in, err := openInput(path)
	if err != nil {
		return result, err
	}
	defer func() { _ = in.Close() }()
	content, err := io.ReadAll(io.LimitReader(in, bank.MaxSize+1))
	if err != nil {
		return result, fault.Environmentf("CB-FILE-READ", "the file cannot be read").At(path).Because(err)
	}
	parsed, err := bank.Read(content)
	if err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			where := path
			if f.Where != "" {
				where += ", " + f.Where
			}
			return result, f.At(where)
		}
		return result, err
	}
	result.Format, result.Notices = parsed.Format, parsed.Notices
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		done, err := work.ImportBank(ctx, tx, b.Practice.ID, result.File, content, parsed, b.Today, actor())
		result.Duplicate, result.Lines, result.Known = done.Known, done.Added, done.Twice
		return err
	})
	return result, err
}

// reconciled is the outcome as programs read it.
type reconciled struct {
	Files   []bankFile       `json:"files,omitempty"`
	Matched []matchedDeposit `json:"matched"`
	Bank    []openBankLine   `json:"unmatched_bank_lines"`
	Waiting []openWaiting    `json:"waiting_for_the_bank"`
}

type matchedDeposit struct {
	BookedOn string      `json:"booked_on"`
	Payer    string      `json:"payer"`
	Trace    string      `json:"trace"`
	Amount   money.Cents `json:"amount"`
	Reason   string      `json:"reason"`
}

type openBankLine struct {
	Line        int64       `json:"line"`
	Source      string      `json:"source"` // names it in every copy of the book
	BookedOn    string      `json:"booked_on"`
	Days        int         `json:"days"`
	Amount      money.Cents `json:"amount"`
	Description string      `json:"description"`
}

type openWaiting struct {
	Since  string      `json:"since"`
	Days   int         `json:"days"`
	Kind   string      `json:"kind"`
	Payer  string      `json:"payer"`
	Trace  string      `json:"trace"`
	Amount money.Cents `json:"amount"`
}

// reconcile matches, posts, and prints what is matched and what is open.
func reconcile(ctx context.Context, app *App, b *Book, days int, files []bankFile) error {
	var r ledgerdb.Reconciliation
	if err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		r, err = work.MatchDeposits(ctx, tx, b.Practice.ID, days, b.Today, actor())
		return err
	}); err != nil {
		return err
	}
	out := describe(b, &r)
	out.Files = files
	if app.JSON {
		return writeJSON(app.Stdout, out)
	}
	t := newTable("Booked", "From", "Trace", "Amount$", "Matched by")
	for _, d := range out.Matched {
		t.add(d.BookedOn, d.Payer, d.Trace, dollars(d.Amount), d.Reason)
	}
	fmt.Fprintf(app.Stdout, "\nMatched now: %d\n\n", len(out.Matched))
	if err := t.write(app.Stdout); err != nil {
		return err
	}
	t = newTable("Line", "Booked", "Days$", "Amount$", "At the bank, in no book")
	for _, l := range out.Bank {
		t.add(strconv.FormatInt(l.Line, 10), l.BookedOn, strconv.Itoa(l.Days), dollars(l.Amount), l.Description)
	}
	fmt.Fprintln(app.Stdout)
	if err := t.write(app.Stdout); err != nil {
		return err
	}
	t = newTable("Since", "Days$", "Amount$", "In the book, not at the bank", "Trace")
	for _, w := range out.Waiting {
		t.add(w.Since, strconv.Itoa(w.Days), dollars(w.Amount), w.Payer, w.Trace)
	}
	fmt.Fprintln(app.Stdout)
	return t.write(app.Stdout)
}

func describe(b *Book, r *ledgerdb.Reconciliation) reconciled {
	out := reconciled{Matched: []matchedDeposit{}, Bank: []openBankLine{}, Waiting: []openWaiting{}}
	lineDone, left := map[int]bool{}, map[int]money.Cents{}
	for _, d := range r.Deposits {
		line, w := &r.Lines[d.Line], &r.Waiting[d.Waiting]
		lineDone[d.Line] = true
		left[d.Waiting] += d.Amount
		out.Matched = append(out.Matched, matchedDeposit{line.BookedOn.String(), w.Payer, w.Trace, d.Amount, d.Reason})
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if !lineDone[i] {
			out.Bank = append(out.Bank, openBankLine{l.ID, l.Source, l.BookedOn.String(), b.Today.DaysSince(l.BookedOn), l.Amount, joinWords(l)})
		}
	}
	for i := range r.Waiting {
		w := &r.Waiting[i]
		if open := w.Amount - left[i]; open != 0 {
			days := 0
			if !w.Since.IsZero() {
				days = b.Today.DaysSince(w.Since)
			}
			out.Waiting = append(out.Waiting, openWaiting{w.Since.String(), days, w.Kind, w.Payer, w.Trace, open})
		}
	}
	return out
}

func joinWords(l *ledger.BankLine) string {
	if l.Reference == "" {
		return l.Description
	}
	return l.Description + " (" + l.Reference + ")"
}
