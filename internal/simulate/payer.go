package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Desk decides for all payers: what they answer, change their mind about, take
// back and recover. It knows what was asked and said, never our book.
type Desk struct {
	claims  []*Claim           // what we have asked
	current map[*Claim]*Answer // the answer that stands
	debts   []*debt            // what payers announced that they will recover
	refunds []*debt            // what we sent back to them
	number  int
}

type debt struct {
	payer     *Payer
	code, ref string
	amount    money.Cents
}

// NewDesk returns a desk that was asked nothing.
func NewDesk() *Desk { return &Desk{current: map[*Claim]*Answer{}} }

// Ask puts a claim before its payer.
func (d *Desk) Ask(c *Claim) { d.claims = append(d.claims, c) }

// Decide makes a payment of a payer with claims to answer, or nil.
func (d *Desk) Decide(r *rand.Rand, on date.Date) *Advice {
	var open []*Claim
	for _, i := range r.Perm(len(d.claims)) {
		c := d.claims[i]
		if d.current[c] == nil && (len(open) == 0 || len(open) < 4 && c.Payer() == open[0].Payer()) {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return nil
	}
	a := d.advice(r, open[0].Payer(), on)
	for _, c := range open {
		a.Answers = append(a.Answers, d.answer(r, c))
	}
	d.odd(r, a)
	d.balance(r, a)
	return a
}

// Revise takes an answer back and gives another: in one payment, or in two.
func (d *Desk) Revise(r *rand.Rand, on date.Date) []*Advice {
	laterPayer := r.IntN(2) == 0
	for _, i := range r.Perm(len(d.claims)) {
		c := d.claims[i]
		before := d.current[c]
		if before == nil || laterPayer && c.Rank == 1 && slices.ContainsFunc(d.claims, func(c *Claim) bool { return c.Rank > 1 && d.current[c] != nil }) {
			continue
		}
		one := d.advice(r, c.Payer(), on)
		one.Answers = append(one.Answers, before.takenBack(r))
		list := []*Advice{one}
		delete(d.current, c)
		if r.IntN(6) > 0 { // sometimes the payer only takes back, and decides later
			if r.IntN(2) == 0 {
				list = append(list, d.advice(r, c.Payer(), on))
			}
			last := list[len(list)-1]
			last.Answers = append(last.Answers, d.answer(r, c))
		}
		for _, a := range list {
			d.balance(r, a)
		}
		return list
	}
	return nil
}

// Refunded tells the payer that we have sent money back under its reference.
func (d *Desk) Refunded(payer, ref string, amount money.Cents) {
	for _, c := range d.claims {
		if c.Payer().Code == payer {
			d.refunds = append(d.refunds, &debt{c.Payer(), "72", ref, amount})
			return
		}
	}
}

// acknowledge says of a refund that came what payers say: they have got it, they
// have got it and recover the overpayment all the same, or they recover it
// without a word.
func (d *Desk) acknowledge(r *rand.Rand, a *Advice) {
	for i, w := range d.refunds {
		if w.payer != a.Payer || r.IntN(2) == 0 {
			continue
		}
		got, recovered := ProviderAmount{"72", w.ref, -w.amount}, ProviderAmount{"WO", w.ref, w.amount}
		list := [][]ProviderAmount{{got}, {got, recovered}, {recovered, got}, {recovered}}[r.IntN(4)]
		sum := a.Total()
		for _, p := range list {
			sum -= p.Amount
		}
		if sum < 0 {
			continue
		}
		a.Provider = append(a.Provider, list...)
		d.refunds = slices.Delete(d.refunds, i, i+1)
		return
	}
}

func (d *Desk) next() int { d.number++; return d.number }

func (d *Desk) advice(r *rand.Rand, p *Payer, on date.Date) *Advice {
	a := &Advice{Payer: p, Trace: fmt.Sprintf("T%05d", d.next()), Method: "ACH", Handling: "I", On: on}
	if r.IntN(4) == 0 {
		a.Method = "CHK"
	}
	return a
}

// odd adds what does not belong to the claims that were asked.
func (d *Desk) odd(r *rand.Rand, a *Advice) {
	switch r.IntN(12) {
	case 0: // a claim of somebody else
		charge := money.Cents(5000 + r.IntN(5000))
		paid := charge / 2
		a.Answers = append(a.Answers, &Answer{Number: fmt.Sprintf("X%d", d.next()), Status: "1", ICN: fmt.Sprintf("N%d", d.next()), Charge: charge, Paid: paid, Reasons: []Reason{{"CO", "45", charge - paid}}})
	case 1: // an estimate of what was just decided
		estimate := *a.Answers[0]
		estimate.Status, estimate.ICN = "25", fmt.Sprintf("E%d", d.next())
		estimate.Lines, estimate.Paid = nil, 0
		estimate.Reasons = []Reason{{"CO", "45", estimate.Charge}}
		a.Answers = append(a.Answers, &estimate)
	}
}

// balance adds provider adjustments so that the payment is not negative, and
// sets its amount.
func (d *Desk) balance(r *rand.Rand, a *Advice) {
	for _, c := range a.Answers {
		// What is taken back now may be recovered later.
		if c.Status == "22" && c.Paid < 0 && r.IntN(3) == 0 {
			a.Provider = append(a.Provider, ProviderAmount{"WO", c.ICN, c.Paid})
			d.debts = append(d.debts, &debt{a.Payer, "WO", c.ICN, -c.Paid})
		}
	}
	d.extras(r, a)
	d.acknowledge(r, a)
	if total := a.Total(); total < 0 { // what is missing is carried forward
		a.Provider = append(a.Provider, ProviderAmount{"FB", a.Trace, total})
		d.debts = append(d.debts, &debt{a.Payer, "FB", a.Trace, -total})
	}
	for _, w := range d.debts {
		if total := a.Total(); w.payer == a.Payer && w.amount > 0 && total > 0 && r.IntN(2) == 0 && w.ref != a.Trace {
			part := min(w.amount, total)
			w.amount -= part
			a.Provider = append(a.Provider, ProviderAmount{w.code, w.ref, part})
		}
	}
	if a.Amount = a.Total(); a.Amount == 0 {
		a.Method = "NON"
		a.Handling = "H"
	}
}

// extras are the provider adjustments that have nothing to do with reversals.
func (d *Desk) extras(r *rand.Rand, a *Advice) {
	for range r.IntN(4) {
		if r.IntN(2) == 0 {
			continue
		}
		amount := money.Cents(1 + r.IntN(2500))
		ref := fmt.Sprintf("R%d", d.next())
		switch code := []string{"L6", "IR", "E3", "AH", "50", "51", "L3", "CT", "LE", "LE", "CS", "CS", "J1", "72", "WO"}[r.IntN(15)]; code {
		case "L6", "CT": // the payer pays
			a.Provider = append(a.Provider, ProviderAmount{code, ref, -amount})
		case "72": // a refund that we sent is acknowledged, and recovered all the same
			pair := []ProviderAmount{{"72", ref, -amount}, {"WO", ref, amount}}
			if r.IntN(2) == 0 {
				slices.Reverse(pair)
			}
			if r.IntN(3) == 0 {
				pair = []ProviderAmount{{"72", ref, -amount}}
			}
			a.Provider = append(a.Provider, pair...)
		case "WO": // announced now, recovered later, or the other way round
			d.debts = append(d.debts, &debt{a.Payer, "WO", ref, amount})
			if r.IntN(3) > 0 {
				a.Provider = append(a.Provider, ProviderAmount{"WO", ref, -amount})
			}
		default:
			if r.IntN(5) == 0 {
				amount = -amount
			}
			if a.Total() >= amount {
				a.Provider = append(a.Provider, ProviderAmount{code, ref, amount})
			}
		}
	}
}
