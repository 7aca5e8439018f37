//go:build unix

// Package pgtest gives each test a database of its own: fresh, migrated, on one
// private PostgreSQL that all test binaries of a run share.
//
// The server lives in the temporary directory under the user's id and trades
// durability for speed. It stops when the last test binary ends; whatever a
// killed one left behind is dropped by the next.
package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/migrations"
)

// A test binary is also the program that supervises the server, so no package
// needs a TestMain for that.
func init() { postgres.RunSupervisorIfAsked() }

// New returns a connection pool on a fresh, migrated database, dropped when the
// test ends.
func New(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), URL(t))
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// URL returns the connection string of a fresh, migrated database, dropped when
// the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return database(t, func(ctx context.Context, s *server) (string, error) { return s.template(ctx) })
}

// EmptyURL is URL for a database without any schema.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return database(t, func(context.Context, *server) (string, error) { return "template1", nil })
}

func database(t testing.TB, template func(context.Context, *server) (string, error)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s, err := shared()
	if err != nil {
		t.Fatalf("start the test database server: %v", err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), counter.Add(1))
	for try := 1; ; try++ {
		var from string
		if from, err = template(ctx, s); err != nil {
			t.Fatalf("make the template database: %v", err)
		}
		err = s.exec(ctx, fmt.Sprintf("create database %s template %s", name, from))
		var pgErr *pgconn.PgError
		// 3D000: another checkout's run dropped the template. 55006: a connection
		// to it is just closing.
		if err == nil || try == 10 || !errors.As(err, &pgErr) || (pgErr.Code != "3D000" && pgErr.Code != "55006") {
			break
		}
		s.forgetTemplate()
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("create the test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.exec(ctx, fmt.Sprintf("drop database if exists %s with (force)", name)); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return s.url(name)
}

var counter atomic.Int64

// server is this process's hold on the shared server.
type server struct {
	cluster *postgres.Cluster
	base    string

	mu   sync.Mutex
	made string // the template that this process knows to be there
}

// shared attaches once in a process and holds on until it ends.
var shared = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	base := filepath.Join(os.TempDir(), "claimbook-test-"+strconv.Itoa(os.Geteuid()))
	if err := os.MkdirAll(base, 0o755); err != nil {
		return nil, err
	}
	cluster, err := postgres.AttachForTests(ctx, base)
	switch fault.CodeOf(err) {
	case "CB-PG-VERSION", "CB-PG-NOT-A-CLUSTER", "CB-PG-START":
		// Left by an older server or a crash of the machine: worth nothing.
		if err := discard(base); err != nil {
			return nil, err
		}
		cluster, err = postgres.AttachForTests(ctx, base)
	}
	if err != nil {
		return nil, err
	}
	s := &server{cluster: cluster, base: base}
	return s, s.dropLeftovers(ctx)
})

// discard removes a cluster that no server can use.
func discard(base string) error {
	unlock, err := lock(base)
	if err != nil {
		return err
	}
	defer unlock()
	return os.RemoveAll(filepath.Join(base, "postgres"))
}

func (s *server) url(name string) string {
	u, err := url.Parse(s.cluster.URL())
	if err != nil {
		panic(err) // made by us
	}
	u.Path = "/" + name
	return u.String()
}

func (s *server) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

func (s *server) forgetTemplate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = ""
}

// template returns the name of the migrated template database, making it when
// no process has yet for this content of the migrations.
func (s *server) template(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != "" {
		return s.made, nil
	}
	name, err := templateName()
	if err != nil {
		return "", err
	}
	unlock, err := lock(s.base)
	if err != nil {
		return "", err
	}
	defer unlock()
	exists, err := s.names(ctx, "select datname from pg_database where datname = $1", name)
	if err != nil {
		return "", err
	}
	if len(exists) == 0 {
		// Made under another name: a template that exists is whole.
		draft := name + "_draft"
		for _, statement := range []string{"drop database if exists " + draft + " with (force)", "create database " + draft} {
			if err := s.exec(ctx, statement); err != nil {
				return "", err
			}
		}
		if err := postgres.Migrate(ctx, s.url(draft)); err != nil {
			return "", err
		}
		// The rename waits for no one, and the last backend may still be leaving.
		for try := 1; ; try++ {
			err := s.exec(ctx, "alter database "+draft+" rename to "+name)
			if err == nil {
				break
			}
			if try == 40 {
				return "", err
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	s.made = name
	return name, nil
}

// templateName is new whenever the schema would be: our files, or the program
// that adds River's tables and grants.
func templateName() (string, error) {
	hash, err := migrations.Hash()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(hash + " " + postgres.SchemaVersion()))
	return "template_" + hex.EncodeToString(sum[:6]), nil
}

// dropLeftovers drops the databases of processes that are gone, and templates
// of other schemas that nobody made lately.
func (s *server) dropLeftovers(ctx context.Context) error {
	unlock, err := lock(s.base)
	if err != nil {
		return err
	}
	defer unlock()
	tests, err := s.names(ctx, "select datname from pg_database where datname like 'test\\_%'")
	if err != nil {
		return err
	}
	current, err := templateName()
	if err != nil {
		return err
	}
	stale, err := s.names(ctx, `select datname from pg_database where datname like 'template\_%' and datname <> $1
		and (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - interval '6 hours'`, current)
	if err != nil {
		return err
	}
	for _, name := range tests {
		if pid, err := strconv.Atoi(strings.Split(name, "_")[1]); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			stale = append(stale, name)
		}
	}
	for _, name := range stale {
		if err := s.exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) names(ctx context.Context, query string, args ...any) ([]string, error) {
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// lock lets one process at a time make or drop shared things.
func lock(base string) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(base, "pgtest.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}
