//go:build unix

package jobs_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// PostgreSQL itself is killed twice in the middle of a run, under a client that
// goes on: nothing is lost or doubled, and no attempt of a job is used up.
func TestKilledDatabase(t *testing.T) {
	dir, err := os.MkdirTemp("", "claimbook-jobs-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the server's account must reach it
		t.Fatal(err)
	}
	cluster, err := postgres.Attach(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	if err := postgres.Migrate(context.Background(), cluster.URL()); err != nil {
		t.Fatal(err)
	}
	db := open(t, cluster.URL())
	c := client(t, db, stepWorker(db, 2*time.Millisecond))
	const n = 1000
	begin := time.Now()
	runID := enqueue(t, db, c, n)

	ctx := withTimeout(t, 60*time.Second)
	for kill := 1; kill <= 2; kill++ {
		for done := 0; done <= kill*n/4; {
			if ctx.Err() != nil {
				t.Fatalf("the run does not go on: %d of %d", done, n)
			}
			// Fails while the server starts again.
			_ = db.Pool.QueryRow(ctx, "select done from job_run where id = $1", runID).Scan(&done)
			time.Sleep(5 * time.Millisecond)
		}
		text, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("kill %d at %s", kill, time.Since(begin))
		pid, err := strconv.Atoi(strings.Fields(string(text))[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	if err := c.Wait(ctx, runID, nil); err != nil { // bears the restart
		t.Fatal(err)
	}
	t.Logf("the rest took %s after the second kill", time.Since(start).Round(time.Millisecond))
	var rows, distinct, done, failed int
	scan(t, db, "select count(*), count(distinct step) from effect", nil, &rows, &distinct)
	scan(t, db, "select done, failed from job_run where id = $1", []any{runID}, &done, &failed)
	if rows != n || distinct != n || done != n || failed != 0 {
		t.Errorf("%d effects (%d distinct), run counts %d done and %d failed; want %d, none failed", rows, distinct, done, failed, n)
	}
}

var _ jobs.Enqueuer = (*jobs.Client)(nil)
