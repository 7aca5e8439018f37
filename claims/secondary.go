package claims

import (
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Decision is what a payer decided about a claim, as its remittance said it.
type Decision struct {
	Charge           money.Cents // CLP03
	Paid             money.Cents // CLP04
	PayerClaimNumber string      // CLP07
	On               date.Date
	Adjustments      []Adjustment // at claim level
	Lines            []LineDecision
}

// LineDecision is what a payer decided about one service line.
type LineDecision struct {
	ServiceLine int // 1-based line of our claim; 0: none that could be matched
	Procedure   string
	Modifiers   []string
	Units       decimal.Decimal
	Charge      money.Cents // SVC02
	Paid        money.Cents // SVC03
	Adjustments []Adjustment
}

// BuildSecondary freezes the claim for the payer that is asked next, from the
// prior payer's claim as it was sent and from what that payer decided: loops
// 2320, 2330A, 2330B and 2430.
func BuildSecondary(prior Claim, patient *Patient, coverage *Coverage, decision Decision) Claim {
	c := prior
	c.Number, c.Frequency, c.PayerClaimNumber = "", "1", ""
	c.Authorization = "" // the prior payer's
	c.Rank, c.Payer, c.Policy = coverage.Rank, coverage.Payer, policyOf(coverage, patient)
	other := OtherPayer{
		Rank: prior.Rank, Payer: prior.Payer, Policy: prior.Policy, PayerClaimNumber: decision.PayerClaimNumber,
		Paid: decision.Paid, DecidedOn: decision.On, Adjustments: decision.Adjustments,
	}
	c.Lines = append([]ClaimLine(nil), prior.Lines...)
	if !decision.coversLines(prior) {
		// The payer answered the claim as a whole, or changed its lines: then
		// everything stands at claim level, where it balances.
		for _, line := range decision.Lines {
			other.Adjustments = append(other.Adjustments, line.Adjustments...)
		}
		other.Adjustments = merged(other.Adjustments)
	} else {
		for _, line := range decision.Lines {
			own := &c.Lines[line.ServiceLine-1]
			own.Adjudications = append(append([]Adjudication(nil), own.Adjudications...), Adjudication{
				PayerIdentifier: prior.Payer.Identifier, Paid: line.Paid, Procedure: line.Procedure, Modifiers: line.Modifiers,
				Units: line.Units, DecidedOn: decision.On, Adjustments: line.Adjustments,
			})
		}
	}
	c.Others = append(append([]OtherPayer(nil), prior.Others...), other)
	return c
}

// coversLines reports whether the decision accounts for the charge of every line
// of the claim, line by line: what loop 2430 must do.
func (d Decision) coversLines(c Claim) bool {
	charges := make([]money.Cents, len(c.Lines))
	for _, line := range d.Lines {
		if line.ServiceLine < 1 || line.ServiceLine > len(c.Lines) {
			return false
		}
		charges[line.ServiceLine-1] += line.Charge
	}
	for i := range c.Lines {
		if charges[i] != c.Lines[i].Charge {
			return false
		}
	}
	return len(d.Lines) > 0
}

// merged adds up adjustments of the same group and reason: a CAS states a
// reason once.
func merged(list []Adjustment) []Adjustment {
	type reason struct{ group, carc string }
	places := map[reason]int{}
	var out []Adjustment
	for _, a := range list {
		at, known := places[reason{a.Group, a.CARC}]
		if !known {
			places[reason{a.Group, a.CARC}] = len(out)
			a.Quantity = nil // of different lines: their sum says nothing
			out = append(out, a)
			continue
		}
		out[at].Amount += a.Amount
	}
	return out
}

var rankSuffix = regexp.MustCompile(`[ST][0-9]*$`)

// SecondaryNumber is CLM01 of the claim to a payer of rank 2 or 3: the primary's
// number with a letter, and a count from the second one on. Payments arrive in any
// order and are worked side by side, so a number of its own would depend on chance.
func SecondaryNumber(prior string, rank int16, nth int) string {
	letter := "S"
	if rank > 2 {
		letter = "T"
	}
	number := rankSuffix.ReplaceAllString(prior, "") + letter
	if nth > 1 {
		number += fmt.Sprint(nth)
	}
	return number
}
