package claims

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// EncounterSchema is the JSON Schema of the JSON format.
//
//go:embed encounter.schema.json
var EncounterSchema []byte

type jsonReader struct {
	decoder *json.Decoder
	lines   *lineCounter
	unknown []string // keys that nobody reads
	ended   bool
}

func newJSONReader(in *bufio.Reader) (EncounterReader, error) {
	lines := &lineCounter{in: in}
	r := &jsonReader{decoder: json.NewDecoder(lines), lines: lines}
	return r, r.enter()
}

// enter reads up to the first element of the array of encounters.
func (r *jsonReader) enter() error {
	token, err := r.decoder.Token()
	if err != nil {
		return r.notEncounters(err)
	}
	if token == json.Delim('[') {
		return nil
	}
	for r.decoder.More() {
		key, err := r.decoder.Token()
		if err != nil {
			return r.notEncounters(err)
		}
		switch key {
		case "encounters":
			if token, err := r.decoder.Token(); err != nil || token != json.Delim('[') {
				return r.notEncounters(err)
			}
			return nil
		case "resourceType":
			return fault.Invalidf("CB-INTAKE-FORMAT", "this is a FHIR resource; encounters are read from CSV and Claimbook's own JSON").
				WithFix("export the encounters as CSV or JSON; docs/claims.md describes both")
		}
		r.note(fmt.Sprint(key))
		var skipped json.RawMessage
		if err := r.decoder.Decode(&skipped); err != nil {
			return r.notEncounters(err)
		}
	}
	return r.notEncounters(nil)
}

func (r *jsonReader) notEncounters(err error) error {
	var syntax *json.SyntaxError
	f := fault.Invalidf("CB-INTAKE-JSON", `the file is JSON without an array of encounters`)
	if err != nil && (errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
		f = fault.Invalidf("CB-INTAKE-JSON", "the file begins as JSON and is not JSON")
	} else if err != nil {
		return err
	}
	return f.At(fmt.Sprintf("line %d", r.lines.at(r.decoder.InputOffset()))).
		WithFix(`it must be an array of encounters, or an object with the key "encounters"; see: claimbook intake --schema`)
}

// Format implements EncounterReader.
func (r *jsonReader) Format() string { return FormatJSON }

// Notices implements EncounterReader.
func (r *jsonReader) Notices() []string {
	if len(r.unknown) == 0 {
		return nil
	}
	return []string{"unknown keys, not read: " + strings.Join(r.unknown, ", ")}
}

func (r *jsonReader) note(key string) {
	if key = fmt.Sprintf("%q", clip(key)); !slices.Contains(r.unknown, key) && len(r.unknown) < 20 {
		r.unknown = append(r.unknown, key)
	}
}

// Next implements EncounterReader.
func (r *jsonReader) Next() (*ReadEncounter, error) {
	if r.ended {
		return nil, io.EOF
	}
	if !r.decoder.More() {
		r.ended = true
		if _, err := r.decoder.Token(); err != nil { // the closing bracket
			return r.broken(err)
		}
		return nil, io.EOF
	}
	var raw json.RawMessage
	if err := r.decoder.Decode(&raw); err != nil {
		r.ended = true
		return r.broken(err)
	}
	line := r.lines.at(r.decoder.InputOffset() - int64(len(raw)))
	return r.read(raw, line), nil
}

// broken makes one refused record of everything behind a fault of the syntax:
// JSON cannot be taken up again in the middle.
func (r *jsonReader) broken(err error) (*ReadEncounter, error) {
	var syntax *json.SyntaxError
	offset := r.decoder.InputOffset()
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		line := r.lines.at(offset)
		return &ReadEncounter{Line: line, Problems: []string{fmt.Sprintf("line %d: the file ends in the middle of an encounter", line)}}, nil
	default:
		return nil, err
	}
	line := r.lines.at(offset)
	return &ReadEncounter{Line: line, Problems: []string{
		fmt.Sprintf("line %d: this is not JSON; the rest of the file is not read", line)}}, nil
}

// loose is a text or a number in JSON, as its text: amounts are texts in our
// schema, and a number is read by its digits, never through floating point.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	if len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		return errors.New("a text was expected")
	}
	*l = loose(b)
	return nil
}

