//go:build unix

package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

func TestSmoke(t *testing.T) {
	db := pgtest.New(t)
	err := db.Tx(context.Background(), postgres.RoleWork, 7, func(tx pgx.Tx) error {
		var who, practice string
		if err := tx.QueryRow(context.Background(), "select current_user, current_setting('claimbook.practice_id')").Scan(&who, &practice); err != nil {
			return err
		}
		t.Log(who, practice)
		ids, err := postgres.IDs(context.Background(), tx, 3)
		t.Log(ids)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
