package codeset_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/edi/codeset"
)

var update = flag.Bool("update", false, "write the documentation's table of lists")

// TestDocumentation keeps the table in docs/codesets.md equal to the lists that
// ship.
func TestDocumentation(t *testing.T) {
	const file = "../../docs/codesets.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- lists:")
	comment, rest, ok2 := strings.Cut(rest, "-->\n")
	_, after, ok3 := strings.Cut(rest, "<!-- end of lists -->")
	if !ok || !ok2 || !ok3 {
		t.Fatal("the marks around the table are gone")
	}
	var table strings.Builder
	table.WriteString("| key | list | as of | codes | without a label | checked by |\n| --- | --- | --- | --- | --- | --- |\n")
	all := codeset.Lists()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		l, bare := all[key], 0
		if l.Empty() {
			fmt.Fprintf(&table, "| `%s` | %s | | | | form, until a list is imported |\n", key, l.Name)
			continue
		}
		for code := range l.Codes() {
			if label, _ := l.Lookup(code); label == "" {
				bare++
			}
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %d | %d | content |\n", key, l.Name, l.AsOf(), l.Len(), bare)
	}
	want := before + "<!-- lists:" + comment + "-->\n" + table.String() + "<!-- end of lists -->" + after
	if string(b) == want {
		return
	}
	if !*update {
		t.Fatal("docs/codesets.md does not list the code sets as they are: run this test with -update")
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
