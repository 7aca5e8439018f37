package claim837

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Line is loop 2400: one service.
type Line struct {
	segment.Position     // of LX
	Number           int // LX01; zero is numbered in order by the writer

	Procedure      Procedure                         // SV101, SV202, SV301
	Charge         money.Cents                       // SV102, SV203, SV302
	Unit           string                            // SV103, SV204: "UN" units, "MJ" minutes of anesthesia, "DA" days
	Quantity       segment.Optional[decimal.Decimal] // SV104, SV205, SV306
	PlaceOfService string                            // SV105 (P), SV303 (D); empty where it is the claim's
	Pointers       [4]int                            // SV107 (P), SV311 (D): places in the claim's list of diagnoses, from 1; 0 unused
	Emergency      string                            // SV109 (P): "Y"
	EPSDT          string                            // SV111 (P): "Y"
	FamilyPlanning string                            // SV112 (P): "Y"
	CopayExempt    string                            // SV115 (P): "0"
	RevenueCode    string                            // SV201 (I)
	UnitRate       segment.Optional[decimal.Decimal] // SV206 (I)
	NonCovered     segment.Optional[money.Cents]     // SV207 (I)
	OralCavity     [5]string                         // SV304 (D): quadrant or arch
	Prosthesis     string                            // SV305 (D): "I" initial, "R" replacement
	Equipment      *Equipment                        // SV5 (P)
	Teeth          []Tooth                           // TOO (D)

	Attachments  []Attachment      // PWK
	Ambulance    *Ambulance        // CR1 (P)
	Certificate  *DurableEquipment // CR3 (P)
	Conditions   []Condition       // CRC (P)
	Periods      []Period          // DTP: "472" service, "471" prescription, "607", "463", "461" certification, "573" never here: see Adjudications
	Quantities   []Quantity        // QTY: "PT" ambulance patients, "FL" obstetric anesthesia units
	Measurements []Measurement     // MEA (P)
	Contract     Contract          // CN1
	References   []Reference       // REF: "6R" line control number, "G1", "9F", "X4", "F4", "EW" mammography
	Amounts      []Amount          // AMT: "T" sales tax, "F4" postage, "GT" service tax, "N8" facility tax
	Fixed        []string          // K301
	Notes        []Note            // NTE
	Purchased    *PurchasedService // PS1 (P)
	Pricing      *Pricing          // HCP

	Drug          *Drug              // 2410
	Providers     []Party            // 2420: find one with Provider(role)
	Adjudications []LineAdjudication // 2430: what other payers decided
	Forms         []Form             // 2440 (P)
	Unknown       []segment.Unknown
}

// Provider returns the line's NM1 loop 2420 of the role, or nil.
func (l *Line) Provider(role string) *Party { return party(l.Providers, role) }

// Reference returns the value of the line's REF of the qualifier, or "".
func (l *Line) Reference(qualifier string) string {
	return segment.FindReference(l.References, qualifier)
}

// ServiceDate returns the period of DTP*472; zero when the claim has it.
func (l *Line) ServiceDate() Period {
	p, _ := segment.FindPeriod(l.Periods, "472")
	return p
}

// Equipment is the SV5 segment (P): the rental and purchase price of durable
// medical equipment.
type Equipment struct {
	Procedure Procedure                     // SV501
	Days      decimal.Decimal               // SV503 (SV502 = DA): length of medical necessity
	Rental    segment.Optional[money.Cents] // SV504
	Purchase  segment.Optional[money.Cents] // SV505
	Frequency string                        // SV506: "1" weekly, "4" monthly, "6" daily
}

// DurableEquipment is the CR3 segment (P): the certification of equipment.
type DurableEquipment struct {
	Type   string          // CR301: "I" initial, "R" renewal, "S" revised
	Months decimal.Decimal // CR303 (CR302 = MO)
}

// Tooth is a TOO segment (D).
type Tooth struct {
	System   string    // TOO01: "JP" universal numbering
	Code     string    // TOO02
	Surfaces [5]string // TOO03: "M", "O", "D", "B", "L", "F", "I"
}

// Measurement is a MEA segment (P): a test result.
type Measurement struct {
	Category  string          // MEA01: "OG" original, "TR" test results
	Qualifier string          // MEA02: "HT" height, "R1" hemoglobin, "R2" hematocrit, "R4" creatinine
	Value     decimal.Decimal // MEA03
}

// PurchasedService is the PS1 segment (P).
type PurchasedService struct {
	Provider string      // PS101
	Amount   money.Cents // PS102
}

// Drug is loop 2410.
type Drug struct {
	segment.Position
	Qualifier  string                            // LIN02: "N4" NDC, or a device identifier's qualifier
	Code       string                            // LIN03: the NDC, eleven digits
	Quantity   segment.Optional[decimal.Decimal] // CTP04
	Unit       string                            // CTP05-1: "ML", "UN", "GR", "F2", "ME"
	References []Reference                       // REF: "XZ" prescription, "VY" link of a compound
	Unknown    []segment.Unknown
}

// LineAdjudication is loop 2430: what another payer decided on the line.
type LineAdjudication struct {
	segment.Position
	Payer       string                            // SVD01: an id of a 2330B payer
	Paid        money.Cents                       // SVD02
	Procedure   Procedure                         // SVD03
	RevenueCode string                            // SVD04 (I)
	Units       segment.Optional[decimal.Decimal] // SVD05
	BundledInto string                            // SVD06: the line it was bundled into
	Adjustments []Adjustment                      // CAS
	Decided     date.Date                         // DTP*573
	Amounts     []Amount                          // AMT: "EAF" remaining patient liability
	Unknown     []segment.Unknown
}

// Form is loop 2440 (P): a certificate of medical necessity.
type Form struct {
	segment.Position
	Qualifier string   // LQ01: "UT" form of the DME contractors, "AS" form type
	Code      string   // LQ02: "04.03"
	Answers   []Answer // FRM
	Unknown   []segment.Unknown
}

// Answer is an FRM segment.
type Answer struct {
	Question string                            // FRM01
	YesNo    string                            // FRM02: "Y", "N", "W" not applicable
	Text     string                            // FRM03
	Date     date.Date                         // FRM04
	Percent  segment.Optional[decimal.Decimal] // FRM05
}
