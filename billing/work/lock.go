package work

import (
	"slices"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// lockAll takes everything that the payment's claims will touch before the first
// slice posts: taken slice by slice, two large payments about the same claims in
// another order would wait for each other.
func (p *poster) lockAll(numbers []string) error {
	if p.payeeUnknown {
		return nil
	}
	balances, lines, err := billingdb.LockClaims(p.ctx, p.tx, p.args.PracticeID, numbers)
	if err != nil {
		return err
	}
	p.locked, p.lockedClaims = lines, make(map[string]bool, len(numbers))
	for _, number := range numbers {
		p.lockedClaims[number] = true
	}
	p.poster.Know(balances)
	return nil
}

// know locks what the keys hold and tells the poster, unless lockAll has.
func (p *poster) know(keys []ledger.Key) error {
	keys = slices.DeleteFunc(keys, func(k ledger.Key) bool {
		return p.locked[k.ServiceLineID] || k.Account == ledger.ARInsurance && k.ServiceLineID == 0 && p.lockedClaims[k.Reference]
	})
	balances, err := ledgerdb.LockBalances(p.ctx, p.tx, p.args.PracticeID, keys)
	p.poster.Know(balances)
	return err
}
