package check

import (
	"fmt"
	"sort"
	"strings"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/guide"
)

// Document writes docs/edi-rules.md: every rule, what the code sets cover, and
// the guides, from the tables that the validation itself uses.
func Document() string {
	var b strings.Builder
	b.WriteString(`# EDI rules

Generated from the tables in edi/check and edi/guide; a test keeps it current. Do not edit it.

` + "`claimbook edi check`" + ` validates by SNIP level. A finding of severity *error* makes its transaction set invalid (exit code 1); a *warning* does not. Levels 1 and 2 decide the 999, the envelope decides the TA1, levels 3 to 7 decide each claim in the 277CA; what level 4 finds of situational presence stands in the 999 too, with its trigger, and leaves the set accepted with errors (E). A claim's rejection in the 277CA is reported with the status in the last column (A3:21 where none is given); an error of a provider, subscriber or patient rejects each claim below. Warnings stand in no acknowledgment, but for one of the envelope, which the TA1 notes (E). Each rule has a vector in edi/check/testdata/rules that it passes and one that it fails.

`)
	titles := []string{"", "Syntax", "Guide", "Balancing", "Situational", "Code sets", "Specialties", "Partner rules"}
	for level := 1; level <= 7; level++ {
		fmt.Fprintf(&b, "## Level %d: %s\n\n| code | severity | guides | what must hold | what to do | TA1, 999 | 277CA |\n| --- | --- | --- | --- | --- | --- | --- |\n", level, titles[level])
		for _, r := range Rules() {
			if r.SNIP != level {
				continue
			}
			stc := ""
			if !r.STC.IsZero() {
				stc = strings.TrimSuffix(r.STC.Category+":"+r.STC.Code+":"+r.STC.Entity, ":")
			}
			if r.Severity != guide.Error {
				stc = ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Code, r.Severity, r.Types, r.Title, r.Fix, r.Acknowledged(), stc)
		}
		b.WriteByte('\n')
	}
	b.WriteString(`## Partner rules

A partner's rules are a JSON file (--partner). For example:

    {"name": "Blue of Lakeside", "rules": [
      {"code": "BL-01", "guide": "837P", "field": "2010BA/NM1/09", "op": "matches", "value": "^[A-Z]{3}[0-9]{9}$",
       "message": "member ids have three letters and nine digits", "fix": "copy the number from the card"},
      {"code": "BL-02", "in": "2300", "field": "2310B/NM1[82]/09", "op": "present",
       "when": {"field": "2000B/SBR/09", "op": "in", "value": "CI"},
       "message": "commercial claims name the rendering provider by NPI"},
      {"code": "BL-03", "field": "2300/REF[G1]", "op": "absent", "severity": "warning",
       "message": "authorizations are not read"}]}

| part | what it says |
| --- | --- |
| code, message | needed; they stand in the finding, with the partner's name |
| fix | what to do; without it, the reader is sent to the partner's companion guide |
| severity | error (the default) or warning |
| guide | 837P, 837I, 837D, 835, 999 or 277CA; without it, every guide that has the field |
| field | LOOP/SEGMENT/ELEMENT, such as 2300/CLM/05-3 for a component and 2300/REF[G1]/02 for the segment with that qualifier; LOOP/SEGMENT means the segment itself. Outside of loops the loop is HEADER, DETAIL or SUMMARY |
| op, value | present, absent; in, not-in (values with commas between); matches (a regular expression); max, min (length) |
| in | a loop: each iteration of it is looked at, and present asks for at least one such segment (with that element filled in), absent for none. A field that is a segment is looked at in its own loop when nothing is named; HEADER is the whole transaction set |
| when | a condition of field, op and value: the rule holds only where it is met. That segment stands in the same loop or in one around it, before what the rule looks at |

A rule without in looks at each such segment that is there, so that present asks for an element of a segment that is sent. A rule that names a loop or segment that no guide has is refused.

## Limits

| limit | most | guides | code |
| --- | --- | --- | --- |
| service lines of a claim (2400) | 50; 999 institutional | 837P 837D; 837I | X12-LOOP-REPEAT |
| diagnoses (HI) | 12; 4; principal and 24 others | 837P; 837D; 837I | X12-EL-TOOMANY; X12-EL-NOTUSED; X12-SEG-REPEAT |
| claims of a patient (2300) | 100 | 837 | X12-LOOP-REPEAT |
| other payers (2320) | 10 | 837 | X12-LOOP-REPEAT |
| adjudications of a line (2430) | 15 | 837 | X12-LOOP-REPEAT |
| claims of a transaction set | 5,000 (recommended) | 837 | 837-CLAIMS |
| claim number (CLM01) | 20 characters (recommended) | 837 | 837-CLM01-LONG |
| line control number (REF*6R) | 30 characters (recommended) | 837 | 837-6R-LONG |
| bytes of a segment | 65,536 | all | X12-SEGMENT-LENGTH |

In a 999, IK403 I11 (too few repetitions) has no rule: no guide here asks for an element to be repeated. I12 tells of a value that has not the form that the guide asks for, I13 of an element that the situation forbids.

## Code sets

Content is checked where a list may ship, as of its date; a code that a dated list does not know may be newer, so it is a warning that names the date. Form is checked where the content is licensed.

| list | as of | codes | checked by |
| --- | --- | --- | --- |
`)
	all := codeset.Lists()
	var keys []string
	for k := range all {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		l := all[k]
		if l.Empty() {
			fmt.Fprintf(&b, "| %s | | | form |\n", l.Name)
			continue
		}
		n := 0
		for range l.Codes() {
			n++
		}
		fmt.Fprintf(&b, "| %s | %s | %d | content |\n", l.Name, l.AsOf(), n)
	}
	b.WriteString("\n## Guides\n\n| guide | title | versions | loops | segments |\n| --- | --- | --- | --- | --- |\n")
	for _, g := range guide.All() {
		loops := map[string]bool{}
		for _, s := range g.Segments() {
			loops[s.Loop] = true
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d |\n", g.Name, g.Title, strings.Join(g.Versions, ", "), len(loops), len(g.Segments()))
	}
	b.WriteString(`
TA1 has no guide of its own: its five elements are checked by X12-TA1-CONTENT.

## Published examples that are refused

The examples that X12 publishes with its guides are clean at levels 1 to 4 (their identifiers are made up, so level 5 has findings), but for these:

| example | finding | why |
| --- | --- | --- |
| 835, business scenarios 2 and 3a in their first edition | X12-GARBAGE, X12-SEG-MISSING | prose stands before the ISA; the payer's technical contact (PER*BL), which the guide requires, is missing |
| 835, business scenario 3a in its first edition | 835-PAYMENT, X12-SE-COUNT | BPR02 is 1222.00 where the claims and the PLB give 1224.54; SE01 says 39 of 41 segments |
| 837P, example 1 in its first edition | X12-GARBAGE | prose stands before the ISA |
| 837I, institutional claim | X12-EL-DATE | DTP*434 announces a period (RD8) and gives a single day |
`)
	return b.String()
}
