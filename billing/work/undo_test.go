package work

import (
	"strings"
	"testing"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/money"
)

func undo(source string) func(d *Desk) (Decided, error) {
	return func(d *Desk) (Decided, error) { return d.Undo(source) }
}

// A wrong treatment is taken back by its mirror: the item is open again, the rule
// is forgotten, and it is decided anew under a source of its own.
func TestUndoTreatment(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: denied})
	item := w.key("denied")
	treat := func(as billing.Treatment, remember bool) func(d *Desk) (Decided, error) {
		return func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: as, Remember: remember}) }
	}
	first := w.decides(treat(billing.Contractual, true))
	w.expect("by contract", map[string]string{"1100": "0", "4100": "100"})
	if w.state("A1") != "closed" || w.rule("treatment", "97") == "none" {
		t.Fatalf("state %s, rule %s", w.state("A1"), w.rule("treatment", "97"))
	}
	w.refuses("CB-DECIDE-ENTRY", undo("decision|treat|nothing"))
	w.refuses("CB-DECIDE-ENTRY", undo("charge|VA1|1|1"))
	out := w.decides(undo(first.Sources[0]))
	if out.Amount != 100_00 || w.reversedOf(first.Sources[0]+"|undo") != first.Sources[0] {
		t.Errorf("%+v takes back %s", out, w.reversedOf(first.Sources[0]+"|undo"))
	}
	w.expect("taken back", map[string]string{"1100": "100", "4100": "0"})
	if w.state("A1") != "paid" || len(w.items("denied")) != 1 || w.rule("treatment", "97") != "none" || w.rule("treatment", "29") != "none" {
		t.Errorf("state %s, items %v, rule %s", w.state("A1"), w.items("denied"), w.rule("treatment", "97"))
	}
	second := w.decides(treat(billing.Denial, false))
	if second.Sources[0] != first.Sources[0]+"|~2" {
		t.Errorf("posted as %s", second.Sources[0])
	}
	w.expect("decided anew", map[string]string{"1100": "0", "4100": "0", "4120": "100"})
	// The payer takes its answer back: what is left to take back falls with it.
	w.receive(payment{payer: "PPO", trace: "T2", amount: "70", control: "000000002",
		body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*97*-60**29*-40~REF*6R*A1L1~` + paid70})
	w.expect("overturned", corrected)
	w.refuses("CB-DECIDE-UNDO", undo(second.Sources[0]))
}

// Nothing is taken back on which something rests.
func TestUndoIsRefused(t *testing.T) {
	t.Run("the patient has paid since", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*PR*27*100~REF*6R*A1L1`})
		item := w.key("denied")
		out := w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
		w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00})
		err := w.refuses("CB-DECIDE-RESTS", undo(out.Sources[0]))
		if err == nil || !strings.Contains(err.Error(), "$100.00 on account 1110, where $70.00 is left") {
			t.Errorf("it does not say what rests on it: %v", err)
		}
		if _, err := w.comesBack(billingdb.ReturnedPayment{Key: "R1"}); err != nil {
			t.Fatal(err)
		}
		w.decides(undo(out.Sources[0]))
		w.expect("taken back", map[string]string{"1100": "100", "1110": "0", "1010": "0"})
	})
	t.Run("the next payer is asked", func(t *testing.T) {
		w := newWorld(t)
		c := w.claim("A1", []coverage{{payer: "PPO"}, {payer: "CARE"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*PR*27*100~REF*6R*A1L1`})
		item := w.key("denied")
		out := w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
		w.secondary("A2", c, "CARE")
		if err := w.refuses("CB-DECIDE-RESTS", undo(out.Sources[0])); err == nil || !strings.Contains(err.Error(), "claim A2 asks the next payer") {
			t.Errorf("it does not name the claim: %v", err)
		}
	})
	t.Run("the refund was sent", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		refund := RefundPayer{Payer: "PPO", Reference: "R1", Claim: "A1", Amount: 60_00}
		accrued := w.decides(func(d *Desk) (Decided, error) { return d.RefundPayer(refund) })
		sent := w.decides(func(d *Desk) (Decided, error) { return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "R1"}) })
		w.refuses("CB-DECIDE-RESTS", undo(accrued.Sources[0]))
		w.decides(undo(sent.Sources[0]))
		w.expect("not sent", map[string]string{"1000": "0", "2210": "-60", "1100": "60"})
		w.decides(undo(accrued.Sources[0]))
		w.expect("not owed", map[string]string{"2210": "0", "1100": "0", "1050": "60"})
		refund.Amount = 50_00
		w.decides(func(d *Desk) (Decided, error) { return d.RefundPayer(refund) })
		w.expect("another amount", map[string]string{"2210": "-50", "1100": "50"})
	})
	t.Run("the bad debt was recovered", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		off := func(key string, amount money.Cents) Decided {
			return w.decides(func(d *Desk) (Decided, error) {
				return d.WriteOffPatient(PatientWriteOff{Key: key, Account: "P001", As: billing.KindBadDebt, Amount: amount})
			})
		}
		first, second := off("W1", 12_00), off("W2", 8_00)
		w.pay(billingdb.PatientPayment{Key: "R1", Amount: 10_00, Purpose: billing.ForRecovery})
		w.refuses("CB-DECIDE-RESTS", undo(first.Sources[0]))
		w.decides(undo(second.Sources[0]))
		w.expect("a part taken back", map[string]string{"5000": "12", "5010": "-10", "1110": "8"})
	})
	t.Run("kinds that are not taken back", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		out := w.decides(func(d *Desk) (Decided, error) {
			return d.CoverageEnded(EndedCoverage{Claim: "A1", On: day.AddDays(-31)})
		})
		w.refuses("CB-DECIDE-UNDO", undo(out.Sources[0]))
	})
}

// Classifications, assigned lines and applied credits are taken back too.
func TestUndoOfTheOthers(t *testing.T) {
	w := newWorld(t)
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", body: "PLB*1234567893*20221231*LE:X*25*CT*-25"})
	item := w.key("plb")
	out := w.decides(func(d *Desk) (Decided, error) {
		return d.Classify(Classify{Item: item, Account: "5110", Remember: true})
	})
	w.decides(undo(out.Sources[0]))
	w.expect("in suspense", map[string]string{"2190": "25", "5110": "0"})
	if w.rule("plb", "LE") != "none" || len(w.items("plb")) != 1 {
		t.Errorf("rule %s, items %v", w.rule("plb", "LE"), w.items("plb"))
	}
	w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
	w.receive(payment{payer: "PPO", trace: "T2", amount: "120", control: "000000002", body: `CLP*A1*1*150*120**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1~SVC*HC:G9999*50*20~CAS*CO*45*30~DTM*472*20200101`})
	lines := w.key("unmatched")
	out = w.decides(func(d *Desk) (Decided, error) { return d.AssignLine(lines, 1) })
	w.decides(undo(out.Sources[0]))
	w.decides(func(d *Desk) (Decided, error) { return d.AssignLine(lines, 2) })
	w.expect("the right line", map[string]string{"1100": "0"})
	if w.state("A1") != "closed" {
		t.Errorf("state %s", w.state("A1"))
	}
}

// A credit that was applied by mistake is the patient's again, and stays so.
func TestUndoOfAnAppliedCredit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00, Purpose: billing.ForCopay, Visit: "V-LATER"})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	out := w.decides(func(d *Desk) (Decided, error) {
		return d.ApplyCredit(CreditToApply{Key: "A1", Account: "P001", Reserved: "V-LATER"})
	})
	w.expect("applied", map[string]string{"1110": "0", "2000": "-10"})
	w.decides(undo(out.Sources[0]))
	w.expect("reserved", map[string]string{"1110": "20", "2000": "-30"})
	if got := w.sum(`SELECT amount FROM subledger_balance WHERE practice_id = $1 AND account = '2000' AND reference = 'V-LATER'`); got != -30_00 {
		t.Errorf("the reservation holds %s", got)
	}
}

// What is taken back "on an earlier day" is taken back on the day it was posted:
// before, there was nothing.
func TestUndoOnAnEarlierDay(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	out := w.decides(func(d *Desk) (Decided, error) {
		return d.WriteOffPatient(PatientWriteOff{Key: "W1", Account: "P001", As: billing.KindBadDebt, Amount: 12_00})
	})
	back := w.decides(func(d *Desk) (Decided, error) {
		d.by.On = out.PostingDate.AddDays(-3)
		return d.Undo(out.Sources[0])
	})
	if back.PostingDate != out.PostingDate {
		t.Errorf("posted on %s, taken back on %s", out.PostingDate, back.PostingDate)
	}
}
