package claims

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// rawEncounter is an encounter as text, the same from every format.
type rawEncounter struct {
	line     int
	id       string
	header   map[string]string // by the names of the CSV columns
	lines    []rawLine
	problems []string
}

type rawLine struct {
	line                                              int
	date, procedure, units, unit, charge, description string
	modifiers, pointers                               []string
}

func (raw *rawEncounter) problem(line int, format string, args ...any) {
	raw.problems = append(raw.problems, fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...))
}

// Limits of what the schema and an 837 can hold at all.
const (
	maxUnits    = 99_999_999 // numeric(12,3)
	maxIDLength = 50
)

// convert reads the text into a record. What cannot be read is a problem, which
// refuses the record; what can be read but makes no sense is for the edits.
func (raw *rawEncounter) convert() *ReadEncounter {
	if !raw.storable() {
		return &ReadEncounter{Line: raw.line, Problems: []string{fmt.Sprintf(
			"line %d: the encounter has characters that are not UTF-8, or control characters: save the file as UTF-8", raw.line)}}
	}
	h := raw.header
	r := EncounterRecord{
		ExternalID: raw.id, Patient: h["patient"], BillingProvider: h["billing_provider"],
		RenderingProvider: h["rendering_provider"], Facility: h["facility"], PlaceOfService: h["place_of_service"],
		Authorization: h["authorization"],
	}
	switch {
	case raw.id == "":
		raw.problem(raw.line, "encounter_id is empty")
	case len(raw.id) > maxIDLength:
		raw.problem(raw.line, "encounter_id is longer than %d characters", maxIDLength)
	}
	switch strings.ToLower(h["self_pay"]) {
	case "", "no", "n", "false", "0":
	case "yes", "y", "true", "1":
		r.SelfPay = true
	default:
		raw.problem(raw.line, "self_pay %q is neither yes nor no", clip(h["self_pay"]))
	}
	for _, code := range words(h["diagnoses"]) {
		r.Diagnoses = append(r.Diagnoses, strings.ToUpper(strings.ReplaceAll(code, ".", "")))
	}
	if h["total"] != "" {
		if total, ok := raw.amount(raw.line, "total", h["total"]); ok {
			r.Total = &total
		}
	}
	for _, l := range raw.lines {
		r.Lines = append(r.Lines, raw.convertLine(l))
	}
	return &ReadEncounter{Line: raw.line, Record: r, Problems: raw.problems}
}

// storable reports whether all of the text is UTF-8 without control characters:
// what a database takes, and what a person can read.
func (raw *rawEncounter) storable() bool {
	clean := func(text string) bool {
		return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
	}
	for _, text := range raw.header {
		if !clean(text) {
			return false
		}
	}
	for _, l := range raw.lines {
		for _, text := range append([]string{l.date, l.procedure, l.units, l.unit, l.charge, l.description}, append(l.modifiers, l.pointers...)...) {
			if !clean(text) {
				return false
			}
		}
	}
	return clean(raw.id)
}

func (raw *rawEncounter) convertLine(l rawLine) EncounterLine {
	line := EncounterLine{
		Procedure: strings.ToUpper(l.procedure), Unit: strings.ToUpper(l.unit), Description: l.description,
	}
	if line.Unit == "UN" {
		line.Unit = "" // the default has one spelling, so that the same content has one hash
	}
	if line.Unit != "" && line.Unit != "MJ" {
		raw.problem(l.line, "unit %q is neither UN nor MJ", clip(l.unit))
	}
	var err error
	if line.ServiceDate, err = readDate(l.date); err != nil {
		raw.problem(l.line, "service_date %q is not a date such as 2022-03-14", clip(l.date))
	}
	for _, modifier := range l.modifiers {
		line.Modifiers = append(line.Modifiers, strings.ToUpper(modifier))
	}
	for _, pointer := range l.pointers {
		n, err := strconv.Atoi(pointer)
		if err != nil {
			raw.problem(l.line, "pointer %q is not a number", clip(pointer))
			continue
		}
		line.Pointers = append(line.Pointers, n)
	}
	if line.Units, err = readUnits(l.units); err != nil {
		raw.problem(l.line, "units %q is not a number with at most three decimals", clip(l.units))
	}
	line.Charge, _ = raw.amount(l.line, "charge", l.charge)
	return line
}

func (raw *rawEncounter) amount(line int, field, text string) (money.Cents, bool) {
	amount, err := money.ParseString(strings.TrimPrefix(text, "$"))
	if err != nil {
		raw.problem(line, "%s %q is not an amount such as 125.00", field, clip(text))
	}
	return amount, err == nil
}

func readDate(text string) (date.Date, error) {
	var first error
	for _, layout := range []string{"2006-01-02", "20060102", "01/02/2006", "1/2/2006"} {
		d, err := date.ParseLayout(layout, text)
		if err == nil {
			return d, nil
		}
		if first == nil {
			first = err
		}
	}
	return date.Date{}, first
}

func readUnits(text string) (decimal.Decimal, error) {
	if len(text) > 16 || strings.ContainsAny(text, "eE") { // an exponent could be a number of any length
		return decimal.Zero, strconv.ErrSyntax
	}
	units, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, err
	}
	if !units.Equal(units.Truncate(3)) || units.Abs().GreaterThan(decimal.NewFromInt(maxUnits)) {
		return decimal.Zero, strconv.ErrRange
	}
	return units, nil
}

// clip bounds a bad value in a message.
func clip(value string) string {
	const most = 20
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return value
}

// Hash names the content of a record: the same encounter again, from whatever
// format, has the same hash.
func (r EncounterRecord) Hash() [32]byte {
	content, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of texts, numbers and dates always marshals
	}
	return sha256.Sum256(content)
}
