package work

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/billing/statementpdf"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

// A copay taken at the desk waits for its visit and applies itself when the
// balance appears; what is left of it then is free.
func TestPrepaidCopay(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	r := w.pay(billingdb.PatientPayment{Key: "R1", Amount: 25_00, Purpose: billing.ForCopay, Visit: "VA1"})
	if r.Held != 25_00 || r.Applied != 0 || r.Number != 1 {
		t.Errorf("receipt %+v", r)
	}
	w.expect("held", map[string]string{"1010": "25", "2000": "-25", "1110": "0"})
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	w.expect("applied", map[string]string{"1010": "25", "2000": "-5", "1110": "0", "1100": "0"})
	if got := w.sum(`SELECT amount FROM subledger_balance WHERE practice_id = $1 AND account = '2000' AND reference = ''`); got != -5_00 {
		t.Errorf("free credit %s, want 5", got)
	}
}

func TestPatientPaymentKeys(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	first := w.pay(billingdb.PatientPayment{Key: "R1", Amount: 15_00})
	again := w.pay(billingdb.PatientPayment{Key: "R1", Amount: 15_00, ReceivedOn: w.today.AddDays(1)})
	if !again.Known || again.Number != first.Number || again.Applied != 15_00 {
		t.Errorf("again: %+v", again)
	}
	w.expect("once", map[string]string{"1010": "15", "1110": "5"})
	second := w.pay(billingdb.PatientPayment{Key: "R2", Amount: 15_00}) // two equal payments are two
	if second.Known || second.Applied != 5_00 || second.Held != 10_00 {
		t.Errorf("second: %+v", second)
	}
	w.expect("twice", map[string]string{"1010": "30", "1110": "0", "2000": "-10"})
	for code, p := range map[string]billingdb.PatientPayment{
		"CB-PAYMENT-008": {Key: "R1", Amount: 16_00},
		"CB-PAYMENT-005": {Key: "R3", Amount: 1, Account: "NOBODY"},
		"CB-PAYMENT-006": {Key: "R3", Amount: 1, Visit: "NONE"},
		"CB-PAYMENT-002": {Key: "R3", Amount: -1},
		"CB-PAYMENT-004": {Key: "R3", Amount: 1, Purpose: billing.ForCopay},
	} {
		err := w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
			_, err := w.recordPayment(context.Background(), tx, p)
			return err
		})
		if fault.CodeOf(err) != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	w.expect("refused", map[string]string{"1010": "30", "2000": "-10"})
}

// run selects statements as of a day and returns them by account.
func (w *world) statements(on date.Date) (map[string]billing.Selection, []billing.Statement) {
	w.t.Helper()
	found := map[string]billing.Selection{}
	var list []billing.Statement
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		var runID int64
		if err := tx.QueryRow(ctx, `INSERT INTO job_run (practice_id, kind) VALUES ($1, 'statements') RETURNING id`, w.practice).Scan(&runID); err != nil {
			return err
		}
		selections, ids, err := SelectStatements(ctx, tx, w.practice, runID, on)
		if err != nil {
			return err
		}
		for _, s := range selections {
			found[s.Account] = s
		}
		stored, err := billingdb.Statements(ctx, tx, w.practice, ids)
		for _, s := range stored {
			list = append(list, s.Content)
		}
		return err
	})
	w.verify()
	return found, list
}

