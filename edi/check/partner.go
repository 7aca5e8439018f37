package check

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// Partner is a trading partner's rules, as data (SNIP level 7):
//
//	{"name": "Blue of Lakeside", "rules": [
//	  {"code": "BL-01", "guide": "837P", "field": "2010BA/NM1/09", "op": "matches",
//	   "value": "^[A-Z]{3}[0-9]{9}$", "message": "member ids have three letters and nine digits"},
//	  {"code": "BL-02", "in": "2300", "field": "2310B/NM1[82]/09", "op": "present",
//	   "when": {"field": "2000B/SBR/09", "op": "in", "value": "CI"},
//	   "message": "commercial claims name the rendering provider by NPI"}]}
//
// A field is loop, segment and element, with the qualifier of the segment in
// brackets where it matters and a component after a hyphen:
// 2300/REF[G1]/02, 2300/CLM/05-3. Without the element it means the segment. The
// operators are present, absent, in and not-in (values separated by commas),
// matches (a regular expression), max and min (length).
//
// A rule with an element looks at every such segment that is there. A rule with
// "in", or whose field is a segment, looks at each iteration of a loop: present
// asks for at least one such segment (with that element filled in), absent
// forbids it. "in" is the field's own loop unless another is named that holds
// it. "when" limits a rule to where an element has a value; that segment stands
// in the same loop or in one around it, before what the rule looks at.
type Partner struct {
	Name  string        `json:"name"`
	Rules []PartnerRule `json:"rules"`
}

// PartnerRule is one rule of a partner.
type PartnerRule struct {
	Code     string         `json:"code"`
	Guide    string         `json:"guide"` // "837P"; empty for all
	In       string         `json:"in"`    // loop whose every iteration is looked at
	When     *Condition     `json:"when"`
	Message  string         `json:"message"`
	Fix      string         `json:"fix"`
	Severity guide.Severity `json:"severity"` // error unless warning
	Condition
}

// Condition is a field and what is asked of its value.
type Condition struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	Value string `json:"value"`

	loop, segment, qualifier string
	element, component       int
	pattern                  *regexp.Regexp
	values                   []string
	length                   int
}

// ReadPartner reads a partner's rules and refuses what it does not understand.
func ReadPartner(r io.Reader) (*Partner, error) {
	var p Partner
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("the partner's rules are not the expected JSON: %w", err)
	}
	for i := range p.Rules {
		if err := p.Rules[i].prepare(); err != nil {
			return nil, fmt.Errorf("rule %d (%s): %w", i+1, p.Rules[i].Code, err)
		}
	}
	return &p, nil
}

func (r *PartnerRule) prepare() error {
	if r.Code == "" || r.Message == "" {
		return fmt.Errorf("code and message are needed")
	}
	if r.Guide != "" && guide.ByName(r.Guide) == nil {
		return fmt.Errorf("there is no guide %q", r.Guide)
	}
	if r.Severity == "" {
		r.Severity = guide.Error
	}
	if r.Severity != guide.Error && r.Severity != guide.Warning {
		return fmt.Errorf("the severity is error or warning, not %q", r.Severity)
	}
	if err := r.Condition.prepare(); err != nil {
		return err
	}
	if w := r.When; w != nil {
		if err := w.prepare(); err != nil {
			return fmt.Errorf("when: %w", err)
		}
		if w.element == 0 {
			return fmt.Errorf("when: the field %q has no element number", w.Field)
		}
	}
	if r.element == 0 && r.In == "" {
		r.In = r.loop
	}
	if r.In == "DETAIL" || r.In == "SUMMARY" {
		r.In = "HEADER" // outside of loops: the whole transaction set
	}
	if r.In != "" && r.Op != "present" && r.Op != "absent" {
		return fmt.Errorf("only present and absent look at a whole loop or segment, not %s", r.Op)
	}
	return r.exists()
}

// exists refuses loops and segments that no guide of the rule has, so that a slip
// of the pen is not a rule that never finds anything.
func (r *PartnerRule) exists() error {
	known := func(loop, segment string) bool {
		for _, g := range guide.All() {
			if (r.Guide == "" || r.Guide == g.Name) && slices.ContainsFunc(g.Segments(), func(s *guide.Segment) bool {
				return s.Loop == loop && (segment == "" || s.ID == segment)
			}) {
				return true
			}
		}
		return false
	}
	switch {
	case !known(r.loop, r.segment):
		return fmt.Errorf("no guide has the segment of the field %q", r.Field)
	case r.In != "" && r.In != "HEADER" && !known(r.In, ""):
		return fmt.Errorf("no guide has the loop %q", r.In)
	case r.When != nil && !known(r.When.loop, r.When.segment):
		return fmt.Errorf("when: no guide has the segment of the field %q", r.When.Field)
	}
	return nil
}

