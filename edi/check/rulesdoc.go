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

` + "`claimbook edi check`" + ` validates by SNIP level. A finding of severity *error* makes its transaction set invalid (exit code 1); a *warning* does not. Levels 1 and 2 decide the 999, the envelope decides the TA1, levels 3 to 7 decide each claim in the 277CA; what level 4 finds of situational presence stands in the 999 too, with its trigger, and leaves the set accepted with errors (E). A claim's rejection in the 277CA is reported with the status in the last column (A3:21 where none is given). Each rule has a vector in edi/check/testdata/rules that it passes and one that it fails.

`)
	titles := []string{"", "Syntax", "Guide", "Balancing", "Situational", "Code sets", "Specialties", "Partner rules"}
	for level := 1; level <= 7; level++ {
		fmt.Fprintf(&b, "## Level %d: %s\n\n| code | severity | guides | what must hold | what to do | 277CA |\n| --- | --- | --- | --- | --- | --- |\n", level, titles[level])
		for _, r := range Rules() {
			if r.SNIP != level {
				continue
			}
			stc := ""
			if !r.STC.IsZero() {
				stc = strings.TrimSuffix(r.STC.Category+":"+r.STC.Code+":"+r.STC.Entity, ":")
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.Code, r.Severity, r.Types, r.Title, r.Fix, stc)
		}
		b.WriteByte('\n')
	}
	b.WriteString(`A partner's rules are a JSON file (--partner): fields, operators and messages as edi/check's type Partner says. A rule looks at the segments that are there; a missing segment is the guide's business.

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
