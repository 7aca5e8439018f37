package x12_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

func TestWriterEnvelope(t *testing.T) {
	var out bytes.Buffer
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	w.BeginInterchange(x12.Interchange{SenderQualifier: "ZZ", Sender: "SENDER", ReceiverQualifier: "ZZ", Receiver: "RECEIVER", Date: "260105", Time: "0800", Control: "000000001", Usage: "T"})
	w.BeginGroup(x12.Group{FunctionalID: "HP", Sender: "SENDER", Receiver: "RECEIVER", Date: "20260105", Time: "0800", Control: "1", Version: "005010X221A1"})
	w.BeginTransaction("835", "0001", "")
	w.Segment("BPR").Elem("I").Cents(1000).Elem("C").Elem("CHK").Skip(11).Date(date.MustParse("2026-01-05")).End()
	w.EndTransaction()
	w.EndGroup()
	w.EndInterchange()
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if out.String() != whole {
		t.Errorf("got  %s\nwant %s", out.String(), whole)
	}
	if w.Offset() != int64(len(whole)) {
		t.Errorf("offset %d", w.Offset())
	}
}

func TestBuilder(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(*x12.Builder) *x12.Builder
		want  string
	}{
		{"nothing", func(b *x12.Builder) *x12.Builder { return b }, "ZZ~"},
		{"trailing empty elements", func(b *x12.Builder) *x12.Builder { return b.Elem("A").Elem("").Skip(3) }, "ZZ*A~"},
		{"inner empty elements", func(b *x12.Builder) *x12.Builder { return b.Elem("").Skip(1).Elem("A") }, "ZZ***A~"},
		{"trailing empty components", func(b *x12.Builder) *x12.Builder { return b.Comp("HC", "99213", "", "").Elem("1") }, "ZZ*HC:99213*1~"},
		{"an empty composite", func(b *x12.Builder) *x12.Builder { return b.Comp("", "").Elem("1") }, "ZZ**1~"},
		{"inner empty component", func(b *x12.Builder) *x12.Builder { return b.Comp("", "B") }, "ZZ*:B~"},
		{"components of bytes", func(b *x12.Builder) *x12.Builder {
			return b.Comp("BE", "A1").Component(nil).Component([]byte("5")).Component(nil).Elem("1")
		}, "ZZ*BE:A1::5*1~"},
		{"only empty components of bytes", func(b *x12.Builder) *x12.Builder { return b.Comp("BE", "A1").Component(nil).Component(nil) }, "ZZ*BE:A1~"},
		{"repetitions", func(b *x12.Builder) *x12.Builder { return b.Elem("A").Repeat("B").Repeat("C", "D", "") }, "ZZ*A^B^C:D~"},
		{"numbers", func(b *x12.Builder) *x12.Builder { return b.Int(-3).Cents(-1250).Cents(0) }, "ZZ*-3*-12.5*0~"},
		{"no date", func(b *x12.Builder) *x12.Builder { return b.Date(date.Date{}).Bytes([]byte("x")) }, "ZZ**x~"},
	} {
		var out bytes.Buffer
		w := x12.NewWriter(&out, x12.DefaultDelimiters())
		if err := c.build(w.Segment("ZZ")).End(); err != nil {
			t.Fatal(c.name, err)
		}
		w.Flush()
		if out.String() != c.want {
			t.Errorf("%s: got %s, want %s", c.name, out.String(), c.want)
		}
	}
}

func TestWriterRefusesDelimitersInData(t *testing.T) {
	for _, v := range []string{"A*B", "A:B", "A~B", "A^B", "A\nB", "\x7F"} {
		var out bytes.Buffer
		w := x12.NewWriter(&out, x12.DefaultDelimiters())
		w.BeginTransaction("837", "1", "005010X222A1")
		w.Segment("NM1").Elem("IL").Comp("", v).End()
		err := w.Flush()
		var data *x12.DataError
		if !errors.As(err, &data) {
			t.Fatalf("%q: got %v", v, err)
		}
		b := w.Segment("HI").Comp("BE", "A1").Component(nil).Component([]byte(v))
		if err := b.End(); !errors.As(err, new(*x12.DataError)) {
			t.Errorf("%q in a component of bytes: got %v", v, err)
		}
		if data.SegmentID != "NM1" || data.Segment != 2 || data.Element != 2 || data.Component != 2 {
			t.Errorf("%q: at %+v", v, data)
		}
		if strings.Contains(out.String(), "NM1") {
			t.Errorf("%q: the segment was written", v)
		}
	}
}

