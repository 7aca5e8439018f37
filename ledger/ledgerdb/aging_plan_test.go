package ledgerdb_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// The aging looks the first day of every open balance up by an index, whatever
// the statistics say: a plan that goes through all entries once for each open
// balance takes a minute on a book as small as forty thousand entries.
func TestAgingOfManyOpenBalances(t *testing.T) {
	const open = 8000
	w := newWorld(t)
	visit := w.visit(t, w.blue, w.ann, monday.AddDays(-40), 100_00)
	entries := make([]ledger.Entry, open)
	for i := range entries {
		e := ledger.Entry{PostingDate: monday, Kind: "charge", SourceKey: fmt.Sprintf("charge|many|%d", i)}
		e.Move(insurance(visit.line+int64(i), w.blue), account(ledger.GrossCharges), 1_00, ledger.Dimensions{ByteOffset: -1})
		entries[i] = e
	}
	w.post(t, entries...)
	if _, err := w.DB.Pool.Exec(context.Background(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		begin := time.Now()
		if _, err := ledgerdb.TrialBalance(ctx, tx, w.practice, monday); err != nil {
			return err
		}
		once := time.Since(begin) // one pass through all entries
		for _, by := range []ledger.AgeBy{ledger.ByService, ledger.ByResponsibility} {
			begin = time.Now()
			aging, err := ledgerdb.Aging(ctx, tx, w.practice, monday, by)
			if err != nil {
				return err
			}
			if took := time.Since(begin); took > 50*once+2*time.Second {
				t.Errorf("an aging by %s took %v, and a pass through the book %v", by, took, once)
			}
			if len(aging.Insurance) != 1 || aging.Insurance[0].Amounts[0] != open*1_00 && by == ledger.ByResponsibility {
				t.Errorf("by %s: %+v", by, aging.Insurance)
			}
		}
		return nil
	})
}
