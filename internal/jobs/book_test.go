package jobs_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// A test process can be a worker that the test kills.
func TestMain(m *testing.M) {
	if url := os.Getenv("JOBS_TEST_WORKER"); url != "" {
		workUntilKilled(url)
	}
	os.Exit(m.Run())
}

// stepArgs is a job that leaves one row as its effect.
type stepArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
	Step       int   `json:"step"`
}

func (stepArgs) Kind() string                       { return "test.step" }
func (a stepArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// closeArgs is the step that follows all others of a run.
type closeArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id" river:"unique"`
}

func (closeArgs) Kind() string                       { return "test.close" }
func (a closeArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// fileArgs is a job of which one at a time exists for a file, whatever the run.
type fileArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
	File       int   `json:"file" river:"unique"`
}

func (fileArgs) Kind() string                       { return "test.file" }
func (a fileArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

// readArgs is a job that adds steps.
type readArgs struct {
	PracticeID int64 `json:"practice_id"`
	RunID      int64 `json:"run_id"`
	File       int   `json:"file"`
}

func (readArgs) Kind() string                       { return "test.read" }
func (a readArgs) Scope() (practiceID, runID int64) { return a.PracticeID, a.RunID }

const practice = 1

// book makes a database with a practice and a table for the effects of jobs.
func book(t *testing.T) (*postgres.DB, string) {
	t.Helper()
	url := pgtest.URL(t)
	return open(t, url), url
}

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Tx(context.Background(), postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.Background(), `
			create table effect (kind text not null, run_id bigint not null, step int not null);
			grant select, insert on effect to claimbook_work;
			insert into practice (id, code, name, npi, tin, address1, city, state, zip)
			values (1, 'TEST', 'Test', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001')`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

func recordStep(ctx context.Context, tx pgx.Tx, kind string, runID int64, step int) error {
	_, err := tx.Exec(ctx, "insert into effect values ($1, $2, $3)", kind, runID, step)
	return err
}

// client starts a client for reg that stops with the test.
func client(t *testing.T, db *postgres.DB, reg *jobs.Registry) *jobs.Client {
	t.Helper()
	c, err := jobs.NewClient(db, reg, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return c
}

// enqueue starts a run of n steps.
func enqueue(t *testing.T, db *postgres.DB, c *jobs.Client, n int) (runID int64) {
	t.Helper()
	err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		var err error
		if runID, err = jobs.StartRun(context.Background(), tx, practice, "test"); err != nil {
			return err
		}
		args := make([]jobs.Args, n)
		for i := range args {
			args[i] = stepArgs{practice, runID, i}
		}
		return c.Enqueue(context.Background(), tx, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return runID
}

func scan(t *testing.T, db *postgres.DB, query string, args []any, into ...any) {
	t.Helper()
	err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		return tx.QueryRow(context.Background(), query, args...).Scan(into...)
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func withTimeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func stepWorker(db *postgres.DB, each time.Duration) *jobs.Registry {
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		time.Sleep(each)
		return recordStep(ctx, tx, "step", job.RunID, job.Args.Step)
	})
	return reg
}

// workUntilKilled is the body of the process that TestKilledWorker kills.
func workUntilKilled(url string) {
	db, err := postgres.Open(context.Background(), url)
	if err == nil {
		var c *jobs.Client
		if c, err = jobs.NewClient(db, stepWorker(db, 5*time.Millisecond), jobs.Options{}); err == nil {
			err = c.Start(context.Background())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}
