package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// A run is what a command or a page asked for. Its row counts the jobs that
// belong to it: it is finished when none is outstanding.

// StartRun records that a command or a page begins something of the kind
// (intake, submit, receive, statements …) and returns the run's id, which its
// jobs carry.
func StartRun(ctx context.Context, tx pgx.Tx, practiceID int64, kind string) (runID int64, err error) {
	err = tx.QueryRow(ctx, "insert into job_run (practice_id, kind) values ($1, $2) returning id", practiceID, kind).Scan(&runID)
	return runID, err
}

// Run is the state of a run.
type Run struct {
	ID          int64
	Kind        string
	State       string // running, finished, failed
	Total       int
	Outstanding int
	Done        int
	Failed      int
	Reason      string // why the first failed job failed; no patient data
	StartedAt   time.Time
	FinishedAt  *time.Time
}

const runColumns = "id, kind, state, total, outstanding, done, failed, reason, started_at, finished_at"

// UnfinishedRuns lists the practice's runs that still have jobs, oldest first:
// what a killed process left for the next one.
func UnfinishedRuns(ctx context.Context, tx pgx.Tx, practiceID int64) ([]Run, error) {
	rows, err := tx.Query(ctx, "select "+runColumns+" from job_run where practice_id = $1 and outstanding > 0 order by id", practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Run])
}

// Outstanding is how many jobs of the kinds wait or run in a run, the caller's
// own job included. It locks the run until the transaction ends, so that the
// answer stays true.
func Outstanding(ctx context.Context, tx pgx.Tx, practiceID, runID int64, kinds ...string) (int, error) {
	var detail map[string]json.RawMessage
	err := tx.QueryRow(ctx, "select detail from job_run where practice_id = $1 and id = $2 for update", practiceID, runID).Scan(&detail)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, kind := range kinds {
		if text, counted := detail["stage."+kind]; counted {
			var n int
			if err := json.Unmarshal(text, &n); err != nil {
				return 0, fmt.Errorf("count of %s: %w", kind, err)
			}
			total += n
		}
	}
	return total, nil
}

// Wait returns when no job of the run is outstanding: nil when all are done, a
// fault with the first reason when some were parked. progress, which may be
// nil, is called with the counts now and then and once at the end; done counts
// parked jobs too. A database that restarts meanwhile is waited for, but one that
// cannot write any more ends the wait with its fault.
func (c *Client) Wait(ctx context.Context, runID int64, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	var first error
	seen := map[int64]bool{}
	for waiting := []int64{runID}; len(waiting) > 0; waiting = waiting[1:] {
		if seen[waiting[0]] {
			continue
		}
		seen[waiting[0]] = true
		run, err := c.waitForOne(ctx, waiting[0], progress)
		if err != nil {
			return err
		}
		waiting = append(waiting, run.waitsFor...)
		if err := c.finish(ctx, run); first == nil {
			first = err
		}
	}
	return first
}

// waitedRun is a run and what its detail says of waiting for it.
type waitedRun struct {
	Run
	fault    string
	waitsFor []int64
}

func (c *Client) waitForOne(ctx context.Context, runID int64, progress func(done, total int)) (waitedRun, error) {
	began := time.Now()
	lastAnswer := began
	for pause := 2 * time.Millisecond; ; pause = min(pause*3/2, 100*time.Millisecond) {
		run, err := c.readRun(ctx, runID)
		if err != nil {
			if !waitsForDatabase(faultOf(err)) || time.Since(lastAnswer) > databasePatience {
				return run, err
			}
			if err := sleep(ctx, 100*time.Millisecond); err != nil {
				return run, err
			}
			continue
		}
		lastAnswer = time.Now()
		progress(run.Total-run.Outstanding, run.Total)
		if run.Outstanding == 0 {
			return run, nil
		}
		// What was broken before may have been mended; if not, the next attempt says so.
		if broken := c.broken.Load(); broken != nil && broken.at.After(began) {
			return run, broken.err
		}
		if err := sleep(ctx, pause); err != nil {
			return run, err
		}
	}
}

