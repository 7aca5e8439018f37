package guide

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/claimbook/claimbook/edi/x12"
)

// elements checks every element of a segment against its definition.
func (w *Walker) elements(s *x12.Segment, t *Segment) {
	d := s.Delimiters()
	n := s.Len()
	w.flagged = 0
	if n > 0 && len(s.Element(n)) == 0 {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-TRAILING", Severity: Warning, Element: n,
			Message: "empty elements at the end of the segment are written out", Fix: "drop the trailing separators"})
	}
	if n > len(t.Elements) {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-TOOMANY", Element: len(t.Elements) + 1, IK403: "3", IK304: "8", IK502: "5", Value: clip(s.Element(len(t.Elements) + 1)),
			Message: fmt.Sprintf("%s has %d elements; X12 knows %d", t.ID, n, len(t.Elements)), Fix: "look for a separator inside the data"})
	}
	raw := s.Raw()
	repeated := d.Repetition != 0 && bytes.IndexByte(raw, d.Repetition) >= 0
	composed := bytes.IndexByte(raw, d.Component) >= 0 && t.ID != "ISA"
	w.plain = plain(raw)
	var present uint64
	for i := range t.Elements[:min(len(t.Elements), max(n, t.need))] {
		e := &t.Elements[i]
		v := s.Element(i + 1)
		if len(v) == 0 {
			if e.Usage == Required {
				w.flagged |= 1 << i
				w.absent(s, t, e, i+1, 0)
			}
			continue
		}
		present |= 1 << i
		if e.Usage == NotUsed {
			w.unused(s, t, e, i+1, 0, v)
			continue
		}
		if repeated && e.Repeats {
			for k := 1; k <= s.Repetitions(i+1); k++ {
				if e.Components != nil {
					w.components(s, t, e, i+1, s.Repetition(i+1, k), d.Component)
				} else {
					w.value(s, t, e, i+1, 0, s.Repetition(i+1, k), nil)
				}
			}
			continue
		}
		if repeated && indexByte(v, d.Repetition) >= 0 {
			w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-REPEAT", Element: i + 1, IK403: "12", IK304: "8", IK502: "5", Value: clip(v),
				Message: fmt.Sprintf("%s%02d (%s) is repeated, but may occur once", t.ID, i+1, e.Name), Fix: "leave out the repetition"})
			v = s.Repetition(i+1, 1)
		}
		if e.Components != nil {
			w.components(s, t, e, i+1, v, d.Component)
			continue
		}
		if composed && indexByte(v, d.Component) >= 0 {
			w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-NOTCOMPOSITE", Element: i + 1, IK403: "13", IK304: "8", IK502: "5", Value: clip(v),
				Message: fmt.Sprintf("%s%02d (%s) has no components, but its value holds the component separator", t.ID, i+1, e.Name),
				Fix:     "remove the separator from the data, or choose other delimiters"})
			continue
		}
		var format []byte
		if e.dateBy > 0 {
			format = s.Element(e.dateBy)
		}
		w.value(s, t, e, i+1, 0, v, format)
	}
	if len(t.notes) > 0 {
		w.notes(s, t, t.notes, 0, present, t.Elements)
	}
}

