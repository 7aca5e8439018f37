package work

import (
	"testing"

	"github.com/claimbook/claimbook/billing/billingdb"
)

// Two checks became credits, which have paid a line each. Both come back: each
// line is owed again as it was, none of them twice.
func TestReturnedChecksThatPaidDifferentLines(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 20_00, Method: "check"})
	w.pay(billingdb.PatientPayment{Key: "C2", Amount: 10_00, Method: "check"})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "110",
		body: `CLP*A1*1*150*110*40*12*ICN1~SVC*HC:99213*100*80~CAS*PR*2*20~REF*6R*A1L1~SVC*HC:81002*50*30~CAS*PR*2*20~REF*6R*A1L2`})
	w.expect("applied", map[string]string{"1110": "10", "2000": "0"})
	for _, key := range []string{"C2", "C1"} {
		if _, err := w.comesBack(billingdb.ReturnedPayment{Key: key, Deposited: true}); err != nil {
			t.Fatal(err)
		}
	}
	w.expect("both back", map[string]string{"1110": "40", "1000": "-30"})
	if n := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1110' AND amount = 2000`); n != 2 {
		t.Errorf("%d lines are owed as they were, not 2", n)
	}
}
