package check

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// Partner is a trading partner's rules, as data (SNIP level 7):
//
//	{"name": "Blue of Lakeside", "rules": [
//	  {"code": "BL-01", "guide": "837P", "field": "2010BA/NM1/09", "op": "matches",
//	   "value": "^[A-Z]{3}[0-9]{9}$", "message": "member ids have three letters and nine digits"}]}
//
// A field is loop, segment and element, with the qualifier of the segment in
// brackets where it matters and a component after a hyphen:
// 2300/REF[G1]/02, 2300/CLM/05-3. The operators are present, absent, in and
// not-in (values separated by commas), matches (a regular expression), max and
// min (length).
type Partner struct {
	Name  string        `json:"name"`
	Rules []PartnerRule `json:"rules"`
}

// PartnerRule is one rule of a partner.
type PartnerRule struct {
	Code     string         `json:"code"`
	Guide    string         `json:"guide"` // "837P"; empty for all
	Field    string         `json:"field"`
	Op       string         `json:"op"`
	Value    string         `json:"value"`
	Message  string         `json:"message"`
	Fix      string         `json:"fix"`
	Severity guide.Severity `json:"severity"` // error unless warning

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
	parts := strings.Split(r.Field, "/")
	if len(parts) != 3 {
		return fmt.Errorf("the field %q is not LOOP/SEGMENT/ELEMENT", r.Field)
	}
	r.loop, r.segment = parts[0], parts[1]
	if id, rest, ok := strings.Cut(r.segment, "["); ok {
		r.segment, r.qualifier = id, strings.TrimSuffix(rest, "]")
	}
	e, c, sub := strings.Cut(parts[2], "-")
	var err error
	if r.element, err = strconv.Atoi(e); err != nil || r.element < 1 {
		return fmt.Errorf("the field %q has no element number", r.Field)
	}
	if sub {
		if r.component, err = strconv.Atoi(c); err != nil || r.component < 1 {
			return fmt.Errorf("the field %q has no component number", r.Field)
		}
	}
	if r.Severity == "" {
		r.Severity = guide.Error
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

// broken reports whether a value breaks the rule.
func (r *PartnerRule) broken(v []byte) bool {
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
	found := false
	for _, x := range r.values {
		found = found || x == string(v)
	}
	return found == (r.Op == "not-in")
}

type partnerState struct {
	c     *checker
	on    bool
	rules map[string][]*PartnerRule // by loop/segment
}

func (p *partnerState) start(c *checker) {
	*p = partnerState{c: c}
	if c.o.Partner == nil || !c.wants(7) {
		return
	}
	p.rules = map[string][]*PartnerRule{}
	for i := range c.o.Partner.Rules {
		r := &c.o.Partner.Rules[i]
		if r.Guide == "" || r.Guide == c.g.Name {
			k := r.loop + "/" + r.segment
			p.rules[k] = append(p.rules[k], r)
			p.on = true
		}
	}
}

func (p *partnerState) segment(s *x12.Segment, step guide.Step) {
	for _, r := range p.rules[step.Segment.Loop+"/"+step.Segment.ID] {
		if r.qualifier != "" && r.qualifier != string(s.Component(1, 1)) {
			continue
		}
		v := s.Element(r.element)
		if r.component > 0 {
			v = s.Component(r.element, r.component)
		}
		if r.broken(v) {
			x := *rulePartner
			x.Code, x.Severity = r.Code, r.Severity
			if r.Fix != "" {
				x.Fix = r.Fix
			}
			p.c.find(&x, s, r.element, r.component, "%s: %s", p.c.o.Partner.Name, r.Message)
		}
	}
}
