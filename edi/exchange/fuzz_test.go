package exchange_test

import (
	"bytes"
	"testing"

	"github.com/claimbook/claimbook/edi/exchange"
)

// FuzzSurvey: whatever the bytes, what is listed lies in the file, in order,
// and a file without anything to list says why.
func FuzzSurvey(f *testing.F) {
	whole := file("TA1*000000009*211114*0800*A*000~", set("835", "", "0001", "BPR*I~")+set("999", "", "0002", "AK1*HC*1~"))
	f.Add([]byte(whole))
	f.Add([]byte(whole[:200]))
	f.Add([]byte(whole + whole))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := exchange.Survey(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		before := int64(-1)
		for i, p := range c.Parts {
			if p.ByteOffset <= before || p.ByteOffset >= int64(len(b)) || p.Seq != i+1 {
				t.Fatalf("part %d of %d bytes: %+v", i, len(b), p)
			}
			before = p.ByteOffset
		}
		if c.Interchanges == 0 && c.Note() == "" {
			t.Error("nothing is in it, and nothing is said")
		}
	})
}
