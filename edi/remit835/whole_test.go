package remit835

import (
	"bytes"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/guide/guidetest"
	"github.com/claimbook/claimbook/edi/segment/segmenttest"
	"github.com/claimbook/claimbook/edi/x12"
)

// Everything that the guide has is typed, in both directions: of a payment with
// every loop, segment and element nothing is kept without being understood, and
// it is written back byte for byte.
func TestEverySegmentOfTheGuideIsTyped(t *testing.T) {
	g := guide.ByName("835")
	for pick := range 41 { // the longest list of codes, of PLB03-1
		file := guidetest.File(g, pick)
		read, err := ReadAll(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range segmenttest.Unknowns(read) {
			t.Errorf("pick %d: %s in segment %d is not typed: %s", pick, u.ID, u.SegmentNumber, u.Reason)
		}
		var out bytes.Buffer
		if err := Encode(&out, x12.Delimiters{}, read...); err != nil {
			t.Fatal(err)
		}
		if d := segmenttest.Diff(strings.SplitAfter(file, "~"), strings.SplitAfter(out.String(), "~")); d != "" {
			t.Fatalf("pick %d: %s", pick, d)
		}
	}
}

// What is read can be written, whatever element is missing or blank: a segment
// that an encoder would refuse is kept as it stands, or is a fault. Only a
// negative payment is read, since it must be shown, and never written.
func TestWhatIsReadCanBeWritten(t *testing.T) {
	g := guide.ByName("835")
	segments := guidetest.Segments(g, 0)
	head, tail, _ := strings.Cut(guidetest.File(g, 0), strings.Join(segments, "~")+"~")
	done := map[string]bool{}
	for i := 1; i < len(segments)-1; i++ {
		whole := segments[i]
		if done[whole] {
			continue
		}
		done[whole] = true
		elements := strings.Split(whole, "*")
		for n := 1; n < len(elements); n++ {
			for _, bad := range []string{"", ":", "X", "-1", "20260230", "A:B:C:D:E:F:G:H:I:J"} {
				spoiled := append([]string{}, elements...)
				spoiled[n] = bad
				segments[i] = strings.Join(spoiled, "*")
				read, _ := ReadAll(strings.NewReader(head + strings.Join(segments, "~") + "~" + tail))
				if len(read) == 0 || read[0].Groups[0].Payments[0].Financial.Amount < 0 {
					continue
				}
				var out, again bytes.Buffer
				if err := Encode(&out, x12.Delimiters{}, read...); err != nil {
					t.Errorf("%s is read and cannot be written: %v", segments[i], err)
					continue
				}
				back, err := ReadAll(bytes.NewReader(out.Bytes()))
				if err != nil {
					t.Errorf("%s: what was written cannot be read: %v", segments[i], err)
					continue
				}
				if err := Encode(&again, x12.Delimiters{}, back...); err != nil || again.String() != out.String() {
					t.Errorf("%s: written twice, it differs: %v", segments[i], err)
				}
			}
		}
		segments[i] = whole
	}
}
