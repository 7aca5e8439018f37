package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

const (
	paid60     = `CLP*A1*1*100*60*20*12*ICN1~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`
	reversal60 = `CLP*A1*22*-100*-60**12*ICN1~SVC*HC:99213*-100*-60~CAS*CO*45*-20~CAS*PR*2*-20~REF*6R*A1L1`
	paid70     = `CLP*A1*1*100*70*10*12*ICN2~SVC*HC:99213*100*70~CAS*CO*45*20~CAS*PR*2*10~REF*6R*A1L1`
	reversal70 = `CLP*A1*22*-100*-70**12*ICN2~SVC*HC:99213*-100*-70~CAS*CO*45*-20~CAS*PR*2*-10~REF*6R*A1L1`
	paid50     = `CLP*A1*1*100*50*30*12*ICN3~SVC*HC:99213*100*50~CAS*CO*45*20~CAS*PR*2*30~REF*6R*A1L1`
)

var corrected = map[string]string{"1050": "70", "1100": "0", "1110": "10", "4100": "20", "2000": "0", "2010": "0"}

// reversedOf says which source key the entry under a key takes back.
func (w *world) reversedOf(key string) string {
	w.t.Helper()
	return w.text(`SELECT coalesce((SELECT o.source_key FROM journal_entry e JOIN journal_entry o ON o.practice_id = e.practice_id AND o.id = e.reverses
		WHERE e.practice_id = $1 AND e.source_key = $2), 'nothing')`, key)
}

// A correction comes as reversal and new answer: in one file, in two, in either
// order. The book ends the same.
func TestReversalAndCorrection(t *testing.T) {
	first := payment{payer: "PPO", trace: "T1", amount: "60", body: paid60}
	for name, next := range map[string][]payment{
		"one file":         {{trace: "T2", amount: "10", body: reversal60 + "~" + paid70}},
		"correction first": {{trace: "T2", amount: "10", body: paid70 + "~" + reversal60}},
		"two files":        {{trace: "T2", amount: "0", body: reversal60 + "~PLB*1234567893*20221231*FB:T2*-60"}, {trace: "T3", amount: "10", body: paid70 + "~PLB*1234567893*20221231*FB:T2*60"}},
		"two files, correction first": {{trace: "T2", amount: "70", body: paid70},
			{trace: "T3", amount: "0", body: reversal60 + "~PLB*1234567893*20221231*FB:T3*-60"}, {trace: "T4", amount: "0", body: "PLB*1234567893*20221231*FB:T3*60~PLB*1234567893*20221231*CT:X*-60"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100")
			w.receive(first)
			for _, p := range next {
				p.payer = "PPO"
				w.receive(p)
			}
			want := map[string]string{}
			for k, v := range corrected {
				want[k] = v
			}
			if strings.Contains(name, "correction first") && strings.Contains(name, "two") {
				want["1050"] = "130" // 60 + 70, and the capitation that pays for the recoupment
			}
			w.expect(name, want)
			if got := w.account(ledger.PayerRecoupment); got != 0 {
				t.Errorf("2100 holds %s", got)
			}
			if n := w.count(`SELECT count(*) FROM journal_entry e JOIN journal_entry o ON o.practice_id = e.practice_id AND o.id = e.reverses
				WHERE e.practice_id = $1 AND e.kind = 'reversal' AND o.source_key = '835|1411111111|T1|CLP|1'`); n != 1 {
				t.Errorf("the original is reversed %d times", n)
			}
			if items := append(w.items("credit"), w.items("adjustment")...); len(items) > 0 && name == "one file" {
				t.Errorf("items %v", items)
			}
			if got := w.state("A1"); got != "paid" {
				t.Errorf("state %s", got)
			}
		})
	}
}

// The second reversal takes back the first correction, not the original and not
// what is newest.
func TestReversedTwice(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: reversal60 + "~" + paid70})
	w.receive(payment{payer: "PPO", trace: "T3", amount: "0", body: reversal70 + "~" + paid50 + "~PLB*1234567893*20221231*FB:T3*-20"})
	w.expect("twice", map[string]string{"1050": "70", "1100": "0", "1110": "30", "4100": "20", "2100": "-20"})
	for key, want := range map[string]string{"835|1411111111|T2|CLP|1": "835|1411111111|T1|CLP|1", "835|1411111111|T3|CLP|1": "835|1411111111|T2|CLP|2"} {
		if got := w.reversedOf(key); got != want {
			t.Errorf("%s takes back %s, want %s", key, got, want)
		}
	}
}

// All in one payment: the answer, its reversal and the correction.
func TestReversalOfTheSamePayment(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "70", body: paid60 + "~" + reversal60 + "~" + paid70})
	w.expect("one payment", corrected)
	if got := w.reversedOf("835|1411111111|T1|CLP|2"); got != "835|1411111111|T1|CLP|1" {
		t.Errorf("takes back %s", got)
	}
}

