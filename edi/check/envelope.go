package check

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// acknowledged is how the acknowledgments report a fault of the envelope:
// TA105, IK502 and AK905.
var acknowledged = map[string]struct{ ta1, ik5, ak9 string }{
	x12.CodeISA:           {ta1: "022"},
	x12.CodeGarbage:       {ta1: "024"},
	x12.CodeSegmentLength: {ik5: "5"},
	x12.CodeEmptySegment:  {ik5: "5"},
	x12.CodeTruncated:     {ta1: "023", ik5: "5"},
	x12.CodeSEMissing:     {ik5: "2"},
	x12.CodeGEMissing:     {ak9: "3"},
	x12.CodeIEAMissing:    {ta1: "023"},
	x12.CodeSECount:       {ik5: "4"},
	x12.CodeSEControl:     {ik5: "3"},
	x12.CodeGECount:       {ak9: "5"},
	x12.CodeGEControl:     {ak9: "4"},
	x12.CodeIEACount:      {ta1: "021"},
	x12.CodeIEAControl:    {ta1: "001"},
	x12.CodeSEUnexpected:  {ta1: "022"},
	x12.CodeGEUnexpected:  {ta1: "022"},
	x12.CodeSTUnexpected:  {ta1: "022"},
	x12.CodeOutside:       {ta1: "022"},
}

// fault turns a fault of the reader into a finding of the unit it spoils.
func (r *run) fault(e *x12.SyntaxError) {
	f := &guide.Finding{SNIP: 1, Code: e.Code, Position: e.Position, Offset: e.Position.Offset, Message: e.Message, Fix: e.Fix}
	a := acknowledged[e.Code]
	f.TA105, f.IK502, f.AK905 = a.ta1, a.ik5, a.ak9
	switch e.Code {
	case x12.CodeSECount, x12.CodeSEControl, x12.CodeSEMissing, x12.CodeSEUnexpected:
		f.SegmentID, f.Element = "SE", element(e.Code)
	case x12.CodeGECount, x12.CodeGEControl, x12.CodeGEMissing, x12.CodeGEUnexpected:
		f.SegmentID, f.Element = "GE", element(e.Code)
	case x12.CodeIEACount, x12.CodeIEAControl, x12.CodeIEAMissing:
		f.SegmentID, f.Element = "IEA", element(e.Code)
	case x12.CodeISA:
		f.SegmentID = "ISA"
	}
	switch e.Code {
	case x12.CodeSEMissing:
		r.addToSet(f)
		r.end(e.Position)
	case x12.CodeGECount, x12.CodeGEControl, x12.CodeGEMissing:
		r.end(e.Position)
		r.add(f)
		if e.Code == x12.CodeGEMissing {
			r.group = nil
		}
	case x12.CodeIEACount, x12.CodeIEAControl, x12.CodeIEAMissing:
		r.end(e.Position)
		r.group = nil
		r.add(f)
		if e.Code == x12.CodeIEAMissing {
			r.interchange = nil
		}
	case x12.CodeEmpty, x12.CodeNotX12, x12.CodeISA, x12.CodeGarbage:
		r.end(e.Position)
		r.group, r.interchange = nil, nil
		r.add(f)
	default:
		r.addToSet(f)
	}
}

func element(code string) int {
	switch code {
	case x12.CodeSECount, x12.CodeGECount, x12.CodeIEACount:
		return 1
	case x12.CodeSEControl, x12.CodeGEControl, x12.CodeIEAControl:
		return 2
	}
	return 0
}

// envelope takes a segment outside of transaction sets.
func (r *run) envelope(s *x12.Segment) {
	switch s.ID() {
	case "ISA":
		r.end(s.Position())
		r.report.Interchanges = append(r.report.Interchanges, Interchange{Header: x12.ParseInterchange(s)})
		r.interchange, r.group, r.groups = &r.report.Interchanges[len(r.report.Interchanges)-1], nil, controlSet{}
		r.checkISA(s)
	case "TA1":
		r.checkTA1(s)
	case "GS":
		r.openGroup(x12.ParseGroup(s))
		r.checkGS(s)
	case "GE":
		if r.group != nil {
			r.group.Declared, _ = strconv.Atoi(s.String(1))
			r.group = nil
		}
	case "IEA":
		if r.interchange != nil {
			r.interchange.Complete = true
		}
		r.group, r.interchange = nil, nil
	}
}

