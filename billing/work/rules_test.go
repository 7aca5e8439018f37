package work

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// has reports whether one of the items contains all the words.
func has(items []string, words ...string) bool {
	for _, item := range items {
		all := true
		for _, w := range words {
			all = all && strings.Contains(item, w)
		}
		if all {
			return true
		}
	}
	return false
}

// A CO that is not contractual, with nothing paid, is a denial that stays in
// A/R, whatever CLP02 says.
func TestDenialStaysInReceivables(t *testing.T) {
	for _, carc := range []string{"50", "16", "97", "29", "18", "197", "999"} {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100", "40")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*1*140*0**12*ICN1~
			SVC*HC:99213*100*0~CAS*CO*` + carc + `*100~REF*6R*A1L1~LQ*HE*N130~
			SVC*HC:81002*40*0~CAS*CO*` + carc + `*40~REF*6R*A1L2`})
		w.expect(carc, map[string]string{"1100": "140", "4100": "0", "4120": "0", "1110": "0", "1050": "0"})
		if got := w.state("A1"); got != "denied" {
			t.Errorf("CO-%s: state %s", carc, got)
		}
		if items := w.items("denied"); len(items) != 1 || !has(items, "140.00", "CO-"+carc, "N130") {
			t.Errorf("CO-%s: items %v", carc, items)
		}
		if due := w.text(`SELECT due_on::text FROM work_item WHERE practice_id = $1 AND kind = 'denied'`); due != day.AddDays(120).String() {
			t.Errorf("appeal until %s", due)
		}
	}
}

// CLP02 = 4 says nothing: a line that only has a contractual part and a
// deductible is not denied.
func TestStatusFourIsNoDenial(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*4*100*0*80*12*ICN1~
		SVC*HC:99213*100*0~CAS*CO*45*20~CAS*PR*1*80~REF*6R*A1L1`})
	w.expect("deductible", map[string]string{"1100": "0", "1110": "80", "4100": "20"})
	if got := w.state("A1"); got != "paid" || len(w.items("denied")) != 0 {
		t.Errorf("state %s, items %v", got, w.items("denied"))
	}
}

