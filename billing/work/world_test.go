package work

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/ledgerdb/hledgertest"
)

// world is a small practice on a database of its own: three payers, and claims
// that were sent.
type world struct {
	t        testing.TB
	db       *postgres.DB
	practice int64
	payers   map[string]int64 // PPO, CARE (Medicare), CAID (Medicaid)
	provider int64
	today    date.Date
	patients int
	claims   map[string]*sent
	partial  bool // the world has balances without their charges: the ledger's own proof is not asked
}

// sent is a claim as the payer has it.
type sent struct {
	id, patient, guarantor, encounter int64
	payer                             string
	rank                              int16
	visit                             string
	lines                             []int64 // service lines
	charges                           []money.Cents
}

var day = date.MustParse("2022-03-07")

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), payers: map[string]int64{}, today: day, claims: map[string]*sent{}}
	t.Cleanup(w.prove)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `INSERT INTO practice (code, name, npi, tin, address1, city, state, zip, fixed_date)
			VALUES ('LAKE', 'Lakeside Family Medicine', '1234567893', '361234567', '12 Shore Rd', 'Duluth', 'MN', '55802', $1) RETURNING id`, day).Scan(&w.practice); err != nil {
			return err
		}
		if err := ledgerdb.SeedAccounts(ctx, tx, w.practice); err != nil {
			return err
		}
		var partner int64
		if err := tx.QueryRow(ctx, `INSERT INTO trading_partner (practice_id, code, name, sender_id, receiver_id, receiver_name, contact_name, contact_phone)
			VALUES ($1, 'CH', 'Clearing', 'LAKE', 'CH', 'Clearing', 'Ann', '2185550100') RETURNING id`, w.practice).Scan(&partner); err != nil {
			return err
		}
		for _, p := range []struct {
			code, name, tin, kind string
			bills                 bool
		}{{"PPO", "Northern PPO", "411111111", "commercial", true}, {"CARE", "Medicare B", "422222222", "medicare", true}, {"CAID", "State Medicaid", "433333333", "medicaid", false}} {
			var id int64
			if err := tx.QueryRow(ctx, `INSERT INTO payer (practice_id, code, name, payer_identifier, tin, filing_code, kind, partner_id, bills_patient)
				VALUES ($1, $2, $3, $2, $4, 'CI', $5, $6, $7) RETURNING id`, w.practice, p.code, p.name, p.tin, p.kind, partner, p.bills).Scan(&id); err != nil {
				return err
			}
			w.payers[p.code] = id
		}
		return tx.QueryRow(ctx, `INSERT INTO provider (practice_id, code, role, organization, last_name, npi) VALUES ($1, 'DR', 'rendering', false, 'Okafor', '1497758544') RETURNING id`,
			w.practice).Scan(&w.provider)
	})
	return w
}

