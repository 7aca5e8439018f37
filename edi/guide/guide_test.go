package guide_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/x12"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGuidesAreWhole(t *testing.T) {
	want := map[string]struct {
		loops, segments int // at least
		has             []string
	}{
		"837P":  {40, 200, []string{"2010AC/NM1", "2330G/REF", "2410/CTP", "2420H/N4", "2430/SVD", "2440/FRM", "2400/CR3", "2300/HCP"}},
		"837I":  {36, 150, []string{"2300/CL1", "2330I/REF", "2420D/NM1", "2320/MIA", "2410/LIN"}},
		"837D":  {34, 150, []string{"2300/DN2", "2400/TOO", "2330H/NM1", "2310D/PRV"}},
		"835":   {6, 50, []string{"2000/TS2", "2100/MIA", "2110/LQ", "SUMMARY/PLB", "1000B/RDM"}},
		"999":   {4, 8, []string{"2110/IK4", "2100/CTX", "HEADER/AK9"}},
		"277CA": {12, 35, []string{"2200D/STC", "2220D/SVC", "2200B/QTY"}},
	}
	for _, g := range guide.All() {
		w, ok := want[g.Name]
		if !ok {
			t.Errorf("guide %s is not expected", g.Name)
			continue
		}
		delete(want, g.Name)
		loops := map[string]bool{}
		for i, s := range g.Segments() {
			loops[s.Loop] = true
			if s.Index != i || s.Name == "" || s.Title == "" || len(s.Elements) == 0 {
				t.Errorf("%s %s %s is not complete", g.Name, s.Loop, s.ID)
			}
			required := 0
			for _, e := range s.Elements {
				if e.Usage == guide.Required {
					required++
				}
				if e.Mandatory && e.Usage == guide.NotUsed {
					t.Errorf("%s %s %s (%s): the standard requires %s, the guide leaves it out", g.Name, s.Loop, s.ID, s.Name, e.Name)
				}
				for _, c := range e.Components {
					if e.Usage != guide.NotUsed && c.Mandatory && c.Usage == guide.NotUsed {
						t.Errorf("%s %s %s (%s): the standard requires %s of %s", g.Name, s.Loop, s.ID, s.Name, c.Name, e.Name)
					}
				}
			}
			if required == 0 && !slices.Contains([]string{"PAT", "MOA", "TS2", "CR2", "DN1"}, s.ID) {
				t.Errorf("%s %s %s (%s) requires nothing", g.Name, s.Loop, s.ID, s.Name)
			}
		}
		for _, h := range w.has {
			loop, id, _ := strings.Cut(h, "/")
			loop = strings.Replace(loop, "HEADER/", "", 1)
			if g.Find(loop, id, 0) == nil && (loop != "HEADER" || g.Find("DETAIL", id, 0) == nil) {
				t.Errorf("%s has no %s", g.Name, h)
			}
		}
		if len(loops) < w.loops || len(g.Segments()) < w.segments {
			t.Errorf("%s has %d loops and %d segments", g.Name, len(loops), len(g.Segments()))
		}
	}
	for name := range want {
		t.Errorf("guide %s is missing", name)
	}
}

func TestVersions(t *testing.T) {
	for _, c := range []struct{ set, version, want string }{
		{"837", "005010X222A1", "837P"}, {"837", "005010X222A2", "837P"}, {"837", "005010X223A2", "837I"}, {"837", "005010X223A3", "837I"},
		{"837", "005010X224A2", "837D"}, {"837", "005010X224A3", "837D"}, {"835", "005010X221A1", "835"}, {"999", "005010X231A1", "999"},
		{"277", "005010X214", "277CA"}, {"837", "004010X098A1", ""}, {"277", "005010X212", ""}, {"850", "005010", ""},
	} {
		got := ""
		if g := guide.For([]byte(c.set), []byte(c.version)); g != nil {
			got = g.Name
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.set, c.version, got, c.want)
		}
	}
	if g := guide.Nearest([]byte("837"), []byte("005010X223")); g == nil || g.Name != "837I" {
		t.Errorf("the nearest guide is %v", g)
	}
}

