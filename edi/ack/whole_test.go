package ack

import (
	"bytes"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// Everything that the two guides have is typed, in both directions: of a
// transaction set with every loop, segment and element nothing is kept without
// being understood, and it is written back byte for byte.
func TestEverySegmentOfTheGuidesIsTyped(t *testing.T) {
	for _, name := range []string{"999", "277CA"} {
		t.Run(name, func(t *testing.T) {
			for pick := range 32 { // the longest list of codes
				file := guidetest.File(guide.ByName(name), pick)
				read, err := ReadAll(strings.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range segmenttest.Unknowns(read) {
					t.Errorf("pick %d: %s in segment %d is not typed: %s", pick, u.ID, u.SegmentNumber, u.Reason)
				}
				var out bytes.Buffer
				if err := Encode(&out, read...); err != nil {
					t.Fatal(err)
				}
				if d := segmenttest.Diff(strings.SplitAfter(file, "~"), strings.SplitAfter(out.String(), "~")); d != "" {
					t.Fatalf("pick %d: %s", pick, d)
				}
			}
		})
	}
}
