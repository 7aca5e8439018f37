package check

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Answer says how acknowledgments are written.
type Answer struct {
	Now     time.Time // date and time of the answers
	Control int       // first interchange control number
}

// header turns an interchange around. Where the separators of its ISA stand in
// the wrong places, the elements have other lengths than an ISA can hold.
func (a Answer) header(x *x12.Interchange, k int) x12.Interchange {
	qualifier := func(q string) string {
		if q = strings.TrimSpace(clean(q)); q == "" || len(q) > 2 {
			return "ZZ"
		}
		return q
	}
	id := func(s string) string {
		s = clean(s)
		return s[:min(len(s), 15)]
	}
	usage := x.Usage
	if usage != "P" && usage != "T" {
		usage = "T"
	}
	return x12.Interchange{
		SenderQualifier: qualifier(x.ReceiverQualifier), Sender: id(x.Receiver), ReceiverQualifier: qualifier(x.SenderQualifier), Receiver: id(x.Sender),
		Date: a.Now.Format("060102"), Time: a.Now.Format("1504"), Control: fmt.Sprintf("%09d", (a.Control+k)%1_000_000_000), Usage: usage,
	}
}

// clean replaces what could not be written in an answer's default delimiters.
func clean(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7F || c == '*' || c == ':' || c == '~' || c == '^' {
			b[i] = ' '
		}
	}
	return string(b)
}

func (a Answer) group(id, version string, g *x12.Group) x12.Group {
	code := func(s string) string {
		if s = clean(s); len(s) < 2 {
			return "UNKNOWN"
		}
		return s[:min(len(s), 15)]
	}
	return x12.Group{FunctionalID: id, Sender: code(g.Receiver), Receiver: code(g.Sender), Date: a.Now.Format("20060102"), Time: a.Now.Format("1504"), Control: "1", Version: version}
}

// TA1 writes the answer to each interchange of the file: was its envelope taken.
func (r *Report) TA1(w io.Writer, a Answer) error {
	var out []ack.Interchange
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		code, note := "A", "000"
		for k := range x.Errors {
			f := &x.Errors[k]
			if f.TA105 != "" && f.Severity == guide.Error {
				code, note = "R", f.TA105
				break
			}
			if f.TA105 != "" && note == "000" { // taken all the same
				code, note = "E", f.TA105
			}
		}
		day, err := date.ParseLayout("060102", x.Header.Date)
		if err != nil {
			day = date.Of(a.Now)
		}
		clock := x.Header.Time
		if len(clock) != 4 || !digits([]byte(clock)) {
			clock = "0000"
		}
		control := x.Header.Control
		if len(control) != 9 || !digits([]byte(control)) {
			control = "000000000"
		}
		out = append(out, ack.Interchange{Header: a.header(&x.Header, i),
			Envelopes: []ack.Envelope{{Control: control, Date: day, Time: clock, Code: code, Note: note}}})
	}
	return ack.Encode(w, out...)
}

// Implementation writes the 999: one per functional group, from the findings of
// levels 1 and 2. Groups that are acknowledgments themselves are not answered.
func (r *Report) Implementation(w io.Writer, a Answer) error {
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		var list []*Group
		for j := range x.Groups {
			if g := &x.Groups[j]; g.FunctionalID != "FA" {
				list = append(list, g)
			}
		}
		if len(list) == 0 {
			continue
		}
		// One after the other: a group may have millions of transaction sets.
		err := ack.EncodeImplementations(w, a.header(&x.Header, i), a.group("FA", ack.VersionImplementation, &x.Groups[0].Group),
			func(yield func(*ack.Implementation, iter.Seq[*ack.SetResponse]) bool) {
				for n, g := range list {
					if !yield(g.answer(n + 1)) {
						return
					}
				}
			})
		if err := errors.Join(err, r.readable()); err != nil {
			return err
		}
	}
	return nil
}

