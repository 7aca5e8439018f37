package check

import (
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
)

// Every element and component of every segment that a guide has can be named in
// a 999 by its number (IK402), and the table has no more elements than X12.
func TestDataElementNumbers(t *testing.T) {
	for _, g := range guide.All() {
		for _, s := range g.Segments() {
			for i := range s.Elements {
				e := &s.Elements[i]
				if e.Components == nil {
					if dataElement(s.ID, i+1, 0) == "" {
						t.Errorf("%s%02d (%s) has no number", s.ID, i+1, e.Name)
					}
					continue
				}
				for k := range e.Components {
					if dataElement(s.ID, i+1, k+1) == "" {
						t.Errorf("%s%02d-%d (%s) has no number", s.ID, i+1, k+1, e.Components[k].Name)
					}
				}
				if parts := numbersOf()[s.ID][i]; len(parts) != len(e.Components) {
					t.Errorf("%s%02d has %d numbers for %d components", s.ID, i+1, len(parts), len(e.Components))
				}
			}
			if known := numbersOf()[s.ID]; len(known) != len(s.Elements) {
				t.Errorf("%s has %d numbers for %d elements", s.ID, len(known), len(s.Elements))
			}
		}
	}
	for _, c := range []struct {
		segment            string
		element, component int
		want               string
	}{
		{"CLM", 5, 3, "1325"}, {"NM1", 9, 0, "67"}, {"CR2", 8, 0, "1342"}, {"MEA", 3, 0, "739"}, {"MOA", 3, 0, "127"}, {"CLM", 5, 0, ""}, {"ZZZ", 1, 0, ""}, {"NM1", 13, 0, ""},
	} {
		if got := dataElement(c.segment, c.element, c.component); got != c.want {
			t.Errorf("%s%02d-%d is %q, want %q", c.segment, c.element, c.component, got, c.want)
		}
	}
}