type jsonEncounter struct {
	ID                loose      `json:"encounter_id"`
	Patient           loose      `json:"patient"`
	BillingProvider   loose      `json:"billing_provider"`
	RenderingProvider loose      `json:"rendering_provider"`
	Facility          loose      `json:"facility"`
	PlaceOfService    loose      `json:"place_of_service"`
	Authorization     loose      `json:"authorization"`
	SelfPay           loose      `json:"self_pay"`
	Total             loose      `json:"total"`
	Diagnoses         []loose    `json:"diagnoses"`
	Lines             []jsonLine `json:"lines"`
}

type jsonLine struct {
	ServiceDate loose   `json:"service_date"`
	Procedure   loose   `json:"procedure"`
	Modifiers   []loose `json:"modifiers"`
	Pointers    []loose `json:"pointers"`
	Units       loose   `json:"units"`
	Unit        loose   `json:"unit"`
	Charge      loose   `json:"charge"`
	Description loose   `json:"description"`
}

func (r *jsonReader) read(content []byte, line int) *ReadEncounter {
	var j jsonEncounter
	if err := json.Unmarshal(content, &j); err != nil {
		return &ReadEncounter{Line: line, Problems: []string{fmt.Sprintf("line %d: %s", line, jsonProblem(err))}}
	}
	r.noteUnknown(content)
	raw := rawEncounter{line: line, id: strings.TrimSpace(string(j.ID)), header: map[string]string{
		"patient": string(j.Patient), "billing_provider": string(j.BillingProvider),
		"rendering_provider": string(j.RenderingProvider), "facility": string(j.Facility),
		"place_of_service": string(j.PlaceOfService), "authorization": string(j.Authorization),
		"self_pay": string(j.SelfPay), "total": string(j.Total), "diagnoses": strings.Join(texts(j.Diagnoses), " "),
	}}
	for _, l := range j.Lines {
		raw.lines = append(raw.lines, rawLine{
			line: line, date: string(l.ServiceDate), procedure: string(l.Procedure), modifiers: texts(l.Modifiers),
			pointers: texts(l.Pointers), units: string(l.Units), unit: string(l.Unit), charge: string(l.Charge),
			description: string(l.Description),
		})
	}
	return raw.convert()
}

func texts(list []loose) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = string(text)
	}
	return out
}

func jsonProblem(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if wrong.Field == "" {
			return "an encounter is an object, not a " + wrong.Value
		}
		return fmt.Sprintf("%s is a %s, which it cannot be", wrong.Field, wrong.Value)
	}
	return err.Error()
}

var jsonKeys = []string{"encounter_id", "patient", "billing_provider", "rendering_provider", "facility", "place_of_service",
	"authorization", "self_pay", "total", "diagnoses", "lines"}
var jsonLineKeys = []string{"service_date", "procedure", "modifiers", "pointers", "units", "unit", "charge", "description"}

// noteUnknown records keys that the schema does not have: they are reported,
// never silently dropped.
func (r *jsonReader) noteUnknown(content []byte) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(content, &keys) != nil {
		return
	}
	r.noteKeys(keys, jsonKeys)
	var lines []map[string]json.RawMessage
	if json.Unmarshal(keys["lines"], &lines) != nil {
		return
	}
	for _, line := range lines {
		r.noteKeys(line, jsonLineKeys)
	}
}

func (r *jsonReader) noteKeys(keys map[string]json.RawMessage, known []string) {
	var unknown []string
	for key := range keys {
		if !slices.ContainsFunc(known, func(name string) bool { return strings.EqualFold(name, key) }) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		r.note(key)
	}
}

// lineCounter tells in which line a byte of what was read through it lies. It
// keeps the newlines that nobody asked past yet.
type lineCounter struct {
	in       io.Reader
	offset   int64
	newlines []int64 // offsets, ascending
	passed   int     // newlines that were asked past
}

// Read implements io.Reader.
func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.newlines = append(c.newlines, c.offset+int64(i))
		}
	}
	c.offset += int64(n)
	return n, err
}

// at returns the 1-based line of an offset; offsets are asked in ascending order.
func (c *lineCounter) at(offset int64) int {
	n := 0
	for n < len(c.newlines) && c.newlines[n] < offset {
		n++
	}
	c.newlines, c.passed = c.newlines[n:], c.passed+n
	return c.passed + 1
}
