package work

import (
	"strings"
	"testing"
)

// The table of entries in ledger.md: charge 100; the payer pays 60, CO-45 20,
// PR-2 20.
func TestPaidWithCoinsurance(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*1*100*60*20*12*ICN1~
		SVC*HC:99213*100*60~DTM*472*20220205~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1~AMT*B6*80`})
	w.expect("after payment", map[string]string{"1050": "60", "1100": "0", "1110": "20", "4100": "20", "4000": "-100"})
	if got := w.state("A1"); got != "paid" {
		t.Errorf("state %s", got)
	}
	if event := w.text(`SELECT message FROM claim_event WHERE practice_id = $1 ORDER BY id DESC LIMIT 1`); !strings.Contains(event, "PPO OF THE NORTH paid $60.00 of $100.00; contractual $20.00; patient owes $20.00") {
		t.Errorf("event %q", event)
	}
}

// A share that Medicaid names and may not be billed stays with it: what it
// repeats of Medicare's contract must not use that up.
func TestMedicaidShareIsNotContractual(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: `CLP*A1*1*500*300*75*MB*ICN1~
		SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`})
	w.secondary("A2", c, "CAID")
	w.receive(payment{payer: "CAID", trace: "T2", amount: "55", body: `CLP*A2*2*500*55*10*MC*ICN2~
		SVC*HC:99213*500*55~CAS*CO*45*435~CAS*PR*2*10~REF*6R*A2L1`})
	w.expect("after Medicaid", map[string]string{"1050": "355", "1100": "10", "1110": "0", "4100": "135"})
}

// Medicare 500: pays 300, CO-45 125, PR-1 75. Medicaid pays 65 and repeats
// everything as CO-45 435: 10 of it is its own, the balance is 0.
func TestMedicaidSecondaryRepeatsContractual(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: `CLP*A1*1*500*300*75*MB*ICN1~
		SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`})
	w.expect("after Medicare", map[string]string{"1050": "300", "1100": "75", "1110": "0", "4100": "125"})
	if got := w.owes("CAID", 2); got != 75_00 {
		t.Errorf("Medicaid owes %s, want 75", got)
	}
	w.secondary("A2", c, "CAID")
	w.receive(payment{payer: "CAID", trace: "T2", amount: "65", body: `CLP*A2*2*500*65**MC*ICN2~
		SVC*HC:99213*500*65~CAS*CO*45*435~REF*6R*A2L1`})
	w.expect("after Medicaid", map[string]string{"1050": "365", "1100": "0", "1110": "0", "4100": "135"})
	if got := w.sum(`SELECT posted FROM remittance_adjustment WHERE practice_id = $1 AND amount = 43500`); got != 10_00 {
		t.Errorf("posted %s of the 435, want 10", got)
	}
	if items := w.items("credit"); len(items) > 0 {
		t.Errorf("false credits: %v", items)
	}
}
