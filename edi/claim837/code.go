package claim837

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/shopspring/decimal"
)

// CodeList is one HI segment: up to twelve codes.
type CodeList []Code

// Code is a health care code composite (C022) of an HI segment.
type Code struct {
	Qualifier string                            // -1: "ABK" principal diagnosis, "ABF" other, "BH" occurrence, …
	Code      string                            // -2, diagnoses without the point
	From      date.Date                         // -4: when it happened (D8), or the first day (RD8)
	To        date.Date                         // -4, the last day of an occurrence span (-3 = RD8)
	Amount    segment.Optional[money.Cents]     // -5: of a value code
	Quantity  segment.Optional[decimal.Decimal] // -6
	Version   string                            // -7
	CodeEnd   string                            // -8, the end of a range
	Present   string                            // -9: present on admission, "Y", "N", "U", "W" (I)
}

// Qualifiers of HI codes. Those with a leading A are ICD-10; their ICD-9 twins
// drop it (before 2015-10-01).
const (
	PrincipalDiagnosis  = "ABK" // ICD-9: BK
	OtherDiagnosis      = "ABF" // BF
	AdmittingDiagnosis  = "ABJ" // BJ (I)
	ReasonForVisit      = "APR" // PR (I)
	ExternalCause       = "ABN" // BN (I)
	PrincipalProcedure  = "BBR" // BR (I)
	OtherProcedure      = "BBQ" // BQ (I)
	DiagnosisGroup      = "DR"  // DRG (I)
	OccurrenceSpan      = "BI"  // (I)
	Occurrence          = "BH"  // (I)
	ValueCode           = "BE"  // (I)
	ConditionCode       = "BG"  // (I; P: condition information)
	TreatmentCode       = "TC"  // (I)
	AnesthesiaPrincipal = "BP"  // (P) anesthesia-related procedure
	AnesthesiaOther     = "BO"  // (P)
)

// Diagnoses returns the principal and other diagnoses of a professional or
// dental claim, in the order to which SV107 and SV311 point.
func (c *Claim) Diagnoses() []Code {
	var out []Code
	for _, list := range c.Codes {
		for _, code := range list {
			switch code.Qualifier {
			case "ABK", "BK", "ABF", "BF", "TQ":
				out = append(out, code)
			}
		}
	}
	return out
}

// SetDiagnoses puts ICD-10-CM codes, the principal one first and without their
// points, into the claim's first HI segment, as professional and dental claims
// have them.
func (c *Claim) SetDiagnoses(codes ...string) {
	list := make(CodeList, len(codes))
	for i, code := range codes {
		list[i] = Code{Qualifier: OtherDiagnosis, Code: code}
		if i == 0 {
			list[i].Qualifier = PrincipalDiagnosis
		}
	}
	if len(list) == 0 {
		return
	}
	c.Codes = append([]CodeList{list}, c.Codes...)
}

// Find returns the claim's HI codes of the qualifiers, in the order of the file.
func (c *Claim) Find(qualifiers ...string) []Code {
	var out []Code
	for _, list := range c.Codes {
		for _, code := range list {
			for _, q := range qualifiers {
				if code.Qualifier == q {
					out = append(out, code)
				}
			}
		}
	}
	return out
}
