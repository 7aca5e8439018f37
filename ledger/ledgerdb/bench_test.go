package ledgerdb_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// The ids of the benchmark's world: 500 patients of one guarantor, and visits
// with a claim of two lines each.
const (
	firstPatient = 1_000_000
	firstVisit   = 10_000_000 // an encounter and its claim
	firstLine    = 20_000_000
	benchPayer   = 7
)

// answers makes the entries of a large payment for n visits from the given one:
// a claim with two lines each, three transfers a line.
func answers(payment string, from, n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		e, visit := &entries[i], int64(from+i)
		*e = ledger.Entry{PostingDate: monday, Kind: "remittance", SourceKey: fmt.Sprintf("835|1987654321|%s|CLP|%d", payment, i+1), Actor: "remit.post", Memo: "Blue Plan"}
		for l := range int64(2) {
			line := firstLine + 2*visit + l
			d := ledger.Dimensions{ClaimID: firstVisit + visit, GuarantorID: 9, ProviderID: 8, ServiceDate: monday, EDIFileID: 6, ByteOffset: int64(i * 200)}
			e.Move(clearing(benchPayer, payment), insurance(line, benchPayer), 60_00, d)
			d.GroupCode, d.CARC = "CO", "45"
			e.Move(account(ledger.Contractual), insurance(line, benchPayer), 20_00, d)
			d.GroupCode, d.CARC, d.RARCs = "PR", "2", []string{"N130"}
			e.Move(patient(line, firstPatient+visit%500), insurance(line, benchPayer), 20_00, d)
		}
	}
	return entries
}

// charges makes the charges of n visits.
func charges(from, n int) []ledger.Entry {
	entries := make([]ledger.Entry, 2*n)
	for i := range entries {
		visit, l := int64(from+i/2), int64(i%2)
		entries[i] = ledger.Entry{PostingDate: monday, Kind: "charge", SourceKey: fmt.Sprintf("charge|V%d|%d|1", visit, l+1), Actor: "encounter.validate"}
		entries[i].Move(insurance(firstLine+2*visit+l, benchPayer), account(ledger.GrossCharges), 100_00, ledger.Dimensions{ServiceDate: monday})
	}
	return entries
}

// receipts makes the payments of n patients for what an answer left to them.
func receipts(from, n int) []ledger.Entry {
	entries := make([]ledger.Entry, n)
	for i := range entries {
		visit := int64(from + i)
		entries[i] = ledger.Entry{PostingDate: monday, Kind: "patient-payment", SourceKey: fmt.Sprintf("payment|V%d", visit), Actor: "front desk"}
		for l := range int64(2) {
			entries[i].Move(account(ledger.Undeposited), patient(firstLine+2*visit+l, firstPatient+visit%500), 20_00, ledger.Dimensions{ServiceDate: monday})
		}
	}
	return entries
}

// entriesPerVisit of fill: two charges, 3/4 of an answer, 3/5 of a receipt.
const entriesPerVisit = 2 + 0.75 + 0.6