func (w *Walker) components(s *x12.Segment, t *Segment, e *Element, n int, v []byte, sep byte) {
	var parts [16][]byte
	k := 0
	for rest := v; ; {
		i := indexByte(rest, sep)
		if i < 0 {
			parts[k] = rest
			k++
			break
		}
		parts[k] = rest[:i]
		k++
		rest = rest[i+1:]
		if k == len(parts)-1 {
			parts[k] = rest
			k++
			break
		}
	}
	if k > len(e.Components) {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-COMP-TOOMANY", Element: n, Component: len(e.Components) + 1, IK403: "13", IK304: "8", IK502: "5", Value: clip(v),
			Message: fmt.Sprintf("%s%02d (%s) has more than its %d components", t.ID, n, e.Name, len(e.Components)), Fix: "look for the component separator inside the data"})
		k = len(e.Components)
	}
	if k > 1 && len(parts[k-1]) == 0 {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-TRAILING", Severity: Warning, Element: n, Component: k,
			Message: "empty components at the end of the element are written out", Fix: "drop the trailing separators"})
	}
	var present uint64
	for i := range e.Components {
		c := &e.Components[i]
		p := parts[i]
		if i >= k {
			p = nil
		}
		if len(p) == 0 {
			if c.Usage == Required {
				w.absent(s, t, c, n, i+1)
			}
			continue
		}
		present |= 1 << i
		if c.Usage == NotUsed {
			w.unused(s, t, c, n, i+1, p)
			continue
		}
		var format []byte
		if c.dateBy > 0 {
			format = parts[c.dateBy-1]
		}
		w.value(s, t, c, n, i+1, p, format)
	}
	if len(e.notes) > 0 {
		w.notes(s, t, e.notes, n, present, e.Components)
	}
}

// place names an element or component: "SV101-2".
func place(t *Segment, element, component int) string {
	if component > 0 {
		return fmt.Sprintf("%s%02d-%d", t.ID, element, component)
	}
	return fmt.Sprintf("%s%02d", t.ID, element)
}

func (w *Walker) absent(s *x12.Segment, t *Segment, e *Element, n, c int) {
	x := &Finding{SNIP: 2, Code: "X12-EL-MISSING", Element: n, Component: c, IK403: "1", IK304: "8", IK502: "I5",
		Message: fmt.Sprintf("%s (%s) is required and missing", place(t, n, c), e.Name), Fix: "fill it in"}
	if e.Mandatory {
		x.SNIP, x.IK502 = 1, "5"
	}
	if e.Codes != nil && len(e.Codes.List) == 1 {
		x.Fix = "put " + e.Codes.List[0]
	}
	w.report(s, t, x)
}

func (w *Walker) unused(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte) {
	w.report(s, t, &Finding{SNIP: 2, Code: "X12-EL-NOTUSED", Element: n, Component: c, IK403: "I10", IK304: "8", IK502: "I5", Value: clip(v),
		Message: fmt.Sprintf("%s (%s) is not used here by the guide", place(t, n, c), e.Name), Fix: "leave it empty"})
}

// notes checks the standard's conditions between elements of one segment, or
// between components of one element.
func (w *Walker) notes(s *x12.Segment, t *Segment, notes []note, element int, present uint64, names []Element) {
	for i := range notes {
		n := &notes[i]
		if !n.broken(present) {
			continue
		}
		code, at := "10", n.at[0]
		if n.kind != 'E' {
			code = "2"
			for _, k := range n.at {
				if present&(1<<(k-1)) == 0 {
					at = k
					break
				}
			}
			if element == 0 && w.flagged&(1<<(at-1)) != 0 {
				continue // already reported as missing
			}
		}
		var list []string
		for _, k := range n.at {
			list = append(list, fmt.Sprintf("%02d (%s)", k, names[k-1].Name))
		}
		x := &Finding{SNIP: 1, Code: "X12-EL-CONDITION", Element: at, IK403: code, IK304: "8", IK502: "5",
			Message: t.ID + " " + strings.Join(list, ", ") + noteText[n.kind], Fix: "complete or remove them"}
		if element > 0 {
			x.Element, x.Component = element, at
		}
		w.report(s, t, x)
	}
}

var noteText = map[byte]string{
	'P': " are given together or not at all", 'R': ": at least one is needed", 'C': ": the first needs the others",
	'L': ": the first needs one of the others", 'E': " exclude each other",
}

