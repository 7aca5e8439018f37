package segmenttest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,'()#/&-"

func text(r *rand.Rand) string {
	b := make([]byte, 1+r.IntN(8))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	if b[0] == ' ' { // a segment's first element may not be mistaken for indentation
		b[0] = 'X'
	}
	return string(b)
}

// Fill draws every field of the struct that p points to, bottom up, and calls
// fix with a pointer to each struct so that it can be made one that a guide
// allows. Positions, hierarchies and unknown segments stay zero. The drawn seed
// decides everything: a failing one prints itself.
func Fill(t *rapid.T, p any, fix func(any)) {
	seed := rapid.Uint64().Draw(t, "seed")
	fill(rand.New(rand.NewPCG(seed, 837835)), reflect.ValueOf(p).Elem(), fix)
}

func fill(r *rand.Rand, v reflect.Value, fix func(any)) {
	switch p := v.Addr().Interface().(type) {
	case *segment.Position, *segment.Hierarchy, *[]segment.Unknown, *x12.Interchange, *x12.Group, *x12.Delimiters:
		return
	case *money.Cents:
		*p = money.Cents(r.Int64N(2e8) - 1e8)
		return
	case *decimal.Decimal:
		*p = decimal.New(r.Int64N(1e6)-1e5, -int32(r.IntN(5)))
		return
	case *date.Date:
		if r.IntN(2) == 0 {
			*p = date.New(1900+r.IntN(200), 1, 1+r.IntN(366))
		}
		return
	case *segment.Period:
		fillPeriod(r, p)
		return
	}
	switch v.Kind() {
	case reflect.String:
		if r.IntN(2) == 0 {
			v.SetString(text(r))
		}
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int:
		v.SetInt(r.Int64N(100))
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem(), fix)
		}
	case reflect.Slice:
		n := r.IntN(3)
		if n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range n {
			fill(r, v.Index(i), fix)
			if e := v.Index(i); e.Kind() == reflect.String && e.Len() == 0 {
				e.SetString("X")
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), fix)
		}
	case reflect.Struct:
		if present := v.FieldByName("Present"); present.IsValid() && present.Kind() == reflect.Bool && v.NumField() == 2 {
			if r.IntN(2) == 0 { // segment.Optional
				fill(r, v.Field(0), fix)
				present.SetBool(true)
			}
			return
		}
		for i := range v.NumField() {
			fill(r, v.Field(i), fix)
		}
		fixShared(v.Addr().Interface())
		fix(v.Addr().Interface())
	}
}

func fillPeriod(r *rand.Rand, p *segment.Period) {
	day := func() date.Date {
		return date.New(1900+r.IntN(200), 1, 1+r.IntN(366))
	}
	*p = segment.Period{Qualifier: text(r), Format: []string{"D8", "RD8", "DT", "TM"}[r.IntN(4)]}
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

// Difference returns the path of the first field in which what was written and
// what was read differ, or "". An empty list is no list, positions are the
// file's business, and the fields in ignore ("Payment.Group") are left out.
// Package cmp is not used here: it looks for the shortest edit, which takes
// minutes on lists within lists.
func Difference(a, b any, ignore ...string) string {
	return differ(reflect.ValueOf(a), reflect.ValueOf(b), "", ignore)
}

func differ(a, b reflect.Value, path string, ignore []string) string {
	switch v := a.Interface().(type) {
	case segment.Position:
		return ""
	case decimal.Decimal:
		if !v.Equal(b.Interface().(decimal.Decimal)) {
			return fmt.Sprintf("%s: %v and %v", path, v, b)
		}
		return ""
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if slices.Contains(ignore, a.Type().Name()+"."+f.Name) {
				continue
			}
			if d := differ(a.Field(i), b.Field(i), path+"."+f.Name, ignore); d != "" {
				return d
			}
		}
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d and %d of them", path, a.Len(), b.Len())
		}
		for i := range a.Len() {
			if d := differ(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i), ignore); d != "" {
				return d
			}
		}
	case reflect.Pointer:
		switch {
		case a.IsNil() != b.IsNil():
			return fmt.Sprintf("%s: there %t and %t", path, !a.IsNil(), !b.IsNil())
		case !a.IsNil():
			return differ(a.Elem(), b.Elem(), path, ignore)
		}
	default:
		if !a.Equal(b) {
			return fmt.Sprintf("%s: %#v and %#v", path, a, b)
		}
	}
	return ""
}