func (r *run) openGroup(g x12.Group) {
	if r.interchange == nil {
		r.report.Interchanges = append(r.report.Interchanges, Interchange{})
		r.groups = controlSet{}
		r.interchange = &r.report.Interchanges[len(r.report.Interchanges)-1]
	}
	r.interchange.Groups = append(r.interchange.Groups, Group{Group: g, Declared: -1})
	r.group = &r.interchange.Groups[len(r.interchange.Groups)-1]
	r.controls = controlSet{}
}

// checkISA checks the content of the header; its layout was the reader's part.
func (r *run) checkISA(s *x12.Segment) {
	bad := func(n int, ta1, message, fix string) {
		r.add(&guide.Finding{SNIP: 1, Code: "X12-ISA-CONTENT", SegmentID: "ISA", Element: n, Position: s.Position(), Offset: s.ElementOffset(n),
			Value: s.String(n), TA105: ta1, Message: message, Fix: fix})
	}
	in := func(n int, codes ...string) bool {
		for _, v := range codes {
			if string(s.Element(n)) == v {
				return true
			}
		}
		return false
	}
	if !in(1, "00", "03") {
		bad(1, "010", "ISA01 is 00 (none) or 03", "put 00 and leave ISA02 blank")
	}
	if !in(3, "00", "01") {
		bad(3, "012", "ISA03 is 00 (none) or 01 (password)", "put 00 and leave ISA04 blank")
	}
	for n := 5; n <= 7; n += 2 {
		if !in(n, "01", "14", "20", "27", "28", "29", "30", "33", "ZZ") {
			bad(n, fmt.Sprintf("%03d", n), "the kind of identifier is not one that healthcare uses", "use ZZ, 30 (tax number), 27, 28, 29, 33, 01, 14 or 20")
		}
	}
	for k, who := range [...]string{"sender", "receiver"} {
		n := 6 + 2*k
		if len(bytes.TrimSpace(s.Element(n))) == 0 {
			bad(n, fmt.Sprintf("%03d", n), "the interchange does not name its "+who, "fill in the identifier that the partners have agreed on")
		}
	}
	if !digits(s.Element(9)) || !validDay(append([]byte("20"), s.Element(9)...)) {
		bad(9, "014", "ISA09 is not a date of the form YYMMDD", "correct the date")
	}
	if !digits(s.Element(10)) || string(s.Element(10)) > "2359" {
		bad(10, "015", "ISA10 is not a time of the form HHMM", "correct the time")
	}
	if !in(12, "00501") {
		bad(12, "017", "the interchange is not of version 00501", "send version 005010")
	}
	if !digits(s.Element(13)) {
		bad(13, "018", "ISA13 is not nine digits", "number interchanges with nine digits, zeros in front")
	}
	if !in(14, "0", "1") {
		bad(14, "019", "ISA14 is 0 or 1", "put 1 to ask for a TA1, else 0")
	}
	if !in(15, "P", "T") {
		bad(15, "020", "ISA15 is P (production) or T (test)", "put P or T")
	}
	if r.in.Delimiters().Repetition == 0 {
		r.add(&guide.Finding{SNIP: 1, Code: "X12-ISA-REPETITION", Severity: guide.Warning, SegmentID: "ISA", Element: 11, Position: s.Position(), Offset: s.ElementOffset(11),
			Value: s.String(11), TA105: "016", Message: "ISA11 is no usable repetition separator, as version 00501 asks for", Fix: "put ^ there"})
	}
	partners := [2]string{r.interchange.Header.Sender, r.interchange.Header.Receiver}
	if r.interchanges[partners] == nil {
		if r.interchanges == nil {
			r.interchanges = map[[2]string]*controlSet{}
		}
		r.interchanges[partners] = &controlSet{}
	}
	if !r.interchanges[partners].add([]byte(r.interchange.Header.Control)) {
		bad(13, "025", "the file holds two interchanges with this control number", "number interchanges without repetition")
	}
}

