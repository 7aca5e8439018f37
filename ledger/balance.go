package ledger

import "github.com/claimbook/claimbook/internal/money"

// Balance is what a key holds: debits less credits. A/R is positive when owed
// to the practice; a credit (2000, 2010) is negative.
type Balance struct {
	Key    Key
	Amount money.Cents
}
