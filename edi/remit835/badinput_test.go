package remit835

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Bad input of every kind gives a positioned error, or a payment that is kept
// whole and does not balance, and the interchange behind it is read.
func TestBadInput(t *testing.T) {
	good := vector()
	clp, end := strings.Index(good, "CLP*A1*"), strings.Index(good, "~SE*")+1
	piped := strings.ReplaceAll(good[clp:end], "*", "|")
	for _, c := range []struct {
		name, in string
		faults   string // code or segment of each
		payments int    // whole ones before the good interchange that follows
		balanced bool
	}{
		{"binary noise", strings.Repeat("\x00\x01\xFE\xFF~*:", 20000), "X12-GARBAGE", 0, true},
		{"noise in a claim", strings.Replace(good, "DTM*232", "\x00\xFF\x13*\x07~DTM*232", 1), "X12-SE-COUNT", 0, true},
		{"nested ISA", good[:clp], "X12-SE-MISSING X12-GE-MISSING X12-IEA-MISSING ST", 0, true},
		{"nested ISA in a claim", good[:clp+20], "X12-SE-MISSING X12-GE-MISSING ST X12-IEA-COUNT", 0, true},
		{"mixed delimiters", good[:clp] + piped + good[end:], "", 1, false},
		{"a terminator in a name", strings.Replace(good, "*SAMPLE*ANNA", "*SAM~PLE*ANNA", 1), "X12-SE-COUNT", 0, true},
		{"an element separator in a name", strings.Replace(good, "*SAMPLE*ANNA", "*SAM*PLE*ANNA", 1), "", 1, true},
		{"wrong counts", strings.NewReplacer("GE*1*", "GE*7*", "IEA*1*", "IEA*9*").Replace(good), "X12-GE-COUNT X12-IEA-COUNT", 1, true},
		{"a version that is none", strings.ReplaceAll(good, Version, "004010X091A1"), "", 1, true},
		{"another transaction set in the group", strings.NewReplacer("ST*835*", "ST*820*").Replace(good), "", 0, true},
		{"one segment of 1 MB", strings.Replace(good, "DTM*232", "NM1*QC*1*"+strings.Repeat("X", 1<<20)+"~DTM*232", 1), "X12-SEGMENT-LENGTH X12-SE-COUNT", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.in == good {
				t.Fatal("the vector does not hold the text to replace")
			}
			d := NewDecoder(x12.NewReader(strings.NewReader(c.in + good)))
			var faults []string
			note := func(err error) {
				t.Helper()
				var syntax *x12.SyntaxError
				var content *segment.Error
				switch {
				case errors.As(err, &syntax):
					faults = append(faults, syntax.Code)
				case errors.As(err, &content):
					faults = append(faults, content.SegmentID)
				default:
					t.Fatalf("an error without a position: %v", err)
				}
				if d.Fatal() {
					t.Fatal("the stream ended: ", err)
				}
			}
			payments, behind, balanced := 0, 0, true
			for {
				p, err := d.NextPayment()
				if err == io.EOF {
					break
				}
				if err != nil {
					note(err)
					continue
				}
				whole := true
				var b Balancer
				var odd []Imbalance
				for {
					claim, err := d.NextClaim()
					if err == io.EOF {
						break
					}
					if err != nil {
						whole = false
						note(err)
						continue
					}
					odd = append(odd, b.Claim(claim)...)
				}
				odd = append(odd, b.Payment(p)...)
				switch {
				case p.ByteOffset >= int64(len(c.in)):
					behind++
				case whole:
					payments++
					balanced = balanced && odd == nil
				}
			}
			if got := strings.Join(faults, " "); got != c.faults {
				t.Errorf("faults %s, want %s", got, c.faults)
			}
			if payments != c.payments || behind != 1 || balanced != c.balanced {
				t.Errorf("%d payments, balanced %t, and %d behind; want %d, %t and 1", payments, balanced, behind, c.payments, c.balanced)
			}
		})
	}
}
