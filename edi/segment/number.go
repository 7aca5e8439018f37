package segment

import (
	"strconv"
	"time"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/shopspring/decimal"
)

// ParseDay reads a day as CCYYMMDD.
func ParseDay(b []byte) (date.Date, bool) {
	if len(b) != 8 {
		return date.Date{}, false
	}
	v := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return date.Date{}, false
		}
		v = v*10 + int(c-'0')
	}
	y, m, d := v/10000, v/100%100, v%100
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return date.Date{}, false
	}
	return date.Date{Year: y, Month: time.Month(m), Day: d}, true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// small holds the whole numbers that quantities nearly always are, so that they
// cost no allocation. A decimal is immutable: sharing one is safe.
var small = func() (s [256]decimal.Decimal) {
	for i := range s {
		s[i] = decimal.New(int64(i), 0)
	}
	return s
}()

// ParseDecimal reads a number of X12's R type: an optional minus, digits, at
// most one decimal point. Trailing zeros of the fraction are dropped.
func ParseDecimal(b []byte) (decimal.Decimal, bool) {
	if len(b) > 18 {
		return parseLong(b)
	}
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		neg, i = true, 1
	}
	var v int64
	var exp int32
	digits, point := 0, false
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '.' && !point:
			point = true
		case c >= '0' && c <= '9':
			digits++
			v = v*10 + int64(c-'0')
			if point {
				exp--
			}
		default:
			return decimal.Decimal{}, false
		}
	}
	if digits == 0 {
		return decimal.Decimal{}, false
	}
	for exp < 0 && v%10 == 0 {
		v, exp = v/10, exp+1
	}
	if exp == 0 && !neg && v < int64(len(small)) {
		return small[v], true
	}
	if neg {
		v = -v
	}
	return decimal.New(v, exp), true
}

func parseLong(b []byte) (decimal.Decimal, bool) {
	for i, c := range b {
		if (c < '0' || c > '9') && c != '.' && (c != '-' || i > 0) {
			return decimal.Decimal{}, false
		}
	}
	v, err := decimal.NewFromString(string(b))
	return v, err == nil
}

// AppendDecimal appends a number in X12's shortest form: "2", "0.5", "-1.25".
func AppendDecimal(dst []byte, v decimal.Decimal) []byte {
	exp := int(v.Exponent())
	if v.NumDigits() > 18 || exp > 0 || exp < -18 {
		return appendLong(dst, v)
	}
	n := v.CoefficientInt64()
	for exp < 0 && n%10 == 0 {
		n, exp = n/10, exp+1
	}
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	if exp == 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	div := int64(1)
	for range -exp {
		div *= 10
	}
	dst = strconv.AppendInt(dst, n/div, 10)
	dst = append(dst, '.')
	for rest := n % div; div > 1; {
		div /= 10
		dst = append(dst, byte('0'+rest/div))
		rest %= div
	}
	return dst
}

func appendLong(dst []byte, v decimal.Decimal) []byte {
	s := v.String() // a decimal's String has no trailing zeros and no exponent
	return append(dst, s...)
}

// AppendDay appends a day as CCYYMMDD.
func AppendDay(dst []byte, y, m, d int) []byte {
	return append(dst, byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10),
		byte('0'+m/10%10), byte('0'+m%10), byte('0'+d/10%10), byte('0'+d%10))
}
