package claims

import (
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// EncounterRecord is one encounter as a file says it, before anything is
// checked against the practice: who, when, by whom, where, why, and the service
// lines with their charges. Patients, providers and facilities are named by
// the codes of the set-up (providers also by NPI).
type EncounterRecord struct {
	ExternalID        string          `json:"encounter_id"`
	Patient           string          `json:"patient"`                    // account of the patient
	BillingProvider   string          `json:"billing_provider,omitempty"` // code or NPI; empty when the practice has only one
	RenderingProvider string          `json:"rendering_provider"`         // code or NPI
	Facility          string          `json:"facility,omitempty"`         // code; empty: the billing provider's own address
	PlaceOfService    string          `json:"place_of_service,omitempty"` // two digits; empty: the facility's, else 11
	Authorization     string          `json:"authorization,omitempty"`    // prior authorization number
	SelfPay           bool            `json:"self_pay,omitempty"`         // bill nobody but the patient
	Diagnoses         []string        `json:"diagnoses"`                  // ICD-10-CM, with or without the dot; the first is principal
	Total             *money.Cents    `json:"total,omitempty"`            // what the sender says the lines add up to
	Lines             []EncounterLine `json:"lines"`
}

// EncounterLine is one service.
type EncounterLine struct {
	ServiceDate date.Date       `json:"service_date"`
	Procedure   string          `json:"procedure"` // CPT or HCPCS
	Modifiers   []string        `json:"modifiers,omitempty"`
	Pointers    []int           `json:"pointers"` // 1-based positions in the encounter's diagnoses
	Units       decimal.Decimal `json:"units"`
	Unit        string          `json:"unit,omitempty"` // UN (default) or MJ, minutes of anesthesia
	Charge      money.Cents     `json:"charge"`         // for the whole line, not per unit
	Description string          `json:"description,omitempty"`
}

// Charge returns the sum of the lines.
func (r EncounterRecord) Charge() (money.Cents, error) {
	var total money.Cents
	var err error
	for _, line := range r.Lines {
		if total, err = total.Add(line.Charge); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// ServiceDate returns the first day of service; zero without lines.
func (r EncounterRecord) ServiceDate() date.Date {
	var first date.Date
	for _, line := range r.Lines {
		if first.IsZero() || (!line.ServiceDate.IsZero() && line.ServiceDate.Before(first)) {
			first = line.ServiceDate
		}
	}
	return first
}

// lastServiceDate returns the last day of service, by which codes with
// effective dates are judged.
func (r EncounterRecord) lastServiceDate() date.Date {
	var last date.Date
	for _, line := range r.Lines {
		if line.ServiceDate.After(last) {
			last = line.ServiceDate
		}
	}
	return last
}
