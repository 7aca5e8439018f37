package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// A balance counts from the day since which it was never settled, not from its
// first posting, and a report of the past does not know the future.
func TestUnappliedAndCredits(t *testing.T) {
	w := newWorld(t)
	v := w.visit(t, w.medicare, w.ann, monday, 100_00)
	w.charge(t, v, monday, 100_00)
	credit := ledger.Key{Account: ledger.PatientCredits, PatientID: w.ann}
	recoup := ledger.Key{Account: ledger.PayerRecoupment, PayerID: w.medicare, Reference: "R1"}
	n := 0
	post := func(day int, debit, credit ledger.Key, amount money.Cents) {
		n++
		e := ledger.Entry{PostingDate: monday.AddDays(day), Kind: "test", SourceKey: "test|" + date.New(2000, 1, n).String()}
		e.Move(debit, credit, amount, w.dimensions(v))
		w.post(t, e)
	}
	post(1, account(ledger.Undeposited), credit, 30_00)
	post(2, credit, account(ledger.PatientRefunds), 30_00) // settled
	post(5, account(ledger.Undeposited), credit, 8_00)
	post(6, account(ledger.Undeposited), credit, 2_00)
	post(3, clearing(w.medicare, "T"), recoup, 12_00)
	post(4, clearing(w.medicare, "T"), insurance(v.line, w.medicare), 70_00)
	post(8, clearing(w.medicare, "T2"), insurance(v.line, w.medicare), 70_00) // paid twice
	post(9, clearing(w.medicare, "T3"), insurance(v.line, w.medicare), 1_00)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		open, err := ledgerdb.Unapplied(ctx, tx, w.practice, monday.AddDays(10))
		if err != nil || len(open) != 3 {
			t.Fatalf("%+v, %v", open, err)
		}
		if r := open[0]; r.Account != "2200" || r.Amount != -30_00 || r.Since != monday.AddDays(2) || r.Days != 8 {
			t.Errorf("a refund that was not sent: %+v", r)
		}
		if r := open[1]; r.Account != "2100" || r.Reference != "R1" || r.Payer != "MCARE" || r.Amount != -12_00 || r.Days != 7 {
			t.Errorf("recoupment: %+v", r)
		}
		if c := open[2]; c.Account != "2000" || c.Patient != "P100" || c.Amount != -10_00 || c.Since != monday.AddDays(5) || !c.Due.IsZero() {
			t.Errorf("patient credit: %+v", c)
		}
		if open, err = ledgerdb.Unapplied(ctx, tx, w.practice, monday.AddDays(1)); err != nil || len(open) != 1 || open[0].Amount != -30_00 {
			t.Errorf("on the second day: %+v, %v", open, err)
		}
		credits, err := ledgerdb.CreditBalances(ctx, tx, w.practice, monday.AddDays(10))
		if err != nil || len(credits) != 1 {
			t.Fatalf("%+v, %v", credits, err)
		}
		if c := credits[0]; c.Amount != -41_00 || c.Since != monday.AddDays(8) || c.Due != monday.AddDays(68) || c.Line != "E1/1" || c.Days != 2 {
			t.Errorf("Medicare's credit: %+v", c)
		}
		if credits, err = ledgerdb.CreditBalances(ctx, tx, w.practice, monday.AddDays(7)); err != nil || len(credits) != 0 {
			t.Errorf("before it was paid twice: %+v, %v", credits, err)
		}
		return nil
	})
}
