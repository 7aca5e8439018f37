// Package claim837 reads and writes the 837, the health care claim:
// professional (005010X222A1), institutional (005010X223A2) and dental
// (005010X224A2). The three guides share their hierarchy and most of their
// segments, so that one set of structs serves all; fields that belong to one of
// them say so.
//
// Every segment and element that these guides have is typed. Segments that only
// the standard or another guide has in an 837 (CR4 to CR8, IMM and others) are
// kept as Unknown in the loop where they stood, and written back there.
//
// Decoder streams one claim at a time, with its provider, subscriber and
// patient, in flat memory. Encode writes whole interchanges and numbers their
// hierarchy. ReadAll is for small files and for round trips.
package claim837

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/shopspring/decimal"
)

// Segments that an 837 shares with the other transactions.
type (
	Adjustment = segment.Adjustment
	Amount     = segment.Amount
	Quantity   = segment.Quantity
	Reference  = segment.Reference
	Period     = segment.Period
	Procedure  = segment.Procedure
	Address    = segment.Address
	Contact    = segment.Contact
	Name       = segment.Name
)

// Versions that HIPAA adopted, as GS08 and ST03 carry them.
const (
	Professional  = "005010X222A1"
	Institutional = "005010X223A2"
	Dental        = "005010X224A2"
)

// Kind tells the three guides apart.
type Kind byte

// The three kinds of claim.
const (
	KindUnknown       Kind = 0
	KindProfessional  Kind = 'P'
	KindInstitutional Kind = 'I'
	KindDental        Kind = 'D'
)

// KindOf returns the kind that a version in GS08 or ST03 names.
func KindOf(version string) Kind {
	if len(version) < 10 {
		return KindUnknown
	}
	switch version[:10] {
	case "005010X222":
		return KindProfessional
	case "005010X223":
		return KindInstitutional
	case "005010X224":
		return KindDental
	}
	return KindUnknown
}

// service returns the segment that holds a line's service; "" for any, where the
// kind is not known.
func (k Kind) service() string {
	switch k {
	case KindProfessional:
		return "SV1"
	case KindInstitutional:
		return "SV2"
	case KindDental:
		return "SV3"
	case KindUnknown:
	}
	return ""
}

// Interchange is one ISA to IEA with 837s.
type Interchange struct {
	Header     x12.Interchange
	Delimiters x12.Delimiters // zero: the default ones
	Groups     []Group
}

// Group is a functional group (GS01 = HC) of claims of one kind.
type Group struct {
	Header       x12.Group
	Transactions []Transaction
}

// Transaction is one transaction set: claims from one submitter to one
// receiver.
type Transaction struct {
	segment.Position                   // of ST
	Header           segment.Header    // ST
	Beginning        segment.Beginning // BHT
	Submitter        Party             // 1000A NM1*41 with PER
	Receiver         Party             // 1000B NM1*40
	Billing          []BillingProvider // 2000A
	Unknown          []segment.Unknown // before the first NM1
}

// Kind returns the kind that the transaction's version names.
func (t *Transaction) Kind() Kind { return KindOf(t.Header.Version) }

// BillingProvider is loop 2000A: who bills, and where the money goes.
type BillingProvider struct {
	segment.Position // of HL
	Hierarchy        segment.Hierarchy
	Specialty        Specialty         // PRV*BI: the taxonomy
	Currency         string            // CUR02 with CUR01 = 85; empty means US dollars
	Provider         Party             // 2010AA NM1*85
	PayTo            Party             // 2010AB NM1*87; zero when it is the provider's own address
	PayToPlan        Party             // 2010AC NM1*PE
	Subscribers      []Subscriber      // 2000B
	Unknown          []segment.Unknown // between HL and the first NM1
}

// Subscriber is loop 2000B: whose insurance it is, and whom the claim goes to.
type Subscriber struct {
	segment.Position // of HL
	Hierarchy        segment.Hierarchy
	Coverage         Coverage          // SBR
	Patient          PatientDetail     // PAT, when the subscriber is the patient
	Subscriber       Party             // 2010BA NM1*IL with DMG
	Payer            Party             // 2010BB NM1*PR
	Claims           []Claim           // 2300, when the subscriber is the patient
	Patients         []Patient         // 2000C, when a dependent is
	Unknown          []segment.Unknown // between HL and the first NM1
}

