package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

const plb = "~PLB*1234567893*20221231*"

// Every code of the PLB table, alone beside a payment of 100.
func TestProviderAdjustments(t *testing.T) {
	for _, test := range []struct {
		name, plb, amount string
		want              map[string]string
		item              bool
	}{
		{"overpayment announced", "WO:R1*-40", "140", map[string]string{"2100": "-40"}, false},
		{"balance forwarded", "FB:T0*-40", "140", map[string]string{"2100": "-40"}, false},
		{"recovered without a reversal", "WO:R1*40", "60", map[string]string{"2190": "40"}, true},
		{"refund acknowledged", "72:R1*-40", "140", map[string]string{"2210": "-40"}, false},
		{"recovered and acknowledged", "WO:R1*40*72:R1*-40", "100", map[string]string{"2210": "0", "2190": "0", "2100": "0"}, false},
		{"interest", "L6*-1.5", "101.5", map[string]string{"4200": "-1.5"}, false},
		{"interest taken back", "L6*1.5", "98.5", map[string]string{"4200": "1.5"}, false},
		{"tax", "IR*10", "90", map[string]string{"1170": "10"}, false},
		{"withhold", "E3*10", "90", map[string]string{"1160": "10"}, false},
		{"fee", "AH*2", "98", map[string]string{"5100": "2"}, false},
		{"late charge", "50*2", "98", map[string]string{"5110": "2"}, false},
		{"interest penalty", "51*2", "98", map[string]string{"5110": "2"}, false},
		{"penalty", "L3*2", "98", map[string]string{"5110": "2"}, false},
		{"capitation", "CT*-500", "600", map[string]string{"4210": "-500"}, false},
		{"levy", "LE:X*25", "75", map[string]string{"2190": "25"}, true},
		{"adjustment", "CS:X*-25", "125", map[string]string{"2190": "-25"}, true},
		{"unknown", "Q9:X*25", "75", map[string]string{"2190": "25"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100")
			w.receive(payment{payer: "PPO", trace: "T1", amount: test.amount, body: `CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1` + plb + test.plb})
			test.want["1050"], test.want["1100"] = test.amount, "0"
			w.expect(test.name, test.want)
			if got := len(w.items("plb")) > 0; got != test.item {
				t.Errorf("items %v", w.items("plb"))
			}
		})
	}
}

