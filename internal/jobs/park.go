package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// scoped is the scope of a job whose typed arguments are not at hand.
type scoped struct {
	kind              string
	practiceID, runID int64
}

func (s scoped) Kind() string                     { return s.kind }
func (s scoped) Scope() (practiceID, runID int64) { return s.practiceID, s.runID }

// scopeOf reads the scope from the stored arguments.
func scopeOf(job *rivertype.JobRow) (scoped, error) {
	var args struct {
		PracticeID int64 `json:"practice_id"`
		RunID      int64 `json:"run_id"`
	}
	if err := json.Unmarshal(job.EncodedArgs, &args); err != nil {
		return scoped{}, fmt.Errorf("the arguments of job %d are not JSON", job.ID)
	}
	return scoped{job.Kind, args.PracticeID, args.RunID}, nil
}

// park ends a job that failed for good: discarded in the queue, failed in its
// run, and a work item where a person sees it, in one transaction.
func (c *Client) park(ctx context.Context, job *rivertype.JobRow, practiceID, runID int64, f *fault.Error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	attempt, err := json.Marshal(rivertype.AttemptError{At: time.Now().UTC(), Attempt: job.Attempt, Error: f.Code + ": " + f.Error()})
	if err != nil {
		return err
	}
	err = c.db.Tx(ctx, postgres.RoleWork, practiceID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update river_job set state = 'discarded', finalized_at = now(), errors = array_append(errors, $3::jsonb)
			where id = $1 and attempt = $2 and state = 'running'`, job.ID, job.Attempt, string(attempt))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errTakenOver
		}
		if practiceID != 0 {
			if err := openWorkItem(ctx, tx, practiceID, job, f); err != nil {
				return err
			}
		}
		kind := faultInvalid
		if f.Kind == fault.Environment {
			kind = faultEnvironment
		}
		return c.reg.count(ctx, tx, job, scoped{job.Kind, practiceID, runID}, nil,
			tally{failed: 1, reason: f.Code + ": " + f.Error(), fault: kind})
	})
	if errors.Is(err, errTakenOver) {
		return nil
	}
	return err
}

func openWorkItem(ctx context.Context, tx pgx.Tx, practiceID int64, job *rivertype.JobRow, f *fault.Error) error {
	action := f.Fix
	if action == "" {
		action = "Correct the cause, then retry the step."
	}
	_, err := tx.Exec(ctx, `insert into work_item (practice_id, kind, dedupe_key, reason, action, opened_on)
		select p.id, 'job', $2, $3, $4, coalesce(p.fixed_date, (now() at time zone p.time_zone)::date) from practice p where p.id = $1
		on conflict (practice_id, dedupe_key) do update set state = 'open', reason = excluded.reason, action = excluded.action, closed_on = null, closed_why = ''`,
		practiceID, workItemKey(job.ID), fmt.Sprintf("The step %s failed: %s", job.Kind, f.Error()), action)
	return err
}

func workItemKey(jobID int64) string { return "job|" + strconv.FormatInt(jobID, 10) }

// retriesOfParked is how many further attempts a person's retry gives a job.
const retriesOfParked = 3

// Retry puts a parked job back into the queue in the caller's transaction,
// counts it in its run again and closes its work item.
func (c *Client) Retry(ctx context.Context, tx pgx.Tx, practiceID, jobID int64) error {
	var kind string
	var runID int64
	err := tx.QueryRow(ctx, `update river_job set state = 'available', finalized_at = null, scheduled_at = now(), max_attempts = attempt + $3
		where id = $1 and state = 'discarded' and (args->>'practice_id')::bigint = $2
		returning kind, coalesce((args->>'run_id')::bigint, 0)`, jobID, practiceID, retriesOfParked).Scan(&kind, &runID)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFoundf("CB-JOB-NOT-PARKED", "job %d is not a parked job of this practice", jobID)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update work_item set state = 'done', closed_why = 'retried',
			closed_on = (select coalesce(p.fixed_date, (now() at time zone p.time_zone)::date) from practice p where p.id = practice_id)
		where practice_id = $1 and dedupe_key = $2`, practiceID, workItemKey(jobID)); err != nil {
		return err
	}
	if runID == 0 {
		return nil
	}
	// One failure fewer and one outstanding more.
	t := tally{failed: -1}
	t.stage(kind, 1)
	_, err = t.apply(ctx, tx, practiceID, runID)
	return err
}
