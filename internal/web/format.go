package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// day returns a date as US offices write it in tables: 03/31/2026.
func day(d date.Date) string { return d.Format("01/02/2006") }

// longDay returns a date with its weekday: Tuesday, March 31, 2026.
func longDay(d date.Date) string { return d.Format("Monday, January 2, 2006") }

// count returns a number with thousands separators.
func count[T int | int16 | int32 | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// counted returns a number with its noun: "1 claim", "1,200 claims".
func counted[T int | int16 | int32 | int64](n T, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + more
}

// dollars returns an amount as accountants write it: $1,234.50, and a negative
// one in parentheses.
func dollars(c money.Cents) string {
	if c < 0 {
		return "(" + (-c).Dollars() + ")"
	}
	return c.Dollars()
}

// amountClass colours an amount: what is nothing steps back, what is negative shows.
func amountClass(c money.Cents) string {
	switch {
	case c == 0:
		return "zero"
	case c < 0:
		return "negative"
	}
	return ""
}

// id returns the number for an address.
func id(n int64) string { return strconv.FormatInt(n, 10) }

// size returns a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1000:
		return counted(n, "byte", "bytes")
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1_000_000)
}

// phone writes ten digits as people do: (217) 555-0199.
func phone(number string) string {
	if len(number) != 10 || strings.Trim(number, "0123456789") != "" {
		return number
	}
	return "(" + number[:3] + ") " + number[3:6] + "-" + number[6:]
}

// procedure returns a procedure with its modifiers: 99213-25.
func procedure(code string, modifiers []string) string {
	return strings.Join(append([]string{code}, modifiers...), "-")
}

// diagnosis writes an ICD-10-CM code with its dot.
func diagnosis(code string) string {
	if len(code) > 3 && !strings.Contains(code, ".") {
		return code[:3] + "." + code[3:]
	}
	return code
}

// initials shortens a hash for a glance.
func initials(sum []byte) string {
	if len(sum) < 6 {
		return ""
	}
	return fmt.Sprintf("%x…", sum[:6])
}

// due says how far away a day is, as people count.
func due(on, today date.Date) string {
	switch n := on.DaysSince(today); {
	case on.IsZero():
		return ""
	case n == 0:
		return "today"
	case n == 1:
		return "tomorrow"
	case n == -1:
		return "1 day late"
	case n < 0:
		return count(-n) + " days late"
	default:
		return "in " + count(n) + " days"
	}
}

// dueTone is the tone of a day that something is due.
func dueTone(on, today date.Date) string {
	switch {
	case on.IsZero():
		return ""
	case on.Before(today):
		return "bad"
	case on.DaysSince(today) <= 7:
		return "warn"
	}
	return ""
}
