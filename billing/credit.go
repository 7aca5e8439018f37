package billing

import "github.com/claimbook/claimbook/internal/money"

// Held is what a payer's receivables for a visit hold, those of its lines and
// those under the numbers of its claims, and the claim that a person is told of.
type Held struct {
	EncounterID, PayerID int64
	Rank                 int16
	Below                money.Cents // the sum of the lines' balances below zero, as a positive amount
	Above                money.Cents // the sum of those above
	Whole                money.Cents // what stands under the claims' numbers and on no line
	ClaimID, PatientID   int64
	Number               string
	Dismissed            money.Cents // the credit that a person last said needs nothing; zero: none
}

// Overpaid is what the payer has paid too much. A line that was paid twice is a
// credit, whatever is still owed for another. What was posted to the claim as a
// whole, because its lines match none of ours, is none as far as the lines still
// stand open.
func (h *Held) Overpaid() money.Cents {
	if h.Whole < 0 {
		return h.Below + max(-h.Whole-h.Above, 0)
	}
	return max(h.Below-h.Whole, 0)
}

// Answered returns the visits of which the payment has said something, and those
// of them where it has seen a receivable below zero.
func (p *Poster) Answered() (visits, below map[int64]bool) {
	below = map[int64]bool{}
	for key, visit := range p.credits {
		if p.balances[key] < 0 {
			below[visit] = true
		}
	}
	return p.answered, below
}