// value checks type, length and code list of one value.
func (w *Walker) value(s *x12.Segment, t *Segment, e *Element, n, c int, v, format []byte) {
	if e.Codes != nil {
		if !e.Codes.Has(v) {
			ik403, ik502 := "7", "5"
			if elsewhere(t.ID, n, c, v) {
				ik403, ik502 = "I6", "I5"
			}
			w.report(s, t, &Finding{SNIP: 2, Code: "X12-EL-CODE", Element: n, Component: c, IK403: ik403, IK304: "8", IK502: ik502, Value: clip(v),
				Message: fmt.Sprintf("%s (%s) has a code that the guide does not allow here", place(t, n, c), e.Name), Fix: "use " + oneOf(e.Codes.List)})
		}
		return
	}
	length := len(v)
	switch e.Type {
	case AN, ID:
		if !w.plain {
			var good bool
			if length, good = w.characters(s, t, e, n, c, v); !good {
				return
			}
		}
		if e.dateBy > 0 && len(format) > 0 {
			if why := badPeriod(string(format), v); why != "" {
				w.badDate(s, t, e, n, c, v, why)
			}
			return
		}
		if (len(v) == 0 || v[len(v)-1] == ' ') && len(bytes.TrimRight(v, " ")) == 0 && t.ID != "ISA" {
			w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-BLANK", Element: n, Component: c, IK403: "6", IK304: "8", IK502: "5", Value: clip(v),
				Message: fmt.Sprintf("%s (%s) holds only blanks", place(t, n, c), e.Name), Fix: "fill it in or leave it empty"})
			return
		}
	case N0:
		digits := bytes.TrimPrefix(v, []byte("-"))
		length = len(digits)
		if !allDigits(digits) {
			w.badNumber(s, t, e, n, c, v, "a whole number is expected")
			return
		}
	case R:
		var ok bool
		if length, ok = decimalDigits(v); !ok {
			w.badNumber(s, t, e, n, c, v, "a number is expected: digits with at most one decimal point")
			return
		}
	case DT:
		if why := badDay(v); why != "" {
			w.badDate(s, t, e, n, c, v, why)
			return
		}
	case TM:
		if !goodTime(v) {
			w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-TIME", Element: n, Component: c, IK403: "9", IK304: "8", IK502: "5", Value: clip(v),
				Message: fmt.Sprintf("%s (%s) is not a time of the form HHMM, HHMMSS or HHMMSSDD", place(t, n, c), e.Name), Fix: "correct the time"})
			return
		}
	}
	if length < e.Min {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-SHORT", Element: n, Component: c, IK403: "4", IK304: "8", IK502: "5", Value: clip(v),
			Message: fmt.Sprintf("%s (%s) is too short: %d of at least %d characters", place(t, n, c), e.Name, length, e.Min), Fix: "complete it"})
	}
	if length > e.Max {
		w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-LONG", Element: n, Component: c, IK403: "5", IK304: "8", IK502: "5", Value: clip(v),
			Message: fmt.Sprintf("%s (%s) is too long: %d of at most %d characters", place(t, n, c), e.Name, length, e.Max), Fix: "shorten it"})
	} else if e.Limit != nil && len(v) > e.Limit.free {
		w.limit(s, t, e, n, c, v, length)
	}
}

// limit checks a value against the guide's own length, which is narrower than
// the standard's.
func (w *Walker) limit(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte, length int) {
	l := e.Limit
	var why string
	whole, places := length, 0
	if point := indexByte(v, '.'); e.Type == R && point >= 0 {
		places = len(v) - point - 1
		whole -= places
	}
	switch {
	case l.Length > 0 && length > l.Length && e.Type == R:
		why = fmt.Sprintf("%d digits, and the guide allows %d", length, l.Length)
	case l.Length > 0 && length > l.Length:
		why = fmt.Sprintf("%d characters, and the guide allows %d", length, l.Length)
	case l.Places > 0 && places > l.Places:
		why = fmt.Sprintf("%d decimals, and the guide allows %d", places, l.Places)
	case l.Whole > 0 && whole > l.Whole:
		why = fmt.Sprintf("%d digits before the point, and the guide allows %d", whole, l.Whole)
	default:
		return
	}
	w.report(s, t, &Finding{SNIP: 2, Code: "X12-EL-LONG", Element: n, Component: c, IK403: "5", IK304: "8", IK502: "I5", Value: clip(v),
		Message: fmt.Sprintf("%s (%s) is too long: %s", place(t, n, c), e.Name, why), Fix: "shorten it"})
}

