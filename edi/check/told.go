package check

import "strings"

// told says for the rules of reader and walker with which codes an error stands
// in TA1 and 999; "or" parts those of different cases.
var told = map[string]string{
	"X12-COMP-TOOMANY":    "IK304 8, IK403 13, IK502 5",
	"X12-EL-BLANK":        "IK304 8, IK403 6, IK502 5",
	"X12-EL-CHARACTER":    "IK304 8, IK403 6, IK502 5",
	"X12-EL-CODE":         "IK304 8, IK403 7, IK502 5 or IK304 8, IK403 I6, IK502 I5",
	"X12-EL-CONDITION":    "IK304 8, IK403 2, IK502 5 or IK304 8, IK403 10, IK502 5",
	"X12-EL-DATE":         "IK304 8, IK403 8, IK502 5",
	"X12-EL-LONG":         "IK304 8, IK403 5, IK502 5 or IK304 8, IK403 5, IK502 I5",
	"X12-EL-MISSING":      "IK304 8, IK403 1, IK502 5 or IK304 8, IK403 1, IK502 I5",
	"X12-EL-NOTCOMPOSITE": "IK304 8, IK403 13, IK502 5",
	"X12-EL-NOTUSED":      "IK304 8, IK403 I10, IK502 I5",
	"X12-EL-NUMBER":       "IK304 8, IK403 6, IK502 5",
	"X12-EL-REPEAT":       "IK304 8, IK403 12, IK502 5",
	"X12-EL-SHORT":        "IK304 8, IK403 4, IK502 5",
	"X12-EL-TIME":         "IK304 8, IK403 9, IK502 5",
	"X12-EL-TOOMANY":      "IK304 8, IK403 3, IK502 5",
	"X12-GARBAGE":         "TA105 024",
	"X12-GE-CONTROL":      "AK905 4",
	"X12-GE-COUNT":        "AK905 5",
	"X12-GE-MISSING":      "AK905 3",
	"X12-GE-UNEXPECTED":   "TA105 022",
	"X12-GS-CONTENT":      "AK905 1 or AK905 6 or AK905 13 or AK905 14 or AK905 19",
	"X12-IEA-CONTROL":     "TA105 001",
	"X12-IEA-COUNT":       "TA105 021",
	"X12-IEA-MISSING":     "TA105 023",
	"X12-ISA":             "TA105 022",
	"X12-ISA-CONTENT":     "TA105 005 or TA105 006 or TA105 007 or TA105 008 or TA105 010 or TA105 012 or TA105 014 or TA105 015 or TA105 017 or TA105 018 or TA105 019 or TA105 020 or TA105 025",
	"X12-ISA-REPETITION":  "TA105 016",
	"X12-LOOP-MISSING":    "IK304 I7, IK502 I5 or IK304 3, IK502 5",
	"X12-LOOP-REPEAT":     "IK304 4, IK502 I5",
	"X12-OUTSIDE":         "TA105 022",
	"X12-SE-CONTROL":      "IK502 3",
	"X12-SE-COUNT":        "IK502 4",
	"X12-SE-MISSING":      "IK502 2",
	"X12-SE-UNEXPECTED":   "TA105 022",
	"X12-SEG-MISSING":     "IK304 I8, IK502 I5 or IK304 3, IK502 5",
	"X12-SEG-NOTUSED":     "IK304 I4, IK502 I5 or IK304 6, IK502 5",
	"X12-SEG-ORDER":       "IK304 7, IK502 5",
	"X12-SEG-REPEAT":      "IK304 5, IK502 5",
	"X12-SEG-UNEXPECTED":  "IK304 2, IK502 5",
	"X12-SEG-UNKNOWN":     "IK502 5",
	"X12-SEGMENT-EMPTY":   "IK502 5",
	"X12-SEGMENT-LENGTH":  "IK502 5",
	"X12-ST-CONTROL":      "IK502 23",
	"X12-ST-UNEXPECTED":   "TA105 022",
	"X12-TRUNCATED":       "TA105 023, IK502 5",
	"X12-VERSION":         "IK502 1, AK905 2 or IK502 I6, AK905 2",
}

// Acknowledged says with which codes TA1 and 999 report the rule; "" when they
// do not: a warning is for the reader of the report, and what levels 3 to 7 find
// decides claims in the 277CA.
func (r *Rule) Acknowledged() string {
	if s, ok := told[r.Code]; ok {
		return s
	}
	if r.Severity == odd || r.SNIP > 2 && !r.situational() {
		return ""
	}
	var codes []string
	if r.IK304 != "" {
		codes = append(codes, "IK304 "+r.IK304)
	}
	if r.IK403 != "" {
		codes = append(codes, "IK403 "+r.IK403)
	}
	if len(codes) == 0 {
		return ""
	}
	return strings.Join(append(codes, "IK502 I5"), ", ")
}
