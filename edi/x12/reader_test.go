package x12_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/edi/x12"
)

const (
	isa = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~"
	gs  = "GS*HP*SENDER*RECEIVER*20260105*0800*1*X*005010X221A1~"
	set = "ST*835*0001~BPR*I*10*C*CHK************20260105~SE*3*0001~"
	ge  = "GE*1*1~"
	iea = "IEA*1*000000001~"

	whole = isa + gs + set + ge + iea
)

// read returns what the reader delivers: segments as their bytes, faults as "!CODE".
func read(t testing.TB, src io.Reader) []string {
	t.Helper()
	var got []string
	r := x12.NewReader(src)
	for {
		s, err := r.Next()
		var syntax *x12.SyntaxError
		switch {
		case err == io.EOF:
			return got
		case errors.As(err, &syntax):
			if syntax.Message == "" || syntax.Fix == "" {
				t.Errorf("fault %s without message or fix", syntax.Code)
			}
			got = append(got, "!"+syntax.Code)
		case err != nil:
			t.Fatal(err)
		default:
			got = append(got, s.ID())
		}
	}
}

func TestReader(t *testing.T) {
	clean := "ISA GS ST BPR SE GE IEA"
	crlf := func(s string) string { return strings.ReplaceAll(s, "~", "~\r\n") }
	delims := func(s string, e, c, rep, term string) string {
		return strings.NewReplacer("*", e, ":", c, "^", rep, "~", term).Replace(s)
	}
	for _, c := range []struct{ name, in, want string }{
		{"plain", whole, clean},
		{"line breaks", crlf(whole), clean},
		{"indented", strings.ReplaceAll(whole, "~", "~\n \t"), clean},
		{"byte-order mark", "\xEF\xBB\xBF" + whole, clean},
		{"blank lines first", "\r\n\n" + whole, clean},
		{"newline as terminator", delims(whole, "*", ":", "^", "\n"), clean},
		{"CRLF as terminator", delims(whole, "*", ":", "^", "\r\n"), clean},
		{"empty lines", delims(whole, "*", ":", "^", "\n\n"), clean},
		{"control characters as delimiters", delims(whole, "\x1D", "\x1F", "\x1C", "\x1E"), clean},
		{"tab as element separator", delims(whole, "\t", ":", "^", "~"), clean},
		{"no repetition separator", strings.Replace(whole, "*^*", "*U*", 1), clean},
		{"two interchanges, other delimiters", whole + delims(whole, "|", ">", "^", "\n"), clean + " " + clean},
		{"fillers at the end", whole + "\n\x00\x00\x1A", clean},
		{"IEA without terminator", strings.TrimSuffix(whole, "~"), clean},
		{"IEA without terminator, then a line break", strings.TrimSuffix(whole, "~") + "\r\n", clean},
		{"TA1 between ISA and GS", isa + "TA1*000000001*260105*0800*A*000~" + gs + set + ge + iea, "ISA TA1 GS ST BPR SE GE IEA"},
		{"two sets", isa + gs + set + set + "GE*2*1~" + iea, "ISA GS ST BPR SE ST BPR SE GE IEA"},
		{"leading zeros in GE02", strings.Replace(whole, "GE*1*1", "GE*01*0001", 1), clean},

		{"empty", "", "!X12-EMPTY"},
		{"only blanks", "\r\n  ", "!X12-EMPTY"},
		{"not X12", "%PDF-1.7 something else", "!X12-NOTX12"},
		{"not X12, long", strings.Repeat("ISABEL WAS HERE ", 20000), "!X12-NOTX12"},
		{"noise", strings.Repeat("\x01\x02\xff", 90000), "!X12-NOTX12"},
		{"short ISA", "ISA*00**00**ZZ*A*ZZ*B*260105*0800*^*00501*1*0*T*:~" + gs + set + ge + iea, "!X12-ISA"},
		{"ISA cut", isa[:60], "!X12-ISA"},
		{"delimiters alike", strings.Replace(whole, "*:~", "*~~", 1), "!X12-ISA"},
		{"text first", "Dear partner,\n" + whole, "!X12-GARBAGE " + clean},
		{"trailing garbage", whole + "-- \nsent by mail", clean + " !X12-GARBAGE"},
		{"garbage between", whole + "xx" + whole, clean + " !X12-GARBAGE " + clean},
		{"bad ISA between", whole + "ISA*bad~" + whole, clean + " !X12-ISA " + clean},
		{"nested ISA", isa + gs + "ST*835*0001~BPR*I~" + whole, "ISA GS ST BPR !X12-SE-MISSING !X12-GE-MISSING !X12-IEA-MISSING " + clean},
		{"no IEA", isa + gs + set + ge, "ISA GS ST BPR SE GE !X12-IEA-MISSING"},
		{"no GE", isa + gs + set + iea, "ISA GS ST BPR SE !X12-GE-MISSING IEA"},
		{"no SE", isa + gs + "ST*835*0001~BPR*I~" + ge + iea, "ISA GS ST BPR !X12-SE-MISSING GE IEA"},
		{"ends in a set", isa + gs + "ST*835*0001~BPR*I~", "ISA GS ST BPR !X12-SE-MISSING !X12-GE-MISSING !X12-IEA-MISSING"},
		{"ends in a segment", isa + gs + "ST*835*0001~BPR*I*1", "ISA GS ST !X12-TRUNCATED !X12-SE-MISSING !X12-GE-MISSING !X12-IEA-MISSING"},
		{"ST in ST", isa + gs + "ST*835*0001~BPR*I~" + set + "GE*2*1~" + iea, "ISA GS ST BPR !X12-SE-MISSING ST BPR SE GE IEA"},
		{"wrong SE01", strings.Replace(whole, "SE*3", "SE*4", 1), "ISA GS ST BPR !X12-SE-COUNT SE GE IEA"},
		{"wrong SE02", strings.Replace(whole, "SE*3*0001", "SE*3*0002", 1), "ISA GS ST BPR !X12-SE-CONTROL SE GE IEA"},
		{"wrong GE01", strings.Replace(whole, "GE*1", "GE*2", 1), "ISA GS ST BPR SE !X12-GE-COUNT GE IEA"},
		{"wrong GE02", strings.Replace(whole, "GE*1*1", "GE*1*2", 1), "ISA GS ST BPR SE !X12-GE-CONTROL GE IEA"},
		{"wrong IEA01", strings.Replace(whole, "IEA*1", "IEA*x", 1), "ISA GS ST BPR SE GE !X12-IEA-COUNT IEA"},
		{"wrong IEA02", strings.Replace(whole, "IEA*1*000000001", "IEA*1*000000002", 1), "ISA GS ST BPR SE GE !X12-IEA-CONTROL IEA"},
		{"SE twice", isa + gs + set + "SE*3*0001~" + ge + iea, "ISA GS ST BPR SE !X12-SE-UNEXPECTED SE GE IEA"},
		{"ST outside a group", isa + set + iea, "ISA !X12-ST-UNEXPECTED ST BPR SE !X12-IEA-COUNT IEA"},
		{"data outside a set", isa + gs + "NM1*85~" + set + ge + iea, "ISA GS !X12-OUTSIDE NM1 ST BPR SE GE IEA"},
		{"empty segment", strings.Replace(whole, "BPR", "~BPR", 1), "ISA GS ST !X12-SEGMENT-EMPTY BPR SE GE IEA"},
		{"a segment too long", isa + gs + "ST*835*0001~BPR*" + strings.Repeat("9", 300000) + "~SE*3*0001~" + ge + iea, "ISA GS ST !X12-SEGMENT-LENGTH SE GE IEA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(read(t, strings.NewReader(c.in)), " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if len(c.in) < 100000 {
				a := read(t, strings.NewReader(c.in))
				b := read(t, iotest.OneByteReader(strings.NewReader(c.in)))
				if d := cmp.Diff(a, b); d != "" {
					t.Errorf("read byte by byte it differs: %s", d)
				}
			}
		})
	}
}

