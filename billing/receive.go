package billing

import (
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Purpose says what a patient's money is meant for.
type Purpose string

// The purposes of a patient payment.
const (
	ForBalance  Purpose = "balance"  // what is owed: a chosen visit first where one is named, else the oldest
	ForCopay    Purpose = "copay"    // a visit's copay, which waits for the visit's balance
	ForRecovery Purpose = "recovery" // what was written off as bad debt
)

// Receive applies money that a patient has paid: a copay to its visit, with the
// rest reserved for it; anything else to the chosen visit or the oldest balance,
// with the rest as a free credit. A recovery goes to 5010 first, up to what was
// given up as bad debt and has not come back yet: the balance is not made again.
func Receive(a *Account, amount money.Cents, purpose Purpose, visit string, givenUp money.Cents) ledger.Entry {
	a.sort()
	e := ledger.Entry{Kind: "patient-payment"}
	drawer := ledger.Key{Account: ledger.Undeposited}
	if purpose == ForRecovery {
		recovered := min(amount, givenUp)
		e.Move(drawer, ledger.Key{Account: ledger.BadDebtRecoveries}, recovered, a.dimensions(nil))
		amount -= recovered
	}
	rest := a.apply(&e, drawer, amount, visit)
	reserved := ""
	if purpose == ForCopay {
		reserved = visit
	}
	if rest > 0 {
		e.Move(drawer, a.credit(reserved), rest, a.dimensions(nil))
	}
	return e
}
