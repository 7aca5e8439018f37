package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	billingwork "github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	claimswork "github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	exchangework "github.com/claimbook/claimbook/edi/exchange/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger/bank"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// realBook is the product on a database of its own, with its workers running.
type realBook struct {
	db       *postgres.DB
	jobs     *jobs.Client
	practice claims.Practice

	interrupt   int  // statements after which the next transaction dies; 0: none does
	interrupted bool // it did
}

func newRealBook(t testing.TB, w *World) (*realBook, error) {
	b := &realBook{db: pgtest.New(t)}
	err := b.in(0, func(ctx context.Context, tx pgx.Tx) (err error) {
		b.practice, _, err = claimsdb.ImportSetup(ctx, tx, w.Setup, "simulation")
		return err
	})
	if err != nil {
		return nil, err
	}
	registry, dir := jobs.NewRegistry(), t.TempDir()
	billingwork.Register(registry, b.db)
	claimswork.Register(registry, b.db, dir)
	exchangework.Register(registry, b.db, dir)
	if b.jobs, err = jobs.NewClient(b.db, registry, jobs.Options{MaxWorkers: 4}); err != nil {
		return nil, err
	}
	if err := b.jobs.Start(context.Background()); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = b.jobs.Stop(context.Background()) })
	return b, nil
}

func (b *realBook) in(practiceID int64, fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return b.db.Tx(ctx, postgres.RoleWork, practiceID, func(tx pgx.Tx) error { return fn(ctx, tx) })
}

// do does something in a transaction, twice if the first is to die.
func (b *realBook) do(fn func(ctx context.Context, tx pgx.Tx) error) error {
	if after := b.interrupt; after%2 == 1 {
		b.interrupt = 0
		err := b.in(b.practice.ID, func(ctx context.Context, tx pgx.Tx) error { return fn(ctx, &dyingTx{Tx: tx, left: after}) })
		if !errors.Is(err, errDied) {
			return err // it was done before
		}
		b.interrupted = true
	}
	return b.in(b.practice.ID, fn)
}

// read is do for what changes nothing.
func (b *realBook) read(fn func(ctx context.Context, tx pgx.Tx) error) error {
	return b.in(b.practice.ID, fn)
}

// run starts a run, lets fn enqueue its jobs, and waits for them. One of its
// workers may be killed.
func (b *realBook) run(kind string, fn func(ctx context.Context, tx pgx.Tx, runID int64) error) error {
	var runID int64
	err := b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		if runID, err = jobs.StartRun(ctx, tx, b.practice.ID, kind); err != nil {
			return err
		}
		return fn(ctx, tx, runID)
	})
	if err != nil {
		return err
	}
	if b.interrupt > 0 {
		pause := time.Duration(b.interrupt) * time.Millisecond
		b.interrupt = 0
		if err := b.kill(pause); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	return b.jobs.Wait(ctx, runID, nil)
}

// Intake takes the visits in as a file; all of them must be charged.
func (b *realBook) Intake(visits []*Visit, today date.Date) error {
	var records []claims.EncounterRecord
	for _, v := range visits {
		records = append(records, v.Record())
	}
	content, err := json.Marshal(records)
	if err != nil {
		return err
	}
	var taken claimswork.Taken
	err = b.run("intake", func(ctx context.Context, tx pgx.Tx, runID int64) (err error) {
		taken, err = claimswork.Intake(ctx, tx, b.jobs, b.practice.ID, runID, "visits.json", bytes.NewReader(content), today, "simulation")
		return err
	})
	if err != nil {
		return err
	}
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		list, err := claimsdb.Records(ctx, tx, b.practice.ID, taken.IntakeFileID, "stored", "held", "duplicate", "refused")
		for _, r := range list {
			return fmt.Errorf("encounter %s was not accepted: %s %s", r.ExternalID, r.Outcome, strings.Join(r.Reasons, "; "))
		}
		return err
	})
}

