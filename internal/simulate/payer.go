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
	for _, i := range r.Perm(len(d.claims)) {
		c := d.claims[i]
		before := d.current[c]
		if before == nil {
			continue
		}
		one := d.advice(r, c.Payer(), on)
		one.Answers = append(one.Answers, before.reversal())
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
func (d *Desk) extras(r *rand.Rand, a *Advice) {}

func (a *Answer) reversal() *Answer {
	out := &Answer{Claim: a.Claim, Number: a.Number, Status: "22", ICN: a.ICN, Charge: -a.Charge, Paid: -a.Paid, Reasons: negative(a.Reasons), Reverses: a}
	for _, l := range a.Lines {
		out.Lines = append(out.Lines, &AnswerLine{Line: l.Line, Charge: -l.Charge, Paid: -l.Paid, Reasons: negative(l.Reasons), Style: l.Style, Protected: l.Protected})
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

// answer decides about one claim.
func (d *Desk) answer(r *rand.Rand, c *Claim) *Answer {
	a := &Answer{Claim: c, Number: c.Number, Status: "1", ICN: fmt.Sprintf("%s%d", c.Payer().Code, d.next()), Charge: c.Visit.Charge()}
	d.current[c] = a
	denied := r.IntN(10) == 0
	for _, l := range c.Visit.Lines {
		line := &AnswerLine{Line: l, Charge: l.Charge, Style: []string{"6R", "6R", "procedure", "no modifier", "changed"}[r.IntN(5)]}
		switch {
		case denied || r.IntN(8) == 0:
			line.Reasons = denial(r, l.Charge)
		case c.Rank > 1:
			line.Paid, line.Reasons = later(r, l.Charge, d.left(c, l))
		default:
			line.Paid, line.Reasons = paid(r, c, l.Charge)
		}
		a.Lines = append(a.Lines, line)
		a.Paid += line.Paid
	}
	if denied {
		a.Status = "4"
	}
	return a
}

// denial is a reason for paying nothing.
func denial(r *rand.Rand, charge money.Cents) []Reason {
	list := []Reason{{"CO", "50", charge}, {"CO", "97", charge}, {"CO", "16", charge}, {"PR", "96", charge}, {"PR", "22", charge}, {"OA", "18", charge}, {"PI", "204", charge}}
	return []Reason{list[r.IntN(len(list))]}
}

// paid is a payment of a line and the reasons for the rest.
func paid(r *rand.Rand, c *Claim, charge money.Cents) (money.Cents, []Reason) {
	var list []Reason
	left := charge
	take := func(group, carc string, amount money.Cents) {
		if amount != 0 {
			list = append(list, Reason{group, carc, amount})
			left -= amount
		}
	}
	percent := func(n int) money.Cents { return left * money.Cents(n) / 100 }
	take("CO", "45", percent(r.IntN(60)))
	switch r.IntN(5) {
	case 0:
		take("PR", "1", left) // the deductible takes all
	case 1, 2:
		take("PR", "2", percent(20))
	case 3:
		take("PR", "1", percent(r.IntN(50)))
		take("PR", "3", min(left, 20_00))
	}
	return left, list
}

// left is what the prior payer's answer that stands leaves of a line to the
// next one.
func (d *Desk) left(c *Claim, l *Line) (sum money.Cents) {
	for prior, a := range d.current {
		if prior.Visit != c.Visit || prior.Rank != c.Rank-1 {
			continue
		}
		for _, s := range shares(a) {
			for _, why := range s.reasons {
				if s.line == l && why.Group == "PR" && (why.CARC == "1" || why.CARC == "2" || why.CARC == "3") {
					sum += why.Amount
				}
			}
		}
	}
	return sum
}

// later is what a payer of rank 2 says of a line: it pays and leaves to the
// patient parts of what the prior payer left, and repeats the rest.
func later(r *rand.Rand, charge, left money.Cents) (money.Cents, []Reason) {
	pays := left * money.Cents(r.IntN(5)) / 4
	if r.IntN(12) == 0 {
		pays = min(charge, pays+10_00) // more than was left: a credit
	}
	var list []Reason
	rest := charge - pays
	if over := left - pays; over > 0 && r.IntN(2) == 0 {
		share := over * money.Cents(1+r.IntN(4)) / 4
		list = append(list, Reason{"PR", []string{"1", "2", "3"}[r.IntN(3)], share})
		rest -= share
	}
	if part := rest / 2; r.IntN(3) == 0 && part > 0 {
		list = append(list, Reason{"OA", "23", part})
		rest -= part
	}
	if rest > 0 {
		list = append(list, Reason{"CO", "45", rest})
	}
	return pays, list
}
