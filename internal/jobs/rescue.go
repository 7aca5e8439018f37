package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// River leaves the jobs of a killed process `running` until a timeout. Here a
// process that works jobs holds a session advisory lock named after its client
// id, which the server lets go when the process ends in any way; every process
// looks for running jobs whose owner's lock is free and puts them back.

// ownerLocks is the first key of those locks, the second is the hash of the
// client id. The number is "clbk" in ASCII.
const ownerLocks = 0x636c626b

// sweepInterval is how soon the jobs of a killed process go on.
const sweepInterval = time.Second

// lostAfter is how long a job that this process fetched and does not work must
// be running before it is put back: its fetch was lost with a connection.
const lostAfter = 5 * time.Second

// fatalAttempts is how often a job may be fetched before it counts as one that
// kills the process, and is parked.
const fatalAttempts = 25

func (c *Client) takeOwnerLock(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.db.Pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1, hashtext($2))", ownerLocks, c.id); err != nil {
		_ = conn.Close(ctx)
		return err
	}
	c.owner = conn
	return nil
}

func (c *Client) releaseOwnerLock() {
	if c.owner == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = c.owner.Close(ctx) // the session's end frees the lock
	c.owner = nil
}

// sweep keeps the lock and rescues until ctx ends. Errors are those of a
// database that is away; the next round tries again.
func (c *Client) sweep(ctx context.Context) {
	defer c.swept.Done()
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.keepOwnerLock(ctx); err != nil {
			c.logger.DebugContext(ctx, "owner lock", slog.String("error", describe(err)))
			continue
		}
		if err := c.rescue(ctx); err != nil && ctx.Err() == nil {
			c.logger.DebugContext(ctx, "rescue", slog.String("error", describe(err)))
		}
	}
}

// keepOwnerLock takes the lock again when its connection was lost, as by a
// restart of the server.
func (c *Client) keepOwnerLock(ctx context.Context) error {
	if c.owner != nil && c.owner.Ping(ctx) == nil {
		return nil
	}
	c.releaseOwnerLock()
	return c.takeOwnerLock(ctx)
}

// rescue puts back the jobs of dead processes, and those that this process
// fetched and lost.
func (c *Client) rescue(ctx context.Context) error {
	var owners []string
	err := c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "select distinct attempted_by[array_upper(attempted_by, 1)] from river_job where state = 'running' and attempted_by is not null")
		if err != nil {
			return err
		}
		owners, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		return err
	}
	for _, owner := range owners {
		if owner == c.id {
			err = c.putBackLost(ctx)
		} else {
			err = c.putBackDead(ctx, owner)
		}
		if err != nil {
			return err
		}
	}
	// What waits for its next attempt is River's leader's to wake; a killed
	// leader is replaced only after a while.
	return c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update river_job set state = 'available' where id in (
			select id from river_job where state = 'retryable' and scheduled_at <= now() for update skip locked)`)
		return err
	})
}

const putBack = `update river_job set state = 'available', scheduled_at = now(), max_attempts = greatest(max_attempts, attempt + 1)
	where state = 'running' and attempted_by[array_upper(attempted_by, 1)] = $1 and attempt < $2`

// putBackDead puts back the jobs of an owner whose lock is free.
func (c *Client) putBackDead(ctx context.Context, owner string) error {
	var fatal []*rivertype.JobRow
	var scopes []scoped
	err := c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		fatal, scopes = nil, nil
		var free bool
		if err := tx.QueryRow(ctx, "select pg_try_advisory_xact_lock($1, hashtext($2))", ownerLocks, owner).Scan(&free); err != nil || !free {
			return err
		}
		tag, err := tx.Exec(ctx, putBack, owner, fatalAttempts)
		if err != nil {
			return err
		}
		if tag.RowsAffected() > 0 {
			c.logger.InfoContext(ctx, "took over the jobs of a process that ended", slog.String("process", owner), slog.Int64("jobs", tag.RowsAffected()))
		}
		fatal, scopes, err = fatalJobs(ctx, tx, owner)
		return err
	})
	if err != nil {
		return err
	}
	for i, job := range fatal {
		f := fault.Environmentf("CB-JOB-FATAL", "the program ended each of the %d times that it worked on this step", job.Attempt).
			WithFix("report this as a defect")
		if err := c.park(ctx, job, scopes[i].practiceID, scopes[i].runID, f); err != nil {
			return err
		}
	}
	return nil
}

// fatalJobs lists the owner's jobs that were fetched too often to try again.
func fatalJobs(ctx context.Context, tx pgx.Tx, owner string) ([]*rivertype.JobRow, []scoped, error) {
	rows, err := tx.Query(ctx, `select id, kind, attempt, args from river_job
		where state = 'running' and attempted_by[array_upper(attempted_by, 1)] = $1 and attempt >= $2`, owner, fatalAttempts)
	if err != nil {
		return nil, nil, err
	}
	var jobs []*rivertype.JobRow
	var scopes []scoped
	var row rivertype.JobRow
	_, err = pgx.ForEachRow(rows, []any{&row.ID, &row.Kind, &row.Attempt, &row.EncodedArgs}, func() error {
		job := row
		scope, err := scopeOf(&job)
		if err != nil {
			return err
		}
		jobs, scopes = append(jobs, &job), append(scopes, scope)
		return nil
	})
	return jobs, scopes, err
}

// putBackLost puts back jobs that count as this process's and that it does not
// work: the answer to their fetch, or the report of their end, was lost.
func (c *Client) putBackLost(ctx context.Context) error {
	working := []int64{}
	c.working.Range(func(id, _ any) bool { working = append(working, id.(int64)); return true })
	return c.db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, putBack+" and attempted_at < now() - $3::interval and id <> all($4)", c.id, fatalAttempts, lostAfter, working)
		return err
	})
}
