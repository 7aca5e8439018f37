// Package segment holds the segments that the healthcare transactions share, as
// plain structs: references, names, dates, amounts, adjustments. The typed
// transactions (edi/claim837, edi/remit835, edi/ack) are made of them.
//
// A qualified segment (REF, DTP, AMT, QTY) is kept as a list in the order of the
// file, because its order carries no meaning but a round trip must give it back;
// look one up by its qualifier.
package segment

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// Position is where in a file a struct was read from. Writing ignores it, and
// it is zero in what was built rather than read.
type Position struct {
	ByteOffset    int64 // of the first byte of the segment, from the start of the file
	SegmentNumber int   // within the transaction set, ST = 1
}

// Optional is a value that a sender may leave out, where leaving it out and
// sending zero are different statements.
type Optional[T any] struct {
	Value   T
	Present bool
}

// Some returns a value that is there.
func Some[T any](v T) Optional[T] { return Optional[T]{Value: v, Present: true} }

// Or returns the value, or other where it is absent.
func (o Optional[T]) Or(other T) T {
	if o.Present {
		return o.Value
	}
	return other
}

// Unknown is a segment that the guide does not have in this place, or one that
// could not be read as what it claims to be. It is kept and written back in its
// place.
type Unknown struct {
	Position
	// After is the number of known segments of the same loop that precede it.
	After int
	// ID is the segment's identifier, "ZZZ".
	ID string
	// Elements holds the elements, each a list of repetitions, each a list of
	// components.
	Elements [][][]string
	// Reason says why it is here, in plain words; empty for a segment that the
	// guide does not have.
	Reason string
}

// Reference is a REF segment: a number and what kind of number it is.
type Reference struct {
	Qualifier   string // REF01: "6R" line control number, "F8" payer's claim number
	Value       string // REF02
	Description string // REF03
	// RelatedQualifier and RelatedValue are REF04-1 and REF04-2: in the 837's
	// service-line loops "2U" and the payer for whom the number is meant.
	RelatedQualifier, RelatedValue string
}

// Amount is an AMT segment: a supplemental amount of money.
type Amount struct {
	Qualifier string      // AMT01: "D" payer paid, "F5" patient paid, "B6" allowed
	Amount    money.Cents // AMT02
	Position
}

// Quantity is a QTY segment.
type Quantity struct {
	Qualifier string          // QTY01: "CA" covered days, "90" accepted claims
	Quantity  decimal.Decimal // QTY02
	Position
}

// Period is a DTP segment: a day, an instant or a range of days.
type Period struct {
	Qualifier string    // DTP01: "472" service, "434" statement, "435" admission
	Format    string    // DTP02: "D8" a day, "RD8" a range, "DT" a day and time, "TM" a time
	From      date.Date // DTP03, the day or the first day
	To        date.Date // DTP03, the last day of RD8; zero otherwise
	Time      string    // DTP03, HHMM or HHMMSS of DT and TM; empty otherwise
}

// OnDay returns the DTP segment of one day (format D8).
func OnDay(qualifier string, d date.Date) Period {
	return Period{Qualifier: qualifier, Format: "D8", From: d}
}

// OverDays returns the DTP segment of a range of days (format RD8).
func OverDays(qualifier string, from, to date.Date) Period {
	return Period{Qualifier: qualifier, Format: "RD8", From: from, To: to}
}

// AtTime returns the DTP segment of an hour and minute of a day (format DT).
func AtTime(qualifier string, d date.Date, hhmm string) Period {
	return Period{Qualifier: qualifier, Format: "DT", From: d, Time: hhmm}
}

// Last returns the last day of the period: To of a range, From of a day.
func (p Period) Last() date.Date {
	if p.To.IsZero() {
		return p.From
	}
	return p.To
}

// Date is a DTM segment: a day.
type Date struct {
	Qualifier string    // DTM01: "472" service, "232" statement from, "405" production
	Date      date.Date // DTM02
}

// Address is an N3 and an N4 segment.
type Address struct {
	Line1, Line2 string // N301, N302
	City         string // N401
	State        string // N402: state or province
	PostalCode   string // N403, without a hyphen
	Country      string // N404; empty for the United States
	Subdivision  string // N407, ISO 3166-2 part of a foreign address
}

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a == Address{} }

// Contact is a PER segment: whom to call.
type Contact struct {
	Function string // PER01: "IC" information contact, "CX" payer's claim office, "BL" technical
	Name     string // PER02
	// Numbers are PER03 to PER08, up to three: telephone, extension, e-mail.
	Numbers []CommunicationNumber
}

// CommunicationNumber is one way to reach a contact.
type CommunicationNumber struct {
	Qualifier string // PER03, 05, 07: "TE" telephone, "EX" extension, "EM" e-mail, "FX" fax, "UR" web
	Number    string // PER04, 06, 08
}

// Name is an NM1 segment: a person or an organisation in a role.
type Name struct {
	Role        string // NM101: "85" billing, "82" rendering, "QC" patient, "IL" subscriber, "PR" payer
	Type        string // NM102: "1" a person, "2" an organisation
	Last        string // NM103: the last name, or the organisation's name
	First       string // NM104
	Middle      string // NM105
	Prefix      string // NM106
	Suffix      string // NM107
	IDQualifier string // NM108: "XX" NPI, "MI" member id, "PI" payer id, "46" ETIN
	ID          string // NM109
}

// IsZero reports whether nobody is named.
func (n Name) IsZero() bool { return n == Name{} }

// IsPerson reports whether the name is a person's.
func (n Name) IsPerson() bool { return n.Type == "1" }

