package guide_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/x12"
)

// A transaction set with everything that a guide has is what the walker expects:
// the data of a guide agrees with itself and with the standard, every code of
// every list included.
func TestWholeGuides(t *testing.T) {
	for _, g := range guide.All() {
		t.Run(g.Name, func(t *testing.T) {
			most := 1
			for _, s := range g.Segments() {
				for _, e := range s.Elements {
					if e.Usage != guide.NotUsed && e.Codes != nil {
						most = max(most, len(e.Codes.List))
					}
				}
			}
			seen := make([]bool, len(g.Segments()))
			for pick := range most {
				r := x12.NewReader(strings.NewReader(guidetest.File(g, pick)))
				var w guide.Walker
				w.Report = func(f *guide.Finding) {
					t.Errorf("pick %d: %s %s at segment %d: %s", pick, f.Code, f.Loop, f.Position.Segment, f.Message)
				}
				w.Start(g)
				for {
					s, err := r.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					if s.Position().Segment == 0 {
						continue
					}
					step := w.Segment(s)
					if step.Segment != nil {
						seen[step.Segment.Index] = true
					}
					if s.Is("SE") {
						w.End(s.Position())
					}
				}
			}
			for i, s := range g.Segments() {
				if !seen[i] {
					t.Errorf("nothing was taken for %s %s (%s)", s.Loop, s.ID, s.Name)
				}
			}
		})
	}
}
