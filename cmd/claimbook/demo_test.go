package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger"
)

// TestDemo runs the whole day on several seeds and asks what an accountant
// would: does the book hold, does hledger agree, does receiving everything again
// leave the same bytes.
func TestDemo(t *testing.T) {
	for _, seed := range []string{"1", "8", "20"} {
		t.Run("seed "+seed, func(t *testing.T) {
			p := newPractice(t, 0)
			summary := string(p.output("demo", "--seed", seed, "--encounters", "150"))
			for _, want := range []string{"Claims sent", "Remittances posted", "Secondary claims", "Statements", "invariants hold", "Trial balance", "What waits for a person", "password"} {
				if !strings.Contains(summary, want) {
					t.Errorf("the summary does not tell of %q:\n%s", want, summary)
				}
			}
			journal := p.output("export", "journal")
			inbound := p.glob("demo/inbound/*/*")
			p.output(append([]string{"receive"}, inbound...)...)
			if again := p.output("export", "journal"); !bytes.Equal(journal, again) {
				t.Error("receiving the same files again changed the journal")
			}
			p.output("verify")
			agreesWithHledger(t, p, journal)
			if pdfs := p.glob("demo/statements/*.pdf"); len(pdfs) < 5 {
				t.Errorf("only %d statements", len(pdfs))
			}
			var outcomes []string
			for _, f := range receivedJSON(t, p.output(append([]string{"receive", "--json"}, inbound...)...)) {
				if !f.Duplicate {
					outcomes = append(outcomes, f.File)
				}
			}
			if len(outcomes) > 0 {
				t.Errorf("these files were not recognised: %v", outcomes)
			}
		})
	}
}

func receivedJSON(t *testing.T, out []byte) (files []receivedFile) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(out))
	for decoder.More() {
		var f receivedFile
		if err := decoder.Decode(&f); err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// agreesWithHledger has hledger, which we did not write, read the journal and
// add it up.
func agreesWithHledger(t *testing.T, p *practice, journal []byte) {
	t.Helper()
	file := filepath.Join(p.dir, "book.journal")
	if err := os.WriteFile(file, journal, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("hledger", "-f", file, "check").CombinedOutput(); err != nil {
		t.Fatalf("hledger check: %v\n%s", err, out)
	}
	out, err := exec.Command("hledger", "-f", file, "balance", "--flat", "--no-total", "--empty", "--output-format", "csv").Output()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[string]money.Cents{}
	for _, row := range rows[1:] {
		amount, err := money.ParseString(strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll(row[1], "$", ""), "$"), ",", ""))
		if err != nil {
			t.Fatalf("%q: %v", row, err)
		}
		code := regexp.MustCompile(`\b[0-9]{4}\b`).FindString(row[0])
		theirs[code] += amount
	}
	var ours ledger.TrialBalance
	if err := json.Unmarshal(p.output("report", "trial-balance", "--json"), &ours); err != nil {
		t.Fatal(err)
	}
	if len(ours.Rows) < 5 {
		t.Fatalf("the trial balance has only %d rows", len(ours.Rows))
	}
	for _, row := range ours.Rows {
		if theirs[row.Account] != row.Balance() {
			t.Errorf("account %s: we say %s, hledger says %s", row.Account, row.Balance(), theirs[row.Account])
		}
		delete(theirs, row.Account)
	}
	for account, amount := range theirs {
		if amount != 0 {
			t.Errorf("account %s: hledger says %s, we say nothing", account, amount)
		}
	}
}

// TestDemoTwice: a second demo in the same place is refused and changes
// nothing; --keep goes on in the same book, where everything is known already.
func TestDemoTwice(t *testing.T) {
	p := newPractice(t, 0)
	p.output("demo", "--encounters", "40")
	before := p.output("export", "journal")
	var errs bytes.Buffer
	cmd := p.command(t.Context(), "demo", "--encounters", "40")
	cmd.Stderr = &errs
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "--keep") {
		t.Fatalf("a second demo: %v, %s", err, errs.String())
	}
	if !bytes.Equal(before, p.output("export", "journal")) {
		t.Fatal("the refused demo changed the book")
	}
	p.output("demo", "--encounters", "40", "--keep")
	if !bytes.Equal(before, p.output("export", "journal")) {
		t.Fatal("the same demo on the same book posted something")
	}
	if err := p.command(t.Context(), "demo", "--seed", "2", "--encounters", "40", "--keep").Run(); err == nil {
		t.Fatal("another seed went on in the same book")
	}
}

// TestDemoPrivate runs the demo on a private PostgreSQL, as a newcomer does.
func TestDemoPrivate(t *testing.T) {
	dir, err := os.MkdirTemp("", "claimbook-demo") // not t.TempDir: the server's account must reach it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := privatePractice(t, dir)
	p.output("demo", "--encounters", "40", "--days", "2", "--seed", "5")
	p.output("verify")
}

func privatePractice(t *testing.T, dir string) *practice {
	p := &practice{t: t, dir: dir}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DATABASE_URL=") && !strings.HasPrefix(v, "CLAIMBOOK_") {
			p.env = append(p.env, v)
		}
	}
	return p
}

// TestTutorial runs every command of the README's tutorial, in its order.
func TestTutorial(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(readme), "<!-- tutorial")
	tutorial, _, ends := strings.Cut(rest, "<!-- end of tutorial")
	if !begins || !ends {
		t.Fatal("the README's tutorial is not marked")
	}
	var commands []string
	for line := range strings.Lines(tutorial) {
		if strings.HasPrefix(line, "    ") {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	if len(commands) < 15 {
		t.Fatalf("the tutorial has only %d commands", len(commands))
	}
	dir := t.TempDir()
	for _, command := range commands {
		cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-c", command)
		cmd.Dir = dir
		if cmd.Env == nil {
			cmd.Env = append(os.Environ(), "DATABASE_URL="+tutorialURL(t), "CLAIMBOOK_DATA_DIR="+filepath.Join(dir, ".claimbook"))
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v\n%s", command, err, out)
		}
		if len(out) == 0 && !strings.Contains(command, ">") {
			t.Errorf("%s printed nothing", command)
		}
	}
}

var tutorialDatabase string

func tutorialURL(t *testing.T) string {
	if tutorialDatabase == "" {
		tutorialDatabase = pgtest.URL(t)
	}
	return tutorialDatabase
}

// TestEveryCommandHelps: each command shows an example.
func TestEveryCommandHelps(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"--help"}, nil, &out, &errs); code != 0 {
		t.Fatalf("--help exits with %d", code)
	}
	seen := 0
	var walk func(path []string)
	walk = func(path []string) {
		var out, errs bytes.Buffer
		if code := run(append(path, "--help"), nil, &out, &errs); code != 0 {
			t.Errorf("%v --help exits with %d: %s", path, code, errs.String())
			return
		}
		commands := regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)*)  `).FindAllStringSubmatch(after(out.String(), "\nCommands:"), -1)
		if len(commands) == 0 {
			seen++
			if !strings.Contains(out.String(), "Example") {
				t.Errorf("%v --help shows no example:\n%s", path, out.String())
			}
		}
		for _, c := range commands {
			words := strings.Fields(c[1])
			walk(append(append([]string{}, path...), words[len(words)-1]))
		}
	}
	walk(nil)
	if seen < 20 {
		t.Errorf("only %d commands were found: %s", seen, fmt.Sprint(out.String()))
	}
}

func after(s, mark string) string {
	_, rest, found := strings.Cut(s, mark)
	if !found {
		return ""
	}
	return rest
}
