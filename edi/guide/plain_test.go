package guide

import (
	"testing"

	"pgregory.net/rapid"
)

// The eight bytes at a time agree with one byte at a time.
func TestPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOf(rapid.OneOf(rapid.ByteRange(0x1E, 0x81), rapid.Byte())).Draw(t, "raw")
		want := true
		for _, b := range raw {
			want = want && b >= ' ' && b < 0x7F
		}
		if got := plain(raw); got != want {
			t.Fatalf("plain(%q) is %v", raw, got)
		}
	})
}
