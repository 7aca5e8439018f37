package work

import "testing"

// One SVC for two of our lines, with the charge of both, is spread over them; so
// is its reversal, and the claim closes.
func TestPayerBundlesLines(t *testing.T) {
	for name, c := range map[string]struct{ original, reversal string }{
		"named by the first line": {
			`SVC*HC:99213*100*70~CAS*CO*45*20.01~CAS*PR*2*9.99~REF*6R*A1L1`,
			`SVC*HC:99213*-100*-70~CAS*CO*45*-20.01~CAS*PR*2*-9.99~REF*6R*A1L1`},
		"a procedure of its own": {
			`SVC*HC:99299*100*70~CAS*CO*45*20.01~CAS*PR*2*9.99`,
			`SVC*HC:99299*-100*-70~CAS*CO*45*-20.01~CAS*PR*2*-9.99`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "60", "40")
			w.receive(payment{payer: "PPO", trace: "T1", amount: "70", body: `CLP*A1*1*100*70*9.99*12*ICN1~` + c.original})
			w.expect("answered", map[string]string{"1100": "0", "1110": "9.99", "4100": "20.01"})
			if n := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1100' AND amount <> 0`); n != 0 {
				t.Errorf("%d lines are still owed by the payer", n)
			}
			for _, kind := range []string{"credit", "unmatched", "adjustment"} {
				if items := w.items(kind); len(items) > 0 {
					t.Errorf("%s items %v", kind, items)
				}
			}
			if got := w.text(`SELECT match_reason FROM remittance_line WHERE practice_id = $1 AND procedure_code LIKE $2 LIMIT 1`, "99%"); got != "the payer bundled the lines; spread over them by charge" {
				t.Errorf("matched by %q", got)
			}
			w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: `CLP*A1*22*-100*-70**12*ICN1~` + c.reversal + `~PLB*1234567893*20221231*FB:T2*-70`})
			w.expect("reversed", map[string]string{"1100": "100", "1110": "0", "4100": "0"})
			if n := w.count(`SELECT count(*) FROM subledger_balance b JOIN service_line l ON l.practice_id = b.practice_id AND l.id = b.service_line_id
				WHERE b.practice_id = $1 AND b.account = '1100' AND b.amount <> l.charge`); n != 0 {
				t.Errorf("%d lines do not stand at their charge after the reversal", n)
			}
			w.prove()
		})
	}
}

// Two SVC that could each stand for the same lines are a person's to sort out.
func TestBundleMayBeEither(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "60", "40", "60", "40")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "200", body: `CLP*A1*1*200*200*0*12*ICN1~SVC*HC:99299*100*100~SVC*HC:99298*100*100`})
	w.expect("answered", map[string]string{"1100": "0"})
	if items := w.items("unmatched"); len(items) != 1 {
		t.Errorf("items %v", items)
	}
	w.prove()
}

// CLP01 comes back padded, or in another case: it is still our number.
func TestClaimNumberWrittenAnotherWay(t *testing.T) {
	for _, number := range []string{"A1 ", " A1", "a1"} {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "100", body: `CLP*` + number + `*1*100*100*0*12*ICN1~SVC*HC:99213*100*100`})
		w.expect(number, map[string]string{"1100": "0", "2010": "0"})
		if got := w.text(`SELECT match_reason FROM remittance_claim WHERE practice_id = $1 AND paid > $2`, 0); got != "claim number, written another way" {
			t.Errorf("%q matched by %q", number, got)
		}
	}
}

// A reversal of a line that only its charge can tell is matched like its
// original.
func TestReversalOfALineTakenByItsCharge(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "60", "40")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "80", body: `CLP*A1*1*100*80*0*12*ICN1~SVC*HC:77777*60*40~CAS*CO*45*20~SVC*HC:88888*40*40`})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: `CLP*A1*22*-100*-80**12*ICN1~SVC*HC:77777*-60*-40~CAS*CO*45*-20~SVC*HC:88888*-40*-40~PLB*1234567893*20221231*FB:T2*-80`})
	w.expect("reversed", map[string]string{"1100": "100", "4100": "0"})
	if items := append(w.items("unmatched"), w.items("adjustment")...); len(items) > 0 {
		t.Errorf("items %v", items)
	}
}
