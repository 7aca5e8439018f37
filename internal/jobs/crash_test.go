//go:build unix

package jobs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
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
	const n = 600
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

// Processes killed in the middle of 2,000 jobs lose none and do none twice.
func TestKilledWorker(t *testing.T) {
	db, url := book(t)
	idle, err := jobs.NewClient(db, nil, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000
	runID := enqueue(t, db, idle, n)
	ctx := withTimeout(t, 90*time.Second)
	done := func() (count int) {
		scan(t, db, "select done from job_run where id = $1", []any{runID}, &count)
		return count
	}
	running := func() (count int) {
		scan(t, db, "select count(*) from river_job where state = 'running'", nil, &count)
		return count
	}
	interrupted := 0
	for kill := 1; kill <= 3; kill++ {
		before := done()
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), "JOBS_TEST_WORKER="+url)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for (done() < before+100 || running() == 0) && ctx.Err() == nil {
			time.Sleep(2 * time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		interrupted += running()
	}
	if done() == n || interrupted == 0 {
		t.Fatal("no job was interrupted: the test proves nothing")
	}
	t.Logf("%d of %d done, %d interrupted", done(), n, interrupted)

	c := client(t, db, stepWorker(db, 0))
	start := time.Now()
	if err := c.Wait(ctx, runID, nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("the rest took %s", time.Since(start).Round(time.Millisecond))
	var rows, distinct, counted, completed int
	scan(t, db, "select count(*), count(distinct step) from effect", nil, &rows, &distinct)
	scan(t, db, "select done, (select count(*) from river_job where state = 'completed') from job_run where id = $1", []any{runID}, &counted, &completed)
	if rows != n || distinct != n || counted != n || completed != n {
		t.Errorf("%d effects of %d jobs, run counts %d, queue %d; want %d of each", rows, distinct, counted, completed, n)
	}
}

// A job that was under way each time that a process died is not tried for ever.
func TestFatalJobIsParked(t *testing.T) {
	db, _ := book(t)
	idle, err := jobs.NewClient(db, nil, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	runID := enqueue(t, db, idle, 2)
	if _, err := db.Pool.Exec(context.Background(), `update river_job set state = 'running', attempted_by = '{gone}',
		attempted_at = now(), attempt = case when id = (select min(id) from river_job) then 25 else 5 end`); err != nil {
		t.Fatal(err)
	}
	c := client(t, db, stepWorker(db, 0))
	err = c.Wait(withTimeout(t, 20*time.Second), runID, nil)
	if fault.CodeOf(err) != "CB-JOB-PARKED" || fault.ExitCode(err) != 3 || !strings.Contains(err.Error(), "25 times") {
		t.Errorf("Wait says %v, want CB-JOB-PARKED and how often it was tried", err)
	}
	// The other, fetched as often as its attempts allow, is tried once more.
	var done, failed int
	scan(t, db, "select done, failed from job_run where id = $1", []any{runID}, &done, &failed)
	if done != 1 || failed != 1 {
		t.Errorf("%d done and %d failed, want 1 and 1", done, failed)
	}
	runs := 0
	if err := db.TxReadOnly(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		unfinished, err := jobs.UnfinishedRuns(context.Background(), tx, practice)
		runs = len(unfinished)
		return err
	}); err != nil || runs != 0 {
		t.Errorf("%d unfinished runs, %v; want none", runs, err)
	}
}

var _ jobs.Enqueuer = (*jobs.Client)(nil)
