package work

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// paidAll is the correction of paid60 by which the patient owes nothing, and
// reversalAll takes it back.
const (
	paidAll     = `CLP*A1*1*100*80**12*ICN4~SVC*HC:99213*100*80~CAS*CO*45*20~REF*6R*A1L1`
	reversalAll = `CLP*A1*22*-100*-80**12*ICN4~SVC*HC:99213*-100*-80~CAS*CO*45*-20~REF*6R*A1L1`
)

func (w *world) refund(key string, amount money.Cents, sent bool) error {
	return w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
		_, err := billingdb.RefundPatient(context.Background(), tx, w.practice, billingdb.PatientRefund{Key: key, Account: "P001", Amount: amount, Sent: sent,
			Reason: "overpaid", On: w.today, Actor: "ann"})
		return err
	})
}

// A check of 20 pays the coinsurance; the payer then leaves nothing to the patient,
// so that the 20 are a credit. What comes back follows the money: to the credit,
// to the refund that has not been sent, to the balance that the credit has paid
// since, to the patient when the refund is gone. Never are 20 owed beside a credit
// of 20.
func TestReturnedCheckWhoseMoneyHasMovedOn(t *testing.T) {
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		w.pay(billingdb.PatientPayment{Key: "C1", Amount: 20_00, Method: "check", Reference: "1044"})
		w.expect("paid", map[string]string{"1010": "20", "1110": "0", "2000": "0"})
		w.receive(payment{payer: "PPO", trace: "T2", amount: "20", control: "000000002", body: reversal60 + "~" + paidAll})
		w.expect("corrected", map[string]string{"1010": "20", "1100": "0", "1110": "0", "2000": "-20"})
		return w
	}
	back := func(w *world) {
		t.Helper()
		if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C1"}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a credit", func(t *testing.T) {
		w := start(t)
		back(w)
		w.expect("returned", map[string]string{"1010": "0", "1110": "0", "2000": "0", "2200": "0"})
		if items := w.items("credit"); len(items) != 0 {
			t.Errorf("nothing is to be done: %v", items)
		}
	})
	t.Run("a refund that waits", func(t *testing.T) {
		w := start(t)
		if err := w.refund("F1", 20_00, false); err != nil {
			t.Fatal(err)
		}
		back(w)
		w.expect("returned", map[string]string{"1000": "0", "1010": "0", "1110": "0", "2000": "0", "2200": "0"})
		if err := w.refund("F1", 20_00, true); fault.CodeOf(err) != "CB-REFUND-004" {
			t.Errorf("it is sent: %v", err)
		}
		if items := w.items("credit"); len(items) != 1 || items[0] != "20.00 payment C1 of patient P001 came back: $20.00 of it was to be refunded, and that refund is blocked" {
			t.Errorf("items %v", items)
		}
	})
	t.Run("a refund that was sent", func(t *testing.T) {
		w := start(t)
		if err := w.refund("F1", 20_00, true); err != nil {
			t.Fatal(err)
		}
		back(w)
		// Dr 1110 20 / Cr 1010 20, under no service: nothing is stuck in 2200.
		w.expect("returned", map[string]string{"1000": "-20", "1010": "0", "1110": "20", "2000": "0", "2200": "0"})
		if items := w.items("credit"); len(items) != 1 || items[0] != "20.00 payment C1 of patient P001 came back after $20.00 of it had been refunded: the patient owes that again, for no service" {
			t.Errorf("items %v", items)
		}
		if found, list := w.statements(w.today); !found["GP001"].Included || list[0].Balance != 20_00 {
			t.Errorf("the statement says %+v", found["GP001"])
		}
		w.pay(billingdb.PatientPayment{Key: "C2", Amount: 20_00})
		w.expect("paid again", map[string]string{"1000": "-20", "1010": "20", "1110": "0", "2000": "0"})
	})
	t.Run("a credit that has paid another balance", func(t *testing.T) {
		w := start(t)
		w.receive(payment{payer: "PPO", trace: "T3", amount: "0", control: "000000003", body: reversalAll + "~" + paid60 + "~PLB*1234567893*20221231*FB:T3*-20"})
		w.expect("owed again, and paid by the credit", map[string]string{"1110": "0", "2000": "0"})
		back(w)
		w.expect("returned", map[string]string{"1010": "0", "1110": "20", "2000": "0"})
	})
	t.Run("half a credit, half still on the balance", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		w.pay(billingdb.PatientPayment{Key: "C1", Amount: 12_00, Method: "check"})
		w.pay(billingdb.PatientPayment{Key: "C2", Amount: 8_00, Method: "check"})
		// 5 of the 20 are left to the patient: 15 are a credit.
		w.receive(payment{payer: "PPO", trace: "T2", amount: "15", control: "000000002",
			body: reversal60 + "~CLP*A1*1*100*75*5*12*ICN1~SVC*HC:99213*100*75~CAS*CO*45*20~CAS*PR*2*5~REF*6R*A1L1"})
		w.expect("corrected", map[string]string{"1010": "20", "1110": "0", "2000": "-15"})
		back(w)
		w.expect("C1", map[string]string{"1010": "8", "1110": "0", "2000": "-3"}) // 12 of the credit
		if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C2"}); err != nil {
			t.Fatal(err)
		}
		// The last 3 of the credit, and the 5 that the patient owes after all.
		w.expect("C2", map[string]string{"1010": "0", "1110": "5", "2000": "0", "2200": "0"})
	})
}

