package guide

import (
	"fmt"
	"strconv"
	"strings"
)

// stdSegment is a segment or composite of the standard.
type stdSegment struct {
	name      string
	elements  []stdElement
	notes     []note
	composite bool
}

type stdElement struct {
	name      string
	typ       Type
	min, max  int
	mandatory bool
	composite string
	dateBy    int
}

var types = map[string]Type{"AN": AN, "ID": ID, "N0": N0, "R": R, "DT": DT, "TM": TM}

func parseStandard(text string) (map[string]*stdSegment, error) {
	all := map[string]*stdSegment{}
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "|")
		if len(parts) < 3 {
			return nil, fmt.Errorf("segments.txt line %d: id|name|elements expected", n+1)
		}
		s := &stdSegment{name: parts[1], composite: len(parts[0]) == 4}
		for i, field := range strings.Split(parts[2], ";") {
			e, err := parseStdElement(field)
			if err != nil {
				return nil, fmt.Errorf("segments.txt line %d: %w", n+1, err)
			}
			if i > 0 && e.typ == AN && e.max == 35 && strings.Contains(strings.ToLower(s.elements[i-1].name), "format") {
				e.dateBy = i
			}
			s.elements = append(s.elements, e)
		}
		if len(parts) > 3 {
			var err error
			if s.notes, err = parseNotes(parts[3]); err != nil {
				return nil, fmt.Errorf("segments.txt line %d: %w", n+1, err)
			}
		}
		all[parts[0]] = s
	}
	return all, nil
}

func parseStdElement(field string) (stdElement, error) {
	name, form, ok := strings.Cut(field, "/")
	e := stdElement{name: name}
	if !ok {
		return e, fmt.Errorf("%q has no type", field)
	}
	form, e.mandatory = strings.CutSuffix(form, "!")
	if form[0] == 'C' && len(form) == 4 {
		e.composite = form
		return e, nil
	}
	lo, hi, ok := strings.Cut(form, "-")
	for _, t := range []string{"AN", "ID", "N0", "DT", "TM", "R"} {
		if rest, is := strings.CutPrefix(lo, t); is {
			e.typ = types[t]
			var err1, err2 error
			e.min, err1 = strconv.Atoi(rest)
			e.max, err2 = strconv.Atoi(hi)
			if !ok || err1 != nil || err2 != nil {
				return e, fmt.Errorf("%q is not TYPEmin-max", form)
			}
			return e, nil
		}
	}
	return e, fmt.Errorf("%q has an unknown type", form)
}

// guideParser builds a Guide from its text.
type guideParser struct {
	std       map[string]*stdSegment
	g         *Guide
	fragments *strings.Replacer
	codes     map[string]*Codes
	loops     map[string]*Loop
	stack     []*Loop // open loops by indentation
	section   string
	amount    *Limit // of the guide's amounts
	lists     map[string][]string
}

