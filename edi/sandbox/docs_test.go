package sandbox

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the documentation's table of scenarios")

// TestDocumentation keeps the table in docs/sandbox.md equal to the scenarios.
func TestDocumentation(t *testing.T) {
	const file = "../../docs/sandbox.md"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- scenarios:")
	comment, rest, ok2 := strings.Cut(rest, "-->\n")
	_, after, ok3 := strings.Cut(rest, "<!-- end of scenarios -->")
	if !ok || !ok2 || !ok3 {
		t.Fatal("the marks around the table are gone")
	}
	var table strings.Builder
	table.WriteString("| scenario | what the payer does | what the book makes of it |\n| --- | --- | --- |\n")
	for _, s := range Scenarios() {
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", s.Name, s.Summary, s.Expect)
	}
	want := before + "<!-- scenarios:" + comment + "-->\n" + table.String() + "<!-- end of scenarios -->" + after
	if string(b) == want {
		return
	}
	if !*update {
		t.Fatal("docs/sandbox.md does not list the scenarios as they are: run this test with -update")
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
