package segment

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unsafe"

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

// ID returns the identifier of a segment. For those of the typed transactions a
// switch serves faster than a map, and decoders ask for every segment.
func ID(s *x12.Segment) string {
	raw, sep, n := s.Raw(), s.Delimiters().Element, 0
	for n < len(raw) && n < 4 && raw[n] != sep {
		n++
	}
	switch string(raw[:n]) {
	case "BPR":
		return "BPR"
	case "TRN":
		return "TRN"
	case "CUR":
		return "CUR"
	case "REF":
		return "REF"
	case "DTM":
		return "DTM"
	case "N1":
		return "N1"
	case "N3":
		return "N3"
	case "N4":
		return "N4"
	case "PER":
		return "PER"
	case "RDM":
		return "RDM"
	case "LX":
		return "LX"
	case "TS3":
		return "TS3"
	case "TS2":
		return "TS2"
	case "CLP":
		return "CLP"
	case "CAS":
		return "CAS"
	case "NM1":
		return "NM1"
	case "MIA":
		return "MIA"
	case "MOA":
		return "MOA"
	case "AMT":
		return "AMT"
	case "QTY":
		return "QTY"
	case "SVC":
		return "SVC"
	case "LQ":
		return "LQ"
	case "PLB":
		return "PLB"
	case "ISA":
		return "ISA"
	case "GS":
		return "GS"
	case "ST":
		return "ST"
	case "SE":
		return "SE"
	case "GE":
		return "GE"
	case "IEA":
		return "IEA"
	case "TA1":
		return "TA1"
	case "BHT":
		return "BHT"
	case "HL":
		return "HL"
	case "PRV":
		return "PRV"
	case "SBR":
		return "SBR"
	case "PAT":
		return "PAT"
	case "DMG":
		return "DMG"
	case "CLM":
		return "CLM"
	case "DTP":
		return "DTP"
	case "PWK":
		return "PWK"
	case "CN1":
		return "CN1"
	case "K3":
		return "K3"
	case "NTE":
		return "NTE"
	case "CRC":
		return "CRC"
	case "HI":
		return "HI"
	case "HCP":
		return "HCP"
	case "OI":
		return "OI"
	case "SV1":
		return "SV1"
	case "SV2":
		return "SV2"
	case "SV3":
		return "SV3"
	case "SVD":
		return "SVD"
	case "LIN":
		return "LIN"
	case "CTP":
		return "CTP"
	case "FRM":
		return "FRM"
	case "TOO":
		return "TOO"
	case "CL1":
		return "CL1"
	case "STC":
		return "STC"
	case "IK3":
		return "IK3"
	case "IK4":
		return "IK4"
	case "IK5":
		return "IK5"
	case "CTX":
		return "CTX"
	case "AK1":
		return "AK1"
	case "AK2":
		return "AK2"
	case "AK9":
		return "AK9"
	}
	return s.ID()
}

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
		if len(r.s.Element(i)) > 0 {
			r.Fail(i, 0, "the guide does not use this element", "")
			return
		}
	}
}

// Parts splits element n, a composite, and returns the number of its components.
// It faults when the element repeats or has a value after component most.
func (r *Scanner) Parts(n, most int, parts *[9][]byte) int {
	b := r.s.Element(n)
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
		if len(r.s.Element(n)) > 0 {
			r.Fail(n, 0, "the guide does not use this element", "")
		}
	}
}

// Cents returns element n, an amount that must be there.
func (r *Scanner) Cents(n int) money.Cents {
	b := r.s.Element(n)
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
func (r *Scanner) OptCents(n int) Optional[money.Cents] { return r.optCents(r.s.Element(n), n, 0) }

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
	b := r.s.Element(n)
	if len(b) == 0 {
		r.Fail(n, 0, "the guide requires a number here, and there is none", "")
	}
	return r.OptDecimal(n).Value
}

// OptDecimal returns element n, a number that may be left out.
func (r *Scanner) OptDecimal(n int) Optional[decimal.Decimal] {
	return r.optDecimal(r.s.Element(n), n, 0)
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
func (r *Scanner) Int(n int) int { return r.int(r.s.Element(n), n, 0) }

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
	b := r.s.Element(n)
	if len(b) == 0 {
		return date.Date{}
	}
	return r.day(b, n, 0)
}

