package ledger

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Section is what a transfer is to the person who balances the day.
type Section string

// The sections of a day sheet, in its order.
const (
	Charges     Section = "charges"     // raises A/R
	Payments    Section = "payments"    // lowers A/R: money, or credits applied
	Adjustments Section = "adjustments" // lowers A/R: everything else
	Transfers   Section = "transfers"   // from one payer or patient to another; A/R stays
	Receipts    Section = "receipts"    // money that touches no receivable: prepayments, interest, recoupments, unidentified cash
	Other       Section = "other"       // deposits, refunds, reclassifications
)

var sections = []Section{Charges, Payments, Adjustments, Transfers, Receipts, Other}

// Activity is a sum of transfers of one kind between two accounts.
type Activity struct {
	Kind          string // of the entries
	Actor         string
	Debit, Credit string // accounts
	Count         int
	Amount        money.Cents
}

// DaySheetRow is a line of a day sheet. The amount is signed as its section
// reads: charges, payments and adjustments are positive when they do what the
// section's name says.
type DaySheetRow struct {
	Section Section     `json:"section"`
	Kind    string      `json:"kind"`
	Account string      `json:"account"` // the other side of A/R, or where receipts went
	Name    string      `json:"name"`
	Actor   string      `json:"actor"` // who
	Count   int         `json:"count"`
	Amount  money.Cents `json:"amount"`
}

// DaySheet is what happened between two days, both included: A/R at the start
// + charges - payments - adjustments = A/R at the end.
type DaySheet struct {
	From        date.Date     `json:"from"`
	To          date.Date     `json:"to"`
	Opening     money.Cents   `json:"opening_ar"` // insurance and patient A/R before the first day
	Rows        []DaySheetRow `json:"rows"`
	Charges     money.Cents   `json:"charges"`
	Payments    money.Cents   `json:"payments"`
	Adjustments money.Cents   `json:"adjustments"`
	Receipts    money.Cents   `json:"receipts"` // cash of the day that settled no receivable
	Closing     money.Cents   `json:"closing_ar"`
}

// NewDaySheet sorts a span's activity into sections. opening is what A/R
// (1100 and 1110) held before it.
func NewDaySheet(from, to date.Date, chart Chart, opening money.Cents, activity []Activity) DaySheet {
	s := DaySheet{From: from, To: to, Opening: opening, Rows: []DaySheetRow{}}
	type group struct {
		section              Section
		kind, account, actor string
	}
	rows := map[group]*DaySheetRow{}
	for _, a := range activity {
		section, account, amount := classify(a)
		g := group{section, a.Kind, account, a.Actor}
		row := rows[g]
		if row == nil {
			row = &DaySheetRow{Section: section, Kind: a.Kind, Account: account, Name: chart.Name(account), Actor: a.Actor}
			rows[g] = row
		}
		row.Count += a.Count
		row.Amount += amount
		switch section {
		case Charges:
			s.Charges += amount
		case Payments:
			s.Payments += amount
		case Adjustments:
			s.Adjustments += amount
		case Receipts:
			s.Receipts += amount
		case Transfers, Other: // the day has no total of them
		}
	}
	for _, row := range rows {
		s.Rows = append(s.Rows, *row)
	}
	slices.SortFunc(s.Rows, func(x, y DaySheetRow) int {
		return cmp.Or(cmp.Compare(slices.Index(sections, x.Section), slices.Index(sections, y.Section)),
			cmp.Compare(x.Account, y.Account), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Actor, y.Actor))
	})
	s.Closing = s.Opening + s.Charges - s.Payments - s.Adjustments
	return s
}

// classify says what a transfer between two accounts is on the day sheet, which
// account names it, and its amount with the section's sign.
func classify(a Activity) (Section, string, money.Cents) {
	switch debit, credit := isReceivable(a.Debit), isReceivable(a.Credit); {
	case debit && credit:
		return Transfers, a.Debit, a.Amount
	case debit && a.Credit == GrossCharges, debit && a.Credit == FeeIncome:
		return Charges, a.Credit, a.Amount
	case credit && (a.Debit == GrossCharges || a.Debit == FeeIncome):
		return Charges, a.Debit, -a.Amount
	case debit: // the mirror of a payment or an adjustment
		return sectionOf(a.Credit), a.Credit, -a.Amount
	case credit:
		return sectionOf(a.Debit), a.Debit, a.Amount
	case isCash(a.Debit) && isCash(a.Credit):
		return Other, a.Debit, a.Amount
	case isCash(a.Debit):
		return Receipts, a.Credit, a.Amount
	case isCash(a.Credit):
		return Receipts, a.Debit, -a.Amount
	}
	return Other, a.Debit, a.Amount
}

func isReceivable(account string) bool { return account == ARInsurance || account == ARPatient }

func isCash(account string) bool {
	return account == Bank || account == Undeposited || account == EFTClearing
}

// sectionOf says whether what stands across from a receivable is money or a
// reduction. Liabilities are money that came earlier or goes back.
func sectionOf(account string) Section {
	switch account {
	case Bank, Undeposited, EFTClearing, PatientCredits, UnidentifiedCash, PayerRecoupment, PLBSuspense, PatientRefunds, PayerRefunds:
		return Payments
	}
	return Adjustments
}
