package ledgerdb_test

import (
	"context"
	"fmt"
	"testing"

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
	if _, err := w.Pool.Exec(context.Background(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		for _, by := range []ledger.AgeBy{ledger.ByService, ledger.ByResponsibility} {
			before := rowsRead(ctx, t, tx)
			aging, err := ledgerdb.Aging(ctx, tx, w.practice, monday, by)
			if err != nil {
				return err
			}
			if read := rowsRead(ctx, t, tx) - before; read < open || read > 20*open {
				t.Errorf("an aging by %s of %d open balances read %d rows", by, open, read)
			}
			if len(aging.Insurance) != 1 || aging.Insurance[0].Amounts[0] != open*1_00 && by == ledger.ByResponsibility {
				t.Errorf("by %s: %+v", by, aging.Insurance)
			}
		}
		return nil
	})
}

// rowsRead counts the rows that the transaction has read so far, in whichever
// way.
func rowsRead(ctx context.Context, t *testing.T, tx pgx.Tx) (n int64) {
	t.Helper()
	if err := tx.QueryRow(ctx, `SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
