package claims

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// Column is a column of the CSV format.
type Column struct {
	Name     string
	Required bool
	PerLine  bool   // of the service line; the others are of the encounter and repeat on each of its rows
	Meaning  string // for the documentation and the messages
}

// Columns are the columns of the CSV format, in the order of the sample.
var Columns = []Column{
	{"encounter_id", true, false, "the sending system's id of the encounter; its rows follow each other"},
	{"patient", true, false, "account of the patient"},
	{"service_date", true, true, "2022-03-14, 20220314 or 03/14/2022"},
	{"rendering_provider", true, false, "code or NPI of who treated"},
	{"billing_provider", false, false, "code or NPI of who bills; may be empty when the practice has only one"},
	{"facility", false, false, "code of the facility; empty: the billing provider's own address"},
	{"place_of_service", false, false, "two digits; empty: the facility's, else 11"},
	{"diagnoses", true, false, "ICD-10-CM codes, the principal one first, separated by spaces"},
	{"procedure", true, true, "CPT or HCPCS code"},
	{"modifiers", false, true, "up to four, separated by spaces"},
	{"pointers", true, true, "places in diagnoses, from 1, separated by spaces"},
	{"units", true, true, "more than 0"},
	{"unit", false, true, "UN (default) or MJ, minutes of anesthesia"},
	{"charge", true, true, "dollars and cents for the whole line, such as 125.00"},
	{"authorization", false, false, "prior authorization number"},
	{"self_pay", false, false, "yes: bill nobody but the patient"},
	{"total", false, false, "what the lines of the encounter add up to"},
	{"description", false, true, "what the service is called on a statement; empty: the fee schedule's wording"},
}

type csvReader struct {
	rows    *csv.Reader
	columns map[string]int // name → position in a row
	width   int
	notices []string
	ahead   []string // the first row of the next encounter
	line    int      // its line
	broken  *ReadEncounter
}

func newCSVReader(in *bufio.Reader) (EncounterReader, error) {
	r := &csvReader{rows: csv.NewReader(in)}
	r.rows.FieldsPerRecord = -1 // a row of another width is that record's problem
	r.rows.TrimLeadingSpace = true
	r.rows.Comma = csvDelimiter(in)
	header, err := r.rows.Read()
	if err != nil {
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, fault.Invalidf("CB-INTAKE-COLUMNS", "the header cannot be read as CSV").At(fmt.Sprintf("line %d", broken.Line)).
				WithFix("the first line must name the columns; docs/claims.md lists them")
		}
		return nil, err
	}
	return r, r.readHeader(header)
}

// csvDelimiter is the comma, unless the header has none and divides by
// semicolons or tabs, as spreadsheets of some settings write it.
func csvDelimiter(in *bufio.Reader) rune {
	head, _ := in.Peek(sniffLength) // a short file is no error here
	header, _, _ := bytes.Cut(head, []byte("\n"))
	for _, delimiter := range []byte{',', ';', '\t'} {
		if bytes.IndexByte(header, delimiter) >= 0 {
			return rune(delimiter)
		}
	}
	return ','
}

func (r *csvReader) readHeader(header []string) error {
	r.columns, r.width = map[string]int{}, len(header)
	var unknown []string
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := r.columns[name]; twice {
			return fault.Invalidf("CB-INTAKE-COLUMNS", "the column %q is there twice", name).At("line 1").
				WithFix("remove one of them")
		}
		if !slices.ContainsFunc(Columns, func(c Column) bool { return c.Name == name }) {
			unknown = append(unknown, fmt.Sprintf("%q", name))
			continue
		}
		r.columns[name] = i
	}
	var missing []string
	for _, column := range Columns {
		if _, there := r.columns[column.Name]; column.Required && !there {
			missing = append(missing, column.Name)
		}
	}
	if len(missing) > 0 {
		message := "the header has no column " + strings.Join(missing, ", ")
		if len(unknown) > 0 {
			message += "; it has these that are unknown: " + strings.Join(unknown, ", ")
		}
		return fault.Invalidf("CB-INTAKE-COLUMNS", "%s", message).At("line 1").
			WithFix("the first line must name the columns; docs/claims.md lists them")
	}
	if len(unknown) > 0 {
		r.notices = append(r.notices, "unknown columns, not read: "+strings.Join(unknown, ", "))
	}
	return nil
}

