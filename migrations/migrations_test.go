package migrations_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/claimbook/claimbook/migrations"
)

// Versions count 1, 2, 3 …: a gap would be a file that somebody forgot to commit.
func TestSourcesAreNumberedWithoutGaps(t *testing.T) {
	sources, err := migrations.Sources()
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) == 0 {
		t.Fatal("no migration is embedded")
	}
	for i, source := range sources {
		if source.Version != int64(i+1) {
			t.Errorf("%s has version %d, want %d", source.Name, source.Version, i+1)
		}
	}
}

// Each file says why it exists, and can be taken back.
func TestSourcesSayWhy(t *testing.T) {
	sources, err := migrations.Sources()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		content, err := migrations.FS.ReadFile(source.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"-- +goose Up\n", "-- Why: ", "-- +goose Down\n"} {
			if !bytes.Contains(content, []byte(want)) {
				t.Errorf("%s lacks %q", source.Name, want)
			}
		}
	}
}

func ExampleHash() {
	first, err := migrations.Hash()
	if err != nil {
		fmt.Println(err)
	}
	second, _ := migrations.Hash()
	fmt.Println(len(first), first == second)
	// Output: 16 true
}
