package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

var ctx = context.Background()

// asOwner runs set-up statements.
func asOwner(t *testing.T, db *postgres.DB, statements string) {
	t.Helper()
	if err := db.Tx(ctx, postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, statements)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTxHasRoleAndPractice(t *testing.T) {
	db := pgtest.New(t)
	for _, role := range []postgres.Role{postgres.RoleOwner, postgres.RoleWork, postgres.RoleWeb} {
		for _, practice := range []int64{0, 42} {
			want := map[int64]string{0: "", 42: "42"}[practice]
			for name, run := range map[string]func(context.Context, postgres.Role, int64, func(pgx.Tx) error) error{
				"Tx": db.Tx, "TxReadOnly": db.TxReadOnly, "DryRun": db.DryRun} {
				var who, setting string
				if err := run(ctx, role, practice, func(tx pgx.Tx) error {
					return tx.QueryRow(ctx, "select current_user, current_setting('claimbook.practice_id', true)").Scan(&who, &setting)
				}); err != nil {
					t.Fatal(err)
				}
				if who != string(role) || setting != want {
					t.Errorf("%s as %s for %d ran as %s for %q", name, role, practice, who, setting)
				}
			}
		}
	}
	// Neither outlives the transaction on the connection.
	var who, setting string
	if err := db.Pool.QueryRow(ctx, "select current_user, coalesce(current_setting('claimbook.practice_id', true), '')").Scan(&who, &setting); err != nil {
		t.Fatal(err)
	}
	if who != "claimbook" || setting != "" {
		t.Errorf("after the transaction the connection is %s with practice %q", who, setting)
	}
}

func TestTxCommitsOrLeavesNothing(t *testing.T) {
	db := pgtest.New(t)
	asOwner(t, db, `create table item (n int primary key, other int references item deferrable initially deferred);
		grant select, insert on item to claimbook_work`)
	no := errors.New("no")
	add := func(n int, other any) func(tx pgx.Tx) error {
		return func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into item values ($1, $2)", n, other)
			return err
		}
	}
	count := func() (n int) {
		if err := db.TxReadOnly(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, "select count(*) from item").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := db.Tx(ctx, postgres.RoleWork, 1, add(1, nil)); err != nil || count() != 1 {
		t.Errorf("commit: %v, %d rows", err, count())
	}
	err := db.Tx(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error { return errors.Join(add(2, nil)(tx), no) })
	if !errors.Is(err, no) || count() != 1 {
		t.Errorf("error: %v, %d rows; want the error and 1 row", err, count())
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.Tx(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error { _ = add(3, nil)(tx); panic("no") })
	}()
	if err := db.DryRun(ctx, postgres.RoleWork, 1, add(4, nil)); err != nil || count() != 1 {
		t.Errorf("dry run: %v, %d rows; want 1", err, count())
	}
	// What the commit would refuse, a dry run refuses.
	var pgErr *pgconn.PgError
	if err := db.DryRun(ctx, postgres.RoleWork, 1, add(5, 99)); !errors.As(err, &pgErr) || pgErr.Code != "23503" {
		t.Errorf("dry run of a broken reference: %v", err)
	}
	if err := db.TxReadOnly(ctx, postgres.RoleWork, 1, add(6, nil)); !errors.As(err, &pgErr) || pgErr.Code != "25006" {
		t.Errorf("write in a read-only transaction: %v", err)
	}
	if db.Pool.Stat().AcquiredConns() != 0 {
		t.Errorf("%d connections were not given back", db.Pool.Stat().AcquiredConns())
	}
}

// Two transactions lock two rows in opposite order: the server ends one, which
// runs again, and both succeed.
func TestTxRunsAgainAfterDeadlock(t *testing.T) {
	db := pgtest.New(t)
	asOwner(t, db, `create table counter (n int primary key, hits int not null default 0); insert into counter values (1), (2);
		grant select, update on counter to claimbook_work`)
	var tries atomic.Int32
	var both, done sync.WaitGroup
	both.Add(2)
	for _, order := range [][2]int{{1, 2}, {2, 1}} {
		done.Add(1)
		go func() {
			defer done.Done()
			first := true
			if err := db.Tx(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error {
				tries.Add(1)
				for i, n := range order {
					if _, err := tx.Exec(ctx, "update counter set hits = hits + 1 where n = $1", n); err != nil {
						return err
					}
					if i == 0 && first {
						first = false
						both.Done()
						both.Wait()
					}
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}()
	}
	done.Wait()
	var hits int
	if err := db.Pool.QueryRow(ctx, "select sum(hits) from counter").Scan(&hits); err != nil {
		t.Fatal(err)
	}
	if tries.Load() != 3 || hits != 4 {
		t.Errorf("%d tries and %d hits, want 3 and 4", tries.Load(), hits)
	}
}

func TestIDsAreOneAscendingSequence(t *testing.T) {
	db := pgtest.New(t)
	seen := map[int64]bool{}
	for _, n := range []int{0, 1, 500} {
		for _, role := range []postgres.Role{postgres.RoleWork, postgres.RoleWeb} {
			if err := db.Tx(ctx, role, 1, func(tx pgx.Tx) error {
				ids, err := postgres.IDs(ctx, tx, n)
				if len(ids) != n {
					t.Errorf("%d ids, want %d", len(ids), n)
				}
				for i, id := range ids {
					if seen[id] || id <= 0 || (i > 0 && id <= ids[i-1]) {
						t.Errorf("id %d is not new and ascending", id)
					}
					seen[id] = true
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestMigrateTwiceAndAtOnce(t *testing.T) {
	target := pgtest.EmptyURL(t)
	if err := postgres.RequireMigrated(ctx, target); fault.CodeOf(err) != "CB-DB-SCHEMA" || !strings.Contains(err.Error(), "claimbook migrate up") {
		t.Errorf("an empty database: %v", err)
	}
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() { errs <- postgres.Migrate(ctx, target) }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	list, err := postgres.MigrationStatus(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]int{}
	for _, m := range list {
		sources[m.Source]++
		if m.Pending() {
			t.Errorf("%s %d is pending", m.Source, m.Version)
		}
	}
	if sources["claimbook"] == 0 || sources["river"] == 0 {
		t.Errorf("steps by source: %v", sources)
	}
	db, err := postgres.Open(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var strangers int
	if err := db.Pool.QueryRow(ctx, "select count(*) from pg_class where relnamespace = 'public'::regnamespace and relowner <> 'claimbook_owner'::regrole").Scan(&strangers); err != nil {
		t.Fatal(err)
	}
	if strangers != 0 {
		t.Errorf("%d objects do not belong to claimbook_owner", strangers)
	}
	var bypasses, webBypasses bool
	if err := db.Pool.QueryRow(ctx, "select (select rolbypassrls from pg_roles where rolname = 'claimbook_work'), (select rolbypassrls from pg_roles where rolname = 'claimbook_web')").Scan(&bypasses, &webBypasses); err != nil {
		t.Fatal(err)
	}
	if !bypasses || webBypasses {
		t.Errorf("row-level security is bypassed by work: %v, by web: %v; want only work", bypasses, webBypasses)
	}
	// The web role cannot read the job queue, which has no practice of its own.
	var pgErr *pgconn.PgError
	err = db.Tx(ctx, postgres.RoleWeb, 1, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, "select from river_job"); return err })
	if !errors.As(err, &pgErr) || pgErr.Code != "42501" {
		t.Errorf("the web role reads the job queue: %v", err)
	}
	// A newer program's step is not run over.
	if _, err := db.Pool.Exec(ctx, "insert into goose_db_version (version_id, is_applied) values (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(ctx, target); fault.CodeOf(err) != "CB-DB-NEWER" {
		t.Errorf("a database of a newer program: %v", err)
	}
}

// as makes a login on the test server, with the rights, and returns the URL of
// target for it.
func as(t *testing.T, target, login, rights string, statements ...string) string {
	t.Helper()
	conn, err := pgx.Connect(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	statements = append([]string{"create role " + login + " login " + rights}, statements...)
	if _, err := conn.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(ctx, target)
		if err == nil {
			_, err = conn.Exec(ctx, "drop owned by "+login+" cascade; drop role "+login)
			_ = conn.Close(ctx)
		}
		if err != nil {
			t.Errorf("drop the login: %v", err)
		}
	})
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("user", login)
	u.RawQuery = query.Encode()
	return u.String()
}

// A login without any right gets the statements that an administrator runs;
// after them, or with the right to do so itself, the same login migrates.
func TestMigrateAsOrdinaryLogin(t *testing.T) {
	login := fmt.Sprintf("login_%d", os.Getpid())
	t.Run("no rights", func(t *testing.T) {
		err := postgres.Migrate(ctx, as(t, pgtest.EmptyURL(t), login, ""))
		if fault.CodeOf(err) != "CB-DB-ROLES" || !strings.Contains(err.Error(), "GRANT claimbook_owner") {
			t.Errorf("got %v, want CB-DB-ROLES with the statements", err)
		}
	})
	pgtest.URL(t) // the roles exist in the cluster from here on
	for name, set := range map[string]struct {
		rights     string
		statements []string
	}{
		"an administrator granted the roles": {"", []string{"grant claimbook_owner, claimbook_work, claimbook_web to " + login,
			"grant usage, create on schema public to claimbook_owner"}},
		"the login may create roles and owns the schema": {"createrole", []string{"alter schema public owner to " + login}},
	} {
		t.Run(name, func(t *testing.T) {
			target := as(t, pgtest.EmptyURL(t), login, set.rights, set.statements...)
			if err := postgres.Migrate(ctx, target); err != nil {
				t.Fatal(err)
			}
			db, err := postgres.Open(ctx, target)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, role := range []postgres.Role{postgres.RoleOwner, postgres.RoleWork, postgres.RoleWeb} {
				if err := db.Tx(ctx, role, 1, func(tx pgx.Tx) error { _, err := postgres.IDs(ctx, tx, 1); return err }); err != nil {
					t.Errorf("as %s: %v", role, err)
				}
			}
			// River works outside our transactions, with the login's own rights.
			if _, err := db.Pool.Exec(ctx, "select count(*) from river_job"); err != nil {
				t.Error(err)
			}
		})
	}
}

// No message about a server that cannot be reached carries the password.
func TestOpenSaysWhyWithoutThePassword(t *testing.T) {
	private, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	private.Path = "/no_such_database"
	for _, test := range []struct{ url, code, says string }{
		{"postgres://biller:hunter2@127.0.0.1:1/book", "CB-DB-UNREACHABLE", `127.0.0.1:1, database "book", user "biller": nothing listens there`},
		{"postgres://biller:hunter2@no-such-host.invalid/book", "CB-DB-UNREACHABLE", "no-such-host.invalid"},
		{"postgres://biller:hunter2@127.0.0.1:notaport/book", "CB-DB-URL", "DATABASE_URL"},
		{"postgres://biller:hunt%zzer2@127.0.0.1/book", "CB-DB-URL", "percent-encoded"},
		{"mysql://biller:hunter2@127.0.0.1/book", "CB-DB-URL", "postgres://"},
		{"host=" + filepath.Join(os.TempDir(), "no-such-socket") + " user=biller password=hunter2", "CB-DB-UNREACHABLE", "no server has this socket"},
		{private.String() + "&password=hunter2", "CB-DB-UNREACHABLE", "this database does not exist"},
	} {
		db, err := postgres.Open(ctx, test.url)
		if err == nil {
			db.Close()
		}
		if fault.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
			t.Errorf("Open(%s): %v, want %s and %q", test.url, err, test.code, test.says)
		}
		if err != nil && (strings.Contains(err.Error(), "hunt")) {
			t.Errorf("the password is in %q", err)
		}
		for _, migrate := range []error{postgres.Migrate(ctx, test.url), postgres.RequireMigrated(ctx, test.url)} {
			if fault.CodeOf(migrate) != test.code || strings.Contains(migrate.Error(), "hunt") {
				t.Errorf("migrating %s: %v, want %s without the password", test.url, migrate, test.code)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	for code, want := range map[string]string{"53100": "CB-DB-DISK-FULL", "53300": "CB-DB-CONNECTIONS", "57P01": "CB-DB-LOST",
		"53200": "CB-DB-MEMORY", "58030": "CB-DB-IO", "42P01": "CB-DB-SCHEMA", "25006": "", "23505": ""} {
		cause := &pgconn.PgError{Code: code, Message: "m"}
		err := postgres.Explain(fmt.Errorf("wrapped: %w", cause))
		if got := fault.CodeOf(err); got != want {
			t.Errorf("SQLSTATE %s is %q, want %q", code, got, want)
		}
		if want == "" && !errors.Is(err, cause) {
			t.Errorf("SQLSTATE %s lost its cause", code)
		}
	}
	own := fault.Invalidf("CB-X", "mine")
	if any(postgres.Explain(own)) != any(own) || postgres.Explain(nil) != nil {
		t.Error("a fault, or nothing, must come back unchanged")
	}
}

// The server ends in the middle of a transaction: one message that says what to do.
func TestLostConnection(t *testing.T) {
	db := pgtest.New(t)
	err := db.Tx(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error {
		var pid int
		if err := tx.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		if _, err := db.Pool.Exec(ctx, "select pg_terminate_backend($1)", pid); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "select pg_sleep(5)")
		return err
	})
	if fault.CodeOf(err) != "CB-DB-LOST" || fault.ExitCode(err) != 3 {
		t.Errorf("got %v, want CB-DB-LOST and exit code 3", err)
	}
}

// Whatever server it is, queries are not compiled: that takes seconds for an
// aging which then runs in a fraction of one.
func TestNoJustInTimeCompilation(t *testing.T) {
	db := pgtest.New(t)
	var jit string
	if err := db.Pool.QueryRow(context.Background(), "select setting || ' from ' || source from pg_settings where name = 'jit'").Scan(&jit); err != nil || jit != "off from session" {
		t.Errorf("jit is %s (%v)", jit, err)
	}
}
