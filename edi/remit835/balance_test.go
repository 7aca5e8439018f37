package remit835

import (
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

func TestBalance(t *testing.T) {
	if out := Balance(read(t, vector())); out != nil {
		t.Fatalf("the vector does not balance: %v", out)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"line": {"CAS*CO*45*20~CAS*PR*1*15", "CAS*CO*45*19~CAS*PR*1*15",
			"line 1 of claim 1 (segment 28, byte 803) does not balance: SVC02 100.00 − SVC03 60.00 = 40.00, but the line's CAS add up to 39.00 (difference 1.00)"},
		"claim": {"CAS*CO*45*20~NM1", "CAS*CO*45*21~NM1",
			"claim 2 (segment 36, byte 929) does not balance: CLP03 100.00 − CLP04 80.00 = 20.00, but the CAS of the claim and its lines add up to 21.00 (difference -1.00)"},
		"payment": {"BPR*I*105.5", "BPR*I*106",
			"the payment (segment 2, byte 171) does not balance: ΣCLP04 120.00 − ΣPLB 14.50 = 105.50, but BPR02 is 106.00 (difference 0.50)"},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(vector(), c.old, c.new, 1)
			out := Balance(read(t, file))
			if len(out) == 0 {
				t.Fatal("it balances")
			}
			if out[0].Error() != c.want {
				t.Errorf("got  %s\nwant %s", out[0].Error(), c.want)
			}
			if at := file[out[0].ByteOffset:]; !strings.HasPrefix(at, "SVC*") && !strings.HasPrefix(at, "CLP*") && !strings.HasPrefix(at, "BPR*") {
				t.Errorf("the position points to %.10s", at)
			}
		})
	}
}

// Amounts that add up beyond the range are an imbalance, never a wrapped sum.
func TestBalanceOverflow(t *testing.T) {
	file := segmenttest.Recount(strings.Replace(vector(), "CAS*CO*45*20~CAS*PR*1*15**3*5*1", "CAS*CO*45*9999999999999.99**1*9999999999999.99", 1))
	out := Balance(read(t, file))
	if len(out) == 0 || !out[0].Overflow {
		t.Errorf("got %v", out)
	}
}

func TestFindings(t *testing.T) {
	if f := Findings(read(t, vector())); f != nil {
		t.Fatalf("the vector has findings: %v", f)
	}
	for code, c := range map[string][2]string{
		FindingPatientShare: {"CLP*A1*1*100*60*20", "CLP*A1*1*100*60*19"},
		FindingInterest:     {"AMT*I*5.5", "AMT*I*5"},
		FindingDiscount:     {"PLB*1234567893*20261231*L6*-5.5", "PLB*1234567893*20261231*90*2*L6*-5.5"},
	} {
		f := Findings(read(t, strings.Replace(vector(), c[0], c[1], 1)))
		if len(f) != 1 || f[0].Code != code {
			t.Errorf("%s: got %v", code, f)
		}
	}
}

func TestContentHash(t *testing.T) {
	sum := func(file string) [32]byte {
		h, err := ContentHash(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := sum(vector())
	for name, file := range map[string]string{
		"other envelope":   strings.Replace(strings.Replace(vector(), "000000001", "000000077", 2), "260314*0930", "260315*1200", 1),
		"other ST02":       strings.Replace(strings.Replace(vector(), "ST*835*0001", "ST*835*0099", 1), "*0001~GE", "*0099~GE", 1),
		"other delimiters": strings.NewReplacer("*", "|", ":", "<", "~", "\n").Replace(vector()),
		"line breaks":      strings.ReplaceAll(vector(), "~", "~\r\n"),
		"production date":  strings.Replace(vector(), "DTM*405*20260309", "DTM*405*20260311", 1),
		"longer numbers":   strings.Replace(vector(), "BPR*I*105.5*", "BPR*I*105.50*", 1),
	} {
		if sum(file) != base {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, file := range map[string]string{
		"amount":    strings.Replace(vector(), "BPR*I*105.5", "BPR*I*105.6", 1),
		"claim":     strings.Replace(vector(), "CLP*A1", "CLP*A3", 1),
		"remark":    strings.Replace(vector(), "N130", "N131", 1),
		"reference": strings.Replace(vector(), "WO:A0", "WO:A9", 1),
		"grouping":  segmenttest.Recount(strings.Replace(vector(), "LX*2~", "", 1)),
	} {
		if sum(file) == base {
			t.Errorf("another %s leaves the hash as it was", name)
		}
	}
	// Claim by claim it is the same.
	p := read(t, vector())
	h := NewHasher(p)
	for g := range p.Groups {
		for c := range p.Groups[g].Claims {
			h.Claim(&p.Groups[g], &p.Groups[g].Claims[c])
		}
	}
	if got, err := h.Sum(p); err != nil || got != base {
		t.Errorf("the streamed hash differs: %v", err)
	}
}