// A person's classification of a code is remembered per payer.
func TestProviderRule(t *testing.T) {
	w := newWorld(t)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO payer_rule (practice_id, payer_id, kind, code, treatment) VALUES ($1, $2, 'plb', 'LE', '5100')`, w.practice, w.payers["PPO"])
		return err
	})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", body: "PLB*1234567893*20221231*LE:X*25*CT*-25"})
	w.expect("ruled", map[string]string{"5100": "25", "2190": "0", "4210": "-25"})
}

// The recovery may come before its reversal: it waits in suspense, and the
// announcement with the same reference clears it.
func TestRecoupmentInEitherOrder(t *testing.T) {
	announce := payment{payer: "PPO", trace: "T2", amount: "0", body: reversal60 + plb + "WO:R1*-60"}
	recover := payment{payer: "PPO", trace: "T3", amount: "40", body: `CLP*A2*1*100*100**12*ICN5~SVC*HC:99213*100*100~REF*6R*A2L1` + plb + "WO:R1*60"}
	for name, order := range map[string][]payment{"announced first": {announce, recover}, "recovered first": {recover, announce}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100")
			w.claim("A2", []coverage{{payer: "PPO"}}, "100")
			w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
			for _, p := range order {
				w.receive(p)
			}
			w.expect(name, map[string]string{"1050": "100", "2100": "0", "2190": "0", "2210": "0", "1110": "0", "1100": "100", "4100": "0"})
		})
	}
}

// A refund that we sent, a later WO and the payer's 72, in every order.
func TestRefundAndRecovery(t *testing.T) {
	// The letter: we owe 60 back, accrued against 2100 when the reversal came, else
	// against the receivable.
	refund := func(w *world, reversedFirst bool) {
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			e := ledger.Entry{PostingDate: day, Kind: "payer-refund", SourceKey: "decision|R1", Actor: "ann"}
			owed := ledger.Key{Account: ledger.PayerRefunds, PayerID: w.payers["PPO"], Reference: "R1"}
			if reversedFirst {
				e.Move(ledger.Key{Account: ledger.PayerRecoupment, PayerID: w.payers["PPO"], Reference: "R1"}, owed, 60_00, ledger.Dimensions{ByteOffset: -1})
			} else {
				e.Move(ledger.Key{Account: ledger.ARInsurance, ServiceLineID: w.claims["A1"].lines[0], PayerID: w.payers["PPO"], PayerRank: 1}, owed, 60_00,
					ledger.Dimensions{ClaimID: w.claims["A1"].id, ByteOffset: -1})
			}
			paid := ledger.Entry{PostingDate: day, Kind: "payer-refund", SourceKey: "decision|R1|paid", Actor: "ann"}
			paid.Move(owed, ledger.Key{Account: ledger.Bank}, 60_00, ledger.Dimensions{ByteOffset: -1})
			_, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{e, paid})
			return err
		})
	}
	reversal := func(w *world) {
		w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: reversal60 + plb + "WO:R1*-60"})
	}
	recovered := func(w *world) {
		w.receive(payment{payer: "PPO", trace: "T3", amount: "0", body: `PLB*1234567893*20221231*WO:R1*60*72:R1*-60`})
	}
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		return w
	}
	t.Run("reversal, refund, recovery", func(t *testing.T) {
		w := start(t)
		reversal(w)
		refund(w, true)
		w.expect("refunded", map[string]string{"2100": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
		recovered(w)
		w.expect("recovered", map[string]string{"2100": "0", "2190": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
	})
	t.Run("refund, reversal, recovery", func(t *testing.T) {
		w := start(t)
		refund(w, false)
		w.expect("refunded", map[string]string{"2210": "0", "1000": "-60", "1100": "60"})
		reversal(w)
		// The accrual had put the 60 back into the receivable; the reversal does it
		// properly, so the accrual is taken back: the payer is paid twice until its 72.
		w.expect("reversed", map[string]string{"2100": "-60", "2210": "60", "1000": "-60", "1100": "100", "1050": "60"})
		recovered(w)
		w.expect("recovered", map[string]string{"2100": "0", "2190": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
	})
	t.Run("refund, recovery, reversal", func(t *testing.T) {
		w := start(t)
		refund(w, false)
		recovered(w)
		w.expect("recovered", map[string]string{"2210": "0", "2190": "0", "2100": "0", "1100": "60"})
		reversal(w)
		// What it announces to recover (WO-) it has recovered already, against our
		// refund: nothing stays open under the reference.
		w.expect("reversed", map[string]string{"1100": "100", "2210": "0", "2100": "0", "2190": "0", "1000": "-60", "1050": "60"})
		if items := append(w.items("plb"), w.items("credit")...); len(items) != 0 {
			t.Errorf("nothing is to be done: %v", items)
		}
	})
	t.Run("refund, recovery, reversal of a part, and a second recovery", func(t *testing.T) {
		w := start(t)
		refund(w, false)
		recovered(w)
		w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: reversal60 + plb + "WO:R1*-45*CT:X*-30"})
		w.expect("45 of it announced", map[string]string{"2210": "15", "2100": "0", "4210": "-30"})
		w.receive(payment{payer: "PPO", trace: "T4", amount: "0", control: "000000004", body: "PLB*1234567893*20221231*WO:R1*-40*CT:X*40"})
		// 15 had been recovered; the other 25 are to come.
		w.expect("and 40 more", map[string]string{"2210": "0", "2100": "-25"})
	})
	t.Run("refund, reversal with its own acknowledgement, after a recovery", func(t *testing.T) {
		w := start(t)
		refund(w, false)
		recovered(w)
		w.receive(payment{payer: "PPO", trace: "T2", amount: "60", body: reversal60 + plb + "WO:R1*-60*72:R1*-60"})
		w.expect("acknowledged here", map[string]string{"2210": "0", "2100": "-60"})
	})
}

// The question about a recovery that nobody understood closes by itself when
// its reversal comes, not before all of it is explained.
func TestSuspenseItemClosesWhenItIsCleared(t *testing.T) {
	start := func() *world {
		w := newWorld(t)
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", body: "PLB*1234567893*20221231*WO:R1*60*WO:R2*5*CT:X*-65"})
		w.expect("suspense", map[string]string{"2190": "65"})
		if n := len(w.items("plb")); n != 2 {
			t.Fatalf("items %v", w.items("plb"))
		}
		return w
	}
	w := start()
	w.receive(payment{payer: "PPO", trace: "T2", amount: "20", body: "PLB*1234567893*20221231*WO:R1*-20"})
	w.expect("in part", map[string]string{"2190": "45", "2100": "0"})
	if n := len(w.items("plb")); n != 2 {
		t.Errorf("in part: items %v", w.items("plb"))
	}
	w.receive(payment{payer: "CARE", trace: "T2", amount: "40", body: "PLB*1234567893*20221231*WO:R1*-40"}) // another payer's
	if n := len(w.items("plb")); n != 2 {
		t.Errorf("another payer: items %v", w.items("plb"))
	}
	w.receive(payment{payer: "PPO", trace: "T3", amount: "40", body: "PLB*1234567893*20221231*WO:R1*-40"})
	w.expect("cleared", map[string]string{"2190": "5"})
	if items := w.items("plb"); len(items) != 1 || !has(items, "5.00", "R2") {
		t.Errorf("cleared: items %v", items)
	}
	if got := w.text(`SELECT closed_why FROM work_item WHERE practice_id = $1 AND kind = 'plb' AND state = 'done'`); !strings.Contains(got, "R1") {
		t.Errorf("closed because %q", got)
	}

	// Taken and given back in one payment: nobody is asked.
	w = newWorld(t)
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: "PLB*1234567893*20221231*CS:R1*60*CS:R1*-60"})
	w.expect("nothing", map[string]string{"2190": "0"})
	if items := w.items("plb"); len(items) != 0 {
		t.Errorf("items %v", items)
	}
}