func (r *Condition) prepare() error {
	parts := strings.Split(r.Field, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return fmt.Errorf("the field %q is not LOOP/SEGMENT/ELEMENT or LOOP/SEGMENT", r.Field)
	}
	r.loop, r.segment = parts[0], parts[1]
	if id, rest, ok := strings.Cut(r.segment, "["); ok {
		r.segment, r.qualifier = id, strings.TrimSuffix(rest, "]")
	}
	var err error
	if len(parts) == 3 {
		e, c, sub := strings.Cut(parts[2], "-")
		if r.element, err = strconv.Atoi(e); err != nil || r.element < 1 {
			return fmt.Errorf("the field %q has no element number", r.Field)
		}
		if sub {
			if r.component, err = strconv.Atoi(c); err != nil || r.component < 1 {
				return fmt.Errorf("the field %q has no component number", r.Field)
			}
		}
	}
	switch r.Op {
	case "present", "absent":
	case "in", "not-in":
		r.values = strings.Split(r.Value, ",")
	case "matches":
		if r.pattern, err = regexp.Compile(r.Value); err != nil {
			return err
		}
	case "max", "min":
		if r.length, err = strconv.Atoi(r.Value); err != nil {
			return fmt.Errorf("%s needs a length, not %q", r.Op, r.Value)
		}
	default:
		return fmt.Errorf("the operator %q is not one of present, absent, in, not-in, matches, max, min", r.Op)
	}
	return nil
}

// at reports whether the condition is about this segment.
func (r *Condition) at(s *x12.Segment, step guide.Step) bool {
	return step.Segment.ID == r.segment && step.Segment.Loop == r.loop && (r.qualifier == "" || r.qualifier == string(s.Component(1, 1)))
}

func (r *Condition) value(s *x12.Segment) []byte {
	if r.component > 0 {
		return s.Component(r.element, r.component)
	}
	return s.Element(r.element)
}

// broken reports whether a value breaks the rule.
func (r *Condition) broken(v []byte) bool {
	switch r.Op {
	case "present":
		return len(v) == 0
	case "absent":
		return len(v) > 0
	}
	if len(v) == 0 {
		return false
	}
	switch r.Op {
	case "matches":
		return !r.pattern.Match(v)
	case "max":
		return len(v) > r.length
	case "min":
		return len(v) < r.length
	}
	return slices.Contains(r.values, string(v)) == (r.Op == "not-in")
}

// met reports whether a value is as a "when" asks; an empty one only is absent.
func (r *Condition) met(v []byte) bool {
	return !r.broken(v) && (len(v) > 0 || r.Op == "absent")
}

// partnerState follows the partner's rules through a transaction set.
type partnerState struct {
	c     *checker
	on    bool
	rules []partnerProgress
}

// partnerProgress is how far the walk is with one rule.
type partnerProgress struct {
	*PartnerRule
	met   bool  // its "when" holds
	seen  bool  // in the open iteration of its loop
	from  place // where that iteration began
	where place
}

func (p *partnerState) start(c *checker) {
	*p = partnerState{c: c, rules: p.rules[:0]}
	if c.o.Partner == nil || !c.wants(7) {
		return
	}
	for i := range c.o.Partner.Rules {
		r := &c.o.Partner.Rules[i]
		if r.Guide == "" || r.Guide == c.g.Name {
			p.rules = append(p.rules, partnerProgress{PartnerRule: r, met: r.When == nil})
			p.on = true
		}
	}
}

func (p *partnerState) segment(s *x12.Segment, step guide.Step) {
	for i := range p.rules {
		r := &p.rules[i]
		if w := r.When; w != nil {
			if step.Opens && step.Loop.ID == w.loop {
				r.met = false
			}
			if w.at(s, step) {
				r.met = w.met(w.value(s))
			}
		}
		if r.In != "" && (step.Opens || s.Is("ST")) && step.Loop.ID == r.In {
			r.seen, r.from = false, placeOf(s, r.In, 0)
		}
		switch {
		case !r.at(s, step):
		case r.In != "":
			if !r.seen && (r.element == 0 || len(r.value(s)) > 0) {
				r.seen, r.where = true, placeOf(s, r.loop, r.element)
			}
		case r.met && r.broken(r.value(s)):
			p.c.find(p.rule(r), s, r.element, r.component, "%s: %s", p.c.o.Partner.Name, r.Message)
		}
	}
}

// closed looks at the rules about each iteration of a loop that ends.
func (p *partnerState) closed(l *guide.Loop) {
	for i := range p.rules {
		r := &p.rules[i]
		if r.In != l.ID || !r.met {
			continue
		}
		switch {
		case r.Op == "present" && !r.seen:
			p.c.findAt(p.rule(r), r.from, "%s: %s", p.c.o.Partner.Name, r.Message)
		case r.Op == "absent" && r.seen:
			p.c.findAt(p.rule(r), r.where, "%s: %s", p.c.o.Partner.Name, r.Message)
		}
	}
}

// rule is what a finding says of a partner's rule.
func (p *partnerState) rule(r *partnerProgress) *Rule {
	x := *rulePartner
	x.Code, x.Severity = r.Code, r.Severity
	if r.Fix != "" {
		x.Fix = r.Fix
	}
	return &x
}
