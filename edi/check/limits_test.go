package check_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// times writes a text n times; a # in it is its number.
func times(n int, text string) string {
	var b strings.Builder
	for k := range n {
		b.WriteString(strings.ReplaceAll(text, "#", fmt.Sprint(k+1)))
	}
	return b.String()
}

// Each limit of the guides is met by a file that keeps it and one that does not.
func TestLimits(t *testing.T) {
	between := func(s, from, to string) string {
		i := strings.Index(s, from)
		return s[i : i+strings.Index(s[i:], to)]
	}
	raw := map[string]string{}
	for _, name := range []string{"837p.edi", "837i.edi", "837d.edi"} {
		raw[name] = source(t, name)
	}
	lines := func(name, last, line string) func(int) string {
		return func(n int) string {
			old := between(raw[name], "LX*1~", last)
			return count(strings.Replace(raw[name], old, times(n, line), 1))
		}
	}
	claims := func(name, first, next string) func(int) string {
		return func(n int) string {
			old := between(raw[name], first, next)
			number := strings.Split(old, "*")[1]
			return count(strings.Replace(raw[name], old, times(n, strings.Replace(old, number, "N-#", 1)), 1))
		}
	}
	replaced := func(name, old string, with func(int) string) func(int) string {
		return func(n int) string {
			if !strings.Contains(raw[name], old) {
				t.Fatalf("%q is not in %s", old, name)
			}
			return count(strings.Replace(raw[name], old, with(n), 1))
		}
	}
	dx := []string{"I10", "E119", "J0190", "M5450", "R079", "Z0000", "K219", "N390", "J029", "R51", "R05", "R110", "R42", "R197", "R310", "R530", "R600", "R634", "R739", "R0602", "R0789", "R1010", "R1030", "R1084", "R1110", "R1310"}
	list := func(n int, first, other string) string {
		var b strings.Builder
		for k := range n {
			q := other
			if k == 0 {
				q = first
			}
			fmt.Fprintf(&b, "*%s:%s", q, dx[k])
		}
		return b.String()
	}
	others := func(n int) string {
		return "REF*F8*FM-1~\n" + times(n-1, "SBR*U*19*******CI~\nOI***Y***Y~\nNM1*IL*1*SAMPLE*DORA****MI*QQQ#~\nNM1*PR*2*MUTUAL #*****PI*700#~\n")
	}
	svd := "SVD*87726*100*HC:99214**1~\nCAS*CO*45*60~\nCAS*PR*2*40~\nDTP*573*D8*20220120~\n"
	for _, c := range []struct {
		what string
		file func(int) string
		most int
		code string
	}{
		{"service lines, professional", lines("837p.edi", "CLM*A-2", "LX*#~\nSV1*HC:99213*5*UN*1***1~\nDTP*472*D8*20220103~\n"), 50, "X12-LOOP-REPEAT"},
		{"service lines, dental", lines("837d.edi", "SE*", "LX*#~\nSV3*AD:D1110*5****1~\n"), 50, "X12-LOOP-REPEAT"},
		{"service lines, institutional", lines("837i.edi", "CLM*H-2", "LX*#~\nSV2*0250**5*UN*1~\n"), 999, "X12-LOOP-REPEAT"},
		{"diagnoses, professional", replaced("837p.edi", "HI*ABK:J209*ABF:R509", func(n int) string { return "HI" + list(n, "ABK", "ABF") }), 12, "X12-EL-TOOMANY"},
		{"diagnoses, dental", replaced("837d.edi", "HI*ABK:K0262", func(n int) string { return "HI" + list(n, "ABK", "ABF") }), 4, "X12-EL-NOTUSED"},
		{"other diagnoses, institutional", replaced("837i.edi", "HI*ABF:I10:::::::Y", func(n int) string {
			s := "HI" + list(min(n, 12), "ABF", "ABF")
			for k := 12; k < n; k += 12 {
				s += "~\nHI"
				for _, d := range dx[k:min(n, k+12)] {
					s += "*ABF:" + d
				}
			}
			return s
		}), 24, "X12-SEG-REPEAT"},
		{"claims of a patient", claims("837d.edi", "CLM*D-1", "SE*"), 100, "X12-LOOP-REPEAT"},
		{"other payers", replaced("837p.edi", "REF*F8*FM-1~\n", others), 10, "X12-LOOP-REPEAT"},
		{"adjudications of a line", replaced("837p.edi", svd, func(n int) string { return times(n, svd) }), 15, "X12-LOOP-REPEAT"},
	} {
		for n := c.most; n <= c.most+1; n++ {
			r := run(t, c.file(n), check.Options{Levels: []int{1, 2}})
			over := n > c.most
			if got := slices.Contains(codes(r), c.code); got != over || r.Valid() == over {
				t.Errorf("%s: %d of at most %d: %s is reported: %v%s", c.what, n, c.most, c.code, got, describe(r))
			}
			r.Findings(func(f *guide.Finding) {
				if over && (f.IK304 == "" || f.IK502 == "" || f.Fix == "") {
					t.Errorf("%s: the 999 does not tell of it: %+v", c.what, f)
				}
			})
		}
	}
}