func (c *Client) readRun(ctx context.Context, runID int64) (run waitedRun, err error) {
	err = c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select "+runColumns+" from job_run where id = $1", runID)
		if err != nil {
			return err
		}
		if run.Run, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Run]); err != nil || run.Outstanding > 0 {
			return err
		}
		return tx.QueryRow(ctx, `select coalesce(detail->>'fault', ''),
				array(select jsonb_array_elements_text(coalesce(detail->'waits_for', '[]'))::bigint)
			from job_run where id = $1`, runID).Scan(&run.fault, &run.waitsFor)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.NotFoundf("CB-RUN-UNKNOWN", "there is no run %d", runID)
	}
	return run, err
}

// databasePatience is how long Wait bears a database that is away, as one that
// starts again after a crash is.
const databasePatience = 20 * time.Second

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// finish closes a run that never had a job, and says how the run went.
func (c *Client) finish(ctx context.Context, run waitedRun) error {
	if run.State == "running" {
		return c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "update job_run set state = 'finished', finished_at = now() where id = $1 and outstanding = 0 and state = 'running'", run.ID)
			return err
		})
	}
	if run.Failed == 0 {
		return nil
	}
	e := fault.Invalidf("CB-JOB-PARKED", "%d of %d steps of this %s failed and wait for a person: %s", run.Failed, run.Total, run.Kind, run.Reason).
		WithFix("see the work items")
	if run.fault == faultEnvironment {
		e.Kind = fault.Environment
	}
	return e
}

// The two kinds of fault that a run's detail remembers.
const (
	faultInvalid     = "invalid"
	faultEnvironment = "environment"
)

// tally is a change of a run's counts.
type tally struct {
	added, done, failed int
	stages              map[string]int // kind of job → change of its outstanding jobs
	reason, fault       string         // of a failure
	waitsFor            []int64        // runs that have jobs which this one would have had
}

func (t *tally) count(job inserted) {
	if job.twinOf != 0 {
		t.waitsFor = append(t.waitsFor, job.twinOf)
		return
	}
	t.added++
	t.stage(job.Kind(), 1)
}

func (t *tally) stage(kind string, change int) {
	if t.stages == nil {
		t.stages = map[string]int{}
	}
	t.stages["stage."+kind] += change
}

// apply writes the change and returns how many jobs of each changed stage are
// outstanding now. It holds the run's row until the transaction ends, so it
// comes last in one.
func (t *tally) apply(ctx context.Context, tx pgx.Tx, practiceID, runID int64) (left map[string]int, err error) {
	changes, err := json.Marshal(t.stages)
	if err != nil {
		return nil, err
	}
	var detail map[string]json.RawMessage
	err = tx.QueryRow(ctx, `update job_run set
			total = total + $3, outstanding = outstanding + $3 - $4 - $5, done = done + $4, failed = failed + $5,
			reason = case when reason = '' then $6 else reason end,
			detail = detail || coalesce((select jsonb_object_agg(key, coalesce((detail->>key)::int, 0) + value::int)
					from jsonb_each_text(coalesce(nullif($7::jsonb, 'null'), '{}'))), '{}')
				|| case when $8 = '' then '{}'::jsonb else jsonb_build_object('fault', $8::text) end
				|| case when cardinality($9::bigint[]) = 0 then '{}'::jsonb
					else jsonb_build_object('waits_for', coalesce(detail->'waits_for', '[]') || to_jsonb($9::bigint[])) end,
			state = case when outstanding + $3 - $4 - $5 > 0 then 'running' when failed + $5 > 0 then 'failed' else 'finished' end,
			finished_at = case when outstanding + $3 - $4 - $5 > 0 then null else now() end
		where practice_id = $1 and id = $2 returning detail`,
		practiceID, runID, t.added, t.done, t.failed, t.reason, string(changes), t.fault, append([]int64{}, t.waitsFor...)).Scan(&detail)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("run %d of practice %d is not there", runID, practiceID)
	}
	if err != nil {
		return nil, err
	}
	left = map[string]int{}
	for stage := range t.stages {
		var n int
		if err := json.Unmarshal(detail[stage], &n); err != nil {
			return nil, fmt.Errorf("count of %s: %w", stage, err)
		}
		left[stage] = n
	}
	return left, nil
}
