package work

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Sizes of the benchmark: the payment, and a book of 100,000 entries before it
// (two charges a claim, an answer and a receipt for each of the earlier ones,
// and some copays that wait).
const (
	benchClaims  = 20_000
	benchEarlier = 14_000
	benchCopays  = 4_000
)

// BenchmarkPostRemittance posts a payment of 20,000 claims with two lines each,
// from the stored file to committed, on a book of 100,000 entries, and reports
// its speed as a ratio to COPY: of the very rows that it wrote, from memory,
// under fresh keys, in one transaction, first into the same tables with all
// their constraints and indexes, then into bare ones.
//
// x-COPY is about every row version that posting wrote; x-COPY-inserts leaves
// out the 20,000 claims that it only updated. x-COPY-processor is x-COPY in
// processor time, this process's and the server's, for when there is other work
// beside (the clock's where there is no /proc).
func BenchmarkPostRemittance(b *testing.B) {
	w := newWorld(b)
	w.partial = true // COPY leaves rows that belong to nothing: the proof is asked before it
	w.fillBook()
	var post, constrained, inserts, bare took
	run := 0
	for b.Loop() {
		run++
		w.makeClaims(fmt.Sprint("R", run), benchClaims)
		content := w.remittance(fmt.Sprint("R", run), benchClaims)
		w.analyze()
		before := w.lastID()
		posting := w.timePosting(content)
		post.add(posting)
		after := w.lastID()
		if got := w.text(`SELECT claims || ' ' || posted || ' ' || unmatched FROM remittance WHERE practice_id = $1 AND id > $2`, before); got != fmt.Sprintf("%d %[1]d 0", benchClaims) {
			b.Fatalf("claims, posted, unmatched: %s", got)
		}
		w.analyze()
		if run == 1 {
			w.partial = false
			w.prove()
			w.partial = true
		}
		rows := w.written(before, after, run)
		full := w.copyIn(rows, "", "")
		less := w.copyIn(w.written(before, after, run+50), "", "claim")
		without := w.copyIn(rows, "_bare", "")
		constrained.add(full)
		inserts.add(less)
		bare.add(without)
		b.Logf("run %d: posting %v, COPY %v, without claims %v, bare %v", run, posting, full, less, without)
	}
	b.ReportMetric(float64(benchClaims*run)/post.clock.Seconds(), "claims/s")
	b.ReportMetric(constrained.clock.Seconds()/post.clock.Seconds(), "x-COPY")
	b.ReportMetric(inserts.clock.Seconds()/post.clock.Seconds(), "x-COPY-inserts")
	b.ReportMetric(bare.clock.Seconds()/post.clock.Seconds(), "x-COPY-bare")
	b.ReportMetric(constrained.processor.Seconds()/post.processor.Seconds(), "x-COPY-processor")
}

// took is how long something took, by the clock and of the processors.
type took struct{ clock, processor time.Duration }

func (t *took) add(o took) { t.clock, t.processor = t.clock+o.clock, t.processor+o.processor }

func (t took) String() string {
	return fmt.Sprintf("%s (processor %s)", t.clock.Round(time.Millisecond), t.processor.Round(time.Millisecond))
}

// measure runs fn in a transaction and commits it.
func (w *world) measure(fn func(ctx context.Context, tx pgx.Tx) error) took {
	w.t.Helper()
	before, start := w.processor(), time.Now()
	w.tx(fn)
	t := took{clock: time.Since(start)}
	if t.processor = w.processor() - before; t.processor == 0 {
		t.processor = t.clock
	}
	return t
}

// processor is what this process and the server's of this database have used.
func (w *world) processor() (total time.Duration) {
	w.t.Helper()
	ctx := context.Background()
	rows, err := w.db.Pool.Query(ctx, `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`)
	if err != nil {
		w.t.Fatal(err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		w.t.Fatal(err)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	for _, pid := range append(pids, os.Getpid()) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, field := range fields[11:13] { // utime, stime
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0
			}
			total += time.Duration(n) * tick
		}
	}
	return total
}

// timePosting stores the file, and says how long it takes from there to
// committed.
func (w *world) timePosting(content []byte) took {
	w.t.Helper()
	var args jobs.RemitPostArgs
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: exchangedb.In, Kind: exchangedb.X12, Name: "bench.835", ReceivedOn: w.today}, bytes.NewReader(content))
		args = jobs.RemitPostArgs{PracticeID: w.practice, FileID: f.ID, ByteOffset: int64(bytes.Index(content, []byte("ST*835"))), ReceivedOn: w.today}
		return err
	})
	return w.measure(func(ctx context.Context, tx pgx.Tx) error { return PostPayment(ctx, tx, args) })
}

