package segment

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Error is content that cannot be read as what the guide says it is. The
// offending value is not part of the message, since it may be a patient's.
type Error struct {
	Position  x12.Position
	SegmentID string
	Element   int // from 1; 0 for the segment as a whole
	Component int // from 1; 0 for a simple element
	Message   string
	Fix       string
}

// Error returns the place, what is wrong and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Position.String())
	b.WriteString(": ")
	b.WriteString(e.SegmentID)
	if e.Element > 0 {
		fmt.Fprintf(&b, "%02d", e.Element)
	}
	if e.Component > 0 {
		fmt.Fprintf(&b, "-%d", e.Component)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	if e.Fix != "" {
		b.WriteString(" (" + e.Fix + ")")
	}
	return b.String()
}

// EnvelopeOnly reports whether a fault concerns counts and control numbers only,
// so that the segments before and after it are whole.
func EnvelopeOnly(f *x12.SyntaxError) bool {
	switch f.Code {
	case x12.CodeSECount, x12.CodeSEControl, x12.CodeGECount, x12.CodeGEControl, x12.CodeIEACount, x12.CodeIEAControl:
		return true
	}
	return false
}

// Scanner reads the elements of one segment after another. The first value that
// is not what it should be is kept as the segment's fault; reading goes on with
// a zero value, so that a decoder reads a whole segment and asks once.
//
// Strings are copied into chunks that many of them share: a decoder allocates
// once per chunk, and what it returned stays valid as long as it is held.
type Scanner struct {
	s     *x12.Segment
	split bool // the segment holds a component or repetition separator
	fault *Error
	text  strings.Builder
}

const textChunk = 8 << 10

// Begin starts on a segment.
func (r *Scanner) Begin(s *x12.Segment) {
	r.s, r.fault = s, nil
	d := s.Delimiters()
	raw := s.Raw()
	r.split = bytes.IndexByte(raw, d.Component) >= 0 || d.Repetition != 0 && bytes.IndexByte(raw, d.Repetition) >= 0
}

// Fault returns the first fault of the segment, or nil.
func (r *Scanner) Fault() *Error { return r.fault }

// Position returns where the segment stands.
func (r *Scanner) Position() Position { return At(r.s) }

// At returns where a segment stands.
func At(s *x12.Segment) Position {
	p := s.Position()
	return Position{ByteOffset: p.Offset, SegmentNumber: p.Segment}
}

// Fail records a fault of element n, unless the segment has one already.
func (r *Scanner) Fail(n, c int, message, fix string) {
	if r.fault != nil {
		return
	}
	p := r.s.Position()
	p.Offset = r.s.ElementOffset(n)
	r.fault = &Error{Position: p, SegmentID: r.s.ID(), Element: n, Component: c, Message: message, Fix: fix}
}

// element returns element n without the separators that end it: they hold no
// value and are not in the canonical form, so "REF*EA:" reads as "REF*EA" does.
// It is too large to be inlined: what is called for every element has its own
// copy of these lines, which is a tenth of a decoder's time.
func (r *Scanner) element(n int) []byte {
	b := r.s.Element(n)
	if r.split {
		b = trimSeparators(b, r.s.Delimiters())
	}
	return b
}

func trimSeparators(b []byte, d x12.Delimiters) []byte {
	for len(b) > 0 && (b[len(b)-1] == d.Component || d.Repetition != 0 && b[len(b)-1] == d.Repetition) {
		b = b[:len(b)-1]
	}
	return b
}

// Text copies b into a string.
func (r *Scanner) Text(b []byte) string {
	n := len(b)
	if n == 0 {
		return ""
	}
	if n > textChunk/8 {
		return string(b)
	}
	if r.text.Cap()-r.text.Len() < n {
		r.text = strings.Builder{}
		r.text.Grow(textChunk)
	}
	at := r.text.Len()
	r.text.Write(b)
	return r.text.String()[at:]
}

// Str returns element n, a simple one.
func (r *Scanner) Str(n int) string {
	b := r.s.Element(n)
	if len(b) == 0 {
		return ""
	}
	if r.split {
		b = trimSeparators(b, r.s.Delimiters())
		r.simple(n, b)
	}
	return r.Text(b)
}