// characters checks a value byte by byte and returns its length in characters;
// good is false when it holds a control character.
func (w *Walker) characters(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte) (length int, good bool) {
	for i, b := range v {
		if b < ' ' || b == 0x7F {
			w.badCharacter(s, t, e, n, c, v, i, Error)
			return 0, false
		}
		if b >= 0x80 {
			w.badCharacter(s, t, e, n, c, v, i, Warning)
			return utf8.RuneCount(v), true
		}
	}
	return len(v), true
}

// plain reports whether all bytes are printable ASCII, eight at a time: then no
// value of the segment need be looked at for its characters.
func plain(raw []byte) bool {
	const high, ones = 0x8080808080808080, 0x0101010101010101
	i := 0
	for ; i+8 <= len(raw); i += 8 {
		x := binary.LittleEndian.Uint64(raw[i:])
		// A byte below 0x20 borrows, one of 0x7F carries into its high bit.
		if (x|(x-0x20*ones)|(x+ones))&high != 0 {
			return false
		}
	}
	for ; i < len(raw); i++ {
		if raw[i] < ' ' || raw[i] >= 0x7F {
			return false
		}
	}
	return true
}

func (w *Walker) badCharacter(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte, i int, sev Severity) {
	x := &Finding{SNIP: 1, Code: "X12-EL-CHARACTER", Severity: sev, Element: n, Component: c, Value: clip(v),
		Message: fmt.Sprintf("%s (%s) holds the byte %#02x, which is outside of X12's extended character set", place(t, n, c), e.Name, v[i]),
		Fix:     "write it with the letters, digits and signs of the extended character set"}
	if sev == Error {
		x.IK403, x.IK304, x.IK502 = "6", "8", "5"
	}
	w.report(s, t, x)
}

func (w *Walker) badNumber(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte, why string) {
	w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-NUMBER", Element: n, Component: c, IK403: "6", IK304: "8", IK502: "5", Value: clip(v),
		Message: fmt.Sprintf("%s (%s): %s", place(t, n, c), e.Name, why), Fix: "write digits without currency sign, comma or exponent"})
}

func (w *Walker) badDate(s *x12.Segment, t *Segment, e *Element, n, c int, v []byte, why string) {
	w.report(s, t, &Finding{SNIP: 1, Code: "X12-EL-DATE", Element: n, Component: c, IK403: "8", IK304: "8", IK502: "5", Value: clip(v),
		Message: fmt.Sprintf("%s (%s): %s", place(t, n, c), e.Name, why), Fix: "correct the date"})
}

// elsewhere reports whether some guide, or another place of this one, allows the
// code in the element: then the standard has it and only the guide refuses it.
func elsewhere(id string, element, component int, v []byte) bool {
	for _, g := range guides() {
		for _, s := range g.segments {
			if s.ID != id || element > len(s.Elements) {
				continue
			}
			e := &s.Elements[element-1]
			if component > 0 {
				if component > len(e.Components) {
					continue
				}
				e = &e.Components[component-1]
			}
			if e.Usage != NotUsed && e.Codes != nil && e.Codes.Has(v) {
				return true
			}
		}
	}
	return false
}

// oneOf lists at most ten codes for a hint.
func oneOf(list []string) string {
	switch {
	case len(list) == 1:
		return list[0]
	case len(list) > 10:
		return strings.Join(list[:10], ", ") + " or another of the guide's list"
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

func indexByte(b []byte, c byte) int {
	for i, x := range b {
		if x == c {
			return i
		}
	}
	return -1
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// decimalDigits counts the digits of an R value; sign and point do not count
// towards its length.
func decimalDigits(v []byte) (digits int, ok bool) {
	point := false
	for i, c := range v {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' && i == 0:
		case c == '.' && !point:
			point = true
		default:
			return 0, false
		}
	}
	return digits, digits > 0
}
