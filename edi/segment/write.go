package segment

import (
	"io"
	"slices"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Writer writes the segments of loops and puts the unknown ones back in their
// places. Its first error stays and names the segment and element.
type Writer struct {
	*x12.Writer
	unknown []Unknown
	count   int
	id      string
	err     error
	scratch [40]byte
}

// NewWriter returns a writer to w.
func NewWriter(w io.Writer, d x12.Delimiters) *Writer {
	if d == (x12.Delimiters{}) {
		d = x12.DefaultDelimiters()
	}
	return &Writer{Writer: x12.NewWriter(w, d)}
}

// Err returns the first error.
func (w *Writer) Err() error {
	if w.err != nil {
		return w.err
	}
	return w.Writer.Err()
}

// Loop begins a loop and completes the one before. The segments of a loop are
// written before its subordinate loops.
func (w *Writer) Loop(unknown []Unknown) { w.Resume(unknown, 0) }

// Resume goes on with a loop of which count segments were written, after its
// subordinate loops.
func (w *Writer) Resume(unknown []Unknown, count int) {
	if len(w.unknown) > 0 {
		w.flush(int(^uint(0) >> 1))
	}
	w.unknown, w.count = unknown, count
}

// flush writes the unknown segments that stand after at most n known ones.
func (w *Writer) flush(n int) {
	for len(w.unknown) > 0 && w.unknown[0].After <= n {
		u := &w.unknown[0]
		w.unknown = w.unknown[1:]
		if u.blank() {
			continue
		}
		b := w.Segment(u.ID)
		for _, e := range u.Elements {
			switch {
			case len(e) == 0:
				b.Skip(1)
				continue
			case len(e[0]) == 1:
				b.Elem(e[0][0])
			default:
				b.Comp(e[0]...)
			}
			for _, rep := range e[1:] {
				b.Repeat(rep...)
			}
		}
		_ = b.End() // the writer keeps the error
	}
}

// Holds reports whether a segment of the identifier is among the unknown ones:
// one that could not be read and is written back as it stood.
func Holds(unknown []Unknown, id string) bool {
	return slices.ContainsFunc(unknown, func(u Unknown) bool { return u.ID == id })
}

// blank reports whether nothing of the segment would be left in canonical form.
func (u *Unknown) blank() bool {
	if u.ID != "" {
		return false
	}
	for _, reps := range u.Elements {
		for _, components := range reps {
			if slices.ContainsFunc(components, func(c string) bool { return c != "" }) {
				return false
			}
		}
	}
	return true
}

// Seg begins a known segment of the loop.
func (w *Writer) Seg(id string) *x12.Builder {
	if len(w.unknown) > 0 && w.count > 0 {
		w.flush(w.count)
	}
	w.count++
	w.id = id
	return w.Segment(id)
}

// Opened counts ST, which was written by BeginTransaction, as the first segment
// of the loop.
func (w *Writer) Opened() { w.count = 1 }

// Refuse records that element n of the segment that comes next, id, cannot be
// written.
func (w *Writer) Refuse(id string, n int, message string) {
	if w.Err() == nil {
		w.err = &x12.DataError{SegmentID: id, Segment: w.Segments() + 1, Element: n, Message: message}
	}
}

// Need refuses an empty value of element n of the segment that comes next, id.
func (w *Writer) Need(id string, n int, v string) {
	if v == "" {
		w.Refuse(id, n, "the guide requires a value, and there is none")
	}
}

// NeedDate refuses the absence of a day in element n of the segment that comes next, id.
func (w *Writer) NeedDate(id string, n int, d date.Date) {
	if d.IsZero() {
		w.Refuse(id, n, "the guide requires a date, and there is none")
	} else if d.Year < 0 || d.Year > 9999 {
		w.Refuse(id, n, "the year does not fit four digits")
	}
}

// Finish completes the last loop, flushes and returns the first error.
func (w *Writer) Finish() error {
	w.Loop(nil)
	if err := w.Flush(); err != nil {
		return err
	}
	return w.Err()
}

// Dec adds a number in its shortest form.
func (w *Writer) Dec(b *x12.Builder, v decimal.Decimal) *x12.Builder {
	return b.Bytes(AppendDecimal(w.scratch[:0], v))
}

// OptDec adds a number, or an empty element.
func (w *Writer) OptDec(b *x12.Builder, v Optional[decimal.Decimal]) *x12.Builder {
	if !v.Present {
		return b.Skip(1)
	}
	return w.Dec(b, v.Value)
}

// OptCents adds an amount, or an empty element.
func OptCents(b *x12.Builder, v Optional[money.Cents]) *x12.Builder {
	if !v.Present {
		return b.Skip(1)
	}
	return b.Cents(v.Value)
}
