package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

func TestRunIsWaitedFor(t *testing.T) {
	db, _ := book(t)
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		if err := recordStep(ctx, tx, "step", job.RunID, job.Args.Step); err != nil {
			return err
		}
		last, err := job.LastOf(ctx, tx, "test.step")
		if err != nil || !last {
			return err
		}
		job.Enqueue(closeArgs{practice, job.RunID})
		return nil
	})
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[closeArgs]) error {
		return recordStep(ctx, tx, "close", job.RunID, 0)
	})
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 100)

	var seenDone, seenTotal int
	if err := c.Wait(withTimeout(t, 30*time.Second), runID, func(done, total int) { seenDone, seenTotal = done, total }); err != nil {
		t.Fatal(err)
	}
	if seenDone != 101 || seenTotal != 101 {
		t.Errorf("progress ended at %d of %d, want 101 of 101", seenDone, seenTotal)
	}
	var steps, distinct, closes int
	scan(t, db, "select count(*) filter (where kind = 'step'), count(distinct step) filter (where kind = 'step'), count(*) filter (where kind = 'close') from effect", nil, &steps, &distinct, &closes)
	if steps != 100 || distinct != 100 || closes != 1 {
		t.Errorf("%d steps (%d distinct) and %d closes, want 100, 100 and exactly 1", steps, distinct, closes)
	}
	var state string
	scan(t, db, "select state from job_run where id = $1", []any{runID}, &state)
	if state != "finished" {
		t.Errorf("the run is %s, want finished", state)
	}
}

func TestRunWithoutJobsFinishes(t *testing.T) {
	db, _ := book(t)
	c, err := jobs.NewClient(db, nil, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	runID := enqueue(t, db, c, 0)
	if err := c.Wait(withTimeout(t, 10*time.Second), runID, nil); err != nil {
		t.Fatal(err)
	}
	var state string
	scan(t, db, "select state from job_run where id = $1", []any{runID}, &state)
	if state != "finished" {
		t.Errorf("the run is %s, want finished", state)
	}
	if err := c.Wait(withTimeout(t, 10*time.Second), -5, nil); fault.CodeOf(err) != "CB-RUN-UNKNOWN" {
		t.Errorf("waiting for an unknown run: %v, want CB-RUN-UNKNOWN", err)
	}
}

func TestUniqueJobIsNotAddedTwice(t *testing.T) {
	db, _ := book(t)
	c, err := jobs.NewClient(db, nil, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	runID := enqueue(t, db, c, 0)
	for range 2 {
		if err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
			return c.Enqueue(context.Background(), tx, closeArgs{practice, runID}, closeArgs{practice, runID})
		}); err != nil {
			t.Fatal(err)
		}
	}
	var waiting, outstanding int
	scan(t, db, "select (select count(*) from river_job), outstanding from job_run where id = $1", []any{runID}, &waiting, &outstanding)
	if waiting != 1 || outstanding != 1 {
		t.Errorf("%d jobs wait and the run counts %d, want 1 and 1", waiting, outstanding)
	}
}

