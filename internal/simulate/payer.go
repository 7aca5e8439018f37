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
	case 1: // an estimate of what was just decided
		estimate := *a.Answers[0]
		estimate.Status, estimate.ICN = "25", fmt.Sprintf("E%d", d.next())
		estimate.Lines, estimate.Paid = nil, 0
		estimate.Reasons = []Reason{{"CO", "45", estimate.Charge}}
		a.Answers = append(a.Answers, &estimate)
	}
}

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
func (d *Desk) extras(r *rand.Rand, a *Advice) {
	for range r.IntN(3) {
		if r.IntN(2) == 0 {
			continue
		}
		amount := money.Cents(1 + r.IntN(2500))
		ref := fmt.Sprintf("R%d", d.next())
		switch code := []string{"L6", "IR", "E3", "AH", "50", "51", "L3", "CT", "LE", "CS", "J1", "72", "WO"}[r.IntN(13)]; code {
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

// reversal takes an answer back. It always carries the number that we sent, even
// where the answer had lost it.
func (a *Answer) reversal() *Answer {
	out := &Answer{Claim: a.Claim, Number: a.Claim.Number, Status: "22", ICN: a.ICN, Charge: -a.Charge, Paid: -a.Paid, Reasons: negative(a.Reasons)}
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
	a := &Answer{Claim: c, Number: c.Number, Status: []string{"1", "2", "3"}[c.Rank-1], ICN: fmt.Sprintf("%s%d", c.Payer().Code, d.next()), Charge: c.Visit.Charge()}
	d.current[c] = a
	switch kind := r.IntN(20); {
	case kind < 2:
		a.Status = "4"
		for _, l := range c.Visit.Lines {
			d.line(r, a, l, denial)
		}
	case kind < 4: // no word about lines
		left := a.Charge
		for _, why := range []Reason{{"CO", "45", a.Charge * money.Cents(r.IntN(50)) / 100}, {"PR", []string{"1", "2"}[r.IntN(2)], a.Charge * money.Cents(r.IntN(30)) / 100}} {
			if why.Amount > 0 {
				a.Reasons = append(a.Reasons, why)
				left -= why.Amount
			}
		}
		a.Paid = left
	default:
		for _, l := range c.Visit.Lines {
			switch {
			case r.IntN(8) == 0:
				d.line(r, a, l, denial)
			case c.Rank > 1:
				left := d.left(c, l)
				d.line(r, a, l, func(r *rand.Rand, charge money.Cents) (money.Cents, []Reason) {
					part := left * charge / l.Charge
					return later(r, charge, part)
				})
			default:
				d.line(r, a, l, func(r *rand.Rand, charge money.Cents) (money.Cents, []Reason) { return paid(r, c, charge) })
			}
		}
		if kind < 8 && a.Paid > 0 { // a part of the adjustments at the level of the claim
			why := []Reason{{"CO", "45", a.Paid / 3}, {"PR", "3", min(a.Paid, 25_00)}, {"CO", "253", a.Paid / 50}, {"PR", "1", a.Paid / 2}}[r.IntN(4)]
			if c.Rank > 1 {
				why = Reason{"CO", "45", a.Paid / 3}
			}
			if why.Amount > 0 {
				a.Reasons = []Reason{why}
				a.Paid -= why.Amount
			}
		}
	}
	if c.Next() != nil && a.Status == "1" && r.IntN(3) == 0 { // forwarded: the next payer answers under our number for this one
		a.Status = "19"
		d.Ask(&Claim{Number: c.Number, Visit: c.Visit, Rank: 2})
	}
	if a.Status != "19" && len(a.Lines) > 0 && r.IntN(15) == 0 { // our number is lost
		a.Number, a.Garbled = fmt.Sprintf("Z%d", d.next()), true
	}
	return a
}

// line adds what is decided about a line: as one SVC, or split into two.
func (d *Desk) line(r *rand.Rand, a *Answer, l *Line, decide func(*rand.Rand, money.Cents) (money.Cents, []Reason)) {
	parts := []money.Cents{l.Charge}
	style := []string{"6R", "6R", "procedure", "no modifier", "changed"}[r.IntN(5)]
	if r.IntN(10) == 0 {
		parts = l.Charge.Allocate([]money.Cents{2, 1})
		style = "6R"
	}
	protected := a.Claim.Coverage().QMB && r.IntN(2) == 0
	for _, charge := range parts {
		line := &AnswerLine{Line: l, Charge: charge, Style: style, Protected: protected}
		line.Paid, line.Reasons = decide(r, charge)
		a.Lines = append(a.Lines, line)
		a.Paid += line.Paid
	}
}

// denial is a reason for paying nothing.
func denial(r *rand.Rand, charge money.Cents) (money.Cents, []Reason) {
	list := []Reason{{"CO", "50", charge}, {"CO", "97", charge}, {"CO", "16", charge}, {"PR", "96", charge}, {"PR", "22", charge}, {"OA", "18", charge}, {"PI", "204", charge}}
	return 0, []Reason{list[r.IntN(len(list))]}
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
	if c.Payer().Kind == "hmo" && r.IntN(3) == 0 { // paid by the head
		take([]string{"CO", "PI"}[r.IntN(2)], "24", left)
		return left, list
	}
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
	switch r.IntN(14) {
	case 0:
		take("CO", "97", percent(10)) // beside a payment: for a person
	case 1:
		take("OA", "209", percent(10)) // the payer protects the patient
	case 2:
		take("CO", "105", percent(3))
	case 3:
		take("CO", "94", -percent(5)) // more than was charged
	case 4:
		take("PR", "22", percent(10))
	}
	switch {
	case c.Payer().Kind == "medicare" && r.IntN(2) == 0:
		take("CO", "253", percent(2))
	case c.Payer().Kind == "hmo" && r.IntN(2) == 0:
		take("CO", "104", percent(5))
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
	left = min(left, charge)
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
