package remit835

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Claim status codes (CLP02). None of them says whether a line was denied:
// that is read from its adjustments.
const (
	StatusPrimary            = "1"
	StatusSecondary          = "2"
	StatusTertiary           = "3"
	StatusDenied             = "4"
	StatusPrimaryForwarded   = "19"
	StatusSecondaryForwarded = "20"
	StatusTertiaryForwarded  = "21"
	StatusReversal           = "22"
	StatusNotOurs            = "23" // not this payer's claim, forwarded
	StatusPredetermination   = "25" // an estimate: posts nothing
)

// Claim is loop 2100: one claim's outcome.
type Claim struct {
	segment.Position     // of CLP
	Number           int // 1 for the first CLP of the payment; set by reading, ignored by writing

	ControlNumber         string                            // CLP01: our claim number, as the 837 sent it in CLM01
	Status                string                            // CLP02
	Charge                money.Cents                       // CLP03
	Paid                  money.Cents                       // CLP04; negative in a reversal
	PatientResponsibility segment.Optional[money.Cents]     // CLP05; absent in a reversal
	FilingIndicator       string                            // CLP06: "12" PPO, "MB" Medicare part B, "MC" Medicaid
	PayerControlNumber    string                            // CLP07: the payer's claim number
	FacilityCode          string                            // CLP08: place of service or type of bill
	Frequency             string                            // CLP09
	PatientStatus         string                            // CLP10
	DRG                   string                            // CLP11
	DRGWeight             segment.Optional[decimal.Decimal] // CLP12
	DischargeFraction     segment.Optional[decimal.Decimal] // CLP13
	Authorized            string                            // CLP14

	Adjustments []Adjustment                    // CAS, at claim level
	Names       []Name                          // NM1: "QC" patient, "IL" subscriber, "74" corrected, "82" rendering, "TT" crossover carrier, "PR" corrected priority payer, "GB" other subscriber
	Inpatient   *segment.InpatientAdjudication  // MIA
	Outpatient  *segment.OutpatientAdjudication // MOA
	References  []Reference                     // REF: "1L" group, "EA" medical record, "F8" original
	Dates       []Date                          // DTM: "232", "233" statement period, "036" coverage expired, "050" received
	Contacts    []Contact                       // PER*CX
	Amounts     []Amount                        // AMT: "AU" coverage, "I" interest, "D8" discount, "F5" patient paid
	Quantities  []Quantity                      // QTY: "CA" covered days
	Lines       []Line                          // 2110
	Unknown     []segment.Unknown
}

// IsReversal reports whether the claim takes back an earlier payment.
func (c *Claim) IsReversal() bool { return c.Status == StatusReversal }

// IsForwarded reports whether the payer sent the claim on to the next payer, so
// that billing it again would duplicate it.
func (c *Claim) IsForwarded() bool {
	switch c.Status {
	case StatusPrimaryForwarded, StatusSecondaryForwarded, StatusTertiaryForwarded, StatusNotOurs:
		return true
	}
	return false
}

// Name returns the claim's NM1 of the role, or nil.
func (c *Claim) Name(role string) *Name {
	for i := range c.Names {
		if c.Names[i].Role == role {
			return &c.Names[i]
		}
	}
	return nil
}

// Reference returns the value of the claim's REF of the qualifier, or "".
func (c *Claim) Reference(qualifier string) string {
	return segment.FindReference(c.References, qualifier)
}

// Amount returns the claim's AMT of the qualifier.
func (c *Claim) Amount(qualifier string) (money.Cents, bool) {
	return segment.FindAmount(c.Amounts, qualifier)
}

// Date returns the claim's DTM of the qualifier, or no date.
func (c *Claim) Date(qualifier string) date.Date { return segment.FindDate(c.Dates, qualifier) }

// Line is loop 2110: one service's outcome.
type Line struct {
	segment.Position     // of SVC
	Number           int // 1 for the first SVC of the claim; set by reading, ignored by writing

	Procedure      Procedure                         // SVC01: what the payer adjudicated
	Charge         money.Cents                       // SVC02
	Paid           money.Cents                       // SVC03
	RevenueCode    string                            // SVC04
	Units          segment.Optional[decimal.Decimal] // SVC05, units paid; absent means one
	Submitted      Procedure                         // SVC06: what we billed, where the payer changed it
	SubmittedUnits segment.Optional[decimal.Decimal] // SVC07

	Dates       []Date       // DTM: "472" service, "150" and "151" its first and last day
	Adjustments []Adjustment // CAS, at line level
	References  []Reference  // REF: "6R" line control number, "LU" location, "0K" policy
	Amounts     []Amount     // AMT: "B6" allowed, "KH" late filing reduction
	Quantities  []Quantity   // QTY
	Remarks     []Remark     // LQ: RARCs
	Unknown     []segment.Unknown
}

// ServiceDate returns the first day of service: DTM*472, else DTM*150, else no date.
func (l *Line) ServiceDate() date.Date {
	if d := segment.FindDate(l.Dates, "472"); !d.IsZero() {
		return d
	}
	return segment.FindDate(l.Dates, "150")
}

// ControlNumber returns the line control number (REF*6R) that the 837 sent, or "".
func (l *Line) ControlNumber() string { return segment.FindReference(l.References, "6R") }

// Reference returns the value of the line's REF of the qualifier, or "".
func (l *Line) Reference(qualifier string) string {
	return segment.FindReference(l.References, qualifier)
}

// Amount returns the line's AMT of the qualifier.
func (l *Line) Amount(qualifier string) (money.Cents, bool) {
	return segment.FindAmount(l.Amounts, qualifier)
}

// Remark is an LQ segment: a remark code.
type Remark struct {
	Qualifier string // LQ01: "HE" RARC, "RX" pharmacy
	Code      string // LQ02
}

// ProviderAdjustment is one pair of a PLB segment: money that belongs to no
// claim of this payment. A positive amount lowers the payment.
type ProviderAdjustment struct {
	segment.Position     // of the PLB segment
	PLB              int // 1 for the payment's first PLB segment; set by reading, ignored by writing
	Pair             int // 1 to 6 within the segment; set by reading, ignored by writing

	Provider     string      // PLB01
	FiscalPeriod date.Date   // PLB02, the last day of the provider's fiscal year
	Reason       string      // PLB03-1, 05-1, …: "WO" overpayment recovery, "FB" forwarding balance, "L6" interest, "72" refund
	Reference    string      // PLB03-2, …: the claim, trace or account it refers to
	Amount       money.Cents // PLB04, 06, …
	Apart        bool        // begins a PLB of its own although the one before has the same provider, period and room
}
