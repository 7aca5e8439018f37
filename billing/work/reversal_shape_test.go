package work

import "testing"

// A payer may answer by line and take back by claim, or name the lines in
// another order: what comes back is what was posted, to the cent and line by
// line, and the correction then leaves what it says.
func TestReversalInAnotherShape(t *testing.T) {
	lines := `SVC*HC:99213*60*40~CAS*CO*45*20~REF*6R*A1L1~SVC*HC:99214*40*30~CAS*PR*2*10~REF*6R*A1L2`
	thirds := `CAS*CO*45*20~CAS*PR*2*13.33~SVC*HC:99213*33.33*33.33~REF*6R*A1L1~SVC*HC:99214*33.33*33.33~REF*6R*A1L2~SVC*HC:99215*33.34*33.34~REF*6R*A1L3`
	for name, c := range map[string]struct {
		charges                    []string
		original, paid, reversal   string
		charged                    string
		correction, correctionPaid string
		want                       map[string]string
	}{
		"taken back by claim": {
			charges:  []string{"60", "40"},
			original: `CLP*A1*1*100*70*10*12*ICN1~` + lines, paid: "70",
			reversal:   `CLP*A1*22*-100*-70**12*ICN1~CAS*CO*45*-20~CAS*PR*2*-10`,
			correction: `CLP*A1*1*100*80*10*12*ICN2~SVC*HC:99213*60*50~CAS*CO*45*10~REF*6R*A1L1~SVC*HC:99214*40*30~CAS*PR*2*10~REF*6R*A1L2`, correctionPaid: "80",
			want: map[string]string{"1100": "0", "1110": "10", "4100": "10", "2000": "0"},
		},
		"answered by claim, taken back by line": {
			charges:  []string{"60", "40"},
			original: `CLP*A1*1*100*70*10*12*ICN1~CAS*CO*45*20~CAS*PR*2*10`, paid: "70",
			reversal:   `CLP*A1*22*-100*-70**12*ICN1~SVC*HC:99213*-60*-40~CAS*CO*45*-20~REF*6R*A1L1~SVC*HC:99214*-40*-30~CAS*PR*2*-10~REF*6R*A1L2`,
			correction: `CLP*A1*1*100*80*10*12*ICN2~CAS*CO*45*10~CAS*PR*2*10`, correctionPaid: "80",
			want: map[string]string{"1100": "0", "1110": "10", "4100": "10", "2000": "0"},
		},
		"lines in another order": {
			charges:  []string{"33.33", "33.33", "33.34"},
			original: `CLP*A1*1*100*66.67*13.33*12*ICN1~` + thirds, paid: "66.67",
			reversal: `CLP*A1*22*-100*-66.67**12*ICN1~CAS*CO*45*-20~CAS*PR*2*-13.33~SVC*HC:99215*-33.34*-33.34~REF*6R*A1L3~` +
				`SVC*HC:99214*-33.33*-33.33~REF*6R*A1L2~SVC*HC:99213*-33.33*-33.33~REF*6R*A1L1`,
			correction: `CLP*A1*1*100*66.67*13.33*12*ICN2~` + thirds, correctionPaid: "66.67",
			want: map[string]string{"1100": "0", "1110": "13.33", "4100": "20", "2000": "0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, c.charges...)
			w.receive(payment{payer: "PPO", trace: "T1", amount: c.paid, body: c.original})
			w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: c.reversal + "~PLB*1234567893*20221231*FB:T2*-" + c.paid})
			w.expect("reversed", map[string]string{"1100": "100", "1110": "0", "4100": "0"})
			if n := w.count(`SELECT count(*) FROM subledger_balance b JOIN service_line l ON l.practice_id = b.practice_id AND l.id = b.service_line_id
				WHERE b.practice_id = $1 AND b.account = '1100' AND b.amount <> l.charge`); n != 0 {
				t.Errorf("%d lines do not stand at their charge after the reversal", n)
			}
			if items := w.items("adjustment"); len(items) > 0 {
				t.Errorf("items %v", items)
			}
			w.receive(payment{payer: "PPO", trace: "T3", amount: c.correctionPaid, body: c.correction})
			w.expect("corrected", c.want)
			w.prove()
		})
	}
}
