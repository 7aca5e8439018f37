package segment

import (
	"testing"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// Property: a number is written in the form that shopspring/decimal, which has
// no exponent and no trailing zeros, gives it, and is read back as itself.
func TestDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-20, 3).Draw(t, "exponent"))
		b := AppendDecimal(nil, v)
		if string(b) != v.String() {
			t.Fatalf("%s is written as %s", v, b)
		}
		if back, ok := ParseDecimal(b); !ok || !back.Equal(v) {
			t.Fatalf("%s is read as %s, %t", b, back, ok)
		}
	})
	for in, want := range map[string]string{"0": "0", "007": "7", "1.50": "1.5", ".5": "0.5", "5.": "5", "-0": "0", "-2.0": "-2", "12345678901234567890.5": "12345678901234567890.5"} {
		if v, ok := ParseDecimal([]byte(in)); !ok || v.String() != want {
			t.Errorf("%q is read as %s, %t; want %s", in, v, ok, want)
		}
	}
	for _, bad := range []string{"", "-", ".", "1,0", "1e3", "+1", "1.2.3", " 1", "1234567890123456789012x", "--11111111111111111111"} {
		if v, ok := ParseDecimal([]byte(bad)); ok {
			t.Errorf("%q is read as %s", bad, v)
		}
	}
}

// Property: days are read as package date reads them.
func TestParseDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := AppendDay(nil, rapid.IntRange(1, 9999).Draw(t, "year"), rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day"))
		want, err := date.ParseX12(string(b))
		if got, ok := ParseDay(b); ok != (err == nil) || got != want {
			t.Fatalf("%s is read as %v, %t; package date says %v, %v", b, got, ok, want, err)
		}
	})
}

// Lists from one slab never overlap, whatever order they grow in.
func TestSlab(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var slab Slab[[128]int]
		lists := make([][][128]int, 3)
		want := make([][]int, 3)
		for n := range rapid.IntRange(1, 200).Draw(t, "additions") {
			k := rapid.IntRange(0, 2).Draw(t, "list")
			if rapid.Bool().Draw(t, "new") {
				lists[k] = slab.New(lists[k])
				if last := lists[k][len(lists[k])-1]; last != [128]int{} {
					t.Fatalf("a new element holds %d", last[0])
				}
				lists[k][len(lists[k])-1][0] = n
			} else {
				lists[k] = slab.Add(lists[k], [128]int{n})
			}
			want[k] = append(want[k], n)
		}
		for k := range lists {
			if len(lists[k]) != len(want[k]) {
				t.Fatalf("list %d has %d elements; want %d", k, len(lists[k]), len(want[k]))
			}
			for i := range lists[k] {
				if lists[k][i][0] != want[k][i] {
					t.Fatalf("list %d holds %d at %d; want %d", k, lists[k][i][0], i, want[k][i])
				}
			}
		}
	})
}
