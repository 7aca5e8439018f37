package work

import "testing"

// A reversal gives another reason than what it takes back. A later payer's
// reasons mostly repeat what others settled: none that the original did not
// report is posted, and no patient gets a credit for a share that was never
// theirs. The difference is a person's question.
func TestReversalWithAnotherReason(t *testing.T) {
	const medicare = `CLP*A1*1*500*300*75*MB*ICN1~SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`
	for name, c := range map[string]struct {
		second, reversal string
		want             map[string]string
	}{
		"a reduction of a later payer": {
			second:   `CLP*A1S*2*500*65**MC*ICN2~SVC*HC:99213*500*65~CAS*CO*45*435~REF*6R*A1SL1`,
			reversal: `CLP*A1S*22*-500*-65**MC*ICN2~SVC*HC:99213*-500*-65~CAS*CO*59*-435~REF*6R*A1SL1`,
			want:     map[string]string{"1100": "65", "4100": "135", "1110": "0", "2000": "0"},
		},
		"a share of a patient who may not be billed": {
			second:   `CLP*A1S*2*500*65**MC*ICN2~SVC*HC:99213*500*65~CAS*CO*45*435~REF*6R*A1SL1`,
			reversal: `CLP*A1S*22*-500*-65**MC*ICN2~SVC*HC:99213*-500*-65~CAS*PR*2*-435~REF*6R*A1SL1`,
			want:     map[string]string{"1100": "65", "4100": "135", "1110": "0", "2000": "0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
			w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: medicare})
			w.secondary("A1S", first, "CAID")
			w.receive(payment{payer: "CAID", trace: "T2", amount: "65", control: "000000002", body: c.second})
			w.expect("both paid", map[string]string{"1100": "0", "4100": "135", "1110": "0"})
			w.receive(payment{payer: "CAID", trace: "T3", amount: "0", method: "NON", control: "000000003", body: c.reversal + "~PLB*1234567893*20221231*FB:T3*-65"})
			w.expect("taken back", c.want)
			if items := w.items("adjustment"); len(items) != 1 {
				t.Errorf("items %v", items)
			}
		})
	}
}
