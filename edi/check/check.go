// Package check validates X12 healthcare files by the SNIP levels: 1 syntax, 2
// guide, 3 balancing, 4 situational rules, 5 code sets, 6 specialties, 7
// partner rules. One streaming run over any number of interchanges gives the
// report of all findings, and all three acknowledgments (TA1, 999, 277CA).
package check

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// Options of a run. The zero value checks every level and keeps no claims.
type Options struct {
	// Levels are the SNIP levels to report, 1 to 7; nil means all.
	Levels []int
	// Partner adds a trading partner's rules (level 7).
	Partner *Partner
	// Claims keeps a record of every claim, which a 277CA needs: a little of them
	// in memory, the others in a temporary file until Report.Close.
	Claims bool
	// Workers is how many transaction sets are checked at the same time; 0 means
	// one for each processor. The report does not depend on it.
	Workers int
	// Progress, when set, is called now and then with the bytes read.
	Progress func(read int64)

	spool *spool // of the claims' records
}

// The findings that are kept of one transaction set or envelope, and of a whole
// file. More are counted, so that a broken file of any size is reported in flat
// memory.
const (
	maxFindings     = 1000
	maxFileFindings = 10_000
)

// checker checks one transaction set after the other.
type checker struct {
	o       Options
	levels  uint8
	walker  guide.Walker
	g       *guide.Guide
	roles   []role
	amounts [][]uint8 // elements that hold amounts, by segment of the guide

	set              *Transaction // the one at hand; nil between sets
	errors, warnings int          // its findings
	unlisted         int          // those of them that are not kept
	claims           claimRules
	remit            remitRules
	ack              ackRules
	partner          partnerState
}

func newChecker(o Options) *checker {
	c := &checker{o: o, levels: levelMask(o.Levels)}
	c.walker.Report = c.add
	c.walker.Closed = c.closed
	return c
}

func levelMask(levels []int) uint8 {
	if levels == nil {
		return 0xFF
	}
	var m uint8
	for _, l := range levels {
		m |= 1 << l
	}
	return m
}

func (c *checker) wants(level int) bool { return c.levels&(1<<level) != 0 }

// segment takes the next segment of the open set.
func (c *checker) segment(s *x12.Segment) {
	c.set.Segments++
	if c.g == nil {
		return
	}
	step := c.walker.Segment(s)
	if step.Segment != nil {
		c.rules(s, step)
	}
}

// begin starts a transaction set; its ST follows as a segment.
func (c *checker) begin(set *Transaction, group *x12.Group, s *x12.Segment) {
	*set = Transaction{Control: s.String(2), Type: s.String(1), Version: s.String(3)}
	c.set, c.errors, c.warnings, c.unlisted = set, 0, 0, 0
	c.claims.open = false
	if c.o.Claims {
		set.claims = &claimAnswers{}
	}
	version := set.Version
	if version == "" {
		version = group.Version
	}
	c.g = guide.For(s.Element(1), []byte(version))
	if c.g == nil {
		why := fmt.Sprintf("transaction set %s of version %s is not one that is checked here", show(set.Type), show(version))
		c.add(&guide.Finding{SNIP: 2, Code: "X12-VERSION", SegmentID: "ST", Element: 3, Position: s.Position(), Offset: s.ElementOffset(3), Value: version,
			IK502: unsupported(s.Element(1)), AK905: "2", Message: why, Fix: "send one of " + versions()})
		return
	}
	set.Guide = c.g.Name
	c.roles, c.amounts = rolesOf(c.g), amountsOf(c.g)
	c.walker.Start(c.g)
	c.claims.start(c)
	c.remit.start(c)
	c.ack.start(c)
	c.partner.start(c)
	if group.FunctionalID != "" && group.FunctionalID != c.g.FunctionalID {
		c.find(ruleGS01, s, 1, 0, "GS01 is %s, but a %s stands in a group %s", show(group.FunctionalID), c.g.Name, c.g.FunctionalID)
	}
	if set.Version != "" && group.Version != "" && set.Version != group.Version {
		c.find(ruleST03, s, 3, 0, "ST03 is %s, but GS08 is %s", show(set.Version), show(group.Version))
	}
}

// end completes the transaction set.
func (c *checker) end(at x12.Position) {
	if c.g != nil {
		c.walker.End(at)
		c.claims.endSet()
		c.remit.endSet()
		c.ack.endSet()
	}
	c.set, c.g = nil, nil
}

func (c *checker) closed(l *guide.Loop) {
	if c.partner.on { // before the claim is closed, which it may reject
		c.partner.closed(l)
	}
	c.claims.closed(l)
	c.remit.closed(l)
}

// rules runs levels 3 to 7 on a segment that the guide has placed.
func (c *checker) rules(s *x12.Segment, step guide.Step) {
	i := step.Segment.Index
	if list := c.amounts[i]; len(list) > 0 {
		c.cents(s, list)
	}
	r := c.roles[i]
	if c.claims.on {
		c.claims.segment(s, r)
	}
	if c.remit.on {
		c.remit.segment(s, r)
	}
	if c.ack.on {
		c.ack.segment(s, step)
	}
	if c.wants(5) {
		c.codeSets(s, step)
	}
	if c.partner.on {
		c.partner.segment(s, step)
	}
}

