package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger/ledgerdb/hledgertest"
)

// TestMain lets the test binary be claimbook itself: the scripts run the real
// command line in processes of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"claimbook": main})
}

// TestScripts runs every command as a person would, one script a subject. Each
// script has a database of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATABASE_URL", pgtest.URL(t))
			env.Setenv("EMPTY_DATABASE_URL", pgtest.EmptyURL(t))
			env.Setenv("CLAIMBOOK_DATA_DIR", filepath.Join(env.WorkDir, ".claimbook"))
			env.Defer(func() { rebuilds(t, env) })
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"hold":  hold,
		},
	})
}

// rebuilds requires that the book a script leaves can be made again from its
// inputs: whatever a command does to the book, it has logged. And hledger must
// read the book as we do.
func rebuilds(t *testing.T, env *testscript.Env) {
	var inputs int
	conn, err := pgx.Connect(t.Context(), env.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if conn.QueryRow(t.Context(), "select count(*) from input_log").Scan(&inputs) != nil || inputs == 0 {
		return // the script left no book
	}
	path, err := exec.LookPath("claimbook")
	if err != nil {
		t.Fatal(err)
	}
	if err := hledgerAgrees(t.Context(), env.Getenv("DATABASE_URL")); err != nil {
		t.Errorf("the book that the script in %s left: %v", env.WorkDir, err)
	}
	rows, err := conn.Query(t.Context(), "select code from practice order by code")
	if err != nil {
		t.Fatal(err)
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		cmd := exec.Command(path, "rebuild", "--check", "--practice", code)
		cmd.Env = append(os.Environ(), "DATABASE_URL="+env.Getenv("DATABASE_URL"), "CLAIMBOOK_DATA_DIR="+env.Getenv("CLAIMBOOK_DATA_DIR"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the book that the script in %s left cannot be made again: %v\n%s", env.WorkDir, err, out)
		}
	}
}

// hledgerAgrees compares every practice of a database with what hledger adds up.
func hledgerAgrees(ctx context.Context, url string) error {
	db, err := postgres.Open(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Pool.Query(ctx, "select id from practice order by id")
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for _, id := range ids {
		err = errors.Join(err, hledgertest.Compare(ctx, db, id))
	}
	return err
}

// exits runs claimbook and requires the exit code: exits 3 claimbook migrate up.
// Its output stands in the files out and err.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command…")
	}
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	var out, errs strings.Builder
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = os.Environ()
	for _, name := range []string{"DATABASE_URL", "CLAIMBOOK_DATA_DIR", "HOME", "WORK"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	_ = cmd.Run()
	ts.Logf("%s%s", out.String(), errs.String())
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(errs.String()), 0o600))
	if got := cmd.ProcessState.ExitCode(); args[0] != strconv.Itoa(got) {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// hold compares the book before and after: the first call with a name exports
// the journal, the next ones require the same bytes.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold name")
	}
	path, err := exec.LookPath("claimbook")
	ts.Check(err)
	cmd := exec.Command(path, "export", "journal", "--format", "csv")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+ts.Getenv("DATABASE_URL"))
	book, err := cmd.Output()
	ts.Check(err)
	file := ts.MkAbs(args[0] + ".book")
	before, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		ts.Check(os.WriteFile(file, book, 0o600))
		return
	}
	ts.Check(err)
	if string(before) != string(book) {
		ts.Fatalf("the book has changed:\n--- before\n%s\n--- after\n%s", before, book)
	}
}
