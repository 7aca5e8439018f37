package work

import (
	"testing"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/money"
)

// What a patient owes is given up, and comes back with the answer that left it.
func TestDecidePatientWriteOff(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	off := func(key, as string, amount money.Cents) func(d *Desk) (Decided, error) {
		return func(d *Desk) (Decided, error) {
			return d.WriteOffPatient(PatientWriteOff{Key: key, Account: "P001", As: as, Amount: amount})
		}
	}
	w.refuses("CB-DECIDE-TOO-MUCH", off("W1", billing.KindCharity, 20_01))
	w.refuses("CB-DECIDE-TREATMENT", off("W1", "kindness", 1_00))
	w.refuses("CB-DECIDE-KEY", off("", billing.KindCharity, 1_00))
	w.decides(off("W1", billing.KindSmallBalance, 1_00))
	w.decides(off("W2", billing.KindCharity, 2_00))
	w.decides(off("W3", billing.KindDiscount, 3_00))
	w.refuses("CB-DECIDE-002", off("W3", billing.KindDiscount, 4_00))
	w.decides(off("W4", billing.KindBadDebt, 14_00))
	w.expect("given up", map[string]string{"1110": "0", "4130": "1", "4140": "2", "4150": "3", "5000": "14"})
	if w.state("A1") != "closed" {
		t.Errorf("state %s", w.state("A1"))
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", control: "000000002", body: reversal60 + "~" + paid70})
	w.expect("corrected", map[string]string{"1110": "10", "4130": "0", "4140": "0", "4150": "0", "5000": "0", "1100": "0"})
}

// What a patient has pays what they choose.
func TestDecideApplyCredit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00, Account: "P001", Purpose: billing.ForCopay, Visit: "V-LATER"})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.expect("reserved", map[string]string{"1110": "20", "2000": "-30"})
	apply := func(c CreditToApply) func(d *Desk) (Decided, error) {
		c.Account, c.Key = "P001", "A1"
		return func(d *Desk) (Decided, error) { return d.ApplyCredit(c) }
	}
	w.refuses("CB-DECIDE-CREDIT", apply(CreditToApply{}))
	w.refuses("CB-DECIDE-CREDIT", apply(CreditToApply{Reserved: "V-LATER", Amount: 31_00}))
	w.refuses("CB-DECIDE-CREDIT", apply(CreditToApply{Reserved: "V-LATER", Amount: 25_00}))
	w.decides(apply(CreditToApply{Reserved: "V-LATER", Visit: "VA1"}))
	w.expect("applied", map[string]string{"1110": "0", "2000": "-10"})
	if w.state("A1") != "closed" {
		t.Errorf("state %s", w.state("A1"))
	}
}
