package work

import (
	"testing"

	"github.com/claimbook/claimbook/billing"
)

// The share of a patient who may not be billed is written off to 4110 by a rule
// that a person made for such shares; whoever else is the payer's owes theirs.
func TestProtectedShareByRule(t *testing.T) {
	const share = `~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*`
	answer := func(number, icn string) string {
		return `CLP*` + number + `*1*100*60*20*MB*` + icn + share + number + `L1`
	}
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE", qmb: true}}, "100")
	w.claim("A2", []coverage{{payer: "CARE", qmb: true}}, "100")
	w.claim("A3", []coverage{{payer: "CARE"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: answer("A1", "ICN1")})
	w.expect("stays", map[string]string{"1100": "220", "4110": "0", "1110": "0"})
	item := w.key("adjustment")
	w.refuses("CB-DECIDE-PROTECTED", func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
	w.decides(func(d *Desk) (Decided, error) {
		return d.Treat(Treat{Item: item, As: billing.Reduction, Remember: true})
	})
	if w.rule("protected", "2") != "PR reduction by decision" || w.rule("treatment", "2") != "none" {
		t.Errorf("rules: %s, %s", w.rule("protected", "2"), w.rule("treatment", "2"))
	}
	w.expect("by the person", map[string]string{"1100": "200", "4110": "20"})
	w.receive(payment{payer: "CARE", trace: "T2", amount: "120", control: "000000002", body: answer("A2", "ICN2") + "~" + answer("A3", "ICN3")})
	w.expect("by the rule", map[string]string{"1100": "0", "4100": "60", "4110": "40", "1110": "20"})
	if items := w.items("adjustment"); len(items) != 0 || w.state("A2") != "closed" {
		t.Errorf("items %v, state %s", items, w.state("A2"))
	}
	w.receive(payment{payer: "CARE", trace: "T3", amount: "0", control: "000000003",
		body: `CLP*A2*22*-100*-60**MB*ICN2~SVC*HC:99213*-100*-60~CAS*CO*45*-20~CAS*PR*2*-20~REF*6R*A2L1~PLB*1234567893*20221231*FB:T3*-60`})
	w.expect("taken back", map[string]string{"1100": "100", "4100": "40", "4110": "20", "1110": "20"})
	if items := w.items("adjustment"); len(items) != 0 {
		t.Errorf("items %v", items)
	}
}

// Behind Medicare, Medicaid's share is written off by the rule and its repeated
// contractual amount does not use it up; its own copay is the patient's.
func TestMedicaidShareByRule(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: `CLP*A1*1*500*300*75*MB*ICN1~SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`})
	w.secondary("A2", c, "CAID")
	w.claim("B1", []coverage{{payer: "CAID"}}, "100")
	w.receive(payment{payer: "CAID", trace: "T2", amount: "60", control: "000000002", body: `CLP*B1*1*100*60*20*MC*ICN5~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*B1L1`})
	item := w.key("adjustment")
	w.decides(func(d *Desk) (Decided, error) {
		return d.Treat(Treat{Item: item, As: billing.Reduction, Remember: true})
	})
	w.expect("decided", map[string]string{"4110": "20", "1110": "0", "1100": "75"})
	// 50 paid, 3 copay, 12 coinsurance that may not be billed, 435 repeated: of it 10 is left.
	w.receive(payment{payer: "CAID", trace: "T3", amount: "50", control: "000000003",
		body: `CLP*A2*2*500*50*15*MC*ICN6~SVC*HC:99213*500*50~CAS*CO*45*435~CAS*PR*3*3**2*12~REF*6R*A2L1`})
	w.expect("by the rule", map[string]string{"1100": "0", "1110": "3", "4110": "32", "4100": "155"})
}
