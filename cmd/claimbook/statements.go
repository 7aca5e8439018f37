package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type statementsCmd struct {
	Run statementsRunCmd `cmd:"" name:"run" help:"Select, freeze and print patient statements."`
}

type statementsRunCmd struct {
	AsOf   date.Date `placeholder:"YYYY-MM-DD" help:"Date of the statements; today by default."`
	DryRun bool      `help:"Only say who would get a statement and who would not, and why."`
	Out    string    `type:"path" placeholder:"DIR" help:"Folder for the PDFs, STMT-<number>.pdf; <data-dir>/statements by default."`
}

// Help shows an example.
func (statementsRunCmd) Help() string {
	return "Every guarantor of whom anything is open is listed with the reason for getting a statement or not. Patients' credits are applied first.\n\nExample:\n  claimbook statements run --dry-run\n  claimbook statements run --out letters"
}

func (c statementsRunCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if c.Out == "" {
		c.Out = filepath.Join(app.DataDir, "statements")
	}
	var result statementsResult
	if c.DryRun {
		result, err = book.dryStatements(ctx, c.AsOf)
	} else {
		result, err = book.runStatements(ctx, app, c.AsOf, c.Out)
	}
	if err != nil {
		return err
	}
	return result.print(app, c.DryRun)
}

// statementsResult is what a statement run came to; --json prints it.
type statementsResult struct {
	AsOf       date.Date           `json:"as_of"`
	RunID      int64               `json:"-"`
	Statements int                 `json:"statements"`
	Pages      int                 `json:"pages"`
	Balance    money.Cents         `json:"balance"`
	Selections []billing.Selection `json:"selections"`
	Files      []string            `json:"files"`
}

func (r *statementsResult) count() {
	for _, s := range r.Selections {
		if s.Included {
			r.Statements++
			r.Balance += s.Balance
		}
	}
}

// runStatements runs the statements of a day (no day: today) and writes their
// PDFs into the folder.
func (b *Book) runStatements(ctx context.Context, app *App, asOf date.Date, out string) (statementsResult, error) {
	r := b.statementsOf(asOf)
	if r.AsOf.After(b.Today) {
		return r, fault.Usagef("CB-STATEMENT-005", "%s lies in the future: today is %s; no statement was made", r.AsOf, b.Today).
			WithFix("look ahead with --dry-run, or give the day with --today")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return r, fault.Environmentf("CB-STATEMENT-003", "the folder for the statements cannot be made").At(out).Because(err).WithFix("choose another folder with --out")
	}
	err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		if r.RunID, err = jobs.StartRun(ctx, tx, b.Practice.ID, "statements"); err != nil {
			return err
		}
		if err := exchangedb.LogInput(ctx, tx, b.Practice.ID, "statement", r.RunID, r.AsOf, actor()); err != nil {
			return err
		}
		return b.Jobs.Enqueue(ctx, tx, jobs.StatementRunArgs{PracticeID: b.Practice.ID, RunID: r.RunID, AsOf: r.AsOf})
	})
	if err != nil {
		return r, err
	}
	if err := b.Wait(ctx, r.RunID, app.Progress("statements")); err != nil {
		return r, err
	}
	err = b.read(ctx, func(tx pgx.Tx) (err error) {
		if r.Selections, err = billingdb.Selections(ctx, tx, b.Practice.ID, r.RunID); err != nil {
			return err
		}
		return billingdb.PDFsOfRun(ctx, tx, b.Practice.ID, r.RunID, func(p billingdb.PDF) error {
			path := filepath.Join(out, "STMT-"+p.Number+".pdf")
			r.Pages += p.Pages
			r.Files = append(r.Files, path)
			return writePDF(path, p.Bytes)
		})
	})
	r.count()
	return r, err
}

// writePDF writes a file whole or not at all.
func writePDF(path string, content []byte) error {
	draft := path + ".part"
	err := os.WriteFile(draft, content, 0o644)
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		_ = os.Remove(draft)
		return fault.Environmentf("CB-STATEMENT-004", "the statement cannot be written; it is in the book, and may be written again").At(path).Because(err)
	}
	return nil
}

// dryStatements decides by the same code in a transaction that is rolled back.
func (b *Book) dryStatements(ctx context.Context, asOf date.Date) (statementsResult, error) {
	r := b.statementsOf(asOf)
	err := b.DB.DryRun(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		runID, err := jobs.StartRun(ctx, tx, b.Practice.ID, "statements")
		if err != nil {
			return err
		}
		r.Selections, _, err = work.SelectStatements(ctx, tx, b.Practice.ID, runID, r.AsOf)
		return err
	})
	for i := range r.Selections {
		r.Selections[i].Number = "" // given back with the rest
	}
	r.count()
	return r, err
}

func (b *Book) statementsOf(asOf date.Date) statementsResult {
	if asOf.IsZero() {
		asOf = b.Today
	}
	return statementsResult{AsOf: asOf, Selections: []billing.Selection{}, Files: []string{}}
}

func (r *statementsResult) print(app *App, dry bool) error {
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(r)
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tBALANCE\tSTATEMENT\tNOTICE\tREASON")
	for _, s := range r.Selections {
		number, notice := "–", ""
		if s.Included {
			number, notice = s.Number, billing.LevelName(s.Level)
			if dry {
				number = "would be sent"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.Account, s.Balance.Dollars(), number, notice, s.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if dry {
		fmt.Fprintf(app.Stdout, "\n%s of %s would be sent as of %s, for %s\n", count(r.Statements, "statement"), count(len(r.Selections), "account"), r.AsOf, r.Balance.Dollars())
		return nil
	}
	fmt.Fprintf(app.Stdout, "\n%s of %s, %s, for %s as of %s\n", count(r.Statements, "statement"), count(len(r.Selections), "account"), count(r.Pages, "page"), r.Balance.Dollars(), r.AsOf)
	if len(r.Files) > 0 {
		fmt.Fprintf(app.Stdout, "written to %s\n", filepath.Dir(r.Files[0]))
	}
	return nil
}
