package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Load writes n rows into a table by COPY, the fastest way there is; row returns
// the values of the i-th one in the order of the columns. Triggers and
// constraints see one statement, as with INSERT.
//
// The server refuses COPY into a table whose row-level security confines the
// role, whatever its policies allow. Then the rows go through a temporary table.
func Load(ctx context.Context, tx pgx.Tx, table string, columns []string, n int, row func(i int) ([]any, error)) error {
	if n == 0 {
		return nil
	}
	var confined bool
	if err := tx.QueryRow(ctx, "select row_security_active($1::text)", table).Scan(&confined); err != nil {
		return err
	}
	if !confined {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, row))
		return err
	}
	list, stage := strings.Join(columns, ", "), "load_"+table
	if _, err := tx.Exec(ctx, "create temporary table "+stage+" on commit drop as select "+list+" from "+table+" with no data"); err != nil {
		return err
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"pg_temp", stage}, columns, pgx.CopyFromSlice(n, row)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "insert into "+table+" ("+list+") select "+list+" from pg_temp."+stage); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "drop table pg_temp."+stage)
	return err
}
