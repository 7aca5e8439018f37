package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// A claim whose lines the payer named by nothing we know has its money under the
// claim's number and its charges on the lines: it is not overpaid.
func TestLinesThatMatchNoneAreNoCredit(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "60", "40")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "70", body: `CLP*A1*1*100*70**12*ICN1~SVC*HC:77777*55*40~CAS*CO*45*15~SVC*HC:88888*45*30~CAS*CO*45*15`})
	if items := w.items("unmatched"); len(items) != 1 {
		t.Errorf("unmatched %v", items)
	}
	if items := w.items("credit"); len(items) != 0 {
		t.Errorf("credits %v", items)
	}
}

// A line that was paid twice is a credit, though another one was denied and is
// still owed.
func TestCreditBesideADenial(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "60", "60")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*1*120*60**12*ICN1~SVC*HC:99213*60*60~REF*6R*A1L1~SVC*HC:81002*60*0~CAS*CO*29*60~REF*6R*A1L2`})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "60", control: "000000002", body: `CLP*A1*1*60*60**12*ICN2~SVC*HC:99213*60*60~REF*6R*A1L1`})
	if items := w.items("credit"); len(items) != 1 || !strings.HasPrefix(items[0], "60.00 ") {
		t.Errorf("credits %v", items)
	}
}

// There is one item about what a payer has overpaid for a visit: it has the amount
// of now, also where the payer's own claim is another one, and is closed when
// nothing is overpaid any more.
func TestOneCreditItemOfTheAmountOfNow(t *testing.T) {
	w := newWorld(t)
	first := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "500")
	primary := `CLP*A1*1*500*300*75*MB*ICN1~SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`
	w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: primary})
	w.secondary("A2", first, "PPO")
	w.receive(payment{payer: "PPO", trace: "T2", amount: "75", body: `CLP*A2*2*500*75**12*ICN2~SVC*HC:99213*500*75~CAS*OA*23*425~REF*6R*A2L1`})
	expect := func(when string, want ...string) {
		t.Helper()
		got := w.items("credit")
		if len(got) != len(want) {
			t.Fatalf("%s: %v, want %v", when, got, want)
		}
		for i := range got {
			if !strings.HasPrefix(got[i], want[i]+" claim A2 ") {
				t.Errorf("%s: %v, want %v", when, got, want)
			}
		}
	}
	expect("paid by both")
	// The primary takes its answer back and pays more: it leaves less to the secondary.
	w.receive(payment{payer: "CARE", trace: "T3", amount: "0", body: `CLP*A1*22*-500*-300**MB*ICN1~SVC*HC:99213*-500*-300~CAS*CO*45*-125~CAS*PR*1*-75~REF*6R*A1L1~PLB*1234567893*20221231*WO:R1*-300`})
	expect("reversed", "75.00")
	w.receive(payment{payer: "CARE", trace: "T4", amount: "40", body: `CLP*A1*1*500*340*35*MB*ICN3~SVC*HC:99213*500*340~CAS*CO*45*125~CAS*PR*1*35~REF*6R*A1L1~PLB*1234567893*20221231*WO:R1*300`})
	expect("corrected", "40.00")
	w.receive(payment{payer: "PPO", trace: "T5", amount: "0", body: `CLP*A2*22*-500*-75**12*ICN2~SVC*HC:99213*-500*-75~CAS*OA*23*-425~REF*6R*A2L1~
		CLP*A2*2*500*35**12*ICN4~SVC*HC:99213*500*35~CAS*OA*23*465~REF*6R*A2L1~PLB*1234567893*20221231*WO:R2*-40`})
	expect("the secondary corrected too")
	w.receive(payment{payer: "PPO", trace: "T6", amount: "20", control: "000000006", body: `CLP*A2*2*500*20**12*ICN5~SVC*HC:99213*500*20~CAS*OA*23*480~REF*6R*A2L1`})
	expect("paid again", "20.00")
	item := w.key("credit")
	w.decides(func(d *Desk) (Decided, error) { return d.Dismiss(item) })
	w.receive(payment{payer: "CARE", trace: "T7", amount: "0", method: "NON", body: `CLP*A1*4*500*0**MB*ICN7~SVC*HC:99213*500*0~CAS*CO*18*500~REF*6R*A1L1`})
	expect("dismissed, and nothing has changed")
	w.receive(payment{payer: "PPO", trace: "T8", amount: "5", control: "000000008", body: `CLP*A2*2*500*5**12*ICN8~SVC*HC:99213*500*5~CAS*OA*23*495~REF*6R*A2L1`})
	expect("dismissed, and more was paid", "25.00")
}

// A reversal closes what its original had asked, and nothing that the correction
// asks, whichever of them comes first.
func TestReversalClosesTheItemsOfItsOriginal(t *testing.T) {
	original := payment{payer: "PPO", trace: "T1", amount: "50", body: `CLP*A1*1*100*50**12*ICN1~SVC*HC:99213*60*50~CAS*CO*45*10~REF*6R*A1L1~SVC*HC:81002*40*0~CAS*CO*29*40~REF*6R*A1L2`}
	reversal := payment{payer: "PPO", trace: "T2", amount: "0", control: "000000002", body: `CLP*A1*22*-100*-50**12*ICN1~SVC*HC:99213*-60*-50~CAS*CO*45*-10~REF*6R*A1L1~SVC*HC:81002*-40*0~CAS*CO*29*-40~REF*6R*A1L2~PLB*1234567893*20221231*WO:R1*-50`}
	correction := payment{payer: "PPO", trace: "T3", amount: "52", control: "000000003", body: `CLP*A1*1*100*52**12*ICN2~SVC*HC:99213*60*52~CAS*CO*45*8~REF*6R*A1L1~SVC*HC:81002*40*0~CAS*CO*97*40~REF*6R*A1L2`}
	for name, order := range map[string][]payment{"reversal first": {original, reversal, correction}, "correction first": {original, correction, reversal}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "60", "40")
			w.tx(func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO contract_rate (practice_id, payer_id, procedure_code, effective_from, allowed) VALUES ($1, $2, $3, $4, 5500)`, w.practice, w.payers["PPO"], procedure(0), w.today.AddDays(-300))
				return err
			})
			for _, p := range order {
				w.receive(p)
			}
			if items := w.items("denied"); len(items) != 1 || !strings.Contains(items[0], "CO-97") {
				t.Errorf("denied %v", items)
			}
			if items := w.items("underpaid"); len(items) != 1 || !strings.HasPrefix(items[0], "3.00 ") {
				t.Errorf("underpaid %v", items)
			}
		})
	}
}