// With something paid, what is not contractual stays in A/R for a person.
func TestUnknownAdjustmentBesidePaymentStays(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*1*100*60**12*ICN1~
		SVC*HC:99213*100*60~CAS*CO*45*20**222*15~CAS*PI*45*5~REF*6R*A1L1`})
	w.expect("partly", map[string]string{"1100": "20", "4100": "20", "1050": "60"})
	if items := w.items("adjustment"); w.state("A1") != "partly-paid" || !has(items, "20.00", "CO-222", "PI-45") {
		t.Errorf("state %s, items %v", w.state("A1"), items)
	}
}

// The map is data: a practice's rule for a payer, or for all, goes before the
// default.
func TestTreatmentRules(t *testing.T) {
	w := newWorld(t)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO payer_rule (practice_id, payer_id, kind, group_code, code, treatment) VALUES
			($1, $2, 'treatment', 'CO', '97', 'contractual'), ($1, 0, 'treatment', 'PR', '1', 'reduction')`, w.practice, w.payers["PPO"])
		return err
	})
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*1*100*0*30*12*ICN1~
		SVC*HC:99213*100*0~CAS*CO*97*70~CAS*PR*1*30~REF*6R*A1L1`})
	w.expect("ruled", map[string]string{"1100": "0", "4100": "70", "4110": "30", "1110": "0"})
}

// Sequestration, withhold, tax and capitation are not contractual.
func TestReductionsHaveAccountsOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "40", body: `CLP*A1*1*100*40**12*ICN1~
		SVC*HC:99213*100*40~CAS*CO*45*20**253*2**104*8**105*5**24*25~REF*6R*A1L1`})
	w.expect("reductions", map[string]string{"1100": "0", "4100": "20", "4110": "2", "1160": "8", "1170": "5", "4160": "25", "1050": "40"})
}

// The lines of a managed-care claim add up to more than was paid: the claim's
// own CAS lowers each line's posted payment, and cash is exactly CLP04.
func TestClaimLevelAdjustmentLowersTheLines(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "800", "400")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "695", body: `CLP*A1*1*1200*695*400*12*ICN1~CAS*CO*A2*55.00~
		SVC*HC:99213*800*500~CAS*PR*1*300~REF*6R*A1L1~
		SVC*HC:81002*400*250~CAS*PR*1*100~CAS*CO*45*50~REF*6R*A1L2`})
	w.expect("managed care", map[string]string{"1100": "0", "1110": "400", "4100": "105", "1050": "695"})
	for i, want := range []string{"463.33", "231.67"} { // 500 − 36.67 and 250 − 18.33, cents by largest remainder
		if got := w.sum(`SELECT sum(amount)::bigint FROM transfer WHERE practice_id = $1 AND debit_account = '1050' AND credit_service_line_id = $2`, w.claims["A1"].lines[i]); got != cents(t, want) {
			t.Errorf("line %d was paid %s, want %s", i+1, got, want)
		}
	}
}

// Who may not be billed: what is theirs by PR stays with the payer.
func TestProtectedPatients(t *testing.T) {
	for _, test := range []struct {
		name      string
		coverages []coverage
		payer     string
		extra     string
		pr        string
		patient   string // what reaches 1110
	}{
		{"Qualified Medicare Beneficiary without Medicaid here", []coverage{{"CARE", true}}, "CARE", "", "PR*2*20", "0"},
		{"Qualified Medicare Beneficiary, another payer", []coverage{{"PPO", true}}, "PPO", "", "PR*2*20", "0"},
		{"Medicare patient", []coverage{{"CARE", false}}, "CARE", "", "PR*2*20", "20"},
		{"Medicaid coinsurance", []coverage{{"CAID", false}}, "CAID", "", "PR*2*20", "0"},
		{"Medicaid's own copay", []coverage{{"CAID", false}}, "CAID", "", "PR*3*20", "20"},
		{"the remark code says so", []coverage{{"PPO", false}}, "PPO", "~LQ*HE*N782", "PR*2*20", "0"},
		{"OA-209", []coverage{{"PPO", false}}, "PPO", "~CAS*OA*209*0", "PR*2*20", "0"},
		{"eligibility code", []coverage{{"PPO", false}}, "PPO", "", "PR*22*20", "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", test.coverages, "100")
			w.receive(payment{payer: test.payer, trace: "T1", amount: "60", body: `CLP*A1*1*100*60*20*12*ICN1~
				SVC*HC:99213*100*60~CAS*CO*45*20~CAS*` + test.pr + `~REF*6R*A1L1` + test.extra})
			left := "20"
			if test.patient != "0" {
				left = "0"
			}
			w.expect("posted", map[string]string{"1110": test.patient, "1100": left})
			if left == "20" && len(w.items("adjustment")) == 0 {
				t.Error("nobody is told")
			}
		})
	}
}

// A payer may split a line, drop a modifier, change the procedure, or return the
// claim without lines: each is matched and explained.
func TestMatchingLines(t *testing.T) {
	for _, test := range []struct{ name, body, reason, claim string }{
		{"no control numbers", `SVC*HC:99213*100*80~DTM*472*20220205~CAS*CO*45*20~SVC*HC:81002*40*40~DTM*472*20220205`, "procedure, modifiers, date and charge", "120"},
		{"other modifier", `SVC*HC:99213:25*100*80~DTM*472*20220205~CAS*CO*45*20~SVC*HC:81002*40*40~DTM*472*20220205`, "procedure, date and charge; the payer dropped or changed a modifier", "120"},
		{"changed procedure", `SVC*HC:99212*100*80***HC:99213~DTM*472*20220205~CAS*CO*45*20~SVC*HC:81002*40*40~DTM*472*20220205`, "the procedure we submitted, which the payer changed", "120"},
		{"changed, not said", `SVC*HC:99212*100*80~DTM*472*20220205~CAS*CO*45*20~SVC*HC:81002*40*40~DTM*472*20220205`, "the only line with that date and charge", "120"},
		{"split", `SVC*HC:99213*60*50~CAS*CO*45*10~REF*6R*A1L1~SVC*HC:99213*40*30~CAS*CO*45*10~REF*6R*A1L1~SVC*HC:81002*40*40~REF*6R*A1L2`, "line control number", "120"},
		{"line left out", `SVC*HC:99213*100*80~CAS*CO*45*20~REF*6R*A1L1`, "line control number", "120"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100", "40")
			w.receive(payment{payer: "PPO", trace: "T1", amount: test.claim, body: "CLP*A1*1*140*" + test.claim + "**12*ICN1~" + test.body})
			w.expect("matched", map[string]string{"1100": "0", "4100": "20", "1050": test.claim})
			if got := w.text(`SELECT match_reason FROM remittance_line WHERE practice_id = $1 ORDER BY line_seq LIMIT 1`); got != test.reason {
				t.Errorf("matched by %q, want %q", got, test.reason)
			}
			if n := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1100' AND amount <> 0`); n != 0 {
				t.Errorf("%d lines are left open", n)
			}
		})
	}
}

