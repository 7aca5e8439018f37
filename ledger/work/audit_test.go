package work_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/work"
)

// The audit seals what holds, seals only what is new the next time, and stops
// at a book that does not hold, where a person sees it.
func TestAudit(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db := pgtest.New(t)
	const practice = 1
	err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `insert into practice (id, code, name, npi, tin, address1, city, state, zip)
			values (1, 'TEST', 'Test', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001')`); err != nil {
			return err
		}
		return ledgerdb.SeedAccounts(ctx, tx, practice)
	})
	if err != nil {
		t.Fatal(err)
	}
	reg := jobs.NewRegistry()
	work.Register(reg, db)
	client, err := jobs.NewClient(db, reg, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Stop(context.Background()) }()

	post := func(n int) {
		err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
			var entries []ledger.Entry
			for i := range 3 {
				e := ledger.Entry{PostingDate: date.MustParse("2026-03-02"), Kind: "payment", SourceKey: fmt.Sprintf("payment|%d-%d", n, i)}
				e.Move(ledger.Key{Account: ledger.Bank}, ledger.Key{Account: ledger.FeeIncome}, 5_00, ledger.Dimensions{})
				entries = append(entries, e)
			}
			_, err := ledgerdb.Post(ctx, tx, practice, entries)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	audit := func() (failed error) {
		var run int64
		err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) (err error) {
			if run, err = jobs.StartRun(ctx, tx, practice, "audit"); err != nil {
				return err
			}
			return client.Enqueue(ctx, tx, jobs.LedgerAuditArgs{PracticeID: practice, RunID: run})
		})
		if err != nil {
			t.Fatal(err)
		}
		return client.Wait(ctx, run, nil)
	}
	blocks := func() (n, unsealed int64) {
		err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) (err error) {
			if unsealed, err = ledgerdb.Unsealed(ctx, tx, practice); err != nil {
				return err
			}
			return tx.QueryRow(ctx, `select count(*) from seal_block`).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n, unsealed
	}
	for round := 1; round <= 2; round++ {
		post(round)
		for range 2 { // the second one finds nothing new
			if err := audit(); err != nil {
				t.Fatal(err)
			}
		}
		if n, unsealed := blocks(); n != int64(round) || unsealed != 0 {
			t.Errorf("round %d: %d blocks, %d entries unsealed", round, n, unsealed)
		}
	}
	post(3)
	if _, err := db.Pool.Exec(ctx, `set session_replication_role = replica; update transfer set amount = 6 where entry_id = (select min(id) from journal_entry); reset session_replication_role`); err != nil {
		t.Fatal(err)
	}
	_ = audit() // the run may say so; the work item has to
	var reason string
	if err := db.Pool.QueryRow(ctx, `select reason from work_item where kind = 'job' and state = 'open'`).Scan(&reason); err != nil || !strings.Contains(reason, "the book does not hold: seals (1)") {
		t.Errorf("work item %q, %v", reason, err)
	}
	if n, unsealed := blocks(); n != 2 || unsealed != 3 {
		t.Errorf("a book that does not hold was sealed: %d blocks, %d entries unsealed", n, unsealed)
	}
}
