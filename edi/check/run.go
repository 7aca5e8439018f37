package check

import (
	"cmp"
	"errors"
	"io"
	"slices"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// Run validates a stream. The error is that of the input; everything that is
// wrong with its content is in the report.
func Run(in io.Reader, name string, o Options) (*Report, error) {
	report := &Report{File: name}
	if o.Claims {
		report.claims = &spool{}
		o.spool = report.claims
	}
	r := &run{o: o, levels: levelMask(o.Levels), in: x12.NewReader(in), report: report, sets: newPool(o)}
	err := r.run()
	r.sets.close()
	return r.report, err
}

// run is one run: it follows the envelopes and gives each transaction set to the
// pool. What the pool finds comes back in the order of the file.
type run struct {
	o      Options
	levels uint8
	in     *x12.Reader
	report *Report
	sets   *pool

	interchange *Interchange
	group       *Group
	set         *job       // the open transaction set
	controls    controlSet // ST02 of the open group
	groups      controlSet // GS06 of the open interchange
	// interchanges holds ISA13 by sender and receiver.
	interchanges map[[2]string]*controlSet
	waiting      []entry
}

// entry is what the report receives next: a transaction set that is being
// checked, or a finding of an envelope that stands behind one.
type entry struct {
	at      slot
	set     *job
	finding guide.Finding
}

// slot is a place in the report: interchange and group, each -1 where the finding
// is not inside one.
type slot struct{ interchange, group int }

func (r *run) run() error {
	var last int64
	for {
		s, err := r.in.Next()
		if err != nil {
			var fault *x12.SyntaxError
			if errors.As(err, &fault) {
				r.fault(fault)
				continue
			}
			r.end(x12.Position{Offset: last})
			r.drain(true)
			if err == io.EOF {
				return nil
			}
			return err
		}
		r.segment(s)
		if o := s.Position().Offset; r.o.Progress != nil && o-last > 1<<20 {
			last = o
			r.o.Progress(o)
		}
	}
}

func (r *run) segment(s *x12.Segment) {
	switch {
	case s.Position().Segment == 0:
		r.envelope(s)
		return
	case s.Is("ST"):
		r.begin(s)
	case r.set == nil:
		r.envelope(s)
		return
	}
	r.sets.segment(r.set, s)
	if s.Is("ST") {
		r.checkST(s)
	}
	if s.Is("SE") {
		r.end(s.Position())
	}
}

// begin opens a transaction set.
func (r *run) begin(s *x12.Segment) {
	r.end(s.Position())
	if r.group == nil {
		r.openGroup(x12.Group{})
	}
	r.drain(false)
	r.set = r.sets.begin(&r.group.Group, s)
	r.waiting = append(r.waiting, entry{at: r.slot(), set: r.set})
}

// checkST checks that the group has no other set of this control number.
func (r *run) checkST(s *x12.Segment) {
	if !r.controls.add(s.Element(2)) {
		r.addToSet(&guide.Finding{SNIP: 1, Code: "X12-ST-CONTROL", SegmentID: "ST", Element: 2, Position: s.Position(), Offset: s.ElementOffset(2),
			Value: s.String(2), IK502: "23", Message: "the group holds two transaction sets with this control number", Fix: "number transaction sets without repetition"})
	}
}

// end closes the open transaction set, if there is one.
func (r *run) end(at x12.Position) {
	if r.set == nil {
		return
	}
	r.sets.end(r.set, at)
	r.set = nil
	r.drain(false)
}

// slot is where findings of the open envelope belong.
func (r *run) slot() slot {
	at := slot{-1, -1}
	if r.interchange != nil {
		at.interchange = len(r.report.Interchanges) - 1
		if r.group != nil {
			at.group = len(r.interchange.Groups) - 1
		}
	}
	return at
}

// add takes a finding of an envelope.
func (r *run) add(f *guide.Finding) {
	if f.Severity == "" {
		f.Severity = guide.Error
	}
	if r.levels&(1<<f.SNIP) == 0 {
		return
	}
	if len(r.waiting) > 0 {
		r.waiting = append(r.waiting, entry{at: r.slot(), finding: *f})
		return
	}
	r.note(r.slot(), *f)
}

// addToSet takes a finding of the open transaction set, or of the envelope where
// none is open.
func (r *run) addToSet(f *guide.Finding) {
	if r.set == nil {
		r.add(f)
		return
	}
	r.sets.add(r.set, f)
}

// drain moves what is complete into the report, in the order of the file; with
// wait it waits for all of it.
func (r *run) drain(wait bool) {
	n := 0
	for n < len(r.waiting) {
		e := &r.waiting[n]
		if e.set != nil && (e.set == r.set || !e.set.complete(wait)) {
			break
		}
		if e.set == nil {
			r.note(e.at, e.finding)
		} else {
			r.merge(e.at, e.set)
		}
		n++
	}
	r.waiting = slices.Delete(r.waiting, 0, n)
}

// note keeps a finding of an envelope.
func (r *run) note(at slot, f guide.Finding) {
	if f.Severity == guide.Error {
		r.report.errors++
	} else {
		r.report.warnings++
	}
	list := &r.report.Errors
	if at.interchange >= 0 {
		x := &r.report.Interchanges[at.interchange]
		if list = &x.Errors; at.group >= 0 {
			list = &x.Groups[at.group].Errors
		}
	}
	if len(*list) < maxFindings && r.report.kept < maxFileFindings {
		r.report.kept++
		*list = append(*list, f)
	} else {
		r.report.Unlisted++
	}
}

// merge puts a transaction set that is checked into its place.
func (r *run) merge(at slot, j *job) {
	set := &j.set
	r.report.errors += j.errors
	r.report.warnings += j.warnings
	r.report.Unlisted += j.unlisted
	if room := maxFileFindings - r.report.kept; len(set.Errors) > room {
		r.report.Unlisted += len(set.Errors) - room
		set.Errors = slices.Clone(set.Errors[:room])
	}
	r.report.kept += len(set.Errors)
	slices.SortStableFunc(set.Errors, func(a, b guide.Finding) int { return cmp.Compare(a.Offset, b.Offset) })
	r.report.keep(&r.report.Interchanges[at.interchange].Groups[at.group], set)
}
