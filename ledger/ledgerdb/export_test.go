package ledgerdb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/ledgerdb/hledgertest"
)

// export writes the whole journal.
func (b book) export(t testing.TB, format string, f ledgerdb.JournalFilter) []byte {
	t.Helper()
	var out bytes.Buffer
	b.do(t, func(ctx context.Context, tx pgx.Tx) error {
		chart, err := ledgerdb.Chart(ctx, tx, b.practice)
		if err != nil {
			return err
		}
		w, err := ledger.NewJournalWriter(format, &out, chart)
		if err != nil {
			return err
		}
		if err := ledgerdb.Journal(ctx, tx, b.practice, f, w.Write); err != nil {
			return err
		}
		return w.Close()
	})
	return out.Bytes()
}

// An independent program accepts the journal and arrives at our balances.
func TestHledgerAgrees(t *testing.T) {
	w := quarter(t)
	odd := ledger.Entry{PostingDate: monday, Kind: "patient-payment", SourceKey: "payment|a (b); c,d", Memo: "line\nbreak; semicolon,  comma: (x)", Actor: "o'neil"}
	odd.Move(account(ledger.Undeposited), ledger.Key{Account: ledger.PatientCredits, PatientID: w.ben, Reference: "R;1,2"}, 1_01, ledger.Dimensions{})
	w.post(t, odd)
	if err := hledgertest.Compare(t.Context(), w.DB, w.practice); err != nil {
		t.Error(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `update subledger_balance set amount = amount + 1 where account = '1100' and amount = 8000`); err != nil {
		t.Fatal(err)
	}
	if err := hledgertest.Compare(t.Context(), w.DB, w.practice); err == nil || !strings.Contains(err.Error(), "BLUE: we say 80.01, hledger says 80.00") {
		t.Errorf("a cent too much in the sub-ledger: %v", err)
	}
}

// Two books with the same history export the same bytes, whatever their ids.
func TestExportIsReproducible(t *testing.T) {
	one, other := quarter(t), newBook(t)
	other.do(t, func(ctx context.Context, tx pgx.Tx) error { // other ids from here on
		_, err := tx.Exec(ctx, `select nextval('object_id') from generate_series(1, 1000)`)
		return err
	})
	two := newWorldIn(t, other)
	fillQuarter(t, two)
	for _, format := range []string{"hledger", "csv", "json"} {
		a, b := one.export(t, format, ledgerdb.JournalFilter{}), two.export(t, format, ledgerdb.JournalFilter{})
		if diff := cmp.Diff(string(a), string(b)); diff != "" {
			t.Errorf("%s differs:\n%s", format, diff)
		}
		if bytes.Contains(a, []byte("unknown")) {
			t.Errorf("%s has an unresolved id", format)
		}
	}
	var entries []ledger.JournalEntry
	if err := json.Unmarshal(one.export(t, "json", ledgerdb.JournalFilter{}), &entries); err != nil || len(entries) != 5 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	answer := entries[2]
	if answer.Source != "835|1987654321|T1|CLP|1" || len(answer.Lines) != 3 || answer.Lines[1].CARC != "45" || answer.Lines[1].Credit.Line != "E1/1" ||
		answer.Lines[1].Credit.Payer != "BLUE" || answer.Lines[2].Debit.Patient != "P100" || answer.Lines[0].Claim != "C1" || answer.Lines[0].ByteOffset != 19 {
		t.Errorf("the payer's answer: %+v", answer)
	}
	if rows, err := csv.NewReader(bytes.NewReader(one.export(t, "csv", ledgerdb.JournalFilter{}))).ReadAll(); err != nil || len(rows) != 9 {
		t.Errorf("%d rows of CSV, %v", len(rows), err)
	}
	if empty := newBook(t).export(t, "json", ledgerdb.JournalFilter{}); string(empty) != "[\n]\n" {
		t.Errorf("an empty book: %q", empty)
	}
}

func TestJournalSelects(t *testing.T) {
	w := quarter(t)
	var claim, line int64
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select claim_id, service_line_id from claim_line l join claim c on c.id = l.claim_id where c.number = 'C1'`).Scan(&claim, &line)
	})
	for name, test := range map[string]struct {
		filter  ledgerdb.JournalFilter
		entries int
		lines   int
	}{
		"claim":   {ledgerdb.JournalFilter{ClaimIDs: []int64{claim}, ServiceLineIDs: []int64{line}}, 3, 5},
		"patient": {ledgerdb.JournalFilter{PatientID: w.ann}, 2, 3},
		"account": {ledgerdb.JournalFilter{Account: ledger.EFTClearing}, 1, 1},
		"month":   {ledgerdb.JournalFilter{From: monday, To: monday}, 2, 4},
		"source":  {ledgerdb.JournalFilter{SourcePrefix: "charge|"}, 3, 3},
	} {
		entries, lines := 0, 0
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			entries, lines = 0, 0
			return ledgerdb.Journal(ctx, tx, w.practice, test.filter, func(e *ledger.JournalEntry) error {
				entries, lines = entries+1, lines+len(e.Lines)
				return nil
			})
		})
		if entries != test.entries || lines != test.lines {
			t.Errorf("%s: %d entries with %d lines, want %d with %d", name, entries, lines, test.entries, test.lines)
		}
	}
}
