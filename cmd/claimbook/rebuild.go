package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/replay"
)

type rebuildCmd struct {
	Check bool `help:"Rebuild into a scratch database and compare; the live book is only read."`
}

// Help shows an example.
func (rebuildCmd) Help() string {
	return "Everything that ever moved the book (set-up, encounters, batches as sent, partners' files, patients' payments, bank files, statements, people's decisions) is replayed in its order, with the recorded dates and persons, through the same functions, into a scratch database of the same server that is dropped afterwards. Then journal, balances, claims, batches, remittances and statements are compared with the live book, to the cent and to the byte. Exit code 1 with the first differences if they are not equal. Nothing reaches a trading partner.\n\nExample:\n  claimbook rebuild --check"
}

func (c rebuildCmd) Run(ctx context.Context, app *App) error {
	if !c.Check {
		return fault.Usagef("CB-REBUILD-CHECK", "a book is never replaced by a rebuilt one: only the check exists").WithFix("claimbook rebuild --check")
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.settle(ctx, app); err != nil {
		return err
	}
	report, err := b.rebuild(ctx, app)
	if err != nil {
		return err
	}
	if err := report.print(app); err != nil {
		return err
	}
	if !report.Equal {
		return errReported
	}
	return nil
}

// settle finishes what killed commands have left: an input whose jobs are not
// done cannot be compared.
func (b *Book) settle(ctx context.Context, app *App) error {
	var unfinished []jobs.Run
	err := b.read(ctx, func(tx pgx.Tx) (err error) {
		unfinished, err = jobs.UnfinishedRuns(ctx, tx, b.Practice.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, run := range unfinished {
		// What was parked waits for a person, and is compared as it is.
		if err := b.Wait(ctx, run.ID, app.Progress("finish "+run.Kind)); err != nil && fault.CodeOf(err) != "CB-JOB-PARKED" {
			return err
		}
	}
	return nil
}

// rebuildReport is what --json prints.
type rebuildReport struct {
	Equal bool `json:"equal"`
	replay.Replayed
	Compared []replay.Comparison `json:"compared"`
}

// rebuild replays the book's inputs into a scratch database and compares. All
// that is read of the live book is of one moment.
func (b *Book) rebuild(ctx context.Context, app *App) (report rebuildReport, err error) {
	scratch, err := replay.NewScratch(ctx, b.DB.Pool.Config().ConnString(), func(reg *jobs.Registry, db *postgres.DB, dir string) {
		settings := b.Settings
		settings.DataDir = dir
		registerWorkers(reg, db, settings)
	})
	if err != nil {
		return report, err
	}
	defer func() {
		err = errors.Join(err, scratch.Close())
	}()
	err = b.read(ctx, func(live pgx.Tx) error {
		replayed, err := replay.Replay(ctx, live, b.Practice, scratch, app.Progress("rebuild"))
		if err != nil {
			return err
		}
		report.Replayed = *replayed
		return scratch.DB.TxReadOnly(ctx, postgres.RoleWork, replayed.PracticeID, func(rebuilt pgx.Tx) (err error) {
			report.Compared, err = replay.Compare(ctx, replay.Book{Tx: live, PracticeID: b.Practice.ID}, replay.Book{Tx: rebuilt, PracticeID: replayed.PracticeID})
			return err
		})
	})
	report.Equal = err == nil && len(report.Refused) == 0
	for _, c := range report.Compared {
		report.Equal = report.Equal && c.Differences == 0
	}
	return report, err
}

func (r *rebuildReport) print(app *App) error {
	if app.JSON {
		return writeJSON(app.Stdout, r)
	}
	t := newTable("Input", "Replayed$")
	for _, kind := range []string{"setup", "codes", "intake", "batch", "inbound", "payment", "bank", "statement", "decision"} {
		if n := r.Inputs[kind]; n > 0 {
			t.add(kind, strconv.Itoa(n))
		}
	}
	if err := t.write(app.Stdout); err != nil {
		return err
	}
	fmt.Fprintln(app.Stdout)
	t = newTable("Compared", "Rows$", "Different$")
	for _, c := range r.Compared {
		t.add(c.What, strconv.Itoa(c.Rows), strconv.Itoa(c.Differences))
	}
	if err := t.write(app.Stdout); err != nil {
		return err
	}
	for _, text := range r.Parked {
		fmt.Fprintln(app.Stderr, text)
	}
	for _, text := range r.Refused {
		fmt.Fprintf(app.Stdout, "\nThe live book took this input, the rebuilt one did not: %s\n", text)
	}
	for _, c := range r.Compared {
		if c.Differences == 0 {
			continue
		}
		fmt.Fprintf(app.Stdout, "\n%d of %d %s differ:\n", c.Differences, c.Rows, c.What)
		for _, example := range c.Examples {
			fmt.Fprintf(app.Stdout, "  %s\n", example)
		}
		if more := c.Differences - len(c.Examples); more > 0 {
			fmt.Fprintf(app.Stdout, "  and %d more\n", more)
		}
	}
	if r.Equal {
		fmt.Fprintln(app.Stdout, "\nThe rebuilt book equals the live one.")
	} else {
		fmt.Fprintln(app.Stdout, "\nThe rebuilt book does not equal the live one.")
	}
	return nil
}
