package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Registry holds the workers of a program. It belongs to one Client.
type Registry struct {
	workers *river.Workers
	ends    map[string]StageEnd // by kind
	kinds   []string
	client  *Client
}

// NewRegistry returns a registry without workers.
func NewRegistry() *Registry {
	return &Registry{workers: river.NewWorkers(), ends: map[string]StageEnd{}}
}

// Job is a job being worked.
type Job[T Args] struct {
	ID                int64
	Attempt           int // 1 for the first
	PracticeID, RunID int64
	Args              T

	pending *pending
}

// Enqueue adds jobs when this one commits.
func (j *Job[T]) Enqueue(args ...Args) { j.pending.args = append(j.pending.args, args...) }

// LastOf reports whether, once this job commits, no job of the kind is
// outstanding in its run. It locks the run until the transaction ends, so that
// of several last jobs exactly one gets true; call it near the end of the work.
//
// A parked job runs no code, so a step that must follow whatever happens
// belongs in AtStageEnd.
func (j *Job[T]) LastOf(ctx context.Context, tx pgx.Tx, kind string) (bool, error) {
	if j.RunID == 0 {
		return true, nil
	}
	left, err := Outstanding(ctx, tx, j.PracticeID, j.RunID, kind)
	if err != nil {
		return false, err
	}
	if kind == j.Args.Kind() {
		left--
	}
	for _, a := range j.pending.args {
		if _, runID := a.Scope(); runID == j.RunID && a.Kind() == kind {
			left++
		}
	}
	return left == 0, nil
}

// StageEnd is called in the transaction that ends the last outstanding job of a
// kind in a run, whether that job was done or parked. What it passes to enqueue
// belongs to that transaction.
//
// It is called again when further jobs of the kind came later and ended too: as
// when two files of a run are read one after the other, or a person retried a
// parked job. What it causes must bear that; Outstanding tells whether an
// earlier stage may still add jobs.
type StageEnd func(ctx context.Context, tx pgx.Tx, practiceID, runID int64, enqueue func(args ...Args)) error

// Option changes how the jobs of one kind are worked.
type Option func(*options)

type options struct {
	timeout time.Duration
	retry   func(attempt int) time.Duration
	end     StageEnd
}

// Timeout is how long one attempt may take; five minutes by default.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// RetryAfter is the pause after the given attempt failed.
func RetryAfter(pause func(attempt int) time.Duration) Option {
	return func(o *options) { o.retry = pause }
}

// AtStageEnd adds the step that follows when no job of the kind is outstanding
// in its run any more.
func AtStageEnd(end StageEnd) Option { return func(o *options) { o.end = end } }

// AddWorker registers fn for the jobs of T's kind. Each attempt runs fn in a
// transaction as the work role in the job's practice; the transaction also
// adds what fn enqueued, counts the job in its run and completes it, so an
// error or a kill leaves nothing of the attempt.
//
// An error that is a fault of another kind than Environment is final: trying
// again would not help. Any other is tried again with growing pauses. After
// the last attempt the job is parked: counted as failed in its run with the
// fault's code and message, and a work item for a person.
//
// fn may run again for a job that lost a race, so it must have no effect
// outside the transaction that it could not repeat.
func AddWorker[T Args](reg *Registry, db *postgres.DB, fn func(ctx context.Context, tx pgx.Tx, job *Job[T]) error, opts ...Option) {
	var zero T
	o := options{timeout: 5 * time.Minute, retry: retryAfter}
	for _, set := range opts {
		set(&o)
	}
	river.AddWorker(reg.workers, &worker[T]{reg: reg, db: db, fn: fn, options: o})
	reg.kinds = append(reg.kinds, zero.Kind())
	if o.end != nil {
		reg.ends[zero.Kind()] = o.end
	}
}