// walk runs one transaction set and returns what is found, one line each.
func walk(t testing.TB, g *guide.Guide, body string) []string {
	t.Helper()
	in := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~GS*HC*S1*R1*20260105*0800*1*X*005010X222A1~" +
		body + "GE*1*1~IEA*1*000000001~"
	r := x12.NewReader(strings.NewReader(in))
	var got []string
	var w guide.Walker
	w.Report = func(f *guide.Finding) {
		got = append(got, fmt.Sprintf("%s %s %s %d IK3 %s IK4 %s", f.Code, f.Loop, f.SegmentID, f.Position.Segment, f.IK304, f.IK403))
	}
	w.Start(g)
	for {
		s, err := r.Next()
		var fault *x12.SyntaxError
		if errors.As(err, &fault) {
			continue
		}
		if err != nil {
			return got
		}
		if s.Position().Segment > 0 {
			w.Segment(s)
		}
		if s.Is("SE") {
			w.End(s.Position())
		}
	}
}

const remittance = "ST*835*0001~BPR*I*0*C*NON************20260105~TRN*1*T*1512345678~N1*PR*PAYER~N3*1 WAY~N4*HARTFORD*CT*06103~PER*BL*X*TE*5555550100~" +
	"N1*PE*CLINIC*XX*1234567893~LX*1~CLP*A*1*10*0*10*12*I*11*1~CAS*PR*1*10~NM1*QC*1*DOE*JO~SE*13*0001~"

// After a fault the walk goes on in the right loop: one fault gives one finding.
func TestRecovery(t *testing.T) {
	g := guide.ByName("835")
	for _, c := range []struct{ name, from, to, want string }{
		{"nothing wrong", "", "", ""},
		{"a segment of another guide", "LX*1~", "SBR*P*18~LX*1~", "X12-SEG-NOTUSED 1000B SBR 9 IK3 6 IK4 "},
		{"a segment of nobody", "LX*1~", "XYZ*P~LX*1~", "X12-SEG-UNKNOWN 1000B XYZ 9 IK3  IK4 "},
		{"a required segment missing", "TRN*1*T*1512345678~", "", "X12-SEG-MISSING HEADER TRN 3 IK3 I8 IK4 "},
		{"missing by the standard", "BPR*I*0*C*NON************20260105~", "", "X12-SEG-MISSING HEADER BPR 2 IK3 3 IK4 "},
		{"a required loop missing", "N1*PE*CLINIC*XX*1234567893~", "", "X12-LOOP-MISSING 1000B N1 8 IK3 I7 IK4 "},
		{"too late", "CAS*PR*1*10~NM1*QC*1*DOE*JO~", "NM1*QC*1*DOE*JO~CAS*PR*1*10~", "X12-SEG-ORDER 2100 CAS 12 IK3 7 IK4 "},
		{"once too often", "TRN*1*T*1512345678~", "TRN*1*T*1512345678~TRN*1*T*1512345678~", "X12-SEG-REPEAT HEADER TRN 4 IK3 5 IK4 "},
		{"a loop once too often", "LX*1~", "N1*PE*CLINIC*XX*1234567893~LX*1~", "X12-LOOP-REPEAT 1000B N1 9 IK3 4 IK4 "},
		{"a party of nobody takes its address along", "LX*1~", "N1*ZZ*WHO~N3*1 WAY~N4*HARTFORD*CT*06103~LX*1~", "X12-SEG-UNEXPECTED 1000B N1 9 IK3 2 IK4 "},
		{"a wrong qualifier with one candidate", "TRN*1*T", "TRN*9*T", "X12-EL-CODE HEADER TRN 3 IK3 8 IK4 7"},
		{"an element missing by the standard", "CLP*A*1*10*0*", "CLP*A**10*0*", "X12-EL-MISSING 2100 CLP 10 IK3 8 IK4 1"},
		{"an element not used", "TRN*1*T*1512345678~", "TRN*1*T*1512345678~", ""},
	} {
		body := strings.Replace(remittance, c.from, c.to, 1)
		got := strings.Join(walk(t, g, body), "\n")
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestLoopsOfSegments(t *testing.T) {
	var got []string
	r := x12.NewReader(strings.NewReader("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~GS*HP*S1*R1*20260105*0800*1*X*005010X221A1~" + remittance + "GE*1*1~IEA*1*000000001~"))
	var w guide.Walker
	w.Report = func(f *guide.Finding) { t.Errorf("%s %s", f.Code, f.Message) }
	var closed []string
	w.Closed = func(l *guide.Loop) { closed = append(closed, l.ID) }
	w.Start(guide.ByName("835"))
	for {
		s, err := r.Next()
		if err != nil {
			break
		}
		if s.Position().Segment == 0 {
			continue
		}
		step := w.Segment(s)
		got = append(got, step.Segment.Loop+"/"+s.ID())
		if s.Is("SE") {
			w.End(s.Position())
		}
	}
	want := "HEADER/ST HEADER/BPR HEADER/TRN 1000A/N1 1000A/N3 1000A/N4 1000A/PER 1000B/N1 2000/LX 2100/CLP 2100/CAS 2100/NM1 SUMMARY/SE"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if s := strings.Join(closed, " "); s != "1000A 1000B 2100 2000 HEADER" {
		t.Errorf("loops end in the order %s", s)
	}
}

func TestShow(t *testing.T) {
	in, err := os.ReadFile(filepath.Join("..", "check", "testdata", "837d.edi"))
	if err != nil {
		t.Fatal(err)
	}
	in = bytes.Replace(in, []byte("SE*0*"), []byte("SE*27*"), 1) // the vectors are counted when they are used
	var out bytes.Buffer
	if faults, err := guide.Show(&out, bytes.NewReader(in)); err != nil || faults != 0 {
		t.Fatal(faults, err)
	}
	golden := filepath.Join("testdata", "837d.tree")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the tree differs from %s:\n%s", golden, out.String())
	}
	out.Reset()
	if faults, err := guide.ShowJSON(&out, "x.837", bytes.NewReader(in)); err != nil || faults != 0 {
		t.Fatal(faults, err)
	}
	var got struct {
		File     string
		Segments []guide.Node
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var tooth *guide.Node
	for i := range got.Segments {
		if got.Segments[i].Segment == "TOO" {
			tooth = &got.Segments[i]
		}
	}
	if got.File != "x.837" || tooth == nil || tooth.Loop != "2400" || len(tooth.Elements) != 4 ||
		tooth.Elements[3] != (guide.NodeItem{Element: 3, Component: 2, Name: "Surface 2", Value: "O"}) {
		t.Errorf("got %+v", tooth)
	}
}

func TestShowExplainsCodes(t *testing.T) {
	in := "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260105*0800*^*00501*000000001*0*T*:~GS*HP*S1*R1*20260105*0800*1*X*005010X221A1~" + remittance + "GE*1*1~IEA*1*000000001~"
	var out bytes.Buffer
	if _, err := guide.Show(&out, strings.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"01    Group: PR  (Patient responsibility)", "02    Reason 1: 1  (Deductible)", "02    Status: 1  (Processed as primary)", "06    Filing kind: 12  (PPO)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the tree lacks %q", want)
		}
	}
}

