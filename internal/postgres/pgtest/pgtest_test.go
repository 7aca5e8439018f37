//go:build unix

package pgtest_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// A run that died left its database; the next run drops it, and its own
// databases are fresh, migrated and apart from each other.
func TestLeftoversAreDropped(t *testing.T) {
	if os.Getenv("PGTEST_DIE") != "" {
		os.Stdout.WriteString(name(t, pgtest.URL(t)) + "\n")
		os.Exit(0) // without any cleanup
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestLeftoversAreDropped$")
	cmd.Env = append(os.Environ(), "PGTEST_DIE=1")
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	left := strings.TrimSpace(string(output))
	if !strings.HasPrefix(left, "test_") {
		t.Fatalf("the other run said %q", left)
	}

	first, second := pgtest.New(t), pgtest.New(t)
	var exists bool
	if err := first.Pool.QueryRow(context.Background(), "select exists (select from pg_database where datname = $1)", left).Scan(&exists); err != nil {
		t.Fatal(err)
	}
	if exists {
		t.Errorf("%s is still there", left)
	}
	for want, db := range []*postgres.DB{first, second} {
		if err := db.Tx(context.Background(), postgres.RoleOwner, 0, func(tx pgx.Tx) error {
			for range want {
				if _, err := tx.Exec(context.Background(), "select nextval('object_id')"); err != nil {
					return err
				}
			}
			ids, err := postgres.IDs(context.Background(), tx, 1)
			if err == nil && ids[0] != int64(1001+want) {
				t.Errorf("database %d gives id %d: it is not fresh", want, ids[0])
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}

// A database without a schema is empty.
func TestEmptyURL(t *testing.T) {
	conn, err := pgx.Connect(context.Background(), pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var tables int
	if err := conn.QueryRow(context.Background(), "select count(*) from pg_tables where schemaname = 'public'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("%d tables, want none", tables)
	}
}

func name(t *testing.T, text string) string {
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}
