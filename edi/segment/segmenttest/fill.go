package segmenttest

import (
	"reflect"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// Equal are the options by which what was written and what was read are the
// same: an empty list is no list, and positions are the file's business.
var Equal = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(segment.Position{})}

var (
	text  = rapid.StringMatching(`[A-Z0-9][A-Z0-9 .,'()#/&-]{0,7}`)
	cents = rapid.Int64Range(-99_999_999, 99_999_999)
)

// Text draws a value that an element may hold.
func Text(t *rapid.T) string { return text.Draw(t, "text") }

// Fill draws every field of the struct that p points to, bottom up, and calls
// fix with a pointer to each struct so that it can be made one that a guide
// allows. Positions, hierarchies and unknown segments stay zero.
func Fill(t *rapid.T, p any, fix func(any)) { fill(t, reflect.ValueOf(p).Elem(), fix) }

func fill(t *rapid.T, v reflect.Value, fix func(any)) {
	switch p := v.Addr().Interface().(type) {
	case *segment.Position, *segment.Hierarchy, *[]segment.Unknown, *x12.Interchange, *x12.Group, *x12.Delimiters:
		return
	case *money.Cents:
		*p = money.Cents(cents.Draw(t, "cents"))
		return
	case *decimal.Decimal:
		*p = decimal.New(rapid.Int64Range(-99999, 999999).Draw(t, "coefficient"), rapid.Int32Range(-4, 0).Draw(t, "exponent"))
		return
	case *date.Date:
		if rapid.Bool().Draw(t, "dated") {
			*p = date.New(rapid.IntRange(1900, 2099).Draw(t, "year"), 1, rapid.IntRange(1, 366).Draw(t, "day"))
		}
		return
	case *segment.Period:
		fillPeriod(t, p)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if rapid.Bool().Draw(t, "filled") {
			v.SetString(text.Draw(t, "text"))
		}
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(rapid.Int64Range(0, 99).Draw(t, "int"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), fix)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "length")
		if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range n {
			fill(t, v.Index(i), fix)
			if e := v.Index(i); e.Kind() == reflect.String && e.Len() == 0 {
				e.SetString("X")
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), fix)
		}
	case reflect.Struct:
		if present := v.FieldByName("Present"); present.IsValid() && present.Kind() == reflect.Bool && v.NumField() == 2 {
			if rapid.Bool().Draw(t, "present") { // segment.Optional
				fill(t, v.Field(0), fix)
				present.SetBool(true)
			}
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i), fix)
		}
		fixShared(v.Addr().Interface())
		fix(v.Addr().Interface())
	}
}

func fillPeriod(t *rapid.T, p *segment.Period) {
	day := func() date.Date {
		return date.New(rapid.IntRange(1900, 2099).Draw(t, "year"), 1, rapid.IntRange(1, 366).Draw(t, "day"))
	}
	*p = segment.Period{Qualifier: text.Draw(t, "qualifier"), Format: rapid.SampledFrom([]string{"D8", "RD8", "DT", "TM"}).Draw(t, "format")}
	switch p.Format {
	case "D8":
		p.From = day()
	case "RD8":
		p.From, p.To = day(), day()
	case "DT":
		p.From, p.Time = day(), "0930"
	case "TM":
		p.Time = "1415"
	}
}

// Must gives an empty value a content.
func Must(values ...*string) {
	for _, v := range values {
		if *v == "" {
			*v = "1"
		}
	}
}

// MustDate gives no date one.
func MustDate(d *date.Date) {
	if d.IsZero() {
		*d = date.New(2026, 3, 14)
	}
}

// fixShared makes the shared segments what their guides allow.
func fixShared(p any) {
	switch v := p.(type) {
	case *segment.Reference:
		Must(&v.Qualifier)
	case *segment.Amount:
		Must(&v.Qualifier)
	case *segment.Quantity:
		Must(&v.Qualifier)
	case *segment.Date:
		Must(&v.Qualifier)
		MustDate(&v.Date)
	case *segment.Address:
		if v.Line2 != "" {
			Must(&v.Line1)
		}
	case *segment.CommunicationNumber:
		Must(&v.Number)
	case *segment.Contact:
		Must(&v.Function)
	case *segment.Name:
		Must(&v.Role)
	case *segment.Adjustment:
		Must(&v.Group, &v.Reason)
	case *segment.Trace:
		Must(&v.Type, &v.Number)
	case *segment.Beginning:
		Must(&v.Structure)
	}
}

// FixAdjustments clears the marks of adjustments that would begin a CAS segment
// anyway.
func FixAdjustments(list []segment.Adjustment) {
	run := 0
	for i := range list {
		if i == 0 || list[i].Group != list[i-1].Group || run == 6 {
			list[i].Apart, run = false, 0
		} else if list[i].Apart {
			run = 0
		}
		run++
	}
}
