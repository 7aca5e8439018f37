package check_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/guide"
)

// vector is one file of testdata/rules: a base, and the edits that make it pass
// and fail its rule.
type vector struct {
	code, base string
	pass, fail [][2]string
}

func readVector(t *testing.T, path string) vector {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{code: strings.TrimSuffix(filepath.Base(path), ".txt")}
	for n, line := range strings.Split(string(b), "\n") {
		key, rest, _ := strings.Cut(line, ": ")
		edit := func() [2]string {
			from, to, ok := strings.Cut(rest, " => ")
			if !ok {
				t.Fatalf("%s line %d: no => in the edit", path, n+1)
			}
			unescape := strings.NewReplacer(`\n`, "\n", `\x01`, "\x01", `\xff`, "\xff", `\xe9`, "\xe9").Replace
			return [2]string{unescape(from), unescape(to)}
		}
		switch {
		case line == "" || line[0] == '#':
		case key == "base":
			v.base = rest
		case key == "list": // a code list to load: key = lines
			name, text, _ := strings.Cut(rest, " = ")
			l := codeset.Lists()[name]
			if err := l.Load(strings.NewReader(strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(text)), "2026"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(l.Unload)
		case key == "pass":
			v.pass = append(v.pass, edit())
		case key == "fail":
			v.fail = append(v.fail, edit())
		default:
			t.Fatalf("%s line %d: %q is not base, pass or fail", path, n+1, key)
		}
	}
	return v
}

func edited(t *testing.T, v vector, edits [][2]string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", v.base))
	if err != nil {
		t.Fatal(err)
	}
	s := string(b)
	for _, e := range edits {
		if e[0] == "*ALL*" {
			s = e[1]
			continue
		}
		if !strings.Contains(s, e[0]) {
			t.Fatalf("%s: %q is not in %s", v.code, e[0], v.base)
		}
		s = strings.Replace(s, e[0], e[1], 1)
	}
	return count(s)
}

// Every rule has a vector that passes it and one that fails it.
func TestRules(t *testing.T) {
	for _, r := range check.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			v := readVector(t, filepath.Join("testdata", "rules", r.Code+".txt"))
			o := check.Options{}
			if r.SNIP == 7 {
				o.Partner = partner(t)
			}
			code := r.Code
			if r.SNIP == 7 {
				code = "BL-01"
			}
			passed := run(t, edited(t, v, v.pass), o)
			if slices.Contains(codes(passed), code) {
				t.Errorf("the passing vector fails:%s", describe(passed))
			}
			failed := run(t, edited(t, v, v.fail), o)
			if !slices.Contains(codes(failed), code) {
				t.Errorf("the failing vector does not report %s:%s", r.Code, describe(failed))
			}
			failed.Findings(func(f *guide.Finding) {
				if f.Code != code {
					return
				}
				if f.SNIP != r.SNIP || f.Severity != r.Severity || f.Message == "" || f.Fix == "" {
					t.Errorf("the finding %+v does not say what the table says", f)
				}
				if f.Severity == guide.Error && failed.Valid() {
					t.Error("the file is called valid")
				}
				mapped(t, r, f)
			})
			answered(t, edited(t, v, v.pass), o)
			answered(t, edited(t, v, v.fail), o)
		})
	}
}

// mapped checks that the acknowledgments can tell of an error, with codes that
// they have.
func mapped(t *testing.T, r *check.Rule, f *guide.Finding) {
	t.Helper()
	if f.Severity != guide.Error {
		return
	}
	if f.SNIP <= 2 && f.TA105 == "" && f.IK502 == "" && f.AK905 == "" && !strings.HasPrefix(r.Code, "X12-TA1") && r.Code != "X12-EMPTY" && r.Code != "X12-NOTX12" {
		t.Errorf("no acknowledgment tells of it: %+v", f)
	}
	if f.SNIP > 2 && strings.Contains(r.Types, "837") && f.STC.IsZero() {
		t.Errorf("no status for the 277CA: %+v", f)
	}
	var told []string
	for _, p := range [][2]string{{"TA105", f.TA105}, {"IK304", f.IK304}, {"IK403", f.IK403}, {"IK502", f.IK502}, {"AK905", f.AK905}} {
		if p[1] != "" {
			told = append(told, p[0]+" "+p[1])
		}
	}
	if f.SNIP <= 2 || !f.Trigger.IsZero() {
		if got := strings.Join(told, ", "); !slices.Contains(strings.Split(r.Acknowledged(), " or "), got) {
			t.Errorf("it is told as %q, but the table says %q", got, r.Acknowledged())
		}
	}
	if strings.HasPrefix(f.IK403, "I") && f.IK502 == "5" {
		t.Errorf("only the guide minds, but IK502 says that the standard does: %+v", f)
	}
	codes := func(segment string, element int, value string) {
		d := guide.ByName("999").Find(map[string]string{"IK3": "2100", "IK4": "2110", "IK5": "2000", "AK9": "HEADER"}[segment], segment, 0)
		if d == nil {
			t.Fatalf("the guide has no %s", segment)
		}
		if value != "" && !d.Elements[element-1].Codes.Has([]byte(value)) {
			t.Errorf("%s%02d has no code %s", segment, element, value)
		}
	}
	codes("IK3", 4, f.IK304)
	codes("IK4", 3, f.IK403)
	codes("IK5", 2, f.IK502)
	codes("AK9", 5, f.AK905)
	if s := f.STC; !s.IsZero() {
		lists := codeset.Lists()
		if !lists["claim-status-category"].Has([]byte(s.Category)) || !lists["claim-status"].Has([]byte(s.Code)) {
			t.Errorf("the status %v is not of the lists", s)
		}
	}
}

// answered checks that all three acknowledgments of a file are clean themselves.
func answered(t *testing.T, in string, o check.Options) {
	t.Helper()
	o.Claims = true
	r := run(t, in, o)
	a := check.Answer{Now: time.Date(2026, 1, 6, 9, 30, 0, 0, time.UTC), Control: 1}
	for name, write := range map[string]func(io.Writer, check.Answer) error{"TA1": r.TA1, "999": r.Implementation, "277CA": r.Claims} {
		var out bytes.Buffer
		if err := write(&out, a); err != nil {
			t.Errorf("no %s: %v", name, err)
			continue
		}
		if out.Len() == 0 {
			continue
		}
		answer := run(t, out.String(), check.Options{})
		if list := codes(answer); len(list) > 0 {
			t.Errorf("the %s is not clean:%s\n%s", name, describe(answer), out.String())
		}
	}
}

// Whatever a run reports is in the table of rules.
func TestEveryCodeIsInTheTable(t *testing.T) {
	known := map[string]bool{"BL-01": true}
	for _, r := range check.Rules() {
		if known[r.Code] {
			t.Errorf("%s stands twice in the table", r.Code)
		}
		known[r.Code] = true
	}
	paths, _ := filepath.Glob("testdata/rules/*.txt")
	for _, p := range paths {
		v := readVector(t, p)
		if !known[v.code] {
			t.Errorf("%s has a vector but no rule", v.code)
		}
		for _, c := range codes(run(t, edited(t, v, v.fail), check.Options{})) {
			if !known[c] {
				t.Errorf("%s reports %s, which is not in the table", v.code, c)
			}
		}
	}
}
