package check_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// base returns a synthetic file of testdata with its segments counted.
func base(t testing.TB, name string) string {
	t.Helper()
	return count(source(t, name))
}

// source returns such a file as it stands: SE01 is 0.
func source(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// count puts the right number into SE01, so that an edit of a vector need not.
func count(s string) string {
	lines, n := strings.Split(s, "~\n"), 0
	for i, line := range lines {
		if strings.HasPrefix(line, "ST*") {
			n = 0
		}
		n++
		if parts := strings.Split(line, "*"); parts[0] == "SE" && parts[1] == "0" {
			parts[1] = strconv.Itoa(n)
			lines[i] = strings.Join(parts, "*")
		}
	}
	return strings.Join(lines, "~\n")
}

func run(t testing.TB, in string, o check.Options) *check.Report {
	t.Helper()
	r, err := check.Run(strings.NewReader(in), "test", o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func codes(r *check.Report) []string {
	var list []string
	r.Findings(func(f *guide.Finding) { list = append(list, f.Code) })
	return list
}

func describe(r *check.Report) string {
	var b strings.Builder
	r.Findings(func(f *guide.Finding) {
		fmt.Fprintf(&b, "\n  %s %s %s%02d-%d segment %d: %s", f.Severity, f.Code, f.SegmentID, f.Element, f.Component, f.Position.Segment, f.Message)
	})
	return b.String()
}

func TestBasesAreClean(t *testing.T) {
	for _, name := range []string{"837p.edi", "837i.edi", "837d.edi", "835.edi", "999.edi", "277ca.edi"} {
		if r := run(t, base(t, name), check.Options{}); len(codes(r)) > 0 {
			t.Errorf("%s:%s", name, describe(r))
		}
	}
}

func partner(t testing.TB) *check.Partner {
	p, err := check.ReadPartner(strings.NewReader(`{"name": "Blue of Lakeside", "rules": [
		{"code": "BL-01", "guide": "837P", "field": "2010BA/NM1[IL]/09", "op": "matches", "value": "^[A-Z0-9]{9,11}$", "message": "member ids have nine to eleven letters and digits"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLevels(t *testing.T) {
	in := strings.Replace(base(t, "837p.edi"), "CLM*A-1*250*", "CLM*A-1*251*", 1)
	in = strings.Replace(in, "1234567893", "1234567890", 1)
	for _, c := range []struct {
		levels []int
		want   []string
	}{
		{nil, []string{"NPI", "837-CHARGES"}}, {[]int{3}, []string{"837-CHARGES"}}, {[]int{5}, []string{"NPI"}}, {[]int{1, 2}, nil},
	} {
		r := run(t, in, check.Options{Levels: c.levels})
		if d := cmp.Diff(c.want, codes(r)); d != "" {
			t.Errorf("levels %v: %s", c.levels, d)
		}
		if r.Valid() != (len(c.want) == 0) {
			t.Errorf("levels %v: valid is %v", c.levels, r.Valid())
		}
	}
}

func TestJSON(t *testing.T) {
	in := strings.Replace(base(t, "837p.edi"), "CLM*A-1*250*", "CLM*A-1*251*", 1)
	b, err := json.Marshal(run(t, in, check.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	set := got["interchanges"].([]any)[0].(map[string]any)["groups"].([]any)[0].(map[string]any)["transactions"].([]any)[0].(map[string]any)
	want := map[string]any{"control": "0001", "type": "837", "guide": "837P", "segments": 99.0, "claims": 5.0}
	for k, v := range want {
		if k != "segments" && set[k] != v {
			t.Errorf("%s is %v, want %v", k, set[k], v)
		}
	}
	f := set["errors"].([]any)[0].(map[string]any)
	offset := float64(strings.Index(in, "251*"))
	for k, v := range map[string]any{"snip": 3.0, "code": "837-CHARGES", "severity": "error", "segment_id": "CLM", "element": 2.0, "loop": "2300", "byte_offset": offset, "value": "251"} {
		if f[k] != v {
			t.Errorf("the error's %s is %v, want %v", k, f[k], v)
		}
	}
	if got["valid"] != false || got["file"] != "test" {
		t.Errorf("got %s", b)
	}
}

// One run gives all three acknowledgments, and each is valid by this package.
func TestAcknowledgments(t *testing.T) {
	good := base(t, "837p.edi")
	raw, err := os.ReadFile("testdata/837p.edi") // its SE01 is counted later
	if err != nil {
		t.Fatal(err)
	}
	charges := strings.Replace(good, "CLM*A-1*250*", "CLM*A-1*251*", 1)
	guideError := strings.Replace(good, "DMG*D8*19500101*F", "DMG*D8*19500101*X", 1)
	a := check.Answer{Now: time.Date(2026, 1, 6, 9, 30, 0, 0, time.UTC), Control: 1}
	for _, c := range []struct {
		name, in          string
		ta1, impl, claims []string
	}{
		{"all good", good, []string{"TA1*000000101*260105*0800*A*000"}, []string{"IK5*A", "AK9*A*1*1*1"},
			[]string{"TRN*2*A-1~STC*A2:20*20260106*WQ*250", "QTY*90*5", "AMT*YU*2325"}},
		{"a claim that does not add up", charges, []string{"*A*000"}, []string{"IK5*A"},
			[]string{"TRN*2*A-1~STC*A7:400*20260106*U*251", "QTY*90*4", "QTY*AA*1", "AMT*YY*251"}},
		{"a code that the guide refuses", guideError, []string{"*A*000"}, []string{"IK3*DMG*17*2010*8", "IK4*3*1068*7*X", "IK5*R*5", "AK9*R*1*1*0"}, nil},
		{"a code that only another guide knows", strings.Replace(good, "CLM*A-1*250***11:B:1", "CLM*A-1*250***11:A:1", 1), []string{"*A*000"},
			[]string{"IK3*CLM*19*2300*8", "IK4*5:2*1332*I6*A", "IK5*R*I5", "AK9*R*1*1*0"}, nil},
		{"a situational segment that is missing", count(strings.Replace(string(raw), "REF*F8*ICN12345~\n", "", 1)), []string{"*A*000"},
			[]string{"IK3*REF*33*2300*I6~CTX*SITUATIONAL TRIGGER*CLM*33*2300*5:3*1325~CTX*CLM01:A-2~IK5*E*I5", "AK9*E*1*1*1"},
			[]string{"TRN*2*A-2~STC*A6:464*20260106*U*800"}},
		{"a situational segment that must not be there", strings.Replace(good, "41:B:7", "41:B:1", 1), []string{"*A*000"},
			[]string{"IK3*REF*34*2300*I9~CTX*SITUATIONAL TRIGGER*CLM*33*2300*5:3*1325", "IK5*E*I5"}, []string{"TRN*2*A-2~STC*A7:464"}},
		{"a situational element that is missing", strings.Replace(good, "PWK*OZ*EL***AC*ATT1", "PWK*OZ*EL", 1), []string{"*A*000"},
			[]string{"IK4*6*67*I9~CTX*SITUATIONAL TRIGGER*PWK*", "*2300*2*756", "IK5*E*I5"}, []string{"STC*A6:294"}},
		{"an interchange that is not whole", strings.Replace(good, "IEA*1", "IEA*2", 1), []string{"*R*021"}, []string{"IK5*A"}, []string{"TRN*2*A-1"}},
		{"a group that is not whole", strings.Replace(good, "GE*1*101", "GE*1*102", 1), []string{"*A*000"}, []string{"AK9*R*1*1*0*4"}, []string{"TRN*2*A-1"}},
	} {
		r := run(t, c.in, check.Options{Claims: true})
		for _, k := range []struct {
			kind  string
			want  []string
			write func(*bytes.Buffer) error
		}{
			{"TA1", c.ta1, func(b *bytes.Buffer) error { return r.TA1(b, a) }},
			{"999", c.impl, func(b *bytes.Buffer) error { return r.Implementation(b, a) }},
			{"277CA", c.claims, func(b *bytes.Buffer) error { return r.Claims(b, a) }},
		} {
			var out bytes.Buffer
			if err := k.write(&out); err != nil {
				t.Errorf("%s: %s: %v", c.name, k.kind, err)
				continue
			}
			for _, w := range k.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("%s: the %s lacks %q:\n%s", c.name, k.kind, w, out.String())
				}
			}
			if out.Len() == 0 {
				if len(k.want) > 0 {
					t.Errorf("%s: no %s", c.name, k.kind)
				}
				continue
			}
			if answer := run(t, out.String(), check.Options{}); len(codes(answer)) > 0 {
				t.Errorf("%s: the %s is not clean by our own check:%s\n%s", c.name, k.kind, describe(answer), out.String())
			}
		}
	}
}

func TestPartnerRules(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{"name":"x","rules":[{"code":"A","field":"2300","op":"in","message":"m"}]}`, "LOOP/SEGMENT/ELEMENT"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM","op":"in","message":"m"}]}`, "only present and absent"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CML/1","op":"present","message":"m"}]}`, "no guide has the segment"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","in":"2301","op":"present","message":"m"}]}`, "no guide has the loop"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","guide":"837X","op":"present","message":"m"}]}`, "no guide"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","severity":"bad","op":"present","message":"m"}]}`, "error or warning"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","op":"present","message":"m","when":{"field":"2300/CLM","op":"present"}}]}`, "when: the field"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","op":"present","message":"m","when":{"field":"2300/CLN/1","op":"present"}}]}`, "when: no guide"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/x","op":"in","message":"m"}]}`, "element number"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1-x","op":"in","message":"m"}]}`, "component number"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","op":"is","message":"m"}]}`, "operator"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","op":"max","value":"x","message":"m"}]}`, "length"},
		{`{"name":"x","rules":[{"code":"A","field":"2300/CLM/1","op":"matches","value":"(","message":"m"}]}`, "parsing"},
		{`{"name":"x","rules":[{"field":"2300/CLM/1","op":"present"}]}`, "code and message"},
		{`{"name":"x","rule":[]}`, "unknown field"},
	} {
		if _, err := check.ReadPartner(strings.NewReader(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.json, err, c.want)
		}
	}
	in := base(t, "837p.edi")
	for _, c := range []struct {
		rule string
		n    int
	}{
		{`"field":"2300/CLM/01","op":"max","value":"2"`, 5},
		{`"field":"2300/CLM/01","op":"min","value":"9","guide":"837P"`, 5},
		{`"field":"2300/CLM/01","op":"min","value":"9","guide":"837I"`, 0},
		{`"field":"2300/CLM/05-3","op":"in","value":"1,8"`, 1},
		{`"field":"2300/CLM/05-3","op":"not-in","value":"7"`, 1},
		{`"field":"2000B/SBR/03","op":"present"`, 1},
		{`"field":"2000B/SBR/03","op":"absent"`, 1},
		{`"field":"2300/REF[F8]","op":"present"`, 4},
		{`"field":"2300/REF[F8]","op":"present","when":{"field":"2300/CLM/05-3","op":"in","value":"1"}`, 4},
		{`"field":"2300/REF[F8]","op":"present","when":{"field":"2300/CLM/05-3","op":"in","value":"7"}`, 0},
		{`"field":"2300/REF[F8]","op":"absent"`, 1},
		{`"field":"2300/CR1","op":"absent","when":{"field":"2000B/SBR/09","op":"in","value":"CI"}`, 0},
		{`"field":"2300/CR1","op":"absent","when":{"field":"2000B/SBR/09","op":"in","value":"MB"}`, 1},
		{`"in":"2300","field":"2310B/NM1[82]/09","op":"present"`, 4},
		{`"in":"2300","field":"2310B/NM1[82]/09","op":"present","when":{"field":"2000B/SBR/09","op":"in","value":"CI"}`, 1},
		{`"in":"2300","field":"2400/REF[6R]/02","op":"present"`, 4},
		{`"field":"2400/REF[6R]","op":"present"`, 8},
		{`"field":"HEADER/BHT","op":"absent"`, 1},
		{`"in":"HEADER","field":"2400/TOO","op":"present","guide":"837D"`, 0},
		{`"in":"HEADER","field":"2400/LIN","op":"present"`, -1},
		{`"in":"HEADER","field":"2410/LIN/03","op":"present"`, 0},
		{`"in":"HEADER","field":"2410/REF[XZ]","op":"present"`, 1},
		{`"field":"2400/REF[6R]/02","op":"matches","value":"^L[1-9]$","severity":"warning"`, 0},
	} {
		p, err := check.ReadPartner(strings.NewReader(`{"name":"x","rules":[{"code":"P","message":"m",` + c.rule + `}]}`))
		if c.n < 0 && err != nil {
			continue
		}
		if err != nil || c.n < 0 {
			t.Fatal(c.rule, err)
		}
		if got := codes(run(t, in, check.Options{Partner: p})); len(got) != c.n {
			t.Errorf("%s: %d findings, want %d", c.rule, len(got), c.n)
		}
	}
}

// The example of the documentation is one that can be used.
func TestPartnerExample(t *testing.T) {
	doc := check.Document()
	from := strings.Index(doc, `    {"name": "Blue`)
	p, err := check.ReadPartner(strings.NewReader(doc[from : from+strings.Index(doc[from:], "\n\n")]))
	if err != nil || len(p.Rules) != 3 {
		t.Fatal(p, err)
	}
	got := codes(run(t, base(t, "837p.edi"), check.Options{Partner: p}))
	if d := cmp.Diff([]string{"BL-01", "BL-01", "BL-02"}, got); d != "" {
		t.Error(d)
	}
}

