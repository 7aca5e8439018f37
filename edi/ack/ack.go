// Package ack reads and writes the acknowledgments: TA1 (was the envelope
// taken), 999 (005010X231A1: was the transaction set well formed) and 277CA
// (005010X214: was each claim taken into adjudication).
package ack

import (
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

// Versions, as GS08 and ST03 carry them.
const (
	VersionImplementation = "005010X231A1" // 999
	VersionClaim          = "005010X214"   // 277CA
)

// Interchange is an ISA to IEA with acknowledgments of any kind.
type Interchange struct {
	Header     x12.Interchange
	Delimiters x12.Delimiters // zero: the default ones
	Envelopes  []Envelope     // TA1, between ISA and the first GS
	Groups     []Group
}

// Group is a functional group of 999s (GS01 = FA) or 277CAs (GS01 = HN).
type Group struct {
	Header          x12.Group
	Implementations []Implementation // 999
	Claims          []ClaimAck       // 277CA
}

// Envelope is a TA1: the answer to one interchange.
type Envelope struct {
	segment.Position
	Control string    // TA101: ISA13 of the interchange it answers
	Date    date.Date // TA102, its ISA09
	Time    string    // TA103, its ISA10
	Code    string    // TA104: "A" accepted, "E" accepted with errors, "R" rejected
	Note    string    // TA105: "000" no error, else why
}

// Implementation is a 999: the answer to one functional group.
type Implementation struct {
	segment.Position
	Header       segment.Header // ST
	FunctionalID string         // AK101: GS01 of the group it answers, "HC"
	GroupControl string         // AK102: its GS06
	Version      string         // AK103: its GS08
	Transactions []SetResponse  // AK2 loops
	Result       GroupResult    // AK9
	Unknown      []segment.Unknown
}

// SetResponse is loop AK2: the answer to one transaction set.
type SetResponse struct {
	segment.Position
	Type     string         // AK201: "837"
	Control  string         // AK202: its ST02
	Version  string         // AK203: its ST03
	Segments []SegmentError // 2100
	Code     string         // IK501: "A" accepted, "E" accepted with errors, "R", "M", "W", "X" rejected
	Errors   []string       // IK502 to IK506
	Unknown  []segment.Unknown
}

// Accepted reports whether the transaction set was taken (A or E). Sending an
// accepted set again would duplicate its claims.
func (s SetResponse) Accepted() bool { return s.Code == "A" || s.Code == "E" }

// SegmentError is loop 2100: an error in a segment, or the segment that has
// errors in its elements.
type SegmentError struct {
	segment.Position
	SegmentID string         // IK301
	Number    int            // IK302: the segment's place in the transaction set, ST = 1
	Loop      string         // IK303: LS or loop identifier
	Code      string         // IK304: "3" missing, "8" has element errors, "I4", …
	Contexts  []Context      // CTX
	Elements  []ElementError // 2110
	Unknown   []segment.Unknown
}

// ElementError is loop 2110: an error in an element.
type ElementError struct {
	segment.Position
	Element    int       // IK401-1
	Component  int       // IK401-2; 0 for a simple element
	Repetition int       // IK401-3; 0 when not repeated
	DataID     string    // IK402: X12's number of the data element
	Code       string    // IK403: "1" required and missing, "7" not a valid code, "I9", …
	Value      string    // IK404: the bad value
	Contexts   []Context // CTX
	Unknown    []segment.Unknown
}

// Context is a CTX segment: which claim or which other segment the error is about.
type Context struct {
	Names      []ContextName // CTX01
	SegmentID  string        // CTX02
	Number     int           // CTX03: the place of the segment; 0 unused
	Loop       string        // CTX04
	Element    int           // CTX05-1; 0 unused
	Component  int           // CTX05-2
	Repetition int           // CTX05-3
	DataIDs    [2]string     // CTX06-1, CTX06-2
}

// ContextName is a composite of CTX01: "CLM01" and the claim number, "TRN02",
// or "SITUATIONAL TRIGGER" with no value.
type ContextName struct{ Name, Value string }

// GroupResult is the AK9 segment.
type GroupResult struct {
	segment.Position
	Code     string   // AK901: "A", "E", "P" partly accepted, "R", "M", "W", "X"
	Included int      // AK902: transaction sets that GE01 declared
	Received int      // AK903
	Accepted int      // AK904
	Errors   []string // AK905 to AK909
}
