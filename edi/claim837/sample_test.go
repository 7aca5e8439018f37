package claim837

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// Every public 837 is read or refused with a position, and what is read is
// written back in canonical form.
func TestPublicSamples(t *testing.T) {
	for _, kind := range []string{"837p", "837i", "837d"} {
		for _, file := range segmenttest.Samples(t, kind) {
			t.Run(kind+"/"+file.Name, func(t *testing.T) {
				read, err := ReadAll(bytes.NewReader(file.Raw))
				if err != nil {
					t.Logf("refused: %v", err)
					return
				}
				var out bytes.Buffer
				if err := Encode(&out, read...); err != nil {
					t.Fatal(err)
				}
				if d := segmenttest.Diff(segmenttest.Canonical(t, file.Raw, true), segmenttest.Canonical(t, out.Bytes(), true)); d != "" {
					t.Error(d)
				}
			})
		}
	}
}
