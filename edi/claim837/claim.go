package claim837

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Claim is loop 2300.
type Claim struct {
	segment.Position // of CLM

	ControlNumber     string      // CLM01: our claim number; comes back as CLP01
	Charge            money.Cents // CLM02, the sum of the lines' charges
	PlaceOfService    string      // CLM05-1: place of service (P, D), first two digits of the type of bill (I)
	FacilityQualifier string      // CLM05-2: "B" place of service, "A" type of bill
	Frequency         string      // CLM05-3: "1" original, "7" replacement, "8" void
	ProviderSignature string      // CLM06: "Y" on file (P, D)
	Assignment        string      // CLM07: "A" accepts, "B" for laboratory services only, "C" does not
	BenefitsAssigned  string      // CLM08: "Y", "N", "W" not applicable
	Release           string      // CLM09: "Y" signed statement, "I" informed consent
	PatientSignature  string      // CLM10: "P" signed by the provider for the patient
	Causes            [3]string   // CLM11-1 to -3: "AA" auto accident, "EM" employment, "OA" other accident
	AccidentState     string      // CLM11-4, with "AA"
	AccidentCountry   string      // CLM11-5
	SpecialProgram    string      // CLM12
	Predetermination  string      // CLM19: "PB" a predetermination of dental benefits (D)
	DelayReason       string      // CLM20

	Periods     []Period            // DTP: "431" onset, "439" accident, "434" statement, "435" admission, "096" discharge hour, "452" appliance, "472" service
	Admission   Admission           // CL1 (I)
	Orthodontic Orthodontic         // DN1 (D)
	Teeth       []ToothStatus       // DN2 (D)
	Attachments []Attachment        // PWK
	Contract    Contract            // CN1
	Amounts     []Amount            // AMT: "F5" patient paid, "F3" patient's estimated share (I)
	References  []Reference         // REF: "G1" authorization, "9F" referral, "F8" payer's claim number, "X4" CLIA, "D9" clearinghouse, "EA" medical record
	Fixed       []string            // K301: file information, by a payer's rule only
	Notes       []Note              // NTE
	Ambulance   *Ambulance          // CR1 (P)
	Spinal      *SpinalManipulation // CR2 (P)
	Conditions  []Condition         // CRC: ambulance "07", vision "E1"-"E3", homebound "75", EPSDT "ZZ"
	Codes       []CodeList          // HI, one list a segment: see Diagnoses, SetDiagnoses
	Quantities  []Quantity          // QTY
	Pricing     *Pricing            // HCP

	Providers []Party           // 2310: find one with Provider(role)
	Others    []OtherSubscriber // 2320: the other insurances
	Lines     []Line            // 2400
	Unknown   []segment.Unknown
}

// Provider returns the claim's NM1 loop 2310 of the role, or nil.
func (c *Claim) Provider(role string) *Party { return party(c.Providers, role) }

// Reference returns the value of the claim's REF of the qualifier, or "".
func (c *Claim) Reference(qualifier string) string {
	return segment.FindReference(c.References, qualifier)
}

// Period returns the claim's DTP of the qualifier.
func (c *Claim) Period(qualifier string) (Period, bool) {
	return segment.FindPeriod(c.Periods, qualifier)
}

// Amount returns the claim's AMT of the qualifier.
func (c *Claim) Amount(qualifier string) (money.Cents, bool) {
	return segment.FindAmount(c.Amounts, qualifier)
}

func party(list []Party, role string) *Party {
	for i := range list {
		if list[i].Role == role {
			return &list[i]
		}
	}
	return nil
}

// Admission is the CL1 segment (I).
type Admission struct {
	Type      string // CL101: "1" emergency, "3" elective
	Source    string // CL102: point of origin
	Discharge string // CL103: patient status, "01" home
}

// IsZero reports whether the segment is absent.
func (a Admission) IsZero() bool { return a == Admission{} }

// Orthodontic is the DN1 segment (D).
type Orthodontic struct {
	Months    segment.Optional[decimal.Decimal] // DN101: of the whole treatment
	Remaining segment.Optional[decimal.Decimal] // DN102: of a transfer patient
	Transfer  string                            // DN103
	Services  string                            // DN104: "Y", orthodontic services without dates
}

