package x12

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// DataError is data that cannot be written: it holds a delimiter or a control
// character, or it does not fit the envelope. The value itself is not part of
// the message, since it may be a patient's.
type DataError struct {
	SegmentID string
	Segment   int // 1-based in the transaction set; 0 outside
	Element   int // 1-based
	Component int // 1-based in a composite; 0 in a simple element
	Message   string
}

// Error returns the place and the reason.
func (e *DataError) Error() string {
	s := fmt.Sprintf("%s%02d", e.SegmentID, e.Element)
	if e.Component > 0 {
		s += "-" + strconv.Itoa(e.Component)
	}
	if e.Segment > 0 {
		s += fmt.Sprintf(" in segment %d of the transaction set", e.Segment)
	}
	return s + ": " + e.Message
}

// Writer writes canonical segments: trailing empty elements and components are
// dropped, nothing stands between segments unless LineBreaks asks for it. The
// first error stays; a segment in error is not written. Call Flush at the end.
type Writer struct {
	// LineBreaks puts a newline after each terminator.
	LineBreaks bool

	out *bufio.Writer
	d   Delimiters
	b   Builder
	err error

	inSet        bool
	segments     int // in the open transaction set
	sets, groups int
	isa, gs, st  string // open control numbers
	written      int64
}

// NewWriter returns a writer to w with the delimiters d.
func NewWriter(w io.Writer, d Delimiters) *Writer {
	x := &Writer{out: bufio.NewWriterSize(w, 64<<10), d: d}
	x.b.w = x
	x.b.buf = make([]byte, 0, 1024)
	if !d.valid() {
		x.err = fmt.Errorf("the delimiters %q %q %q cannot be told apart", d.Element, d.Component, d.Terminator)
	}
	return x
}

// Delimiters returns the writer's delimiters.
func (w *Writer) Delimiters() Delimiters { return w.d }

// Segments returns how many segments the open transaction set has so far, ST included.
func (w *Writer) Segments() int { return w.segments }

// Offset returns how many bytes have been written, which is the offset of the next segment.
func (w *Writer) Offset() int64 { return w.written }

// Err returns the first error.
func (w *Writer) Err() error { return w.err }

// Flush writes what is buffered and returns the first error.
func (w *Writer) Flush() error {
	if err := w.out.Flush(); w.err == nil && err != nil {
		w.err = err
	}
	return w.err
}

// Segment begins a segment. Add its elements in order and call End:
//
//	w.Segment("N4").Elem(city).Elem(state).Elem(zip).End()
//
// The builder is reused: finish a segment before the next begins.
func (w *Writer) Segment(id string) *Builder {
	b := &w.b
	b.buf = append(b.buf[:0], id...)
	b.id, b.element, b.err = id, 0, nil
	b.keep = len(b.buf)
	return b
}

// Copy writes a segment that was read, in this writer's delimiters.
func (w *Writer) Copy(s *Segment) error {
	switch s.ID() {
	case "ISA":
		return w.BeginInterchange(ParseInterchange(s))
	case "ST":
		w.inSet, w.segments = true, 0
	case "GS", "GE", "IEA", "TA1":
		w.inSet = false
	}
	b := w.Segment(s.ID())
	for n := 1; n <= s.Len(); n++ {
		b.next()
		for r := 1; r <= s.Repetitions(n); r++ {
			if r > 1 {
				b.separate(w.d.Repetition)
			}
			rep := s.Repetition(n, r)
			for c := 1; c <= count(rep, s.d.Component); c++ {
				if c > 1 {
					b.separate(w.d.Component)
				}
				b.data(nth(rep, c, s.d.Component), c)
			}
		}
	}
	return b.End()
}

// BeginInterchange writes ISA.
func (w *Writer) BeginInterchange(x Interchange) error {
	fill := func(v, zero string) string {
		if v == "" {
			return zero
		}
		return v
	}
	ack := "0"
	if x.AckRequested {
		ack = "1"
	}
	rep := string(w.d.Repetition)
	if w.d.Repetition == 0 {
		rep = "U"
	}
	fields := [...]struct {
		value string
		width int
	}{
		{fill(x.AuthorizationQualifier, "00"), 2}, {x.Authorization, 10}, {fill(x.SecurityQualifier, "00"), 2}, {x.Security, 10},
		{x.SenderQualifier, 2}, {x.Sender, 15}, {x.ReceiverQualifier, 2}, {x.Receiver, 15}, {x.Date, 6}, {x.Time, 4},
		{rep, 1}, {fill(x.Version, "00501"), 5}, {x.Control, 9}, {ack, 1}, {fill(x.Usage, "P"), 1}, {string(w.d.Component), 1},
	}
	b := w.Segment("ISA")
	for i, f := range fields {
		b.next()
		if len(f.value) > f.width {
			b.fail(0, fmt.Sprintf("longer than the %d characters of the envelope", f.width))
		}
		if i == 10 || i == 15 {
			b.buf = append(b.buf, f.value...)
		} else {
			b.data([]byte(f.value), 0)
		}
		for n := len(f.value); n < f.width; n++ {
			b.buf = append(b.buf, ' ')
		}
	}
	b.keep = len(b.buf)
	w.isa, w.groups, w.inSet = x.Control, 0, false
	return b.End()
}

// BeginGroup writes GS.
func (w *Writer) BeginGroup(g Group) error {
	w.gs, w.sets = g.Control, 0
	w.groups++
	return w.Segment("GS").Elem(g.FunctionalID).Elem(g.Sender).Elem(g.Receiver).Elem(g.Date).Elem(g.Time).
		Elem(g.Control).Elem("X").Elem(g.Version).End()
}

