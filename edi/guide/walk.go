package guide

import (
	"fmt"

	"github.com/claimbook/claimbook/edi/x12"
)

// Walker follows one transaction set along its guide. It reports every finding
// and never stops at one: a segment out of order is taken where it belongs, one
// with a wrong qualifier is taken for its only candidate, and what fits nowhere
// is reported and passed over together with the segments that hang on it.
type Walker struct {
	// Report receives the findings in the order in which they are noticed.
	Report func(*Finding)
	// Closed, when set, is called as each iteration of a loop ends.
	Closed func(*Loop)

	g       *Guide
	numbers *numbering
	stack   []frame
	adrift  bool // the last loop-starting segment was not recognised
	flagged uint64
	plain   bool // the segment at hand is all printable ASCII
}

// frame is an open iteration of a loop.
type frame struct {
	loop    *Loop
	counts  []uint16
	order   int
	passed  []passed
	started x12.Position
}

// passed notes where the walk went by a required child that was not there yet.
type passed struct {
	child int
	at    x12.Position
}

// Step is what the guide says of a segment.
type Step struct {
	Segment *Segment // nil when the segment fits nowhere
	Loop    *Loop    // the loop it stands in; the root for header and trailer
	Opens   bool     // it starts a new iteration of Loop
}

// Start begins a transaction set of the guide.
func (w *Walker) Start(g *Guide) {
	w.g, w.numbers, w.adrift = g, idNumbers(), false
	for i := range w.stack {
		w.stack[i].loop = nil
	}
	w.stack = w.stack[:0]
	w.push(g.Root, x12.Position{})
}

// Depth returns how many loops are open.
func (w *Walker) Depth() int { return len(w.stack) - 1 }

// Open returns the open loops from the outermost to the innermost.
func (w *Walker) Open() []*Loop {
	var open []*Loop
	for i := 1; i < len(w.stack); i++ {
		open = append(open, w.stack[i].loop)
	}
	return open
}

// End closes what is open; at is where the set ends.
func (w *Walker) End(at x12.Position) {
	w.unwind(0, at)
	w.stack = w.stack[:0]
}

// Segment takes the next segment, ST and SE included. After End there is no set
// that a segment could belong to, and it is left to the envelope's checks.
func (w *Walker) Segment(s *x12.Segment) Step {
	if len(w.stack) == 0 {
		return Step{}
	}
	id := w.numbers.of(s.Identifier())
	if d, c := w.exact(s, id); d >= 0 {
		w.adrift = false
		return w.take(s, d, c, false)
	}
	if w.adrift && clings(s) {
		return Step{}
	}
	if d, c := w.full(s, id); d >= 0 {
		w.adrift = false
		return w.take(s, d, c, false)
	}
	if d, c := w.earlier(s, id); d >= 0 {
		w.adrift = false
		w.outOfOrder(s, d, c)
		return w.take(s, d, c, true)
	}
	if d, c := w.only(id); d >= 0 {
		w.adrift = false
		return w.take(s, d, c, false)
	}
	w.unknown(s)
	return Step{}
}

// clings reports whether a segment belongs to the name or party before it, so
// that an unrecognised one takes it along.
func clings(s *x12.Segment) bool {
	switch s.ID() {
	case "N2", "N3", "N4", "PER", "REF", "PRV", "DMG", "DTP":
		return true
	}
	return false
}

// qualifier returns the bytes that tell definition d from its neighbours.
func qualifier(s *x12.Segment, d *Segment) []byte {
	switch {
	case d.qe == 0:
		return nil
	case d.qc > 0:
		return s.Component(d.qe, d.qc)
	}
	return s.Element(d.qe)
}

// exact finds the place at or after the current one where the segment fits and
// may still be repeated, from the innermost loop outwards.
func (w *Walker) exact(s *x12.Segment, id idNumber) (depth, child int) {
	var q []byte // the qualifier, cut out once: neighbours have it at one place
	for d := len(w.stack) - 1; d >= 0; d-- {
		f := &w.stack[d]
		for _, c := range f.loop.at(id) {
			ch := &f.loop.Children[c]
			if ch.order < f.order {
				continue
			}
			if t := ch.start; t.match != nil {
				if q == nil {
					q = qualifier(s, t)
				}
				if !t.match.Has(q) {
					continue
				}
			}
			if ch.most > 0 && int(f.counts[c]) >= ch.most {
				continue
			}
			return d, int(c)
		}
	}
	return -1, 0
}