// One reason for everyone who is included and everyone who is left out.
func TestStatementSelection(t *testing.T) {
	w := newWorld(t)
	for i, coverages := range [][]coverage{{{payer: "PPO"}}, {{payer: "PPO"}}, {{payer: "PPO"}}, {{payer: "CAID"}}, {{payer: "PPO"}}, {{payer: "PPO"}}} {
		w.claim([]string{"A1", "A2", "A3", "A4", "A5", "A6"}[i], coverages, "100")
	}
	pr := func(number, pr string) string {
		rest := (cents(t, "80") - cents(t, pr)).X12()
		return `CLP*` + number + `*1*100*` + rest + `*` + pr + `*12*I` + number + `~SVC*HC:99213*100*` + rest + `~CAS*CO*45*20~CAS*PR*2*` + pr + `~REF*6R*` + number + `L1~`
	}
	w.receive(payment{payer: "PPO", trace: "T1", amount: "237", body: pr("A1", "20") + pr("A2", "3") + pr("A5", "30") + pr("A6", "30")})
	w.receive(payment{payer: "CAID", trace: "T2", amount: "60", body: pr("A4", "20")})
	w.pay(billingdb.PatientPayment{Key: "R5", Amount: 40_00, Account: "P005"})
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE guarantor SET hold = 'dispute' WHERE practice_id = $1 AND account = 'GP006'`, w.practice)
		return err
	})
	found, list := w.statements(w.today)
	for account, want := range map[string]string{
		"GP001": "owes $20.00 for 1 visit",
		"GP002": "under the minimum of $5.00",
		"GP003": "insurance pending: $100.00 is with the payer",
		"GP004": "protected from billing: Medicaid or Qualified Medicare Beneficiary",
		"GP005": "has a credit of $10.00",
		"GP006": "in dispute: nobody duns what is disputed",
	} {
		if got := found[account]; got.Reason != want || got.Included != (account == "GP001") {
			t.Errorf("%s: %q, want %q", account, got.Reason, want)
		}
	}
	if len(list) != 1 {
		t.Fatalf("%d statements", len(list))
	}
	s := list[0]
	line := s.Visits[0].Lines[0]
	if line.Charge != 100_00 || line.InsurancePaid != 60_00 || line.Adjustments != 20_00 || line.Owed != 20_00 ||
		len(line.Shares) != 1 || line.Shares[0] != (billing.PatientShare{Reason: "coinsurance", Amount: 20_00}) || s.Visits[0].Provider != "Okafor" {
		t.Errorf("line %+v of %+v", line, s.Visits[0])
	}
	// A second run on the day, and one within the cycle, say so.
	for _, on := range []date.Date{w.today, w.today.AddDays(20)} {
		if again, _ := w.statements(on); !strings.HasPrefix(again["GP001"].Reason, "had a statement on 2022-03-07") {
			t.Errorf("on %s: %q", on, again["GP001"].Reason)
		}
	}
}

// The dunning level is the lower of the level by days and the last level + 1; a
// new visit never inherits a final notice.
func TestDunning(t *testing.T) {
	first := date.MustParse("2022-01-01")
	for _, test := range []struct{ days, last, want int }{
		{0, 0, 1}, {29, 1, 1}, {30, 1, 2}, {65, 1, 2}, {65, 2, 3}, {95, 3, 4}, {119, 4, 4}, {120, 4, 5}, {400, 1, 2}, {400, 5, 5},
	} {
		h := billing.VisitHistory{First: first, LastLevel: test.last}
		if test.last == 0 {
			h = billing.VisitHistory{}
		}
		if got := billing.LevelOf(h, first.AddDays(test.days)); got != test.want {
			t.Errorf("day %d after level %d: level %d, want %d", test.days, test.last, got, test.want)
		}
	}
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	for i, day := range []int{0, 30, 61, 92, 125} {
		_, list := w.statements(w.today.AddDays(day))
		if len(list) != 1 || list[0].Level != i+1 {
			t.Fatalf("day %d: %d statements, level %+v", day, len(list), list)
		}
	}
	if items := w.items("statement"); len(items) != 0 {
		t.Errorf("collections before the final notice went unanswered: %v", items)
	}
	w.statements(w.today.AddDays(160))
	if items := w.items("statement"); !has(items, "20.00", "VA1", "final notice") {
		t.Errorf("items %v", items)
	}
}

// A frozen statement survives the database and prints the same bytes.
func TestStatementIsFrozen(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.receive(payment{payer: "PPO", trace: "T1", amount: "60", body: paid60})
	_, list := w.statements(w.today)
	first, _, err := statementpdf.Render(&list[0])
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(list[0])
	if err != nil {
		t.Fatal(err)
	}
	var again billing.Statement
	if err := json.Unmarshal(content, &again); err != nil {
		t.Fatal(err)
	}
	second, _, err := statementpdf.Render(&again)
	if err != nil || string(first) != string(second) {
		t.Errorf("a reprint differs (%v)", err)
	}
}

// A refund comes out of the free credit only, once, and is owed until it is sent.
func TestPatientRefund(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "R1", Amount: 30_00})
	w.pay(billingdb.PatientPayment{Key: "R2", Amount: 25_00, Purpose: billing.ForCopay, Visit: "VA1"})
	refund := func(r billingdb.PatientRefund) (bool, error) {
		r.Account, r.Reason, r.On, r.Actor = "P001", "moved away", day, "ann"
		var known bool
		err := w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) (err error) {
			known, err = billingdb.RefundPatient(context.Background(), tx, w.practice, r)
			return err
		})
		return known, err
	}
	if _, err := refund(billingdb.PatientRefund{Key: "F1", Amount: 31_00}); fault.CodeOf(err) != "CB-REFUND-003" {
		t.Errorf("more than the free credit: %v", err)
	}
	if known, err := refund(billingdb.PatientRefund{Key: "F1", Amount: 10_00}); known || err != nil {
		t.Errorf("refund: %v %v", known, err)
	}
	w.expect("owed", map[string]string{"2000": "-45", "2200": "-10", "1000": "0"})
	if known, err := refund(billingdb.PatientRefund{Key: "F1", Amount: 10_00}); !known || err != nil {
		t.Errorf("again: %v %v", known, err)
	}
	if _, err := refund(billingdb.PatientRefund{Key: "F1", Amount: 11_00}); fault.CodeOf(err) != "CB-REFUND-002" {
		t.Errorf("another under the same key: %v", err)
	}
	if _, err := refund(billingdb.PatientRefund{Key: "F2", Amount: 20_00, Sent: true}); err != nil {
		t.Error(err)
	}
	w.expect("sent", map[string]string{"2000": "-25", "2200": "-10", "1000": "-20", "1010": "55"})
	for _, again := range []bool{false, true} { // what was owed is sent later, once
		if known, err := refund(billingdb.PatientRefund{Key: "F1", Amount: 10_00, Sent: true}); known != again || err != nil {
			t.Errorf("sent later: %v %v", known, err)
		}
	}
	w.expect("all sent", map[string]string{"2000": "-25", "2200": "0", "1000": "-30", "1010": "55"})
	w.verify()
}

// A refund that waits to be sent is blocked when the check that it comes from
// is returned: the money never was there.
func TestRefundOfAReturnedCheck(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "PPO"}}, "100")
	w.pay(billingdb.PatientPayment{Key: "C1", Amount: 30_00, Method: "check", Reference: "1044"})
	refund := func(key string, amount money.Cents, sent bool) error {
		return w.db.Tx(context.Background(), postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
			_, err := billingdb.RefundPatient(context.Background(), tx, w.practice, billingdb.PatientRefund{Key: key, Account: "P001", Amount: amount, Sent: sent,
				Reason: "paid twice", On: day, Actor: "ann"})
			return err
		})
	}
	if err := refund("F1", 30_00, false); err != nil {
		t.Fatal(err)
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := billingdb.ReturnPayment(ctx, tx, w.practice, billingdb.ReturnedPayment{Key: "C1", Reason: "insufficient funds", On: day, Actor: "ann"})
		return err
	})
	if err := refund("F1", 30_00, true); fault.CodeOf(err) != "CB-REFUND-004" {
		t.Errorf("a refund of a returned check: %v", err)
	}
	w.expect("blocked", map[string]string{"1000": "0", "1010": "0", "1110": "0", "2000": "0", "2200": "0"})
	// Good money that comes later is refunded as ever.
	w.pay(billingdb.PatientPayment{Key: "C2", Amount: 20_00})
	if err := refund("F2", 20_00, true); err != nil {
		t.Error(err)
	}
	w.expect("sent", map[string]string{"1000": "-20", "1010": "20", "2000": "0", "2200": "0"})
	w.verify()
}
