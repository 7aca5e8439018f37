package ack

import (
	"iter"

	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// ClaimAck is a 277CA: which claims of a file were taken and which rejected.
type ClaimAck struct {
	segment.Position
	Header    segment.Header    // ST
	Beginning segment.Beginning // BHT; BHT03 repeats the 837's
	Sources   []Source          // 2000A
	Unknown   []segment.Unknown
}

// Claims iterates over the claims of the whole acknowledgment with the levels
// that they stand under.
func (a *ClaimAck) Claims() iter.Seq2[*ClaimStatus, ClaimPath] {
	return func(yield func(*ClaimStatus, ClaimPath) bool) {
		for s := range a.Sources {
			source := &a.Sources[s]
			for r := range source.Receivers {
				receiver := &source.Receivers[r]
				for p := range receiver.Providers {
					provider := &receiver.Providers[p]
					for q := range provider.Patients {
						patient := &provider.Patients[q]
						for c := range patient.Claims {
							if !yield(&patient.Claims[c], ClaimPath{source, receiver, provider, patient}) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// ClaimPath is what a claim of a 277CA stands under.
type ClaimPath struct {
	Source   *Source
	Receiver *Receiver
	Provider *Provider
	Patient  *Patient
}

// Source is loop 2000A: who answers, a clearinghouse or a payer.
type Source struct {
	segment.Position
	Hierarchy segment.Hierarchy
	Name      segment.Name     // 2100A NM1: "PR" payer, "AY" clearinghouse
	Trace     segment.Trace    // 2200A TRN
	Periods   []segment.Period // DTP: "050" received, "009" processed
	Receivers []Receiver       // 2000B
	Unknown   []segment.Unknown
}

// Receiver is loop 2000B: who sent the claims.
type Receiver struct {
	segment.Position
	Hierarchy  segment.Hierarchy
	Name       segment.Name       // 2100B NM1*41
	Trace      segment.Trace      // 2200B TRN*2: BHT03 of the 837
	Statuses   []Status           // STC, of the whole file
	Quantities []segment.Quantity // QTY: "90" accepted, "AA" rejected
	Amounts    []segment.Amount   // AMT: "YU" accepted, "YY" rejected
	Providers  []Provider         // 2000C
	Unknown    []segment.Unknown
}

// Provider is loop 2000C: the billing provider of the claims.
type Provider struct {
	segment.Position
	Hierarchy  segment.Hierarchy
	Name       segment.Name  // 2100C NM1*85
	Trace      segment.Trace // 2200C TRN
	Statuses   []Status
	References []segment.Reference
	Quantities []segment.Quantity // QTY: "QA" accepted, "QC" rejected
	Amounts    []segment.Amount   // AMT: "YU" accepted, "YY" rejected
	Patients   []Patient          // 2000D
	Unknown    []segment.Unknown
}

// Patient is loop 2000D.
type Patient struct {
	segment.Position
	Hierarchy segment.Hierarchy
	Name      segment.Name  // 2100D NM1*QC
	Claims    []ClaimStatus // 2200D
	Unknown   []segment.Unknown
}

// ClaimStatus is loop 2200D: the answer to one claim.
type ClaimStatus struct {
	segment.Position                     // of TRN
	Trace            segment.Trace       // TRN*2; TRN02 is our claim number, CLM01
	Statuses         []Status            // STC
	References       []segment.Reference // REF: "1K" payer's claim number, "D9" clearinghouse, "BLT" type of bill
	Periods          []segment.Period    // DTP*472
	Lines            []LineStatus        // 2220D
	Unknown          []segment.Unknown
}

// ControlNumber returns our claim number.
func (c *ClaimStatus) ControlNumber() string { return c.Trace.Number }

// PayerControlNumber returns the payer's claim number (REF*1K), or "".
func (c *ClaimStatus) PayerControlNumber() string { return segment.FindReference(c.References, "1K") }

// Rejected reports whether the claim never entered adjudication: a status says
// U, or carries category A3, A6, A7 or A8.
func (c *ClaimStatus) Rejected() bool {
	for i := range c.Statuses {
		if c.Statuses[i].Rejected() {
			return true
		}
	}
	return false
}

// LineStatus is loop 2220D: the answer to one service line.
type LineStatus struct {
	segment.Position
	Procedure   segment.Procedure   // SVC01
	Charge      money.Cents         // SVC02
	RevenueCode string              // SVC04
	Units       string              // SVC07, as it was sent
	Statuses    []Status            // STC
	References  []segment.Reference // REF: "FJ" line control number
	Periods     []segment.Period    // DTP*472
	Unknown     []segment.Unknown
}

// Status is an STC segment: what was decided and why.
type Status struct {
	segment.Position
	Reasons [3]Reason                     // STC01, STC10, STC11; unused ones are zero
	Date    date.Date                     // STC02
	Action  string                        // STC03: "WQ" accepted, "U" rejected
	Amount  segment.Optional[money.Cents] // STC04, the charge
	Text    string                        // STC12
}

// Rejected reports whether the status rejects; U does whatever the category.
func (s *Status) Rejected() bool {
	if s.Action == "U" {
		return true
	}
	for _, r := range s.Reasons {
		switch r.Category {
		case "A3", "A6", "A7", "A8":
			return true
		}
	}
	return false
}

// Reason is a health care claim status composite (C043).
type Reason struct {
	Category string // -1: "A1" received, "A2" accepted, "A3" returned, "A6", "A7", "A8" rejected
	Code     string // -2: claim status code
	Entity   string // -3: whom the code is about, "85", "IL", "PR"
	List     string // -4: code list qualifier, "RX"
}
