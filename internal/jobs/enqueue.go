package jobs

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Enqueuer puts jobs into the queue. *Client is the one that does.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args ...Args) error
}

// Enqueue adds the jobs in the caller's transaction and counts them in their
// runs: they exist when it commits. A job whose arguments have fields tagged
// `river:"unique"` is left out while an equal one waits or runs; a run that
// lacks a job for that reason waits for the run that has it.
//
// Inside a worker the jobs are added at the end of its transaction, together
// with its own completion.
func (c *Client) Enqueue(ctx context.Context, tx pgx.Tx, args ...Args) error {
	if p := pendingIn(ctx); p != nil {
		p.args = append(p.args, args...)
		return nil
	}
	type scope struct{ practiceID, runID int64 }
	tallies, order := map[scope]*tally{}, []scope(nil)
	added, err := c.insert(ctx, tx, args)
	if err != nil {
		return err
	}
	for _, job := range added {
		practiceID, runID := job.Scope()
		if runID == 0 {
			continue
		}
		s := scope{practiceID, runID}
		if tallies[s] == nil {
			tallies[s], order = &tally{}, append(order, s)
		}
		tallies[s].count(job)
	}
	for _, s := range order {
		if _, err := tallies[s].apply(ctx, tx, s.practiceID, s.runID); err != nil {
			return err
		}
	}
	return nil
}

// insertSlice bounds one INSERT of jobs.
const insertSlice = 2000

// inserted is a job that was added, or was left out because an equal one of
// another run waits or runs.
type inserted struct {
	Args
	twinOf int64 // the other run; 0: added
}

// insert adds the jobs. Those left out as duplicates of their own run, or of a
// job without a run, are not in the result.
func (c *Client) insert(ctx context.Context, tx pgx.Tx, args []Args) (list []inserted, err error) {
	args = withoutTwins(args)
	for len(args) > 0 {
		slice := args[:min(len(args), insertSlice)]
		args = args[len(slice):]
		params := make([]river.InsertManyParams, len(slice))
		for i, a := range slice {
			params[i] = river.InsertManyParams{Args: a, InsertOpts: insertOpts(a)}
		}
		results, err := c.river.InsertManyTx(ctx, tx, params)
		if err != nil {
			return nil, err
		}
		for i, result := range results {
			if !result.UniqueSkippedAsDuplicate {
				list = append(list, inserted{Args: slice[i]})
				continue
			}
			twin, err := scopeOf(result.Job)
			if err != nil {
				return nil, err
			}
			if _, runID := slice[i].Scope(); twin.runID != 0 && twin.runID != runID {
				list = append(list, inserted{Args: slice[i], twinOf: twin.runID})
			}
		}
	}
	return list, nil
}

// withoutTwins leaves out unique jobs that one call names twice: an INSERT
// cannot meet its own row.
func withoutTwins(args []Args) []Args {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(args), func(a Args) bool {
		key := uniqueKey(a)
		twin := key != "" && seen[key]
		seen[key] = true
		return twin
	})
}

func insertOpts(a Args) *river.InsertOpts {
	policy := policyOf(a.Kind())
	opts := &river.InsertOpts{Queue: policy.queue, MaxAttempts: policy.attempts}
	if own, ok := a.(river.JobArgsWithInsertOpts); ok {
		chosen := own.InsertOpts()
		if chosen.Queue == "" {
			chosen.Queue = opts.Queue
		}
		if chosen.MaxAttempts == 0 {
			chosen.MaxAttempts = opts.MaxAttempts
		}
		opts = &chosen
	}
	if uniqueKey(a) != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
	return opts
}

// uniqueKey is the kind and the values of the fields tagged `river:"unique"`;
// "" where there are none.
func uniqueKey(a Args) string {
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Struct {
		return ""
	}
	key := ""
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("river") == "unique" {
			key += fmt.Sprintf("|%v", v.Field(i).Interface())
		}
	}
	if key == "" {
		return ""
	}
	return a.Kind() + key
}

// pending are the jobs that the job being worked has asked for.
type pending struct{ args []Args }