// Denied, then paid: the reversal of a denial moves nothing but closes its item.
func TestDeniedThenPaid(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*16*100~REF*6R*A1L1`})
	if len(w.items("denied")) != 1 {
		t.Fatalf("items %v", w.items("denied"))
	}
	w.receive(payment{payer: "PPO", trace: "T2", amount: "70", body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*16*-100~REF*6R*A1L1~` + paid70})
	w.expect("paid", corrected)
	if items := w.items("denied"); len(items) != 0 || w.state("A1") != "paid" {
		t.Errorf("items %v, state %s", items, w.state("A1"))
	}
	if n := w.count(`SELECT count(*) FROM remittance_claim WHERE practice_id = $1 AND outcome = 'reversed' AND reverses_seq = 1`); n != 1 {
		t.Errorf("%d reversals are linked", n)
	}
}

// A denial that is taken back after the payment that replaces it has come: the
// book and the claim are those of the payment, whichever file came first.
func TestDeniedThenPaidInAnyOrder(t *testing.T) {
	back := payment{trace: "0", amount: "0", method: "NON", body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*16*-100~REF*6R*A1L1`}
	for name, order := range map[string][]payment{
		"reversal first":              {back, {trace: "T2", amount: "70", body: paid70}},
		"payment first":               {{trace: "T2", amount: "70", body: paid70}, back},
		"payment first, in one":       {{trace: "T2", amount: "70", body: paid70 + "~" + back.body}},
		"payment first, other number": {{trace: "T2", amount: "70", body: paid70}, {trace: "0", amount: "0", method: "NON", body: strings.Replace(back.body, "ICN1", "ICN9", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim("A1", []coverage{{payer: "PPO"}}, "100")
			w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*16*100~REF*6R*A1L1`})
			for _, p := range order {
				p.payer = "PPO"
				w.receive(p)
			}
			w.expect(name, corrected)
			if items := w.items("denied"); len(items) != 0 || w.state("A1") != "paid" {
				t.Errorf("items %v, state %s", items, w.state("A1"))
			}
			if n := w.count(`SELECT count(*) FROM remittance_claim WHERE practice_id = $1 AND reverses_seq = 1`); n != 1 {
				t.Errorf("%d reversals are linked", n)
			}
		})
	}
}

// A reversal whose original is not in the book: cash to 2010 and a person.
func TestReversalWithoutOriginal(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: reversal60 + "~PLB*1234567893*20221231*FB:T2*-60"})
	w.expect("orphan", map[string]string{"1050": "0", "1100": "100", "2010": "60", "2100": "-60"})
	if !has(w.items("unmatched"), "reversal of an answer that is not in this book") {
		t.Errorf("items %v", w.items("unmatched"))
	}
}

