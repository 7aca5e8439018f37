package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
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
			r.Checked, r.Codes = "content", l.Len()
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
	List    string    `arg:"" help:"Which list: see claimbook edi codes list."`
	File    string    `arg:"" help:"Lines of code, label, first and last day, separated by tabs; all but the code may be left out. - reads standard input."`
	AsOf    date.Date `name:"as-of" required:"" placeholder:"YYYY-MM-DD" help:"The list's date; findings name it."`
	EDIOnly bool      `name:"edi-only" help:"Leave the book alone: only the edi commands of this data directory use the list."`
}

// Help shows an example.
func (EDICodesImportCmd) Help() string {
	return `The list replaces the shipped one of its key from then on. It goes into the book, where the edits, submissions and pages of every process and machine use it, and into the folder codesets of the data directory, for the edi commands, which need no book. Codes that the edits have judged before stay as they were judged; held encounters are judged by it when they are released.

Example:
  claimbook edi codes import cdt cdt-2026.tsv --as-of 2026-01-01`
}

// Run checks the list and keeps it.
func (c EDICodesImportCmd) Run(ctx context.Context, app *App) error {
	l := codeset.Lists()[c.List]
	if l == nil {
		keys := slices.Sorted(maps.Keys(codeset.Lists()))
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
	fresh := &codeset.List{}
	if err := fresh.Load(bytes.NewReader(text), c.AsOf.String()); err != nil {
		return fault.Invalidf("CB-CODES-FORM", "the list cannot be used").At(c.File).Because(err)
	}
	inBook := false
	if !c.EDIOnly {
		if inBook, err = c.intoBook(ctx, app, text); err != nil {
			return err
		}
	}
	if err := c.intoFolder(app, text); err != nil {
		return err
	}
	where := "the book and the edi commands use it"
	switch {
	case c.EDIOnly:
		where = "the edi commands of this data directory use it"
	case !inBook:
		where = "the edi commands use it; there is no book here yet, import the list again when there is one"
	}
	fmt.Fprintf(app.Stderr, "%s: %s as of %s; %s.\n", l.Name, plural(fresh.Len(), "code"), c.AsOf, where)
	return nil
}

// intoBook imports the list into the book, if there is one. It waits for what is
// at work, so that all of that is judged by the lists before.
func (c EDICodesImportCmd) intoBook(ctx context.Context, app *App, text []byte) (bool, error) {
	if app.DatabaseURL == "" {
		_, inside := os.Stat(filepath.Join(app.DataDir, "postgres"))
		_, outside := os.Stat(filepath.Join(app.DataDir, "location")) // says where else it is
		if inside != nil && outside != nil {
			return false, nil // no private database was ever started here
		}
	}
	b, err := app.Open(ctx)
	if fault.CodeOf(err) == "CB-PRACTICE-003" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer b.Close()
	if err := b.settle(ctx, app); err != nil {
		return false, err
	}
	return true, b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		if err := claimsdb.LockIntake(ctx, tx, b.Practice.ID); err != nil {
			return err
		}
		if err := claimsdb.LockSubmission(ctx, tx, b.Practice.ID); err != nil {
			return err
		}
		_, err := codesetdb.Import(ctx, tx, codesetdb.List{Key: c.List, AsOf: c.AsOf, Content: text}, b.Today, actor())
		return err
	})
}

// intoFolder keeps the list for the edi commands.
func (c EDICodesImportCmd) intoFolder(app *App, text []byte) error {
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
	return nil
}

// codesDir is where imported lists are kept for the edi commands.
func codesDir(app *App) string { return filepath.Join(app.DataDir, "codesets") }

// loadCodes puts the imported lists in place of the shipped ones.
func loadCodes(app *App) error {
	if err := codeset.LoadDir(codesDir(app)); err != nil {
		return fault.Environmentf("CB-CODES-LOAD", "an imported code list cannot be read").At(codesDir(app)).Because(err).WithFix("import it again")
	}
	return nil
}
