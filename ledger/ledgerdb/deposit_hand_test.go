package ledgerdb_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/work"
)

var by = work.By{Reason: "a good reason", Actor: "dana", On: monday.AddDays(9)}

// holds compares accounts: code to balance, debits less credits.
func (w *world) holds(t *testing.T, when string, want map[string]money.Cents) {
	t.Helper()
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, monday.AddDays(60))
		for code, amount := range want {
			if got := tb.Balance(code); got != amount {
				t.Errorf("%s: account %s holds %s, want %s", when, code, got, amount)
			}
		}
		return err
	})
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("%s: %+v", when, broken)
	}
}

func (w *world) match(t *testing.T, m work.HandMatch) (out work.HandMatched, err error) {
	t.Helper()
	err = w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		out, err = work.MatchByHand(ctx, tx, w.practice, m, by)
		return err
	})
	return out, err
}

func (w *world) undo(t *testing.T, line string) (out work.UndoneMatch, err error) {
	t.Helper()
	err = w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		out, err = work.UndoMatch(ctx, tx, w.practice, line, by)
		return err
	})
	return out, err
}

// open returns the sources of the bank lines that nothing explains, by day.
func (w *world) open(t *testing.T) (lines []string) {
	t.Helper()
	w.reconcile(t)
	for _, l := range w.reconcile(t).Lines { // what is found by then is not open
		lines = append(lines, l.Source)
	}
	return lines
}

// 59.75 for 60.00: the rest goes to the account that a person names. The match
// is taken back, does not come back by itself, and is made again.
func TestDepositDifference(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-03,59.75,BLUE T1\n")
	lines := w.open(t)
	if len(lines) != 1 {
		t.Fatalf("a difference was absorbed: %v", lines)
	}
	if _, err := w.match(t, work.HandMatch{Lines: lines, Traces: []string{"T1"}}); fault.CodeOf(err) != "CB-DEPOSIT-DIFFERENCE" {
		t.Errorf("without an account: %v", err)
	}
	short := work.HandMatch{Lines: lines, Traces: []string{"T1"}, Account: ledger.BankFees}
	out, err := w.match(t, short)
	if err != nil || out.Amount != 59_75 || out.Difference != -25 || out.Sources[0] != "deposit|"+lines[0] {
		t.Fatalf("%+v, %v", out, err)
	}
	w.holds(t, "matched", map[string]money.Cents{"1000": 59_75, "1050": 0, "5100": 25})
	if out, err := w.match(t, short); err != nil || !out.Known {
		t.Errorf("again: %+v, %v", out, err)
	}
	if _, err := w.match(t, work.HandMatch{Lines: lines, Account: ledger.BankFees}); fault.CodeOf(err) != "CB-DEPOSIT-MATCHED" {
		t.Errorf("otherwise: %v", err)
	}
	if _, err := w.undo(t, lines[0]); err != nil {
		t.Fatal(err)
	}
	w.holds(t, "taken back", map[string]money.Cents{"1000": 0, "1050": 60_00, "5100": 0})
	if _, err := w.undo(t, lines[0]); fault.CodeOf(err) != "CB-DEPOSIT-LINE" {
		t.Errorf("taken back twice: %v", err)
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		entries, err := ledgerdb.EntriesBySource(ctx, tx, w.practice, "deposit|"+lines[0])
		if len(entries) != 2 || entries[1].Reverses != entries[0].ID {
			t.Errorf("the mirror does not name what it takes back: %+v", entries)
		}
		return err
	})
	short.Account = ledger.InterestPenalties
	if out, err = w.match(t, short); err != nil || out.Sources[0] != "deposit|"+lines[0]+"|2" {
		t.Fatalf("once more: %+v, %v", out, err)
	}
	w.holds(t, "matched again", map[string]money.Cents{"1000": 59_75, "1050": 0, "5100": 0, "5110": 25})
}

