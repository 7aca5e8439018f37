package ack

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/segment/segmenttest"
)

// Every public acknowledgment is read and written back in canonical form.
func TestPublicSamples(t *testing.T) {
	for _, kind := range []string{"ta1", "999", "277ca"} {
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
				if d := segmenttest.Diff(segmenttest.Canonical(t, file.Raw, false), segmenttest.Canonical(t, out.Bytes(), false)); d != "" {
					t.Error(d)
				}
			})
		}
	}
}
