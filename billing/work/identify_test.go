package work

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// A payer that returns another claim number than ours: the control numbers of
// the lines (REF*6R) lead to the claim, if they all name the same one.
func TestClaimFoundByItsLines(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*LOST*1*100*60*20*12*ICN1~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	w.expect("by its line", map[string]string{"1050": "60", "2010": "0", "1110": "20", "4100": "20", "1100": "100"})
	if got := w.text(`SELECT match_reason FROM remittance_claim WHERE practice_id = $1`); got != "line control number: the payer returned another claim number" {
		t.Errorf("matched by %q", got)
	}

	// Its reversal and the correction in one payment drop the number too.
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: `CLP*LOST*22*-100*-60**12*ICN1~
		SVC*HC:99213*-100*-60~CAS*CO*45*-20~CAS*PR*2*-20~REF*6R*A1L1~
		CLP*GONE*1*100*70*10*12*ICN2~SVC*HC:99213*100*70~CAS*CO*45*20~CAS*PR*2*10~REF*6R*A1L1`})
	w.expect("corrected", map[string]string{"1050": "70", "2010": "0", "1110": "10", "4100": "20", "1100": "100"})

	// Two claims at once, and a line that we never sent: a person decides.
	w.receive(payment{payer: "PPO", trace: "T3", amount: "20", body: `CLP*LOST*1*200*10**12*ICN3~
		SVC*HC:99213*100*5~CAS*CO*45*95~REF*6R*A1L1~SVC*HC:99213*100*5~CAS*CO*45*95~REF*6R*A2L1~
		CLP*LOST*1*100*10**12*ICN4~SVC*HC:99213*100*10~CAS*CO*45*90~REF*6R*A2L9`})
	w.expect("ambiguous", map[string]string{"2010": "-20", "1100": "100"})
	if n := len(w.items("unmatched")); n != 2 {
		t.Errorf("%d unmatched items, want 2", n)
	}
}

// A tax id that two payers share says nothing of which of them pays; the name or
// the identifier does.
func TestPayersOfOneTaxID(t *testing.T) {
	w := newWorld(t)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO payer (practice_id, code, name, payer_identifier, tin, filing_code, kind, partner_id)
			SELECT practice_id, 'AAA', 'Southern PPO', 'AAA', tin, filing_code, kind, partner_id FROM payer WHERE practice_id = $1 AND code = 'PPO'`, w.practice)
		return err
	})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "10", body: `PLB*1234567893*20221231*CT:X*-10`})
	if n := w.count(`SELECT count(*) FROM remittance WHERE practice_id = $1 AND payer_id IS NULL`); n != 1 {
		t.Errorf("a shared tax id was taken for %s", w.text(`SELECT p.code FROM remittance r JOIN payer p ON p.practice_id = r.practice_id AND p.id = r.payer_id WHERE r.practice_id = $1`))
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE payer SET name = 'PPO of the North' WHERE practice_id = $1 AND code = 'PPO'`, w.practice)
		return err
	})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "10", body: `PLB*1234567893*20221231*CT:X*-10`})
	if got := w.text(`SELECT coalesce((SELECT p.code FROM remittance r JOIN payer p ON p.practice_id = r.practice_id AND p.id = r.payer_id
		WHERE r.practice_id = $1 AND r.trace = 'T2'), 'nobody')`); got != "PPO" {
		t.Errorf("by its name it is %s, want PPO", got)
	}
}

// A write-off of two claims in one entry is taken back for a claim once, however
// often that claim is reversed.
func TestSharedWriteOffIsTakenBackOnce(t *testing.T) {
	w := newWorld(t)
	a, b := w.claim("A1", []coverage{{payer: "PPO"}}, "100"), w.claim("A2", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "0", amount: "0", method: "NON", body: `CLP*A1*4*100*0**12*ICN1~SVC*HC:99213*100*0~CAS*CO*50*100~REF*6R*A1L1`})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		e := ledger.Entry{PostingDate: day, Kind: "write-off", SourceKey: "decision|D1", Actor: "ann"}
		for _, c := range []*sent{a, b} {
			e.Move(ledger.Key{Account: ledger.DenialWriteOffs}, ledger.Key{Account: ledger.ARInsurance, ServiceLineID: c.lines[0], PayerID: w.payers["PPO"], PayerRank: 1}, 100_00,
				ledger.Dimensions{ClaimID: c.id, ByteOffset: -1})
		}
		_, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{e})
		return err
	})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "70", body: `CLP*A1*22*-100*0**12*ICN1~SVC*HC:99213*-100*0~CAS*CO*50*-100~REF*6R*A1L1~` + paid70})
	w.expect("overturned", map[string]string{"1100": "0", "4120": "100", "1110": "10"})
	w.receive(payment{payer: "PPO", trace: "T3", amount: "0", body: reversal70 + "~" + paid50 + "~PLB*1234567893*20221231*FB:T3*-20"})
	w.expect("corrected again", map[string]string{"1100": "0", "4120": "100", "1110": "30"})
}

