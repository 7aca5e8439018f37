package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
)

// Codes of the accounts that posting names. A practice may add others.
const (
	Bank                  = "1000"
	Undeposited           = "1010" // receipts in the drawer
	EFTClearing           = "1050" // payer payments on their way to the bank, by payer and trace (TRN02)
	ARInsurance           = "1100" // by service line, payer and rank, never by claim
	ARPatient             = "1110" // by service line and patient
	WithholdsReceivable   = "1160"
	TaxWithheld           = "1170"
	PatientCredits        = "2000" // by patient and, where reserved, the visit's external id
	UnidentifiedCash      = "2010" // payer cash that no claim explains yet, by payer and trace or claim number
	PayerRecoupment       = "2100" // announced to be recovered, by payer and PLB reference
	PLBSuspense           = "2190"
	PatientRefunds        = "2200"
	PayerRefunds          = "2210"
	GrossCharges          = "4000"
	Contractual           = "4100"
	OtherReductions       = "4110" // sequestration and such
	DenialWriteOffs       = "4120"
	SmallBalance          = "4130"
	Charity               = "4140"
	Discounts             = "4150"
	CapitationAdjustments = "4160"
	PayerInterest         = "4200"
	CapitationRevenue     = "4210"
	FeeIncome             = "4220"
	BadDebt               = "5000"
	BadDebtRecoveries     = "5010"
	BankFees              = "5100"
	InterestPenalties     = "5110"
)

// Class is the side of the accounting equation an account stands on.
type Class string

// The classes of account.
const (
	Asset     Class = "asset"
	Liability Class = "liability"
	Revenue   Class = "revenue"
	Contra    Class = "contra-revenue" // lowers revenue: contractual adjustments, write-offs
	Expense   Class = "expense"
)

// The parts of a Key that may divide an account.
const (
	ByServiceLine = "service_line"
	ByPayer       = "payer"
	ByRank        = "rank"
	ByPatient     = "patient"
	ByReference   = "reference"
)

// Account is one line of the chart.
type Account struct {
	Code    string // four digits
	Name    string
	Class   Class
	KeyedBy []string // what divides it into balances of their own; none for busy accounts such as cash
}

// Keyed reports whether the account has a sub-ledger.
func (a Account) Keyed() bool { return len(a.KeyedBy) > 0 }

// SeededAccounts is the chart that every practice starts with, by code.
func SeededAccounts() []Account {
	return []Account{
		{Bank, "Bank", Asset, nil},
		{Undeposited, "Undeposited receipts", Asset, nil},
		{EFTClearing, "EFT clearing", Asset, []string{ByPayer, ByReference}},
		{ARInsurance, "A/R insurance", Asset, []string{ByServiceLine, ByPayer, ByRank, ByReference}},
		{ARPatient, "A/R patient", Asset, []string{ByServiceLine, ByPatient}},
		{WithholdsReceivable, "Withholds receivable", Asset, nil},
		{TaxWithheld, "Tax withheld", Asset, nil},
		{PatientCredits, "Patient credits", Liability, []string{ByPatient, ByReference}},
		{UnidentifiedCash, "Unidentified payer cash", Liability, []string{ByPayer, ByReference}},
		{PayerRecoupment, "Payer recoupment", Liability, []string{ByPayer, ByReference}},
		{PLBSuspense, "PLB suspense", Liability, []string{ByPayer, ByReference}},
		{PatientRefunds, "Patient refunds payable", Liability, nil},
		{PayerRefunds, "Payer refunds payable", Liability, []string{ByPayer, ByReference}},
		{GrossCharges, "Gross charges", Revenue, nil},
		{Contractual, "Contractual adjustments", Contra, nil},
		{OtherReductions, "Other payer reductions", Contra, nil},
		{DenialWriteOffs, "Denial write-offs", Contra, nil},
		{SmallBalance, "Small-balance write-offs", Contra, nil},
		{Charity, "Charity care", Contra, nil},
		{Discounts, "Discounts", Contra, nil},
		{CapitationAdjustments, "Capitation adjustments", Contra, nil},
		{PayerInterest, "Payer interest", Revenue, nil},
		{CapitationRevenue, "Capitation revenue", Revenue, nil},
		{FeeIncome, "Fee income", Revenue, nil},
		{BadDebt, "Bad debt", Expense, nil},
		{BadDebtRecoveries, "Bad-debt recoveries", Expense, nil},
		{BankFees, "Bank and origination fees", Expense, nil},
		{InterestPenalties, "Interest and penalties", Expense, nil},
	}
}

// Chart is a practice's accounts by code.
type Chart map[string]Account

// NewChart indexes accounts by code.
func NewChart(accounts []Account) Chart {
	chart := make(Chart, len(accounts))
	for _, a := range accounts {
		chart[a.Code] = a
	}
	return chart
}

// Name returns the account's name, or "" for a code that is not in the chart.
func (c Chart) Name(code string) string { return c[code].Name }

// check refuses a key that its account is not divided by. An amount under such
// a key would be in the control account and in no balance that a report shows.
func (c Chart) check(k Key) *fault.Error {
	a, known := c[k.Account]
	if !known {
		return fault.Invalidf("CB-LEDGER-ACCOUNT", "account %s is not in the chart of accounts", k.Account).
			WithFix("add the account to the practice's chart, or correct the code")
	}
	var wrong []string
	for _, part := range [...]struct {
		name string
		set  bool
	}{
		{ByServiceLine, k.ServiceLineID != 0}, {ByPayer, k.PayerID != 0}, {ByRank, k.PayerRank != 0},
		{ByPatient, k.PatientID != 0}, {ByReference, k.Reference != ""},
	} {
		if part.set && !slices.Contains(a.KeyedBy, part.name) {
			wrong = append(wrong, part.name)
		}
	}
	if len(wrong) > 0 {
		keyed := "nothing"
		if a.Keyed() {
			keyed = strings.Join(a.KeyedBy, ", ")
		}
		return fault.Invalidf("CB-LEDGER-KEY", "account %s (%s) is divided by %s, not by %s", a.Code, a.Name, keyed, strings.Join(wrong, ", "))
	}
	missing := ""
	switch {
	case k.Account == ARInsurance && (k.PayerID == 0 || k.PayerRank == 0):
		missing = "a payer and a rank"
	case k.Account == ARInsurance && k.ServiceLineID == 0 && k.Reference == "":
		missing = "a service line, or the claim's number where the amount has no line"
	case (k.Account == ARPatient || k.Account == PatientCredits) && k.PatientID == 0:
		missing = "a patient"
	case a.Keyed() && slices.Equal(a.KeyedBy, []string{ByPayer, ByReference}) && k.Reference == "":
		missing = "a reference"
	}
	if missing != "" {
		return fault.Invalidf("CB-LEDGER-KEY", "a balance of account %s (%s) needs %s", a.Code, a.Name, missing)
	}
	return nil
}

func whereLine(sourceKey string, line int) string {
	return fmt.Sprintf("entry %s, line %d", sourceKey, line)
}