// Format implements EncounterReader.
func (r *csvReader) Format() string { return FormatCSV }

// Notices implements EncounterReader.
func (r *csvReader) Notices() []string { return r.notices }

// Next implements EncounterReader: it gathers the rows of one encounter.
func (r *csvReader) Next() (*ReadEncounter, error) {
	if r.broken != nil {
		broken := r.broken
		r.broken = nil
		return broken, nil
	}
	row, line := r.ahead, r.line
	r.ahead = nil
	if row == nil {
		var err error
		if row, line, err = r.row(); err != nil || row == nil {
			return r.unreadable(err)
		}
	}
	raw := rawEncounter{line: line}
	r.begin(&raw, row)
	r.add(&raw, row, line)
	for {
		next, nextLine, err := r.row()
		if err == io.EOF {
			break
		}
		if err != nil {
			if r.broken, err = r.unreadable(err); err != nil {
				return nil, err
			}
			break
		}
		if id := r.value(next, "encounter_id"); id == "" || id != raw.id {
			r.ahead, r.line = next, nextLine
			break
		}
		r.add(&raw, next, nextLine)
	}
	return raw.convert(), nil
}

// row returns the next row that is not blank, and its line.
func (r *csvReader) row() ([]string, int, error) {
	for {
		row, err := r.rows.Read()
		if err != nil {
			return nil, 0, err
		}
		line, _ := r.rows.FieldPos(0)
		if slices.ContainsFunc(row, func(value string) bool { return strings.TrimSpace(value) != "" }) {
			return row, line, nil
		}
	}
}

// unreadable makes a refused record of a row that is no CSV.
func (r *csvReader) unreadable(err error) (*ReadEncounter, error) {
	var broken *csv.ParseError
	if !errors.As(err, &broken) {
		return nil, err
	}
	reason := "a quotation mark is out of place"
	if errors.Is(broken.Err, csv.ErrQuote) && broken.StartLine != broken.Line {
		reason = "a quotation mark opens here and is never closed: the rest of the file is not read"
	}
	return &ReadEncounter{Line: broken.StartLine, Problems: []string{fmt.Sprintf("line %d: %s", broken.StartLine, reason)}}, nil
}

func (r *csvReader) value(row []string, column string) string {
	i, there := r.columns[column]
	if !there || i >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[i])
}

func (r *csvReader) begin(raw *rawEncounter, row []string) {
	raw.id, raw.header = r.value(row, "encounter_id"), map[string]string{}
	for _, column := range Columns {
		if !column.PerLine {
			raw.header[column.Name] = r.value(row, column.Name)
		}
	}
}

func (r *csvReader) add(raw *rawEncounter, row []string, line int) {
	if len(row) != r.width {
		raw.problem(line, "the row has %d values, the header %d columns", len(row), r.width)
		return // its values are not where they should be
	}
	for _, column := range Columns {
		value := r.value(row, column.Name)
		if column.PerLine || value == "" || value == raw.header[column.Name] {
			continue
		}
		if raw.header[column.Name] == "" {
			raw.header[column.Name] = value
			continue
		}
		raw.problem(line, "%s differs from the first row of the encounter (line %d)", column.Name, raw.line)
	}
	raw.lines = append(raw.lines, rawLine{
		line: line, date: r.value(row, "service_date"), procedure: r.value(row, "procedure"),
		modifiers: words(r.value(row, "modifiers")), pointers: words(r.value(row, "pointers")),
		units: r.value(row, "units"), unit: r.value(row, "unit"), charge: r.value(row, "charge"),
		description: r.value(row, "description"),
	})
}

// words splits a list in one value: by spaces, bars or semicolons.
func words(value string) []string {
	return strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '|' || r == ';' || r == ',' || r == '\t' })
}
