package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type periodCmd struct {
	Close  periodCloseCmd  `cmd:"" help:"Close a month: nothing posts into it any more."`
	Reopen periodReopenCmd `cmd:"" help:"Open the last closed month again, with a reason."`
	List   periodListCmd   `cmd:"" help:"Months with their state."`
}

// parseMonth reads 2026-03.
func parseMonth(s string) (date.Date, error) {
	month, err := date.ParseLayout("2006-01", s)
	if err != nil {
		return month, fault.Usagef("CB-PERIOD-MONTH", "%q is not a month of the form YYYY-MM", s)
	}
	return month, nil
}

type periodCloseCmd struct {
	Month   string `arg:"" placeholder:"YYYY-MM" help:"Month to close."`
	Explain string `placeholder:"WHY" help:"Why the month closes although the checklist shows open points."`
	Check   bool   `help:"Only show the checklist."`
}

// Help shows an example.
func (periodCloseCmd) Help() string {
	return "Months close in order, when they are over. The book is verified first. Receipts and payments that are not deposited, unidentified cash, suspense, quarantined remittances and unmatched payments must be settled or explained; the explanation is kept.\n\nExample:\n  claimbook period close 2026-01 --explain \"deposit of 01/31 reached the bank on 02/01\""
}

func (c periodCloseCmd) Run(ctx context.Context, app *App) error {
	month, err := parseMonth(c.Month)
	if err != nil {
		return err
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Check {
		return c.check(ctx, app, b, month)
	}
	var proofs []ledgerdb.Proof
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		proofs, err = ledgerdb.Verify(ctx, tx, b.Practice.ID, app.Progress("Verifying"))
		return err
	}); err != nil {
		return err
	}
	for i := range proofs {
		if !proofs[i].Holds() {
			return fault.Invalidf("CB-PERIOD-VERIFY", "the book does not hold (%s): no month closes on it", proofs[i].Name).
				WithFix("claimbook verify shows the counter-examples")
		}
	}
	return decided(ctx, app, b, c.Month+" is closed.", func(tx pgx.Tx) (int64, error) {
		return ledgerdb.ClosePeriod(ctx, tx, b.Practice.ID, month, b.Today, actor(), c.Explain)
	})
}

func (c periodCloseCmd) check(ctx context.Context, app *App, b *Book, month date.Date) error {
	var points []ledger.Point
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		points, err = ledgerdb.Checklist(ctx, tx, b.Practice.ID, month)
		return err
	}); err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, points)
	}
	if len(points) == 0 {
		fmt.Fprintf(app.Stdout, "%s is clean.\n", c.Month)
		return nil
	}
	t := newTable("Open", "Count#", "Amount$", "Listed by")
	for _, p := range points {
		t.add(p.Message, strconv.FormatInt(p.Count, 10), dollars(p.Amount), listedBy(p.Code, month.AddMonths(1).AddDays(-1)))
	}
	return t.write(app.Stdout)
}

// listedBy is the command that lists what a point of the checklist counts.
func listedBy(code string, last date.Date) string {
	switch code {
	case "undeposited", "clearing":
		return fmt.Sprintf("claimbook report deposits --as-of %s", last)
	case "unidentified", "suspense":
		return fmt.Sprintf("claimbook report unapplied --as-of %s", last)
	case "quarantine", "unmatched":
		return "claimbook worklist --kind " + code
	}
	return "claimbook worklist"
}

type periodReopenCmd struct {
	Month  string `arg:"" placeholder:"YYYY-MM" help:"Month to open again."`
	Reason string `required:"" placeholder:"WHY" help:"Why; it is kept."`
}

// Help shows an example.
func (periodReopenCmd) Help() string {
	return "Months reopen from the last closed one back.\n\nExample:\n  claimbook period reopen 2026-01 --reason \"bank fee of 01/15 was missing\""
}

func (c periodReopenCmd) Run(ctx context.Context, app *App) error {
	month, err := parseMonth(c.Month)
	if err != nil {
		return err
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	return decided(ctx, app, b, c.Month+" is open again.", func(tx pgx.Tx) (int64, error) {
		return ledgerdb.ReopenPeriod(ctx, tx, b.Practice.ID, month, b.Today, actor(), c.Reason)
	})
}

// decided runs a person's decision and logs it among the book's inputs, in one
// transaction.
func decided(ctx context.Context, app *App, b *Book, done string, decide func(tx pgx.Tx) (int64, error)) error {
	err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		id, err := decide(tx)
		if err != nil {
			return err
		}
		return exchangedb.LogInput(ctx, tx, b.Practice.ID, "decision", id, b.Today, actor())
	})
	if err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, map[string]string{"done": done})
	}
	_, err = fmt.Fprintln(app.Stdout, done)
	return err
}

type periodListCmd struct{}

// Help shows an example.
func (periodListCmd) Help() string {
	return "Every month that was posted into or closed.\n\nExample:\n  claimbook period list"
}

func (periodListCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var periods []ledger.Period
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		periods, err = ledgerdb.Periods(ctx, tx, b.Practice.ID)
		return err
	}); err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, periods)
	}
	t := newTable("Month", "State", "Entries#", "By", "Reason")
	for _, p := range periods {
		state := "open"
		if p.Closed {
			state = "closed"
		}
		t.add(p.Name(), state, strconv.FormatInt(p.Entries, 10), p.ChangedBy, p.Reason)
	}
	return t.write(app.Stdout)
}
