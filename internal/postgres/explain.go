package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
)

// Explain turns an error of the database's surroundings (no connection, no
// disk, a standby, too many connections) into a fault that says what to do.
// Any other error, and one that is a fault already, comes back unchanged. A
// lost connection's own text is left out: it says less than the fault.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	var known *fault.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return explainServer(pgErr, err)
	}
	var connectErr *pgconn.ConnectError
	if errors.As(err, &connectErr) {
		return explainConnect(&pgx.ConnConfig{Config: *connectErr.Config}, err)
	}
	var netErr net.Error
	if errors.As(err, &netErr) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") ||
		strings.Contains(err.Error(), "unexpected EOF") {
		return fault.Environmentf("CB-DB-LOST", "the connection to the database was lost").
			WithFix("run the command again; what was not committed was not done")
	}
	return err
}

func explainServer(pgErr *pgconn.PgError, err error) error {
	switch pgErr.Code {
	case "53100": // disk_full
		return fault.Environmentf("CB-DB-DISK-FULL", "the database's disk is full; nothing of this step was kept").
			WithFix("free space and run the command again")
	case "53200": // out_of_memory
		return fault.Environmentf("CB-DB-MEMORY", "the database server is out of memory").Because(err)
	case "53300": // too_many_connections
		return fault.Environmentf("CB-DB-CONNECTIONS", "the database has no free connection").
			WithFix("stop some workers, or raise max_connections")
	case "57P01", "57P02", "57P03": // admin_shutdown, crash_shutdown, cannot_connect_now
		return fault.Environmentf("CB-DB-LOST", "the database server is stopping or starting").
			WithFix("run the command again; what was not committed was not done")
	case "25006": // read_only_sql_transaction outside our own read-only transactions
		if strings.Contains(pgErr.Message, "recovery") {
			return fault.Environmentf("CB-DB-STANDBY", "the database is a read-only standby").
				WithFix("point DATABASE_URL at the primary")
		}
	case "42P01": // undefined_table
		return fault.Environmentf("CB-DB-SCHEMA", "the database lacks a table that this version needs").
			WithFix("run: claimbook migrate up").Because(err)
	case "58030": // io_error
		return fault.Environmentf("CB-DB-IO", "the database server cannot read or write its files").
			WithFix("check the disk and the server's log").Because(err)
	}
	return err
}

// explainConnect names the server that did not answer, and never the password.
func explainConnect(config *pgx.ConnConfig, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	where := fmt.Sprintf("%s:%d, database %q, user %q", config.Host, config.Port, config.Database, config.User)
	if strings.HasPrefix(config.Host, "/") {
		where = fmt.Sprintf("socket %s, database %q, user %q", config.Host, config.Database, config.User)
	}
	e := &fault.Error{Kind: fault.Environment, Code: "CB-DB-UNREACHABLE", Where: where,
		Fix: "check DATABASE_URL and that the server runs, or unset it to use the private database"}
	var pgErr *pgconn.PgError
	var dnsErr *net.DNSError
	text := err.Error()
	switch {
	case errors.As(err, &pgErr) && pgErr.Code == "3D000":
		e.Message, e.Fix = "this database does not exist on the server", "create it, or correct DATABASE_URL"
	case errors.As(err, &pgErr) && (pgErr.Code == "28P01" || pgErr.Code == "28000"):
		e.Message, e.Fix = "the server refused this user or its password", "correct DATABASE_URL"
	case errors.As(err, &pgErr) && pgErr.Code == "57P03":
		e.Message = "the database server is starting or stopping"
	case errors.As(err, &pgErr) && pgErr.Code == "53300":
		e.Message, e.Fix = "the database has no free connection", "stop some workers, or raise max_connections"
	case errors.As(err, &pgErr):
		e.Message = "the server refused the connection: " + pgErr.Message
	case errors.As(err, &dnsErr):
		e.Message = "no such host"
	case strings.Contains(text, "connection refused"):
		e.Message = "nothing listens there"
	case strings.Contains(text, "no such file or directory"):
		e.Message = "no server has this socket"
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "timeout"):
		e.Message = "the database server did not answer in time"
	case strings.Contains(text, "tls"):
		e.Message, e.Fix = "no TLS agreement with the server", "set sslmode in DATABASE_URL as the server needs it"
	default:
		e.Message = "cannot connect to the database"
	}
	return e
}

// badURL says nothing of the text, because it may hold a password.
func badURL() error {
	return fault.New(fault.Usage, "CB-DB-URL", "the database URL cannot be read").At("DATABASE_URL").
		WithFix("write it as postgres://user:password@host:5432/database?sslmode=require; special characters in the password percent-encoded")
}

// urlSets reports whether a connection string names a parameter itself.
func urlSets(url, parameter string) bool { return strings.Contains(url, parameter+"=") }
