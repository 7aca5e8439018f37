package billing

import (
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Claim is what posting needs to know of a claim of ours: the frozen snapshot
// that was sent, and who is asked next.
type Claim struct {
	ID           int64
	Number       string // CLM01 as sent, CLP01 as it comes back
	State        claims.State
	Rank         int16 // of the payer that was asked: 1 primary, 2 secondary, 3 tertiary
	PayerID      int64
	PatientID    int64
	GuarantorID  int64
	EncounterID  int64
	Visit        string // external id of the encounter
	ProviderID   int64  // rendering
	Charge       money.Cents
	ServiceDate  date.Date
	BillsPatient bool // false: a Medicaid payer, only its own stated copay goes to the patient
	QMB          bool // Qualified Medicare Beneficiary: owes no Medicare cost sharing
	AppealDays   int
	Next         *NextPayer // nil: nobody but the patient
	Lines        []ClaimLine
}

// NextPayer is the coverage that is asked after this one.
type NextPayer struct {
	PayerID      int64
	Rank         int16
	BillsPatient bool
	Next         *NextPayer // who is asked after it; nil: nobody but the patient
}

// ClaimLine is one line of a claim as it was sent.
type ClaimLine struct {
	ServiceLineID int64
	LineNo        int    // LX01
	ControlNumber string // REF*6R
	Procedure     string
	Modifiers     []string
	Charge        money.Cents
	ServiceDate   date.Date
	// Allowed is what the contract with the payer allows for the line; zero: no contract.
	Allowed money.Cents
}

// receivable is the key of what a payer owes for a service line. What a payer
// reported for the claim and no line is kept under the claim's number.
func receivable(c *Claim, line *ClaimLine, payerID int64, rank int16) ledger.Key {
	key := ledger.Key{Account: ledger.ARInsurance, PayerID: payerID, PayerRank: rank}
	if line != nil {
		key.ServiceLineID = line.ServiceLineID
	} else {
		key.Reference = c.Number
	}
	return key
}

// patientOwes is the key of what the patient owes for a service line.
func patientOwes(c *Claim, line *ClaimLine) ledger.Key {
	key := ledger.Key{Account: ledger.ARPatient, PatientID: c.PatientID}
	if line != nil {
		key.ServiceLineID = line.ServiceLineID
	}
	return key
}

// asked returns the coverage that a CLP speaks for, and who is asked after it. A
// payer that is not the one we asked but one behind it has got the claim by
// crossover, under our number for the first payer.
func (c *Claim) asked(payerID int64) (NextPayer, *NextPayer) {
	if payerID != 0 && payerID != c.PayerID {
		for n := c.Next; n != nil; n = n.Next {
			if n.PayerID == payerID {
				return *n, n.Next
			}
		}
	}
	return NextPayer{PayerID: c.PayerID, Rank: c.Rank, BillsPatient: c.BillsPatient}, c.Next
}