// fill adds visits with their charges, three of four answered, four of five of
// those paid by the patient, and analyzes: on empty tables a benchmark measures
// something else.
func (b book) fill(t testing.TB, visits int) {
	t.Helper()
	ctx := context.Background()
	for _, s := range []string{
		`insert into trading_partner (practice_id, id, code, name, sender_id, receiver_id, receiver_name, contact_name, contact_phone) values ($1, 5, 'CH', 'C', 'S', 'R', 'C', 'O', '2')`,
		`insert into payer (practice_id, id, code, name, payer_identifier, filing_code, kind, partner_id) values ($1, 7, 'BLUE', 'Blue Plan', 'B', 'BL', 'blue', 5)`,
		`insert into guarantor (practice_id, id, account, last_name, first_name) values ($1, 9, 'G1', 'Smith', 'Carol')`,
		`insert into patient (practice_id, id, account, guarantor_id, last_name, first_name, birth_date, sex)
			select $1, 1000000 + n, 'P' || n, 9, 'Smith', 'A', '1980-01-01', 'F' from generate_series(0, 499) n`,
		fmt.Sprintf(`insert into encounter (practice_id, id, external_id, content_hash, content, state, received_on)
			select $1, 10000000 + n, 'V' || n, sha256('v'), '{}', 'claimed', '2026-03-02' from generate_series(0, %d) n`, visits-1),
		fmt.Sprintf(`insert into service_line (practice_id, id, encounter_id, line_no, procedure_code, units, charge, service_date, charge_version)
			select $1, 20000000 + n, 10000000 + n / 2, n %% 2 + 1, '99213', 1, 10000, '2026-03-02', 1 from generate_series(0, %d) n`, 2*visits-1),
	} {
		if _, err := b.Pool.Exec(ctx, s, b.practice); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	for from := 0; from < visits; from += 10_000 {
		n := min(10_000, visits-from)
		b.slices(t, charges(from, n))
		b.slices(t, answers(fmt.Sprintf("FILL%d", from), from, n*3/4))
		b.slices(t, receipts(from, n*3/5))
	}
	if _, err := b.Pool.Exec(ctx, "vacuum analyze"); err != nil {
		t.Fatal(err)
	}
}

// slices posts the entries of one payment in one transaction, 500 at a time.
func (b book) slices(t testing.TB, entries []ledger.Entry) {
	t.Helper()
	b.do(t, func(ctx context.Context, tx pgx.Tx) error {
		for from := 0; from < len(entries); from += 500 {
			if _, err := ledgerdb.Post(ctx, tx, b.practice, entries[from:min(from+500, len(entries))]); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkPost posts a payment of 20,000 claims and reports its speed as a
// ratio to COPY of the same rows from memory into the same tables with all
// their constraints, and into bare ones, in the same run.
func BenchmarkPost(b *testing.B) {
	const claims = 20_000
	bk := newBook(b)
	bk.fill(b, 30_000) // 100,000 entries
	var post, constrained, bare time.Duration
	run := 0
	for b.Loop() {
		run++
		entries := answers(fmt.Sprintf("RUN%d", run), 0, claims)
		start := time.Now()
		bk.slices(b, entries)
		post += time.Since(start)

		for _, suffix := range []string{"", "_bare"} {
			took := bk.copyRows(b, fmt.Sprintf("COPY%d%s", run, suffix), suffix, claims)
			if suffix == "" {
				constrained += took
			} else {
				bare += took
			}
		}
	}
	b.ReportMetric(float64(claims*run)/post.Seconds(), "entries/s")
	b.ReportMetric(constrained.Seconds()/post.Seconds(), "x-COPY")
	b.ReportMetric(bare.Seconds()/post.Seconds(), "x-COPY-bare")
}

// copyRows loads what posting the payment writes, the balances included, and
// says how long the loading took.
func (b book) copyRows(t testing.TB, payment, suffix string, n int) time.Duration {
	t.Helper()
	ctx := context.Background()
	if suffix != "" {
		for _, table := range []string{"journal_entry", "transfer", "subledger_balance"} {
			if _, err := b.Pool.Exec(ctx, fmt.Sprintf("create table if not exists %[1]s%[2]s (like %[1]s including defaults)", table, suffix)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var first int64
	if err := b.Pool.QueryRow(ctx, "select setval('object_id', nextval('object_id') + $1) - $1", n).Scan(&first); err != nil {
		t.Fatal(err)
	}
	entries := answers(payment, 0, n)
	hash := make([]byte, 32)
	balances := map[ledger.Key]int64{}
	var headers, lines, sub [][]any
	for i := range entries {
		e := &entries[i]
		id := first + int64(i)
		headers = append(headers, []any{b.practice, id, e.PostingDate, e.Kind, e.SourceKey, hash, len(e.Transfers), e.Memo, e.Actor})
		for n, x := range e.Transfers {
			lines = append(lines, []any{b.practice, id, n + 1, len(e.Transfers), x.Debit.Account, x.Credit.Account, int64(x.Amount),
				x.Debit.ServiceLineID, x.Debit.PayerID, x.Debit.PayerRank, x.Debit.PatientID, x.Debit.Reference,
				x.Credit.ServiceLineID, x.Credit.PayerID, x.Credit.PayerRank, x.Credit.PatientID, x.Credit.Reference,
				x.ClaimID, x.GuarantorID, x.ProviderID, x.ServiceDate, x.GroupCode, x.CARC, append([]string{}, x.RARCs...), x.EDIFileID, x.ByteOffset})
			k := x.Credit
			k.ServiceLineID += int64(1+len(payment)) << 40 // balances of its own
			balances[k] -= int64(x.Amount)
			if x.Debit.Account == ledger.ARPatient {
				k = x.Debit
				k.ServiceLineID += int64(1+len(payment)) << 40
				balances[k] += int64(x.Amount)
			}
		}
	}
	for k, amount := range balances {
		k.PayerRank += int16(first % 30000)
		sub = append(sub, []any{b.practice, k.Account, k.ServiceLineID, k.PayerID, k.PayerRank, k.PatientID, k.Reference, amount})
	}
	load := func(tx pgx.Tx, table string, columns []string, rows [][]any) {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{table + suffix}, columns, pgx.CopyFromRows(rows)); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	if err := pgx.BeginFunc(ctx, b.Pool, func(tx pgx.Tx) error {
		load(tx, "journal_entry", []string{"practice_id", "id", "posting_date", "kind", "source_key", "request_hash", "line_count", "memo", "actor"}, headers)
		load(tx, "transfer", []string{"practice_id", "entry_id", "line_no", "line_count", "debit_account", "credit_account", "amount",
			"debit_service_line_id", "debit_payer_id", "debit_payer_rank", "debit_patient_id", "debit_reference",
			"credit_service_line_id", "credit_payer_id", "credit_payer_rank", "credit_patient_id", "credit_reference",
			"claim_id", "guarantor_id", "provider_id", "service_date", "group_code", "carc", "rarcs", "edi_file_id", "byte_offset"}, lines)
		load(tx, "subledger_balance", []string{"practice_id", "account", "service_line_id", "payer_id", "payer_rank", "patient_id", "reference", "amount"}, sub)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

var million = flag.Bool("million", false, "BenchmarkBook on a book of a million entries, not 200,000")

// BenchmarkBook measures what people wait for on a book of many entries:
// verify, today's reports, and one claim explained.
func BenchmarkBook(b *testing.B) {
	visits := 60_000
	if *million {
		visits = 300_000
	}
	entries := float64(visits) * entriesPerVisit
	bk := newBook(b)
	bk.fill(b, visits)
	measure := func(name string, fn func(ctx context.Context, tx pgx.Tx) error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ctx := context.Background()
				if err := bk.TxReadOnly(ctx, postgres.RoleWork, bk.practice, func(tx pgx.Tx) error { return fn(ctx, tx) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/entries*1e6, "s/million-entries")
		})
	}
	measure("Verify", func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.Verify(ctx, tx, bk.practice, nil)
		return err
	})
	measure("TrialBalance", func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.TrialBalance(ctx, tx, bk.practice, monday)
		return err
	})
	measure("Aging", func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.Aging(ctx, tx, bk.practice, monday, ledger.ByService)
		return err
	})
	measure("AgingByResponsibility", func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.Aging(ctx, tx, bk.practice, monday, ledger.ByResponsibility)
		return err
	})
	measure("Explain", func(ctx context.Context, tx pgx.Tx) error {
		return ledgerdb.Journal(ctx, tx, bk.practice, ledgerdb.JournalFilter{ClaimIDs: []int64{firstVisit + 100}, ServiceLineIDs: []int64{firstLine + 200, firstLine + 201}},
			func(*ledger.JournalEntry) error { return nil })
	})
	b.Run("Seal", func(b *testing.B) {
		for b.Loop() {
			bk.seal(b, 10_000)
		}
		b.ReportMetric(10_000*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	})
}
