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

const practice = 1

// start makes a practice with its chart, and a process that works the ledger's
// jobs. run works one job to its end.
func start(t *testing.T) (ctx context.Context, db *postgres.DB, run func(job func(runID int64) jobs.Args) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	db = pgtest.New(t)
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
	t.Cleanup(func() { _ = client.Stop(context.Background()) })
	return ctx, db, func(job func(runID int64) jobs.Args) error {
		var id int64
		if err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) (err error) {
			if id, err = jobs.StartRun(ctx, tx, practice, "audit"); err != nil {
				return err
			}
			return client.Enqueue(ctx, tx, job(id))
		}); err != nil {
			t.Fatal(err)
		}
		return client.Wait(ctx, id, nil)
	}
}

// The matching job posts what the bank shows, once.
func TestMatchDeposits(t *testing.T) {
	ctx, db, run := start(t)
	err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
		e := ledger.Entry{PostingDate: date.MustParse("2026-03-02"), Kind: "test", SourceKey: "cash"}
		e.Move(ledger.Key{Account: ledger.EFTClearing, Reference: "T100"}, ledger.Key{Account: ledger.UnidentifiedCash, Reference: "T100"}, 5_00, ledger.Dimensions{})
		if _, err := ledgerdb.Post(ctx, tx, practice, []ledger.Entry{e}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `with f as (insert into edi_file (practice_id, direction, kind, name, sha256, size, received_on)
			values (1, 'in', 'bank', 'b', sha256('b'), 1, '2026-03-03') returning id)
			insert into bank_line (practice_id, edi_file_id, line_no, booked_on, amount, description) select 1, id, 1, '2026-03-03', 500, 'EFT T100' from f`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := run(func(id int64) jobs.Args { return jobs.DepositMatchArgs{PracticeID: practice, RunID: id} }); err != nil {
			t.Fatal(err)
		}
	}
	var deposits, held int64
	if err := db.Pool.QueryRow(ctx, `select (select count(*) from deposit), (select amount from subledger_balance where account = '1050')`).Scan(&deposits, &held); err != nil || deposits != 1 || held != 0 {
		t.Errorf("%d deposits, clearing holds %d, %v", deposits, held, err)
	}
}

// The audit seals what holds, seals only what is new the next time, and stops
// at a book that does not hold, where a person sees it.
func TestAudit(t *testing.T) {
	ctx, db, run := start(t)
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
	audit := func() error {
		return run(func(id int64) jobs.Args { return jobs.LedgerAuditArgs{PracticeID: practice, RunID: id} })
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