// A bad unit is rejected with its place; everything else goes on.
func TestTheRestGoesOn(t *testing.T) {
	good := strings.ReplaceAll(base(t, "835.edi"), "~\n", "~")
	st := strings.Index(good, "ST*")
	set := good[st:strings.Index(good, "GE*")]
	head, tail := good[:st], "GE*3*201~IEA*1*000000201~"
	other := func(n string) string { return strings.ReplaceAll(set, "0001~", n+"~") }
	for _, c := range []struct {
		name, middle string
		want         []string
		claims       []int
	}{
		{"nothing wrong", other("0002"), nil, []int{2, 2, 2}},
		{"a version that nobody knows", "ST*835*0002*004010X091A1~CLP*1~SE*3*0002~", []string{"X12-VERSION"}, []int{2, 0, 2}},
		{"a set without its end", "ST*835*0002~" + set[strings.Index(set, "BPR"):strings.Index(set, "SE*")], []string{"X12-SE-MISSING", "X12-SEG-MISSING"}, []int{2, 2, 2}},
		{"noise", "ST*835*0002~\x00\xff\x13*\x07~SE*3*0002~", []string{"X12-SEG-UNKNOWN", "X12-SEG-MISSING", "X12-SEG-MISSING", "X12-LOOP-MISSING", "X12-LOOP-MISSING"}, []int{2, 0, 2}},
		{"an element separator in a name", strings.Replace(other("0002"), "NM1*QC*1*SAMPLE*ANNA", "NM1*QC*1*SAM*PLE*ANNA", 1),
			[]string{"X12-EL-NOTUSED", "X12-EL-CODE"}, []int{2, 2, 2}},
	} {
		middle := count(strings.ReplaceAll(c.middle, "~", "~\n"))
		r := run(t, head+set+middle+other("0003")+tail, check.Options{})
		got := codes(r)
		if c.name == "an element separator in a name" { // what follows from one separator is the walker's business
			if len(got) == 0 || r.Valid() {
				t.Errorf("%s: nothing is found", c.name)
			}
		} else if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		var claims []int
		for _, s := range r.Interchanges[0].Groups[0].Transactions {
			claims = append(claims, s.Claims)
			if s.Control != "0002" && s.Invalid {
				t.Errorf("%s: set %s is called invalid", c.name, s.Control)
			}
		}
		if d := cmp.Diff(c.claims, claims); d != "" {
			t.Errorf("%s: claims %s", c.name, d)
		}
	}
	// an interchange inside another: the outer one is cut, the inner one is whole
	r := run(t, head+set+good, check.Options{})
	if len(r.Interchanges) != 2 || r.Interchanges[0].Complete || !r.Interchanges[1].Complete || r.Interchanges[1].Groups[0].Transactions[0].Invalid {
		t.Errorf("nested interchanges: %s", describe(r))
	}
}