// Need returns element n and faults when it is empty.
func (r *Scanner) Need(n int) string {
	v := r.Str(n)
	if v == "" {
		r.Fail(n, 0, "the guide requires a value here, and there is none", "")
	}
	return v
}

func (r *Scanner) simple(n int, b []byte) {
	d := r.s.Delimiters()
	if bytes.IndexByte(b, d.Component) >= 0 || d.Repetition != 0 && bytes.IndexByte(b, d.Repetition) >= 0 {
		r.Fail(n, 0, "a component or repetition separator stands in a simple element", "the data may hold a delimiter of the interchange")
	}
}

// Comp returns component c of element n.
func (r *Scanner) Comp(n, c int) string { return r.Text(r.s.Component(n, c)) }

// Most faults when the segment has a value after element n.
func (r *Scanner) Most(n int) {
	for i := n + 1; i <= r.s.Len(); i++ {
		if len(r.s.Element(i)) > 0 && len(r.element(i)) > 0 {
			r.Fail(i, 0, "the guide does not use this element", "")
			return
		}
	}
}

// Parts splits element n, a composite, and returns the number of its components.
// It faults when the element repeats or has a value after component most.
func (r *Scanner) Parts(n, most int, parts *[9][]byte) int {
	b := r.element(n)
	if len(b) == 0 {
		return 0
	}
	if !r.split {
		parts[0] = b
		return 1
	}
	d := r.s.Delimiters()
	k, start := 0, 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && b[i] != d.Component {
			if b[i] == d.Repetition && d.Repetition != 0 {
				r.Fail(n, 0, "the guide does not let this element repeat", "")
			}
			continue
		}
		if k < most {
			parts[k] = b[start:i]
		} else if i > start {
			r.Fail(n, k+1, "the guide does not use this component", "")
		}
		k, start = k+1, i+1
	}
	return min(k, most)
}

// MostComponents faults when element n repeats or has a value after component c.
func (r *Scanner) MostComponents(n, c int) {
	if !r.split {
		return
	}
	if r.s.Repetitions(n) > 1 {
		r.Fail(n, 0, "the guide does not let this element repeat", "")
	}
	for i := r.s.Components(n); i > c; i-- {
		if len(r.s.Component(n, i)) > 0 {
			r.Fail(n, i, "the guide does not use this component", "")
		}
	}
}

// Unused faults when one of the elements has a value.
func (r *Scanner) Unused(elements ...int) {
	for _, n := range elements {
		if len(r.element(n)) > 0 {
			r.Fail(n, 0, "the guide does not use this element", "")
		}
	}
}

// Cents returns element n, an amount that must be there.
func (r *Scanner) Cents(n int) money.Cents {
	b := r.s.Element(n)
	if r.split {
		b = trimSeparators(b, r.s.Delimiters())
	}
	c, err := money.Parse(b)
	if err != nil {
		r.badAmount(n, 0, b, err)
	}
	return c
}

func (r *Scanner) badAmount(n, c int, b []byte, err error) {
	if len(b) == 0 {
		r.Fail(n, c, "the guide requires an amount here, and there is none", "")
		return
	}
	r.Fail(n, c, err.Error(), "an amount is written as 1234.5")
}

// OptCents returns element n, an amount that may be left out.
func (r *Scanner) OptCents(n int) Optional[money.Cents] {
	if len(r.s.Element(n)) == 0 {
		return Optional[money.Cents]{}
	}
	return r.optCents(r.element(n), n, 0)
}

// OptCompCents returns component c of element n, an amount that may be left out.
func (r *Scanner) OptCompCents(n, c int) Optional[money.Cents] {
	return r.optCents(r.s.Component(n, c), n, c)
}

func (r *Scanner) optCents(b []byte, n, c int) Optional[money.Cents] {
	if len(b) == 0 {
		return Optional[money.Cents]{}
	}
	v, err := money.Parse(b)
	if err != nil {
		r.badAmount(n, c, b, err)
		return Optional[money.Cents]{}
	}
	return Some(v)
}

