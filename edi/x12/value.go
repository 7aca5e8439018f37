package x12

import (
	"bytes"
	"strconv"
)

// number reads an unsigned count of at most nine digits.
func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 10 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// sameNumber compares control numbers of type N0, where leading zeros do not count.
func sameNumber(a, b []byte) bool {
	x, ok1 := number(a)
	y, ok2 := number(b)
	return ok1 && ok2 && x == y || !ok1 && !ok2 && bytes.Equal(a, b)
}

// printable quotes at most 20 bytes of an envelope value for a message.
func printable(b []byte) string {
	if len(b) == 0 {
		return "empty"
	}
	if len(b) > 20 {
		return strconv.Quote(string(b[:20])) + "…"
	}
	return strconv.Quote(string(b))
}
