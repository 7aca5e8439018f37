package x12_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/edi/x12"
)

func TestFormat(t *testing.T) {
	lines := strings.ReplaceAll(whole, "~", "~\n")
	for _, c := range []struct {
		name, in string
		compact  bool
		want     string
	}{
		{"one segment a line", whole, false, lines},
		{"compact", "\xEF\xBB\xBF" + strings.ReplaceAll(whole, "~", "~\r\n  "), true, whole},
		{"newline as terminator", strings.ReplaceAll(whole, "~", "\n"), false, strings.ReplaceAll(whole, "~", "\n")},
		{"content untouched", strings.Replace(whole, "BPR*I*10*", "BPR*I*010.00*", 1), true, strings.Replace(whole, "BPR*I*10*", "BPR*I*010.00*", 1)},
		{"an unknown segment survives", strings.Replace(whole, "SE*3", "QQQ*1**~SE*4", 1), true, strings.Replace(whole, "SE*3", "QQQ*1**~SE*4", 1)},
	} {
		var out bytes.Buffer
		if err := x12.Format(&out, strings.NewReader(c.in), c.compact, func(e *x12.SyntaxError) { t.Error(c.name, e) }); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("%s: got %q, want %q", c.name, out.String(), c.want)
		}
	}
}

func TestCanonical(t *testing.T) {
	number := func(s *x12.Segment, element, component int) bool { return s.Is("AMT") && element == 2 }
	for _, c := range []struct{ in, want string }{
		{"AMT*D*0100.50", "AMT*D*100.5"}, {"AMT*D*-0.00", "AMT*D*0"}, {"AMT*D*.5", "AMT*D*0.5"}, {"AMT*D*-.50", "AMT*D*-0.5"},
		{"AMT*D*100", "AMT*D*100"}, {"AMT*D*000", "AMT*D*0"}, {"AMT*D*1e3", "AMT*D*1e3"}, {"AMT*D*.", "AMT*D*."}, {"AMT*D*-", "AMT*D*-"}, {"AMT*D*5.", "AMT*D*5"},
		{"REF*D*0100.50", "REF*D*0100.50"}, {"REF*D**", "REF*D"}, {"REF", "REF"}, {"REF**", "REF"},
		{"SV1*HC:99213:::*1", "SV1*HC:99213*1"}, {"SV1*:::*1", "SV1**1"}, {"X*A:^B:^", "X*A^B^"},
	} {
		in := strings.Replace(whole, "BPR*I*10*C*CHK************20260105", c.in, 1)
		var out bytes.Buffer
		if err := x12.Canonical(&out, strings.NewReader(in), true, number, nil); err != nil {
			t.Fatal(err)
		}
		if want := strings.Replace(whole, "BPR*I*10*C*CHK************20260105", c.want, 1); out.String() != want {
			t.Errorf("%s: got %q", c.in, out.String())
		}
		var again bytes.Buffer
		if err := x12.Canonical(&again, bytes.NewReader(out.Bytes()), true, number, nil); err != nil {
			t.Fatal(err)
		}
		if again.String() != out.String() {
			t.Errorf("%s: a second time it changes to %q", c.in, again.String())
		}
	}
}

type memory struct {
	bytes.Buffer
	closed bool
}

func (m *memory) Close() error { m.closed = true; return nil }

func TestSplit(t *testing.T) {
	second := strings.ReplaceAll(set, "0001", "0002")
	in := isa + gs + set + second + "GE*2*1~" + strings.Replace(gs, "*1*X", "*2*X", 1) + set + "GE*1*2~IEA*2*000000001~" + strings.ReplaceAll(whole, "~", "\n")
	parts := map[string]*memory{}
	err := x12.Split(strings.NewReader(in), func(p x12.Position, kind string) (io.WriteCloser, error) {
		m := &memory{}
		parts[fmt.Sprint(p.Interchange, p.Group, p.Transaction, " ", kind)] = m
		return m, nil
	}, func(e *x12.SyntaxError) { t.Error(e) })
	if err != nil {
		t.Fatal(err)
	}
	lines := func(s string) string { return strings.ReplaceAll(s, "~", "~\n") }
	want := map[string]string{
		"1 1 1 835": lines(whole),
		"1 1 2 835": lines(isa + gs + second + ge + iea),
		"1 2 1 835": lines(isa + strings.Replace(gs, "*1*X", "*2*X", 1) + set + "GE*1*2~" + iea),
		"2 1 1 835": strings.ReplaceAll(whole, "~", "\n"),
	}
	got := map[string]string{}
	for k, m := range parts {
		got[k] = m.String()
		if !m.closed {
			t.Errorf("%s is not closed", k)
		}
		if faults := strings.Join(read(t, strings.NewReader(m.String())), " "); strings.Contains(faults, "!") {
			t.Errorf("%s has faults: %s", k, faults)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What is cut short stays visibly incomplete.
func TestSplitOfATruncatedFile(t *testing.T) {
	var part *memory
	var faults []string
	err := x12.Split(strings.NewReader(isa+gs+"ST*835*0001~BPR*I~"), func(x12.Position, string) (io.WriteCloser, error) {
		part = &memory{}
		return part, nil
	}, func(e *x12.SyntaxError) { faults = append(faults, e.Code) })
	if err != nil || len(faults) != 3 {
		t.Fatal(err, faults)
	}
	if got := strings.Join(read(t, strings.NewReader(part.String())), " "); got != "ISA GS ST BPR !X12-SE-MISSING GE IEA" {
		t.Errorf("got %s", got)
	}
}
