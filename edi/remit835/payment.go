// Package remit835 reads and writes the 835 (005010X221A1), the payer's
// remittance advice: what was paid, for which claims, and why not the rest.
//
// One transaction set is one payment. Decoder streams a payment's claims in
// flat memory; ReadAll and Encode handle whole payments. Balance proves the
// three equations that every payment must satisfy before it is posted, and
// ContentHash tells a payment received twice from two payments that look alike.
package remit835

import (
	"iter"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Segments that an 835 shares with the other transactions.
type (
	Adjustment = segment.Adjustment
	Amount     = segment.Amount
	Quantity   = segment.Quantity
	Reference  = segment.Reference
	Date       = segment.Date
	Name       = segment.Name
	Procedure  = segment.Procedure
	Address    = segment.Address
	Contact    = segment.Contact
	Trace      = segment.Trace
)

// Interchange is a file, or one of the interchanges of a file, with 835s.
type Interchange struct {
	Header x12.Interchange
	Groups []Group
}

// Group is a functional group (GS01 = HP) of payments.
type Group struct {
	Header   x12.Group
	Payments []Payment
}

// Payment is one transaction set: one check, one electronic transfer, or a
// notice that nothing is paid.
type Payment struct {
	segment.Position                 // of ST
	Header           segment.Header  // ST
	Interchange      x12.Interchange // the envelope it came in; ignored when written
	Group            x12.Group       // the envelope it came in; ignored when written

	Financial   Financial            // BPR
	Trace       Trace                // TRN
	Currency    string               // CUR02 with CUR01 = PR; empty means US dollars
	References  []Reference          // REF: "EV" receiver, "F2" version
	Dates       []Date               // DTM: "405" production
	Payer       Party                // 1000A N1*PR
	Payee       Party                // 1000B N1*PE
	Groups      []ClaimGroup         // 2000 LX
	Adjustments []ProviderAdjustment // PLB, each pair
	Unknown     []segment.Unknown    // in the header, before the first N1
	Trailing    []segment.Unknown    // among the PLB segments
}

// Claims iterates over the claims of all groups, in the order of the file.
func (p *Payment) Claims() iter.Seq[*Claim] {
	return func(yield func(*Claim) bool) {
		for g := range p.Groups {
			for c := range p.Groups[g].Claims {
				if !yield(&p.Groups[g].Claims[c]) {
					return
				}
			}
		}
	}
}

// Reference returns the value of the payment's REF of the qualifier, or "".
func (p *Payment) Reference(qualifier string) string {
	return segment.FindReference(p.References, qualifier)
}

// Payment methods (BPR04) and handling codes (BPR01) that decide what is posted.
const (
	MethodACH   = "ACH" // electronic transfer through the clearing house
	MethodCheck = "CHK"
	MethodWire  = "FWT"
	MethodBook  = "BOP" // the payer's choice
	MethodNone  = "NON" // nothing is paid

	HandlingInformationOnly = "H" // notification: no money moves
	HandlingPrenotification = "P" // a test of the account: nothing posts
)

// Financial is the BPR segment: the money itself.
type Financial struct {
	segment.Position
	Handling    string      // BPR01: "I" remittance with payment, "H" information only, "P" prenotification
	Amount      money.Cents // BPR02, the total paid; never negative
	CreditDebit string      // BPR03: "C" or "D"
	Method      string      // BPR04: ACH, BOP, CHK, FWT, NON
	Format      string      // BPR05: "CCP", "CTX"
	Sender      Account     // BPR06 to BPR09
	Originator  string      // BPR10, the payer's tax id preceded by "1"; the same as TRN03
	Supplement  string      // BPR11
	Receiver    Account     // BPR12 to BPR15
	Date        date.Date   // BPR16: when the money is due, or the check's date
	DateText    string      // BPR16 as it stood where it is no day; Date is none then, and Findings tells of it
}

// Account is a bank account in BPR.
type Account struct {
	BankQualifier    string // BPR06, 12: "01" ABA routing number
	Bank             string // BPR07, 13
	AccountQualifier string // BPR08, 14: "DA" demand deposit, "SG" savings
	Number           string // BPR09, 15
}

// Party is the payer (1000A) or the payee (1000B).
type Party struct {
	segment.Position
	Role        string      // N101: "PR" payer, "PE" payee
	Name        string      // N102
	IDQualifier string      // N103: "XX" NPI, "FI" tax id, "XV" plan id
	ID          string      // N104
	Address     Address     // N3, N4
	References  []Reference // REF: payer "2U", "NF"; payee "PQ", "TJ"
	Contacts    []Contact   // PER, the payer's: "CX", "BL", "IC"
	// Delivery is RDM, the payee's: how the remittance is delivered.
	Delivery *Delivery
	Unknown  []segment.Unknown
}

// IsZero reports whether the loop is absent.
func (p *Party) IsZero() bool { return p.Role == "" && p.Name == "" && p.ID == "" }

// Delivery is the RDM segment.
type Delivery struct {
	Method string // RDM01: "BM" mail, "EM" e-mail, "FT" file transfer, "OL" online
	Name   string // RDM02
	Number string // RDM03
}

// ClaimGroup is loop 2000: claims that the payer grouped, and their summary.
type ClaimGroup struct {
	segment.Position
	Number     string              // LX01; empty when claims came without an LX
	Summary    *ProviderSummary    // TS3
	Supplement *ProviderSupplement // TS2
	Claims     []Claim             // 2100
	Unknown    []segment.Unknown
}

// ProviderSummary is the TS3 segment: totals per provider, facility type and
// fiscal period. Medicare sends it; nothing is posted from it.
type ProviderSummary struct {
	Provider     string                            // TS301
	FacilityType string                            // TS302
	FiscalPeriod date.Date                         // TS303
	Claims       decimal.Decimal                   // TS304, number of claims
	Charges      money.Cents                       // TS305
	Totals       [19]segment.Optional[money.Cents] // TS306 to TS324; TS323 is a count of PIP claims
}

// ProviderSupplement is the TS2 segment: totals of Medicare's inpatient claims.
// TS2*n is Totals[n-1].
type ProviderSupplement struct {
	Totals [19]segment.Optional[decimal.Decimal] // TS201 to TS219, amounts and counts
}
