package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Distort returns copies of a payment that must not post as they are: one that
// does not balance, one of the same trace with another amount, a test, or one
// that names a payee whom nobody knows.
func (d *Desk) Distort(r *rand.Rand, a *Advice) *Advice {
	out := *a
	out.Answers, out.Provider = slices.Clone(a.Answers), slices.Clone(a.Provider)
	switch r.IntN(7) {
	case 0: // BPR02
		out.Amount, out.Skewed = a.Amount+100, true
	case 1: // CLP04
		if len(out.Answers) == 0 {
			return nil
		}
		claim := *out.Answers[0]
		claim.Paid += 100
		out.Answers[0] = &claim
		out.Amount, out.Skewed = a.Amount+100, true
	case 2: // SVC03, with everything above it right
		if len(out.Answers) == 0 || len(out.Answers[0].Lines) == 0 {
			return nil
		}
		claim := *out.Answers[0]
		line := *claim.Lines[0]
		line.Paid++
		claim.Lines = slices.Clone(claim.Lines)
		claim.Lines[0] = &line
		out.Answers[0], out.Skewed = &claim, true
	case 3, 4: // the same trace with another amount
		if a.Method == "NON" {
			return nil
		}
		out.Provider = append(out.Provider, ProviderAmount{"L6", "", -100})
		out.Amount += 100
	case 5:
		out.Trace, out.Handling = fmt.Sprintf("T%05d", d.next()), "P"
	case 6:
		if a.Method == "NON" {
			return nil
		}
		out.Trace, out.Foreign = fmt.Sprintf("T%05d", d.next()), true
	}
	return &out
}

// reversal takes an answer back. It carries the number that we sent, even where
// the answer had lost it.
func (a *Answer) reversal() *Answer {
	out := &Answer{Claim: a.Claim, Number: a.Claim.Number, Status: "22", ICN: a.ICN, Charge: -a.Charge, Paid: -a.Paid, Reasons: negative(a.Reasons)}
	for _, l := range a.Lines {
		out.Lines = append(out.Lines, &AnswerLine{Line: l.Line, Charge: -l.Charge, Paid: -l.Paid, Reasons: negative(l.Reasons), Style: l.Style, Protected: l.Protected})
	}
	return out
}

// takenBack is how a payer takes an answer back: as it was, or now and then with
// other reasons, or with another amount.
func (a *Answer) takenBack(r *rand.Rand) *Answer {
	out := a.reversal()
	if a.Garbled && r.IntN(2) == 0 {
		out.Number, out.Garbled = a.Number, true
	}
	if r.IntN(3) > 0 || len(out.Lines) == 0 || len(out.Lines[0].Reasons) == 0 {
		return out
	}
	l := out.Lines[0]
	switch r.IntN(4) {
	case 0: // another reason for the same
		l.Reasons[0] = Reason{"CO", "59", l.Reasons[0].Amount}
	case 1:
		l.Reasons[0] = Reason{"PR", "3", l.Reasons[0].Amount}
	case 2: // a part under another of its reasons
		if len(l.Reasons) > 1 {
			part := l.Reasons[0].Amount / 2
			l.Reasons[0].Amount -= part
			l.Reasons[1].Amount += part
		}
	case 3: // one dollar less of what was paid
		if out.Paid < -2_00 && l.Paid < -2_00 {
			out.Paid += 1_00
			l.Paid += 1_00
			l.Reasons = append(l.Reasons, Reason{"CO", "45", -1_00})
		}
	}
	return out
}

func negative(list []Reason) []Reason {
	out := slices.Clone(list)
	for i := range out {
		out[i].Amount = -out[i].Amount
	}
	return out
}