// More than was awaited, a line of the bank's own, and cash of a payer that
// nobody knows yet, which is taken back when its remittance comes.
func TestDepositByHand(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-03,60.25,BLUE T1\n2026-03-04,-9.00,MONTHLY FEE\n2026-03-05,44.00,UNKNOWN\n2026-03-06,35.00,DEPOSIT\n")
	lines := w.open(t) // the drawer's 35.00 was found
	if len(lines) != 3 {
		t.Fatalf("%v", lines)
	}
	for code, m := range map[string]work.HandMatch{
		"CB-DEPOSIT-ACCOUNT":    {Lines: lines[1:2], Account: ledger.Undeposited},
		"CB-DEPOSIT-WHAT":       {Lines: lines[1:2]},
		"CB-DEPOSIT-REFERENCE":  {Lines: lines[2:3], Account: ledger.UnidentifiedCash},
		"CB-DEPOSIT-PAYER":      {Lines: lines[2:3], Account: ledger.UnidentifiedCash, Reference: "X", Payer: "NOBODY"},
		"CB-DEPOSIT-WAITING":    {Lines: lines[2:3], Traces: []string{"T9"}},
		"CB-DEPOSIT-LINE":       {Lines: []string{"77"}, Account: ledger.BankFees},
		"CB-DEPOSIT-TWICE":      {Lines: lines[0:1], Traces: []string{"T1", "T1"}},
		"CB-DEPOSIT-WITHDRAWAL": {Lines: lines[1:2], Traces: []string{"T1"}, Account: ledger.BankFees},
	} {
		if _, err := w.match(t, m); fault.CodeOf(err) != code {
			t.Errorf("%+v: %v, want %s", m, err, code)
		}
	}
	w.holds(t, "refused", map[string]money.Cents{"1000": 35_00, "1050": 60_00})
	for _, m := range []work.HandMatch{
		{Lines: lines[0:1], Traces: []string{"T1"}, Account: ledger.PayerInterest},
		{Lines: lines[1:2], Account: ledger.BankFees},
		{Lines: lines[2:3], Account: ledger.UnidentifiedCash, Payer: "BLUE", Reference: "X1"},
	} {
		if _, err := w.match(t, m); err != nil {
			t.Fatal(err)
		}
	}
	w.holds(t, "by hand", map[string]money.Cents{"1000": 130_25, "1050": 0, "1010": 0, "4200": -25, "5100": 9_00, "2010": -44_00})
	waits := func(want string) {
		t.Helper()
		w.do(t, func(ctx context.Context, tx pgx.Tx) (err error) {
			var got string
			err = tx.QueryRow(ctx, `select coalesce(string_agg(kind || ' ' || amount || ' ' || state, ', '), '') from work_item where practice_id = $1`, w.practice).Scan(&got)
			if got != want {
				t.Errorf("on the worklist: %q, want %q", got, want)
			}
			return err
		})
	}
	waits("unmatched 4400 open") // the unidentified cash alone
	if _, err := w.undo(t, lines[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.match(t, work.HandMatch{Lines: lines[1:2], Account: ledger.BankFees}); err != nil { // a line of no payment, matched again
		t.Fatal(err)
	}
	if _, err := w.undo(t, lines[2]); err != nil {
		t.Fatal(err)
	}
	w.holds(t, "the remittance has come", map[string]money.Cents{"1000": 86_25, "2010": 0})
	waits("unmatched 4400 done")
	if left := w.open(t); len(left) != 1 || left[0] != lines[2] {
		t.Errorf("%v are open", left)
	}
}

// What was found wrongly is taken apart, with all its lines, and stays apart.
func TestUndoOfWhatWasFound(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-03,40.00,T1 first part\n2026-03-04,20.00,T1 second part\n")
	if r := w.reconcile(t); len(r.Deposits) != 0 { // "T1" is too short to be found as a trace
		t.Fatalf("%+v", r.Deposits)
	}
	lines := w.open(t)
	if _, err := w.match(t, work.HandMatch{Lines: lines, Traces: []string{"T1"}}); err != nil {
		t.Fatal(err)
	}
	w.holds(t, "in two lines", map[string]money.Cents{"1000": 60_00, "1050": 0})
	out, err := w.undo(t, lines[1])
	if err != nil || len(out.Lines) != 2 || out.Amount != 60_00 {
		t.Fatalf("%+v, %v", out, err)
	}
	w.holds(t, "both taken back", map[string]money.Cents{"1000": 0, "1050": 60_00})

	w = quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-03,60.00,BLUE\n")
	if r := w.reconcile(t); len(r.Deposits) != 1 {
		t.Fatalf("%+v", r.Deposits)
	}
	var source string
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select substr(source_key, 9) from journal_entry where practice_id = $1 and kind = 'deposit'`, w.practice).Scan(&source)
	})
	if _, err := w.undo(t, source); err != nil {
		t.Fatal(err)
	}
	if r := w.reconcile(t); len(r.Deposits) != 0 || len(r.Lines) != 1 {
		t.Errorf("what a person took apart was put together again: %+v", r.Deposits)
	}
	w.holds(t, "apart", map[string]money.Cents{"1000": 0, "1050": 60_00})
}

// receipt puts a patient's money into the drawer, as its payment would.
func (w *world) receipt(t *testing.T, number int64, method string, amount money.Cents) {
	t.Helper()
	key := fmt.Sprintf("R%d", number)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into patient_payment (practice_id, idempotency_key, request_hash, receipt_number, patient_id, amount, method, received_on, actor)
			values ($1, $2, sha256('p'), $3, $4, $5, $6, $7, 'dana')`, w.practice, key, number, w.ann, amount, method, monday)
		return err
	})
	e := ledger.Entry{PostingDate: monday, Kind: "patient-payment", SourceKey: "payment|" + key, Actor: "dana"}
	e.Move(account(ledger.Undeposited), ledger.Key{Account: ledger.PatientCredits, PatientID: w.ann}, amount, ledger.Dimensions{ByteOffset: -1})
	w.post(t, e)
}