func (r *run) checkGS(s *x12.Segment) {
	bad := func(n int, ak9, message, fix string) {
		r.add(&guide.Finding{SNIP: 1, Code: "X12-GS-CONTENT", SegmentID: "GS", Element: n, Position: s.Position(), Offset: s.ElementOffset(n),
			Value: s.String(n), AK905: ak9, Message: message, Fix: fix})
	}
	known := false
	for _, g := range guide.All() {
		known = known || g.FunctionalID == string(s.Element(1))
	}
	if !known {
		bad(1, "1", "the kind of group in GS01 is not one that is checked here", "HC claims, HP remittance, FA acknowledgment, HN claim acknowledgment")
	}
	if len(s.Element(2)) < 2 || len(s.Element(2)) > 15 {
		bad(2, "14", "GS02 has 2 to 15 characters", "fill in the sender's code")
	}
	if len(s.Element(3)) < 2 || len(s.Element(3)) > 15 {
		bad(3, "13", "GS03 has 2 to 15 characters", "fill in the receiver's code")
	}
	if !validDay(s.Element(4)) {
		bad(4, "6", "GS04 is not a date of the form CCYYMMDD", "correct the date")
	}
	if n := len(s.Element(6)); !digits(s.Element(6)) || n > 9 {
		bad(6, "6", "GS06 is not a number of at most nine digits", "number the groups")
	}
	if string(s.Element(7)) != "X" {
		bad(7, "6", "GS07 must be X", "put X")
	}
	if !r.groups.add([]byte(r.group.Control)) {
		bad(6, "19", "the interchange holds two groups with this control number", "number groups without repetition")
	}
}

func (r *run) checkTA1(s *x12.Segment) {
	if r.interchange != nil {
		r.interchange.TA1 = append(r.interchange.TA1, s.String(4))
	}
	bad := func(n int, message, fix string) {
		r.add(&guide.Finding{SNIP: 1, Code: "X12-TA1-CONTENT", SegmentID: "TA1", Element: n, Position: s.Position(), Offset: s.ElementOffset(n),
			Value: s.String(n), Message: message, Fix: fix})
	}
	if len(s.Element(1)) != 9 || !digits(s.Element(1)) {
		bad(1, "TA101 is not a control number of nine digits", "repeat ISA13 of the interchange that is answered")
	}
	if len(s.Element(2)) != 6 || !validDay(append([]byte("20"), s.Element(2)...)) {
		bad(2, "TA102 is not a date of the form YYMMDD", "repeat ISA09")
	}
	if len(s.Element(3)) != 4 || !digits(s.Element(3)) {
		bad(3, "TA103 is not a time of the form HHMM", "repeat ISA10")
	}
	answer := string(s.Element(4))
	if answer != "A" && answer != "E" && answer != "R" {
		bad(4, "TA104 is A (accepted), E (accepted with errors) or R (rejected)", "put A, E or R")
	}
	if n, err := strconv.Atoi(string(s.Element(5))); err != nil || len(s.Element(5)) != 3 || n > 31 {
		bad(5, "TA105 is not a note code from 000 to 031", "put 000 when nothing is wrong")
	} else if answer == "A" && n != 0 || answer == "R" && n == 0 {
		bad(5, "TA105 does not fit the answer in TA104: 000 means no error", "put 000 with A, a reason with E and R")
	}
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// validDay reports whether b is CCYYMMDD of the calendar.
func validDay(b []byte) bool {
	if len(b) != 8 || !digits(b) {
		return false
	}
	year, month, day := atoi(b[:4]), atoi(b[4:6]), atoi(b[6:])
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	return day <= last
}

func atoi(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