// IsZero reports whether the segment is absent.
func (o Orthodontic) IsZero() bool { return o == Orthodontic{} }

// ToothStatus is a DN2 segment (D).
type ToothStatus struct {
	Tooth  string // DN201
	Status string // DN202: "M" missing, "E" to be extracted, "I" impacted
	System string // DN206: "JP" universal numbering
}

// Attachment is a PWK segment: paper or a file that belongs to the claim.
type Attachment struct {
	Type         string // PWK01: "OZ" support data, "CT" certification, "B4" referral form
	Transmission string // PWK02: "AA" on request, "BM" by mail, "EL" electronic, "FX" by fax
	Control      string // PWK06 with PWK05 = AC
	Description  string // PWK07
}

// Contract is the CN1 segment.
type Contract struct {
	Type      string                            // CN101: "01" DRG, "02" per diem, "05" capitated, "09" other
	Amount    segment.Optional[money.Cents]     // CN102
	Percent   segment.Optional[decimal.Decimal] // CN103
	Code      string                            // CN104
	Discount  segment.Optional[decimal.Decimal] // CN105
	VersionID string                            // CN106
}

// IsZero reports whether the segment is absent.
func (c Contract) IsZero() bool { return c == Contract{} }

// Note is an NTE segment.
type Note struct {
	Code string // NTE01: "ADD" additional, "CER" certification, "DCP" goals, "TPO" third party
	Text string // NTE02, at most 80 characters
}

// Ambulance is the CR1 segment (P).
type Ambulance struct {
	Weight    segment.Optional[decimal.Decimal] // CR102 in pounds (CR101 = LB)
	Transport string                            // CR103
	Reason    string                            // CR104: "A" nearest facility, "C" to be near the family
	Miles     decimal.Decimal                   // CR106 (CR105 = DH)
	RoundTrip string                            // CR109: why
	Stretcher string                            // CR110: why
}

// SpinalManipulation is the CR2 segment (P).
type SpinalManipulation struct {
	Nature       string    // CR208: "A" acute, "C" chronic, "M" acute manifestation of a chronic condition
	Complicated  string    // CR209
	Descriptions [2]string // CR210, CR211
	XRay         string    // CR212
}

// Condition is a CRC segment.
type Condition struct {
	Category string    // CRC01
	Applies  string    // CRC02: "Y" or "N"
	Codes    [5]string // CRC03 to CRC07
}

// Pricing is the HCP segment: what a repricer made of the charge.
type Pricing struct {
	Method       string                            // HCP01
	Allowed      money.Cents                       // HCP02
	Savings      segment.Optional[money.Cents]     // HCP03
	Organization string                            // HCP04
	Rate         segment.Optional[decimal.Decimal] // HCP05: per diem or flat rate
	GroupCode    string                            // HCP06: APG or DRG
	GroupAmount  segment.Optional[money.Cents]     // HCP07
	RevenueCode  string                            // HCP08 (I)
	Qualifier    string                            // HCP09
	Procedure    string                            // HCP10
	Unit         string                            // HCP11
	Quantity     segment.Optional[decimal.Decimal] // HCP12
	Rejection    string                            // HCP13
	Compliance   string                            // HCP14
	Exception    string                            // HCP15
}

// OtherSubscriber is loop 2320: another insurance of the same patient, and what
// it decided when it was billed before.
type OtherSubscriber struct {
	segment.Position                                 // of SBR
	Coverage         Coverage                        // SBR
	Adjustments      []Adjustment                    // CAS, at claim level
	Amounts          []Amount                        // AMT: "D" paid, "A8" non-covered, "EAF" remaining patient liability
	BenefitsAssigned string                          // OI03
	PatientSignature string                          // OI04
	Release          string                          // OI06
	Inpatient        *segment.InpatientAdjudication  // MIA (I)
	Outpatient       *segment.OutpatientAdjudication // MOA
	Subscriber       Party                           // 2330A NM1*IL
	Payer            Party                           // 2330B NM1*PR, with DTP*573 and REF*F8
	Providers        []Party                         // 2330C and on
	Unknown          []segment.Unknown
}

// Paid returns what this insurance paid on the claim (AMT*D).
func (o *OtherSubscriber) Paid() (money.Cents, bool) { return segment.FindAmount(o.Amounts, "D") }
