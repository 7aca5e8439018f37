package sandbox

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
)

// TestAnswersPassTheCheck: every answer of every scenario, to each kind of
// claim, has nothing to find at any SNIP level.
func TestAnswersPassTheCheck(t *testing.T) {
	for _, kind := range []claimKind{professional, institutional, dental} {
		g := newWorld(11, 70)
		g.kind, g.sets, g.secnd = kind, 2, 20
		file := g.file(t)
		for _, s := range Scenarios() {
			if s.advance {
				continue // BPR01 = P is so rare that the check asks about it
			}
			for _, a := range adjudicate(t, Options{Seed: 11, Scenario: s.Name}, file) {
				report, err := check.Run(bytes.NewReader(a.Bytes), a.Name, check.Options{})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				report.Findings(func(f *guide.Finding) {
					if n++; n <= 3 {
						t.Errorf("%s to %c %s: %s %s at %s, value %q", s.Name, kind, a.Name, f.Code, f.Message, f.Position, f.Value)
					}
				})
			}
		}
	}
}
