package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/claimbook/claimbook/internal/money"
)

// table is a report on its way to a terminal or a spreadsheet. The last
// character of a column's title says what it holds: "$" amounts, "#" counts,
// "%" other numbers, "@" days; all but days stand right in their column. What
// ends in none of them is text.
type table struct {
	columns []string
	rows    [][]string
	totals  map[int]bool // rows that sum up others
	rules   map[int]bool // rows under a line
}

const (
	holdsText    byte = 0
	holdsAmounts byte = '$'
	holdsCounts  byte = '#'
	holdsNumbers byte = '%'
	holdsDays    byte = '@'
)

func newTable(columns ...string) *table {
	return &table{columns: columns, totals: map[int]bool{}, rules: map[int]bool{}}
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// total adds a row that sums up others, under a line.
func (t *table) total(cells ...string) {
	t.rules[len(t.rows)] = true
	t.sum(cells...)
}

// sum adds a row that sums up others, or leads to such a row.
func (t *table) sum(cells ...string) {
	t.totals[len(t.rows)] = true
	t.add(cells...)
}

// column returns a column's title and what it holds.
func (t *table) column(i int) (title string, holds byte) {
	title = t.columns[i]
	switch last := title[len(title)-1]; last {
	case holdsAmounts, holdsCounts, holdsNumbers, holdsDays:
		return title[:len(title)-1], last
	}
	return title, holdsText
}

// write prints the columns as wide as their contents.
func (t *table) write(w io.Writer) error {
	widths := make([]int, len(t.columns))
	for i := range t.columns {
		title, _ := t.column(i)
		widths[i] = utf8.RuneCountInString(title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	var out strings.Builder
	line := func(cell func(i int) string) {
		var b strings.Builder
		for i, width := range widths {
			content := cell(i)
			pad := strings.Repeat(" ", width-utf8.RuneCountInString(content))
			if _, holds := t.column(i); holds != holdsText && holds != holdsDays {
				content = pad + content
			} else {
				content += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(content)
		}
		out.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
	rule := func() { line(func(i int) string { return strings.Repeat("-", widths[i]) }) }
	line(func(i int) string { title, _ := t.column(i); return title })
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

// writeCSV writes the rows for other programs, with bare amounts and without
// the totals, which they make themselves.
func (t *table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	titles := make([]string, len(t.columns))
	for i := range t.columns {
		title, _ := t.column(i)
		titles[i] = strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	_ = out.Write(titles) // the writer keeps its first error
	for n, row := range t.rows {
		if t.totals[n] {
			continue
		}
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = t.bare(row, i)
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}

// bare is a cell without what makes it readable to people.
func (t *table) bare(row []string, i int) string {
	cell := row[i]
	switch _, holds := t.column(i); holds {
	case holdsAmounts:
		if cell == "-" {
			return "0.00"
		}
		return strings.ReplaceAll(cell, ",", "")
	case holdsCounts, holdsNumbers:
		return strings.ReplaceAll(cell, ",", "")
	}
	return cell
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
