package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// comesBack takes a payment back that the bank did not honor.
func (w *world) comesBack(r billingdb.ReturnedPayment) (known bool, err error) {
	w.t.Helper()
	r.Reason, r.On, r.Actor = "insufficient funds", w.today, "ann"
	err = w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) (err error) {
		known, err = billingdb.ReturnPayment(context.Background(), tx, w.practice, r)
		return err
	})
	w.verify()
	return known, err
}

// The check of 50 that was partly applied: 20 to the visit, 30 a credit, of which
// the payer's correction has used 10 since. What it paid is owed again, to the
// cent, wherever it went; the bank's fee and the charge to the patient beside it.
func TestReturnedCheckPartlyApplied(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 50_00, Method: "check", Reference: "1044"})
	w.expect("paid", map[string]string{"1010": "50", "1110": "0", "2000": "-30"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: reversal60 + "~" + paid50 + "~PLB*1234567893*20221231*FB:T2*-10"})
	w.expect("corrected", map[string]string{"1110": "0", "2000": "-20"})
	back := billingdb.ReturnedPayment{Key: "C1", Deposited: true, BankFee: 12_00, Charge: 25_00}
	for _, again := range []bool{false, true} {
		if known, err := w.comesBack(back); known != again || err != nil {
			t.Errorf("%v, %v", known, err)
		}
		// Dr 1110 20 (the visit) + 10 (the credit that was used), Dr 2000 20 / Cr 1000 50;
		// Dr 5100 12 / Cr 1000; Dr 1110 25 / Cr 4220.
		w.expect("returned", map[string]string{"1000": "-62", "1010": "50", "1110": "55", "2000": "0", "2200": "0", "5100": "12", "4220": "-25"})
	}
	if got := w.reversedOf("payment|C1|returned"); got != "payment|C1" {
		t.Errorf("takes back %s", got)
	}
	if found, list := w.statements(w.today); !found["GP001"].Included || list[0].Balance != 55_00 {
		t.Errorf("the statement says %+v", found["GP001"])
	}
}

// A check that is said to lie in the drawer is taken out of it, unless it has
// left it.
func TestReturnedCheckInTheDrawer(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 50_00, Method: "check"})
	w.pay(billingdb.PatientPayment{Key: "C2", Amount: 30_00, Method: "check"})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerwork.MakeSlip(ctx, tx, w.practice, ledgerwork.NewSlip{Key: "S1", Receipts: []int64{1}}, ledgerwork.By{Actor: "ann", On: w.today})
		return err
	})
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C1", InDrawer: true}); fault.CodeOf(err) != "CB-RETURN-003" {
		t.Errorf("a check that is on a slip: %v", err)
	}
	w.expect("refused", map[string]string{"1010": "80", "2000": "-80"})
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C2"}); err != nil {
		t.Error(err)
	}
	w.expect("out of the drawer", map[string]string{"1010": "50", "1000": "0", "2000": "-50"})
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C1", Deposited: true}); err != nil {
		t.Error(err)
	}
	w.expect("missing at the bank", map[string]string{"1010": "50", "1000": "-50", "2000": "0"})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerwork.MakeSlip(ctx, tx, w.practice, ledgerwork.NewSlip{Key: "S2", Receipts: []int64{2}}, ledgerwork.By{Actor: "ann", On: w.today})
		if fault.CodeOf(err) != "CB-SLIP-RECEIPT" {
			t.Errorf("a returned check goes to the bank: %v", err)
		}
		return nil
	})
}

// What was written off as bad debt and is paid after all is a recovery, up to
// what was written off; the rest is a payment as ever.
func TestRecovery(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	recovery := func(key string, amount money.Cents) (r billingdb.Receipt, err error) {
		err = w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) (err error) {
			r, err = w.recordPayment(context.Background(), tx, billingdb.PatientPayment{Key: key, Amount: amount, Method: "check", Purpose: billing.ForRecovery})
			return err
		})
		return r, err
	}
	if _, err := recovery("R1", 5_00); fault.CodeOf(err) != "CB-PAYMENT-010" {
		t.Errorf("nothing is written off: %v", err)
	}
	w.decides(func(d *Desk) (Decided, error) {
		return d.WriteOffPatient(PatientWriteOff{Key: "W1", Account: "P001", As: billing.KindBadDebt, Amount: 14_00})
	})
	w.expect("given up", map[string]string{"1110": "6", "5000": "14"})
	if r, err := recovery("R1", 5_00); err != nil || r.Recovered != 5_00 || r.Applied != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	w.expect("a part of it", map[string]string{"1010": "5", "5010": "-5", "1110": "6", "5000": "14"})
	if r, err := recovery("R1", 5_00); err != nil || !r.Known || r.Recovered != 5_00 {
		t.Errorf("again: %+v, %v", r, err)
	}
	if r, err := recovery("R2", 20_00); err != nil || r.Recovered != 9_00 || r.Applied != 6_00 || r.Held != 5_00 {
		t.Errorf("%+v, %v", r, err)
	}
	w.expect("more than it", map[string]string{"1010": "25", "5010": "-14", "1110": "0", "2000": "-5"})
	if _, err := recovery("R3", 1_00); fault.CodeOf(err) != "CB-PAYMENT-010" {
		t.Errorf("all has come back: %v", err)
	}
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "R2"}); err != nil {
		t.Error(err)
	}
	w.expect("the check came back", map[string]string{"1010": "5", "5010": "-5", "1110": "6", "2000": "0"})
	if r, err := recovery("R4", 9_00); err != nil || r.Recovered != 9_00 {
		t.Errorf("%+v, %v", r, err)
	}
	w.expect("paid again", map[string]string{"1010": "14", "5010": "-14", "1110": "6"})
}

// A reversal takes bad debt back of which a part was recovered: a person is told
// that what the patient owes by the correction is paid up to that.
func TestRecoveryOfWhatIsReversed(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	giveUp := func(key string, amount money.Cents) {
		w.decides(func(d *Desk) (Decided, error) {
			return d.WriteOffPatient(PatientWriteOff{Key: key, Account: "P001", As: billing.KindBadDebt, Amount: amount})
		})
	}
	giveUp("W1", 20_00)
	w.pay(billingdb.PatientPayment{Key: "R1", Amount: 15_00, Purpose: billing.ForRecovery})
	w.expect("recovered", map[string]string{"1110": "0", "5000": "20", "5010": "-15"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", method: "NON", control: "000000002", body: reversal60 + `~` + paid60})
	w.expect("owed again", map[string]string{"1110": "20", "5000": "0", "5010": "-15"})
	if items := w.items("credit"); len(items) != 1 || !strings.Contains(items[0], "$15.00 that patient P001 had paid of it stands as a recovery (5010)") {
		t.Errorf("nobody is told: %v", items)
	}
	giveUp("W2", 15_00)
	w.expect("as it was paid", map[string]string{"1110": "5", "5000": "15", "5010": "-15"})
}

// Bad debt of which nothing was recovered is taken back without a word.
func TestBadDebtReversed(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.decides(func(d *Desk) (Decided, error) {
		return d.WriteOffPatient(PatientWriteOff{Key: "W1", Account: "P001", As: billing.KindBadDebt, Amount: 20_00})
	})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", method: "NON", control: "000000002", body: reversal60 + `~` + paid60})
	w.expect("owed again", map[string]string{"1110": "20", "5000": "0"})
	if items := w.items("credit"); len(items) != 0 {
		t.Errorf("%v", items)
	}
}
