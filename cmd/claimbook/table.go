package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/claimbook/claimbook/internal/money"
)

// table is a report on its way to a terminal or a spreadsheet. A column whose
// title ends in "$" holds amounts and stands right in its column.
type table struct {
	columns []string
	rows    [][]string
	rules   map[int]bool // rows with a line above: totals
}

func newTable(columns ...string) *table { return &table{columns: columns, rules: map[int]bool{}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// total adds a row under a line.
func (t *table) total(cells ...string) {
	t.rules[len(t.rows)] = true
	t.add(cells...)
}

func (t *table) heading(column int) (title string, right bool) {
	title, right = strings.CutSuffix(t.columns[column], "$")
	return title, right
}

// write prints the columns as wide as their contents.
func (t *table) write(w io.Writer) error {
	widths := make([]int, len(t.columns))
	for i := range t.columns {
		title, _ := t.heading(i)
		widths[i] = utf8.RuneCountInString(title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var out strings.Builder
	line := func(cell func(i int) string) {
		var b strings.Builder
		for i, width := range widths {
			text := cell(i)
			pad := strings.Repeat(" ", width-utf8.RuneCountInString(text))
			if _, right := t.heading(i); right {
				text = pad + text
			} else {
				text += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(text)
		}
		out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
	rule := func() { line(func(i int) string { return strings.Repeat("-", widths[i]) }) }
	line(func(i int) string { title, _ := t.heading(i); return title })
	rule()
	for n, row := range t.rows {
		if t.rules[n] {
			rule()
		}
		line(func(i int) string { return row[i] })
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// writeCSV writes the rows for a spreadsheet, with bare amounts and without
// the totals, which a spreadsheet makes itself.
func (t *table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	titles := make([]string, len(t.columns))
	for i := range t.columns {
		title, _ := t.heading(i)
		titles[i] = strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	_ = out.Write(titles) // the writer keeps its first error
	for n, row := range t.rows {
		if t.rules[n] {
			continue
		}
		cells := make([]string, len(row))
		for i, cell := range row {
			if _, amount := t.heading(i); amount {
				if cell = strings.ReplaceAll(cell, ",", ""); cell == "-" {
					cell = "0.00"
				}
			}
			cells[i] = cell
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}

// writeJSON writes a value for programs and for people who look at it.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// dollars is an amount in a table; nothing is a dash, so that what is there
// stands out.
func dollars(c money.Cents) string {
	if c == 0 {
		return "-"
	}
	return strings.Replace(c.Dollars(), "$", "", 1)
}
