package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// formatFlag is how a report is written, and where to.
type formatFlag struct {
	Format string `enum:"table,csv,json,xlsx," default:"" help:"table, csv, json or xlsx; by default what --out ends in, else table."`
	Out    string `type:"path" placeholder:"FILE" help:"File to write; the standard output by default."`
}

func (f formatFlag) format(app *App) string {
	if f.Format != "" {
		return f.Format
	}
	if app.JSON {
		return "json"
	}
	switch ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(f.Out), ".")); ending {
	case "csv", "json", "xlsx":
		return ending
	}
	return "table"
}

// check refuses what cannot be shown before the book is asked for it.
func (f formatFlag) check(app *App) error {
	if f.format(app) == "xlsx" && f.Out == "" && terminal(app.Stdout) {
		return fault.Usagef("CB-REPORT-TERMINAL", "a workbook is nothing that a terminal shows").WithFix("write it into a file: --out report.xlsx")
	}
	return nil
}

// print writes a report in the format that was asked for. The notes say to
// people what the numbers mean and where they come from.
func (f formatFlag) print(app *App, title string, t *table, v any, notes ...string) error {
	write := func(w io.Writer) error {
		switch f.format(app) {
		case "json":
			return writeJSON(w, v)
		case "csv":
			return t.writeCSV(w)
		case "xlsx":
			return t.writeXLSX(w, title)
		}
		if _, err := fmt.Fprintln(w, title+"\n"); err != nil {
			return err
		}
		if err := t.write(w); err != nil || len(notes) == 0 {
			return err
		}
		_, err := fmt.Fprintln(w, "\n"+strings.Join(notes, "\n"))
		return err
	}
	if f.Out == "" {
		return write(app.Stdout)
	}
	if err := writeWhole(f.Out, write); err != nil {
		return err
	}
	_, err := fmt.Fprintf(app.Stderr, "%s is written.\n", f.Out)
	return err
}
