package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

type intakeCmd struct {
	Files  []string `arg:"" optional:"" placeholder:"FILE" help:"Files of encounters, CSV or JSON, or - for the standard input."`
	Schema bool     `help:"Print the JSON Schema of the JSON format and stop."`
	All    bool     `help:"List accepted encounters too, with their warnings."`
}

// Help shows an example.
func (intakeCmd) Help() string {
	return "The format is detected by content. Every encounter is accepted, held with its reasons, found to be a duplicate, or refused with its line; one bad record never stops the file. The same file again changes nothing. Exit code 1 when a file or a record of it is refused, 0 when encounters are merely held.\n\nExample:\n  claimbook intake monday.csv monday-lab.json"
}

func (c intakeCmd) Run(ctx context.Context, app *App) error {
	if c.Schema {
		_, err := app.Stdout.Write(claims.EncounterSchema)
		return err
	}
	if len(c.Files) == 0 {
		return fault.Usagef("CB-INTAKE-FILES", "no file is named").WithFix("claimbook intake FILE…")
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	taken, err := book.intake(ctx, app, c.Files)
	if err != nil {
		return err
	}
	return c.report(ctx, app, book, taken)
}

// takenFile is what became of one file of the command line.
type takenFile struct {
	work.Taken
	path   string
	reason error // it could not even be stored
}

// intake stores the files and reads them in this process, in the order given.
func (b *Book) intake(ctx context.Context, app *App, paths []string) ([]takenFile, error) {
	var runID int64
	err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		runID, err = jobs.StartRun(ctx, tx, b.Practice.ID, "intake")
		return err
	})
	if err != nil {
		return nil, err
	}
	taken := make([]takenFile, len(paths))
	for i, path := range paths {
		taken[i].path = path
		if err := b.storeIntake(ctx, app, runID, path, &taken[i]); err != nil {
			if len(paths) == 1 || fault.KindOf(err) != fault.Invalid {
				return nil, err
			}
			taken[i].reason = err
		}
	}
	runs := []int64{runID}
	for _, t := range taken {
		if t.RunID != 0 && !t.Known && !slices.Contains(runs, t.RunID) {
			runs = append(runs, t.RunID)
		}
	}
	for _, run := range runs {
		if err := b.Wait(ctx, run, app.Progress("intake")); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

func (b *Book) storeIntake(ctx context.Context, app *App, runID int64, path string, taken *takenFile) error {
	content, name, err := intakeContent(app, path)
	if err != nil {
		return err
	}
	if closer, ok := content.(io.Closer); ok {
		defer func() { _ = closer.Close() }()
	}
	return b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		if _, err := content.Seek(0, io.SeekStart); err != nil { // a transaction that lost a race runs again
			return fault.Environmentf("CB-FILE-READ", "the file cannot be read").At(name).Because(err)
		}
		taken.Taken, err = work.Intake(ctx, tx, b.Jobs, b.Practice.ID, runID, name, content, b.Today, actor())
		return err
	})
}

// intakeContent opens a file that can be read from its start again. What is no
// regular file (the standard input, a pipe) is taken into memory.
func intakeContent(app *App, path string) (content io.ReadSeeker, name string, err error) {
	source := app.Stdin
	name = "standard input"
	if path != "-" {
		file, err := openInput(path)
		if err != nil {
			return nil, "", err
		}
		name = filepath.Base(path)
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return file, name, nil
		}
		defer func() { _ = file.Close() }()
		source = file
	}
	all, err := io.ReadAll(source)
	if err != nil {
		return nil, "", fault.Environmentf("CB-FILE-READ", "the input cannot be read").At(name).Because(err)
	}
	return bytes.NewReader(all), name, nil
}

// intakeReport is what --json prints of one file.
type intakeReport struct {
	claimsdb.IntakeFile
	Known     bool                    `json:"known"`     // the same bytes were taken in before
	Continued bool                    `json:"continued"` // the same bytes were begun before
	List      []claimsdb.IntakeRecord `json:"encounters"`
}

func (c intakeCmd) report(ctx context.Context, app *App, book *Book, taken []takenFile) error {
	outcomes := []string{claimsdb.OutcomeHeld, claimsdb.OutcomeDuplicate, claimsdb.OutcomeRefused}
	if c.All || app.JSON {
		outcomes = append(outcomes, claimsdb.OutcomeAccepted)
	}
	refused := false
	for _, t := range taken {
		if t.reason != nil {
			refused = true
			fmt.Fprintln(app.Stderr, "claimbook:", t.reason)
			continue
		}
		var r intakeReport
		err := book.read(ctx, func(tx pgx.Tx) (err error) {
			if r.IntakeFile, err = claimsdb.FindIntakeFile(ctx, tx, book.Practice.ID, t.IntakeFileID); err != nil {
				return err
			}
			r.List, err = claimsdb.Records(ctx, tx, book.Practice.ID, t.IntakeFileID, outcomes...)
			return err
		})
		if err != nil {
			return err
		}
		r.Known, r.Continued, r.Name = t.Known, t.Continued, t.path
		refused = refused || r.State == claimsdb.IntakeRefused || r.Refused > 0
		if app.JSON {
			if err := json.NewEncoder(app.Stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		c.print(app, r)
	}
	if refused {
		return errReported
	}
	return nil
}

func (c intakeCmd) print(app *App, r intakeReport) {
	if r.State == claimsdb.IntakeRefused {
		fmt.Fprintf(app.Stdout, "%s: refused: %s\n", r.Name, r.Reason)
		return
	}
	suffix := ""
	switch {
	case r.Known:
		suffix = " (taken in before; nothing changed)"
	case r.Continued:
		suffix = " (begun before; continued)"
	}
	fmt.Fprintf(app.Stdout, "%s: %s: %d accepted, %d held, %s, %d refused%s\n", r.Name, count(r.Records, "encounter"),
		r.Accepted, r.Held, count(r.Duplicate, "duplicate"), r.Refused, suffix)
	for _, notice := range r.Notices {
		fmt.Fprintf(app.Stdout, "  %s\n", notice)
	}
	for _, record := range r.List {
		fmt.Fprintf(app.Stdout, "  line %d  %s  %s\n", record.Line, record.ExternalID, record.Outcome)
		for _, reason := range record.Reasons {
			fmt.Fprintf(app.Stdout, "      %s\n", reason)
		}
	}
}
