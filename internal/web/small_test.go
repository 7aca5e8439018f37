package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/internal/web/webdb"
)

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func dollarsOf(cents int64) string { return dollars(money.Cents(cents)) }

func TestFormats(t *testing.T) {
	today := date.MustParse("2026-03-02")
	for got, want := range map[string]string{
		dollars(-1234_50): "($1,234.50)", dollars(0): "$0.00", count(1234567): "1,234,567", count(-12): "-12", counted(1, "claim", "claims"): "1 claim",
		counted(2000, "claim", "claims"): "2,000 claims", size(999): "999 bytes", size(1234): "1.2 kB", size(5_600_000): "5.6 MB",
		procedure("99213", []string{"25", "GT"}): "99213-25-GT", diagnosis("E119"): "E11.9", diagnosis("I10"): "I10",
		due(today, today): "today", due(today.AddDays(1), today): "tomorrow", due(today.AddDays(-1), today): "1 day late",
		due(today.AddDays(-20), today): "20 days late", due(today.AddDays(5), today): "in 5 days",
		percent(0): "0", percent(0.0001): "0.70", percent(0.5): "50.00", percent(7): "100.00", part(1, 3): "33%", part(1, 0): "",
		sentence("patient-payment"): "Patient payment", capital("élan is 3-5 days_old"): "Élan is 3-5 days_old", capital(""): "", rank(2): "secondary", shortKey("835|1512|EFT1|CLP|3"): "CLP 3", shortKey("payment|x"): "payment|x",
		with(url.Values{"page": {"3"}, "state": {"paid"}, "from": {""}}, "page", "4"): "?page=4&state=paid",
		with(url.Values{"page": {"3"}}, "page", ""):                                   "?",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Every word of the schema has one for people, in the order in which it is met.
func TestEveryStateHasAWord(t *testing.T) {
	f := pgtest.New(t)
	check := func(table, constraint string, words map[string]word) {
		t.Helper()
		var values []string
		err := f.Tx(context.Background(), postgres.RoleOwner, 0, func(tx pgx.Tx) error {
			return tx.QueryRow(context.Background(), `SELECT array_agg(m[1]) FROM (SELECT regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''::text', 'g') AS m
				FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2) x`, table, constraint).Scan(&values)
		})
		if err != nil || len(values) == 0 {
			t.Fatalf("%s %s: %v %v", table, constraint, values, err)
		}
		for _, v := range values {
			if _, ok := words[v]; !ok {
				t.Errorf("%s: %q has no word", constraint, v)
			}
		}
		if len(values) != len(words) {
			t.Errorf("%s: %d values and %d words", constraint, len(values), len(words))
		}
	}
	check("claim", "claim_state_check", claimStateWords)
	check("work_item", "work_item_kind_check", workKindWords)
	check("encounter", "encounter_state_check", encounterStateWords)
	check("remittance", "remittance_state_check", remittanceStateWords)
	check("batch", "batch_state_check", batchStateWords)
	check("edi_file", "edi_file_state_check", fileStateWords)
	check("statement", "statement_state_check", statementStateWords)
	check("patient_payment", "patient_payment_state_check", paymentStateWords)
	check("intake_record", "intake_record_outcome_check", recordOutcomeWords)
	if len(claimStates) != len(claimStateWords) || len(workKinds) != len(workKindWords) {
		t.Error("a state or a kind is missing from its order")
	}
}

func TestAttempts(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a := newAttempts(func() time.Time { return now })
	for range attemptsPerPair - 1 {
		a.failed("rosa", "10.0.0.1")
	}
	if a.wait("rosa", "10.0.0.1") != 0 {
		t.Error("waits before the limit")
	}
	a.failed("rosa", "10.0.0.1")
	if w := a.wait("rosa", "10.0.0.1"); w != attemptWindow {
		t.Errorf("waits %s at the limit", w)
	}
	if a.wait("rosa", "10.0.0.2") != 0 || a.wait("otto", "10.0.0.1") != 0 {
		t.Error("another place or another person waits too")
	}
	now = now.Add(attemptWindow / 2)
	for i := range attemptsPerHost {
		a.failed(string(rune('a'+i)), "10.0.0.3")
	}
	if a.wait("anybody", "10.0.0.3") == 0 {
		t.Error("a host that guesses at everybody does not wait")
	}
	now = now.Add(attemptWindow)
	if a.wait("rosa", "10.0.0.1") != 0 {
		t.Error("waits for ever")
	}
	a.failed("rosa", "10.0.0.1")
	a.succeeded("rosa", "10.0.0.1")
	if len(a.recent("pair\x00rosa\x0010.0.0.1")) != 0 {
		t.Error("success does not forget")
	}
}

func TestLineViewsBalance(t *testing.T) {
	lines := []webdb.ClaimLine{{LineNo: 1, ServiceLineID: 7, Charge: 100_00}}
	move := func(debit, credit string, amount money.Cents) webdb.Transfer {
		return webdb.Transfer{DebitAccount: debit, CreditAccount: credit, DebitLineID: 7, CreditLineID: 7, Amount: amount}
	}
	// The example of the ledger's design: payer 60, contractual 20, patient 20, of which 5 are paid and 15 given up.
	v := lineViews(lines, nil, []webdb.Transfer{move("1100", "4000", 100_00), move("1050", "1100", 60_00), move("4100", "1100", 20_00),
		move("1110", "1100", 20_00), move("1010", "1110", 5_00), move("5000", "1110", 15_00)})[0]
	if v.insurancePaid != 60_00 || v.adjusted != 35_00 || v.patientPaid != 5_00 {
		t.Errorf("paid %s, adjusted %s, patient %s", v.insurancePaid, v.adjusted, v.patientPaid)
	}
	// A reversal takes back what it reverses.
	v = lineViews(lines, nil, []webdb.Transfer{move("1050", "1100", 60_00), move("1100", "1050", 60_00), move("4100", "1100", 20_00), move("1100", "4100", 20_00)})[0]
	if v.insurancePaid != 0 || v.adjusted != 0 {
		t.Errorf("after a reversal: paid %s, adjusted %s", v.insurancePaid, v.adjusted)
	}
}

func TestCreateUser(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	make := func(user, password, role string) (n int64, err error) {
		err = f.db.Tx(ctx, postgres.RoleWork, f.practice, func(tx pgx.Tx) error {
			n, err = CreateUser(ctx, tx, user, "Somebody", password, f.practice, role)
			return err
		})
		return n, err
	}
	for _, c := range []struct{ user, password, role, code string }{
		{"new", "short", "biller", "CB-USER-PASSWORD"}, {"Not Good", "long-enough-password", "biller", "CB-USER-NAME"}, {"new", "long-enough-password", "king", "CB-USER-ROLE"}} {
		if _, err := make(c.user, c.password, c.role); fault.CodeOf(err) != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// A person of another practice joins this one and then chooses between them.
	if _, err := make("otto", "ignored-password", "viewer"); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, serveFixture(t, f))
	if a := b.signIn("otto", fixturePassword); a.path != "/" {
		t.Fatalf("signing in ended at %s", a.path)
	}
	a := b.get("/practices")
	for _, name := range []string{"Maple Grove Family Medicine", "Harbor Street Clinic"} {
		if !strings.Contains(a.body, name) {
			t.Errorf("the practices do not list %s", name)
		}
	}
	if a := b.post("/practices", url.Values{"practice": {id(f.practice)}}); !strings.Contains(a.body, "MAPLE") {
		t.Error("switching does not switch")
	}
	if a := b.get("/claims/" + id(f.claim)); a.StatusCode != http.StatusOK {
		t.Errorf("a claim of the practice switched to: %d", a.StatusCode)
	}
}
