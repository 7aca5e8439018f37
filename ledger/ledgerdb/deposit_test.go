package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/bank"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// bankFile stores a bank's file of that content and its lines.
func (w *world) bankFile(t *testing.T, content string) (added, known int) {
	t.Helper()
	parsed, err := bank.Read([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var id int64
		if err := tx.QueryRow(ctx, `insert into edi_file (practice_id, direction, kind, name, sha256, size, state, received_on)
			values ($1, 'in', 'bank', 'bank.csv', sha256($2::bytea), 1, 'finished', $3) returning id`, w.practice, []byte(content), monday).Scan(&id); err != nil {
			return err
		}
		added, known, err = ledgerdb.ImportBankLines(ctx, tx, w.practice, id, parsed.Lines)
		return err
	})
	return added, known
}

func (w *world) reconcile(t *testing.T) (r ledgerdb.Reconciliation) {
	t.Helper()
	w.do(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = ledgerdb.MatchDeposits(ctx, tx, w.practice, 7, "dana")
		return err
	})
	return r
}

func TestDeposits(t *testing.T) {
	w := quarter(t)
	added, known := w.bankFile(t, "date,amount,description\n2026-03-03,60.00,BLUE TRN T1x\n2026-03-04,5.00,MYSTERY\n2026-03-04,5.00,MYSTERY\n2026-03-05,-9.00,FEE\n")
	if added != 4 || known != 0 {
		t.Fatalf("%d added, %d known", added, known)
	}
	// "T1x" is not T1, and the name is too short a trace: the amount, the day and
	// the payer's code decide.
	r := w.reconcile(t)
	if len(r.Deposits) != 1 || r.Deposits[0].Reason != "amount, day and payer" {
		t.Fatalf("%+v", r.Deposits)
	}
	// The next file overlaps: three of its lines are known, one of them a twin
	// of two that are there; the drawer of Tuesday reaches the bank.
	added, known = w.bankFile(t, "date,amount,description\n2026-03-04,5.00,MYSTERY\n2026-03-04,5.00,MYSTERY\n2026-03-04,5.00,MYSTERY\n2026-03-05,-9.00,FEE\n2026-03-06,35.00,DEPOSIT\n")
	if added != 2 || known != 3 {
		t.Errorf("%d added, %d known", added, known)
	}
	if r = w.reconcile(t); len(r.Deposits) != 1 || r.Waiting[r.Deposits[0].Waiting].Kind != "counter" {
		t.Errorf("%+v", r.Deposits)
	}
	if r = w.reconcile(t); len(r.Deposits) != 0 || len(r.Waiting) != 0 || len(r.Lines) != 4 {
		t.Errorf("once more: %+v", r)
	}
	for code, want := range map[string]money.Cents{"1000": 95_00, "1010": 0, "1050": 0} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, monday.AddDays(9))
			if got := tb.Balance(code); got != want {
				t.Errorf("account %s holds %s, want %s", code, got, want)
			}
			return err
		})
	}
	if got := w.balance(t, ledger.Key{Account: ledger.EFTClearing, PayerID: w.blue, Reference: "T1"}); got != 0 {
		t.Errorf("clearing still holds %s", got)
	}
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("%+v", broken)
	}
	w.corrupted(t, func(ctx context.Context, tx pgx.Tx) {
		if broken := w.broken(ctx, t, tx); len(broken) != 1 || broken[0].Name != "deposits" {
			t.Errorf("a deposit changed: %+v", broken)
		}
	}, `update deposit set amount = amount + 1 where kind = 'eft'`)
}

// Two matchers at once explain a line once.
func TestConcurrentMatching(t *testing.T) {
	w := quarter(t)
	w.bankFile(t, "date,amount,description\n2026-03-03,60.00,BLUE\n2026-03-04,35.00,DEPOSIT\n")
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			errs <- w.try(func(ctx context.Context, tx pgx.Tx) error {
				_, err := ledgerdb.MatchDeposits(ctx, tx, w.practice, 7, "dana")
				return err
			})
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("%+v", broken)
	}
	if got := w.reconcile(t); len(got.Lines) != 0 {
		t.Errorf("%+v", got)
	}
}
