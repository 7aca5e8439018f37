package ledgerdb_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

var april = date.MustParse("2026-04-02")

func (b book) closePeriod(month, explanation string) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.ClosePeriod(ctx, tx, b.practice, date.MustParse(month+"-01"), april, "dana", explanation)
		return err
	})
}

func (b book) reopenPeriod(month, reason string) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.ReopenPeriod(ctx, tx, b.practice, date.MustParse(month+"-01"), april, "dana", reason)
		return err
	})
}

func TestPeriods(t *testing.T) {
	w := quarter(t)
	wants := func(err error, code string) {
		t.Helper()
		if fault.CodeOf(err) != code || (err == nil) != (code == "") {
			t.Errorf("%v, want %q", err, code)
		}
	}
	wants(w.closePeriod("2026-02", ""), "CB-PERIOD-ORDER")
	wants(w.closePeriod("2026-01", ""), "")
	wants(w.closePeriod("2026-01", ""), "CB-PERIOD-CLOSED")
	wants(w.closePeriod("2026-02", ""), "")
	err := w.closePeriod("2026-03", "")
	wants(err, "CB-PERIOD-OPEN-POINTS")
	if err == nil || !strings.Contains(err.Error(), "receipts in the drawer are not deposited: 1, $35.00") ||
		!strings.Contains(err.Error(), "payments of insurers are not matched to a deposit: 1, $60.00") {
		t.Errorf("the open points: %v", err)
	}
	wants(w.closePeriod("2026-04", ""), "CB-PERIOD-NOT-OVER")
	wants(w.closePeriod("2026-03", "deposited on April 1"), "")
	wants(w.reopenPeriod("2026-02", "oops"), "CB-PERIOD-ORDER")
	wants(w.reopenPeriod("2026-03", ""), "CB-PERIOD-REASON")
	wants(w.reopenPeriod("2026-05", "x"), "CB-PERIOD-OPEN")
	late := func() error {
		return w.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{charge("LATE", 1, w.blue, 1)})
			return err
		})
	}
	wants(late(), "CB-LEDGER-PERIOD")
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("with closed months: %+v", broken)
	}
	wants(w.reopenPeriod("2026-03", "a charge was missing"), "")
	wants(late(), "")
	wants(w.closePeriod("2026-03", "deposited on April 1"), "")
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		list, err := ledgerdb.Periods(ctx, tx, w.practice)
		if err != nil || len(list) != 3 || !list[2].Closed || list[2].Entries != 4 || list[2].ChangedBy != "dana" || list[2].Name() != "2026-03" {
			t.Errorf("%+v, %v", list, err)
		}
		var decisions int
		if err := tx.QueryRow(ctx, `select count(*) from decision where practice_id = $1`, w.practice).Scan(&decisions); err != nil || decisions != 5 {
			t.Errorf("%d decisions, %v", decisions, err)
		}
		return nil
	})
	broken, _ := w.verify(t)
	for _, p := range broken {
		if p.Name != "ids-exist" && p.Name != "line-balances" { // the late charge is of no encounter
			t.Errorf("after reopening and closing: %+v", p)
		}
	}
}

// A poster in flight does not slip into a closing month: closing waits for it.
func TestClosingWaitsForPosters(t *testing.T) {
	w := quarter(t)
	for _, month := range []string{"2026-01", "2026-02"} {
		if err := w.closePeriod(month, ""); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan error, 1)
	ctx := context.Background()
	err := w.Tx(ctx, postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
		if _, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{charge("E3x", 1, w.blue, 1)}); err != nil {
			return err
		}
		go func() { closed <- w.closePeriod("2026-03", "in flight") }()
		select {
		case err := <-closed:
			t.Errorf("the month closed while a poster was in flight: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	broken, _ := w.verify(t)
	for _, p := range broken {
		if p.Name == "periods" {
			t.Errorf("%+v", p)
		}
	}
}
