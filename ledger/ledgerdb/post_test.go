package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

func TestPostMovesBalancesOnce(t *testing.T) {
	b := newBook(t)
	pay := payment("TRACE1", 1, 7, 40)
	first := b.post(t, charge("E1", 1, 7, 100_00), pay, ledger.Entry{Kind: "remittance", SourceKey: "835|empty", PostingDate: monday})
	if first.Posted != 2 || first.Empty != 1 || first.Transfers != 4 || first.IDs[0] == 0 || first.IDs[2] != 0 {
		t.Fatalf("first post: %+v", first)
	}
	again := b.post(t, pay)
	if again.Posted != 0 || again.Skipped != 1 || again.IDs[0] != first.IDs[1] {
		t.Fatalf("the same request again: %+v", again)
	}
	for key, want := range map[ledger.Key]money.Cents{insurance(1, 7): 0, patient(1, 40): 20_00, clearing(7, "TRACE1"): 60_00} {
		if got := b.balance(t, key); got != want {
			t.Errorf("balance of %+v is %s, want %s", key, got, want)
		}
	}
	other := payment("TRACE1", 1, 7, 40)
	other.Transfers[0].Amount = 61_00
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledgerdb.Post(ctx, tx, b.practice, []ledger.Entry{other})
		return err
	})
	if fault.CodeOf(err) != "CB-LEDGER-SOURCE" {
		t.Errorf("the same source with another amount: %v", err)
	}
	b.do(t, func(ctx context.Context, tx pgx.Tx) error {
		stored, err := ledgerdb.EntriesBySource(ctx, tx, b.practice, "835|1987654321|TRACE1|")
		if err != nil || len(stored) != 1 {
			t.Fatalf("EntriesBySource: %d entries, %v", len(stored), err)
		}
		want := payment("TRACE1", 1, 7, 40)
		for i := range want.Transfers {
			want.Transfers[i].ByteOffset = -1
			if want.Transfers[i].RARCs == nil {
				want.Transfers[i].RARCs = []string{}
			}
		}
		if diff := cmp.Diff(want.Transfers, stored[0].Transfers); diff != "" {
			t.Errorf("transfers came back changed (-want +got):\n%s", diff)
		}
		mirror := stored[0].Mirror()
		mirror.PostingDate, mirror.SourceKey, mirror.Reverses = monday, "decision|undo", stored[0].ID
		_, err = ledgerdb.Post(ctx, tx, b.practice, []ledger.Entry{mirror})
		return err
	})
	if got := b.balance(t, insurance(1, 7)); got != 100_00 {
		t.Errorf("after the reversal the payer owes %s", got)
	}
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		twice := pay.Mirror()
		twice.PostingDate, twice.SourceKey, twice.Reverses = monday, "decision|undo again", first.IDs[1]
		_, err := ledgerdb.Post(ctx, tx, b.practice, []ledger.Entry{twice})
		return err
	})
	if fault.CodeOf(err) != "CB-LEDGER-REVERSED" {
		t.Errorf("a second reversal: %v", err)
	}
}

func TestPostingDate(t *testing.T) {
	b := newBook(t)
	close := func(month string) {
		b.do(t, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `insert into period (practice_id, month, state) values ($1, $2, 'closed')
				on conflict (practice_id, month) do update set state = 'closed'`, b.practice, date.MustParse(month))
			return err
		})
	}
	check := func(want, expected string) {
		t.Helper()
		b.do(t, func(ctx context.Context, tx pgx.Tx) error {
			got, err := ledgerdb.PostingDate(ctx, tx, b.practice, date.MustParse(want))
			if err != nil || got.String() != expected {
				t.Errorf("PostingDate(%s) = %s, %v; want %s", want, got, err, expected)
			}
			return nil
		})
	}
	check("2026-03-17", "2026-03-17")
	b.post(t, charge("E1", 1, 7, 1_00))
	close("2026-03-01")
	check("2026-03-17", "2026-04-01")
	check("2026-01-09", "2026-04-01") // a month before a closed one is closed too
	close("2026-05-01")
	check("2026-04-11", "2026-06-01")
	check("2027-01-31", "2027-01-31")
}
