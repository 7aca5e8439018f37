package simulate

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The second book is worth something only while it knows nothing of the first:
// outside of the tests that drive the real one, nothing of posting is imported.
func TestModelKnowsNothingOfPosting(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		read++
		for _, i := range file.Imports {
			for _, posts := range []string{"/billing", "/ledger"} {
				if strings.Contains(i.Path.Value, "claimbook"+posts) {
					t.Errorf("%s imports %s", name, i.Path.Value)
				}
			}
		}
	}
	if read < 10 {
		t.Errorf("%d files were read: the model is not among them", read)
	}
}

// What is left after shrinking fails too, and leaves out what it can.
func TestShrink(t *testing.T) {
	steps := make([]int, 60)
	for i := range steps {
		steps[i] = i
	}
	has := func(list []int, n int) bool {
		for _, s := range list {
			if s == n {
				return true
			}
		}
		return false
	}
	tried := 0
	got := Shrink(steps, 200, func(list []int) bool { tried++; return has(list, 7) && has(list, 41) })
	if len(got) != 2 || got[0] != 7 || got[1] != 41 {
		t.Errorf("steps 7 and 41 together fail; shrunk to %v in %d tries", got, tried)
	}
	if got := Shrink(steps, 3, func([]int) bool { tried++; return false }); len(got) != 60 {
		t.Errorf("nothing less fails, and yet it is shrunk to %v", got)
	}
}
