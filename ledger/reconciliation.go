package ledger

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// The sections of a deposit reconciliation, in its order.
const (
	AtPayers   = "payments"  // 1050: what insurers announced, by trace
	InDrawer   = "drawer"    // 1010: receipts of a day, and slips on their way to the bank
	OnlyAtBank = "bank only" // lines of the bank that no entry explains
	OnlyInBook = "book only" // entries on 1000 that no line of the bank shows
)

// ReconciledItem is one payment, slip, day of receipts, bank line or entry.
type ReconciledItem struct {
	Section   string      `json:"section"`
	Since     date.Date   `json:"since"` // check date, or the day of the receipts, of the bank, of the entry
	Days      int         `json:"days"`
	Payer     string      `json:"payer,omitempty"` // code
	Reference string      `json:"reference"`       // trace, slip, day, bank line, or source of the entry
	What      string      `json:"what"`
	Expected  money.Cents `json:"expected"`
	ToDrawer  money.Cents `json:"to_drawer"` // a paper check that was put into the drawer
	Deposited money.Cents `json:"deposited"`
	Other     money.Cents `json:"other"` // settled by a person's entry
	Open      money.Cents `json:"open"`  // Expected - ToDrawer - Deposited - Other
}

// ReconciledAccount compares what is open with what an account holds.
type ReconciledAccount struct {
	Account string      `json:"account"`
	Name    string      `json:"name"`
	Items   money.Cents `json:"items"`   // as the items add up
	Balance money.Cents `json:"balance"` // as the trial balance says
}

// Ties reports whether the items explain the account to the cent.
func (a *ReconciledAccount) Ties() bool { return a.Items == a.Balance }

// DepositReport is what the book expects at the bank and what the bank shows,
// at the end of a day. Every item open then is in it, and every one that moved
// since From.
type DepositReport struct {
	From     date.Date           `json:"from"`
	AsOf     date.Date           `json:"as_of"`
	Items    []ReconciledItem    `json:"items"`
	BankLine money.Cents         `json:"bank_lines"` // sum of all lines of the bank up to the day
	Accounts []ReconciledAccount `json:"accounts"`   // 1050, 1010 and 1000
}

// NewDepositReport sums items up and compares them with the accounts: 1050 and
// 1010 are what is open in their sections; 1000 is what the bank shows, less
// the lines that are in no entry, and the entries that are in no line.
func NewDepositReport(from, asOf date.Date, chart Chart, balances map[string]money.Cents, bankLines money.Cents, items []ReconciledItem) DepositReport {
	r := DepositReport{From: from, AsOf: asOf, Items: []ReconciledItem{}, BankLine: bankLines}
	open := map[string]money.Cents{}
	for _, i := range items {
		i.Open = i.Expected - i.ToDrawer - i.Deposited - i.Other
		i.Days = asOf.DaysSince(i.Since)
		open[i.Section] += i.Open
		r.Items = append(r.Items, i)
	}
	for _, a := range [...]struct {
		code  string
		items money.Cents
	}{{EFTClearing, open[AtPayers]}, {Undeposited, open[InDrawer]}, {Bank, bankLines - open[OnlyAtBank] + open[OnlyInBook]}} {
		r.Accounts = append(r.Accounts, ReconciledAccount{Account: a.code, Name: chart.Name(a.code), Items: a.items, Balance: balances[a.code]})
	}
	return r
}

// Open sums up what is open in a section.
func (r *DepositReport) Open(section string) (sum money.Cents) {
	for i := range r.Items {
		if r.Items[i].Section == section {
			sum += r.Items[i].Open
		}
	}
	return sum
}
