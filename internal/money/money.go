// Package money is whole US cents, checked. Every amount inside Claimbook is a
// Cents and every amount column is a bigint; shopspring/decimal appears only
// for what is not whole cents (rates, quantities) and at the edges.
//
// Integer cents parse, add and format without an allocation; a decimal needs
// several, and an 835 holds millions of amounts.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
)

// Cents is an amount in US cents. Negative amounts are legal: a reversal
// carries them.
type Cents int64

// Max is the largest amount: 18 digits before the implied decimal point, which
// X12's R data element bounds, are cut to what sums of millions still fit.
const Max Cents = 999_999_999_999_999

// Errors of this package. They carry no amount: an amount of a named claim is
// patient data.
var (
	ErrSyntax    = errors.New("not an amount: digits with at most one decimal point are expected")
	ErrPrecision = errors.New("an amount has at most two decimals: a third one is not zero")
	ErrRange     = errors.New("amount out of range")
)

// Parse reads an amount as X12 writes it (R data element): an optional minus,
// digits, at most one decimal point. "100", "100.5", ".50", "-12.34" and
// "1.500" are amounts; "1.505", "1,000", "1e3", "+1", "" and "." are not. It
// never rounds and never allocates.
func Parse(b []byte) (Cents, error) { return parse(b) }

// ParseString is Parse for a string.
func ParseString(s string) (Cents, error) { return parse(s) }

func parse[T []byte | string](b T) (Cents, error) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		neg, i = true, 1
	}
	var n int64
	digits, decimals, point := 0, 0, false
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return 0, ErrSyntax
		}
		digits++
		if point {
			if decimals++; decimals > 2 {
				if c != '0' {
					return 0, ErrPrecision
				}
				continue
			}
		}
		if n = n*10 + int64(c-'0'); n > int64(Max) {
			return 0, ErrRange
		}
	}
	if digits == 0 {
		return 0, ErrSyntax
	}
	for ; decimals < 2; decimals++ {
		if n *= 10; n > int64(Max) {
			return 0, ErrRange
		}
	}
	if neg {
		n = -n
	}
	return Cents(n), nil
}

// Add returns c + d, or ErrRange.
func (c Cents) Add(d Cents) (Cents, error) {
	s := c + d
	if (c > 0 && d > 0 && s < 0) || (c < 0 && d < 0 && s >= 0) || s > Max || s < -Max {
		return 0, ErrRange
	}
	return s, nil
}

// Sub returns c - d, or ErrRange.
func (c Cents) Sub(d Cents) (Cents, error) {
	if d == math.MinInt64 {
		return 0, ErrRange
	}
	return c.Add(-d)
}

// Sum adds up amounts, or returns ErrRange.
func Sum(amounts ...Cents) (Cents, error) {
	var total Cents
	var err error
	for _, a := range amounts {
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Abs returns the amount without its sign.
func (c Cents) Abs() Cents {
	if c < 0 {
		return -c
	}
	return c
}

// Append appends the amount in X12's shortest form: "100", "100.5", "-12.34", "0".
func (c Cents) Append(dst []byte) []byte {
	u := uint64(c)
	if c < 0 {
		dst, u = append(dst, '-'), -u
	}
	dst = strconv.AppendUint(dst, u/100, 10)
	if f := u % 100; f != 0 {
		dst = append(dst, '.', byte('0'+f/10))
		if f%10 != 0 {
			dst = append(dst, byte('0'+f%10))
		}
	}
	return dst
}

// X12 returns the amount in X12's shortest form.
func (c Cents) X12() string { return string(c.Append(nil)) }

// String returns the amount with two decimals and no grouping: "1234.50", "-0.05".
func (c Cents) String() string {
	u, sign := uint64(c), ""
	if c < 0 {
		u, sign = -u, "-"
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// Dollars returns the amount for people: "$1,234.50", "-$0.05".
func (c Cents) Dollars() string {
	s, sign := c.Abs().String(), ""
	if c < 0 {
		sign = "-"
	}
	whole, cents := s[:len(s)-3], s[len(s)-3:]
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + "$" + whole + cents
}

// Decimal returns the amount in dollars, exactly.
func (c Cents) Decimal() decimal.Decimal { return decimal.New(int64(c), -2) }

// FromDecimal converts dollars to cents. It never rounds: a fraction of a cent
// is ErrPrecision.
func FromDecimal(d decimal.Decimal) (Cents, error) {
	s := d.Shift(2)
	if !s.IsInteger() {
		return 0, ErrPrecision
	}
	if s.Abs().GreaterThan(decimal.NewFromInt(int64(Max))) {
		return 0, ErrRange
	}
	return Cents(s.IntPart()), nil
}

// Round converts dollars to the nearest cent, half away from zero. It is for
// what a rate yields (coinsurance, interest), never for an amount that was read.
func Round(d decimal.Decimal) (Cents, error) { return FromDecimal(d.Round(2)) }

// Allocate splits c over the weights in proportion, to the cent, by largest
// remainder; ties go to the earlier weight. The parts always add up to c.
// Weights are magnitudes; if all are zero the first part takes everything.
func (c Cents) Allocate(weights []Cents) []Cents {
	parts := make([]Cents, len(weights))
	if len(parts) == 0 {
		return parts
	}
	total := decimal.Zero
	for _, w := range weights {
		total = total.Add(decimal.NewFromInt(int64(w.Abs())))
	}
	if total.IsZero() {
		parts[0] = c
		return parts
	}
	amount := decimal.NewFromInt(int64(c.Abs()))
	rest := c.Abs()
	remainders := make([]decimal.Decimal, len(weights))
	for i, w := range weights {
		q, r := amount.Mul(decimal.NewFromInt(int64(w.Abs()))).QuoRem(total, 0)
		parts[i], remainders[i] = Cents(q.IntPart()), r
		rest -= parts[i]
	}
	for ; rest > 0; rest-- {
		best := 0
		for i := range remainders {
			if remainders[i].GreaterThan(remainders[best]) {
				best = i
			}
		}
		parts[best]++
		remainders[best] = decimal.NewFromInt(-1)
	}
	if c < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts
}

// MarshalText writes the amount as "1234.50"; in JSON amounts are strings, so
// that no reader turns them into floating point.
func (c Cents) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what Parse reads.
func (c *Cents) UnmarshalText(b []byte) error {
	v, err := Parse(b)
	if err != nil {
		return err
	}
	*c = v
	return nil
}

// ScanInt64 implements pgtype.Int64Scanner; NULL is refused, because an unknown
// amount is not zero.
func (c *Cents) ScanInt64(v pgtype.Int8) error {
	if !v.Valid {
		return errors.New("an amount is NULL")
	}
	*c = Cents(v.Int64)
	return nil
}

// Int64Value implements pgtype.Int64Valuer.
func (c Cents) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(c), Valid: true}, nil
}