// Cash and checks of a day on a slip, card receipts less their fee: one bank
// line each, and verify knows what each one holds.
func TestSlips(t *testing.T) {
	w := quarter(t)
	for i, method := range []string{"cash", "check", "card", "card", "check"} {
		w.receipt(t, int64(i+101), method, money.Cents(i+1)*20_00) // 20, 40, 60, 80, 100
	}
	slip := func(s work.NewSlip) (out work.MadeSlip, err error) {
		err = w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			out, err = work.MakeSlip(ctx, tx, w.practice, s, work.By{Actor: "dana", On: monday})
			return err
		})
		return out, err
	}
	for code, s := range map[string]work.NewSlip{
		"CB-SLIP-KEY":     {Receipts: []int64{101}},
		"CB-SLIP-EMPTY":   {Key: "S1"},
		"CB-SLIP-RECEIPT": {Key: "S1", Receipts: []int64{101, 999}},
		"CB-SLIP-TWICE":   {Key: "S1", Receipts: []int64{101, 101}},
		"CB-SLIP-MIXED":   {Key: "S1", Receipts: []int64{101, 103}},
		"CB-SLIP-FEE":     {Key: "S1", Receipts: []int64{101}, Fee: 1},
	} {
		if _, err := slip(s); fault.CodeOf(err) != code {
			t.Errorf("%+v: %v, want %s", s, err, code)
		}
	}
	if _, err := slip(work.NewSlip{Key: "S1", Receipts: []int64{103}, Fee: 60_00}); fault.CodeOf(err) != "CB-SLIP-FEE" {
		t.Errorf("a fee of all: %v", err)
	}
	s1, err := slip(work.NewSlip{Key: "S-31", Receipts: []int64{101, 102}})
	if err != nil || s1.Amount != 60_00 || s1.Kind != "counter" {
		t.Fatalf("%+v, %v", s1, err)
	}
	if again, err := slip(work.NewSlip{Key: "S-31", Receipts: []int64{102, 101}}); err != nil || !again.Known {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := slip(work.NewSlip{Key: "S-31", Receipts: []int64{105}}); fault.CodeOf(err) != "CB-SLIP-KNOWN" {
		t.Errorf("another one under the key: %v", err)
	}
	if _, err := slip(work.NewSlip{Key: "S-32", Receipts: []int64{102, 105}}); fault.CodeOf(err) != "CB-SLIP-ON" {
		t.Errorf("a receipt on two slips: %v", err)
	}
	card, err := slip(work.NewSlip{Key: "CARD-0302", Receipts: []int64{103, 104}, Fee: 4_06})
	if err != nil || card.Amount != 140_00 || card.Net != 135_94 || card.Kind != "card" {
		t.Fatalf("%+v, %v", card, err)
	}
	w.holds(t, "on slips", map[string]money.Cents{"1010": 335_00, "1000": 0})
	// The bank has the slip by its number, the payout by its amount, and what the
	// day left in the drawer.
	w.bankFile(t, "date,amount,description\n2026-03-03,60.00,DEPOSIT S-31\n2026-03-04,135.94,CARD PAYOUT\n2026-03-04,100.00,DEPOSIT\n2026-03-05,60.00,BLUE\n")
	r := w.reconcile(t)
	if len(r.Deposits) != 4 || len(w.open(t)) != 0 {
		t.Fatalf("%+v of %+v", r.Deposits, r.Waiting)
	}
	w.holds(t, "deposited", map[string]money.Cents{"1010": 35_00, "1000": 355_94, "5100": 4_06, "1050": 0})
	void := func(key string) (known bool, err error) {
		err = w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			known, err = work.VoidSlip(ctx, tx, w.practice, key, by)
			return err
		})
		return known, err
	}
	if _, err := void("S-31"); fault.CodeOf(err) != "CB-SLIP-DEPOSITED" {
		t.Errorf("void of what was deposited: %v", err)
	}
	if _, err := slip(work.NewSlip{Key: "S-33", Receipts: []int64{105}}); fault.CodeOf(err) != "CB-SLIP-GONE" {
		t.Errorf("a receipt that was deposited with its day: %v", err)
	}
	for name, statement := range map[string]string{
		"a slip of another amount":    `update deposit_slip set amount = amount + 1 where key = 'S-31'`,
		"a receipt of another amount": `update deposit_slip_receipt set amount = amount + 1 where source_key = 'payment|R101'`,
		"a deposit of another fee":    `update deposit set amount = amount - 1 where kind = 'difference'`,
		"a match that is no more":     `update deposit set undone_by = 1 where kind = 'slip' and trace = 'CARD-0302'`,
		"a fee posted elsewhere":      `update transfer set credit_account = '1000' where debit_account = '5100'`,
	} {
		w.corrupted(t, func(ctx context.Context, tx pgx.Tx) {
			for _, p := range w.broken(ctx, t, tx) {
				if p.Name == "deposits" {
					return
				}
			}
			t.Errorf("%s was not found", name)
		}, statement)
	}
	if _, err := w.undo(t, fmt.Sprint(r.Lines[r.Deposits[0].Line].ID)); err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		if known, err := void("S-31"); err != nil || known != again {
			t.Errorf("void: %v, %v", known, err)
		}
	}
	w.holds(t, "void", map[string]money.Cents{"1010": 95_00, "1000": 295_94, "5100": 4_06})
	if _, err := slip(work.NewSlip{Key: "S-34", Receipts: []int64{102}}); err != nil {
		t.Errorf("the receipts are in the drawer again: %v", err)
	}
}

