package ledgerdb_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// monday is the day on which the tests post.
var monday = date.MustParse("2026-03-02")

// book is one practice on a database of its own.
type book struct {
	*postgres.DB
	practice int64
}

func newBook(t testing.TB) book {
	t.Helper()
	db := pgtest.New(t)
	return book{db, newPractice(t, db, "MAIN")}
}

// newPractice adds a practice with its chart of accounts.
func newPractice(t testing.TB, db *postgres.DB, code string) (id int64) {
	t.Helper()
	ctx := context.Background()
	err := db.Tx(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `insert into practice (code, name, npi, tin, address1, city, state, zip)
			values ($1, 'Maple Street Clinic', '1234567893', '123456789', '1 Maple Street', 'Springfield', 'IL', '62701') returning id`, code).Scan(&id); err != nil {
			return err
		}
		return ledgerdb.SeedAccounts(ctx, tx, id)
	})
	if err != nil {
		t.Fatalf("add a practice: %v", err)
	}
	return id
}

// do runs fn as the workers do, and fails the test on an error.
func (b book) do(t testing.TB, fn func(ctx context.Context, tx pgx.Tx) error) {
	t.Helper()
	if err := b.try(fn); err != nil {
		t.Fatal(err)
	}
}

func (b book) try(fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return b.Tx(ctx, postgres.RoleWork, b.practice, func(tx pgx.Tx) error { return fn(ctx, tx) })
}

func (b book) post(t testing.TB, entries ...ledger.Entry) (result ledgerdb.Result) {
	t.Helper()
	b.do(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		result, err = ledgerdb.Post(ctx, tx, b.practice, entries)
		return err
	})
	return result
}

func (b book) balance(t testing.TB, k ledger.Key) (amount money.Cents) {
	t.Helper()
	b.do(t, func(ctx context.Context, tx pgx.Tx) error {
		found, err := ledgerdb.Balances(ctx, tx, b.practice, []ledger.Key{k})
		amount = found[k]
		return err
	})
	return amount
}

func insurance(line, payer int64) ledger.Key {
	return ledger.Key{Account: ledger.ARInsurance, ServiceLineID: line, PayerID: payer, PayerRank: 1}
}

func patient(line, patient int64) ledger.Key {
	return ledger.Key{Account: ledger.ARPatient, ServiceLineID: line, PatientID: patient}
}

func clearing(payer int64, trace string) ledger.Key {
	return ledger.Key{Account: ledger.EFTClearing, PayerID: payer, Reference: trace}
}

func account(code string) ledger.Key { return ledger.Key{Account: code} }

// charge is the charge of one line of an encounter to a payer.
func charge(encounter string, line, payer int64, amount money.Cents) ledger.Entry {
	e := ledger.Entry{PostingDate: monday, Kind: "charge", SourceKey: fmt.Sprintf("charge|%s|%d|1", encounter, line), Actor: "test"}
	e.Move(insurance(line, payer), account(ledger.GrossCharges), amount, ledger.Dimensions{ServiceDate: monday})
	return e
}

// payment is the worked example: of 100.00 the payer pays 60.00, CO-45 takes
// 20.00 and PR-2 leaves 20.00 to the patient.
func payment(trace string, line, payer, patientID int64) ledger.Entry {
	e := ledger.Entry{PostingDate: monday, Kind: "remittance", SourceKey: "835|1987654321|" + trace + "|CLP|1", Actor: "remit.post"}
	e.Move(clearing(payer, trace), insurance(line, payer), 60_00, ledger.Dimensions{ServiceDate: monday})
	e.Move(account(ledger.Contractual), insurance(line, payer), 20_00, ledger.Dimensions{ServiceDate: monday, GroupCode: "CO", CARC: "45", RARCs: []string{"N781", "M15"}})
	e.Move(patient(line, patientID), insurance(line, payer), 20_00, ledger.Dimensions{ServiceDate: monday, GroupCode: "PR", CARC: "2"})
	return e
}
