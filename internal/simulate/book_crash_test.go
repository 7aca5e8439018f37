package simulate

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/date"
)

// errDied is what the book sees of a connection that was cut.
var errDied = errors.New("the connection is gone")

// dyingTx is a transaction whose connection is cut after some statements, as by
// a kill: nothing of it may be left, and what it did must be possible again.
type dyingTx struct {
	pgx.Tx
	left int
}

func (t *dyingTx) dies(ctx context.Context) bool {
	if t.left--; t.left == 0 {
		_ = t.Conn().Close(ctx)
	}
	return t.left <= 0
}

func (t *dyingTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.dies(ctx) {
		return pgconn.CommandTag{}, errDied
	}
	return t.Tx.Exec(ctx, sql, args...)
}

func (t *dyingTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.dies(ctx) {
		return nil, errDied
	}
	return t.Tx.Query(ctx, sql, args...)
}

func (t *dyingTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if t.dies(ctx) {
		return deadRow{}
	}
	return t.Tx.QueryRow(ctx, sql, args...)
}

func (t *dyingTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, from pgx.CopyFromSource) (int64, error) {
	if t.dies(ctx) {
		return 0, errDied
	}
	return t.Tx.CopyFrom(ctx, table, columns, from)
}

type deadRow struct{}

func (deadRow) Scan(...any) error { return errDied }

// Interrupt lets the next transaction die, or (even numbers) a worker's.
func (b *realBook) Interrupt(statements int) { b.interrupt, b.interrupted = statements, false }

// Interrupted reports whether it did.
func (b *realBook) Interrupted() bool {
	b.interrupt = 0
	return b.interrupted
}

// kill ends the connection of a worker in the middle of a transaction, if there
// is one within the time. The job is tried again.
func (b *realBook) kill(within time.Duration) error {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var killed int
		err := b.db.Pool.QueryRow(context.Background(), `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (
			SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
			AND state IN ('active', 'idle in transaction') AND query !~* 'river|listen|job_run' LIMIT 1) t`).Scan(&killed)
		if err != nil {
			return err
		}
		if killed > 0 {
			b.interrupted = true
			return nil
		}
	}
	return nil
}

// ReceiveTogether takes two files at once.
func (b *realBook) ReceiveTogether(names [2]string, contents [2][]byte, today date.Date) error {
	b.interrupt = 0 // two at once share what would be interrupted
	var wait sync.WaitGroup
	var errs [2]error
	for i := range names {
		wait.Go(func() { errs[i] = b.Receive(names[i], contents[i], today) })
	}
	wait.Wait()
	return errors.Join(errs[:]...)
}