// The names of loops, segments and elements are there for every place that a
// guide has.
func TestEveryPlaceHasAName(t *testing.T) {
	for _, g := range guide.All() {
		for _, s := range g.Segments() {
			for i, e := range s.Elements {
				if e.Usage != guide.NotUsed && e.Name == "" {
					t.Errorf("%s %s %s%02d has no name", g.Name, s.Loop, s.ID, i+1)
				}
			}
		}
	}
}

func FuzzWalker(f *testing.F) {
	for _, name := range []string{"837p.edi", "837i.edi", "837d.edi", "835.edi", "999.edi", "277ca.edi"} {
		b, err := os.ReadFile(filepath.Join("..", "check", "testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := bytes.Cut(b, []byte("ST*"))
		body, _, _ = bytes.Cut(body, []byte("GE*"))
		f.Add(append([]byte("ST*"), body...))
	}
	for _, g := range guide.All() {
		f.Add([]byte(strings.Join(guidetest.Segments(g, 1), "~") + "~"))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, g := range guide.All() {
			walk(t, g, string(body))
		}
	})
}

func ExampleWalker() {
	s := x12.ParseSegment([]byte("ST*835*0001"), x12.DefaultDelimiters())
	var w guide.Walker
	w.Report = func(f *guide.Finding) { fmt.Println(f.Code, f.Message) }
	w.Start(guide.ByName("835"))
	step := w.Segment(&s)
	fmt.Println(step.Segment.Name)
	w.End(x12.Position{})
	// Output:
	// Transaction set header
	// X12-SEG-MISSING BPR (Payment) is required and missing
	// X12-SEG-MISSING TRN (Trace number) is required and missing
	// X12-LOOP-MISSING loop 1000A (Payer) is required and missing
	// X12-LOOP-MISSING loop 1000B (Payee) is required and missing
	// X12-SEG-MISSING SE (Transaction set trailer) is required and missing
}
