package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// EDICodesCmd is `claimbook edi codes`.
type EDICodesCmd struct {
	List   EDICodesListCmd   `cmd:"" help:"The code lists, their dates, and how codes are checked."`
	Import EDICodesImportCmd `cmd:"" help:"Use a newer or licensed list."`
}

// EDICodesListCmd is `claimbook edi codes list`.
type EDICodesListCmd struct{}

// Help shows an example.
func (EDICodesListCmd) Help() string { return "Example:\n  claimbook edi codes list" }

// Run prints the lists.
func (EDICodesListCmd) Run(app *App) error {
	if err := loadCodes(app); err != nil {
		return err
	}
	type row struct {
		List    string `json:"list"`
		Name    string `json:"name"`
		AsOf    string `json:"as_of,omitempty"`
		Codes   int    `json:"codes"`
		Checked string `json:"checked"`
	}
	var rows []row
	for key, l := range codeset.Lists() {
		r := row{List: key, Name: l.Name, AsOf: l.AsOf(), Checked: "form"}
		if !l.Empty() {
			r.Checked = "content"
			for range l.Codes() {
				r.Codes++
			}
		}
		rows = append(rows, r)
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].List < rows[j].List })
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(rows)
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "list\tname\tas of\tcodes\tchecked by")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", r.List, r.Name, r.AsOf, r.Codes, r.Checked)
	}
	return w.Flush()
}

// EDICodesImportCmd is `claimbook edi codes import`.
type EDICodesImportCmd struct {
	List string    `arg:"" help:"Which list: see claimbook edi codes list."`
	File string    `arg:"" help:"Lines of code, label, first and last day, separated by tabs; all but the code may be left out. - reads standard input."`
	AsOf date.Date `name:"as-of" required:"" placeholder:"YYYY-MM-DD" help:"The list's date; findings name it."`
}

// Help shows an example.
func (EDICodesImportCmd) Help() string {
	return "The list replaces the shipped one of its key and is kept in the data directory.\n\nExample:\n  claimbook edi codes import cdt cdt-2026.tsv --as-of 2026-01-01"
}

// Run checks the list and keeps it.
func (c EDICodesImportCmd) Run(app *App) error {
	l := codeset.Lists()[c.List]
	if l == nil {
		var keys []string
		for key := range codeset.Lists() {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		return fault.Usagef("CB-CODES-LIST", "there is no list %q", c.List).WithFix("one of " + strings.Join(keys, ", "))
	}
	in, _, err := openEDI(app, c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(in)
	if err != nil {
		return unreadable(c.File, err)
	}
	if err := l.Load(bytes.NewReader(text), c.AsOf.String()); err != nil {
		return fault.Invalidf("CB-CODES-FORM", "the list cannot be used").At(c.File).Because(err)
	}
	text = append([]byte("# as of "+c.AsOf.String()+"\n"), text...)
	dir := codesDir(app)
	path := filepath.Join(dir, c.List+".tsv")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Environmentf("CB-FILE-WRITE", "the folder cannot be made").At(dir).Because(err)
	}
	// A list is whole or absent: it takes its name only when all of it is written.
	if err := os.WriteFile(path+".part", text, 0o644); err != nil {
		return fault.Environmentf("CB-FILE-WRITE", "the file cannot be written").At(path).Because(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fault.Environmentf("CB-FILE-WRITE", "the file cannot be written").At(path).Because(err)
	}
	n := 0
	for range l.Codes() {
		n++
	}
	fmt.Fprintf(app.Stderr, "%s: %s as of %s\n", l.Name, plural(n, "code"), c.AsOf)
	return nil
}

// codesDir is where imported lists are kept.
func codesDir(app *App) string { return filepath.Join(app.DataDir, "codesets") }

// loadCodes puts the imported lists in place of the shipped ones.
func loadCodes(app *App) error {
	if err := codeset.LoadDir(codesDir(app)); err != nil {
		return fault.Environmentf("CB-CODES-LOAD", "an imported code list cannot be read").At(codesDir(app)).Because(err).WithFix("import it again")
	}
	return nil
}