// What the book has posted to the bank by itself is matched, and posts nothing.
func TestBankLineThatIsPostedAlready(t *testing.T) {
	w := quarter(t)
	e := ledger.Entry{PostingDate: monday, Kind: "bank-fee", SourceKey: "payment|R1|fee", Actor: "dana"}
	e.Move(account(ledger.BankFees), account(ledger.Bank), 12_00, ledger.Dimensions{ByteOffset: -1})
	w.post(t, e)
	w.bankFile(t, "date,amount,description\n2026-03-03,-12.00,RETURN ITEM FEE\n2026-03-20,-12.00,RETURN ITEM FEE\n")
	r := w.reconcile(t) // the second one is too late to be it
	if len(r.Deposits) != 1 || r.Waiting[r.Deposits[0].Waiting].Trace != "payment|R1|fee" {
		t.Fatalf("%+v", r.Deposits)
	}
	w.holds(t, "matched", map[string]money.Cents{"1000": -12_00, "5100": 12_00})
	if _, err := w.undo(t, fmt.Sprint(r.Lines[0].ID)); err != nil {
		t.Fatal(err)
	}
	lines := w.open(t)
	if len(lines) != 2 {
		t.Fatalf("%v", lines)
	}
	if _, err := w.match(t, work.HandMatch{Lines: lines[1:], Entries: []string{"payment|R1|fee"}}); err != nil {
		t.Fatal(err)
	}
	w.holds(t, "by hand", map[string]money.Cents{"1000": -12_00, "5100": 12_00})
	w.corrupted(t, func(ctx context.Context, tx pgx.Tx) {
		if broken := w.broken(ctx, t, tx); len(broken) == 0 {
			t.Error("a bank line that is not what was posted was not found")
		}
	}, `update deposit set trace = 'payment|R2|fee' where kind = 'book'`)
}

