package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
			})
		})
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
