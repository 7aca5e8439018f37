// Package postgres is Claimbook's only way to its database: a private
// PostgreSQL server inside a data directory (Attach), or one that the user
// names by URL; transactions that always carry a role and a practice (DB); and
// the schema's migrations (Migrate).
//
// No query runs outside a transaction that has a role and a practice, because
// the row-level security of the schema reads both.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/claimbook/claimbook/internal/fault"
)

// Role is the database role that a transaction acts as. The one login of a
// deployment is a member of all three.
type Role string

const (
	// RoleOwner owns every table; only migrations and maintenance act as it.
	RoleOwner Role = "claimbook_owner"
	// RoleWork is what workers and commands act as. It bypasses row-level
	// security where the server allows it.
	RoleWork Role = "claimbook_work"
	// RoleWeb is what pages and the API act as: row-level security confines it
	// to the transaction's practice.
	RoleWeb Role = "claimbook_web"
)

// DB is a pool of connections on which every query runs inside a transaction
// with a role and a practice.
type DB struct {
	// Pool is for River and for tests; queries of the product go through Tx.
	Pool *pgxpool.Pool
}

// Open connects to the database at url (a postgres:// URL or a key=value
// string) and checks that it answers and is new enough. An error never carries
// the password.
func Open(ctx context.Context, url string) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, badURL()
	}
	if !urlSets(url, "pool_max_conns") {
		config.MaxConns = 32 // a client with eight workers on each of four queues; opened when needed
	}
	setDefault(config.ConnConfig.RuntimeParams, "application_name", "claimbook")
	setDefault(config.ConnConfig.RuntimeParams, "timezone", "UTC")
	// By a statement, not in the start-up packet: a connection pooler refuses
	// parameters there that it does not know.
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set jit = off") // compiling costs more than these queries
		return err
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explainConnect(config.ConnConfig, err)
	}
	var version int
	if err := pool.QueryRow(ctx, "select current_setting('server_version_num')::int").Scan(&version); err != nil {
		pool.Close()
		return nil, explainConnect(config.ConnConfig, err)
	}
	if version < oldestServer*10000 {
		pool.Close()
		return nil, fault.Environmentf("CB-DB-VERSION", "the database server is PostgreSQL %d; Claimbook needs %d or newer",
			version/10000, oldestServer).WithFix("upgrade the server, or unset DATABASE_URL to use the private one")
	}
	return &DB{Pool: pool}, nil
}

// Close ends the pool's connections; it waits for those in use.
func (db *DB) Close() { db.Pool.Close() }

// Tx runs fn in a transaction as role for the practice and commits it. An
// error or a panic of fn rolls it back. A serialization failure or a deadlock
// runs fn again, so fn must have no effect outside the transaction. The
// practice 0 is none: row-level security then shows no practice's rows.
func (db *DB) Tx(ctx context.Context, role Role, practiceID int64, fn func(tx pgx.Tx) error) error {
	return db.retry(ctx, begin("begin", role, practiceID), commit, fn)
}

// TxReadOnly is Tx on one snapshot (repeatable read) that refuses writes, for
// reports whose numbers must agree with each other.
func (db *DB) TxReadOnly(ctx context.Context, role Role, practiceID int64, fn func(tx pgx.Tx) error) error {
	return db.retry(ctx, begin("begin isolation level repeatable read read only", role, practiceID), commit, fn)
}

// DryRun is Tx that is always rolled back. Deferred constraints are checked
// first, so that what a commit would refuse is refused here too.
func (db *DB) DryRun(ctx context.Context, role Role, practiceID int64, fn func(tx pgx.Tx) error) error {
	return db.retry(ctx, begin("begin", role, practiceID), checkAndRollBack, fn)
}

// begin makes the one round trip that opens a transaction. The role is one of
// three constants and the practice a number: nothing to quote.
func begin(statement string, role Role, practiceID int64) pgx.TxOptions {
	practice := ""
	if practiceID != 0 {
		practice = strconv.FormatInt(practiceID, 10)
	}
	switch role {
	case RoleOwner, RoleWork, RoleWeb:
	default:
		panic("postgres: unknown role " + strconv.Quote(string(role)))
	}
	return pgx.TxOptions{BeginQuery: fmt.Sprintf(
		"%s; set local role %s; select set_config('claimbook.practice_id', '%s', true)", statement, role, practice)}
}

func commit(ctx context.Context, tx pgx.Tx) error { return tx.Commit(ctx) }

func checkAndRollBack(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "set constraints all immediate"); err != nil {
		return err
	}
	return tx.Rollback(ctx)
}

// triesPerTx bounds how often a transaction that lost a race is run again.
const triesPerTx = 6

func (db *DB) retry(ctx context.Context, begin pgx.TxOptions, end func(context.Context, pgx.Tx) error, fn func(tx pgx.Tx) error) error {
	for try := 1; ; try++ {
		err := db.once(ctx, begin, end, fn)
		if err == nil {
			return nil
		}
		if try == triesPerTx || !lostRace(err) || ctx.Err() != nil {
			return db.explain(err)
		}
		pause := time.Duration(rand.Int64N(int64(10*time.Millisecond) << try))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (db *DB) once(ctx context.Context, begin pgx.TxOptions, end func(context.Context, pgx.Tx) error, fn func(tx pgx.Tx) error) error {
	tx, err := db.Pool.BeginTx(ctx, begin)
	if err != nil {
		return err
	}
	// Runs after a panic too. The context may be the very thing that ended, so
	// the rollback has its own.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = tx.Rollback(ctx) // nil or ErrTxClosed, or the connection is gone and the server rolls back
	}()
	if err := fn(tx); err != nil {
		return err
	}
	return end(ctx, tx)
}

// lostRace reports whether err is a serialization failure or a deadlock: the
// transaction did nothing and may succeed when it runs again.
func lostRace(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "40001" || pgErr.Code == "40P01")
}

// IDs allocates n ids from the one sequence of the schema, ascending, in one
// round trip. They are unique in the book and have gaps.
func IDs(ctx context.Context, tx pgx.Tx, n int) ([]int64, error) {
	if n <= 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, "select nextval('object_id') from generate_series(1, $1::int)", n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func setDefault(params map[string]string, key, value string) {
	if _, set := params[key]; !set {
		params[key] = value
	}
}