// A payer that was not asked pays our claim: its cash posts against what the asked
// one owes, and a person is asked once for the payment.
func TestAPayerThatWasNotAsked(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	w.claim("A3", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "100")
	w.receive(payment{payer: "CAID", trace: "T1", amount: "220", body: `CLP*A1*1*100*60**12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*40~REF*6R*A1L1~
		CLP*A2*1*100*60**12*ICN2~SVC*HC:99213*100*60~CAS*CO*45*40~REF*6R*A2L1~CLP*A3*2*100*100**12*ICN3~SVC*HC:99213*100*100~REF*6R*A3L1`})
	w.expect("posted", map[string]string{"1050": "220", "4100": "80", "2010": "0"})
	if got := w.owes("PPO", 1); got != 0 {
		t.Errorf("PPO owes %s", got)
	}
	items := w.items("unmatched")
	if len(items) != 1 || !strings.HasPrefix(items[0], "120.00 CAID OF THE NORTH answered claim A1 and 1 more, of which it was not asked") {
		t.Errorf("items %v", items)
	}
	if n := w.count(`SELECT count(*) FROM remittance_claim WHERE practice_id = $1 AND match_reason = $2`, "claim number; another payer was asked, and this one is not behind it"); n != 2 {
		t.Errorf("%d claims say that another payer was asked", n)
	}
	w.refuses("CB-DECIDE-005", func(d *Desk) (Decided, error) { return d.MatchItem(w.key("unmatched"), "A2") })
	item := w.key("unmatched")
	w.decides(func(d *Desk) (Decided, error) { return d.Dismiss(item) })
}

// A denial that a person matched late and that has waited besides is asked about
// once.
func TestMatchedLateAndWaitedIsAskedOnce(t *testing.T) {
	w := newWorld(t)
	first := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "60", "40")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "50", body: `CLP*A1*1*100*50*30*MB*ICN1~SVC*HC:99213*60*30~CAS*CO*45*10~CAS*PR*2*20~REF*6R*A1L1~SVC*HC:81002*40*20~CAS*CO*45*10~CAS*PR*2*10~REF*6R*A1L2`})
	w.secondary("A2", first, "PPO")
	w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: `CLP*A2*2*100*15**12*ICN2~SVC*HC:99213*60*5~CAS*CO*222*15**23*40~REF*6R*A2L1~SVC*HC:81002*40*10~CAS*OA*23*30~REF*6R*A2L2`})
	// Its correction overtakes the reversal, under a number that only a person knows.
	w.receive(payment{payer: "PPO", trace: "T3", amount: "0", method: "NON", control: "000000003", body: `CLP*WHO*2*100*0**12*ICN3~SVC*HC:99213*60*0~CAS*CO*29*60~SVC*HC:81002*40*0~CAS*CO*29*40`})
	item := w.key("unmatched")
	w.decides(func(d *Desk) (Decided, error) { return d.MatchItem(item, "A2") })
	w.receive(payment{payer: "PPO", trace: "T4", amount: "0", control: "000000004", body: `CLP*A2*22*-100*-15**12*ICN2~SVC*HC:99213*-60*-5~CAS*CO*222*-15**23*-40~REF*6R*A2L1~SVC*HC:81002*-40*-10~CAS*OA*23*-30~REF*6R*A2L2~PLB*1234567893*20221231*WO:R1*-15`})
	if items := w.items("denied"); len(items) != 1 {
		t.Errorf("denied %v", items)
	}
}

// The same file again after a person has accepted its payment: nobody says that it
// still waits.
func TestReceivedAgainAfterItWasAccepted(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "100", body: `CLP*A1*1*100*100**12*ICN1~SVC*HC:99213*100*100~REF*6R*A1L1`})
	again := payment{payer: "PPO", trace: "T1", amount: "90", control: "000000002", body: `CLP*A2*1*100*90**12*ICN2~SVC*HC:99213*100*90~CAS*CO*45*10~REF*6R*A2L1`}
	w.receive(again)
	item := w.key("quarantine")
	w.decides(func(d *Desk) (Decided, error) { return d.Accept(item) })
	again.control = "000000003"
	w.receive(again)
	w.expect("accepted once", map[string]string{"1050": "190", "1100": "0"})
	content := strings.ReplaceAll(w.file(again), "000000003", "000000004")
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "again.835", ReceivedOn: w.today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		p := poster{ctx: ctx, tx: tx, args: jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: int64(strings.Index(content, "ST*835")), ReceivedOn: w.today}}
		if err := p.work(); err != nil {
			return err
		}
		if got := p.outcome(); got != "payment T1 was received before and accepted as a payment of its own: nothing to do" {
			t.Errorf("outcome %q", got)
		}
		return nil
	})
}
