package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// Report is the result of validating one file. Its JSON is that of
// `claimbook edi check --json`.
type Report struct {
	File         string
	Interchanges []Interchange
	Errors       []guide.Finding // outside of any interchange
	Unlisted     int             // findings beyond the bound of what is kept

	errors, warnings, kept int

	sets   int    // transaction sets kept
	later  *spool // those beyond maxSets
	claims *spool // with Options.Claims
}

// Interchange is one ISA to IEA.
type Interchange struct {
	Header   x12.Interchange
	Groups   []Group
	Errors   []guide.Finding // of the envelope
	Complete bool            // it has its IEA
	TA1      []string        // TA104 of acknowledgments inside
}

// Group is one GS to GE.
type Group struct {
	x12.Group
	Transactions []Transaction // the first of them; Sets has all
	Errors       []guide.Finding
	Declared     int // GE01; -1 when GE is missing

	later extent // the other transaction sets
}

// Transaction is one ST to SE.
type Transaction struct {
	Control  string // ST02
	Type     string // ST01
	Version  string // ST03
	Guide    string // "837P"; "" when none fits
	Segments int
	Claims   int
	Errors   []guide.Finding
	Invalid  bool // it has at least one error

	Reference string // BHT03

	refused, noted bool          // for the 999: by an error of levels 1 and 2, by a situational one
	claims         *claimAnswers // with Options.Claims
}

// maxSets is how many transaction sets of a file a report holds in memory. Files
// with millions of tiny ones exist; the others wait in a temporary file.
var maxSets = 4096

// Sets iterates over the group's transaction sets. Those beyond the first some
// thousand are read back from a temporary file, each anew.
func (g *Group) Sets() iter.Seq[*Transaction] {
	return func(yield func(*Transaction) bool) {
		for k := range g.Transactions {
			if !yield(&g.Transactions[k]) {
				return
			}
		}
		g.later.each(yield)
	}
}

// Len returns how many transaction sets the group has.
func (g *Group) Len() int { return len(g.Transactions) + g.later.n }

// keep adds a transaction set behind the others.
func (r *Report) keep(g *Group, t *Transaction) {
	if r.sets++; r.sets <= maxSets {
		g.Transactions = append(g.Transactions, *t)
		return
	}
	if r.later == nil {
		r.later = &spool{}
	}
	g.later.add(r.later, t)
}

// Close gives the temporary files of a large report back; small ones have none.
func (r *Report) Close() error {
	var err error
	for _, s := range []*spool{r.later, r.claims} {
		if s != nil {
			err = errors.Join(err, s.close())
		}
	}
	return err
}

// readable returns what went wrong when sets or claims were read back.
func (r *Report) readable() error {
	for _, s := range []*spool{r.later, r.claims} {
		if s != nil && s.err != nil {
			return fmt.Errorf("the temporary file of a large report cannot be read back: %w", s.err)
		}
	}
	return nil
}

// Valid reports whether the file has no error; warnings do not count.
func (r *Report) Valid() bool { return r.errors == 0 }

// Counts returns the numbers of errors and warnings.
func (r *Report) Counts() (errors, warnings int) { return r.errors, r.warnings }

// Findings calls f for every finding in the order of the file.
func (r *Report) Findings(f func(*guide.Finding)) {
	each := func(list []guide.Finding) {
		for i := range list {
			f(&list[i])
		}
	}
	each(r.Errors)
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		each(x.Errors)
		for j := range x.Groups {
			g := &x.Groups[j]
			each(g.Errors)
			for k := range g.Transactions {
				each(g.Transactions[k].Errors)
			}
			for t := range g.later.each {
				each(t.Errors)
			}
		}
	}
}

type findingJSON struct {
	SNIP      int            `json:"snip"`
	Code      string         `json:"code"`
	Severity  guide.Severity `json:"severity"`
	Segment   int            `json:"segment"`
	SegmentID string         `json:"segment_id"`
	Element   int            `json:"element,omitempty"`
	Component int            `json:"component,omitempty"`
	Loop      string         `json:"loop,omitempty"`
	Offset    int64          `json:"byte_offset"`
	Value     string         `json:"value,omitempty"`
	Message   string         `json:"message"`
	Fix       string         `json:"fix,omitempty"`
}

func findingsJSON(list []guide.Finding) []findingJSON {
	out := make([]findingJSON, 0, len(list))
	for i := range list {
		f := &list[i]
		out = append(out, findingJSON{f.SNIP, f.Code, f.Severity, f.Position.Segment, f.SegmentID, f.Element, f.Component, f.Loop, f.Offset, f.Value, f.Message, f.Fix})
	}
	return out
}

// MarshalJSON writes the shape that the command line promises.
func (r *Report) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := r.WriteJSON(&b)
	return b.Bytes(), err
}

// WriteJSON writes the report as MarshalJSON gives it, one transaction set after
// the other.
func (r *Report) WriteJSON(w io.Writer) error {
	j := &jsonWriter{w: w}
	j.text(`{"file":`).value(r.File).text(`,"valid":`).value(r.Valid()).text(`,"interchanges":[`)
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		j.comma(i).text(`{"control":`).value(x.Header.Control).text(`,"groups":[`)
		for k := range x.Groups {
			j.comma(k).group(&x.Groups[k])
		}
		j.text(`]`).findings(x.Errors).text(`}`)
	}
	j.text(`],"errors":`).value(findingsJSON(r.Errors))
	if r.Unlisted != 0 {
		j.text(`,"unlisted":`).value(r.Unlisted)
	}
	j.text(`}`)
	return errors.Join(j.err, r.readable())
}

// jsonWriter keeps the first error.
type jsonWriter struct {
	w   io.Writer
	err error
}

func (j *jsonWriter) text(s string) *jsonWriter {
	if j.err == nil {
		_, j.err = io.WriteString(j.w, s)
	}
	return j
}

func (j *jsonWriter) value(v any) *jsonWriter {
	b, err := json.Marshal(v)
	if err == nil && j.err == nil {
		_, err = j.w.Write(b)
	}
	if j.err == nil {
		j.err = err
	}
	return j
}

// comma stands before all members but the first.
func (j *jsonWriter) comma(n int) *jsonWriter {
	if n > 0 {
		return j.text(`,`)
	}
	return j
}

// findings writes the findings of an envelope, if there are any.
func (j *jsonWriter) findings(list []guide.Finding) *jsonWriter {
	if len(list) == 0 {
		return j
	}
	return j.text(`,"errors":`).value(findingsJSON(list))
}

func (j *jsonWriter) group(g *Group) {
	type transaction struct {
		Control  string        `json:"control"`
		Type     string        `json:"type"`
		Guide    string        `json:"guide,omitempty"`
		Segments int           `json:"segments"`
		Claims   int           `json:"claims"`
		Errors   []findingJSON `json:"errors"`
	}
	j.text(`{"control":`).value(g.Control).text(`,"version":`).value(g.Version).text(`,"transactions":[`)
	n := 0
	for t := range g.Sets() {
		j.comma(n).value(transaction{t.Control, t.Type, t.Guide, t.Segments, t.Claims, findingsJSON(t.Errors)})
		n++
	}
	j.text(`]`).findings(g.Errors).text(`}`)
}
