package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// Load writes the same rows for a role that may COPY and for one that row-level
// security confines, and not past its policy.
func TestLoad(t *testing.T) {
	db := pgtest.New(t)
	ctx := context.Background()
	for _, s := range []string{
		`create table parcel (practice_id bigint not null, id bigint not null default nextval('object_id'), note text not null)`,
		`alter table parcel enable row level security`,
		`create policy own on parcel using (practice_id = nullif(current_setting('claimbook.practice_id', true), '')::bigint)`,
		`create policy work on parcel to claimbook_work using (true)`,
		`grant select, insert on parcel to claimbook_work, claimbook_web`,
	} {
		if _, err := db.Pool.Exec(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	load := func(role postgres.Role, practice int64) error {
		return db.Tx(ctx, role, 7, func(tx pgx.Tx) error {
			for range 2 { // twice in one transaction
				if err := postgres.Load(ctx, tx, "parcel", []string{"practice_id", "note"}, 3, func(i int) ([]any, error) {
					return []any{practice, string(rune('a' + i))}, nil
				}); err != nil {
					return err
				}
			}
			return postgres.Load(ctx, tx, "parcel", []string{"practice_id", "note"}, 0, nil)
		})
	}
	for _, role := range []postgres.Role{postgres.RoleWork, postgres.RoleWeb} {
		if err := load(role, 7); err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		var notes string
		if err := db.Pool.QueryRow(ctx, `with gone as (delete from parcel returning id, note) select string_agg(note, '' order by id) from gone`).Scan(&notes); err != nil {
			t.Fatal(err)
		}
		if notes != "abcabc" {
			t.Errorf("%s wrote %q", role, notes)
		}
	}
	if err := load(postgres.RoleWeb, 8); err == nil {
		t.Error("a confined role wrote another practice's rows")
	}
}