func TestClaimWithoutLines(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "90", body: `CLP*A1*1*150*90*30*12*ICN1~CAS*CO*45*30~CAS*PR*2*30`})
	w.expect("by charge", map[string]string{"1100": "0", "1110": "30", "4100": "30", "1050": "90"})
	if n := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1100' AND amount <> 0`); n != 0 {
		t.Errorf("%d lines are left open", n)
	}
}

// Shares of a claim that cannot be divided evenly leave no cent on a line.
func TestClaimWithoutLinesLeavesNoCent(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "1", "1", "1")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "1", body: `CLP*A1*1*3*1*1*12*ICN1~CAS*CO*45*1~CAS*PR*2*1`})
	w.expect("by charge", map[string]string{"1100": "0", "1110": "1", "4100": "1", "1050": "1"})
	if n := w.count(`SELECT count(*) FROM subledger_balance WHERE practice_id = $1 AND account = '1100' AND amount <> 0`); n != 0 {
		t.Errorf("%d lines are left open", n)
	}
}

// An unknown line does not stop the claim: it posts to the claim as a whole, and
// a person is told.
func TestUnknownLine(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "7", body: `CLP*A1*1*33*7**12*ICN1~SVC*HC:J1100*33*7~CAS*CO*45*26`})
	w.expect("claim level", map[string]string{"1050": "7", "1100": "67", "4100": "26"})
	if !has(w.items("unmatched"), "match no line") {
		t.Errorf("items %v", w.items("unmatched"))
	}
}

// An unknown claim's cash waits, so that the deposit ties out; a negative one is
// the mirror. The others post.
func TestUnmatchedClaims(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "130", body: `CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1~
		CLP*ZZ9*1*70*50*20*12*ICN2~SVC*HC:99213*70*50~CAS*PR*2*20~
		CLP*ZZ8*22*-20*-20**12*ICN3~SVC*HC:99213*-20*-20`})
	w.expect("unmatched", map[string]string{"1050": "130", "1100": "0", "2010": "-30", "1110": "0"})
	if items := w.items("unmatched"); len(items) != 2 || !has(items, "50.00", "ZZ9") {
		t.Errorf("items %v", items)
	}
	if got := w.text(`SELECT posted || ' ' || unmatched FROM remittance WHERE practice_id = $1`); got != "1 2" {
		t.Errorf("posted and unmatched: %s", got)
	}
}

// Two payments of the same amount on the same day are two payments; the same
// payment in another envelope is one.
func TestIdentityOfAPayment(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	one := payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*1*100*60**12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*40~REF*6R*A1L1`}
	two := payment{payer: "PPO", trace: "T2", amount: "60", control: "000000002", body: `CLP*A2*1*100*60**12*ICN2~SVC*HC:99213*100*60~CAS*CO*45*40~REF*6R*A2L1`}
	w.receive(one)
	w.receive(two)
	w.expect("two", map[string]string{"1050": "120", "1100": "0"})
	again := one
	again.control = "000000003"
	w.receive(again)
	w.expect("again", map[string]string{"1050": "120", "1100": "0"})
	if n := w.count(`SELECT count(*) FROM remittance WHERE practice_id = $1`); n != 2 {
		t.Errorf("%d remittances, want 2", n)
	}
	other := one
	other.amount, other.body = "70", `CLP*A1*1*100*70**12*ICN1~SVC*HC:99213*100*70~CAS*CO*45*30~REF*6R*A1L1`
	w.receive(other)
	w.expect("same trace, other content", map[string]string{"1050": "120", "1100": "0"})
	if items := w.items("quarantine"); len(items) != 1 || !has(items, "T1", "$60.00 then, $70.00 now") {
		t.Errorf("items %v", items)
	}
}

// Zero payments reuse traces: their content tells them apart.
func TestZeroPaymentsReuseTraces(t *testing.T) {
	w := newWorld(t)
	for i := range 2 {
		number := fmt.Sprint("A", i+1)
		w.claim(number, []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*` + number + `*1*100*0*100*12*ICN1~SVC*HC:99213*100*0~CAS*PR*1*100~REF*6R*` + number + `L1`})
	}
	w.expect("both", map[string]string{"1110": "200", "1100": "0"})
}