// answer gives the 999 of a group, and the answers to its sets: iterating over
// these completes the result.
func (g *Group) answer(n int) (*ack.Implementation, iter.Seq[*ack.SetResponse]) {
	v := &ack.Implementation{Header: segment.Header{Type: "999", Control: fmt.Sprintf("%04d", n), Version: ack.VersionImplementation},
		FunctionalID: orElse(clean(g.FunctionalID), "HC"), GroupControl: "0", Version: orElse(clean(g.Version), "005010")}
	if digits([]byte(g.Control)) && len(g.Control) <= 9 {
		v.GroupControl = g.Control
	}
	res := &v.Result
	for k := range g.Errors {
		if f := &g.Errors[k]; f.AK905 != "" && f.Severity == guide.Error && len(res.Errors) < 5 && !slices.Contains(res.Errors, f.AK905) {
			res.Errors = append(res.Errors, f.AK905)
		}
	}
	res.Received, res.Included = g.Len(), g.Len()
	if g.Declared >= 0 {
		res.Included = g.Declared
	}
	if len(res.Errors) > 0 {
		res.Code = "R" // the whole group; its sets are not answered one by one
		return v, nil
	}
	return v, func(yield func(*ack.SetResponse) bool) {
		noted := false
		var reasons []string // such as a version that is not known
		for t := range g.Sets() {
			answer := t.answer()
			if answer.Accepted() {
				res.Accepted++
			}
			noted = noted || answer.Code == "E"
			for k := range t.Errors {
				if f := &t.Errors[k]; f.AK905 != "" && len(reasons) < 5 && !slices.Contains(reasons, f.AK905) {
					reasons = append(reasons, f.AK905)
				}
			}
			if !yield(&answer) {
				return
			}
		}
		switch {
		case res.Accepted == res.Received && noted:
			res.Code = "E"
		case res.Accepted == res.Received:
			res.Code = "A"
		case res.Accepted == 0:
			res.Code, res.Errors = "R", reasons
		default:
			res.Code = "P"
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// answer gives the IK5 of a transaction set and its segments in error.
func (t *Transaction) answer() ack.SetResponse {
	v := ack.SetResponse{Type: orElse(clean(t.Type), "837"), Control: clean(t.Control), Version: clean(t.Version), Code: "A"}
	for len(v.Control) < 4 {
		v.Control = "0" + v.Control
	}
	switch { // also by findings beyond those that are kept
	case t.refused:
		v.Code = "R"
	case t.noted: // the 277CA decides the claim
		v.Code = "E"
	}
	for k := range t.Errors {
		f := &t.Errors[k]
		if f.Severity != guide.Error || f.SNIP > 2 && f.Trigger.IsZero() {
			continue
		}
		if f.IK502 != "" && len(v.Errors) < 5 && !slices.Contains(v.Errors, f.IK502) {
			v.Errors = append(v.Errors, f.IK502)
		}
		if f.IK304 == "" || f.SegmentID == "" || f.Position.Segment == 0 {
			continue
		}
		v.Segments = addSegment(v.Segments, f)
	}
	if v.Code == "R" && len(v.Errors) == 0 {
		v.Errors = []string{"5"}
	}
	return v
}

// addSegment adds an IK3, or an IK4 to the IK3 of the same segment.
func addSegment(list []ack.SegmentError, f *guide.Finding) []ack.SegmentError {
	id, loop := f.SegmentID, f.Loop
	if !f.Absent.IsZero() {
		id, loop = f.Absent.SegmentID, f.Absent.Loop
	}
	if len(id) > 3 || len(id) < 2 {
		return list
	}
	last := len(list) - 1
	if last < 0 || list[last].Number != f.Position.Segment || list[last].SegmentID != id || list[last].Code != f.IK304 || f.IK403 == "" {
		e := ack.SegmentError{SegmentID: id, Number: f.Position.Segment, Code: f.IK304, Loop: loopID(loop)}
		if f.IK403 == "" {
			e.Contexts = trigger(f)
		}
		if f.Claim != "" && len(f.Claim) <= 35 {
			e.Contexts = append(e.Contexts, ack.Context{Names: []ack.ContextName{{Name: "CLM01", Value: clean(f.Claim)}}})
		}
		list = append(list, e)
		last++
	}
	if f.IK403 != "" {
		list[last].Elements = append(list[last].Elements, ack.ElementError{Element: f.Element, Component: f.Component,
			DataID: dataElement(id, f.Element, f.Component), Code: f.IK403, Value: shown(f.Value), Contexts: trigger(f)})
	}
	return list
}

// shown is a bad value as IK404 may repeat it: not one that holds only blanks.
func shown(v string) string {
	if v = clean(v); strings.TrimSpace(v) == "" {
		return ""
	}
	return v
}

// loopID writes a loop for IK303 and CTX04, which have four characters: 2010
// stands for 2010AA and its sisters.
func loopID(loop string) string {
	if l := clean(loop); l != "" && l[0] == '2' {
		return l[:min(4, len(l))]
	}
	return ""
}

// trigger writes the CTX that names what makes a segment or element situational.
func trigger(f *guide.Finding) []ack.Context {
	t := f.Trigger
	if t.IsZero() || t.Number == 0 {
		return nil
	}
	c := ack.Context{Names: []ack.ContextName{{Name: "SITUATIONAL TRIGGER"}}, SegmentID: t.SegmentID, Number: t.Number, Loop: loopID(t.Loop),
		Element: t.Element, Component: t.Component}
	if t.Element > 0 {
		c.DataIDs[0] = dataElement(t.SegmentID, t.Element, t.Component)
	}
	return []ack.Context{c}
}

// Claims writes the 277CA: which claims of each accepted 837 are taken into
// adjudication and which are rejected by levels 3 to 7. The run needs
// Options.Claims.
func (r *Report) Claims(w io.Writer, a Answer) error {
	for i := range r.Interchanges {
		x := &r.Interchanges[i]
		n := 0
		var first *Group // with a set that is answered
		for j := range x.Groups {
			g := &x.Groups[j]
			if g.FunctionalID != "HC" {
				continue
			}
			for t := range g.Sets() {
				if t.answered() {
					n++
					if first == nil {
						first = g
					}
				}
			}
		}
		if n == 0 {
			continue
		}
		// One after the other: the answer is as large as the file.
		err := ack.EncodeClaims(w, a.header(&x.Header, i), a.group("HN", ack.VersionClaim, &first.Group), func(yield func(*ack.ClaimAck, iter.Seq2[*ack.Provider, *ack.Patient]) bool) {
			n := 0
			for j := range x.Groups {
				if x.Groups[j].FunctionalID != "HC" {
					continue
				}
				for t := range x.Groups[j].Sets() {
					if !t.answered() {
						continue
					}
					if n++; !yield(t.claimAck(a, n), t.patients(a, r.claims)) {
						return
					}
				}
			}
		})
		if err := errors.Join(err, r.readable()); err != nil {
			return err
		}
	}
	return nil
}

// answered reports whether a 277CA answers the claims of the set: it has some,
// and the 999 accepts it.
func (t *Transaction) answered() bool {
	return t.claims != nil && t.claims.counts != [2]int64{} && !t.refused
}

// claimAck gives the 277CA of a set as far as its receiver.
func (t *Transaction) claimAck(a Answer, n int) *ack.ClaimAck {
	today, c := date.Of(a.Now), t.claims
	reference := orElse(clean(t.Reference), t.Control)
	receiver := ack.Receiver{Name: c.submitter, Trace: segment.Trace{Type: "2", Number: reference}}
	receiver.Statuses = []ack.Status{{Reasons: [3]ack.Reason{{Category: "A1", Code: "19", Entity: "PR"}}, Date: today, Action: "WQ", Amount: segment.Some(c.sums[0] + c.sums[1])}}
	receiver.Quantities, receiver.Amounts = tallies(c.counts[0], c.counts[1], c.sums[0], c.sums[1])
	return &ack.ClaimAck{
		Header:    segment.Header{Type: "277", Control: fmt.Sprintf("%04d", n), Version: ack.VersionClaim},
		Beginning: segment.Beginning{Structure: "0085", Purpose: "08", Reference: reference, Date: today, Time: a.Now.Format("1504"), Kind: "TH"},
		Sources: []ack.Source{{Name: c.receiver, Trace: segment.Trace{Type: "1", Number: reference},
			Periods: []segment.Period{segment.OnDay("050", today), segment.OnDay("009", today)}, Receivers: []ack.Receiver{receiver}}},
	}
}

// patients gives the answers to the claims, each under its billing provider.
func (t *Transaction) patients(a Answer, s *spool) iter.Seq2[*ack.Provider, *ack.Patient] {
	return func(yield func(*ack.Provider, *ack.Patient) bool) {
		today := date.Of(a.Now)
		var provider *ack.Provider
		var billing *segment.Name
		t.claims.each(s, func(name *segment.Name, c *storedClaim) bool {
			if name != billing {
				billing = name
				provider = &ack.Provider{Name: *name, Trace: segment.Trace{Type: "1", Number: "0"}}
			}
			return yield(provider, c.answer(today))
		})
	}
}

// answer says whether the claim is taken, and why not.
func (c *storedClaim) answer(today date.Date) *ack.Patient {
	status := ack.ClaimStatus{Trace: segment.Trace{Type: "2", Number: clean(c.number)}}
	if len(c.rejected) == 0 {
		status.Statuses = []ack.Status{{Reasons: [3]ack.Reason{{Category: "A2", Code: "20"}}, Date: today, Action: "WQ", Amount: segment.Some(c.charge)}}
	} else {
		status.Statuses = statuses(c.rejected, today, c.charge)
	}
	if c.bill != "" {
		status.References = append(status.References, segment.Reference{Qualifier: "BLT", Value: clean(c.bill)})
	}
	if from, err := date.ParseX12(day(c.from)); err == nil {
		if to, err := date.ParseX12(day(c.to)); err == nil && to.After(from) {
			status.Periods = []segment.Period{segment.OverDays("472", from, to)}
		} else {
			status.Periods = []segment.Period{segment.OnDay("472", from)}
		}
	} else { // the 277CA needs a date, and the claim has none that is one
		status.Periods = []segment.Period{segment.OnDay("472", today)}
	}
	name := segment.Name{Role: "QC", Type: "1", Last: orElse(clean(c.last), "UNKNOWN"), First: clean(c.first), IDQualifier: "MI", ID: orElse(clean(c.member), "UNKNOWN")}
	return &ack.Patient{Name: name, Claims: []ack.ClaimStatus{status}}
}

// statuses gives an STC for each cause of a rejected claim.
func statuses(causes []guide.Status, today date.Date, charge money.Cents) []ack.Status {
	var out []ack.Status
	for _, s := range causes {
		out = append(out, ack.Status{Reasons: [3]ack.Reason{{Category: s.Category, Code: s.Code, Entity: s.Entity}}, Date: today, Action: "U", Amount: segment.Some(charge)})
	}
	return out
}

func tallies(accepted, rejected int64, acceptedSum, rejectedSum money.Cents) (q []segment.Quantity, m []segment.Amount) {
	if accepted > 0 {
		q = append(q, segment.Quantity{Qualifier: "90", Quantity: decimal.NewFromInt(accepted)})
		m = append(m, segment.Amount{Qualifier: "YU", Amount: acceptedSum})
	}
	if rejected > 0 {
		q = append(q, segment.Quantity{Qualifier: "AA", Quantity: decimal.NewFromInt(rejected)})
		m = append(m, segment.Amount{Qualifier: "YY", Amount: rejectedSum})
	}
	return q, m
}