func TestPositions(t *testing.T) {
	in := isa + "\r\n" + gs + set + strings.Replace(set, "0001", "0002", 2) + "GE*2*1~" + iea
	r := x12.NewReader(strings.NewReader(in))
	var got []string
	for {
		s, err := r.Next()
		if err != nil {
			break
		}
		p := s.Position()
		if !strings.HasPrefix(in[p.Offset:], string(s.Raw())) {
			t.Errorf("offset %d of %s is not its first byte", p.Offset, s.ID())
		}
		for n := 1; n <= s.Len(); n++ {
			if o := s.ElementOffset(n); !strings.HasPrefix(in[o:], s.String(n)) {
				t.Errorf("offset %d of %s%02d is wrong", o, s.ID(), n)
			}
		}
		got = append(got, fmt.Sprint(s.ID(), p.Interchange, p.Group, p.Transaction, p.Segment))
	}
	want := []string{"ISA1 0 0 0", "GS1 1 0 0", "ST1 1 1 1", "BPR1 1 1 2", "SE1 1 1 3", "ST1 1 2 1", "BPR1 1 2 2", "SE1 1 2 3", "GE1 1 0 0", "IEA1 0 0 0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestSegment(t *testing.T) {
	s := x12.ParseSegment([]byte("HI*ABK:J20^ABF:R05**X:*"), x12.DefaultDelimiters())
	for _, c := range []struct {
		what string
		got  any
		want any
	}{
		{"id", s.ID(), "HI"},
		{"is", s.Is("HI") && !s.Is("H"), true},
		{"length", s.Len(), 4},
		{"element", s.String(1), "ABK:J20^ABF:R05"},
		{"element absent", s.Element(5) == nil && s.Element(0) == nil, true},
		{"element empty", s.Element(2) != nil && len(s.Element(2)) == 0, true},
		{"repetitions", s.Repetitions(1), 2},
		{"repetitions of an empty element", s.Repetitions(2), 0},
		{"repetition", string(s.Repetition(1, 2)), "ABF:R05"},
		{"components", s.Components(1), 2},
		{"component of the first repetition", string(s.Component(1, 2)), "J20"},
		{"component of the second", string(s.RepetitionComponent(1, 2, 1)), "ABF"},
		{"component absent", s.Component(1, 3) == nil, true},
		{"empty component", s.Component(3, 2) != nil && len(s.Component(3, 2)) == 0, true},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestCloneSurvives(t *testing.T) {
	r := x12.NewReader(strings.NewReader(whole))
	s, _ := r.Next()
	c := s.Clone()
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	if c.ID() != "ISA" || c.String(13) != "000000001" || c.String(16) != ":" || c.Components(16) != 1 {
		t.Errorf("the clone changed: %q", c.Raw())
	}
}

func TestUnread(t *testing.T) {
	r := x12.NewReader(strings.NewReader(whole))
	r.Next()
	a, _ := r.Next()
	first := string(a.Raw())
	r.Unread()
	b, err := r.Next()
	if err != nil || string(b.Raw()) != first {
		t.Errorf("got %v, want %s again", b, first)
	}
	if c, _ := r.Next(); c.ID() != "ST" {
		t.Errorf("after it comes %s", c.ID())
	}
}

func TestInputError(t *testing.T) {
	broken := errors.New("disk")
	r := x12.NewReader(io.MultiReader(strings.NewReader(isa+gs), iotest.ErrReader(broken)))
	var last error
	for range 20 {
		if _, last = r.Next(); last != nil {
			break
		}
	}
	if !errors.Is(last, broken) {
		t.Errorf("got %v, want the error of the input", last)
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	for n := range len(whole) - 1 {
		got := read(t, strings.NewReader(whole[:n]))
		if len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "!") {
			t.Fatalf("cut at byte %d: no fault in %v", n, got)
		}
	}
}

// A segment of 1 GB is skipped in flat memory and the rest is read.
func TestEndlessSegment(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := x12.NewReader(io.MultiReader(strings.NewReader(isa+gs+"ST*835*0001~BPR*"),
		io.LimitReader(zeros{}, 1<<30), strings.NewReader("~SE*3*0001~"+ge+iea)))
	var got []string
	for {
		s, err := r.Next()
		var syntax *x12.SyntaxError
		if errors.As(err, &syntax) {
			got = append(got, syntax.Code)
			continue
		}
		if err != nil {
			break
		}
		got = append(got, s.ID())
	}
	runtime.ReadMemStats(&after)
	if d := cmp.Diff([]string{"ISA", "GS", "ST", x12.CodeSegmentLength, "SE", "GE", "IEA"}, got); d != "" {
		t.Error(d)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

type zeros struct{}

var zeroText = bytes.Repeat([]byte{'0'}, 1<<16)

func (zeros) Read(p []byte) (int, error) { return copy(p, zeroText), nil }

func TestReaderDoesNotAllocatePerSegment(t *testing.T) {
	in := []byte(isa + gs + "ST*835*0001~" + strings.Repeat("CAS*CO*45*12.34**253*1~", 5000) + "SE*5002*0001~" + ge + iea)
	r := x12.NewReader(nil)
	n := testing.AllocsPerRun(5, func() {
		r.Reset(bytes.NewReader(in))
		for {
			s, err := r.Next()
			if err != nil {
				return
			}
			_ = s.ID()
		}
	})
	if n > 20 {
		t.Errorf("%.0f allocations for 5000 segments", n)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{whole, whole + whole, isa, "", "ISA", strings.ReplaceAll(whole, "~", "\n"), isa + gs + "ST*835*1~~~SE~GE~IEA~", "\xEF\xBB\xBF" + whole[:200]} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := x12.NewReader(bytes.NewReader(in))
		last := int64(-1)
		for {
			s, err := r.Next()
			var syntax *x12.SyntaxError
			if errors.As(err, &syntax) {
				if o := syntax.Position.Offset; o < 0 || o > int64(len(in)) {
					t.Fatalf("fault at %d of %d bytes", o, len(in))
				}
				continue
			}
			if err != nil {
				return
			}
			p := s.Position()
			if p.Offset <= last {
				t.Fatalf("segments at %d, then at %d", last, p.Offset)
			}
			last = p.Offset
			if !bytes.HasPrefix(in[p.Offset:], s.Raw()) {
				t.Fatal("the segment is not what stands at its offset")
			}
			for n := 0; n <= s.Len()+1; n++ {
				s.Component(n, s.Components(n))
				s.Repetition(n, s.Repetitions(n))
			}
		}
	})
}

func ExampleReader() {
	r := x12.NewReader(strings.NewReader(whole))
	for {
		s, err := r.Next()
		if err != nil {
			break
		}
		if s.Is("BPR") {
			fmt.Printf("%s pays %s at byte %d\n", s.ID(), s.String(2), s.Position().Offset)
		}
	}
	// Output: BPR pays 10 at byte 171
}
