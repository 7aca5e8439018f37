package claims

import (
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Person is a patient or a subscriber as a claim names them.
type Person struct {
	LastName   string    `json:"last_name"`
	FirstName  string    `json:"first_name"`
	MiddleName string    `json:"middle_name,omitempty"`
	BirthDate  date.Date `json:"birth_date"`
	Sex        string    `json:"sex"` // F, M, U
	Address    Address   `json:"address"`
}

// Patient is who was treated.
type Patient struct {
	ID          int64
	Account     string
	GuarantorID int64
	Person      Person
	DeceasedOn  date.Date
}

// Provider bills, treats, or both.
type Provider struct {
	ID           int64   `json:"-"`
	Code         string  `json:"code"`
	Role         string  `json:"-"` // billing, rendering, both
	Organization bool    `json:"organization,omitempty"`
	LastName     string  `json:"last_name"` // or the organization's name
	FirstName    string  `json:"first_name,omitempty"`
	NPI          string  `json:"npi"`
	TIN          string  `json:"tin,omitempty"`
	Taxonomy     string  `json:"taxonomy,omitempty"`
	Address      Address `json:"address"`
	Phone        string  `json:"phone,omitempty"`
}

// Bills reports whether claims may go out in the provider's name.
func (p Provider) Bills() bool { return p.Role == "billing" || p.Role == "both" }

// Renders reports whether the provider treats patients.
func (p Provider) Renders() bool { return p.Role == "rendering" || p.Role == "both" }

// Facility is where services are rendered.
type Facility struct {
	ID             int64   `json:"-"`
	Code           string  `json:"code"`
	Name           string  `json:"name"`
	NPI            string  `json:"npi,omitempty"`
	PlaceOfService string  `json:"-"`
	Address        Address `json:"address"`
}

// Payer is an insurer.
type Payer struct {
	ID              int64   `json:"-"`
	Code            string  `json:"code"`
	Name            string  `json:"name"`
	Identifier      string  `json:"identifier"`  // 2010BB NM109
	FilingCode      string  `json:"filing_code"` // SBR09
	Kind            string  `json:"kind"`
	PartnerID       int64   `json:"-"`
	FilingDays      int     `json:"-"` // timely filing, from the date of service
	MemberIDPattern string  `json:"-"`
	BillsPatient    bool    `json:"-"`
	Address         Address `json:"address"`
}

// Coverage is one policy of a patient.
type Coverage struct {
	ID            int64
	Payer         Payer
	Rank          int16 // 1 primary, 2 secondary, 3 tertiary
	MemberID      string
	GroupNumber   string
	PlanName      string
	Relationship  string // of the patient to the subscriber; 18 self
	InsuranceType string // SBR05
	Subscriber    Person // zero when the patient is the subscriber
	From, To      date.Date
	Copay         money.Cents
	QMB           bool
}

// ActiveOn reports whether the policy covers the day.
func (c Coverage) ActiveOn(day date.Date) bool {
	return !day.Before(c.From) && (c.To.IsZero() || !day.After(c.To))
}

// TimelyBy is the last day on which the payer takes a claim for the day of service.
func (p Payer) TimelyBy(service date.Date) date.Date { return service.AddDays(p.FilingDays) }

// hasAddress reports whether mail would arrive.
func (a Address) hasAddress() bool {
	return strings.TrimSpace(a.Line1) != "" && a.City != "" && a.State != "" && a.ZIP != ""
}
