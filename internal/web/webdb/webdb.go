// Package webdb holds the read queries of the pages. Each takes a transaction
// that acts as claimbook_web, so row-level security stands behind every WHERE:
// a row of another practice does not exist here, whatever id is asked for.
//
// Nothing in this package writes, except the audit trail of who looked at what.
package webdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
)

// PageSize is the number of rows on one page of a list.
const PageSize = 50

// Page is one page of a list that goes on.
type Page struct {
	Number int   // 1-based
	Total  int64 // rows in the whole list
}

// Offset is the number of rows before the page.
func (p Page) Offset() int { return (max(p.Number, 1) - 1) * PageSize }

// Last is the number of the last page; an empty list has one page.
func (p Page) Last() int { return int(max(1, (p.Total+PageSize-1)/PageSize)) }

// Range is the first and the last row of the page, 1-based, as people count.
func (p Page) Range() (from, to int64) {
	if p.Total == 0 {
		return 0, 0
	}
	from = int64(p.Offset()) + 1
	return from, min(from+PageSize-1, p.Total)
}

func many[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// one returns the single row, or the fault that becomes a 404: what is not
// there and what belongs to another practice answer alike.
func one[T any](ctx context.Context, tx pgx.Tx, what, sql string, args ...any) (T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, notFound(what)
	}
	return v, err
}

func notFound(what string) error {
	return fault.NotFoundf("CB-WEB-NOT-FOUND", "there is no such %s in this practice", what).
		WithFix("go back to the list, or look it up by its number")
}

func scalar[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) (T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
}
