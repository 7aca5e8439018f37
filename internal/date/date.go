// Package date is a calendar day without time or zone. Business dates (date of
// service, posting date, check date, deposit date) are days; only recorded_at
// is an instant. One type serves Go, JSON and PostgreSQL's date.
package date

import (
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Date is a day of the Gregorian calendar. The zero value means "no date": it
// is NULL in PostgreSQL and "" in JSON. Dates compare with == and Before.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Of returns the day on which t falls in t's own zone.
func Of(t time.Time) Date { y, m, d := t.Date(); return Date{y, m, d} }

// New returns the day, normalised as time.Date does.
func New(year int, month time.Month, day int) Date {
	return Of(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// Parse reads 2006-01-02.
func Parse(s string) (Date, error) { return ParseLayout("2006-01-02", s) }

// ParseX12 reads CCYYMMDD, the D8 format of X12.
func ParseX12(s string) (Date, error) { return ParseLayout("20060102", s) }

// forms writes a layout as people do.
var forms = strings.NewReplacer("2006", "YYYY", "06", "YY", "01", "MM", "02", "DD")

// ParseLayout reads s by a layout of package time.
func ParseLayout(layout, s string) (Date, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date of the form %s", s, forms.Replace(layout))
	}
	return Of(t), nil
}

// MustParse is Parse for constants; it panics on a malformed date.
func MustParse(s string) Date {
	d, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Time returns midnight UTC of the day.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// IsZero reports whether d is "no date".
func (d Date) IsZero() bool { return d == Date{} }

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date { return New(d.Year, d.Month, d.Day+n) }

// AddMonths returns the same day n months later, or the last day of that month.
func (d Date) AddMonths(n int) Date {
	first := New(d.Year, d.Month+time.Month(n), 1)
	last := New(first.Year, first.Month+1, 0).Day
	return Date{first.Year, first.Month, min(d.Day, last)}
}

// DaysSince returns the number of days from e to d.
func (d Date) DaysSince(e Date) int { return int(d.Time().Sub(e.Time()).Hours() / 24) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Compare returns -1, 0 or 1.
func (d Date) Compare(e Date) int { return d.Time().Compare(e.Time()) }

// FirstOfMonth returns the first day of d's month.
func (d Date) FirstOfMonth() Date { return Date{d.Year, d.Month, 1} }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// String returns 2006-01-02, or "" for no date.
func (d Date) String() string { return d.Format("2006-01-02") }

// X12 returns CCYYMMDD, or "" for no date.
func (d Date) X12() string { return d.Format("20060102") }

// Format renders d by a layout of package time; no date is "".
func (d Date) Format(layout string) string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(layout)
}

// MarshalText implements encoding.TextMarshaler.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	var err error
	*d, err = Parse(string(b))
	return err
}

// ScanDate implements pgtype.DateScanner.
func (d *Date) ScanDate(v pgtype.Date) error {
	if !v.Valid {
		*d = Date{}
		return nil
	}
	if v.InfinityModifier != pgtype.Finite {
		return fmt.Errorf("an infinite date is not a business date")
	}
	*d = Of(v.Time)
	return nil
}

// DateValue implements pgtype.DateValuer.
func (d Date) DateValue() (pgtype.Date, error) {
	return pgtype.Date{Time: d.Time(), Valid: !d.IsZero()}, nil
}