// A check paid nothing but a credit, which was refunded: the patient has money of
// the practice and owes it.
func TestReturnedPrepaymentThatWasRefunded(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 100_00, Method: "check"})
	if err := w.refund("F1", 100_00, true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C1", Deposited: true, BankFee: 12_00}); err != nil {
		t.Fatal(err)
	}
	w.expect("returned", map[string]string{"1000": "-212", "1010": "100", "1110": "100", "2000": "0", "2200": "0", "5100": "12"})
	if items := w.items("credit"); len(items) != 1 {
		t.Errorf("items %v", items)
	}
}

// Where a returned check is missing: as the book knows it, and as a person says it
// of a deposit that the book does not know yet.
func TestReturnedCheckIsMissingWhereTheBookSays(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	for _, key := range []string{"C1", "C2", "C3"} {
		w.pay(billingdb.PatientPayment{Key: key, Amount: 50_00, Method: "check"})
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerwork.MakeSlip(ctx, tx, w.practice, ledgerwork.NewSlip{Key: "S1", Receipts: []int64{1}}, ledgerwork.By{Actor: "ann", On: w.today})
		return err
	})
	for _, at := range []struct {
		why  string
		back billingdb.ReturnedPayment
		code string
		want map[string]string
	}{
		{"on a slip, said to be in the drawer", billingdb.ReturnedPayment{Key: "C1", InDrawer: true}, "CB-RETURN-003", map[string]string{"1000": "0", "1010": "150"}},
		{"on a slip", billingdb.ReturnedPayment{Key: "C1"}, "", map[string]string{"1000": "-50", "1010": "150"}},
		{"in the drawer", billingdb.ReturnedPayment{Key: "C2"}, "", map[string]string{"1000": "-50", "1010": "100"}},
		{"both", billingdb.ReturnedPayment{Key: "C3", Deposited: true, InDrawer: true}, "CB-RETURN-005", map[string]string{"1000": "-50", "1010": "100"}},
		{"a deposit that the book does not know yet", billingdb.ReturnedPayment{Key: "C3", Deposited: true}, "", map[string]string{"1000": "-100", "1010": "100", "2000": "0"}},
	} {
		if _, err := w.comesBack(at.back); fault.CodeOf(err) != at.code {
			t.Errorf("%s: %v", at.why, err)
		}
		w.expect(at.why, at.want)
	}
	// The decision keeps what the book knew, so that a rebuilt book does the same.
	if got := w.text(`SELECT string_agg(payload->>'deposited', ' ' ORDER BY id) FROM decision WHERE practice_id = $1 AND kind = 'returned-payment'`); got != "true false true" {
		t.Errorf("decided %s", got)
	}
	w.pay(billingdb.PatientPayment{Key: "C4", Amount: 50_00, Method: "check"})
	err := w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
		_, err := billingdb.ReturnPayment(context.Background(), tx, w.practice, billingdb.ReturnedPayment{Key: "C4", Reason: "stale", On: w.today.AddDays(-1), Actor: "ann"})
		return err
	})
	if fault.CodeOf(err) != "CB-RETURN-004" {
		t.Errorf("came back before it came: %v", err)
	}
}

// A check of 20 and cash of 30 are to be refunded; the check comes back. The refund
// of 50 is blocked, and the 30 that are left of it are a credit again, once.
func TestCancelledRefund(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 20_00, Method: "check"})
	w.pay(billingdb.PatientPayment{Key: "C2", Amount: 30_00})
	cancel := func(key string, amount money.Cents) (known bool, err error) {
		err = w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) (err error) {
			known, err = billingdb.RefundPatient(context.Background(), tx, w.practice, billingdb.PatientRefund{Key: key, Account: "P001", Amount: amount, Cancel: true,
				Reason: "the check came back", On: w.today, Actor: "ann"})
			return err
		})
		return known, err
	}
	if _, err := cancel("F1", 50_00); fault.CodeOf(err) != "CB-REFUND-006" {
		t.Errorf("no such refund: %v", err)
	}
	if err := w.refund("F1", 50_00, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C1"}); err != nil {
		t.Fatal(err)
	}
	w.expect("returned", map[string]string{"1010": "30", "1110": "0", "2000": "0", "2200": "-30"})
	if err := w.refund("F1", 50_00, true); fault.CodeOf(err) != "CB-REFUND-004" {
		t.Errorf("it is sent: %v", err)
	}
	for _, again := range []bool{false, true} {
		if known, err := cancel("F1", 50_00); known != again || err != nil {
			t.Errorf("%v, %v", known, err)
		}
		w.expect("cancelled", map[string]string{"1010": "30", "2000": "-30", "2200": "0"})
	}
	if err := w.refund("F1", 50_00, true); fault.CodeOf(err) != "CB-REFUND-005" {
		t.Errorf("cancelled, and sent: %v", err)
	}
	if err := w.refund("F2", 30_00, true); err != nil {
		t.Error(err)
	}
	w.expect("what is left is sent", map[string]string{"1000": "-30", "1010": "30", "2000": "0", "2200": "0"})
	if _, err := cancel("F2", 30_00); fault.CodeOf(err) != "CB-REFUND-005" {
		t.Errorf("sent, and cancelled: %v", err)
	}
	// The good payment comes back too: nothing waits any more, the patient owes it.
	if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "C2"}); err != nil {
		t.Error(err)
	}
	w.expect("both back", map[string]string{"1000": "-30", "1010": "0", "1110": "30", "2000": "0", "2200": "0"})
}