func (w *world) tx(fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.db.Tx(ctx, postgres.RoleWork, w.practice, func(tx pgx.Tx) error { return fn(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// coverage is a payer of a patient, in order of rank.
type coverage struct {
	payer string
	qmb   bool
}

// claim makes a patient with coverages, a visit with lines of the charges, and
// its claim to the first payer as sent and accepted, with the charges posted.
func (w *world) claim(number string, coverages []coverage, charges ...string) *sent {
	w.t.Helper()
	s := &sent{visit: "V" + number, payer: coverages[0].payer, rank: 1}
	w.patients++
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		account := fmt.Sprintf("P%03d", w.patients)
		if err := tx.QueryRow(ctx, `INSERT INTO guarantor (practice_id, account, last_name, first_name, address1, city, state, zip)
			VALUES ($1, $2, 'Lindqvist', 'Maja', '4 Pine St', 'Duluth', 'MN', '55803') RETURNING id`, w.practice, "G"+account).Scan(&s.guarantor); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO patient (practice_id, account, guarantor_id, last_name, first_name, birth_date, sex)
			VALUES ($1, $2, $3, 'Lindqvist', 'Maja', '1950-05-05', 'F') RETURNING id`, w.practice, account, s.guarantor).Scan(&s.patient); err != nil {
			return err
		}
		var first int64
		for i, c := range coverages {
			var id int64
			if err := tx.QueryRow(ctx, `INSERT INTO coverage (practice_id, patient_id, payer_id, rank, member_id, effective_from, qmb)
				VALUES ($1, $2, $3, $4, 'M1', '2020-01-01', $5) RETURNING id`, w.practice, s.patient, w.payers[c.payer], i+1, c.qmb).Scan(&id); err != nil {
				return err
			}
			if i == 0 {
				first = id
			}
		}
		hash := sha256.Sum256([]byte(number))
		if err := tx.QueryRow(ctx, `INSERT INTO encounter (practice_id, external_id, content_hash, content, state, patient_id, rendering_provider_id, service_date, received_on)
			VALUES ($1, $2, $3, '{}', 'claimed', $4, $5, $6, $6) RETURNING id`, w.practice, s.visit, hash[:], s.patient, w.provider, w.today.AddDays(-30)).Scan(&s.encounter); err != nil {
			return err
		}
		return w.sendClaim(ctx, tx, s, number, first, 1, charges)
	})
	w.claims[number] = s
	return s
}

func (w *world) sendClaim(ctx context.Context, tx pgx.Tx, s *sent, number string, coverageID int64, rank int, charges []string) error {
	total := money.Cents(0)
	var amounts []money.Cents
	for _, c := range charges {
		amount := cents(w.t, c)
		amounts = append(amounts, amount)
		total += amount
	}
	if err := tx.QueryRow(ctx, `INSERT INTO claim (practice_id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, state, charge, service_date,
			rendering_provider_id, snapshot) VALUES ($1, $2, $3, $4, $5, $6, $7, 'accepted', $8, $9, $10, '{}') RETURNING id`,
		w.practice, number, s.encounter, s.patient, w.payers[s.payer], coverageID, rank, total, w.today.AddDays(-30), w.provider).Scan(&s.id); err != nil {
		return err
	}
	var entries []ledger.Entry
	for i, amount := range amounts {
		if rank == 1 {
			var line int64
			if err := tx.QueryRow(ctx, `INSERT INTO service_line (practice_id, encounter_id, line_no, procedure_code, units, charge, service_date, description, charge_version)
				VALUES ($1, $2, $3, $4, 1, $5, $6, $7, 1) RETURNING id`, w.practice, s.encounter, i+1, procedure(i), amount, w.today.AddDays(-30), fmt.Sprintf("Service %d", i+1)).Scan(&line); err != nil {
				return err
			}
			s.lines, s.charges = append(s.lines, line), append(s.charges, amount)
			e := ledger.Entry{PostingDate: w.today.AddDays(-30), Kind: "charge", SourceKey: fmt.Sprintf("charge|%s|%d|1", s.visit, i+1), Actor: "test"}
			e.Move(ledger.Key{Account: ledger.ARInsurance, ServiceLineID: line, PayerID: w.payers[s.payer], PayerRank: 1},
				ledger.Key{Account: ledger.GrossCharges}, amount, ledger.Dimensions{ClaimID: s.id, GuarantorID: s.guarantor, ByteOffset: -1})
			entries = append(entries, e)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, units, charge, service_date)
			VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)`, w.practice, s.id, i+1, s.lines[i], fmt.Sprintf("%sL%d", number, i+1), procedure(i), amount, w.today.AddDays(-30)); err != nil {
			return err
		}
	}
	_, err := ledgerdb.Post(ctx, tx, w.practice, entries)
	return err
}

// secondary makes the claim to the patient's second payer, as sent.
func (w *world) secondary(number string, primary *sent, payer string) *sent {
	w.t.Helper()
	s := *primary
	s.payer, s.rank = payer, 2
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		var id int64
		if err := tx.QueryRow(ctx, `SELECT id FROM coverage WHERE practice_id = $1 AND patient_id = $2 AND rank = 2`, w.practice, s.patient).Scan(&id); err != nil {
			return err
		}
		var charges []string
		for _, c := range primary.charges {
			charges = append(charges, c.String())
		}
		return w.sendClaim(ctx, tx, &s, number, id, 2, charges)
	})
	w.claims[number] = &s
	return &s
}

func procedure(i int) string { return []string{"99213", "81002", "36415", "93000"}[i%4] }

func cents(t testing.TB, s string) money.Cents {
	t.Helper()
	c, err := money.ParseString(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return c
}

// payment is an 835 with one payment, in shorthand.
type payment struct {
	payer, trace, amount string
	method               string // ACH when empty
	control              string // ISA13, ST02
	payee                string // NPI; this practice's when empty
	body                 string // segments from LX to the last PLB, separated by ~ and new lines
}

// file returns the payment as X12.
func (w *world) file(p payment) string {
	tin := map[string]string{"PPO": "411111111", "CARE": "422222222", "CAID": "433333333"}[p.payer]
	if tin == "" {
		tin = "499999999"
	}
	if p.method == "" {
		p.method = "ACH"
	}
	if p.control == "" {
		p.control = "000000001"
	}
	if p.payee == "" {
		p.payee = "1234567893"
	}
	body := []string{
		"ST*835*" + p.control[5:],
		"BPR*I*" + p.amount + "*C*" + p.method + "************" + w.today.X12(),
		"TRN*1*" + p.trace + "*1" + tin,
		"DTM*405*" + w.today.X12(),
		"N1*PR*" + p.payer + " OF THE NORTH",
		"N1*PE*LAKESIDE*XX*" + p.payee,
		"LX*1",
	}
	for _, s := range strings.Split(p.body, "~") {
		if s = strings.TrimSpace(s); s != "" {
			body = append(body, s)
		}
	}
	body = append(body, fmt.Sprintf("SE*%d*%s", len(body)+1, p.control[5:]))
	all := append([]string{
		"ISA*00*          *00*          *ZZ*CH             *ZZ*LAKE           *220307*1200*^*00501*" + p.control + "*0*P*:",
		"GS*HP*CH*LAKE*20220307*1200*1*X*005010X221A1"}, body...)
	all = append(all, "GE*1*1", "IEA*1*"+p.control)
	return strings.Join(all, "~\n") + "~\n"
}

// receive stores the payment's file and posts it.
func (w *world) receive(p payment) {
	w.t.Helper()
	w.receiveFile(w.file(p))
}

func (w *world) receiveFile(content string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error { return w.post(ctx, tx, content) })
	w.verify()
}