// What does not balance is quarantined whole, with the equation; so is what is
// not ours to post. The book stays as it was.
func TestQuarantine(t *testing.T) {
	good := `CLP*A1*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`
	for _, test := range []struct {
		name string
		p    payment
		want string
	}{
		{"line", payment{amount: "60", body: strings.Replace(good, "CO*45*20", "CO*45*19", 1)}, "SVC02 100.00 − SVC03 60.00 = 40.00, but the line's CAS add up to 39.00"},
		{"claim", payment{amount: "61", body: strings.Replace(good, "100*60*20", "100*61*20", 1)}, "CLP03 100.00 − CLP04 61.00 = 39.00"},
		{"payment", payment{amount: "61", body: good}, "ΣCLP04 60.00 − ΣPLB 0.00 = 60.00, but BPR02 is 61.00"},
		{"negative BPR02", payment{amount: "-40", body: `CLP*A1*22*-40*-40**12*ICN1~SVC*HC:99213*-40*-40`}, "BPR02"},
		{"no CLP amount", payment{amount: "60", body: strings.Replace(good, "*1*100*60*", "*1*abc*60*", 1)}, "CLP"},
		{"another practice", payment{amount: "60", payee: "1999999984", body: good}, "practice HILL of this book"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.tx(func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO practice (code, name, npi, tin, address1, city, state, zip) VALUES ('HILL', 'Hill', '1999999984', '987654321', 'x', 'y', 'MN', '55802')`)
				return err
			})
			w.claim("A1", []coverage{{payer: "PPO"}}, "100")
			before := w.count(`SELECT count(*) FROM journal_entry WHERE practice_id = $1`)
			test.p.payer, test.p.trace = "PPO", "T1"
			w.receive(test.p)
			if reason := w.text(`SELECT reason FROM remittance WHERE practice_id = $1 AND state = 'quarantined'`); !strings.Contains(reason, test.want) {
				t.Errorf("reason %q, want %q", reason, test.want)
			}
			if n := w.count(`SELECT count(*) FROM journal_entry WHERE practice_id = $1`); n != before || w.state("A1") != "accepted" {
				t.Errorf("%d entries were posted, claim is %s", n-before, w.state("A1"))
			}
			if len(w.items("quarantine")) != 1 {
				t.Errorf("items %v", w.items("quarantine"))
			}
			// The corrected payment under the same trace posts.
			w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: good})
			w.expect("corrected", map[string]string{"1050": "60", "1110": "20", "1100": "0"})
		})
	}
}

// A payment that is cut short at any segment posts nothing.
func TestTruncatedPayment(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	whole := w.file(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	end := strings.Index(whole, "~\nSE*")
	start := strings.Index(whole, "ST*835")
	for cut := start + 12; cut <= end; cut += 7 {
		w.receiveFile(whole[:cut])
	}
	w.expect("cut", map[string]string{"1050": "0", "1100": "100"})
	if n := w.count(`SELECT count(*) FROM remittance WHERE practice_id = $1 AND state <> 'quarantined'`); n != 0 {
		t.Errorf("%d pieces were posted", n)
	}
	w.receiveFile(whole)
	w.expect("whole", map[string]string{"1050": "60", "1110": "20"})
}

// A payee that nobody knows: all its cash waits under the trace, with one item.
func TestUnknownPayee(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "55", payee: "1777777778", body: `CLP*A1*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1~
		PLB*1777777778*20221231*WO:X*5`})
	w.expect("unknown payee", map[string]string{"1050": "55", "2010": "-55", "1100": "100", "1110": "0"})
	if items := w.items("unmatched"); len(items) != 1 || !has(items, "55.00", "payee") {
		t.Errorf("items %v", items)
	}
}

func TestPrenotificationAndEstimatePostNothing(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receiveFile(strings.Replace(w.file(payment{payer: "PPO", trace: "T1", amount: "0", body: ""}), "BPR*I*", "BPR*P*", 1))
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", method: "NON", body: `CLP*A1*25*100*0*20*12*ICN1~SVC*HC:99213*100*0~CAS*OA*101*80~CAS*PR*2*20~REF*6R*A1L1`})
	w.expect("nothing", map[string]string{"1050": "0", "1100": "100", "1110": "0"})
	if got := w.state("A1"); got != "accepted" {
		t.Errorf("state %s", got)
	}
}

// Forwarded claims are not billed again, and the next payer's answer finds its
// place under the first payer's claim number.
func TestCrossover(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: `CLP*A1*19*100*60*20*MB*ICN1~NM1*TT*2*NORTHERN PPO*****PI*PPO~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	if got := w.state("A1"); got != "forwarded" || w.owes("PPO", 2) != 20_00 {
		t.Errorf("state %s, the PPO owes %s", got, w.owes("PPO", 2))
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: `CLP*A1*2*100*15*5*12*ICN9~SVC*HC:99213*100*15~CAS*OA*23*80~CAS*PR*3*5~REF*6R*A1L1`})
	w.expect("crossed over", map[string]string{"1050": "75", "1100": "0", "1110": "5", "4100": "20"})
	if got := w.state("A1"); got != "paid" {
		t.Errorf("state %s", got)
	}
}

// Every status of a forwarded claim (19, 20, 21, 23) means that another payer has
// it: its share is that payer's, and nobody builds a claim for it again.
func TestForwardedClaimsAreNotBilledAgain(t *testing.T) {
	for status, forwarded := range map[string]bool{"19": true, "20": true, "21": true, "23": true, "1": false} {
		t.Run(status, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
			var asked []int64
			w.tx(func(ctx context.Context, tx pgx.Tx) error {
				content := w.file(payment{payer: "CARE", trace: "T1", amount: "60", body: `CLP*A1*` + status + `*100*60*20*MB*ICN1~NM1*TT*2*NORTHERN PPO*****PI*PPO~
					SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
				f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "a", ReceivedOn: w.today}, strings.NewReader(content))
				if err != nil {
					return err
				}
				p := poster{ctx: ctx, tx: tx, args: jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: int64(strings.Index(content, "ST*")), ReceivedOn: w.today},
					enqueue: func(args ...jobs.Args) {
						for _, a := range args {
							asked = append(asked, a.(jobs.COBBuildArgs).ClaimIDs...)
						}
					}}
				return p.run()
			})
			w.expect("posted", map[string]string{"1050": "60", "1100": "20", "1110": "0", "4100": "20"})
			if got := w.owes("PPO", 2); got != 20_00 {
				t.Errorf("the PPO owes %s, want 20", got)
			}
			if got := len(asked) == 0; got != forwarded {
				t.Errorf("claims are built for %v", asked)
			}
			if got := w.state("A1"); (got == "forwarded") != forwarded {
				t.Errorf("state %s", got)
			}
		})
	}
}

// A paper check is a receipt that waits for the deposit.
func TestPaperCheck(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "4711", amount: "100", method: "CHK", body: `CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1`})
	w.expect("check", map[string]string{"1050": "0", "1010": "100", "1100": "0"})
}

// Paid below the contract: a person compares.
func TestUnderpaid(t *testing.T) {
	w := newWorld(t)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO contract_rate (practice_id, payer_id, procedure_code, effective_from, allowed) VALUES ($1, $2, '99213', '2020-01-01', 8000)`, w.practice, w.payers["PPO"])
		return err
	})
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "50", body: `CLP*A1*1*100*50*20*12*ICN1~SVC*HC:99213*100*50~CAS*CO*45*30~CAS*PR*2*20~REF*6R*A1L1`})
	if items := w.items("underpaid"); !has(items, "10.00", "99213 allowed $70.00, contract $80.00") {
		t.Errorf("items %v", items)
	}
}
