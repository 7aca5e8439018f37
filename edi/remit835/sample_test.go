package remit835

import (
	"bytes"
	"errors"
	"testing"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
)

// Every public 835 is read or refused with a position, and what is read is
// written back in canonical form.
func TestPublicSamples(t *testing.T) {
	for _, file := range segmenttest.Samples(t, "835") {
		t.Run(file.Name, func(t *testing.T) {
			read, err := ReadAll(bytes.NewReader(file.Raw))
			if err != nil {
				t.Logf("refused: %v", err)
				var syntax *x12.SyntaxError
				var content *segment.Error
				if !errors.As(err, &syntax) && !errors.As(err, &content) {
					t.Errorf("the refusal has no position: %v", err)
				}
				return
			}
			for i := range read {
				for _, g := range read[i].Groups {
					for p := range g.Payments {
						for _, b := range Balance(&g.Payments[p]) {
							t.Log(b)
						}
						for _, f := range Findings(&g.Payments[p]) {
							t.Log(f.Message)
						}
						if g.Payments[p].Financial.Amount < 0 {
							t.Log("a negative payment is read, but never written")
							return
						}
					}
				}
			}
			var out bytes.Buffer
			if err := Encode(&out, segmenttest.Delimiters(file.Raw), read...); err != nil {
				t.Fatal(err)
			}
			if d := segmenttest.Diff(segmenttest.Canonical(t, file.Raw, false), segmenttest.Canonical(t, out.Bytes(), false)); d != "" {
				t.Error(d)
			}
		})
	}
}