func TestWriterRefusesALongSender(t *testing.T) {
	w := x12.NewWriter(&bytes.Buffer{}, x12.DefaultDelimiters())
	err := w.BeginInterchange(x12.Interchange{Sender: strings.Repeat("X", 16)})
	if err == nil || !strings.Contains(err.Error(), "ISA06") {
		t.Errorf("got %v", err)
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	var out bytes.Buffer
	out.Grow(8 << 20)
	w := x12.NewWriter(&out, x12.DefaultDelimiters())
	amount := []byte("12.5")
	n := testing.AllocsPerRun(1000, func() {
		w.Segment("SV1").Comp("HC", "99213", "25").Cents(12500).Elem("UN").Int(1).Skip(2).Comp("1", "2").End()
		w.Segment("HI").Comp("BE", "A1").Component(nil).Component(amount).Component(nil).End()
		w.Segment("DTP").Elem("472").Elem("D8").Date(date.Date{Year: 2026, Month: 1, Day: 5}).End()
	})
	if n > 0 {
		t.Errorf("%.1f allocations for three segments", n)
	}
}

// What is written reads back the same, in any delimiters, and Copy into other
// delimiters and back gives the same bytes.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := []byte("*~:^|>\n\x1D\x1E\x1F!")
		picks := rapid.Permutation(pool).Draw(t, "delimiters")
		d := x12.Delimiters{Element: picks[0], Repetition: picks[1], Component: picks[2], Terminator: picks[3]}
		value := rapid.StringMatching(`[A-Za-z0-9 .-]{0,6}`)
		var out, back bytes.Buffer
		w := x12.NewWriter(&out, d)
		w.BeginInterchange(x12.Interchange{SenderQualifier: "ZZ", ReceiverQualifier: "ZZ", Sender: "S", Receiver: "R", Date: "260105", Time: "0800", Control: "000000001"})
		w.BeginGroup(x12.Group{FunctionalID: "HC", Sender: "S", Receiver: "R", Date: "20260105", Time: "0800", Control: "1", Version: "005010X222A1"})
		w.BeginTransaction("837", "0001", "")
		n := rapid.IntRange(0, 8).Draw(t, "segments")
		want := make([][][]string, n)
		for i := range n {
			b := w.Segment("REF")
			for range rapid.IntRange(0, 5).Draw(t, "elements") {
				parts := rapid.SliceOfN(value, 1, 4).Draw(t, "parts")
				b.Comp(parts...)
				want[i] = append(want[i], parts)
			}
			if err := b.End(); err != nil {
				t.Fatal(err)
			}
		}
		w.EndTransaction()
		w.EndGroup()
		w.EndInterchange()
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		r := x12.NewReader(bytes.NewReader(out.Bytes()))
		cw := x12.NewWriter(&back, d)
		for i := -3; ; i++ {
			s, err := r.Next()
			if err != nil {
				if i != n+3 {
					t.Fatalf("segment %d: %v", i, err)
				}
				break
			}
			if err := cw.Copy(s); err != nil {
				t.Fatal(err)
			}
			if i < 0 || i >= n {
				continue
			}
			for e, parts := range want[i] {
				for c, p := range parts {
					if got := string(s.Component(e+1, c+1)); got != p {
						t.Fatalf("REF%02d-%d is %q, want %q", e+1, c+1, got, p)
					}
				}
			}
		}
		cw.Flush()
		if !bytes.Equal(out.Bytes(), back.Bytes()) {
			t.Fatalf("copied %q, want %q", back.Bytes(), out.Bytes())
		}
	})
}

func ExampleWriter() {
	w := x12.NewWriter(os.Stdout, x12.DefaultDelimiters())
	w.LineBreaks = true
	w.BeginTransaction("837", "0001", "005010X222A1")
	w.Segment("NM1").Elem("85").Elem("2").Elem("LAKESIDE CLINIC").Skip(4).Elem("XX").Elem("1234567893").End()
	w.EndTransaction()
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// ST*837*0001*005010X222A1~
	// NM1*85*2*LAKESIDE CLINIC*****XX*1234567893~
	// SE*3*0001~
}
