package ledger

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// JournalWriter writes the journal entry by entry; Close ends the document.
type JournalWriter interface {
	Write(e *JournalEntry) error
	Close() error
}

// NewJournalWriter returns a writer of the format: "hledger" (plain-text
// accounting), "csv" (a row per transfer) or "json" (an array of entries).
func NewJournalWriter(format string, w io.Writer, chart Chart) (JournalWriter, error) {
	switch out := bufio.NewWriterSize(w, 64<<10); format {
	case "hledger":
		h := &hledgerWriter{out: out, names: map[string]string{}}
		h.declare(chart)
		return h, nil
	case "csv":
		c := &csvWriter{out: out, rows: csv.NewWriter(out)}
		return c, c.rows.Write(csvHeader)
	case "json":
		return &jsonWriter{out: out}, nil
	}
	return nil, fault.Usagef("CB-EXPORT-FORMAT", "the journal is written as hledger, csv or json, not as %q", format)
}

// hledgerWriter writes the syntax of plain-text accounting tools. Accounts are
// the chart's; what divides them stands in tags, by which hledger can pivot.
type hledgerWriter struct {
	out   *bufio.Writer
	names map[string]string
}

var hledgerGroups = map[Class]struct{ name, kind string }{
	Asset: {"assets", "A"}, Liability: {"liabilities", "L"}, Revenue: {"revenues", "R"}, Contra: {"revenues", "R"}, Expense: {"expenses", "X"},
}

// declare writes the commodity and the accounts, so that `hledger check
// --strict` finds a posting to anything else.
func (h *hledgerWriter) declare(chart Chart) {
	h.put("; The journal of the practice, by posting date and source.\ncommodity $1000.00\n\n")
	codes := make([]string, 0, len(chart))
	for code := range chart {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		a := chart[code]
		group := hledgerGroups[a.Class]
		h.names[code] = group.name + ":" + code + " " + plain(a.Name, ':', ';')
		h.put("account " + h.names[code] + "  ; type: " + group.kind + "\n")
	}
}

func (h *hledgerWriter) Write(e *JournalEntry) error {
	h.put("\n" + e.Date.String() + " * (" + plain(strings.NewReplacer("(", "[", ")", "]").Replace(e.Source), ';') + ") " + e.Kind)
	if e.Memo != "" {
		h.put(" | " + plain(e.Memo, ';'))
	}
	h.put("\n")
	if tags := appendTag(appendTag("", "actor", e.Actor), "reverses", e.Reverses); tags != "" {
		h.put("    ; " + tags + "\n")
	}
	for i := range e.Lines {
		l := &e.Lines[i]
		about := appendTag("", "claim", l.Claim)
		about = appendTag(about, "served", l.ServiceDate.String())
		if l.CARC != "" {
			about = appendTag(about, "reason", strings.TrimPrefix(l.GroupCode+"-"+l.CARC, "-"))
		}
		about = appendTag(about, "remarks", strings.Join(l.RARCs, " "))
		if l.File != "" {
			about = appendTag(about, "at", l.File+" byte "+strconv.FormatInt(l.ByteOffset, 10))
		}
		h.side(&l.Debit, l.Amount.String(), about)
		h.side(&l.Credit, "-"+l.Amount.String(), about)
	}
	return nil
}

func (h *hledgerWriter) side(s *JournalSide, amount, about string) {
	tags := appendTag("", "payer", s.Payer)
	if s.Rank != 0 {
		tags = appendTag(tags, "rank", strconv.Itoa(int(s.Rank)))
	}
	tags = appendTag(appendTag(appendTag(tags, "patient", s.Patient), "line", s.Line), "ref", s.Reference)
	if tags != "" && about != "" {
		tags += ", "
	}
	h.put("    " + h.names[s.Account] + "  $" + amount)
	if tags+about != "" {
		h.put("  ; " + tags + about)
	}
	h.put("\n")
}

// put writes text; the buffer keeps its first error for Close.
func (h *hledgerWriter) put(s string) { _, _ = h.out.WriteString(s) }

func (h *hledgerWriter) Close() error { return h.out.Flush() }

func appendTag(tags, name, value string) string {
	if value == "" {
		return tags
	}
	if tags != "" {
		tags += ", "
	}
	return tags + name + ": " + plain(value, ',', ';')
}

// plain takes out what has a meaning in the syntax: line ends, double spaces,
// which end an account's name, and the given marks: a semicolon begins a
// comment, a comma ends a tag, a colon divides an account.
func plain(s string, marks ...rune) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case slices.Contains(marks, r):
			return '/'
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

var csvHeader = []string{"date", "source", "line", "kind", "memo", "actor", "reverses",
	"debit_account", "debit_name", "debit_payer", "debit_rank", "debit_patient", "debit_service_line", "debit_reference",
	"credit_account", "credit_name", "credit_payer", "credit_rank", "credit_patient", "credit_service_line", "credit_reference",
	"amount", "claim", "guarantor", "provider", "service_date", "group", "carc", "rarcs", "file", "file_sha256", "byte_offset"}

type csvWriter struct {
	out  *bufio.Writer
	rows *csv.Writer
}

func (c *csvWriter) Write(e *JournalEntry) error {
	for i := range e.Lines {
		l := &e.Lines[i]
		row := []string{e.Date.String(), e.Source, strconv.Itoa(l.LineNo), e.Kind, e.Memo, e.Actor, e.Reverses}
		for _, s := range [...]*JournalSide{&l.Debit, &l.Credit} {
			rank := ""
			if s.Rank != 0 {
				rank = strconv.Itoa(int(s.Rank))
			}
			row = append(row, s.Account, s.Name, s.Payer, rank, s.Patient, s.Line, s.Reference)
		}
		offset := ""
		if l.ByteOffset >= 0 {
			offset = strconv.FormatInt(l.ByteOffset, 10)
		}
		row = append(row, l.Amount.String(), l.Claim, l.Guarantor, l.Provider, l.ServiceDate.String(), l.GroupCode, l.CARC,
			strings.Join(l.RARCs, " "), l.File, l.FileSHA256, offset)
		if err := c.rows.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) Close() error {
	c.rows.Flush()
	if err := c.rows.Error(); err != nil {
		return err
	}
	return c.out.Flush()
}

// jsonWriter writes an array with one entry a line.
type jsonWriter struct {
	out   *bufio.Writer
	begun bool
}

func (j *jsonWriter) Write(e *JournalEntry) error {
	separator := ",\n"
	if !j.begun {
		separator, j.begun = "[\n", true
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, _ = j.out.WriteString(separator) // the buffer keeps its first error
	_, err = j.out.Write(raw)
	return err
}

func (j *jsonWriter) Close() error {
	if !j.begun {
		_, _ = j.out.WriteString("[")
	}
	_, _ = j.out.WriteString("\n]\n")
	return j.out.Flush()
}
