package billing

import (
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Kinds of entries by which charges move because an insurance had ended, or was
// found later. The first is taken back with the answer that it relied on.
const (
	KindCoverageEnded = "coverage-ended"
	KindCoverageFound = "coverage-found"
)

// CoverageEnded moves what a coverage still owes for lines that it did not cover
// any more: to the next one where there is one, else to the patient. whole takes
// what stands under the claim's number along.
func CoverageEnded(c *Claim, lines []*ClaimLine, whole bool, balances map[ledger.Key]money.Cents) ledger.Entry {
	asked, next := c.asked(c.PayerID)
	e := ledger.Entry{Kind: KindCoverageEnded}
	if whole {
		lines = append(lines, nil)
	}
	for _, line := range lines {
		from := receivable(c, line, asked.PayerID, asked.Rank)
		to := patientOwes(c, line)
		if next != nil {
			to = receivable(c, line, next.PayerID, next.Rank)
		}
		if amount := balances[from]; amount > 0 {
			e.Move(to, from, amount, decisionDimensions(c, line))
		}
	}
	return e
}

// FoundLine is a service line of a visit whose insurance was found later.
type FoundLine struct {
	Line ClaimLine
	Owed money.Cents // by the patient, as it stands
	Paid money.Cents // by the patient, who gets it back as a credit
}

// CoverageFound moves what a patient owes for a visit, and what they have paid
// for it, to the payer that was found: Dr 1100 / Cr 1110. What they have paid is
// a credit then, until the payer leaves them a share. What was written off stays.
func CoverageFound(c *Claim, lines []FoundLine) ledger.Entry {
	e := ledger.Entry{Kind: KindCoverageFound}
	for i := range lines {
		l := &lines[i]
		if amount := l.Owed + l.Paid; amount > 0 {
			e.Move(receivable(c, &l.Line, c.PayerID, c.Rank), patientOwes(c, &l.Line), amount, decisionDimensions(c, &l.Line))
		}
	}
	return e
}
