// Package segmenttest serves the tests of the typed transactions: it finds the
// public sample files and brings segments into canonical form by means that the
// code under test does not share.
package segmenttest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/x12"
)

// File is a public sample.
type File struct {
	Name string
	Raw  []byte
}

// Samples returns the public files of a kind ("835", "837p") that others wrote,
// from the directory in CLAIMBOOK_SAMPLES or beside the repository. It says so
// when there are none.
func Samples(t testing.TB, kind string) []File {
	dir := os.Getenv("CLAIMBOOK_SAMPLES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "samples")
	}
	names, _ := filepath.Glob(filepath.Join(dir, kind, "*"))
	if len(names) == 0 {
		t.Logf("no public samples in %s: set CLAIMBOOK_SAMPLES to run over them", filepath.Join(dir, kind))
	}
	var out []File
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, File{filepath.Base(name), raw})
	}
	return out
}

// Delimiters returns those of the first interchange.
func Delimiters(raw []byte) x12.Delimiters {
	r := x12.NewReader(bytes.NewReader(raw))
	for {
		if _, err := r.Next(); err == nil {
			return r.Delimiters()
		} else if s := new(x12.SyntaxError); !errors.As(err, &s) || s.Fatal {
			return x12.DefaultDelimiters()
		}
	}
}

// numbers are the elements of numeric types, by segment.
var numbers = map[string][]int{
	"BPR": {2}, "CLP": {3, 4, 5, 12, 13}, "SVC": {2, 3, 5, 7}, "CAS": span(2, 19), "PLB": {4, 6, 8, 10, 12, 14},
	"AMT": {2}, "QTY": {2}, "TS3": span(4, 24), "TS2": span(1, 19), "MIA": append(span(1, 4), append(span(6, 19), 24)...),
	"MOA": {1, 2, 8, 9}, "CLM": {2}, "SV1": {2, 4}, "SV2": {3, 5, 6, 7}, "SV3": {2, 6}, "SV5": {3, 4, 5}, "SVD": {2, 5, 6},
	"CR1": {2, 6}, "CR3": {3}, "HCP": {2, 3, 5, 7, 12}, "CN1": {2, 3, 5}, "PS1": {2}, "MEA": {3}, "CTP": {4}, "PAT": {8},
	"DN1": {1, 2}, "FRM": {5}, "STC": {4}, "IK3": {2}, "CTX": {3}, "AK9": {2, 3, 4}, "SE": {1}, "GE": {1}, "IEA": {1},
}

func span(from, to int) (out []int) {
	for n := from; n <= to; n++ {
		if from == 2 && to == 19 && n%3 == 2 { // CAS: every third element is a reason code
			continue
		}
		out = append(out, n)
	}
	return out
}

// Canonical returns the segments of a file with its delimiters made the default
// ones, trailing empty elements dropped and numbers in their shortest form.
// lx says that LX01 is a number.
func Canonical(t testing.TB, raw []byte, lx bool) []string {
	r := x12.NewReader(bytes.NewReader(raw))
	var out []string
	for {
		s, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			out = append(out, "fault") // a recoverable fault stands in both files or in none
			if f := new(x12.SyntaxError); errors.As(err, &f) && !f.Fatal {
				out = out[:len(out)-1]
				continue
			}
			return out
		}
		var b bytes.Buffer
		w := x12.NewWriter(&b, x12.Delimiters{Element: 0x1D, Repetition: 0x1E, Component: 0x1F, Terminator: 0x1C})
		if err := w.Copy(s); err != nil {
			t.Fatal(err)
		}
		_ = w.Flush()
		elements := strings.Split(strings.TrimSuffix(b.String(), "\x1C"), "\x1D")
		for n := range elements {
			if n > 0 && (slices.Contains(numbers[elements[0]], n) || lx && elements[0] == "LX") {
				elements[n] = shorten(elements[n])
			}
			if elements[0] == "HI" && n > 0 { // value codes carry an amount
				parts := strings.Split(elements[n], "\x1F")
				if len(parts) > 4 {
					parts[4] = shorten(parts[4])
				}
				elements[n] = strings.Join(parts, "\x1F")
			}
		}
		line := strings.NewReplacer("\x1D", "*", "\x1E", "^", "\x1F", ":").Replace(strings.Join(elements, "\x1D"))
		out = append(out, line)
	}
}

// shorten drops leading zeros of the whole part and trailing zeros of the fraction.
func shorten(v string) string {
	if v == "" || strings.Trim(v, "-.0123456789") != "" {
		return v
	}
	sign := ""
	if v[0] == '-' {
		sign, v = "-", v[1:]
	}
	whole, fraction, _ := strings.Cut(v, ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if whole == "0" {
		sign = ""
	}
	return sign + whole
}

// Diff compares two files segment by segment and returns the first difference,
// or "".
func Diff(want, got []string) string {
	for i := range max(len(want), len(got)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			return "want " + a + "\n got " + b
		}
	}
	return ""
}