// fillBook makes what the book holds before: claims charged and answered, their
// patients' receipts, copays that wait for their visits. The earlier answers are
// posted like any other.
func (w *world) fillBook() {
	w.t.Helper()
	w.exec(`INSERT INTO guarantor (practice_id, account, last_name, first_name) SELECT $1, 'G' || n, 'Lindqvist', 'Maja' FROM generate_series(0, 9999) n`)
	w.exec(`INSERT INTO patient (practice_id, account, guarantor_id, last_name, first_name, birth_date, sex)
		SELECT practice_id, 'P' || substr(account, 2), id, last_name, first_name, '1950-05-05', 'F' FROM guarantor WHERE practice_id = $1`)
	w.exec(`INSERT INTO coverage (practice_id, patient_id, payer_id, rank, member_id, effective_from)
		SELECT practice_id, id, $2, 1, 'M' || account, '2020-01-01' FROM patient WHERE practice_id = $1`, w.payers["PPO"])
	w.exec(`INSERT INTO contract_rate (practice_id, payer_id, procedure_code, effective_from, allowed)
		SELECT $1, $2, code, '2020-01-01', 4000 FROM unnest(ARRAY['99213', '81002', '36415', '93000']) code`, w.payers["PPO"])
	w.makeClaims("E", benchEarlier)
	w.timePosting(w.remittance("E", benchEarlier))
	var receipts, copays []ledger.Entry
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		open, err := ledgerdb.AccountBalances(ctx, tx, w.practice, ledger.ARPatient)
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(open); i += 2 {
			e := ledger.Entry{PostingDate: w.today, Kind: "patient-payment", SourceKey: fmt.Sprintf("payment|E%d", i), Actor: "front desk"}
			for _, o := range open[i : i+2] {
				e.Move(ledger.Key{Account: ledger.Undeposited}, o.Key, o.Amount, ledger.Dimensions{})
			}
			receipts = append(receipts, e)
		}
		rows, err := tx.Query(ctx, `SELECT id FROM patient WHERE practice_id = $1 ORDER BY id LIMIT $2`, w.practice, benchCopays)
		if err != nil {
			return err
		}
		patients, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for _, id := range patients {
			e := ledger.Entry{PostingDate: w.today, Kind: "patient-payment", SourceKey: fmt.Sprintf("payment|copay%d", id), Actor: "front desk"}
			e.Move(ledger.Key{Account: ledger.Undeposited}, ledger.Key{Account: ledger.PatientCredits, PatientID: id}, 10_00, ledger.Dimensions{})
			copays = append(copays, e)
		}
		return err
	})
	w.bulk(receipts)
	w.bulk(copays)
}