type worker[T Args] struct {
	river.WorkerDefaults[T]
	reg     *Registry
	db      *postgres.DB
	fn      func(ctx context.Context, tx pgx.Tx, job *Job[T]) error
	options options
}

// Timeout implements river.Worker.
func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.options.timeout }

// NextRetry implements river.Worker.
func (w *worker[T]) NextRetry(job *river.Job[T]) time.Time {
	return time.Now().Add(w.options.retry(job.Attempt))
}

// Work implements river.Worker.
func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	c := w.reg.client
	c.working.Store(job.ID, struct{}{})
	defer c.working.Delete(job.ID)

	practiceID, runID := job.Args.Scope()
	err := w.db.Tx(ctx, postgres.RoleWork, practiceID, func(tx pgx.Tx) error {
		p := &pending{}
		ctx := context.WithValue(ctx, enqueueContext{}, p)
		j := &Job[T]{ID: job.ID, Attempt: job.Attempt, PracticeID: practiceID, RunID: runID, Args: job.Args, pending: p}
		if err := w.guard(ctx, tx, j); err != nil {
			return err
		}
		return w.complete(ctx, tx, job, p)
	})
	var later *laterError
	switch {
	case err == nil:
		c.broken.Store(nil) // the book can be written
		return nil
	case errors.As(err, &later):
		return river.JobSnooze(later.pause)
	case errors.Is(err, errTakenOver), isStopping(ctx):
		return err // not this attempt's fault: another process has the job, or this one is stopping
	}
	f := faultOf(err)
	c.logger.WarnContext(ctx, "job failed", slog.Int64("job", job.ID), slog.String("kind", job.Kind), slog.Int("attempt", job.Attempt),
		slog.String("code", f.Code), slog.String("message", f.Message))
	c.noteBroken(f)
	if waitsForDatabase(f) {
		return river.JobSnooze(time.Second)
	}
	if f.Kind == fault.Environment && job.Attempt < job.MaxAttempts {
		return f
	}
	if parkErr := c.park(context.WithoutCancel(ctx), job.JobRow, practiceID, runID, f); parkErr != nil {
		c.logger.ErrorContext(ctx, "job could not be parked", slog.Int64("job", job.ID), slog.String("error", describe(parkErr)))
	}
	return f
}

// Later is what a worker returns that cannot do its work yet because something
// else has to be done before: nothing of the attempt is kept, it does not count
// as one, and the job comes again after the pause.
func Later(pause time.Duration) error { return &laterError{pause} }

type laterError struct{ pause time.Duration }

// Error implements error.
func (e *laterError) Error() string { return "the job has to wait for another one" }

// guard runs fn and turns a panic into an error, so that a panicking job is
// retried and parked like any other.
func (w *worker[T]) guard(ctx context.Context, tx pgx.Tx, j *Job[T]) (err error) {
	defer func() {
		if value := recover(); value != nil {
			w.reg.client.logger.ErrorContext(ctx, "job panicked", slog.Int64("job", j.ID), slog.String("kind", j.Args.Kind()),
				slog.String("stack", string(debug.Stack())))
			what := fmt.Sprintf("%T", value) // the value itself might hold data
			var runtimeErr interface{ RuntimeError() }
			if e, ok := value.(error); ok && errors.As(e, &runtimeErr) {
				what = e.Error()
			}
			err = fault.Environmentf("CB-JOB-PANIC", "the program failed in %s: %s", j.Args.Kind(), what).
				WithFix("report this as a defect; the log has the place")
		}
	}()
	return w.fn(ctx, tx, j)
}

// errTakenOver says that the job is not this attempt's any more: the process
// seemed dead and another one has it. Everything is rolled back.
var errTakenOver = errors.New("another process has taken this job over")

// complete ends the transaction of a job that did its work.
func (w *worker[T]) complete(ctx context.Context, tx pgx.Tx, job *river.Job[T], p *pending) error {
	if err := claim(ctx, tx, job.ID, job.Attempt); err != nil {
		return err
	}
	if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil {
		return err
	}
	// Last, because the run's row is what its jobs contend for.
	return w.reg.count(ctx, tx, job.JobRow, job.Args, p.args, tally{done: 1})
}

