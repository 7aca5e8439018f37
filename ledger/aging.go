package ledger

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// AgeBy says from which day a receivable's age counts.
type AgeBy string

const (
	// ByService counts from the date of service.
	ByService AgeBy = "service"
	// ByResponsibility counts from the day on which the payer or patient came to owe it.
	ByResponsibility AgeBy = "responsibility"
)

// Buckets are the headings of an aging, in days. An age below zero (a service
// in the future) counts as 0.
var Buckets = [5]string{"0-30", "31-60", "61-90", "91-120", "120+"}

func bucketOf(days int) int {
	switch {
	case days <= 30:
		return 0
	case days <= 60:
		return 1
	case days <= 90:
		return 2
	case days <= 120:
		return 3
	}
	return 4
}

// OpenItem is receivables of one age that one party owes: one line's balance,
// or several of them in one sum.
type OpenItem struct {
	Account string      // ARInsurance or ARPatient
	PartyID int64       // the payer, or the guarantor
	Code    string      // the payer's code, or the guarantor's account number
	Name    string      // of the party
	Since   date.Date   // the day from which its age counts
	Items   int         // how many balances; 0 is one
	Amount  money.Cents // a credit is negative
}

// AgingRow is what one party owes, by age.
type AgingRow struct {
	PartyID int64          `json:"-"`
	Code    string         `json:"code"`
	Name    string         `json:"name"`
	Items   int            `json:"items"`
	Amounts [5]money.Cents `json:"amounts"` // by Buckets
	Total   money.Cents    `json:"total"`
}

// Aging is the receivables by who owes them and for how long. Its totals are
// the two control accounts, to the cent.
type Aging struct {
	AsOf           date.Date  `json:"as_of"`
	By             AgeBy      `json:"by"`
	Buckets        [5]string  `json:"buckets"`
	Insurance      []AgingRow `json:"insurance"` // by payer, largest first
	Patient        []AgingRow `json:"patient"`   // by guarantor, largest first
	InsuranceTotal AgingRow   `json:"insurance_total"`
	PatientTotal   AgingRow   `json:"patient_total"`
	Total          AgingRow   `json:"total"`
}

// Age sums open items into an aging.
func Age(asOf date.Date, by AgeBy, items []OpenItem) Aging {
	a := Aging{AsOf: asOf, By: by, Buckets: Buckets, Insurance: []AgingRow{}, Patient: []AgingRow{}}
	a.InsuranceTotal.Name, a.PatientTotal.Name, a.Total.Name = "Insurance", "Patients", "Total"
	type party struct {
		account string
		id      int64
	}
	rows := map[party]*AgingRow{}
	for _, item := range items {
		p := party{item.Account, item.PartyID}
		row := rows[p]
		if row == nil {
			row = &AgingRow{PartyID: item.PartyID, Code: item.Code, Name: item.Name}
			rows[p] = row
		}
		bucket := bucketOf(asOf.DaysSince(item.Since))
		total := &a.InsuranceTotal
		if item.Account == ARPatient {
			total = &a.PatientTotal
		}
		for _, r := range [...]*AgingRow{row, total, &a.Total} {
			r.Items += max(item.Items, 1)
			r.Amounts[bucket] += item.Amount
			r.Total += item.Amount
		}
	}
	for p, row := range rows {
		if p.account == ARPatient {
			a.Patient = append(a.Patient, *row)
		} else {
			a.Insurance = append(a.Insurance, *row)
		}
	}
	byTotal := func(x, y AgingRow) int { return cmp.Or(cmp.Compare(y.Total, x.Total), cmp.Compare(x.Code, y.Code)) }
	slices.SortFunc(a.Insurance, byTotal)
	slices.SortFunc(a.Patient, byTotal)
	return a
}
