package replay

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	billingwork "github.com/claimbook/claimbook/billing/work"
)

func rows(list ...row) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestCompare(t *testing.T) {
	a, b, c := row{"a", "1"}, row{"b", "2\nx"}, row{"c", "3"}
	for _, test := range []struct {
		name          string
		live, rebuilt []row
		rows          int
		want          []string
	}{
		{"both empty", nil, nil, 0, nil},
		{"equal", []row{a, b, c}, []row{a, b, c}, 3, nil},
		{"a row is missing", []row{a, b, c}, []row{a, c}, 3, []string{"b: only in the live book: 2"}},
		{"the last is missing", []row{a, b}, []row{a}, 2, []string{"b: only in the live book: 2"}},
		{"a row too many", []row{b}, []row{a, b, c}, 1, []string{"a: only in the rebuilt book: 1", "c: only in the rebuilt book: 3"}},
		{"another value", []row{a, b}, []row{a, {"b", "2\ny"}}, 2, []string{"b: live x, rebuilt y"}},
		{"a shorter value", []row{b}, []row{{"b", "2"}}, 1, []string{"b: live x, rebuilt nothing"}},
		{"the same key twice", []row{a, a}, []row{a}, 2, []string{"a: only in the live book: 1"}},
	} {
		got, err := compare("rows", rows(test.live...), rows(test.rebuilt...))
		if err != nil || got.Rows != test.rows || got.Differences != len(test.want) || !slices.Equal(got.Examples, test.want) && len(test.want) > 0 {
			t.Errorf("%s: %+v, %v", test.name, got, err)
		}
	}
}

func TestCompareFails(t *testing.T) {
	broken := func(yield func(row, error) bool) { yield(row{}, errors.New("the connection is lost")) }
	if _, err := compare("rows", broken, rows(row{"a", "1"})); err == nil {
		t.Error("an error of the live book is lost")
	}
	if _, err := compare("rows", rows(), broken); err == nil {
		t.Error("an error of the rebuilt book is lost")
	}
}

func TestExamplesAreBounded(t *testing.T) {
	var list []row
	for c := 'a'; c <= 'z'; c++ {
		list = append(list, row{string(c), "1"})
	}
	got, err := compare("rows", rows(list...), rows())
	if err != nil || got.Differences != 26 || len(got.Examples) != maxExamples {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWithDatabase(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u:p@host:5432/book?sslmode=require":      "postgres://u:p@host:5432/scratch?sslmode=require",
		"postgres:///book?host=%2Ftmp%2Fsock&user=claimbook": "postgres:///scratch?host=%2Ftmp%2Fsock&user=claimbook",
		"postgresql://host?dbname=book":                      "postgresql://host/scratch",
		"host=/tmp/sock dbname=book user=u":                  "host=/tmp/sock dbname=book user=u dbname=scratch",
	} {
		if got, err := withDatabase(url, "scratch"); err != nil || got != want {
			t.Errorf("%s: %s, %v", url, got, err)
		}
	}
}

// TestEveryDecisionIsReplayed looks through the source for kinds of decisions:
// one that nobody can carry out again would make books that cannot be rebuilt.
func TestEveryDecisionIsReplayed(t *testing.T) {
	kinds := regexp.MustCompile(`[dD]ecide\([^)"]*"([a-z-]+)"|\n\tDeci(?:sion|de)[A-Z]\w+ += "([a-z-]+)"|Decision\{Kind: "([a-z-]+)"`)
	found := map[string]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// The simulation's own decisions are the world's, not rows of a book.
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "simulate") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, match := range kinds.FindAllStringSubmatch(string(text), -1) {
			found[match[1]+match[2]+match[3]] = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Errorf("only %v were found: the test looks for them in the wrong way", found)
	}
	for kind, path := range found {
		if decisions[kind] == nil && !billingwork.Replays(kind) {
			t.Errorf("the decision %q of %s cannot be carried out again: add it to decisions", kind, path)
		}
	}
}