func parseGuide(std map[string]*stdSegment, text string) (*Guide, error) {
	p := &guideParser{std: std, g: &Guide{ids: map[string]bool{}}, codes: map[string]*Codes{}, loops: map[string]*Loop{}, lists: map[string][]string{}}
	lines := strings.Split(text, "\n")
	var pairs []string
	for _, line := range lines { // fragments and code lists may stand anywhere
		switch {
		case strings.HasPrefix(line, "%"):
			name, value, _ := strings.Cut(line, " = ")
			pairs = append([]string{name, value}, pairs...)
		case strings.HasPrefix(line, "&"):
			name, value, _ := strings.Cut(line, " = ")
			p.lists[name] = strings.Split(value, ",")
		}
	}
	p.fragments = longestFirst(pairs)
	p.g.Root = &Loop{ID: "HEADER", Usage: Required, Max: 1}
	p.stack = []*Loop{p.g.Root}
	for n, line := range lines {
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	done := map[*Loop]bool{}
	p.finish(p.g.Root, done)
	return p.g, nil
}

// longestFirst makes a replacer in which %hcp is not taken for %hc.
func longestFirst(pairs []string) *strings.Replacer {
	for i := 0; i < len(pairs); i += 2 {
		for j := i + 2; j < len(pairs); j += 2 {
			if len(pairs[j]) > len(pairs[i]) {
				pairs[i], pairs[j], pairs[i+1], pairs[j+1] = pairs[j], pairs[i], pairs[j+1], pairs[i+1]
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

func (p *guideParser) line(line string) error {
	body := strings.TrimLeft(line, " ")
	if body == "" || strings.ContainsRune("#%&", rune(body[0])) {
		return nil
	}
	indent := (len(line) - len(body)) / 2
	word, rest, _ := strings.Cut(body, " ")
	switch word {
	case "guide":
		p.g.Name, p.g.Title, _ = strings.Cut(rest, " ")
		return nil
	case "set":
		p.g.Set, p.g.FunctionalID, _ = strings.Cut(rest, " ")
		return nil
	case "versions":
		p.g.Versions = strings.Fields(rest)
		return nil
	case "amounts":
		digits, err := strconv.Atoi(rest)
		if err != nil || digits < 3 {
			return fmt.Errorf("amounts %q: a number of digits is expected", rest)
		}
		p.amount = &Limit{Whole: digits - 2, free: digits - 2}
		return nil
	case "@HEADER", "@DETAIL", "@SUMMARY":
		p.section = word[1:]
		p.stack = []*Loop{p.g.Root}
		return nil
	}
	level := indent // everything stands below a section line
	if level < 1 || level > len(p.stack) {
		return fmt.Errorf("indented too far")
	}
	p.stack = p.stack[:level]
	parent := p.stack[level-1]
	switch {
	case word[0] == '@':
		return p.loop(parent, word[1:], rest)
	case word == "use":
		return p.use(parent, rest)
	default:
		return p.segment(parent, word, rest)
	}
}

func (p *guideParser) loop(parent *Loop, id, rest string) error {
	l := &Loop{ID: id, Parent: parent}
	use, name, _ := strings.Cut(rest, " ")
	l.Name = name
	var err error
	if l.Usage, l.Standard, l.Max, err = parseUse(use); err != nil {
		return err
	}
	parent.Children = append(parent.Children, Child{Loop: l})
	p.loops[id] = l
	p.stack = append(p.stack, l)
	return nil
}

func (p *guideParser) use(parent *Loop, rest string) error {
	id, use, _ := strings.Cut(rest, " ")
	l := p.loops[id]
	if l == nil {
		return fmt.Errorf("loop %s is not defined before", id)
	}
	c := *l
	var err error
	if c.Usage, c.Standard, c.Max, err = parseUse(use); err != nil {
		return err
	}
	parent.Children = append(parent.Children, Child{Loop: &c})
	return nil
}

func parseUse(s string) (u Usage, standard bool, most int, err error) {
	switch {
	case len(s) < 2:
		return 0, false, 0, fmt.Errorf("%q is not usage and repeat", s)
	case s[0] == 'R':
		u = Required
	case s[0] == 'M':
		u, standard = Required, true
	case s[0] == 'S':
		u = Situational
	default:
		return 0, false, 0, fmt.Errorf("%q is not a usage", s[:1])
	}
	if s[1:] != "*" {
		most, err = strconv.Atoi(s[1:])
	}
	return u, standard, most, err
}

func (p *guideParser) segment(parent *Loop, id, rest string) error {
	std := p.std[id]
	if std == nil {
		return fmt.Errorf("segment %s is not in segments.txt", id)
	}
	head, elements, ok := strings.Cut(rest, ":")
	if !ok {
		return fmt.Errorf("a colon is missing after the name of %s", id)
	}
	use, name, _ := strings.Cut(head, " ")
	s := &Segment{ID: id, Name: name, Title: std.name, notes: std.notes, Loop: parent.ID, Index: len(p.g.segments)}
	if parent == p.g.Root {
		s.Loop = p.section
	}
	var err error
	if s.Usage, s.Standard, s.Max, err = parseUse(use); err != nil {
		return err
	}
	if s.Elements, err = p.elements(std.elements, p.fragments.Replace(p.fragments.Replace(elements))); err != nil {
		return fmt.Errorf("%s %s: %w", id, name, err)
	}
	for i := range s.Elements {
		if s.Elements[i].Usage == Required {
			s.need = i + 1
		}
	}
	if q, ok := qualifiers[id]; ok {
		e := &s.Elements[q[0]-1]
		s.qe, s.qc = q[0], q[1]
		if q[1] > 0 {
			e = &e.Components[q[1]-1]
		}
		s.match = e.Codes
	}
	parent.Children = append(parent.Children, Child{Segment: s})
	p.g.segments = append(p.g.segments, s)
	p.g.ids[id] = true
	return nil
}

// elements reads "01=A,B 02? 03(01 02?)" against the standard's elements.
func (p *guideParser) elements(std []stdElement, text string) ([]Element, error) {
	els := make([]Element, len(std))
	for i, e := range std {
		els[i] = bare(p.std, e)
		els[i].Usage = NotUsed
		if e.typ == R && e.max == monetaryDigits {
			els[i].Limit = p.amount
		}
		for j := range els[i].Components {
			els[i].Components[j].Usage = NotUsed
		}
	}
	for _, token := range split(text) {
		if len(token) < 2 {
			return nil, fmt.Errorf("%q is not an element", token)
		}
		n, err := strconv.Atoi(token[:2])
		if err != nil || n < 1 || n > len(els) {
			return nil, fmt.Errorf("%q is not one of %d elements", token, len(els))
		}
		e, rest := &els[n-1], token[2:]
		e.Usage = Required
		if r, ok := strings.CutPrefix(rest, "?"); ok {
			e.Usage, rest = Situational, r
		}
		if r, ok := strings.CutPrefix(rest, "*"); ok {
			e.Repeats, rest = true, r
		}
		if r, ok := strings.CutPrefix(rest, "["); ok {
			limit, after, _ := strings.Cut(r, "]")
			if e.Limit, err = parseLimit(limit); err != nil {
				return nil, err
			}
			rest = after
		}
		switch {
		case rest == "":
			for j := range e.Components { // a composite without detail: as in the standard
				e.Components[j] = bare(p.std, p.std[e.Composite].elements[j])
			}
		case rest[0] == '=':
			if e.Codes, err = p.codeList(rest[1:]); err != nil {
				return nil, err
			}
		case rest[0] == '(' && strings.HasSuffix(rest, ")"):
			if e.Composite == "" {
				return nil, fmt.Errorf("element %d is no composite", n)
			}
			if e.Components, err = p.elements(p.std[e.Composite].elements, rest[1:len(rest)-1]); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%q is not understood", token)
		}
	}
	return els, nil
}

// monetaryDigits is the length by which the standard's amounts (data element
// 782) are known from its other decimal numbers.
const monetaryDigits = 18

// parseLimit reads "30" or "8.3".
func parseLimit(text string) (*Limit, error) {
	length, places, some := strings.Cut(text, ".")
	l := &Limit{}
	var err1, err2 error
	l.Length, err1 = strconv.Atoi(length)
	l.free = l.Length
	if some {
		l.Places, err2 = strconv.Atoi(places)
		l.free = min(l.free, l.Places+1) // "." and so many digits
	}
	if err1 != nil || err2 != nil || l.Length < 1 || some && l.Places < 1 {
		return nil, fmt.Errorf("[%s] is not a length, or digits and decimals", text)
	}
	return l, nil
}

func (p *guideParser) codeList(text string) (*Codes, error) {
	if c := p.codes[text]; c != nil {
		return c, nil
	}
	list := strings.Split(strings.Trim(text, `"`), ",")
	if strings.HasPrefix(text, "&") {
		if list = p.lists[text]; list == nil {
			return nil, fmt.Errorf("code list %s is not defined", text)
		}
	}
	c := newCodes(list)
	p.codes[text] = c
	return c, nil
}

// split cuts at blanks outside of parentheses and quotes.
func split(text string) []string {
	var tokens []string
	depth, quoted, start := 0, false, -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && (text[i] != ' ' || depth > 0 || quoted) {
			if start < 0 {
				start = i
			}
			switch text[i] {
			case '(':
				depth++
			case ')':
				depth--
			case '"':
				quoted = !quoted
			}
			continue
		}
		if start >= 0 {
			tokens = append(tokens, text[start:i])
			start = -1
		}
	}
	return tokens
}

// finish orders the children of a loop and indexes them.
func (p *guideParser) finish(l *Loop, done map[*Loop]bool) {
	if done[l] {
		return
	}
	done[l] = true
	l.byID = make([][]uint8, idNumbers().count)
	order, last := 0, ""
	for i := range l.Children {
		c := &l.Children[i]
		if c.Loop != nil {
			p.finish(c.Loop, done)
		}
		id := c.trigger().ID
		if i > 0 && id != last {
			order++
		}
		c.order, last = order, id
		c.start = c.trigger()
		if c.most = c.start.Max; c.Loop != nil {
			c.most = c.Loop.Max
		}
		n := idNumbers().of([]byte(id))
		l.byID[n] = append(l.byID[n], uint8(i)) // a loop has fewer than 256 children
		if c.usage() == Required {
			l.required = append(l.required, i)
		}
	}
}
