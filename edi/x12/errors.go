package x12

import (
	"fmt"
	"strings"
)

// Codes of the faults that the reader reports. They are stable.
const (
	CodeEmpty         = "X12-EMPTY"          // no bytes, or only blanks
	CodeNotX12        = "X12-NOTX12"         // no ISA header near the start
	CodeISA           = "X12-ISA"            // an ISA that is not the fixed 106 bytes, or has unusable delimiters
	CodeGarbage       = "X12-GARBAGE"        // bytes before or between interchanges, or after the last one
	CodeSegmentLength = "X12-SEGMENT-LENGTH" // more than MaxSegment bytes without a terminator
	CodeEmptySegment  = "X12-SEGMENT-EMPTY"  // two terminators in a row
	CodeTruncated     = "X12-TRUNCATED"      // the file ends inside a segment
	CodeSEMissing     = "X12-SE-MISSING"
	CodeGEMissing     = "X12-GE-MISSING"
	CodeIEAMissing    = "X12-IEA-MISSING"
	CodeSECount       = "X12-SE-COUNT"
	CodeSEControl     = "X12-SE-CONTROL"
	CodeGECount       = "X12-GE-COUNT"
	CodeGEControl     = "X12-GE-CONTROL"
	CodeIEACount      = "X12-IEA-COUNT"
	CodeIEAControl    = "X12-IEA-CONTROL"
	CodeSEUnexpected  = "X12-SE-UNEXPECTED" // SE without an open ST
	CodeGEUnexpected  = "X12-GE-UNEXPECTED" // GE without an open GS
	CodeSTUnexpected  = "X12-ST-UNEXPECTED" // ST outside a functional group
	CodeOutside       = "X12-OUTSIDE"       // a segment where only an envelope segment may stand
)

// Position is a place in a file.
type Position struct {
	Offset      int64 // byte offset of the segment's first byte, from 0
	Segment     int   // 1-based in the transaction set, ST = 1; 0 outside of one
	Interchange int   // 1-based in the file
	Group       int   // 1-based in the interchange; 0 outside of a group
	Transaction int   // 1-based in the group; 0 outside of a transaction set
}

// String returns "interchange 1, group 1, transaction 2, segment 14 (byte 1045)".
func (p Position) String() string {
	var b strings.Builder
	for _, part := range []struct {
		name string
		n    int
	}{{"interchange", p.Interchange}, {"group", p.Group}, {"transaction", p.Transaction}, {"segment", p.Segment}} {
		if part.n > 0 {
			fmt.Fprintf(&b, "%s %d, ", part.name, part.n)
		}
	}
	s := strings.TrimSuffix(b.String(), ", ")
	if s == "" {
		return fmt.Sprintf("byte %d", p.Offset)
	}
	return fmt.Sprintf("%s (byte %d)", s, p.Offset)
}

// SyntaxError is a fault of the bytes or the envelope. After one that is not
// Fatal, Next goes on: with the offending segment itself where it can be read,
// else with what follows it.
type SyntaxError struct {
	Code     string
	Position Position
	Message  string
	Fix      string
	Fatal    bool // nothing more can be read from this input
}

// Error returns the place, what is wrong and what to do.
func (e *SyntaxError) Error() string {
	s := e.Position.String() + ": " + e.Message
	if e.Fix != "" {
		s += " (" + e.Fix + ")"
	}
	return s
}
