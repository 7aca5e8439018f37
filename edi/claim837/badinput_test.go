package claim837

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
)

// Bad input of every kind gives a positioned error, or is kept unread with its
// place, and the interchange behind it is read.
func TestBadInput(t *testing.T) {
	good := professionalVector()
	cut, end := strings.Index(good, "CLM*A1*"), strings.Index(good, "~SE*")+1
	piped := strings.ReplaceAll(good[cut:end], "*", "|")
	for _, c := range []struct {
		name, in string
		faults   string // code or segment of each
		claims   int    // before the good interchange that follows
		kept     bool   // segments are among the unknown ones
	}{
		{"binary noise", strings.Repeat("\x00\x01\xFE\xFF~*:", 20000), "X12-GARBAGE", 0, false},
		{"noise in a claim", strings.Replace(good, "DTP*431", "\x00\xFF\x13*\x07~DTP*431", 1), "X12-SE-COUNT", 1, true},
		{"nested ISA", good[:cut], "X12-SE-MISSING X12-GE-MISSING X12-IEA-MISSING ST", 0, false},
		{"nested ISA in a claim", good[:cut+60], "X12-SE-MISSING X12-GE-MISSING ST X12-IEA-COUNT", 0, false},
		{"mixed delimiters", good[:cut] + piped + good[end:], "", 0, true},
		{"a terminator in a name", strings.Replace(good, "*SAMPLE*SAM*", "*SAM~PLE*SAM*", 1), "X12-SE-COUNT", 1, true},
		{"a component separator in a name", strings.Replace(good, "*SAMPLE*SAM*", "*SAM:PLE*SAM*", 1), "", 1, true},
		{"wrong counts", strings.NewReplacer("GE*1*", "GE*7*", "IEA*1*", "IEA*9*").Replace(good), "X12-GE-COUNT X12-IEA-COUNT", 1, false},
		{"the version of another guide", strings.ReplaceAll(good, Professional, Institutional), "SV1", 0, false},
		{"a version that is none", strings.ReplaceAll(good, Professional, "004010X098A1"), "", 1, false},
		{"one segment of 1 MB", strings.Replace(good, "DTP*431", "NTE*ADD*"+strings.Repeat("X", 1<<20)+"~DTP*431", 1), "X12-SEGMENT-LENGTH X12-SE-COUNT", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := c.in + good
			if c.in == good {
				t.Fatal("the vector does not hold the text to replace")
			}
			d := NewDecoder(x12.NewReader(strings.NewReader(in)))
			var faults []string
			claims, behind := 0, 0
			var kept []segment.Unknown
			for {
				got, err := d.Next()
				if err == io.EOF {
					break
				}
				var syntax *x12.SyntaxError
				var content *segment.Error
				switch {
				case errors.As(err, &syntax):
					faults = append(faults, syntax.Code)
				case errors.As(err, &content):
					faults = append(faults, content.SegmentID)
				case err != nil:
					t.Fatalf("an error without a position: %v", err)
				case got.Claim.ByteOffset >= int64(len(c.in)):
					behind++
				default:
					claims++
					kept = append(kept, segmenttest.Unknowns(got)...)
				}
				if d.Fatal() {
					t.Fatal("the stream ended: ", err)
				}
			}
			if got := strings.Join(faults, " "); got != c.faults {
				t.Errorf("faults %s, want %s", got, c.faults)
			}
			if claims != c.claims || behind != 1 {
				t.Errorf("%d claims and %d behind it, want %d and 1", claims, behind, c.claims)
			}
			if c.claims > 0 && c.kept != (len(kept) > 0) {
				t.Errorf("kept %s", fmt.Sprint(kept))
			}
		})
	}
}