// Coverage is the SBR segment.
type Coverage struct {
	Rank            string // SBR01: "P" primary, "S" secondary, "T" tertiary, "A" to "H" fourth to eleventh, "U" unknown
	Relationship    string // SBR02: "18" self; empty in 2000B when the patient is a dependent
	Group           string // SBR03: group or policy number
	GroupName       string // SBR04
	InsuranceType   string // SBR05: why Medicare is secondary, "12" working aged, "47" liability
	FilingIndicator string // SBR09: "MB", "MC", "BL", "CI", "HM", "12" PPO
}

// PatientDetail is the PAT segment.
type PatientDetail struct {
	Relationship string                            // PAT01, in 2000C only: "01" spouse, "19" child, "G8" other
	Death        date.Date                         // PAT06 with PAT05 = D8
	Weight       segment.Optional[decimal.Decimal] // PAT08 in pounds (PAT07 = 01)
	Pregnant     string                            // PAT09: "Y"
}

// IsZero reports whether the segment is absent.
func (p PatientDetail) IsZero() bool {
	return p.Relationship == "" && p.Death.IsZero() && !p.Weight.Present && p.Pregnant == ""
}

// Patient is loop 2000C: a dependent of the subscriber.
type Patient struct {
	segment.Position // of HL
	Hierarchy        segment.Hierarchy
	Detail           PatientDetail     // PAT
	Patient          Party             // 2010CA NM1*QC with DMG
	Claims           []Claim           // 2300
	Unknown          []segment.Unknown // between HL and NM1
}

// Party is any NM1 loop of the 837: who, where, their numbers and how to reach
// them. Which fields a loop may carry is the guide's business.
type Party struct {
	segment.Position              // of NM1
	Name                          // NM1
	Specialty        Specialty    // PRV: the taxonomy, in the provider loops
	Address          Address      // N3, N4
	Demographics     Demographics // DMG, of subscriber and patient
	Dates            []Period     // DTP, in 2330B: "573" the other payer's decision
	References       []Reference  // REF: "EI" tax id, "G2" payer's number, "SY", "0B", "1G", "LU", "2U", "F8"
	Contacts         []Contact    // PER
	Unknown          []segment.Unknown
}

// IsZero reports whether the loop is absent.
func (p *Party) IsZero() bool { return p.Name.IsZero() }

// Reference returns the value of the party's REF of the qualifier, or "".
func (p *Party) Reference(qualifier string) string {
	return segment.FindReference(p.References, qualifier)
}

// Specialty is a PRV segment.
type Specialty struct {
	Role      string // PRV01: "BI" billing, "PE" performing, "RF" referring, "AT" attending, "AS" assistant
	Qualifier string // PRV02: "PXC" taxonomy
	Code      string // PRV03
}

// IsZero reports whether the segment is absent.
func (s Specialty) IsZero() bool { return s == Specialty{} }

// Demographics is a DMG segment.
type Demographics struct {
	Birth  date.Date // DMG02 with DMG01 = D8
	Gender string    // DMG03: "F", "M", "U"
}

// IsZero reports whether the segment is absent.
func (d Demographics) IsZero() bool { return d == Demographics{} }

// Roles of a Party within a claim or a line (NM101).
const (
	RoleSubmitter        = "41"
	RoleReceiver         = "40"
	RoleBilling          = "85"
	RolePayTo            = "87"
	RolePayToPlan        = "PE"
	RoleSubscriber       = "IL"
	RolePatient          = "QC"
	RolePayer            = "PR"
	RoleReferring        = "DN" // 2310A P and D, 2310F I
	RolePrimaryCare      = "P3" // 2310A P and D
	RoleRendering        = "82" // 2310B P and D, 2310D I
	RoleServiceFacility  = "77" // 2310C P and D, 2310E I
	RoleSupervising      = "DQ" // 2310D P, 2310E D
	RoleAmbulancePickUp  = "PW" // 2310E P
	RoleAmbulanceDropOff = "45" // 2310F P
	RoleAssistantSurgeon = "DD" // 2310D D
	RoleAttending        = "71" // 2310A I
	RoleOperating        = "72" // 2310B I
	RoleOtherOperating   = "ZZ" // 2310C I
	RoleOrdering         = "DK" // 2420E P
	RolePurchasedService = "QB" // 2420B P
)
