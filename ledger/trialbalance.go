package ledger

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// TrialBalance lists what every account holds at the end of a day. Its two
// columns have the same total, because every transfer has two sides.
type TrialBalance struct {
	AsOf   date.Date      `json:"as_of"`
	Rows   []AccountTotal `json:"accounts"`
	Debit  money.Cents    `json:"debit"`
	Credit money.Cents    `json:"credit"`
}

// AccountTotal is one account of a trial balance. One of its columns is zero.
type AccountTotal struct {
	Account string      `json:"account"`
	Name    string      `json:"name"`
	Class   Class       `json:"class"`
	Debit   money.Cents `json:"debit"`
	Credit  money.Cents `json:"credit"`
}

// Balance returns debits less credits.
func (a AccountTotal) Balance() money.Cents { return a.Debit - a.Credit }

// NewTrialBalance puts account balances (debits less credits) into the order of
// the chart. Accounts that hold nothing are left out.
func NewTrialBalance(asOf date.Date, chart Chart, balances map[string]money.Cents) TrialBalance {
	tb := TrialBalance{AsOf: asOf, Rows: []AccountTotal{}}
	for code, balance := range balances {
		if balance == 0 {
			continue
		}
		row := AccountTotal{Account: code, Name: chart[code].Name, Class: chart[code].Class}
		if balance > 0 {
			row.Debit = balance
		} else {
			row.Credit = -balance
		}
		tb.Debit += row.Debit
		tb.Credit += row.Credit
		tb.Rows = append(tb.Rows, row)
	}
	slices.SortFunc(tb.Rows, func(a, b AccountTotal) int { return cmp.Compare(a.Account, b.Account) })
	return tb
}

// Balance returns what the account holds, debits less credits.
func (tb *TrialBalance) Balance(account string) money.Cents {
	for _, row := range tb.Rows {
		if row.Account == account {
			return row.Balance()
		}
	}
	return 0
}