// A command whose job an earlier run still has waits for that run.
func TestRunWaitsForTheRunThatHasItsJob(t *testing.T) {
	db, _ := book(t)
	reg := jobs.NewRegistry()
	release := make(chan struct{})
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[fileArgs]) error {
		<-release
		return recordStep(ctx, tx, "file", job.RunID, job.Args.File)
	})
	c := client(t, db, reg)
	runs := [2]int64{}
	for i := range runs {
		runs[i] = enqueue(t, db, c, 0)
		if err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
			return c.Enqueue(context.Background(), tx, fileArgs{practice, runs[i], 5})
		}); err != nil {
			t.Fatal(err)
		}
	}
	waited := make(chan error, 1)
	go func() { waited <- c.Wait(withTimeout(t, 20*time.Second), runs[1], nil) }()
	select {
	case err := <-waited:
		t.Errorf("the second run did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	close(release)
	if err := <-waited; err != nil {
		t.Error(err)
	}
	var files int
	scan(t, db, "select count(*) from effect", nil, &files)
	if files != 1 {
		t.Errorf("the file was read %d times, want once", files)
	}
}

func TestEnqueueRollsBackWithTheCaller(t *testing.T) {
	db, _ := book(t)
	c, err := jobs.NewClient(db, nil, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	runID := enqueue(t, db, c, 1)
	no := errors.New("no")
	err = db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		if err := c.Enqueue(context.Background(), tx, stepArgs{practice, runID, 7}); err != nil {
			return err
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	var waiting, outstanding int
	scan(t, db, "select (select count(*) from river_job), outstanding from job_run where id = $1", []any{runID}, &waiting, &outstanding)
	if waiting != 1 || outstanding != 1 {
		t.Errorf("%d jobs wait and the run counts %d, want 1 and 1", waiting, outstanding)
	}
}

// A fault that the input causes parks the job at once; the run fails with the
// reason, a person sees it, the others are done, and what follows the stage
// still happens. A person's retry finishes the run.
func TestFailedJobIsParked(t *testing.T) {
	db, _ := book(t)
	var broken atomic.Bool
	broken.Store(true)
	var attempts atomic.Int32
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		if err := recordStep(ctx, tx, "step", job.RunID, job.Args.Step); err != nil {
			return err
		}
		if job.Args.Step == 3 && broken.Load() {
			attempts.Add(1)
			return fault.Invalidf("CB-TEST-BAD", "record 3 cannot be read").Because(errors.New("secret of Jane"))
		}
		return nil
	}, jobs.AtStageEnd(func(_ context.Context, _ pgx.Tx, practiceID, runID int64, enqueue func(...jobs.Args)) error {
		enqueue(closeArgs{practiceID, runID})
		return nil
	}))
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[closeArgs]) error {
		return recordStep(ctx, tx, "close", job.RunID, 0)
	})
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 8)
	err := c.Wait(withTimeout(t, 20*time.Second), runID, nil)
	if fault.CodeOf(err) != "CB-JOB-PARKED" || fault.ExitCode(err) != 1 || !strings.Contains(err.Error(), "record 3 cannot be read") {
		t.Fatalf("Wait says %v, want CB-JOB-PARKED with the reason and exit code 1", err)
	}
	if attempts.Load() != 1 {
		t.Errorf("a fault of the input was tried %d times, want once", attempts.Load())
	}
	var jobID int64
	var state, reason, errs string
	var failed, steps, closes int
	scan(t, db, "select id, array_to_string(errors, ' ') from river_job where state = 'discarded'", nil, &jobID, &errs)
	scan(t, db, "select state, failed from job_run where id = $1", []any{runID}, &state, &failed)
	scan(t, db, "select reason from work_item where kind = 'job' and state = 'open'", nil, &reason)
	scan(t, db, "select count(*) filter (where kind = 'step'), count(*) filter (where kind = 'close') from effect", nil, &steps, &closes)
	if state != "failed" || failed != 1 || steps != 7 || closes != 1 {
		t.Errorf("run %s with %d failed, %d steps, %d closes; want failed, 1, 7, 1", state, failed, steps, closes)
	}
	if !strings.Contains(reason, "record 3") || strings.Contains(reason+errs, "Jane") {
		t.Errorf("work item %q, job errors %q: want the fault's message and nothing of its cause", reason, errs)
	}

	broken.Store(false)
	if err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		return c.Retry(context.Background(), tx, practice, jobID)
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(withTimeout(t, 20*time.Second), runID, nil); err != nil {
		t.Fatalf("after the retry: %v", err)
	}
	scan(t, db, "select state from job_run where id = $1", []any{runID}, &state)
	scan(t, db, "select state from work_item where kind = 'job'", nil, &reason)
	if state != "finished" || reason != "done" {
		t.Errorf("after the retry the run is %s and the work item %s, want finished and done", state, reason)
	}
}

// An error that may pass is tried again, and a panic is such an error.
func TestFailureIsTriedAgain(t *testing.T) {
	db, _ := book(t)
	var attempts atomic.Int32
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		if err := recordStep(ctx, tx, "step", job.RunID, job.Attempt); err != nil {
			return err
		}
		switch attempts.Add(1) {
		case 1:
			return errors.New("passing")
		case 2:
			panic("not again")
		}
		return nil
	}, jobs.RetryAfter(func(int) time.Duration { return 10 * time.Millisecond }))
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 1)
	if err := c.Wait(withTimeout(t, 20*time.Second), runID, nil); err != nil {
		t.Fatal(err)
	}
	var rows, step int
	scan(t, db, "select count(*), max(step) from effect", nil, &rows, &step)
	if rows != 1 || step != 3 {
		t.Errorf("%d effects, the last of attempt %d; want only that of attempt 3", rows, step)
	}
}

