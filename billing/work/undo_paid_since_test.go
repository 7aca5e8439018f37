package work

import (
	"testing"

	"github.com/claimbook/claimbook/billing"
)

// A denial was written off by mistake, and the payer then pays without reversing
// it: the claim looks overpaid until the write-off is taken back.
func TestUndoOfAWriteOffThatWasPaidSince(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: denied})
	item := w.key("denied")
	out := w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial}) })
	w.expect("written off", map[string]string{"1100": "0", "4120": "100"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "70", control: "000000002", body: paid70})
	w.expect("paid all the same", map[string]string{"1050": "70", "1100": "-100", "1110": "10", "4100": "20", "4120": "100"})
	if items := w.items("credit"); len(items) != 1 || !has(items, "100.00", "claim A1 is overpaid") {
		t.Errorf("items %v", items)
	}
	w.decides(undo(out.Sources[0]))
	w.expect("taken back", map[string]string{"1050": "70", "1100": "0", "1110": "10", "4100": "20", "4120": "0"})
	if items := append(w.items("credit"), w.items("denied")...); len(items) != 0 {
		t.Errorf("the payer is said to have overpaid, or to deny: %v", items)
	}
}

// A refund to the payer that was owed by mistake is taken back: the claim is
// overpaid again, and somebody is told so.
func TestUndoOfARefundLeavesTheCredit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "70", body: paid70})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "100", control: "000000002", body: `CLP*A1*1*100*100**12*ICN9~SVC*HC:99213*100*100~REF*6R*A1L1`})
	w.expect("overpaid", map[string]string{"1100": "-100", "2210": "0"})
	out := w.decides(func(d *Desk) (Decided, error) {
		return d.RefundPayer(RefundPayer{Payer: "PPO", Reference: "L-1", Claim: "A1", Amount: 100_00})
	})
	if items := w.items("credit"); len(items) != 0 {
		t.Errorf("owed back: %v", items)
	}
	w.decides(undo(out.Sources[0]))
	w.expect("taken back", map[string]string{"1100": "-100", "2210": "0"})
	if items := w.items("credit"); len(items) != 1 || !has(items, "100.00", "claim A1 is overpaid") {
		t.Errorf("items %v", items)
	}
}
