package work

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/date"
)

const notCovered27 = `CLP*A1*4*150*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*27*100~REF*6R*A1L1~SVC*HC:81002*50*0~CAS*CO*27*50~REF*6R*A1L2`

func (w *world) ended(claim string, on date.Date) func(d *Desk) (Decided, error) {
	return func(d *Desk) (Decided, error) { return d.CoverageEnded(EndedCoverage{Claim: claim, On: on}) }
}

// An insurance that had ended: Dr 1110 / Cr 1100 of what it still owes. The
// answered claim is closed, its denial is done, and the coverage asks no more.
func TestCoverageEnded(t *testing.T) {
	before := day.AddDays(-31) // of the services
	t.Run("denied, the patient owes it", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100", "50")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: notCovered27})
		w.refuses("CB-DECIDE-COVERED", w.ended("A1", day.AddDays(-30)))
		w.refuses("CB-DECIDE-COVERED", w.ended("A1", date.MustParse("2019-12-31"))) // it began later than that
		w.refuses("CB-CLAIM-002", w.ended("A9", before))
		w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00})
		out := w.decides(w.ended("A1", before))
		if out.Amount != 150_00 || out.Sources[0] != "decision|coverage-ended|A1" {
			t.Errorf("%+v", out)
		}
		w.expect("ended", map[string]string{"1100": "0", "1110": "120", "2000": "0", "4120": "0", "1010": "30"})
		if w.state("A1") != "closed" || len(w.items("denied")) != 0 {
			t.Errorf("state %s, items %v", w.state("A1"), w.items("denied"))
		}
		if got := w.text(`SELECT effective_to::text FROM coverage WHERE practice_id = $1`); got != before.String() {
			t.Errorf("the coverage ends on %s", got)
		}
		w.refuses("CB-DECIDE-002", w.ended("A1", before.AddDays(-1)))
	})
	t.Run("the payer takes its answer back", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*27*100~REF*6R*A1L1`})
		w.decides(w.ended("A1", before))
		w.receive(payment{payer: "PPO", trace: "T2", amount: "70", control: "000000002",
			body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*27*-100~REF*6R*A1L1~` + paid70})
		w.expect("paid after all", corrected)
		if got := w.reversedOf("835|1411111111|T2|CLP|1|UNDO|decision|coverage-ended|A1"); got != "decision|coverage-ended|A1" {
			t.Errorf("takes back %s", got)
		}
	})
	t.Run("not answered yet", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.decides(w.ended("A1", before))
		w.expect("ended", map[string]string{"1100": "0", "1110": "100"})
		if w.state("A1") != "accepted" {
			t.Errorf("state %s: its answer is still to come", w.state("A1"))
		}
		w.refuses("CB-DECIDE-002", w.ended("A1", before.AddDays(-1)))
	})
	t.Run("never in adjudication", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}}, "100")
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE claim SET state = 'ready' WHERE practice_id = $1`, w.practice)
			return err
		})
		w.decides(w.ended("A1", before))
		if w.state("A1") != "voided" {
			t.Errorf("state %s", w.state("A1"))
		}
	})
	t.Run("the next payer", func(t *testing.T) {
		w := newWorld(t)
		w.claim("A1", []coverage{{payer: "PPO"}, {payer: "CARE"}}, "100")
		w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*27*100~REF*6R*A1L1`})
		w.decides(w.ended("A1", before))
		if w.owes("PPO", 1) != 0 || w.owes("CARE", 2) != 100_00 || w.account("1110") != 0 {
			t.Errorf("PPO owes %s, Medicare %s, the patient %s", w.owes("PPO", 1), w.owes("CARE", 2), w.account("1110"))
		}
		if !has(w.items("secondary"), "100.00", "is the first now") {
			t.Errorf("items %v", w.items("secondary"))
		}
	})
}

// Patients who may not be billed owe nothing because another insurance ended.
func TestCoverageEndedOfAProtectedPatient(t *testing.T) {
	before := day.AddDays(-31)
	for name, test := range map[string]struct {
		coverages []coverage
		body      string
		ends      string // claim whose coverage had ended
	}{
		"Qualified Medicare Beneficiary":  {[]coverage{{payer: "CARE", qmb: true}, {payer: "PPO"}}, "", "B1"},
		"Medicaid is asked beside it":     {[]coverage{{payer: "CAID"}, {payer: "PPO"}}, "", "B1"},
		"the payer's remark protects":     {[]coverage{{payer: "PPO"}}, `CLP*A1*4*100*0**12*ICN1~MOA***N781~SVC*HC:99213*100*0~CAS*CO*27*100~REF*6R*A1L1`, "A1"},
		"the payer's OA-209 protects":     {[]coverage{{payer: "PPO"}}, `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*OA*209*100~REF*6R*A1L1`, "A1"},
		"a remark of the line, of others": {[]coverage{{payer: "PPO"}}, `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*27*100~REF*6R*A1L1~LQ*HE*N783`, "A1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.claim("A1", test.coverages, "100")
			if test.ends == "B1" { // the first one has left its share to the second
				w.receive(payment{payer: test.coverages[0].payer, trace: "T1", amount: "60", body: paid60})
				w.secondary("B1", c, "PPO")
			} else {
				w.receive(payment{payer: "PPO", trace: "T1", amount: "0", method: "NON", body: test.body})
			}
			w.refuses("CB-DECIDE-PROTECTED", w.ended(test.ends, before))
			w.expect("refused", map[string]string{"1110": "0"})
		})
	}
}

// The amounts of a visit whose insurance was found later: what the patient owes
// and has paid goes to the payer, what was written off stays.
func TestCoverageFoundMoves(t *testing.T) {
	c := &billing.Claim{ID: 9, Number: "C9", PayerID: 7, Rank: 1, PatientID: 5}
	line := func(id int64) billing.ClaimLine { return billing.ClaimLine{ServiceLineID: id} }
	e := billing.CoverageFound(c, []billing.FoundLine{
		{Line: line(1), Owed: 70_00, Paid: 30_00}, // 100 charged, 30 paid
		{Line: line(2), Owed: 0, Paid: 0},         // 50 charged, all of it written off
		{Line: line(3), Owed: 5_00, Paid: 10_00},  // 20 charged, 10 paid, 5 written off
	})
	changes := e.Changes()
	for id, want := range map[int64]int64{1: 100_00, 3: 15_00} {
		for key, amount := range changes {
			if key.ServiceLineID == id && key.Account == "1100" && int64(amount) != want {
				t.Errorf("line %d: %s", id, amount)
			}
		}
	}
	if len(e.Transfers) != 2 {
		t.Errorf("%+v", e.Transfers)
	}
}