// post stores a file and posts its payments in the caller's transaction.
func (w *world) post(ctx context.Context, tx pgx.Tx, content string) error {
	f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "test.835", ReceivedOn: w.today}, strings.NewReader(content))
	if err != nil {
		return err
	}
	for offset := 0; ; {
		next := strings.Index(content[offset:], "ST*835")
		if next < 0 {
			return nil
		}
		offset += next
		if err := PostPayment(ctx, tx, jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: int64(offset), ReceivedOn: w.today}); err != nil {
			return err
		}
		offset++
	}
}

// account returns the balance of a whole account, debits less credits.
func (w *world) account(code string) money.Cents {
	w.t.Helper()
	return w.sum(`SELECT coalesce(sum(amount), 0)::bigint FROM posting WHERE practice_id = $1 AND account = $2`, code)
}

// owes returns what a payer of a rank owes for a claim's lines.
func (w *world) owes(payer string, rank int) money.Cents {
	w.t.Helper()
	return w.sum(`SELECT coalesce(sum(amount), 0)::bigint FROM posting WHERE practice_id = $1 AND account = '1100' AND payer_id = $2 AND payer_rank = $3`, w.payers[payer], rank)
}

func (w *world) sum(query string, args ...any) (amount money.Cents) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query, append([]any{w.practice}, args...)...).Scan(&amount)
	})
	return amount
}

func (w *world) text(query string, args ...any) (s string) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query, append([]any{w.practice}, args...)...).Scan(&s)
	})
	return s
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query, append([]any{w.practice}, args...)...).Scan(&n)
	})
	return n
}

// items returns the open work items of a kind, as "amount reason".
func (w *world) items(kind string) []string {
	w.t.Helper()
	var list []string
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT (amount / 100.0)::numeric(12,2) || ' ' || reason FROM work_item WHERE practice_id = $1 AND kind = $2 AND state = 'open' ORDER BY id`, w.practice, kind)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return list
}

// state returns a claim's state.
func (w *world) state(number string) string {
	w.t.Helper()
	return w.text(`SELECT state FROM claim WHERE practice_id = $1 AND number = $2`, number)
}

// expect compares balances: account code → amount, debits less credits.
func (w *world) expect(when string, balances map[string]string) {
	w.t.Helper()
	for code, want := range balances {
		if got := w.account(code); got != cents(w.t, want) {
			w.t.Errorf("%s: account %s holds %s, want %s", when, code, got, want)
		}
	}
}

// prove asks the ledger's own proof of every invariant at the end of a test, and
// has hledger add up the book.
func (w *world) prove() {
	if w.partial {
		return
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		proofs, err := ledgerdb.Verify(ctx, tx, w.practice, nil)
		for _, p := range proofs {
			if !p.Holds() {
				w.t.Errorf("verify %s: %v", p.Name, p.Examples)
			}
		}
		return err
	})
	if err := hledgertest.Compare(context.Background(), w.db, w.practice); err != nil {
		w.t.Error(err)
	}
}

// verify proves what must always hold, by its own sums.
func (w *world) verify() {
	w.t.Helper()
	if n := w.count(`SELECT count(*) FROM (
			SELECT account, service_line_id, payer_id, payer_rank, patient_id, reference, sum(amount) AS amount FROM posting WHERE practice_id = $1
			  AND account IN (SELECT code FROM account WHERE practice_id = $1 AND keyed_by <> '{}') GROUP BY 1,2,3,4,5,6
			EXCEPT SELECT account, service_line_id, payer_id, payer_rank, patient_id, reference, amount FROM subledger_balance WHERE practice_id = $1) x WHERE amount <> 0`); n != 0 {
		w.t.Errorf("%d sub-ledger balances differ from their postings", n)
	}
	if n := w.count(`SELECT count(*) FROM remittance r WHERE practice_id = $1 AND state = 'posted' AND amount <>
			(SELECT coalesce(sum(CASE WHEN p.account = '1050' THEN p.amount ELSE 0 END), 0) FROM posting p
			 JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id
			 WHERE p.practice_id = r.practice_id AND e.kind <> 'check' AND (starts_with(e.source_key, r.source_key || '|CLP|') OR starts_with(e.source_key, r.source_key || '|PLB|')))`); n != 0 {
		w.t.Errorf("%d payments whose posted cash is not BPR02", n)
	}
	if n := w.count(`SELECT count(*) FROM remittance_claim c JOIN remittance r ON r.practice_id = c.practice_id AND r.id = c.remittance_id WHERE c.practice_id = $1 AND r.state = 'posted'
			AND c.paid <> (SELECT coalesce(sum(p.amount), 0) FROM posting p JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id
			 WHERE p.practice_id = c.practice_id AND e.source_key = r.source_key || '|CLP|' || c.seq AND p.account = '1050')`); n != 0 {
		w.t.Errorf("%d claims whose posted cash is not CLP04", n)
	}
}