// Recharge takes the visit in again, as it is now.
func (b *realBook) Recharge(v *Visit, today date.Date) error { return b.Intake([]*Visit{v}, today) }

// ofRun puts jobs that nobody would wait for into a run.
type ofRun struct {
	jobs  *jobs.Client
	runID int64
}

func (o ofRun) Enqueue(ctx context.Context, tx pgx.Tx, list ...jobs.Args) error {
	for i, args := range list {
		if cob, is := args.(jobs.COBBuildArgs); is {
			cob.RunID = o.runID
			list[i] = cob
		}
	}
	return o.jobs.Enqueue(ctx, tx, list...)
}

// Deposit takes a file of the bank in and matches it.
func (b *realBook) Deposit(name string, lines []BankLine, today date.Date) error {
	var csv strings.Builder
	csv.WriteString("date,amount,description\n")
	for _, l := range lines {
		fmt.Fprintf(&csv, "%s,%s,%s\n", l.On, l.Amount, l.Text)
	}
	parsed, err := bank.Read([]byte(csv.String()))
	if err != nil {
		return err
	}
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := ledgerwork.ImportBank(ctx, tx, b.practice.ID, name, []byte(csv.String()), parsed, today, "simulation"); err != nil {
			return err
		}
		_, err := ledgerwork.MatchDeposits(ctx, tx, b.practice.ID, 400, today, "simulation")
		return err
	})
}

// Statements selects who gets a statement, which applies credits first.
func (b *realBook) Statements(today date.Date) error {
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		runID, err := jobs.StartRun(ctx, tx, b.practice.ID, "statements")
		if err != nil {
			return err
		}
		_, _, err = billingwork.SelectStatements(ctx, tx, b.practice.ID, runID, today)
		return err
	})
}

// Submit builds batches of what is ready and marks them sent.
func (b *realBook) Submit(today date.Date) error {
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		runID, err := jobs.StartRun(ctx, tx, b.practice.ID, "submit")
		if err != nil {
			return err
		}
		batches, err := claimswork.BuildBatches(ctx, tx, b.practice.ID, runID, claimswork.Selection{}, today)
		if err != nil {
			return err
		}
		for _, batch := range batches {
			if err := claimsdb.MarkSent(ctx, tx, b.practice.ID, batch.ID, today); err != nil {
				return err
			}
		}
		return nil
	})
}