// What is matched again posts no earlier than the match before is taken back:
// on no day does the book hold the line, or the payment, twice.
func TestMatchedAgainIsNeverTwice(t *testing.T) {
	for name, again := range map[string]int{"the line": 0, "the payment, with another line": 1} {
		w := quarter(t)
		w.bankFile(t, "date,amount,description\n2026-03-03,60.00,FIRST\n2026-03-04,60.00,SECOND\n")
		lines := w.open(t)
		if len(lines) != 2 {
			t.Fatalf("%v", lines)
		}
		if _, err := w.match(t, work.HandMatch{Lines: lines[:1], Traces: []string{"T1"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.undo(t, lines[0]); err != nil { // on by.On
			t.Fatal(err)
		}
		if _, err := w.match(t, work.HandMatch{Lines: lines[again : again+1], Traces: []string{"T1"}}); err != nil {
			t.Fatal(err)
		}
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			for day := monday.AddDays(1); day.Before(by.On.AddDays(3)); day = day.AddDays(1) {
				tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, day)
				if err != nil {
					return err
				}
				if tb.Balance(ledger.EFTClearing) < 0 || tb.Balance(ledger.Bank) > 60_00 {
					t.Errorf("%s: on %s the bank has %s, clearing %s", name, day, tb.Balance(ledger.Bank), tb.Balance(ledger.EFTClearing))
				}
			}
			return nil
		})
	}
}

// A match is not taken back before its own day.
func TestUndoOnAnEarlierDay(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-05,60.00,FIRST\n")
	if lines := w.open(t); len(lines) != 0 {
		t.Fatalf("%v are open", lines)
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var source string
		if err := tx.QueryRow(ctx, `select substr(source_key, 9) from journal_entry where practice_id = $1 and kind = 'deposit'`, w.practice).Scan(&source); err != nil {
			return err
		}
		if _, err := work.UndoMatch(ctx, tx, w.practice, source, work.By{Reason: "wrong", Actor: "dana", On: monday}); err != nil {
			return err
		}
		tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, monday.AddDays(1))
		if tb.Balance(ledger.Bank) != 0 {
			t.Errorf("the bank has %s before the line is booked", tb.Balance(ledger.Bank))
		}
		return err
	})
}
