package x12

import (
	"bytes"
	"fmt"
)

// ISALength is the size of an ISA segment with its terminator, in bytes. The
// header has fixed widths because it declares the delimiters by their places.
const ISALength = 106

const isaLength = ISALength

// isaSeparators are the places of the element separator within the ISA.
var isaSeparators = [...]int{3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103}

// parseISAHeader reports whether b begins with an ISA header, and its delimiters.
func parseISAHeader(b []byte) (Delimiters, bool) {
	if len(b) < isaLength || b[0] != 'I' || b[1] != 'S' || b[2] != 'A' {
		return Delimiters{}, false
	}
	d := Delimiters{Element: b[3], Repetition: b[82], Component: b[104], Terminator: b[105]}
	if isData(d.Repetition) || d.Repetition == d.Element || d.Repetition == d.Component {
		d.Repetition = 0
	}
	for _, i := range isaSeparators {
		if b[i] != d.Element {
			return Delimiters{}, false
		}
	}
	return d, d.valid()
}

// explainISA says what is wrong with a header that parseISAHeader refuses.
func explainISA(b []byte) string {
	if len(b) < isaLength {
		return fmt.Sprintf("the ISA segment is cut short: %d bytes remain of the 106 that it needs", len(b))
	}
	for n, i := range isaSeparators {
		if b[i] != b[3] {
			return fmt.Sprintf("the ISA segment is not laid out in fixed widths: the element separator %q is expected at byte %d of the segment (before ISA%02d) and %q stands there", b[3], i, n+1, b[i])
		}
	}
	return fmt.Sprintf("the ISA segment declares unusable delimiters: element %q, component %q, terminator %q must be three different bytes, no letter, digit or space", b[3], b[104], b[105])
}

// Interchange is the content of ISA. Padding is dropped on reading and added on
// writing.
type Interchange struct {
	AuthorizationQualifier string // ISA01, "00" when empty
	Authorization          string // ISA02
	SecurityQualifier      string // ISA03, "00" when empty
	Security               string // ISA04
	SenderQualifier        string // ISA05
	Sender                 string // ISA06
	ReceiverQualifier      string // ISA07
	Receiver               string // ISA08
	Date                   string // ISA09, YYMMDD
	Time                   string // ISA10, HHMM
	Version                string // ISA12, "00501" when empty
	Control                string // ISA13, nine digits
	AckRequested           bool   // ISA14: a TA1 is wanted
	Usage                  string // ISA15: P production, T test; "P" when empty
}

// ParseInterchange reads an ISA segment.
func ParseInterchange(s *Segment) Interchange {
	at := func(n int) string { return string(bytes.TrimRight(s.Element(n), " ")) }
	return Interchange{at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(12), at(13), at(14) == "1", at(15)}
}

// Group is the content of GS.
type Group struct {
	FunctionalID string // GS01: HC claims, HP remittance, FA acknowledgment, HN claim status
	Sender       string // GS02
	Receiver     string // GS03
	Date         string // GS04, CCYYMMDD
	Time         string // GS05, HHMM
	Control      string // GS06
	Version      string // GS08, such as 005010X222A1
}

// ParseGroup reads a GS segment.
func ParseGroup(s *Segment) Group {
	return Group{s.String(1), s.String(2), s.String(3), s.String(4), s.String(5), s.String(6), s.String(8)}
}
