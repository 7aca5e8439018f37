// Package claimsdb stores what package claims describes: set-up, encounters,
// claims with their timelines, and work items. Methods take the caller's
// transaction, so that a state change and the jobs it causes commit together.
package claimsdb

import (
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// PostingClaim is what posting a remittance needs to know of a claim.
type PostingClaim struct {
	ID                  int64
	Number              string
	State               claims.State
	Rank                int16
	PayerID             int64
	PayerKind           string
	PayerBillsPatient   bool // false: only the payer's own stated copay goes to the patient
	QMB                 bool // never billed for Medicare cost sharing
	PatientID           int64
	GuarantorID         int64
	CoverageID          int64
	EncounterID         int64
	EncounterExternalID string
	RenderingProviderID int64
	Charge              money.Cents
	ServiceDate         date.Date
	PayerClaimNumber    string        // as a prior answer named it; may be empty
	Next                *NextCoverage // the coverage that is asked next; nil: nobody but the patient
	Lines               []PostingLine // by LineNo
}

// NextCoverage is the coverage of the next rank that was active on the date of service.
type NextCoverage struct {
	CoverageID   int64
	PayerID      int64
	Rank         int16
	PayerKind    string
	BillsPatient bool
	Next         *NextCoverage // the one after it, as a tertiary payer; nil: none
}

// PostingLine is one line of a claim.
type PostingLine struct {
	ServiceLineID int64
	LineNo        int    // LX01
	ControlNumber string // REF*6R
	Procedure     string
	Modifiers     []string
	Units         decimal.Decimal
	Charge        money.Cents
	ServiceDate   date.Date
	Description   string
}
