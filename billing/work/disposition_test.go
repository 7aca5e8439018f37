package work

import (
	"testing"

	"github.com/claimbook/claimbook/billing"
)

// One claim number has the answers of two payers after a crossover. Taking back
// the second payer's answer leaves alone what a person made of the first one's,
// and the refund that is owed to the first.
func TestDispositionsRestOnTheirAnswer(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100", "50")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60",
		body: `CLP*A1*19*150*60**MB*ICN1~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1~SVC*HC:81002*50*0~CAS*CO*50*50~REF*6R*A1L2`})
	item := w.key("denied")
	w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Denial}) })
	w.decides(func(d *Desk) (Decided, error) {
		return d.RefundPayer(RefundPayer{Payer: "CARE", Reference: "LETTER", Claim: "A1", Amount: 10_00})
	})
	second := `CLP*A1*2*150*0**12*ICN2~SVC*HC:99213*100*0~CAS*CO*16*100~REF*6R*A1L1~SVC*HC:81002*50*0~CAS*OA*23*50~REF*6R*A1L2`
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", method: "NON", control: "000000002", body: second})
	w.expect("both answered", map[string]string{"4120": "50", "2210": "-10", "1100": "30"})
	w.receive(payment{payer: "PPO", trace: "T3", amount: "0", method: "NON", control: "000000003",
		body: `CLP*A1*22*-150*0**12*ICN2~SVC*HC:99213*-100*0~CAS*CO*16*-100~REF*6R*A1L1~SVC*HC:81002*-50*0~CAS*OA*23*-50~REF*6R*A1L2`})
	w.expect("the second took back", map[string]string{"4120": "50", "2210": "-10", "1100": "30"})
	w.receive(payment{payer: "CARE", trace: "T4", amount: "0", method: "NON", control: "000000004",
		body: `CLP*A1*22*-150*-60**MB*ICN1~SVC*HC:99213*-100*-60~CAS*CO*45*-20~CAS*PR*2*-20~REF*6R*A1L1~SVC*HC:81002*-50*0~CAS*CO*50*-50~REF*6R*A1L2~PLB*1234567893*20221231*FB:T4*-60`})
	w.expect("the first took back", map[string]string{"4120": "0", "2210": "0", "1100": "150", "2100": "-60"})
}

// A patient share of the claim as a whole, of which one line's part is protected:
// a person writes off just that part.
func TestDecideProtectedPartOfAClaimShare(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "110",
		body: `CLP*A1*1*150*110*30*12*ICN1~CAS*PR*3*30~SVC*HC:99213*100*90~CAS*OA*209*10~REF*6R*A1L1~SVC*HC:81002*50*50~REF*6R*A1L2`})
	w.expect("posted", map[string]string{"1100": "30", "1110": "10"})
	item := w.text(`SELECT dedupe_key FROM work_item WHERE practice_id = $1 AND state = 'open' AND dedupe_key LIKE '%|protected'`)
	// Why the part is protected stands beside it, not in the item.
	w.refuses("CB-DECIDE-PROTECTED", func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.PatientOwes}) })
	w.decides(func(d *Desk) (Decided, error) { return d.Treat(Treat{Item: item, As: billing.Reduction}) })
	w.expect("written off", map[string]string{"1100": "10", "1110": "10", "4110": "20"})
}