// All answers that pay nothing have the same amount: a reversal under another
// number of the payer takes back only what has the same reasons.
func TestReversalOfADenialThatNeverCame(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*1*100*0*100*12*ICN1~SVC*HC:99213*100*0~CAS*PR*1*100~REF*6R*A1L1`})
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*22*-100*0**12*ICN9~SVC*HC:99213*-100*0~CAS*CO*50*-100~REF*6R*A1L1`})
	w.expect("the deductible stands", map[string]string{"1100": "0", "1110": "100"})
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*22*-100*0**12*ICN7~SVC*HC:99213*-100*0~CAS*PR*1*-100~REF*6R*A1L1`})
	w.expect("taken back under a new number", map[string]string{"1100": "100", "1110": "0"})
}

// A reversal that differs from its original posts its own numbers, and the
// difference is said.
func TestReversalDiffers(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "0", body: `CLP*A1*22*-100*-60**12*ICN1~SVC*HC:99213*-100*-60~CAS*CO*45*-40~REF*6R*A1L1~PLB*1234567893*20221231*FB:T2*-60`})
	if !has(w.items("adjustment"), "not the mirror") {
		t.Errorf("items %v", w.items("adjustment"))
	}
	w.expect("differs", map[string]string{"1050": "60", "1110": "20", "4100": "0", "1100": "80"})
}

// The patient has paid before the reversal: the payment becomes a credit after
// the whole payment, never between reversal and correction, and reapplies.
func TestPatientHasPaidBeforeTheReversal(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.pay(billingdb.PatientPayment{Key: "R1", Amount: 20_00})
	w.expect("paid", map[string]string{"1110": "0", "1010": "20"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: reversal60 + "~" + paid70})
	w.expect("corrected", map[string]string{"1050": "70", "1100": "0", "1110": "0", "2000": "-10", "4100": "20"})
	if n := w.count(`SELECT count(*) FROM journal_entry WHERE practice_id = $1 AND kind = 'apply'`); n != 1 {
		t.Errorf("%d applications, want the one at the end", n)
	}
	_ = c
}

// A secondary has paid before the primary takes back its answer: the credit of
// the secondary is a person's.
func TestReversalAfterTheSecondaryPaid(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: paid60})
	w.secondary("B1", c, "PPO")
	w.receive(payment{payer: "PPO", trace: "T2", amount: "20", body: `CLP*B1*2*100*20**12*ICN7~SVC*HC:99213*100*20~CAS*OA*23*80~REF*6R*B1L1`})
	w.expect("settled", map[string]string{"1050": "80", "1100": "0", "4100": "20"})
	w.receive(payment{payer: "CARE", trace: "T3", amount: "20", body: reversal60 + `~CLP*A1*1*100*80**MB*ICN2~SVC*HC:99213*100*80~CAS*CO*45*20~REF*6R*A1L1`})
	w.expect("corrected", map[string]string{"1050": "100", "1100": "-20", "4100": "20"})
	if got := w.owes("PPO", 2); got != -20_00 {
		t.Errorf("the PPO owes %s", got)
	}
	if !has(w.items("credit"), "20.00", "overpaid") {
		t.Errorf("items %v", w.items("credit"))
	}
}

// The secondary's reversal takes back only what its answer had posted: 10 of the
// 435.
func TestReversalOfASecondary(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "CARE"}, {payer: "CAID"}}, "500")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "300", body: `CLP*A1*1*500*300*75*MB*ICN1~SVC*HC:99213*500*300~CAS*CO*45*125~CAS*PR*1*75~REF*6R*A1L1`})
	w.secondary("A2", c, "CAID")
	w.receive(payment{payer: "CAID", trace: "T2", amount: "65", body: `CLP*A2*2*500*65**MC*ICN2~SVC*HC:99213*500*65~CAS*CO*45*435~REF*6R*A2L1`})
	w.receive(payment{payer: "CAID", trace: "T3", amount: "0", body: `CLP*A2*22*-500*-65**MC*ICN2~SVC*HC:99213*-500*-65~CAS*CO*45*-435~REF*6R*A2L1~PLB*1234567893*20221231*FB:T3*-65`})
	w.expect("taken back", map[string]string{"1050": "365", "1100": "75", "4100": "125", "2100": "-65"})
	if items := w.items("adjustment"); len(items) != 0 {
		t.Errorf("items %v", items)
	}
}

// A denial that a person wrote off, then overturned: the write-off is taken back
// with it.
func TestDenialWrittenOffAndOverturned(t *testing.T) {
	w := newWorld(t)
	c := w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*50*100~REF*6R*A1L1`})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		e := ledger.Entry{PostingDate: day, Kind: "write-off", SourceKey: "decision|D1", Actor: "ann"}
		e.Move(ledger.Key{Account: ledger.DenialWriteOffs}, ledger.Key{Account: ledger.ARInsurance, ServiceLineID: c.lines[0], PayerID: w.payers["PPO"], PayerRank: 1}, 100_00,
			ledger.Dimensions{ClaimID: c.id, ByteOffset: -1})
		_, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{e})
		return err
	})
	w.expect("written off", map[string]string{"1100": "0", "4120": "100"})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "70", body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*50*-100~REF*6R*A1L1~` + paid70})
	w.expect("overturned", map[string]string{"1050": "70", "1100": "0", "1110": "10", "4100": "20", "4120": "0"})
	if got := w.reversedOf("835|1411111111|T2|CLP|1|UNDO|decision|D1"); got != "decision|D1" {
		t.Errorf("takes back %s", got)
	}
}

// The period of the original has closed: the reversal posts into the open one,
// linked.
func TestReversalAfterThePeriodClosed(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE period SET state = 'closed' WHERE practice_id = $1 AND month <= '2022-03-01'`, w.practice)
		return err
	})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: reversal60 + "~" + paid70})
	w.expect("corrected", corrected)
	if got := w.text(`SELECT string_agg(DISTINCT posting_date::text, ' ') FROM journal_entry WHERE practice_id = $1 AND source_key LIKE '835|1411111111|T2|%'`); got != "2022-04-01" {
		t.Errorf("posted on %s", got)
	}
	if got := w.reversedOf("835|1411111111|T2|CLP|1"); got != "835|1411111111|T1|CLP|1" {
		t.Errorf("takes back %s", got)
	}
}

// pay records a patient payment of the first patient.
func (w *world) pay(p billingdb.PatientPayment) billingdb.Receipt {
	w.t.Helper()
	var r billingdb.Receipt
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = w.recordPayment(ctx, tx, p)
		return err
	})
	w.verify()
	return r
}

func (w *world) recordPayment(ctx context.Context, tx pgx.Tx, p billingdb.PatientPayment) (billingdb.Receipt, error) {
	if p.Account == "" {
		p.Account = "P001"
	}
	if p.Method == "" {
		p.Method = "cash"
	}
	if p.Purpose == "" {
		p.Purpose = billing.ForBalance
	}
	if p.ReceivedOn == (date.Date{}) {
		p.ReceivedOn = w.today
	}
	p.Actor = "test"
	return billingdb.RecordPayment(ctx, tx, w.practice, p)
}