// Procedure is a composite medical procedure (C003): a code and its modifiers.
type Procedure struct {
	Qualifier   string    // -1: "HC" HCPCS and CPT, "AD" dental, "NU" revenue code, "N4" NDC
	Code        string    // -2
	Modifiers   [4]string // -3 to -6
	Description string    // -7
	CodeEnd     string    // -8, the last of a range of codes
}

// IsZero reports whether there is no procedure.
func (p Procedure) IsZero() bool { return p == Procedure{} }

// Adjustment is one reason of a CAS segment. A CAS carries up to six reasons
// under one group code; reading expands them and writing packs neighbours of
// the same group together again.
type Adjustment struct {
	Position                           // of the CAS segment
	Group    string                    // CAS01: "CO", "PR", "OA", "PI", "CR"
	Reason   string                    // CAS02, 05, 08, 11, 14, 17: the CARC
	Amount   money.Cents               // CAS03, 06, 09, 12, 15, 18; positive lowers the payment
	Quantity Optional[decimal.Decimal] // CAS04, 07, 10, 13, 16, 19
	Apart    bool                      // begins a CAS of its own although the one before has the same group and room
}

// Hierarchy is an HL segment as it stood in a file. Its zero value, which is
// what a builder leaves, means that the writer numbers the loops in order and
// derives the parent and the child code from the structure; reading a file
// whose numbering is that one gives the zero value.
type Hierarchy struct {
	ID     string // HL01
	Parent string // HL02
	Child  string // HL04: "1" when loops are subordinate to this one
}

// InpatientAdjudication is the MIA segment: what an inpatient claim was
// paid by. Its amounts are information, not part of any balance.
type InpatientAdjudication struct {
	CoveredDays             decimal.Decimal           // MIA01
	PPSOperatingOutlier     Optional[money.Cents]     // MIA02
	LifetimePsychiatricDays Optional[decimal.Decimal] // MIA03
	DRGAmount               Optional[money.Cents]     // MIA04
	Remarks                 [5]string                 // MIA05 and MIA20 to MIA23: RARCs
	DisproportionateShare   Optional[money.Cents]     // MIA06
	MSPPassThrough          Optional[money.Cents]     // MIA07
	PPSCapital              Optional[money.Cents]     // MIA08
	PPSCapitalFSPDRG        Optional[money.Cents]     // MIA09
	PPSCapitalHSPDRG        Optional[money.Cents]     // MIA10
	PPSCapitalDSHDRG        Optional[money.Cents]     // MIA11
	OldCapital              Optional[money.Cents]     // MIA12
	PPSCapitalIME           Optional[money.Cents]     // MIA13
	PPSOperatingHospitalDRG Optional[money.Cents]     // MIA14
	CostReportDays          Optional[decimal.Decimal] // MIA15
	PPSOperatingFederalDRG  Optional[money.Cents]     // MIA16
	PPSCapitalOutlier       Optional[money.Cents]     // MIA17
	IndirectTeaching        Optional[money.Cents]     // MIA18
	NonpayableProfessional  Optional[money.Cents]     // MIA19
	PPSCapitalException     Optional[money.Cents]     // MIA24
}

// OutpatientAdjudication is the MOA segment.
type OutpatientAdjudication struct {
	ReimbursementRate      Optional[decimal.Decimal] // MOA01, 0.8 for 80 %
	HCPCSPayable           Optional[money.Cents]     // MOA02
	Remarks                [5]string                 // MOA03 to MOA07: RARCs
	ESRDPayment            Optional[money.Cents]     // MOA08
	NonpayableProfessional Optional[money.Cents]     // MOA09
}

// FindReference returns the value of the first reference of the qualifier, or "".
func FindReference(refs []Reference, qualifier string) string {
	for i := range refs {
		if refs[i].Qualifier == qualifier {
			return refs[i].Value
		}
	}
	return ""
}

// FindAmount returns the first amount of the qualifier.
func FindAmount(amounts []Amount, qualifier string) (money.Cents, bool) {
	for i := range amounts {
		if amounts[i].Qualifier == qualifier {
			return amounts[i].Amount, true
		}
	}
	return 0, false
}

// FindPeriod returns the first period of the qualifier.
func FindPeriod(periods []Period, qualifier string) (Period, bool) {
	for i := range periods {
		if periods[i].Qualifier == qualifier {
			return periods[i], true
		}
	}
	return Period{}, false
}

// FindDate returns the first date of the qualifier, or no date.
func FindDate(dates []Date, qualifier string) date.Date {
	for i := range dates {
		if dates[i].Qualifier == qualifier {
			return dates[i].Date
		}
	}
	return date.Date{}
}

// Header is the ST segment of a transaction set.
type Header struct {
	Type    string // ST01: "837", "835", "999", "277"
	Control string // ST02 = SE02, four to nine characters
	Version string // ST03, the same as GS08; an 835 may leave it out
}

// Beginning is the BHT segment.
type Beginning struct {
	Structure string    // BHT01: "0019" claims, "0085" claim acknowledgment
	Purpose   string    // BHT02: "00" original, "18" reissue, "08" status
	Reference string    // BHT03: the originator's number of this transaction set
	Date      date.Date // BHT04
	Time      string    // BHT05, HHMM
	Kind      string    // BHT06: "CH" chargeable claims, "RP" encounters, "31" subrogation, "TH" acknowledgment
}

// Trace is a TRN segment: the number by which something is found again. In an
// 835 it is the check number or the transfer's trace at the bank; in a 277CA it
// is the number that the answered party gave.
type Trace struct {
	Position
	Type       string // TRN01: "1" current transaction, "2" the answered one
	Number     string // TRN02
	Originator string // TRN03: in an 835 "1" and the payer's tax id
	Supplement string // TRN04
}
