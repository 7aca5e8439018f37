package guide_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
)

// A guide's own lengths are narrower than the standard's: the same finding, of
// level 2.
func TestGuideLimits(t *testing.T) {
	g := guide.ByName("835")
	for _, c := range []struct{ name, from, to, want string }{
		{"eight digits and cents", "BPR*I*0*", "BPR*I*12345678.9*", ""},
		{"nine digits", "BPR*I*0*", "BPR*I*123456789*", "X12-EL-LONG HEADER BPR 2 IK3 8 IK4 5"},
		{"eight digits and a sign", "CLP*A*1*10*", "CLP*A*22*-12345678.12*", ""},
		{"nine digits and cents", "CAS*PR*1*10~", "CAS*PR*1*123456789.12~", "X12-EL-LONG 2100 CAS 11 IK3 8 IK4 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(walk(t, g, strings.Replace(remittance, c.from, c.to, 1)), "\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What the guides were compared for with other people's reading of them, and
// what was wrong here before: a repeat, a type, a code list, a length.
func TestFacts(t *testing.T) {
	find := func(name, loop, id, qualifier string) *guide.Segment {
		for n := 0; ; n++ {
			s := guide.ByName(name).Find(loop, id, n)
			if s == nil {
				t.Fatalf("%s %s %s*%s is missing", name, loop, id, qualifier)
			}
			if qualifier == "" || s.Elements[0].Codes.Has([]byte(qualifier)) {
				return s
			}
		}
	}
	codes := func(e guide.Element) string {
		list := slices.Clone(e.Codes.List)
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	for _, c := range []struct {
		guide, loop, id, qualifier string
		most                       int
	}{
		{"837P", "2300", "DTP", "314", 1}, {"837P", "2300", "DTP", "090", 2}, {"837P", "2300", "CRC", "07", 3}, {"837P", "2300", "CRC", "75", 1},
		{"837P", "2400", "MEA", "", 5}, {"837P", "2400", "REF", "G1", 5}, {"837P", "2330C", "REF", "0B", 3}, {"837P", "2440", "FRM", "", 99},
		{"837I", "2300", "REF", "LX", 5}, {"837I", "2300", "NTE", "ALG", 10}, {"837I", "2330C", "REF", "0B", 4}, {"837I", "2330A", "REF", "SY", 2},
		{"837D", "2300", "DN2", "", 35}, {"837D", "2400", "TOO", "", 32}, {"837D", "2400", "REF", "G3", 5}, {"837D", "2310D", "REF", "0B", 4},
		{"835", "2100", "CAS", "", 99}, {"835", "2100", "REF", "1L", 5}, {"835", "2110", "REF", "1S", 8}, {"835", "1000A", "PER", "BL", 0},
		{"999", "2100", "CTX", "", 9}, {"999", "2110", "CTX", "", 10},
	} {
		if s := find(c.guide, c.loop, c.id, c.qualifier); s.Max != c.most {
			t.Errorf("%s %s %s*%s may occur %d times, want %d", c.guide, c.loop, c.id, c.qualifier, s.Max, c.most)
		}
	}
	for _, c := range []struct {
		guide, loop, id, qualifier string
		element                    int
		want                       string
	}{
		{"837P", "2300", "HCP", "", 1, "00 01 02 03 04 05 07 08 09 10 11 12 13 14"},
		{"837P", "2400", "HCP", "", 1, "00 01 02 03 04 05 06 07 08 09 10 11 12 13 14"},
		{"837I", "2400", "SV2", "", 4, "DA UN"},
		{"837D", "2000C", "PAT", "", 1, "01 19 20 21 39 40 53 G8"},
		{"837D", "2300", "CN1", "", 1, "02 03 04 05 06 09"},
		{"835", "1000A", "PER", "CX", 7, "EX"}, {"835", "1000A", "PER", "BL", 7, "EM EX FX UR"}, {"835", "2100", "PER", "", 5, "EM EX FX TE"},
		{"835", "2100", "CAS", "", 1, "CO OA PI PR"},
		{"277CA", "2220D", "STC", "", 3, "U"}, {"277CA", "2200C", "TRN", "", 1, "1"},
	} {
		if got := codes(find(c.guide, c.loop, c.id, c.qualifier).Elements[c.element-1]); got != c.want {
			t.Errorf("%s %s %s%02d allows %s, want %s", c.guide, c.loop, c.id, c.element, got, c.want)
		}
	}
	for _, c := range []struct {
		guide, loop, id string
		element         int
		want            guide.Usage
	}{
		{"837D", "2300", "DN1", 3, guide.NotUsed}, {"837D", "2000C", "PAT", 4, guide.NotUsed},
		{"277CA", "2200C", "STC", 2, guide.NotUsed}, {"277CA", "2200C", "STC", 4, guide.Required}, {"277CA", "2220D", "STC", 4, guide.NotUsed},
		{"277CA", "2000D", "HL", 4, guide.NotUsed}, {"277CA", "2220D", "SVC", 3, guide.NotUsed}, {"277CA", "2100C", "NM1", 9, guide.Required},
		{"999", "2100", "IK3", 4, guide.Required},
	} {
		if got := find(c.guide, c.loop, c.id, "").Elements[c.element-1].Usage; got != c.want {
			t.Errorf("%s %s %s%02d is %s, want %s", c.guide, c.loop, c.id, c.element, got, c.want)
		}
	}
	for _, c := range []struct {
		guide, loop, id string
		element, length int
		places          int
	}{
		{"837P", "2400", "SV1", 4, 8, 3}, {"837I", "2400", "SV2", 5, 8, 3}, {"837D", "2400", "SV3", 6, 8, 3}, {"837P", "2430", "SVD", 5, 8, 3},
		{"837P", "2300", "PWK", 6, 50, 0}, {"277CA", "HEADER", "BHT", 3, 30, 0}, {"837P", "HEADER", "BHT", 3, 30, 0},
	} {
		l := find(c.guide, c.loop, c.id, "").Elements[c.element-1].Limit
		if l == nil || l.Length != c.length || l.Places != c.places {
			t.Errorf("%s %s %s%02d has the limit %+v, want %d and %d", c.guide, c.loop, c.id, c.element, l, c.length, c.places)
		}
	}
	mia := guide.Standard("MIA")
	if mia.Elements[12].Max != 18 || mia.Elements[14].Max != 15 {
		t.Error("MIA13 is an amount, MIA15 a number of days")
	}
	if n := len(guide.Standard("LIN").Elements); n != 31 {
		t.Errorf("LIN has %d elements in the standard, want 31", n)
	}
}

// TestCertificates tells a line's attachment from the supplier's statement
// about a certificate by how it is sent; both may be of the kind CT.
func TestCertificates(t *testing.T) {
	for _, c := range []struct{ pwk, want string }{
		{"PWK*CT*AA", ""}, {"PWK*CT*FX***AC*A1", ""}, {"PWK*CT*AB", ""}, {"PWK*OZ*EL***AC*A1~PWK*CT*AG", ""},
		{"PWK*CT*XX", "X12-EL-CODE 2400 PWK 19 IK3 8 IK4 7"},
		{"PWK*CT*AB~PWK*CT*NS", "X12-SEG-REPEAT 2400 PWK 20 IK3 5 IK4 "},
	} {
		body := "ST*837*1*005010X222A1~BHT*0019*00*1*20260105*0800*CH~NM1*41*2*A*****46*1~PER*IC*A*TE*5~NM1*40*2*B*****46*2~HL*1**20*1~" +
			"NM1*85*2*A*****XX*1234567893~N3*1~N4*HARTFORD*CT*061031234~REF*EI*123456789~HL*2*1*22*0~SBR*P*18*******CI~NM1*IL*1*DOE*JO****MI*1~" +
			"NM1*PR*2*P*****PI*1~CLM*1*1***11:B:1*Y*A*Y*Y~HI*ABK:R05~LX*1~SV1*HC:E1390*1*UN*1***1~" + c.pwk + "~DTP*472*D8*20260105~SE*1*1~"
		got := ""
		for _, f := range walk(t, guide.ByName("837P"), body) {
			if strings.Contains(f, " PWK ") {
				got += f
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.pwk, got, c.want)
		}
	}
}
