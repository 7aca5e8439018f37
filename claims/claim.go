package claims

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Claim is what one payer is asked to pay, frozen when it was made: everything
// that its 837 says. A set-up or an encounter that changes afterwards does not
// move it.
type Claim struct {
	Number           string       `json:"number"`                       // CLM01
	Type             string       `json:"type"`                         // 837P
	Frequency        string       `json:"frequency"`                    // 1 original, 7 replacement, 8 void
	Rank             int16        `json:"rank"`                         // of the payer that is asked
	PayerClaimNumber string       `json:"payer_claim_number,omitempty"` // REF*F8, with 7 and 8
	Payer            Payer        `json:"payer"`
	Policy           Policy       `json:"policy"`
	Patient          Person       `json:"patient"`
	Billing          Provider     `json:"billing"`
	Rendering        Provider     `json:"rendering"`
	Facility         *Facility    `json:"facility,omitempty"`
	PlaceOfService   string       `json:"place_of_service"`
	Authorization    string       `json:"authorization,omitempty"`
	Diagnoses        []string     `json:"diagnoses"` // without dots, the principal one first
	Charge           money.Cents  `json:"charge"`
	Lines            []ClaimLine  `json:"lines"`
	Others           []OtherPayer `json:"others,omitempty"` // of a secondary claim: who decided before
}

// Policy is the coverage by which the payer is asked.
type Policy struct {
	MemberID      string `json:"member_id"`
	GroupNumber   string `json:"group_number,omitempty"`
	PlanName      string `json:"plan_name,omitempty"`
	Relationship  string `json:"relationship"` // of the patient to the subscriber; 18 self
	InsuranceType string `json:"insurance_type,omitempty"`
	Subscriber    Person `json:"subscriber"` // the patient when Relationship is 18
}

// ClaimLine is one service of a claim.
type ClaimLine struct {
	Number        int             `json:"number"`         // LX01
	ControlNumber string          `json:"control_number"` // REF*6R
	Procedure     string          `json:"procedure"`
	Modifiers     []string        `json:"modifiers,omitempty"`
	Pointers      []int           `json:"pointers"`
	Units         decimal.Decimal `json:"units"`
	Unit          string          `json:"unit"` // UN or MJ
	Charge        money.Cents     `json:"charge"`
	ServiceDate   date.Date       `json:"service_date"`
	Adjudications []Adjudication  `json:"adjudications,omitempty"` // by the payers in Others
}

// OtherPayer is a payer that decided before: loop 2320 with 2330A and 2330B.
type OtherPayer struct {
	Rank             int16        `json:"rank"`
	Payer            Payer        `json:"payer"`
	Policy           Policy       `json:"policy"`
	PayerClaimNumber string       `json:"payer_claim_number,omitempty"` // REF*F8 in 2330B
	Paid             money.Cents  `json:"paid"`                         // AMT*D
	DecidedOn        date.Date    `json:"decided_on"`                   // DTP*573, where no line carries it
	Adjustments      []Adjustment `json:"adjustments,omitempty"`        // CAS at claim level
}

// Adjudication is what a prior payer made of one line: loop 2430.
type Adjudication struct {
	PayerIdentifier string          `json:"payer_identifier"` // SVD01, an OtherPayer's
	Paid            money.Cents     `json:"paid"`
	Procedure       string          `json:"procedure"`
	Modifiers       []string        `json:"modifiers,omitempty"`
	Units           decimal.Decimal `json:"units"`
	DecidedOn       date.Date       `json:"decided_on"`
	Adjustments     []Adjustment    `json:"adjustments,omitempty"`
}

// Adjustment is one reduction with its reason: a triplet of a CAS segment.
type Adjustment struct {
	Group    string           `json:"group"` // CO, PR, OA, PI
	CARC     string           `json:"carc"`
	Amount   money.Cents      `json:"amount"`
	Quantity *decimal.Decimal `json:"quantity,omitempty"`
}

// ClaimNumber is CLM01 of the practice's nth claim: it fits the 14 characters
// of a paper form.
func ClaimNumber(n int64) string { return fmt.Sprintf("C%08d", n) }

// LineControlNumber is REF*6R of a claim's line: unique in the whole book, so
// that a payer that loses the claim's number still leads back to it.
func LineControlNumber(number string, line int) string { return fmt.Sprintf("%sL%d", number, line) }

// NumberOfLine returns the number of the claim that a line control number
// belongs to, "" when it is not one of ours.
func NumberOfLine(control string) string {
	at := strings.LastIndexByte(control, 'L')
	if at <= 0 || at == len(control)-1 || strings.Trim(control[at+1:], "0123456789") != "" {
		return ""
	}
	return control[:at]
}

// BuildClaim freezes an encounter that the edits passed into the claim for one
// of its coverages. SetNumber gives it its number.
func BuildClaim(s *Subject, coverage *Coverage) Claim {
	c := Claim{
		Type: "837P", Frequency: "1", Rank: coverage.Rank, Payer: coverage.Payer,
		Policy: policyOf(coverage, s.Patient), Patient: s.Patient.Person, Billing: *s.Billing, Rendering: *s.Rendering,
		PlaceOfService: s.PlaceOfService(), Authorization: s.Record.Authorization, Diagnoses: s.Record.Diagnoses,
	}
	if s.Facility != nil {
		facility := *s.Facility
		c.Facility = &facility
	}
	for i, line := range s.Record.Lines {
		c.Charge += line.Charge
		c.Lines = append(c.Lines, ClaimLine{
			Number: i + 1, Procedure: line.Procedure, Modifiers: line.Modifiers,
			Pointers: line.Pointers, Units: line.Units, Unit: unitOf(line), Charge: line.Charge, ServiceDate: line.ServiceDate,
		})
	}
	return c
}

func policyOf(c *Coverage, patient *Patient) Policy {
	p := Policy{
		MemberID: c.MemberID, GroupNumber: c.GroupNumber, PlanName: c.PlanName, Relationship: c.Relationship,
		InsuranceType: c.InsuranceType, Subscriber: c.Subscriber,
	}
	if p.Relationship == "18" {
		p.Subscriber = patient.Person
	}
	if p.Subscriber.Address.Line1 == "" {
		p.Subscriber.Address = patient.Person.Address // a family at one address
	}
	return p
}

func unitOf(line EncounterLine) string {
	if line.Unit == "" {
		return "UN"
	}
	return line.Unit
}

// SetNumber gives the claim its number, and its lines theirs.
func (c *Claim) SetNumber(number string) {
	c.Number = number
	for i := range c.Lines {
		c.Lines[i].ControlNumber = LineControlNumber(number, c.Lines[i].Number)
	}
}

// Same reports whether two claims say the same.
func (c Claim) Same(other Claim) bool {
	a, errA := json.Marshal(c)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