// makeClaims makes n claims of two lines of 100 and 50 that were sent and
// accepted, with their charges posted, in turn for each of the patients.
func (w *world) makeClaims(prefix string, n int) {
	w.t.Helper()
	on := w.today.AddDays(-30)
	w.analyze()
	w.exec(`INSERT INTO encounter (practice_id, external_id, content_hash, content, state, patient_id, rendering_provider_id, service_date, received_on)
		SELECT p.practice_id, $2 || 'V' || n, sha256('v'), '{}', 'claimed', p.id, $4, $5, $5
		FROM generate_series(1, $3::int) n JOIN patient p ON p.account = 'P' || n % 10000 AND p.practice_id = $1 ORDER BY n`, prefix, n, w.provider, on)
	w.analyze()
	w.exec(`INSERT INTO service_line (practice_id, encounter_id, line_no, procedure_code, units, charge, service_date, description, charge_version)
		SELECT e.practice_id, e.id, l, CASE l WHEN 1 THEN '99213' ELSE '81002' END, 1, CASE l WHEN 1 THEN 10000 ELSE 5000 END, e.service_date, 'Service', 1
		FROM encounter e, generate_series(1, 2) l WHERE e.practice_id = $1 AND e.external_id LIKE $2 || 'V%' ORDER BY e.id, l`, prefix)
	w.analyze()
	w.exec(`INSERT INTO claim (practice_id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, state, charge, service_date, rendering_provider_id, snapshot)
		SELECT e.practice_id, replace(e.external_id, 'V', 'C'), e.id, e.patient_id, v.payer_id, v.id, 1, 'accepted', 15000, e.service_date, e.rendering_provider_id, '{}'
		FROM encounter e JOIN coverage v ON v.practice_id = e.practice_id AND v.patient_id = e.patient_id
		WHERE e.practice_id = $1 AND e.external_id LIKE $2 || 'V%' ORDER BY e.id`, prefix)
	w.analyze()
	w.exec(`INSERT INTO claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, units, charge, service_date)
		SELECT c.practice_id, c.id, l.line_no, l.id, c.number || 'L' || l.line_no, l.procedure_code, 1, l.charge, l.service_date
		FROM claim c JOIN service_line l ON l.practice_id = c.practice_id AND l.encounter_id = c.encounter_id
		WHERE c.practice_id = $1 AND c.number LIKE $2 || 'C%' ORDER BY c.id, l.line_no`, prefix)
	var charges []ledger.Entry
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT e.external_id, l.line_no, l.id, l.charge FROM service_line l JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
			WHERE l.practice_id = $1 AND e.external_id LIKE $2 || 'V%' ORDER BY l.id`, w.practice, prefix)
		if err != nil {
			return err
		}
		var visit string
		var lineNo int
		var line int64
		var charge money.Cents
		_, err = pgx.ForEachRow(rows, []any{&visit, &lineNo, &line, &charge}, func() error {
			e := ledger.Entry{PostingDate: on, Kind: "charge", SourceKey: fmt.Sprintf("charge|%s|%d|1", visit, lineNo), Actor: "encounter.validate"}
			e.Move(ledger.Key{Account: ledger.ARInsurance, ServiceLineID: line, PayerID: w.payers["PPO"], PayerRank: 1},
				ledger.Key{Account: ledger.GrossCharges}, charge, ledger.Dimensions{ServiceDate: on})
			charges = append(charges, e)
			return nil
		})
		return err
	})
	w.bulk(charges)
	w.analyze()
}

func (w *world) bulk(entries []ledger.Entry) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		for len(entries) > 0 {
			n := min(2000, len(entries))
			if _, err := ledgerdb.Post(ctx, tx, w.practice, entries[:n]); err != nil {
				return err
			}
			entries = entries[n:]
		}
		return nil
	})
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, query, append([]any{w.practice}, args...)...)
		return err
	})
}

// analyze gives the planner its statistics and writes what is dirty, so that
// neither is measured.
func (w *world) analyze() {
	w.t.Helper()
	for _, s := range []string{"VACUUM ANALYZE encounter, service_line, claim, claim_line, patient, coverage, journal_entry, transfer, subledger_balance, remittance, remittance_claim, remittance_line, remittance_adjustment, claim_event, work_item", "CHECKPOINT"} {
		if _, err := w.db.Pool.Exec(context.Background(), s); err != nil {
			w.t.Fatal(err)
		}
	}
}

// remittance writes the 835 that answers n claims: most are paid with a
// contractual adjustment and a share of the patient on each line, one in twenty
// has a denied line.
func (w *world) remittance(prefix string, n int) []byte {
	w.t.Helper()
	on := w.today.AddDays(-30)
	p := remit835.Payment{
		Header: segment.Header{Type: "835", Control: "0001"},
		Financial: remit835.Financial{Handling: "I", CreditDebit: "C", Method: remit835.MethodACH, Format: "CCP", Originator: "1411111111",
			Sender:   remit835.Account{BankQualifier: "01", Bank: "999999992", AccountQualifier: "DA", Number: "123456"},
			Receiver: remit835.Account{BankQualifier: "01", Bank: "999988880", AccountQualifier: "DA", Number: "98765"}, Date: w.today},
		Trace:  remit835.Trace{Type: "1", Number: "EFT" + prefix, Originator: "1411111111"},
		Dates:  []remit835.Date{{Qualifier: "405", Date: w.today}},
		Payer:  remit835.Party{Role: "PR", Name: "NORTHERN PPO"},
		Payee:  remit835.Party{Role: "PE", Name: "LAKESIDE FAMILY MEDICINE", IDQualifier: "XX", ID: "1234567893"},
		Groups: []remit835.ClaimGroup{{Number: "1"}},
	}
	list := make([]remit835.Claim, n)
	for i := range list {
		c := &list[i]
		number := fmt.Sprintf("%sC%d", prefix, i+1)
		*c = remit835.Claim{ControlNumber: number, Status: remit835.StatusPrimary, Charge: 150_00, FilingIndicator: "12",
			PayerControlNumber: fmt.Sprintf("20226600%06d", i), FacilityCode: "11", Frequency: "1",
			Names: []remit835.Name{{Role: "QC", Type: "1", Last: "LINDQVIST", First: "MAJA", IDQualifier: "MI", ID: fmt.Sprintf("MP%d", i)}},
			Dates: []remit835.Date{{Qualifier: "050", Date: w.today.AddDays(-20)}}}
		var share money.Cents
		for l, charge := range []money.Cents{100_00, 50_00} {
			line := remit835.Line{Procedure: remit835.Procedure{Qualifier: "HC", Code: procedure(l)}, Charge: charge, Units: segment.Some(decimal.NewFromInt(1)),
				Dates:      []remit835.Date{{Qualifier: "472", Date: on}},
				References: []remit835.Reference{{Qualifier: "6R", Value: fmt.Sprintf("%sL%d", number, l+1)}}}
			if l == 1 && i%20 == 0 {
				line.Adjustments = []remit835.Adjustment{{Group: "CO", Reason: "50", Amount: charge}}
				line.Remarks = []remit835.Remark{{Qualifier: "HE", Code: "N130"}}
			} else {
				line.Paid = charge * 6 / 10
				line.Adjustments = []remit835.Adjustment{{Group: "CO", Reason: "45", Amount: charge * 2 / 10}, {Group: "PR", Reason: "2", Amount: charge * 2 / 10}}
				line.Amounts = []remit835.Amount{{Qualifier: "B6", Amount: charge * 8 / 10}}
				share += charge * 2 / 10
			}
			c.Paid += line.Paid
			c.Lines = append(c.Lines, line)
		}
		c.PatientResponsibility = segment.Some(share)
		p.Financial.Amount += c.Paid
	}
	p.Groups[0].Claims = list
	var out bytes.Buffer
	if err := remit835.Encode(&out, x12.Delimiters{}, remit835.Interchange{
		Header: x12.Interchange{SenderQualifier: "ZZ", Sender: "CH", ReceiverQualifier: "ZZ", Receiver: "LAKE", Date: "220307", Time: "1200", Control: "000000001", Usage: "P"},
		Groups: []remit835.Group{{Header: x12.Group{FunctionalID: "HP", Sender: "CH", Receiver: "LAKE", Date: "20220307", Time: "1200", Control: "1", Version: remit835.Version},
			Payments: []remit835.Payment{p}}}}); err != nil {
		w.t.Fatal(err)
	}
	return out.Bytes()
}

// loaded is what COPY puts into one table.
type loaded struct {
	table, columns string
	rows           []byte // in COPY's binary form
}

func (w *world) lastID() (id int64) {
	w.t.Helper()
	if err := w.db.Pool.QueryRow(context.Background(), `SELECT last_value FROM object_id`).Scan(&id); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// written reads the rows that a posting wrote, ids behind before up to after, under fresh
// keys: ids behind all others, and for what is updated a row of its own beside
// the old one, so that the indexes are touched in the same places. Columns with
// defaults (the times, the transaction) are left to the tables.
func (w *world) written(before, after int64, run int) []loaded {
	w.t.Helper()
	ctx := context.Background()
	var shift int64
	if err := w.db.Pool.QueryRow(ctx, `SELECT setval('object_id', last_value + $1) - $2 FROM object_id`, after-before, after).Scan(&shift); err != nil {
		w.t.Fatal(err)
	}
	remittance := fmt.Sprint("(SELECT id FROM remittance WHERE id > ", before, " ORDER BY id LIMIT 1)")
	own := func(table string) string { return fmt.Sprint(" FROM ", table, " WHERE remittance_id = ", remittance) }
	between := func(id string) string { return fmt.Sprintf("%s > %d AND %[1]s <= %[3]d", id, before, after) }
	var list []loaded
	for _, t := range [...]struct{ table, columns, exact, rest string }{
		{"remittance", "id, source_key | practice_id, edi_file_id, request_hash, trace, originator, payer_id, payer_name, payee_npi, method, handling, amount, check_date, st_control, byte_offset, state, reason, claims, posted, unmatched, received_on, posting_date",
			"id + $SHIFT, source_key || '|COPY$RUN'", " FROM remittance WHERE id = " + remittance},
		{"remittance_claim", "remittance_id | practice_id, seq, claim_number, status, charge, paid, patient_responsibility, payer_claim_number, claim_id, match_reason, outcome, service_date, remarks, byte_offset, segment_no, reverses_remittance_id, reverses_seq",
			"remittance_id + $SHIFT", own("remittance_claim") + " ORDER BY seq"},
		{"remittance_line", "remittance_id | practice_id, claim_seq, line_seq, procedure_code, modifiers, charge, paid, units, allowed, service_date, control_number, remarks, service_line_id, match_reason, byte_offset",
			"remittance_id + $SHIFT", own("remittance_line") + " ORDER BY claim_seq, line_seq"},
		{"remittance_adjustment", "remittance_id | practice_id, claim_seq, line_seq, seq, group_code, carc, amount, quantity, treatment, posted, byte_offset",
			"remittance_id + $SHIFT", own("remittance_adjustment") + " ORDER BY claim_seq, line_seq, seq"},
		{"journal_entry", "id, source_key | practice_id, posting_date, kind, request_hash, line_count, reverses, memo, actor",
			"id + $SHIFT, source_key || '|COPY$RUN'", " FROM journal_entry WHERE " + between("id") + " ORDER BY id"},
		{"transfer", "entry_id | practice_id, line_no, line_count, debit_account, credit_account, amount, debit_service_line_id, debit_payer_id, debit_payer_rank, debit_patient_id, debit_reference, credit_service_line_id, credit_payer_id, credit_payer_rank, credit_patient_id, credit_reference, claim_id, guarantor_id, provider_id, service_date, group_code, carc, rarcs, edi_file_id, byte_offset",
			"entry_id + $SHIFT", " FROM transfer WHERE " + between("entry_id") + " ORDER BY entry_id, line_no"},
		// Lines and patients of their own, so that the next posting does not find them.
		{"subledger_balance", "service_line_id, patient_id | practice_id, account, payer_id, payer_rank, reference, amount",
			"CASE WHEN service_line_id <> 0 THEN service_line_id + $RUN * 1000000000::bigint ELSE 0 END, CASE WHEN patient_id <> 0 OR account = '1050' THEN patient_id + $RUN * 1000000000::bigint ELSE 0 END",
			` FROM subledger_balance JOIN (SELECT DISTINCT practice_id, account, service_line_id, payer_id, payer_rank, patient_id, reference FROM posting WHERE ` + between("entry_id") + `) p
			USING (practice_id, account, service_line_id, payer_id, payer_rank, patient_id, reference) ORDER BY account, service_line_id, payer_id, patient_id`},
		{"claim_event", "id | practice_id, claim_id, event, from_state, to_state, message, actor, occurred_on, edi_file_id, byte_offset, remittance_id", "id + $SHIFT",
			own("claim_event") + " ORDER BY id"},
		{"work_item", "id, dedupe_key | practice_id, kind, reason, action, encounter_id, claim_id, patient_id, payer_id, remittance_id, edi_file_id, batch_id, amount, due_on, opened_on",
			"id + $SHIFT, dedupe_key || '|COPY$RUN'", own("work_item") + " ORDER BY id"},
		// A claim that is updated is a new row in most of its table's indexes. 7 (a
		// replacement) lets it stand beside its original.
		{"claim", "id, number, frequency | practice_id, encounter_id, patient_id, payer_id, coverage_id, payer_rank, claim_type, state, charge, service_date, rendering_provider_id, snapshot, payer_claim_number",
			"nextval('object_id'), number || 'X$RUN', '7'", " FROM claim WHERE id IN (SELECT claim_id" + own("remittance_claim") + ") ORDER BY id"},
	} {
		keys, others, _ := strings.Cut(t.columns, " | ")
		query := "COPY (SELECT " + t.exact + ", " + others + t.rest + ") TO STDOUT (FORMAT binary)"
		query = strings.NewReplacer("$SHIFT", fmt.Sprint(shift), "$RUN", fmt.Sprint(run)).Replace(query)
		var rows bytes.Buffer
		conn, err := w.db.Pool.Acquire(ctx)
		if err == nil {
			_, err = conn.Conn().PgConn().CopyTo(ctx, &rows, query)
			conn.Release()
		}
		if err != nil {
			w.t.Fatalf("%s: %v", query, err)
		}
		list = append(list, loaded{t.table, keys + ", " + others, rows.Bytes()})
	}
	return list
}

// copyIn loads rows in one transaction into their tables, or into bare copies
// of them, and says how long it took.
func (w *world) copyIn(list []loaded, suffix, except string) took {
	w.t.Helper()
	ctx := context.Background()
	if suffix != "" {
		for _, l := range list {
			if _, err := w.db.Pool.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %[1]s%[2]s (LIKE %[1]s INCLUDING DEFAULTS); GRANT INSERT ON %[1]s%[2]s TO %[3]s", l.table, suffix, postgres.RoleWork)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.analyze()
	return w.measure(func(ctx context.Context, tx pgx.Tx) error {
		for _, l := range list {
			if l.table == except {
				continue
			}
			if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(l.rows), fmt.Sprintf("COPY %s%s (%s) FROM STDIN (FORMAT binary)", l.table, suffix, l.columns)); err != nil {
				return fmt.Errorf("%s: %w", l.table, err)
			}
		}
		return nil
	})
}