// full finds a place where the segment fits but is repeated too often.
func (w *Walker) full(s *x12.Segment, id idNumber) (depth, child int) {
	for d := len(w.stack) - 1; d >= 0; d-- {
		f := &w.stack[d]
		for _, c := range f.loop.at(id) {
			ch := &f.loop.Children[c]
			if d > 0 && c == 0 || ch.order < f.order || !fits(s, ch) {
				continue
			}
			return d, int(c)
		}
	}
	return -1, 0
}

// earlier finds a place before the current one where the segment would fit.
func (w *Walker) earlier(s *x12.Segment, id idNumber) (depth, child int) {
	for d := len(w.stack) - 1; d >= 0; d-- {
		f := &w.stack[d]
		for _, c := range f.loop.at(id) {
			ch := &f.loop.Children[c]
			if d > 0 && c == 0 || !fits(s, ch) {
				continue
			}
			return d, int(c)
		}
	}
	return -1, 0
}

// only finds the innermost loop in which the identifier has one definition, so
// that its qualifier must be what is wrong.
func (w *Walker) only(id idNumber) (depth, child int) {
	for d := len(w.stack) - 1; d >= 0; d-- {
		f := &w.stack[d]
		first, found, n := 0, 0, 0
		for _, c := range f.loop.at(id) {
			if d > 0 && c == 0 || f.loop.Children[c].order < f.order {
				continue
			}
			if n == 0 {
				first = int(c)
			}
			found, n = int(c), n+1
		}
		if n == 1 {
			return d, found
		}
		if n > 1 {
			if f.loop.Children[first].start.ID == "PWK" { // an attachment: how it is sent (PWK02) is what is wrong
				return d, first
			}
			return -1, 0
		}
	}
	return -1, 0
}

func fits(s *x12.Segment, c *Child) bool {
	t := c.start
	return t.match == nil || t.match.Has(qualifier(s, t))
}

