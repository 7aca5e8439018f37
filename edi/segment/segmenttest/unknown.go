package segmenttest

import (
	"errors"
	"reflect"
	"strings"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
)

// Incomplete reports whether an encoder refused for what is missing, which a
// decoder has to notice before it, and not for a delimiter or control character
// that the data holds.
func Incomplete(err error) bool {
	var refused *x12.DataError
	return errors.As(err, &refused) && strings.Contains(refused.Message, "there is none")
}

// Unknowns returns every segment that a decoder kept without understanding it,
// anywhere in x.
func Unknowns(x any) []segment.Unknown {
	var all []segment.Unknown
	unknowns(reflect.ValueOf(x), &all)
	return all
}

func unknowns(v reflect.Value, all *[]segment.Unknown) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			unknowns(v.Elem(), all)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			unknowns(v.Index(i), all)
		}
	case reflect.Struct:
		if u, ok := v.Interface().(segment.Unknown); ok {
			*all = append(*all, u)
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				unknowns(v.Field(i), all)
			}
		}
	}
}