// Claims lists the claims that were sent.
func (b *realBook) Claims() (list []BookClaim, err error) {
	err = b.read(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT c.number, e.external_id AS visit, c.payer_rank AS rank FROM claim c
			JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
			WHERE c.practice_id = $1 AND c.state NOT IN ('draft', 'held', 'ready', 'replaced', 'voided') ORDER BY e.external_id, c.payer_rank, c.number`, b.practice.ID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[BookClaim])
		return err
	})
	return list, err
}

// Receive takes a file as `claimbook receive` does.
func (b *realBook) Receive(name string, content []byte, today date.Date) error {
	return b.run("receive", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		file, existed, err := exchangedb.StoreInbound(ctx, tx, b.practice.ID, 0, name, today, "simulation", bytes.NewReader(content))
		if err != nil || existed && file.Done() {
			return err
		}
		return b.jobs.Enqueue(ctx, tx, jobs.EDIRouteArgs{PracticeID: b.practice.ID, RunID: runID, FileID: file.ID})
	})
}

// PatientPays records a patient's payment.
func (b *realBook) PatientPays(key string, p *Patient, amount money.Cents, purpose, method, visit string, today date.Date) error {
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := billingdb.RecordPayment(ctx, tx, b.practice.ID, billingdb.PatientPayment{Key: key, Account: p.Account, Amount: amount, Method: method, Purpose: billing.Purpose(purpose), Visit: visit, ReceivedOn: today, Actor: "simulation"})
		return err
	})
}

// Slip takes receipts out of the drawer.
func (b *realBook) Slip(key string, receipts, checks []string, fee money.Cents, today date.Date) error {
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		slip := ledgerwork.NewSlip{Key: key, Checks: checks, Fee: fee}
		rows, err := tx.Query(ctx, `SELECT receipt_number FROM patient_payment WHERE practice_id = $1 AND idempotency_key = ANY($2)`, b.practice.ID, receipts)
		if err != nil {
			return err
		}
		if slip.Receipts, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return err
		}
		_, err = ledgerwork.MakeSlip(ctx, tx, b.practice.ID, slip, ledgerwork.By{Reason: "to the bank", Actor: "simulation", On: today})
		return err
	})
}

// ClosePeriod closes a month, explaining what is still open.
func (b *realBook) ClosePeriod(month, today date.Date) error {
	return b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.ClosePeriod(ctx, tx, b.practice.ID, month, today, "simulation", "the simulation goes on")
		return err
	})
}

// Balances reads the sub-ledger by names.
func (b *realBook) Balances() (map[Key]money.Cents, error) {
	type row struct {
		Account, Line, Payer string
		Rank                 int
		Patient, Reference   string
		Amount               money.Cents
	}
	out := map[Key]money.Cents{}
	err := b.read(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT s.account, coalesce(e.external_id || '/' || l.line_no, '') AS line, coalesce(y.code, '') AS payer, s.payer_rank AS rank,
				coalesce(p.account, '') AS patient, s.reference, s.amount FROM subledger_balance s
			LEFT JOIN service_line l ON l.practice_id = s.practice_id AND l.id = s.service_line_id
			LEFT JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
			LEFT JOIN payer y ON y.practice_id = s.practice_id AND y.id = s.payer_id
			LEFT JOIN patient p ON p.practice_id = s.practice_id AND p.id = s.patient_id
			WHERE s.practice_id = $1 AND s.amount <> 0`, b.practice.ID)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
		for _, r := range list {
			out[Key{r.Account, r.Line, r.Payer, r.Rank, r.Patient, r.Reference}] += r.Amount
		}
		return err
	})
	return out, err
}

// Debits reads what an entry debits.
func (b *realBook) Debits(source string) (list []Debit, err error) {
	err = b.read(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT t.debit_account, coalesce(e.external_id || '/' || l.line_no, ''), coalesce(p.account, ''), t.debit_reference, t.amount
			FROM journal_entry j JOIN transfer t ON t.practice_id = j.practice_id AND t.entry_id = j.id
			LEFT JOIN service_line l ON l.practice_id = t.practice_id AND l.id = t.debit_service_line_id
			LEFT JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
			LEFT JOIN patient p ON p.practice_id = t.practice_id AND p.id = t.debit_patient_id
			WHERE j.practice_id = $1 AND j.source_key = $2 ORDER BY t.line_no`, b.practice.ID, source)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Debit, err error) {
			return d, row.Scan(&d.Key.Account, &d.Key.Line, &d.Key.Patient, &d.Key.Reference, &d.Amount)
		})
		return err
	})
	return list, err
}

// Months sums the journal by account and month of posting.
func (b *realBook) Months() (map[Month]money.Cents, error) {
	type row struct {
		Account, Month string
		Amount         money.Cents
	}
	out := map[Month]money.Cents{}
	err := b.read(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT p.account, to_char(e.posting_date, 'YYYY-MM') AS month, sum(p.amount)::bigint AS amount FROM posting p
			JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id WHERE p.practice_id = $1 GROUP BY 1, 2`, b.practice.ID)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
		for _, r := range list {
			out[Month{r.Account, r.Month}] = r.Amount
		}
		return err
	})
	return out, err
}

// Verify asks the ledger's own proof of every invariant.
func (b *realBook) Verify() error {
	return b.read(func(ctx context.Context, tx pgx.Tx) error {
		proofs, err := ledgerdb.Verify(ctx, tx, b.practice.ID, nil)
		for _, p := range proofs {
			if !p.Holds() {
				return fmt.Errorf("verify: %s: %v", p.Name, p.Examples)
			}
		}
		return err
	})
}
