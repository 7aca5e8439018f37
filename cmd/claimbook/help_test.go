package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestEveryCommandShowsAnExample looks at the help of every command, and reads
// each example with the real parser: an example with a flag that does not exist
// is worse than none.
func TestEveryCommandShowsAnExample(t *testing.T) {
	for _, node := range newParser(t).Model.Leaves(false) {
		path := node.FullPath()
		t.Run(strings.TrimPrefix(path, "claimbook "), func(t *testing.T) {
			if node.Help == "" {
				t.Error("the list of commands does not say what it does")
			}
			own := false
			for _, example := range commandLines(node.Detail) {
				own = own || strings.HasPrefix(example+" ", path+" ")
				parses(t, example)
			}
			if !own {
				t.Errorf("its help shows no example:\n%s", node.Detail)
			}
		})
	}
}

// TestDocumentsNameRealCommands reads every command line of the README and of
// the documents with the real parser.
func TestDocumentsNameRealCommands(t *testing.T) {
	root := filepath.Join("..", "..")
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range append(files, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			for _, line := range commandLines(string(text)) {
				found++
				parses(t, line)
			}
		})
	}
	if found < 20 {
		t.Errorf("only %d command lines were found: the test looks for them in the wrong way", found)
	}
}

func newParser(t *testing.T) *kong.Kong {
	t.Helper()
	parser, err := kong.New(new(commands), kong.Name("claimbook"), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// commandLines finds the indented lines that begin with claimbook, and what
// stands between backticks and does.
func commandLines(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ") && strings.HasPrefix(strings.TrimSpace(line), "claimbook ") {
			lines = append(lines, strings.TrimSpace(line))
			continue
		}
		for i, quoted := range strings.Split(line, "`") {
			if i%2 == 1 && strings.HasPrefix(quoted, "claimbook ") && strings.Contains(quoted, " --") {
				lines = append(lines, quoted)
			}
		}
	}
	return lines
}

// parses requires that the command line is one. Placeholders such as FILE… and
// DIR stand for values.
func parses(t *testing.T, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, " | ")
	line, _, _ = strings.Cut(line, " > ")
	line, _, _ = strings.Cut(line, " && ")
	line, _, _ = strings.Cut(line, " # ")
	if line = strings.TrimSpace(line); strings.HasSuffix(line, " --help") {
		return
	}
	if _, err := newParser(t).Parse(words(line)[1:]); err != nil {
		t.Errorf("%s\n%v", line, err)
	}
}

// words splits a line as a shell does, as far as the examples go.
func words(line string) (list []string) {
	var word strings.Builder
	quote, open := rune(0), false
	for _, r := range line {
		switch {
		case quote == 0 && (r == '\'' || r == '"'):
			quote, open = r, true
		case r == quote:
			quote = 0
		case quote == 0 && r == ' ':
			if open {
				list = append(list, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		list = append(list, word.String())
	}
	return list
}
