package work

import (
	"strings"
	"testing"
)

// A refund to a payer in every order with its reversal and recovery; the numbers
// are those of TestRefundAndRecovery, by decisions.
func TestDecideRefundPayer(t *testing.T) {
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		return w
	}
	r1 := RefundPayer{Payer: "PPO", Reference: "R1", Claim: "A1", Amount: 60_00}
	accrue := func(d *Desk) (Decided, error) { return d.RefundPayer(r1) }
	send := func(d *Desk) (Decided, error) { return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "R1"}) }
	reversal := payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: reversal60 + plb + "WO:R1*-60"}
	recovered := payment{payer: "PPO", trace: "T3", amount: "0", control: "000000003", body: `PLB*1234567893*20221231*WO:R1*60*72:R1*-60`}
	t.Run("reversal, refund, recovery", func(t *testing.T) {
		w := start(t)
		w.receive(reversal)
		more := r1
		more.Amount = 61_00
		w.refuses("CB-DECIDE-TOO-MUCH", func(d *Desk) (Decided, error) { return d.RefundPayer(more) })
		w.decides(accrue)
		w.refuses("CB-DECIDE-002", func(d *Desk) (Decided, error) { return d.RefundPayer(more) })
		w.decides(send)
		w.expect("refunded", map[string]string{"2100": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
		w.receive(recovered)
		w.expect("recovered", map[string]string{"2100": "0", "2190": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
	})
	t.Run("refund, reversal, recovery", func(t *testing.T) {
		w := start(t)
		w.decides(accrue)
		w.decides(send)
		w.expect("refunded", map[string]string{"2210": "0", "1000": "-60", "1100": "60"})
		w.receive(reversal)
		w.expect("reversed", map[string]string{"2100": "-60", "2210": "60", "1000": "-60", "1100": "100", "1050": "60"})
		w.receive(recovered)
		w.expect("recovered", map[string]string{"2100": "0", "2190": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
	})
	t.Run("refund, reversal, and a payer that says no more", func(t *testing.T) {
		w := start(t)
		offset := func(d *Desk) (Decided, error) { return d.OffsetRefund("PPO", "R1") }
		w.decides(accrue)
		w.decides(send)
		w.refuses("CB-DECIDE-NOTHING", offset)
		w.receive(reversal)
		w.expect("reversed", map[string]string{"2100": "-60", "2210": "60", "1000": "-60", "1100": "100", "1050": "60"})
		if out := w.decides(offset); out.Amount != 60_00 || out.Sources[0] != "decision|payer-offset|PPO|R1" {
			t.Errorf("%+v", out)
		}
		w.expect("offset", map[string]string{"2100": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
		// The payer says it after all: its WO and 72 stand against each other.
		w.receive(recovered)
		w.expect("recovered", map[string]string{"2100": "0", "2190": "0", "2210": "0", "1000": "-60", "1100": "100", "1050": "60"})
	})
	t.Run("faults", func(t *testing.T) {
		w := start(t)
		for code, r := range map[string]RefundPayer{
			"CB-DECIDE-CLAIM":     {Payer: "PPO", Reference: "R1", Amount: 60_00},
			"CB-DECIDE-TOO-MUCH":  {Payer: "PPO", Reference: "R1", Claim: "A1", Amount: 60_01},
			"CB-DECIDE-REFERENCE": {Payer: "PPO", Claim: "A1", Amount: 60_00},
			"CB-DECIDE-PAYER":     {Payer: "CARE", Reference: "R1", Claim: "A1", Amount: 60_00},
			"CB-DECIDE-AMOUNT":    {Payer: "PPO", Reference: "R1", Claim: "A1"},
			"CB-CLAIM-002":        {Payer: "PPO", Reference: "R1", Claim: "X", Amount: 60_00},
		} {
			w.refuses(code, func(d *Desk) (Decided, error) { return d.RefundPayer(r) })
		}
		w.refuses("CB-DECIDE-TOO-MUCH", send)
	})
}

// An overpaid claim: refunding what is too much closes the item and the claim.
func TestDecideRefundOfACredit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "100", body: `CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1`})
	if w.state("A1") != "closed" {
		t.Errorf("paid in full, it is %s", w.state("A1"))
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "100", control: "000000002", body: `CLP*A1*1*100*100**12*ICN2~SVC*HC:99213*100*100~REF*6R*A1L1`})
	if got := w.key("credit"); !strings.HasSuffix(got, "|A1|1") {
		t.Errorf("key %s", got)
	}
	w.decides(func(d *Desk) (Decided, error) {
		return d.RefundPayer(RefundPayer{Payer: "PPO", Reference: "L-1", Claim: "A1", Amount: 100_00})
	})
	w.expect("owed", map[string]string{"1100": "0", "2210": "-100"})
	if w.state("A1") != "closed" || len(w.items("credit")) != 0 {
		t.Errorf("state %s, items %v", w.state("A1"), w.items("credit"))
	}
}

// A refund that nothing of the payer's ever answers, one that is accrued and not
// sent when the payer recovers, and one that the payer recovers as well.
func TestDecideRefundAndWhatComesOfIt(t *testing.T) {
	start := func(t *testing.T) *world {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
		return w
	}
	accrue := func(d *Desk) (Decided, error) {
		return d.RefundPayer(RefundPayer{Payer: "PPO", Reference: "R1", Claim: "A1", Amount: 60_00})
	}
	send := func(d *Desk) (Decided, error) { return d.RefundPaid(RefundPayer{Payer: "PPO", Reference: "R1"}) }
	reversal := payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: reversal60 + plb + "WO:R1*-60"}
	withheld := payment{payer: "PPO", trace: "T3", amount: "0", control: "000000003", body: `PLB*1234567893*20221231*WO:R1*60*CT*-60`}
	acknowledged := payment{payer: "PPO", trace: "T4", amount: "60", control: "000000004", body: `PLB*1234567893*20221231*72:R1*-60`}
	t.Run("letter only", func(t *testing.T) {
		w := start(t)
		w.decides(accrue)
		w.expect("owed", map[string]string{"1000": "0", "1100": "60", "1110": "20", "2210": "-60", "4100": "20"})
		w.decides(send)
		w.expect("sent", map[string]string{"1000": "-60", "1050": "60", "1100": "60", "1110": "20", "2100": "0", "2210": "0"})
		if got := w.owes("PPO", 1); got != 60_00 { // as if it had never been paid
			t.Errorf("the payer owes %s", got)
		}
	})
	t.Run("accrual unpaid, then recovered", func(t *testing.T) {
		w := start(t)
		w.decides(accrue)
		w.receive(reversal)
		// Its premise is gone: the accrual is taken back, nothing is sent any more.
		w.expect("reversed", map[string]string{"1000": "0", "1100": "100", "1110": "0", "2100": "-60", "2210": "0"})
		w.refuses("CB-DECIDE-TOO-MUCH", send)
		w.receive(withheld)
		w.expect("recovered", map[string]string{"1050": "60", "1100": "100", "2100": "0", "2190": "0", "2210": "0", "4210": "-60"})
		if items := append(w.items("credit"), w.items("plb")...); len(items) != 0 {
			t.Errorf("items %v", items)
		}
	})
	t.Run("reversed, accrued against the announcement, unpaid, then recovered", func(t *testing.T) {
		w := start(t)
		w.receive(reversal)
		w.decides(accrue)
		w.expect("owed", map[string]string{"1100": "100", "2100": "0", "2210": "-60"})
		w.receive(payment{payer: "PPO", trace: "T3", amount: "0", control: "000000003", body: `PLB*1234567893*20221231*WO:R1*60*72:R1*-60`})
		w.expect("recovered and acknowledged", map[string]string{"1050": "60", "1100": "100", "2100": "0", "2190": "0", "2210": "-60"})
	})
	t.Run("sent, and recovered as well", func(t *testing.T) {
		w := start(t)
		w.decides(accrue)
		w.decides(send)
		w.receive(reversal)
		w.receive(withheld)
		// The payer has had 60 by our check and 60 out of a payment: it owes one back.
		w.expect("twice", map[string]string{"1000": "-60", "1050": "60", "1100": "100", "2100": "0", "2210": "60", "4210": "-60"})
		if items := append(w.items("credit"), w.items("plb")...); len(items) == 0 {
			t.Error("nobody is told that the payer recovered twice")
		}
		w.receive(acknowledged)
		w.expect("acknowledged", map[string]string{"1000": "-60", "1050": "120", "2100": "0", "2210": "0"})
	})
}