// claim locks the job's row and makes sure that it is still this attempt's: the
// attempt's number grows with every fetch.
func claim(ctx context.Context, tx pgx.Tx, jobID int64, attempt int) error {
	var mine bool
	err := tx.QueryRow(ctx, "select true from river_job where id = $1 and state = 'running' and attempt = $2 for update", jobID, attempt).Scan(&mine)
	if errors.Is(err, pgx.ErrNoRows) {
		return errTakenOver
	}
	return err
}

// count adds what a job enqueued and takes the job itself off its run, in one
// update of the run's row; then the step that follows the stage, if this was
// its last job.
func (r *Registry) count(ctx context.Context, tx pgx.Tx, job *rivertype.JobRow, args Args, enqueued []Args, t tally) error {
	practiceID, runID := args.Scope()
	ctx = context.WithValue(ctx, enqueueContext{}, (*pending)(nil)) // from here on, adding a job is immediate
	t.stage(job.Kind, -1)
	elsewhere, err := r.tallyNew(ctx, tx, practiceID, runID, enqueued, &t)
	if err != nil {
		return err
	}
	if runID != 0 {
		left, err := t.apply(ctx, tx, practiceID, runID)
		if err != nil {
			return err
		}
		if end := r.ends[job.Kind]; end != nil && left["stage."+job.Kind] == 0 {
			var next []Args
			if err := end(ctx, tx, practiceID, runID, func(a ...Args) { next = append(next, a...) }); err != nil {
				return err
			}
			elsewhere = append(elsewhere, next...)
		}
	}
	if len(elsewhere) == 0 {
		return nil
	}
	return r.client.Enqueue(ctx, tx, elsewhere...)
}

// tallyNew inserts the jobs of the same run and counts them in t; it returns
// those of other runs.
func (r *Registry) tallyNew(ctx context.Context, tx pgx.Tx, practiceID, runID int64, enqueued []Args, t *tally) (elsewhere []Args, err error) {
	var own []Args
	for _, a := range enqueued {
		if p, run := a.Scope(); run == runID && p == practiceID && runID != 0 {
			own = append(own, a)
		} else {
			elsewhere = append(elsewhere, a)
		}
	}
	added, err := r.client.insert(ctx, tx, own)
	for _, job := range added {
		t.count(job)
	}
	return elsewhere, err
}

// isStopping reports whether the attempt ended because the client is stopping.
func isStopping(ctx context.Context) bool {
	return ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// faultOf makes a fault without a cause of any error: what River keeps and a
// page shows. A database's message is left out because it may quote a value.
func faultOf(err error) *fault.Error {
	var f *fault.Error
	var pgErr *pgconn.PgError
	switch {
	case errors.As(err, &f):
		return &fault.Error{Kind: f.Kind, Code: f.Code, Where: f.Where, Message: f.Message, Fix: f.Fix}
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Environmentf("CB-JOB-TIMEOUT", "the step took too long and was given up")
	case errors.As(err, &pgErr):
		where := strings.Trim(pgErr.TableName+" "+pgErr.ConstraintName, " ")
		return fault.Environmentf("CB-JOB-DATABASE", "the database refused a step (SQLSTATE %s %s)", pgErr.Code, where)
	}
	return fault.Environmentf("CB-JOB-ERROR", "%s", err.Error())
}

func describe(err error) string { return faultOf(err).Error() }

// waitsForDatabase reports whether the database itself was away: no attempt of
// the job's own.
func waitsForDatabase(f *fault.Error) bool {
	return f.Code == "CB-DB-LOST" || f.Code == "CB-DB-UNREACHABLE" || f.Code == "CB-DB-CONNECTIONS"
}