// cents reports amounts with a part of a cent, which nothing here rounds.
func (c *checker) cents(s *x12.Segment, elements []uint8) {
	for _, n := range elements {
		v := s.Element(int(n))
		point := bytes.IndexByte(v, '.')
		if point < 0 || len(v) <= point+3 {
			continue
		}
		for _, b := range v[point+3:] {
			if b != '0' {
				c.find(ruleCents, s, int(n), 0, "the amount has more than two decimals")
				break
			}
		}
	}
}

// add keeps a finding if its level is wanted.
func (c *checker) add(f *guide.Finding) {
	if f.Severity == "" {
		f.Severity = guide.Error
	}
	if !c.wants(f.SNIP) {
		return
	}
	if f.Claim == "" {
		f.Claim = c.claims.current()
	}
	if f.Severity == guide.Error {
		c.errors++
		c.set.Invalid = true
		c.set.refused = c.set.refused || f.SNIP <= 2
		c.set.noted = c.set.noted || f.SNIP > 2 && !f.Trigger.IsZero()
		c.claims.reject(f)
	} else {
		c.warnings++
	}
	if len(c.set.Errors) < maxFindings {
		c.set.Errors = append(c.set.Errors, *f)
	} else {
		c.unlisted++
	}
}

// find reports a broken rule at an element of a segment; 0 means the segment.
func (c *checker) find(r *Rule, s *x12.Segment, element, component int, format string, args ...any) {
	value := s.Element(element)
	if component > 0 {
		value = s.Component(element, component)
	}
	if len(value) > 99 {
		value = value[:99]
	}
	c.findAt(r, place{position: s.Position(), id: s.ID(), element: element, component: component, offset: s.ElementOffset(element), value: string(value)}, format, args...)
}

// place is where a rule is broken, kept when it is known only later.
type place struct {
	position           x12.Position
	id, loop           string
	element, component int
	offset             int64
	short              [24]byte // the start of the value, kept without an allocation
	n                  int
	value              string // the value, when it is known at once
	trigger            *place // the segment that forbids this one; nil for its own
}

func placeOf(s *x12.Segment, loop string, element int) place {
	p := place{position: s.Position(), id: s.ID(), loop: loop, element: element, offset: s.ElementOffset(element)}
	p.n = copy(p.short[:], s.Element(element))
	return p
}

// of returns the same place for another element, whose value is not kept.
func (p place) of(element int) place {
	p.element, p.component, p.n = element, 0, 0
	return p
}

func (c *checker) findAt(r *Rule, p place, format string, args ...any) {
	if !c.wants(r.SNIP) {
		return
	}
	if p.value == "" {
		p.value = string(p.short[:p.n])
	}
	f := &guide.Finding{SNIP: r.SNIP, Code: r.Code, Severity: r.Severity, Loop: p.loop, SegmentID: p.id, Element: p.element, Component: p.component,
		Position: p.position, Offset: p.offset, Value: p.value, Message: fmt.Sprintf(format, args...), Fix: r.Fix, STC: r.STC,
		IK304: r.IK304, IK403: r.IK403}
	if f.Severity == guide.Error {
		f.IK502 = "I5"
	}
	if f.Loop == "" {
		if open := c.walker.Open(); len(open) > 0 {
			f.Loop = open[len(open)-1].ID
		}
	}
	if r.situational() {
		r.context(f, p)
	}
	c.add(f)
}

// context says what asks for the situational segment or element: by the rule an
// element of the place, or the place's trigger, which is another segment.
func (r *Rule) context(f *guide.Finding, p place) {
	f.Trigger = guide.Place{Loop: f.Loop, SegmentID: f.SegmentID, Number: f.Position.Segment}
	if t := p.trigger; t != nil {
		f.Trigger = guide.Place{Loop: t.loop, SegmentID: t.id, Number: t.position.Segment}
	}
	element, component, _ := strings.Cut(r.Trigger, "-")
	f.Trigger.Element, _ = strconv.Atoi(element)
	f.Trigger.Component, _ = strconv.Atoi(component)
	if loop, id, ok := strings.Cut(r.Absent, "/"); ok {
		f.Absent = guide.Place{Loop: loop, SegmentID: id, Number: f.Position.Segment}
	}
}

func show(s string) string {
	if s == "" {
		return "empty"
	}
	if len(s) > 20 {
		s = s[:20] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// unsupported is how a 999 refuses a transaction set: 1 a kind, I6 a version that
// is not checked here.
func unsupported(set []byte) string {
	for _, g := range guide.All() {
		if g.Set == string(set) {
			return "I6"
		}
	}
	return "1"
}

func versions() string {
	var list string
	for _, g := range guide.All() {
		if list != "" {
			list += ", "
		}
		list += g.Versions[0]
	}
	return list
}
