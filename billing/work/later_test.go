package work

import (
	"strings"
	"testing"
)

// balances is every balance of claims and accounts, what of each adjustment has
// posted, and what is asked of people: what must not depend on the order in
// which answers came.
func (w *world) balances() string {
	w.t.Helper()
	return w.text(`SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
			SELECT concat_ws(' ', b.account, l.line_no, p.code, b.payer_rank, nullif(b.reference, ''), b.amount) AS line
			FROM subledger_balance b LEFT JOIN service_line l ON l.practice_id = b.practice_id AND l.id = b.service_line_id
			LEFT JOIN payer p ON p.practice_id = b.practice_id AND p.id = b.payer_id
			WHERE b.practice_id = $1 AND b.amount <> 0 AND b.account <> '1050'
			UNION ALL
			SELECT concat_ws(' ', account, sum(amount)) FROM posting WHERE practice_id = $1 GROUP BY account
			UNION ALL
			SELECT concat_ws(' ', 'adjustment', r.trace, a.group_code, a.carc, a.amount, 'posted', a.posted) FROM remittance_adjustment a
			JOIN remittance r ON r.practice_id = a.practice_id AND r.id = a.remittance_id WHERE a.practice_id = $1
			UNION ALL
			SELECT concat_ws(' ', 'item', kind, amount) FROM work_item WHERE practice_id = $1 AND state = 'open') s`)
}

// A secondary's answer that overtakes the primary's leaves the same book as in
// the right order, whatever it says, and so do both reversed.
func TestSecondaryAnswersBeforeThePrimary(t *testing.T) {
	primary := payment{payer: "CARE", trace: "T1", amount: "50", body: `CLP*A1*19*100*50*30*MB*ICN1~NM1*TT*2*PPO*****PI*PPO~
		SVC*HC:99213*60*30~CAS*CO*45*10~CAS*PR*2*20~REF*6R*A1L1~SVC*HC:81002*40*20~CAS*CO*45*10~CAS*PR*2*10~REF*6R*A1L2`}
	for name, test := range map[string]struct {
		amount, body string
		want         map[string]string // balances at the end
	}{
		"repeats": {"15", `CLP*A1*2*100*15*5*12*ICN2~SVC*HC:99213*60*10~CAS*CO*45*45~CAS*PR*3*5~REF*6R*A1L1~SVC*HC:81002*40*5~CAS*CO*45*35~REF*6R*A1L2`,
			map[string]string{"1100": "0", "1110": "5", "4100": "30"}},
		"at the level of the claim": {"15", `CLP*A1*2*100*15**12*ICN2~CAS*CO*45*85`,
			map[string]string{"1100": "0", "4100": "35"}},
		"prior payer": {"30", `CLP*A1*2*100*30**12*ICN2~SVC*HC:99213*60*20~CAS*OA*23*40~REF*6R*A1L1~SVC*HC:81002*40*10~CAS*OA*23*30~REF*6R*A1L2`,
			map[string]string{"1100": "0", "4100": "20"}},
		"sequestration first": {"10", `CLP*A1*2*100*10**12*ICN2~SVC*HC:99213*60*6~CAS*CO*253*2**45*52~REF*6R*A1L1~SVC*HC:81002*40*4~CAS*CO*45*36~REF*6R*A1L2`,
			map[string]string{"1100": "0", "4110": "2", "4100": "38"}},
		"denied": {"0", `CLP*A1*2*100*0**12*ICN2~SVC*HC:99213*60*0~CAS*CO*29*60~REF*6R*A1L1~SVC*HC:81002*40*0~CAS*CO*29*40~REF*6R*A1L2`,
			map[string]string{"1100": "30", "4100": "20"}},
		"for a person": {"15", `CLP*A1*2*100*15**12*ICN2~SVC*HC:99213*60*10~CAS*CO*222*50~REF*6R*A1L1~SVC*HC:81002*40*5~CAS*CO*45*35~REF*6R*A1L2`,
			map[string]string{"1100": "10", "4100": "25"}},
	} {
		t.Run(name, func(t *testing.T) {
			secondary := payment{payer: "PPO", trace: "T2", amount: test.amount, body: test.body}
			if test.amount == "0" {
				secondary.method = "NON"
			}
			var books [2]string
			for i, order := range [][]payment{{primary, secondary}, {secondary, primary}} {
				w := newWorld(t)
				w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "60", "40")
				for _, p := range order {
					w.receive(p)
				}
				books[i] = w.balances()
				w.expect(name, test.want)
			}
			if books[0] != books[1] {
				t.Errorf("in order:\n%s\nthe secondary first:\n%s", books[0], books[1])
			}
		})
	}
}