// NeedDate returns element n, a day that must be there.
func (r *Scanner) NeedDate(n int) date.Date {
	b := r.s.Element(n)
	if len(b) == 0 {
		r.Fail(n, 0, "the guide requires a date here, and there is none", "")
		return date.Date{}
	}
	return r.day(b, n, 0)
}

func (r *Scanner) day(b []byte, n, c int) date.Date {
	d, ok := ParseDay(b)
	if !ok {
		r.Fail(n, c, "not a day of the form CCYYMMDD", "")
	}
	return d
}

// ParseDay reads a day as CCYYMMDD.
func ParseDay(b []byte) (date.Date, bool) {
	if len(b) != 8 {
		return date.Date{}, false
	}
	v := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return date.Date{}, false
		}
		v = v*10 + int(c-'0')
	}
	y, m, d := v/10000, v/100%100, v%100
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return date.Date{}, false
	}
	return date.Date{Year: y, Month: time.Month(m), Day: d}, true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// small holds the whole numbers that quantities nearly always are, so that they
// cost no allocation. A decimal is immutable: sharing one is safe.
var small = func() (s [256]decimal.Decimal) {
	for i := range s {
		s[i] = decimal.New(int64(i), 0)
	}
	return s
}()

// ParseDecimal reads a number of X12's R type: an optional minus, digits, at
// most one decimal point. Trailing zeros of the fraction are dropped.
func ParseDecimal(b []byte) (decimal.Decimal, bool) {
	if len(b) > 18 {
		return parseLong(b)
	}
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		neg, i = true, 1
	}
	var v int64
	var exp int32
	digits, point := 0, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.' && !point:
			point = true
		case c >= '0' && c <= '9':
			digits++
			v = v*10 + int64(c-'0')
			if point {
				exp--
			}
		default:
			return decimal.Decimal{}, false
		}
	}
	if digits == 0 {
		return decimal.Decimal{}, false
	}
	for exp < 0 && v%10 == 0 {
		v, exp = v/10, exp+1
	}
	if exp == 0 && !neg && v < int64(len(small)) {
		return small[v], true
	}
	if neg {
		v = -v
	}
	return decimal.New(v, exp), true
}

func parseLong(b []byte) (decimal.Decimal, bool) {
	for i, c := range b {
		if !(c >= '0' && c <= '9' || c == '.' || c == '-' && i == 0) {
			return decimal.Decimal{}, false
		}
	}
	v, err := decimal.NewFromString(string(b))
	return v, err == nil
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

// Slab hands out slices that share large chunks, for lists of which a file has
// many short ones. Lists that were handed out stay valid and do not overlap.
type Slab[T any] struct {
	free  []T
	reuse bool
}

// Reuse makes everything that was handed out so far be handed out again.
func (s *Slab[T]) Reuse() { s.free, s.reuse = s.free[:0], true }

// New returns list with a zero element appended, without copying one into it.
func (s *Slab[T]) New(list []T) []T {
	n := len(list)
	tail := n > 0 && len(s.free) > 0 && &list[n-1] == &s.free[len(s.free)-1]
	if (n > 0 && !tail) || len(s.free) == cap(s.free) {
		var zero T
		return s.Add(list, zero)
	}
	s.free = s.free[:len(s.free)+1]
	m := len(s.free)
	if s.reuse {
		clear(s.free[m-1:])
	} // else never used before: a chunk is made zero
	return s.free[m-n-1 : m : m]
}

// Add returns list with v appended.
func (s *Slab[T]) Add(list []T, v T) []T {
	n := len(list)
	if n > 0 && len(s.free) > 0 && &list[n-1] == &s.free[len(s.free)-1] && len(s.free) < cap(s.free) {
		s.free = append(s.free, v)
		m := len(s.free)
		return s.free[m-n-1 : m : m]
	}
	if cap(s.free)-len(s.free) < n+1 {
		size := max(8, 16<<10/int(max(1, unsafe.Sizeof(v))))
		s.free = make([]T, 0, max(size, 2*(n+1)))
	}
	s.free = append(append(s.free, list...), v)
	m := len(s.free)
	return s.free[m-n-1 : m : m]
}