// The credit of a secondary that answered before the primary is no item any
// more once the primary's answer has come.
func TestCreditItemClosesWhenTheCreditIsGone(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "20", body: `CLP*A1*2*100*20**12*ICN1~SVC*HC:99213*100*20~CAS*OA*23*80~REF*6R*A1L1`})
	if items := w.items("credit"); !has(items, "20.00", "overpaid") {
		t.Fatalf("items %v", items)
	}
	w.receive(payment{payer: "CARE", trace: "T2", amount: "60", body: `CLP*A1*19*100*60*20*MB*ICN2~NM1*TT*2*PPO*****PI*PPO~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	w.expect("settled", map[string]string{"1100": "0", "1050": "80", "4100": "20"})
	if items := w.items("credit"); len(items) != 0 {
		t.Errorf("still open: %v", items)
	}
}

// A claim forwarded to a payer that the book does not know: until that payer has
// answered nobody bills the patient.
func TestForwardedToAnUnknownPayer(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: `CLP*A1*19*100*60*20*MB*ICN1~NM1*TT*2*OTHER PLAN*****PI*OTHER~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	w.expect("forwarded", map[string]string{"1100": "20", "1110": "0", "4100": "20", "1050": "60"})
	if items := w.items("secondary"); len(items) != 1 || !has(items, "20.00", "not among the patient's coverages") {
		t.Errorf("items %v", items)
	}
	if got := w.state("A1"); got != "forwarded" {
		t.Errorf("state %s", got)
	}
}

// An estimate posts nothing to the claim; money that comes with one waits for a
// person, so that the deposit ties out.
func TestEstimateWithMoney(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: `CLP*A1*25*100*60*20*12*ICN1~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	w.expect("estimate", map[string]string{"1100": "100", "1110": "0", "4100": "0", "1050": "60", "2010": "-60"})
	if items := w.items("unmatched"); !has(items, "60.00", "an estimate that comes with money") {
		t.Errorf("items %v", items)
	}
}

// A payer that got the claim by crossover leaves its share to the one behind it,
// not to the patient.
func TestCrossoverWithAThirdPayer(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}, {payer: "CAID"}}, "100")
	w.receive(payment{payer: "CARE", trace: "T1", amount: "60", body: `CLP*A1*19*100*60*20*MB*ICN1~NM1*TT*2*PPO*****PI*PPO~
		SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A1L1`})
	w.receive(payment{payer: "PPO", trace: "T2", amount: "15", body: `CLP*A1*2*100*15*5*12*ICN2~SVC*HC:99213*100*15~CAS*OA*23*80~CAS*PR*2*5~REF*6R*A1L1`})
	w.expect("left to the third", map[string]string{"1100": "5", "1110": "0", "1050": "75", "4100": "20"})
	if got := w.owes("CAID", 3); got != 5_00 {
		t.Errorf("Medicaid owes %s, want 5.00", got)
	}
	if items := w.items("secondary"); len(items) != 1 || !has(items, "5.00", "further payer") {
		t.Errorf("items %v", items)
	}
}

// Interest in the PLB that the claims do not speak of is said of the payment and
// stops nothing.
func TestFindingsPostAndAreSaid(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	content := w.file(payment{payer: "PPO", trace: "T1", amount: "61.5", body: paid60 + "~PLB*1234567893*20221231*L6:X*-1.5"})
	var said string
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "odd.835", ReceivedOn: w.today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		at := int64(strings.Index(content, "ST*835"))
		if _, err := exchangedb.PutTransactions(ctx, tx, w.practice, f.ID, []exchangedb.Transaction{{ByteOffset: at, Seq: 1, Kind: "835", State: exchangedb.Waiting}}); err != nil {
			return err
		}
		if err := PostPayment(ctx, tx, jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: at, ReceivedOn: w.today}); err != nil {
			return err
		}
		list, err := exchangedb.Transactions(ctx, tx, w.practice, f.ID)
		said = list[0].Outcome
		return err
	})
	w.expect("posted", map[string]string{"1050": "61.5", "4200": "-1.5"})
	if !strings.HasPrefix(said, "payment T1 posted: 1 claims; odd about it: ") || !strings.Contains(said, "-1.50") {
		t.Errorf("said %q", said)
	}
}
