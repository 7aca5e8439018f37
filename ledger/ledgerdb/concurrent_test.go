package ledgerdb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Posters that work on the same sources and the same balances at once, in
// different orders, neither wait for each other for ever nor post twice.
func TestConcurrentPosters(t *testing.T) {
	b := newBook(t)
	const posters, rounds, lines = 4, 6, 40
	var posted [posters]int
	var group sync.WaitGroup
	errs := make(chan error, posters*rounds)
	for p := range posters {
		group.Add(1)
		go func() {
			defer group.Done()
			random := rand.New(rand.NewPCG(1, uint64(p)))
			for round := range rounds {
				var entries []ledger.Entry
				for _, line := range random.Perm(lines) {
					entries = append(entries, charge(fmt.Sprintf("E%d-%d", round, line), int64(line+1), 7, 1_00)) // everybody's
					e := charge(fmt.Sprintf("P%d-%d-%d", p, round, line), int64(line+1), 7, 10_00)                // this one's
					e.Move(clearing(7, "T"), insurance(int64(line+1), 7), 1_00, ledger.Dimensions{})
					entries = append(entries, e)
				}
				ctx := context.Background()
				n := 0
				err := b.Tx(ctx, postgres.RoleWork, b.practice, func(tx pgx.Tx) error {
					n = 0
					for half := range 2 { // two slices, as a large payment has
						result, err := ledgerdb.Post(ctx, tx, b.practice, entries[half*lines:(half+1)*lines])
						if err != nil {
							return err
						}
						n += result.Posted
					}
					return nil
				})
				if err != nil {
					errs <- fmt.Errorf("poster %d, round %d: %w", p, round, err)
				}
				posted[p] += n
			}
		}()
	}
	group.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	total := 0
	for _, n := range posted {
		total += n
	}
	if want := rounds*lines + posters*rounds*lines; total != want {
		t.Errorf("%d entries were posted, want %d", total, want)
	}
	const each = money.Cents(rounds*1_00 + posters*rounds*9_00)
	for line := range int64(lines) {
		if got := b.balance(t, insurance(line+1, 7)); got != each {
			t.Errorf("line %d holds %s, want %s", line+1, got, each)
		}
	}
	if got, want := b.balance(t, clearing(7, "T")), money.Cents(posters*rounds*lines*1_00); got != want {
		t.Errorf("clearing holds %s, want %s", got, want)
	}
}

// Property: whatever is posted, in whatever slices, the sub-ledger is what a
// sum in memory says, the trial balance balances, and posting again moves
// nothing.
func TestSubledgerEqualsRecomputation(t *testing.T) {
	b := newBook(t)
	ctx := context.Background()
	keys := []ledger.Key{insurance(1, 7), insurance(2, 7), insurance(1, 8), patient(1, 40), patient(2, 40), clearing(7, "T"),
		{Account: ledger.PatientCredits, PatientID: 40}, {Account: ledger.UnidentifiedCash, PayerID: 7, Reference: "C9"},
		{Account: ledger.ARInsurance, PayerID: 7, PayerRank: 2, Reference: "C1"},
		account(ledger.GrossCharges), account(ledger.Contractual), account(ledger.Bank)}
	undo := errors.New("undo")
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		var entries []ledger.Entry
		want := map[ledger.Key]money.Cents{}
		for i := range rapid.IntRange(1, 12).Draw(t, "entries") {
			e := ledger.Entry{PostingDate: monday, Kind: "test", SourceKey: fmt.Sprintf("test|%d|%d", run, i)}
			for range rapid.IntRange(1, 6).Draw(t, "lines") {
				debit := rapid.IntRange(0, len(keys)-1).Draw(t, "debit")
				credit := (debit + rapid.IntRange(1, len(keys)-1).Draw(t, "distance")) % len(keys)
				e.Move(keys[debit], keys[credit], money.Cents(rapid.Int64Range(-500_00, 500_00).Draw(t, "amount")), ledger.Dimensions{})
			}
			entries = append(entries, e)
			for k, amount := range e.Changes() {
				if k.Account != ledger.GrossCharges && k.Account != ledger.Contractual && k.Account != ledger.Bank {
					want[k] += amount
				}
			}
		}
		cut := rapid.IntRange(0, len(entries)).Draw(t, "cut")
		err := b.Tx(ctx, postgres.RoleWork, b.practice, func(tx pgx.Tx) error {
			for _, slice := range [][]ledger.Entry{entries[:cut], entries[cut:], entries} {
				if _, err := ledgerdb.Post(ctx, tx, b.practice, slice); err != nil {
					return err
				}
			}
			got, err := ledgerdb.Balances(ctx, tx, b.practice, keys)
			if err != nil {
				return err
			}
			for _, k := range keys {
				if got[k] != want[k] {
					t.Fatalf("%+v holds %s, want %s", k, got[k], want[k])
				}
			}
			proofs, err := ledgerdb.Verify(ctx, tx, b.practice, nil)
			if err != nil {
				return err
			}
			for _, p := range proofs {
				if !p.Holds() && p.Name != "ids-exist" { // these ids are made up
					t.Fatalf("%s: %v", p.Name, p.Examples)
				}
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
	})
}