// What had waited is taken back with its answer, and the answer after the next
// correction of the primary does not take what the secondary may still pay.
func TestWhatWaitedIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	early := `CLP*A1*2*100*15*5*12*ICN2~SVC*HC:99213*100*15~CAS*CO*45*80~CAS*PR*3*5~REF*6R*A1L1`
	w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: early})
	w.receive(payment{payer: "CARE", trace: "T1", amount: "50", body: `CLP*A1*1*100*50*30*MB*ICN1~SVC*HC:99213*100*50~CAS*CO*45*20~CAS*PR*2*30~REF*6R*A1L1`})
	w.expect("both", map[string]string{"1100": "0", "1110": "5", "4100": "30", "1050": "65"})
	if got := w.text(`SELECT string_agg(message, ' / ') FROM claim_event WHERE practice_id = $1 AND message LIKE 'What the earlier%'`); !strings.Contains(got, "contractual $10.00") {
		t.Errorf("its timeline says %q", got)
	}
	// The primary corrects: 10 more are the secondary's, which has not been asked for them.
	w.receive(payment{payer: "CARE", trace: "T3", amount: "0", body: `CLP*A1*22*-100*-50**MB*ICN1~SVC*HC:99213*-100*-50~CAS*CO*45*-20~CAS*PR*2*-30~REF*6R*A1L1~
		CLP*A1*1*100*40*40*MB*ICN3~SVC*HC:99213*100*40~CAS*CO*45*20~CAS*PR*2*40~REF*6R*A1L1~PLB*1234567893*20221231*FB:T3*-10`})
	w.expect("the primary corrected", map[string]string{"1100": "10", "1110": "5", "4100": "30"})
	// The secondary takes its answer back: all of what it adjusted.
	w.receive(payment{payer: "PPO", trace: "T4", amount: "0", body: `CLP*A1*22*-100*-15**12*ICN2~SVC*HC:99213*-100*-15~CAS*CO*45*-80~CAS*PR*3*-5~REF*6R*A1L1~PLB*1234567893*20221231*FB:T4*-15`})
	w.expect("taken back", map[string]string{"1100": "40", "1110": "0", "4100": "20"})
	if got := w.text(`SELECT string_agg(a.posted::text, ' ' ORDER BY a.posted) FROM remittance_adjustment a JOIN remittance r ON r.practice_id = a.practice_id AND r.id = a.remittance_id
		WHERE a.practice_id = $1 AND carc = '45' AND trace IN ('T2', 'T4')`); got != "-1000 1000" {
		t.Errorf("posted of CO-45: %s", got)
	}
}

// A secondary's correction that overtakes the reversal leaves the same book as
// one that follows it: in one payment and in two.
func TestSecondaryCorrectionBeforeItsReversal(t *testing.T) {
	answer := payment{payer: "CAID", trace: "T2", amount: "65", body: `CLP*A2*2*500*65**MC*ICN2~SVC*HC:99213*500*65~CAS*CO*45*435~REF*6R*A2L1`}
	reversal := `CLP*A2*22*-500*-65**MC*ICN2~SVC*HC:99213*-500*-65~CAS*CO*45*-435~REF*6R*A2L1`
	correction := `CLP*A2*2*500*70**MC*ICN3~SVC*HC:99213*500*70~CAS*CO*45*430~REF*6R*A2L1`
	denied := `CLP*A2*4*500*0**MC*ICN3~SVC*HC:99213*500*0~CAS*CO*16*500~REF*6R*A2L1`
	for name, test := range map[string]struct {
		correction, amount, cash string
		want                     map[string]string
	}{
		"paid":   {correction, "70", "5", map[string]string{"1100": "0", "4100": "130"}},
		"denied": {denied, "0", "0", map[string]string{"1100": "75", "4100": "125"}},
	} {
		t.Run(name, func(t *testing.T) {
			books := map[string]string{}
			forward := ""
			if test.amount == "0" {
				forward = "~PLB*1234567893*20221231*FB:T3*-65"
			}
			for order, payments := range map[string][]payment{
				"in order":                    {{trace: "T3", amount: test.cash, body: reversal + "~" + test.correction + forward}},
				"correction first":            {{trace: "T3", amount: test.cash, body: test.correction + "~" + reversal + forward}},
				"correction first, two files": {{trace: "T4", amount: test.amount, method: map[string]string{"0": "NON"}[test.amount], body: test.correction}, {trace: "T3", amount: "0", body: reversal + "~PLB*1234567893*20221231*FB:T3*-65"}},
			} {
				w := newWorld(t)
				c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
				w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: `CLP*A1*1*500*300*75*MB*ICN1~SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`})
				w.secondary("A2", c, "CAID")
				w.receive(answer)
				for _, p := range payments {
					p.payer = "CAID"
					w.receive(p)
				}
				w.expect(name+", "+order, test.want)
				book := w.balances()
				for _, trace := range []string{"T3", "T4"} { // which payment said it, and what it left to recover, differ by nature
					book = strings.ReplaceAll(book, trace, "T")
				}
				if strings.Contains(order, "two files") {
					continue
				}
				books[order] = book
			}
			if books["in order"] != books["correction first"] {
				t.Errorf("in order:\n%s\ncorrection first:\n%s", books["in order"], books["correction first"])
			}
		})
	}
}

// A claim that a person finds later may be the one that others waited for.
func TestMatchBringsWhatOthersWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "50", body: `CLP*LOST*1*100*50*30*MB*ICN1~SVC*HC:99213*100*50~CAS*CO*45*20~CAS*PR*2*30`})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: `CLP*A1*2*100*15*5*12*ICN2~SVC*HC:99213*100*15~CAS*CO*45*80~CAS*PR*3*5~REF*6R*A1L1`})
	w.expect("one waits", map[string]string{"2010": "-50", "1100": "80", "4100": "0"})
	w.matched("T1", 1, "A1", false)
	w.expect("matched", map[string]string{"2010": "0", "1100": "0", "1110": "5", "4100": "30"})
	if got := w.text(`SELECT source_key FROM journal_entry WHERE practice_id = $1 AND source_key LIKE '%|LATER|%'`); got != "835|1411111111|T2|CLP|1|LATER|835|1422222222|T1|CLP|1|MATCH" {
		t.Errorf("posted under %s", got)
	}
}
