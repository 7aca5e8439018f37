package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]Cents{
		"0": 0, "100": 10000, "100.5": 10050, ".5": 50, "5.": 500, "-12.34": -1234,
		"1.500": 150, "-0": 0, "00012": 1200, "9999999999999.99": Max,
	} {
		if got, err := ParseString(in); err != nil || got != want {
			t.Errorf("ParseString(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for in, want := range map[string]error{
		"": ErrSyntax, ".": ErrSyntax, "-": ErrSyntax, "+1": ErrSyntax, "1,000": ErrSyntax, "1e3": ErrSyntax,
		"1.2.3": ErrSyntax, " 1": ErrSyntax, "1.505": ErrPrecision, "0.001": ErrPrecision,
		"10000000000000": ErrRange, "99999999999999999999999999": ErrRange,
	} {
		if _, err := ParseString(in); !errors.Is(err, want) {
			t.Errorf("ParseString(%q): %v; want %v", in, err, want)
		}
	}
}

// Property: cents and shopspring/decimal, an implementation that we did not
// write, agree on every operation.
func TestAgreesWithDecimal(t *testing.T) {
	amount := rapid.Int64Range(-int64(Max)/4, int64(Max)/4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := Cents(amount.Draw(t, "a")), Cents(amount.Draw(t, "b"))
		da, db := decimal.New(int64(a), -2), decimal.New(int64(b), -2)
		if !a.Decimal().Equal(da) {
			t.Fatalf("Decimal(%d) = %s", a, a.Decimal())
		}
		sum, err := a.Add(b)
		if err != nil || !sum.Decimal().Equal(da.Add(db)) {
			t.Fatalf("%s + %s = %s, %v", a, b, sum, err)
		}
		diff, err := a.Sub(b)
		if err != nil || !diff.Decimal().Equal(da.Sub(db)) {
			t.Fatalf("%s - %s = %s, %v", a, b, diff, err)
		}
		for _, text := range []string{a.String(), a.X12(), da.String(), da.StringFixed(4)} {
			if back, err := ParseString(text); err != nil || back != a {
				t.Fatalf("ParseString(%q) = %s, %v; want %s", text, back, err, a)
			}
		}
		if a.X12() != da.String() {
			t.Fatalf("X12() = %q, decimal says %q", a.X12(), da.String())
		}
		if a.String() != da.StringFixed(2) {
			t.Fatalf("String() = %q, decimal says %q", a.String(), da.StringFixed(2))
		}
		if back, err := FromDecimal(da); err != nil || back != a {
			t.Fatalf("FromDecimal(%s) = %s, %v", da, back, err)
		}
		if _, err := FromDecimal(da.Add(decimal.New(1, -3))); !errors.Is(err, ErrPrecision) {
			t.Fatalf("a fraction of a cent was accepted: %v", err)
		}
		raw, _ := json.Marshal(a)
		var back Cents
		if err := json.Unmarshal(raw, &back); err != nil || back != a || raw[0] != '"' {
			t.Fatalf("JSON %s: %v, %v", raw, back, err)
		}
	})
}

func TestAllocate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Cents(rapid.Int64Range(-10_000_00, 10_000_00).Draw(t, "amount"))
		w := rapid.SliceOfN(rapid.Int64Range(0, 1000_00), 1, 8).Draw(t, "weights")
		weights := make([]Cents, len(w))
		var total int64
		for i, v := range w {
			weights[i] = Cents(v)
			total += v
		}
		parts := c.Allocate(weights)
		sum, err := Sum(parts...)
		if err != nil || sum != c {
			t.Fatalf("parts %v add up to %s, not %s", parts, sum, c)
		}
		if total == 0 {
			return
		}
		for i, p := range parts { // never more than a cent from the exact share
			exact := decimal.NewFromInt(int64(c)).Mul(decimal.NewFromInt(w[i])).DivRound(decimal.NewFromInt(total), 10)
			if decimal.NewFromInt(int64(p)).Sub(exact).Abs().GreaterThan(decimal.NewFromInt(1)) {
				t.Fatalf("part %d of %s is %s, exact %s", i, c, p, exact)
			}
		}
	})
}

func TestRangeIsChecked(t *testing.T) {
	if _, err := Max.Add(1); !errors.Is(err, ErrRange) {
		t.Error("Max + 1 was accepted")
	}
	if _, err := (-Max).Sub(1); !errors.Is(err, ErrRange) {
		t.Error("-Max - 1 was accepted")
	}
}

func BenchmarkParseAddAppend(b *testing.B) {
	in, out := []byte("1234.56"), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		c, _ := Parse(in)
		c, _ = c.Add(c)
		out = c.Append(out[:0])
	}
}

func ExampleCents_Allocate() {
	// A claim-level adjustment of 10.00 over three lines charged alike.
	fmt.Println(Cents(10_00).Allocate([]Cents{50_00, 50_00, 50_00}))
	// Output: [3.34 3.33 3.33]
}

func ExampleCents_Dollars() {
	fmt.Println(Cents(123456789).Dollars(), Cents(-5).Dollars())
	// Output: $1,234,567.89 -$0.05
}