func TestManyFindingsAreBounded(t *testing.T) {
	in := base(t, "837d.edi")
	in = strings.Replace(in, "TOO*JP*12*L:O~\n", strings.Repeat("TOO*JP*12*X~\n", 3000), 1)
	r := run(t, in, check.Options{})
	if n := len(codes(r)); n > 1000 || r.Unlisted < 2000 {
		t.Errorf("%d findings are kept, %d only counted", n, r.Unlisted)
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	for _, name := range []string{"837p.edi", "837i.edi", "837d.edi", "835.edi", "999.edi", "277ca.edi"} {
		in := base(t, name)
		in = strings.TrimRight(in, "\n")
		for n := range len(in) - 1 {
			if r := run(t, in[:n], check.Options{}); r.Valid() {
				t.Fatalf("%s cut at byte %d is called valid", name, n)
			}
		}
	}
}

func FuzzRun(f *testing.F) {
	for _, name := range []string{"837p.edi", "837i.edi", "837d.edi", "835.edi", "999.edi", "277ca.edi"} {
		f.Add([]byte(base(f, name)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := check.Run(bytes.NewReader(in), "fuzz", check.Options{Claims: true})
		if err != nil {
			t.Fatal(err)
		}
		r.Findings(func(f *guide.Finding) {
			if f.Offset < 0 || f.Offset > int64(len(in)) {
				t.Fatalf("a finding at byte %d of %d", f.Offset, len(in))
			}
			if f.SNIP < 1 || f.SNIP > 7 || f.Code == "" {
				t.Fatalf("a finding without level or code: %+v", f)
			}
		})
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		a := check.Answer{Now: time.Unix(0, 0).UTC(), Control: 1}
		var out bytes.Buffer
		// An answer may be refused where the input leaves nothing to answer; it
		// must never be written wrongly or panic.
		_ = r.TA1(&out, a)
		_ = r.Implementation(&out, a)
		_ = r.Claims(&out, a)
	})
}

func ExampleRun() {
	in := "ISA*00*          *00*          *ZZ*PAYER          *ZZ*LAKESIDE       *260120*0800*^*00501*000000201*0*T*:~" +
		"GS*HP*PAYER*LAKESIDE*20260120*0800*201*X*005010X221A1~ST*835*0001~SE*3*0001~GE*1*201~IEA*1*000000201~"
	r, err := check.Run(strings.NewReader(in), "empty.835", check.Options{Levels: []int{1}})
	if err != nil {
		fmt.Println(err)
	}
	r.Findings(func(f *guide.Finding) { fmt.Printf("byte %d %s: %s\n", f.Offset, f.Code, f.Message) })
	// Output:
	// byte 172 X12-SE-COUNT: the transaction set has 2 segments, ST and SE included, but SE01 says "3"
	// byte 172 X12-SEG-MISSING: BPR (Payment) is required and missing
}

var update = flag.Bool("update", false, "write docs/edi-rules.md")

func TestDocumentIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "edi-rules.md")
	want := check.Document()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/edi-rules.md is not what the tables say: go test ./edi/check -run Document -update")
	}
}
