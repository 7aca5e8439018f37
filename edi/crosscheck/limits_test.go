package crosscheck

import (
	"bytes"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/generate"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// otherInsurance is loop 2320 with 2330A and 2330B as the guide asks for them.
const otherInsurance = "SBR*S*18*******CI~OI***Y***Y~NM1*IL*1*DOE*ANN****MI*123~NM1*PR*2*OTHER PLAN*****PI*999~"

// TestLimitsOfTheOtherReader holds what is known of its rules: it reads no
// professional claim of a dependent, and no dental one with another insurance.
// Either is told as a limit of the reader, never as a complaint about the claim.
// The last step fails when a newer version of it has learned to.
func TestLimitsOfTheOtherReader(t *testing.T) {
	var p, d bytes.Buffer
	if _, err := generate.Professional(&p, 1, 6_000); err != nil {
		t.Fatal(err)
	}
	if _, err := generate.Dental(&d, 1, 1_000); err != nil {
		t.Fatal(err)
	}
	insured := func(b *bytes.Buffer) []byte {
		return []byte(segmenttest.Recount(strings.ReplaceAll(b.String(), "LX*1~", otherInsurance+"LX*1~")))
	}
	plain, err := CheckBytes(p.Bytes())
	if err != nil || plain.Skipped == 0 || !plain.Agrees() {
		t.Fatalf("professional: %+v, %v", plain, err)
	}
	both, err := CheckBytes(insured(&p))
	if err != nil || both.Skipped != plain.Skipped || !both.Agrees() {
		t.Errorf("professional with another insurance: %+v, %v", both, err)
	}
	dental, err := CheckBytes(insured(&d))
	if err != nil || dental.Claims == 0 || dental.Skipped != dental.Claims || len(dental.Complaints) != 0 {
		t.Errorf("dental with another insurance: %+v, %v", dental, err)
	}
	for _, data := range []*bytes.Buffer{&p, &d} {
		refused := 0
		_, err := each(openBytes(insured(data)), func(_ int, c *claim837.ClaimContext) {
			if outOfReach(c) != "" && ask(ruleOf(c.Kind), c) != nil {
				refused++
			}
		})
		if err != nil || refused == 0 {
			t.Errorf("it has learned to read what is skipped: %d refused, %v", refused, err)
		}
	}
}

// TestNote: what is written on a batch says what was asked, and what lies at the
// reader rather than at the claims.
func TestNote(t *testing.T) {
	for _, c := range []struct {
		report Report
		want   string
	}{
		{Report{Claims: 3, Checked: 3}, Reader + " reads 3 of 3 claims and agrees"},
		{Report{Claims: 3, Checked: 2, Skipped: 1, Limits: []string{"professional claims of a dependent"}},
			Reader + " reads 2 of 3 claims and agrees; 1 not asked: it cannot read professional claims of a dependent, which is a limit of that reader"},
		{Report{Claims: 600, Checked: 500}, Reader + " reads 500 of 600 claims, an even sample, and agrees"},
		{Report{Claims: 2, Skipped: 2, Limits: []string{"institutional claims"}},
			Reader + " was not asked: it cannot read institutional claims, which is a limit of that reader"},
		{Report{Claims: 9, Checked: 8, Skipped: 1, Limits: []string{"professional claims of a dependent"}, Complaints: []Complaint{{Claim: 4}}},
			Reader + " complains about 1 of 8 claims, first about claim 4 at byte 0 (its rules are narrower than the guide, and our own check has passed the file); 1 not asked: it cannot read professional claims of a dependent, which is a limit of that reader"},
		{Report{}, Reader + " was not asked: there is no claim"},
	} {
		if got := c.report.Note(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
