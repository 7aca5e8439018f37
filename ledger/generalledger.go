package ledger

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// AccountLine is one line of an account in the general ledger.
type AccountLine struct {
	PostingDate date.Date   `json:"date"`
	SourceKey   string      `json:"source"`
	LineNo      int         `json:"line"`
	Kind        string      `json:"kind"`
	Memo        string      `json:"memo"`
	Contra      string      `json:"contra"`  // the account on the other side
	Amount      money.Cents `json:"amount"`  // a credit is negative
	Balance     money.Cents `json:"balance"` // after this line
}

// GeneralLedger is one account between two days, both included.
type GeneralLedger struct {
	Account Account     `json:"-"`
	From    date.Date   `json:"from"`
	To      date.Date   `json:"to"`
	Opening money.Cents `json:"opening"`
}