// A full disk ends the wait with its own fault instead of waiting for jobs that
// cannot end; once there is space the run goes on.
func TestFullDiskEndsTheWait(t *testing.T) {
	db, _ := book(t)
	var full atomic.Bool
	full.Store(true)
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		if full.Load() {
			return &pgconn.PgError{Code: "53100", Message: "could not extend file"}
		}
		return recordStep(ctx, tx, "step", job.RunID, job.Args.Step)
	}, jobs.RetryAfter(func(int) time.Duration { return 300 * time.Millisecond }))
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 1)
	if err := c.Wait(withTimeout(t, 20*time.Second), runID, nil); fault.CodeOf(err) != "CB-DB-DISK-FULL" || fault.ExitCode(err) != 3 {
		t.Fatalf("Wait says %v, want CB-DB-DISK-FULL and exit code 3", err)
	}
	full.Store(false)
	ctx := withTimeout(t, 20*time.Second)
	err := c.Wait(ctx, runID, nil)
	for fault.CodeOf(err) == "CB-DB-DISK-FULL" && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
		err = c.Wait(ctx, runID, nil)
	}
	if err != nil {
		t.Fatalf("with space again: %v", err)
	}
}

// The file's stages: two files are read and their chunks worked; the step that
// follows all of them happens once, because it asks whether a file is still read.
func TestStageEndAsksForEarlierStages(t *testing.T) {
	db, _ := book(t)
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(_ context.Context, _ pgx.Tx, job *jobs.Job[readArgs]) error {
		time.Sleep(time.Duration(job.Args.File) * 100 * time.Millisecond)
		for i := range 3 {
			job.Enqueue(stepArgs{practice, job.RunID, 10*job.Args.File + i})
		}
		return nil
	})
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		return recordStep(ctx, tx, "step", job.RunID, job.Args.Step)
	}, jobs.AtStageEnd(func(ctx context.Context, tx pgx.Tx, practiceID, runID int64, enqueue func(...jobs.Args)) error {
		reading, err := jobs.Outstanding(ctx, tx, practiceID, runID, "test.read")
		if err == nil && reading == 0 {
			enqueue(closeArgs{practiceID, runID})
		}
		return err
	}))
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[closeArgs]) error {
		return recordStep(ctx, tx, "close", job.RunID, 0)
	})
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 0)
	if err := db.Tx(context.Background(), postgres.RoleWork, practice, func(tx pgx.Tx) error {
		return c.Enqueue(context.Background(), tx, readArgs{practice, runID, 0}, readArgs{practice, runID, 2})
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(withTimeout(t, 20*time.Second), runID, nil); err != nil {
		t.Fatal(err)
	}
	var steps, closes, ended int
	scan(t, db, "select count(*) filter (where kind = 'step'), count(*) filter (where kind = 'close') from effect", nil, &steps, &closes)
	scan(t, db, "select done from job_run where id = $1", []any{runID}, &ended)
	if steps != 6 || closes != 1 || ended != 9 {
		t.Errorf("%d steps, %d closes, %d jobs; want 6, 1 and 9", steps, closes, ended)
	}
}

// A worker that panics every time ends parked with the environment's exit code.
func TestPanickingJobIsParked(t *testing.T) {
	db, _ := book(t)
	reg := jobs.NewRegistry()
	jobs.AddWorker(reg, db, func(context.Context, pgx.Tx, *jobs.Job[stepArgs]) error { panic("patient Jane") },
		jobs.RetryAfter(func(int) time.Duration { return time.Millisecond }))
	c := client(t, db, reg)
	err := c.Wait(withTimeout(t, 30*time.Second), enqueue(t, db, c, 1), nil)
	if fault.CodeOf(err) != "CB-JOB-PARKED" || fault.ExitCode(err) != 3 || strings.Contains(err.Error(), "Jane") {
		t.Errorf("Wait says %v, want CB-JOB-PARKED, exit code 3, and nothing of the panic's value", err)
	}
}

// A process that seems dead (its lock is gone) while it still works loses its
// job to another, and then leaves no effect.
func TestJobTakenOverLeavesNoEffect(t *testing.T) {
	db, _ := book(t)
	reg := jobs.NewRegistry()
	var attempts atomic.Int32
	jobs.AddWorker(reg, db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[stepArgs]) error {
		if attempts.Add(1) == 1 {
			// Another process puts the job back behind this attempt's back.
			if _, err := db.Pool.Exec(ctx, "update river_job set state = 'available' where id = $1", job.ID); err != nil {
				return err
			}
			for attempts.Load() == 1 && ctx.Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
		}
		return recordStep(ctx, tx, "step", job.RunID, job.Attempt)
	})
	c := client(t, db, reg)
	runID := enqueue(t, db, c, 1)
	if err := c.Wait(withTimeout(t, 20*time.Second), runID, nil); err != nil {
		t.Fatal(err)
	}
	var rows, done int
	scan(t, db, "select (select count(*) from effect), done from job_run where id = $1", []any{runID}, &rows, &done)
	if rows != 1 || done != 1 {
		t.Errorf("%d effects, run counts %d; want 1 and 1", rows, done)
	}
}