// Decimal returns element n, a number that must be there.
func (r *Scanner) Decimal(n int) decimal.Decimal {
	b := r.element(n)
	if len(b) == 0 {
		r.Fail(n, 0, "the guide requires a number here, and there is none", "")
	}
	return r.OptDecimal(n).Value
}

// OptDecimal returns element n, a number that may be left out.
func (r *Scanner) OptDecimal(n int) Optional[decimal.Decimal] {
	if len(r.s.Element(n)) == 0 {
		return Optional[decimal.Decimal]{}
	}
	return r.optDecimal(r.element(n), n, 0)
}

// OptCompDecimal returns component c of element n, a number that may be left out.
func (r *Scanner) OptCompDecimal(n, c int) Optional[decimal.Decimal] {
	return r.optDecimal(r.s.Component(n, c), n, c)
}

func (r *Scanner) optDecimal(b []byte, n, c int) Optional[decimal.Decimal] {
	if len(b) == 0 {
		return Optional[decimal.Decimal]{}
	}
	v, ok := ParseDecimal(b)
	if !ok {
		r.Fail(n, c, "not a number: digits with at most one decimal point are expected", "")
		return Optional[decimal.Decimal]{}
	}
	return Some(v)
}

// Int returns element n, a whole number from 0 to 999,999,999; 0 when it is empty.
func (r *Scanner) Int(n int) int { return r.int(r.element(n), n, 0) }

// CompInt returns component c of element n, a whole number; 0 when it is empty.
func (r *Scanner) CompInt(n, c int) int { return r.int(r.s.Component(n, c), n, c) }

func (r *Scanner) int(b []byte, n, c int) int {
	v := 0
	if len(b) > 9 {
		r.Fail(n, c, "a whole number of at most nine digits is expected", "")
		return 0
	}
	for _, d := range b {
		if d < '0' || d > '9' {
			r.Fail(n, c, "a whole number is expected", "")
			return 0
		}
		v = v*10 + int(d-'0')
	}
	return v
}

// Date returns element n, a day as CCYYMMDD; no date when it is empty.
func (r *Scanner) Date(n int) date.Date {
	b := r.element(n)
	if len(b) == 0 {
		return date.Date{}
	}
	return r.day(b, n)
}

// DateOrText returns element n as a day, or as it stands where it is none: for
// dates without which the rest is still worth reading.
func (r *Scanner) DateOrText(n int) (date.Date, string) {
	if d, ok := ParseDay(r.element(n)); ok {
		return d, ""
	}
	return date.Date{}, r.Str(n)
}

// NeedDate returns element n, a day that must be there.
func (r *Scanner) NeedDate(n int) date.Date {
	b := r.element(n)
	if len(b) == 0 {
		r.Fail(n, 0, "the guide requires a date here, and there is none", "")
		return date.Date{}
	}
	return r.day(b, n)
}

func (r *Scanner) day(b []byte, n int) date.Date {
	d, ok := ParseDay(b)
	if !ok {
		r.Fail(n, 0, "not a day of the form CCYYMMDD", "")
	}
	return d
}

// Unknown returns the segment as one that is kept without being understood.
func (r *Scanner) Unknown(after int, reason string) Unknown { return KeepUnknown(r.s, after, reason) }

// KeepUnknown returns s as a segment that is kept without being understood.
func KeepUnknown(s *x12.Segment, after int, reason string) Unknown {
	u := Unknown{Position: At(s), After: after, ID: s.ID(), Reason: reason}
	if n := s.Len(); n > 0 {
		u.Elements = make([][][]string, n)
	}
	for n := range u.Elements {
		reps := s.Repetitions(n + 1)
		if reps == 0 {
			continue
		}
		u.Elements[n] = make([][]string, reps)
		for k := range reps {
			rest := s.Repetition(n+1, k+1)
			for {
				head, tail, more := bytes.Cut(rest, []byte{s.Delimiters().Component})
				u.Elements[n][k] = append(u.Elements[n][k], string(head))
				if !more {
					break
				}
				rest = tail
			}
		}
	}
	return u
}
