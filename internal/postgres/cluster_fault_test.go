//go:build unix

package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// expectFault checks that err is one message for a person: its code, the exit
// code 3 of the environment (2 for wrong usage), and all the words.
func expectFault(t *testing.T, err error, code string, exit int, words ...string) {
	t.Helper()
	if fault.CodeOf(err) != code || fault.ExitCode(err) != exit {
		t.Fatalf("got %v (code %q, exit %d), want %s and exit %d", err, fault.CodeOf(err), fault.ExitCode(err), code, exit)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}

func TestAttachWithoutServerPrograms(t *testing.T) {
	dir := dataDir(t)
	t.Setenv("PGBIN", filepath.Join(dir, "nothing"))
	_, err := postgres.Attach(context.Background(), dir)
	command := "apt-get install -y postgresql"
	if runtime.GOOS == "darwin" {
		command = "brew install postgresql"
	}
	expectFault(t, err, "CB-PG-MISSING", 3, "PGBIN", filepath.Join(dir, "nothing"), command)
}

// program writes a shell script in place of one of the server's programs.
func program(t *testing.T, bin, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// programs is a PGBIN of scripts: a server of the version, and an initdb.
func programs(t *testing.T, dir, version, initdb, server string) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	program(t, bin, "initdb", initdb)
	program(t, bin, "postgres", `case "$1" in --version) echo "postgres (PostgreSQL) `+version+`" ;; *) `+server+` ;; esac`)
	t.Setenv("PGBIN", bin)
}

func TestAttachSaysWhatFailed(t *testing.T) {
	const creates = `mkdir -p "$2" && echo 16 > "$2/PG_VERSION"`
	for _, test := range []struct {
		name                    string
		version, initdb, server string
		prepare                 func(t *testing.T, base string)
		code                    string
		exit                    int
		words                   []string
	}{
		{name: "disk full while the database is created", version: "16.2",
			initdb: "echo 'initdb: error: could not write to file: No space left on device' >&2; exit 1",
			code:   "CB-DB-DISK-FULL", exit: 3, words: []string{"the disk is full", "free some space"}},
		{name: "disk full while the server starts", version: "16.2", initdb: creates,
			server: "echo 'FATAL:  could not write lock file \"postmaster.pid\": No space left on device' >&2; exit 1",
			code:   "CB-DB-DISK-FULL", exit: 3, words: []string{"the disk is full"}},
		{name: "initdb fails", version: "16.2", initdb: "echo 'initdb: error: invalid locale name' >&2; exit 1",
			code: "CB-PG-START", exit: 3, words: []string{"initdb", "invalid locale name"}},
		{name: "the server gives up", version: "16.2", initdb: creates,
			server: "echo 'LOG:  starting' >&2; echo 'FATAL:  bogus data in lock file' >&2; echo 'LOG:  shut down' >&2; exit 1",
			code:   "CB-PG-START", exit: 3, words: []string{"bogus data in lock file", "postgres.log"}},
		{name: "too old a server", version: "13.14", code: "CB-PG-VERSION", exit: 3, words: []string{"PostgreSQL 13", "needs 15 or newer"}},
		{name: "a cluster of another version", version: "16.2",
			prepare: func(t *testing.T, base string) { writeFile(t, filepath.Join(base, "postgres", "PG_VERSION"), "15\n") },
			code:    "CB-PG-VERSION", exit: 3, words: []string{"data/postgres", "made by PostgreSQL 15", "has 16", "postgresql-15"}},
		{name: "a directory that is no cluster", version: "16.2",
			prepare: func(t *testing.T, base string) {
				writeFile(t, filepath.Join(base, "postgres", "letter.txt"), "Dear payer\n")
			},
			code: "CB-PG-NOT-A-CLUSTER", exit: 3, words: []string{"holds no database", "backup"}},
		{name: "a file in place of the directory", version: "16.2",
			prepare: func(t *testing.T, base string) { writeFile(t, base, "") },
			code:    "CB-PG-DIR", exit: 2, words: []string{"--data-dir"}},
		{name: "a location that is no path", version: "16.2",
			prepare: func(t *testing.T, base string) { writeFile(t, filepath.Join(base, "location"), "elsewhere\n") },
			code:    "CB-PG-LOCATION", exit: 3, words: []string{"absolute path"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := dataDir(t)
			programs(t, dir, test.version, test.initdb, test.server)
			base := filepath.Join(dir, "data")
			if test.prepare != nil {
				test.prepare(t, base)
			}
			_, err := postgres.Attach(context.Background(), base)
			expectFault(t, err, test.code, test.exit, test.words...)
			if leftover, _ := filepath.Glob(filepath.Join(base, "*.new")); len(leftover) > 0 {
				t.Errorf("%v was left behind", leftover)
			}
		})
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What only root can set up: an ordinary user's own cluster, that user before
// another's directory, and a data directory that the server cannot reach. As an
// ordinary user the other tests of this package cover the first already.
func TestAttachByUser(t *testing.T) {
	if os.Geteuid() != 0 {
		_, err := postgres.Attach(context.Background(), "/")
		expectFault(t, err, "CB-PG-OWNER", 3, "root", "--data-dir")
		return
	}
	dir := dataDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "program") // the original lies in a closed directory
	if err := os.WriteFile(copied, text, 0o755); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	as := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}

	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(own, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd, letGo, said := holder(t, copied, own, as)
	if said != "attached" {
		t.Fatalf("an ordinary user in an own directory: %q", said)
	}
	server := serverOf(t, own)
	info, err := os.Stat(filepath.Join(own, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid != nobody {
		t.Errorf("the cluster belongs to uid %d, want the user's own", uid)
	}
	_ = letGo.Close()
	_ = cmd.Wait()
	awaitGone(t, server)

	// Root may use it, and the server still runs as its owner.
	cluster := attach(t, own)
	expectRows(t, cluster, 2)
	if err := cluster.Close(); err != nil {
		t.Fatal(err)
	}

	theirs := filepath.Join(dir, "theirs")
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, said = holder(t, copied, theirs, as); !strings.Contains(said, "CB-PG-OWNER") || !strings.Contains(said, "belongs to another user (root)") {
		t.Errorf("an ordinary user in root's directory: %q", said)
	}
}

// Under root, below a directory that only root may enter, the database lives
// outside and the data directory says where.
func TestAttachBelowClosedDirectory(t *testing.T) {
	closed := filepath.Join(dataDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(closed, "data")
	cluster := attach(t, base)
	expectRows(t, cluster, 1)
	if err := cluster.Close(); err != nil {
		t.Fatal(err)
	}
	home := base
	if os.Geteuid() == 0 {
		text, err := os.ReadFile(filepath.Join(base, "location"))
		if err != nil {
			t.Fatal(err)
		}
		home = strings.TrimSpace(string(text))
		if !strings.HasPrefix(home, "/var/lib/claimbook/") {
			t.Fatalf("the database is in %s, want a directory of /var/lib/claimbook", home)
		}
		t.Cleanup(func() { _ = os.RemoveAll(home) })
	}
	if _, err := os.Stat(filepath.Join(home, "postgres", "PG_VERSION")); err != nil {
		t.Error(err)
	}
	cluster = attach(t, base)
	expectRows(t, cluster, 2)
	if err := cluster.Close(); err != nil {
		t.Fatal(err)
	}
}