// BeginTransaction writes ST; version is ST03 and may be empty, as in an 835.
func (w *Writer) BeginTransaction(kind, control, version string) error {
	w.st, w.inSet, w.segments = control, true, 0
	w.sets++
	return w.Segment("ST").Elem(kind).Elem(control).Elem(version).End()
}

// EndTransaction writes SE with its count.
func (w *Writer) EndTransaction() error {
	err := w.Segment("SE").Int(int64(w.segments + 1)).Elem(w.st).End()
	w.inSet = false
	return err
}

// EndGroup writes GE with its count.
func (w *Writer) EndGroup() error {
	return w.Segment("GE").Int(int64(w.sets)).Elem(w.gs).End()
}

// EndInterchange writes IEA with its count.
func (w *Writer) EndInterchange() error {
	return w.Segment("IEA").Int(int64(w.groups)).Elem(w.isa).End()
}

// Builder collects the elements of one segment.
type Builder struct {
	w       *Writer
	id      string
	buf     []byte
	keep    int // length up to the last element that is not empty
	element int
	parted  int  // components of the last element, a composite
	open    bool // Component added to it: empty ones may stand at its end
	err     error
}

// Elem adds a simple element; "" adds an empty one.
func (b *Builder) Elem(v string) *Builder {
	b.next()
	appendData(b, v, 0)
	return b
}

// Bytes adds a simple element.
func (b *Builder) Bytes(v []byte) *Builder {
	b.next()
	b.data(v, 0)
	return b
}

// Int adds a whole number.
func (b *Builder) Int(v int64) *Builder {
	b.next()
	b.buf = strconv.AppendInt(b.buf, v, 10)
	b.keep = len(b.buf)
	return b
}

// Cents adds an amount in its shortest form; zero is "0".
func (b *Builder) Cents(v money.Cents) *Builder {
	b.next()
	b.buf = v.Append(b.buf)
	b.keep = len(b.buf)
	return b
}

// Date adds a day as CCYYMMDD; no date adds an empty element.
func (b *Builder) Date(v date.Date) *Builder {
	b.next()
	if v.IsZero() {
		return b
	}
	n := v.Year*10000 + int(v.Month)*100 + v.Day
	for div := 10000000; div > 0; div /= 10 {
		b.buf = append(b.buf, byte('0'+n/div%10))
	}
	b.keep = len(b.buf)
	return b
}

// Skip adds n empty elements.
func (b *Builder) Skip(n int) *Builder {
	for ; n > 0; n-- {
		b.next()
	}
	return b
}

// Comp adds a composite element; trailing empty components are dropped.
func (b *Builder) Comp(parts ...string) *Builder {
	b.next()
	b.parts(parts)
	b.parted = len(parts)
	return b
}

// Component adds another component to the composite that Comp began, whose last
// part must not be empty: for values that are bytes already. As with Comp, empty
// ones at the end are dropped.
func (b *Builder) Component(v []byte) *Builder {
	b.separate(b.w.d.Component)
	b.parted, b.open = b.parted+1, true
	b.data(v, b.parted)
	return b
}

// Repeat adds another repetition to the last element, a composite if several
// parts are given.
func (b *Builder) Repeat(parts ...string) *Builder {
	if b.w.d.Repetition == 0 {
		b.fail(0, "the element repeats, but the interchange has no repetition separator")
		return b
	}
	b.separate(b.w.d.Repetition)
	b.parts(parts)
	return b
}

func (b *Builder) parts(parts []string) {
	for i, p := range parts {
		if i > 0 {
			b.separate(b.w.d.Component)
		}
		appendData(b, p, i+1)
	}
	b.buf = b.buf[:max(b.keep, b.start())]
}

// start returns the place behind the last element separator.
func (b *Builder) start() int {
	for i := len(b.buf) - 1; i >= 0; i-- {
		if b.buf[i] == b.w.d.Element {
			return i + 1
		}
	}
	return len(b.id)
}

// End writes the segment.
func (b *Builder) End() error {
	w := b.w
	if w.inSet {
		w.segments++
	}
	if b.err != nil {
		if w.err == nil {
			w.err = b.err
		}
		return b.err
	}
	if w.err != nil {
		return w.err
	}
	b.buf = append(b.buf[:b.keep], w.d.Terminator)
	if w.LineBreaks && w.d.Terminator != '\n' {
		b.buf = append(b.buf, '\n')
	}
	w.written += int64(len(b.buf))
	if _, err := w.out.Write(b.buf); err != nil {
		w.err = err
	}
	return w.err
}

func (b *Builder) next() {
	if b.open {
		b.buf, b.open = b.buf[:max(b.keep, b.start())], false
	}
	b.buf = append(b.buf, b.w.d.Element)
	b.element++
}

func (b *Builder) separate(c byte) { b.buf = append(b.buf, c) }

func (b *Builder) data(v []byte, component int) { appendData(b, v, component) }

func appendData[T string | []byte](b *Builder, v T, component int) {
	d := &b.w.d
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == d.Element || c == d.Component || c == d.Terminator || c == d.Repetition && c != 0:
			b.fail(component, fmt.Sprintf("the data holds %q, which is a delimiter of this interchange; remove it or choose other delimiters", c))
			return
		case c < ' ' || c == 0x7F:
			b.fail(component, fmt.Sprintf("the data holds the control character %#02x; remove it", c))
			return
		}
	}
	if len(v) > 0 {
		b.buf = append(b.buf, v...)
		b.keep = len(b.buf)
	}
}

func (b *Builder) fail(component int, message string) {
	if b.err != nil {
		return
	}
	n := 0
	if b.w.inSet {
		n = b.w.segments + 1
	}
	b.err = &DataError{SegmentID: b.id, Segment: n, Element: b.element, Component: component, Message: message}
}
