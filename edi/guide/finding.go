package guide

import "github.com/claimbook/claimbook/edi/x12"

// Severity says whether a finding makes its unit invalid.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one thing that is wrong, where it is, what to do about it, and how
// each acknowledgment reports it.
type Finding struct {
	SNIP      int      // validation level, 1 to 7
	Code      string   // ours, stable
	Severity  Severity // an error makes its transaction set invalid
	Loop      string   // "2010AA"; "" in envelopes
	SegmentID string   // "NM1"; for a missing segment the one that is missing
	Element   int      // 1-based; 0 when the whole segment is meant
	Component int      // 1-based; 0 when the whole element is meant
	Position  x12.Position
	Offset    int64  // byte offset of the element, or of the segment
	Value     string // what stands there; at most 99 characters, as in IK404
	Message   string // plain words
	Fix       string // what to change

	TA105 string // TA1: note code
	IK304 string // 999: segment syntax error
	IK403 string // 999: element syntax error
	IK502 string // 999: transaction set syntax error
	AK905 string // 999: group syntax error
	STC   Status // 277CA: status of the claim
	Claim string // CLM01 or CLP01 of the claim it concerns, when known

	// Trigger is what makes a situational segment or element required, or
	// forbids it (CTX of a 999); zero for every other finding.
	Trigger Place
	// Absent names the situational segment that is missing, such as REF in loop
	// 2300, when SegmentID is only its trigger.
	Absent Place
}

// Place is a segment or element of the transaction set.
type Place struct {
	Loop, SegmentID    string
	Number             int // of the segment in the transaction set
	Element, Component int
}

// IsZero reports whether the place says nothing.
func (p Place) IsZero() bool { return p == Place{} }

// Status is the composite of STC01: category, code and entity.
type Status struct{ Category, Code, Entity string }

// IsZero reports whether the finding has no status of its own.
func (s Status) IsZero() bool { return s == Status{} }

// maxValue is how much of a bad value is repeated (IK404).
const maxValue = 99

// clip copies at most maxValue bytes of a value.
func clip(b []byte) string {
	if len(b) > maxValue {
		b = b[:maxValue]
	}
	return string(b)
}
