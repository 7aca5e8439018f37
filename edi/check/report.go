package check

import (
	"encoding/json"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/segment"
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
	Transactions []Transaction
	Errors       []guide.Finding
	Declared     int // GE01; -1 when GE is missing
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

	Reference string        // BHT03
	Parties   Parties       // with Options.Claims
	List      []ClaimRecord // with Options.Claims
}

// Parties are the names that a 277CA repeats.
type Parties struct {
	Submitter, Receiver segment.Name   // 1000A, 1000B
	Billing             []segment.Name // 2010AA
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
	type transaction struct {
		Control  string        `json:"control"`
		Type     string        `json:"type"`
		Guide    string        `json:"guide,omitempty"`
		Segments int           `json:"segments"`
		Claims   int           `json:"claims"`
		Errors   []findingJSON `json:"errors"`
	}
	type group struct {
		Control      string        `json:"control"`
		Version      string        `json:"version"`
		Transactions []transaction `json:"transactions"`
		Errors       []findingJSON `json:"errors,omitempty"`
	}
	type interchange struct {
		Control string        `json:"control"`
		Groups  []group       `json:"groups"`
		Errors  []findingJSON `json:"errors,omitempty"`
	}
	out := struct {
		File         string        `json:"file"`
		Valid        bool          `json:"valid"`
		Interchanges []interchange `json:"interchanges"`
		Errors       []findingJSON `json:"errors"`
		Unlisted     int           `json:"unlisted,omitempty"`
	}{r.File, r.Valid(), []interchange{}, findingsJSON(r.Errors), r.Unlisted}
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		ix := interchange{Control: x.Header.Control, Groups: []group{}, Errors: findingsJSON(x.Errors)}
		for j := range x.Groups {
			g := &x.Groups[j]
			gx := group{Control: g.Control, Version: g.Version, Transactions: []transaction{}, Errors: findingsJSON(g.Errors)}
			for k := range g.Transactions {
				t := &g.Transactions[k]
				gx.Transactions = append(gx.Transactions, transaction{t.Control, t.Type, t.Guide, t.Segments, t.Claims, findingsJSON(t.Errors)})
			}
			ix.Groups = append(ix.Groups, gx)
		}
		out.Interchanges = append(out.Interchanges, ix)
	}
	return json.Marshal(out)
}