// take accepts the segment as child c of the loop at depth d.
func (w *Walker) take(s *x12.Segment, d, c int, out bool) Step {
	at := s.Position()
	w.unwind(d+1, at)
	f := &w.stack[d]
	ch := &f.loop.Children[c]
	if ch.order > f.order && !out {
		for _, r := range f.loop.required {
			if o := f.loop.Children[r].order; o >= f.order && o < ch.order && f.counts[r] == 0 {
				f.passed = append(f.passed, passed{r, at})
			}
		}
		f.order = ch.order
	}
	if f.counts[c] < 1<<16-1 {
		f.counts[c]++
	}
	if ch.Loop != nil {
		l := ch.Loop
		if l.Max > 0 && int(f.counts[c]) == l.Max+1 {
			w.report(s, l.Children[0].Segment, &Finding{SNIP: 2, Code: "X12-LOOP-REPEAT", IK304: "4", IK502: "I5", Loop: l.ID,
				Message: fmt.Sprintf("loop %s (%s) may occur at most %s here", l.ID, l.Name, times(l.Max)),
				Fix:     "leave out the surplus, or split the transaction"})
		}
		w.push(l, at)
		t := l.Children[0].Segment
		w.stack[len(w.stack)-1].counts[0] = 1
		w.elements(s, t)
		return Step{t, l, true}
	}
	t := ch.Segment
	if t.Max > 0 && int(f.counts[c]) > t.Max {
		w.report(s, t, &Finding{SNIP: 2, Code: "X12-SEG-REPEAT", IK304: "5", IK502: "5",
			Message: fmt.Sprintf("%s may occur at most %s here", t.describe(), times(t.Max)), Fix: "leave out the surplus"})
	}
	w.elements(s, t)
	return Step{t, f.loop, false}
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func (w *Walker) push(l *Loop, at x12.Position) {
	if len(w.stack) < cap(w.stack) {
		w.stack = w.stack[:len(w.stack)+1]
	} else {
		w.stack = append(w.stack, frame{})
	}
	f := &w.stack[len(w.stack)-1]
	f.loop, f.order, f.passed, f.started = l, 0, f.passed[:0], at
	if cap(f.counts) < len(l.Children) {
		f.counts = make([]uint16, max(64, len(l.Children)))
	}
	f.counts = f.counts[:len(l.Children)]
	clear(f.counts)
}

// unwind closes the loops deeper than depth and reports what they lack.
func (w *Walker) unwind(depth int, at x12.Position) {
	for len(w.stack) > depth {
		f := &w.stack[len(w.stack)-1]
		for _, r := range f.loop.required {
			if f.counts[r] == 0 {
				w.missing(f, r, at)
			}
		}
		if w.Closed != nil {
			w.Closed(f.loop)
		}
		w.stack = w.stack[:len(w.stack)-1]
	}
}

func (w *Walker) missing(f *frame, child int, at x12.Position) {
	for _, p := range f.passed {
		if p.child == child {
			at = p.at
			break
		}
	}
	ch := &f.loop.Children[child]
	t := ch.trigger()
	x := &Finding{SNIP: 2, Code: "X12-SEG-MISSING", Severity: Error, Loop: t.Loop, SegmentID: t.ID, Position: at, Offset: at.Offset, IK304: "I8", IK502: "I5",
		Message: fmt.Sprintf("%s is required and missing", t.describe()), Fix: "add it before this place"}
	standard := t.Standard
	if ch.Loop != nil {
		x.Code, x.IK304, x.Loop = "X12-LOOP-MISSING", "I7", ch.Loop.ID
		x.Message = fmt.Sprintf("loop %s (%s) is required and missing", ch.Loop.ID, ch.Loop.Name)
		x.Fix = fmt.Sprintf("add the loop, starting with %s, before this place", t.ID)
		standard = ch.Loop.Standard
	}
	if standard {
		x.SNIP, x.IK304, x.IK502 = 1, "3", "5"
	}
	w.Report(x)
}

func (w *Walker) outOfOrder(s *x12.Segment, d, c int) {
	t := w.stack[d].loop.Children[c].trigger()
	w.report(s, t, &Finding{SNIP: 2, Code: "X12-SEG-ORDER", IK304: "7", IK502: "5",
		Message: fmt.Sprintf("%s stands too late in its loop", t.describe()), Fix: "move it up to its place in the guide"})
}

// unknown reports a segment that has no place.
func (w *Walker) unknown(s *x12.Segment) {
	name := s.ID()
	loop := w.stack[len(w.stack)-1].loop.ID
	if len(w.stack) == 1 {
		loop = "HEADER"
	}
	x := &Finding{SNIP: 2, Code: "X12-SEG-UNEXPECTED", Loop: loop, IK304: "2", IK502: "5"}
	switch {
	case !Known([]byte(name)):
		x.SNIP, x.Code, x.IK304 = 1, "X12-SEG-UNKNOWN", ""
		x.Message, x.Fix = fmt.Sprintf("%q is no segment of X12", printable(name)), "remove it; look for a delimiter inside the data before it"
	case !w.g.Uses(name):
		x.IK304, x.IK502 = "I4", "I5"
		x.Code = "X12-SEG-NOTUSED"
		if !w.g.standard(name) {
			x.IK304, x.IK502 = "6", "5"
		}
		x.Message, x.Fix = fmt.Sprintf("guide %s does not use segment %s", w.g.Name, name), "remove it"
	default:
		x.Message = fmt.Sprintf("segment %s does not belong into loop %s at this place", name, loop)
		x.Fix = "check the segment before it, and its place in the guide"
		if q, ok := qualifiers[name]; ok {
			x.Element, x.Component = q[0], q[1]
			x.Message = fmt.Sprintf("segment %s with this qualifier does not belong into loop %s at this place", name, loop)
			x.Value = clip(s.Element(q[0]))
		}
	}
	switch name {
	case "NM1", "N1", "HL", "LX", "SBR", "LIN", "SVD", "LQ":
		w.adrift = true
	}
	x.SegmentID, x.Position, x.Severity = name, s.Position(), Error
	x.Offset = s.ElementOffset(x.Element)
	w.Report(x)
}

func printable(s string) string {
	if len(s) > 10 {
		return s[:10] + "…"
	}
	return s
}

// report completes a finding about a segment and hands it on.
func (w *Walker) report(s *x12.Segment, t *Segment, x *Finding) {
	if x.Severity == "" {
		x.Severity = Error
	}
	if x.Loop == "" {
		x.Loop = t.Loop
	}
	x.SegmentID, x.Position = t.ID, s.Position()
	if x.Offset == 0 {
		x.Offset = s.ElementOffset(x.Element)
	}
	w.Report(x)
}
