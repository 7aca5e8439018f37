package main

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type exportCmd struct {
	Journal exportJournalCmd `cmd:"" help:"Write the whole journal, or a part of it by date."`
}

type exportJournalCmd struct {
	Format string `enum:"hledger,csv,json" default:"hledger" help:"hledger (plain-text accounting), csv or json."`
	spanFlags
	Out string `type:"path" placeholder:"FILE" help:"File to write; the standard output by default."`
}

// Help shows an example.
func (exportJournalCmd) Help() string {
	return "Entries are ordered by posting date and source and name everything by the practice's own codes, so the same book always gives the same bytes. The hledger form passes `hledger check --strict`; what divides an account (payer, patient, service line, reference) stands in tags.\n\nExample:\n  claimbook export journal --out book.journal && hledger -f book.journal balance"
}

func (c exportJournalCmd) Run(ctx context.Context, app *App) error {
	format := c.Format
	if app.JSON {
		format = "json"
	}
	if !c.From.IsZero() && !c.To.IsZero() && c.To.Before(c.From) {
		return fault.Usagef("CB-REPORT-SPAN", "--to %s lies before --from %s", c.To, c.From)
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	write := func(out io.Writer) error {
		return b.read(ctx, func(tx pgx.Tx) error {
			chart, err := ledgerdb.Chart(ctx, tx, b.Practice.ID)
			if err != nil {
				return err
			}
			journal, err := ledger.NewJournalWriter(format, out, chart)
			if err != nil {
				return err
			}
			if err := ledgerdb.Journal(ctx, tx, b.Practice.ID, ledgerdb.JournalFilter{From: c.From, To: c.To}, journal.Write); err != nil {
				return err
			}
			return journal.Close()
		})
	}
	if c.Out == "" {
		return write(app.Stdout)
	}
	return writeWhole(c.Out, write)
}

// writeWhole writes a file that is there whole or not at all. What is there and
// is no file, such as a pipe or /dev/stdout, is written into, never replaced.
func writeWhole(path string, write func(io.Writer) error) error {
	failed := func(err error) error {
		return fault.Environmentf("CB-FILE-WRITE", "the file cannot be written").At(path).Because(err).WithFix("choose another folder with --out, or make room")
	}
	var f *os.File
	info, err := os.Stat(path)
	special := err == nil && !info.Mode().IsRegular()
	if special {
		f, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		f, err = os.CreateTemp(filepath.Dir(path), ".claimbook-*")
	}
	if err != nil {
		return failed(err)
	}
	if !special {
		defer func() { _ = os.Remove(f.Name()) }() // gone already when it was renamed
	}
	out := &output{Writer: f}
	err = write(out)
	closed := f.Close()
	switch {
	case out.err != nil:
		return failed(out.err)
	case err != nil:
		return err
	case closed != nil:
		return failed(closed)
	case special:
		return nil
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return failed(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return failed(err)
	}
	return nil
}
