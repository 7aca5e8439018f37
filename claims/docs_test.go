package claims

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated documentation")

// Documentation that follows from tables in this package is generated from
// them: a page that is behind fails here, and -update writes it.
func TestGeneratedDocs(t *testing.T) {
	for name, content := range map[string]string{
		"edits.md":              editsPage(),
		"claim-states.md":       statesPage(),
		"encounter.schema.json": string(EncounterSchema),
	} {
		path := filepath.Join("..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != content {
			t.Errorf("docs/%s is behind: go test ./claims -run Docs -update", name)
		}
	}
}

// The table of columns in docs/claims.md is the one that the reader uses.
func TestColumnsInDocs(t *testing.T) {
	const begin, end = "<!-- columns: generated -->\n", "<!-- end of columns -->"
	path := filepath.Join("..", "docs", "claims.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(raw), begin)
	table, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("docs/claims.md has no table of columns")
	}
	if table == columnsTable() {
		return
	}
	if !*update {
		t.Fatal("the columns in docs/claims.md are behind: go test ./claims -run Docs -update")
	}
	if err := os.WriteFile(path, []byte(before+begin+columnsTable()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func columnsTable() string {
	var b strings.Builder
	b.WriteString("| column | required | repeats | meaning |\n| --- | --- | --- | --- |\n")
	for _, c := range Columns {
		required, repeats := "", "same on each row of the encounter, or empty"
		if c.Required {
			required = "yes"
		}
		switch {
		case c.Name == "encounter_id":
			repeats = "on each row"
		case c.PerLine:
			repeats = "each service line its own"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", c.Name, required, repeats, c.Meaning)
	}
	return b.String()
}

func editsPage() string {
	var b strings.Builder
	b.WriteString(`# Edits

An edit is a rule about encounters. A finding that **holds** keeps the encounter from becoming a claim until a person has corrected what it names; a **warning** stays with the encounter and the claim goes out. A practice switches an edit in its set-up:

    rules:
      - {kind: edit, code: CB-CHG-002, treatment: "off"}   # hold, warn or off

Each edit is tested by the two examples beside it. This page is generated from the table in ` + "`claims/edits*.go`" + `.

`)
	for _, e := range Edits {
		scope := "claims"
		if e.SelfPay {
			scope = "claims and self-pay encounters"
		}
		fmt.Fprintf(&b, "## %s\n\n%s\n\n- %ss %s; correct: %s\n- how: %s\n- fails: %s\n- passes: %s\n\n", e.Code, e.Rule, e.Severity, scope, e.Field, e.Hint, e.Fails.Text, e.Passes.Text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func statesPage() string {
	var b strings.Builder
	b.WriteString("# The claim's states\n\nEvery arrow is an event on the claim's timeline, with its day, its actor, its reason and, where a file says so, the segment. The table is in `claims/state.go`; this page is drawn from it. Files arrive in any order, so a claim that is on its way may be answered by anything.\n\nThe usual way, and where it turns:\n\n```mermaid\nstateDiagram-v2\n    [*] --> draft\n")
	for _, from := range States {
		for _, to := range from.Next() {
			if usual[from] != nil && slices.Contains(usual[from], to) {
				fmt.Fprintf(&b, "    %s --> %s\n", mermaid(from), mermaid(to))
			}
		}
	}
	b.WriteString("    closed --> [*]\n    replaced --> [*]\n    voided --> [*]\n```\n\nAll transitions that are allowed:\n\n| from | to |\n| --- | --- |\n")
	for _, from := range States {
		var names []string
		for _, to := range from.Next() {
			names = append(names, string(to))
		}
		if len(names) == 0 {
			names = []string{"nothing: it is an end"}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", from, strings.Join(names, ", "))
	}
	return b.String()
}

// usual are the arrows that the diagram draws: with all of them nobody could
// read it.
var usual = map[State][]State{
	Draft: {Ready}, Held: {Ready, Voided}, Ready: {Held, Batched, Voided}, Batched: {Sent}, Sent: {Received, Rejected},
	Received: {AcceptedClearinghouse, Accepted, Rejected}, AcceptedClearinghouse: {Accepted, Rejected}, Accepted: {Paid, PartlyPaid, Denied, Forwarded},
	Rejected: {Ready, Voided}, Paid: {Closed, Replaced}, PartlyPaid: {Closed, Denied, Paid}, Denied: {Paid, Closed, Replaced}, Forwarded: {Closed},
	Closed: {Paid},
}

func mermaid(s State) string { return strings.ReplaceAll(string(s), "-", "_") }

// Each arrow of the diagram is in the table, and no state is without a way in.
func TestStates(t *testing.T) {
	reached := map[State]bool{Draft: true}
	for _, from := range States {
		if !from.Valid() {
			t.Errorf("%s is not in the table", from)
		}
		for _, to := range from.Next() {
			if !to.Valid() || to == from {
				t.Errorf("%s → %s", from, to)
			}
			reached[to] = true
		}
		for _, to := range usual[from] {
			if !from.May(to) {
				t.Errorf("the diagram draws %s → %s", from, to)
			}
		}
	}
	for _, s := range States {
		if !reached[s] {
			t.Errorf("no way leads to %s", s)
		}
	}
	for _, c := range []struct {
		from, to State
		may      bool
	}{
		{Sent, Sent, true}, {Ready, Sent, false}, {Voided, Ready, false}, {Rejected, Ready, true}, {Accepted, Batched, false},
		{Denied, Paid, true}, {Closed, Denied, true}, {Sent, Paid, true},
	} {
		if c.from.May(c.to) != c.may {
			t.Errorf("%s → %s: %v", c.from, c.to, !c.may)
		}
	}
	if !Sent.Advances(Accepted) || Accepted.Advances(Received) || Rejected.Advances(Received) || Paid.Advances(Accepted) {
		t.Error("an answer that is behind must not move a claim")
	}
}

// What the documentation shows is read as it stands.
func TestSamplesInDocs(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "docs", "claims.md"))
	if err != nil {
		t.Fatal(err)
	}
	sample := func(language string) string {
		_, rest, _ := strings.Cut(string(raw), "```"+language+"\n")
		text, _, found := strings.Cut(rest, "```")
		if !found {
			t.Fatalf("docs/claims.md shows no %s", language)
		}
		return text
	}
	if setup, err := ReadSetup(strings.NewReader(sample("yaml")), "docs/claims.md"); err != nil || len(setup.Patients) != 1 {
		t.Errorf("the set-up: %v", err)
	}
	for language, lines := range map[string]int{"csv": 2, "json": 1} {
		list := readAll(t, sample(language))
		if len(list) != 1 || len(list[0].Problems) > 0 || len(list[0].Record.Lines) != lines {
			t.Errorf("the %s sample is read as %+v", language, list)
		}
	}
}
