package x12_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/x12"
)

// What a reader says of a transaction set in the middle of a file is what a
// reader of the whole file says of it: the segments, their positions, and the
// faults.
func TestReaderAt(t *testing.T) {
	set := func(control, body string) string {
		return "ST*835*" + control + "~\n" + body + "SE*3*" + control + "~\n"
	}
	isa := func(control string) string {
		return "ISA*00*          *00*          *ZZ*CH             *ZZ*LAKE           *220307*1200*^*00501*" + control + "*0*P*:~\n"
	}
	gs := func(n int) string { return fmt.Sprintf("GS*HP*CH*LAKE*20220307*1200*%d*X*005010X221A1~\n", n) }
	content := isa("000000001") + gs(1) + set("0001", "BPR*I*1~\n") + set("0002", "BPR*I*2~\n") + "GE*2*1~\n" +
		gs(2) + set("0003", "BPR*I*3~\nLX*1~\n") + set("0004", "BPR*I*4~\n") + "GE*9*2~\nIEA*2*000000001~\n" +
		isa("000000002") + gs(3) + set("0005", "BPR*I*5~\n") + "GE*1*3~\n"
	tell := func(r *x12.Reader, from int64) string {
		var b strings.Builder
		for {
			s, err := r.Next()
			var fault *x12.SyntaxError
			switch {
			case errors.Is(err, io.EOF):
				return b.String()
			case errors.As(err, &fault):
				if fault.Position.Offset >= from {
					fmt.Fprintln(&b, fault)
				}
			case err != nil:
				t.Fatal(err)
			case s.Position().Offset >= from:
				fmt.Fprintf(&b, "%s %s*%s\n", s.Position(), s.Element(0), s.Element(1))
			}
		}
	}
	whole := x12.NewReader(strings.NewReader(content))
	var isaAt, gsAt, sets int64
	for {
		s, err := whole.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			continue
		}
		at := s.Position()
		switch {
		case s.Is("ISA"):
			isaAt = at.Offset
		case s.Is("GS"):
			gsAt = at.Offset
		case s.Is("ST"):
			sets++
			end := gsAt + int64(strings.IndexByte(content[gsAt:], '~')) + 1
			envelope := content[isaAt:isaAt+106] + content[gsAt:end]
			r := x12.NewReaderAt([]byte(envelope), strings.NewReader(content[at.Offset:]), at)
			for _, want := range []string{"ISA", "GS"} {
				if s, err := r.Next(); err != nil || !s.Is(want) {
					t.Fatalf("set %d begins with %v, %v, want %s", sets, s, err, want)
				}
			}
			if got, want := tell(r, 0), tell(x12.NewReader(strings.NewReader(content)), at.Offset); got != want {
				t.Errorf("set %d read alone:\n%s\nread in the file:\n%s", sets, got, want)
			}
		}
	}
	if sets != 5 {
		t.Fatalf("%d sets were compared, want 5", sets)
	}
}

// An envelope that is none is told as such, and the input ends.
func TestReaderAtWithoutEnvelope(t *testing.T) {
	r := x12.NewReaderAt([]byte("GS*HP~"), strings.NewReader("ST*835*0001~"), x12.Position{Offset: 500, Interchange: 1, Group: 1, Transaction: 7})
	_, err := r.Next()
	var fault *x12.SyntaxError
	if !errors.As(err, &fault) || fault.Code != x12.CodeNotX12 {
		t.Errorf("got %v, want %s", err, x12.CodeNotX12)
	}
}
