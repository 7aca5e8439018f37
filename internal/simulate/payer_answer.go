package simulate

import (
	"fmt"
	"math/rand/v2"

	"github.com/claimbook/claimbook/internal/money"
)

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
	d.oddLines(r, a)
	d.forward(r, a)
	if !a.forwarded() && len(a.Lines) > 0 && r.IntN(9) == 0 { // our number is lost
		a.Number, a.Garbled = fmt.Sprintf("Z%d", d.next()), true
	}
	return a
}

// forward sends a claim on to the next payer, which answers under our number for
// this one: paid by the first or the second payer (19, 20), or not theirs at all
// (23).
func (d *Desk) forward(r *rand.Rand, a *Answer) {
	c := a.Claim
	switch {
	case c.Next() == nil && r.IntN(5) > 0, r.IntN(3) > 0: // without a next payer: to one that nobody here knows
		return
	case a.Status == "1" || a.Status == "2" || a.Status == "3":
		a.Status = map[string]string{"1": "19", "2": "20", "3": "21"}[a.Status]
	case a.Status == "4" && c.Rank == 1:
		a.Status = "23"
	default:
		return
	}
	if c.Next() != nil {
		d.Ask(&Claim{Number: c.Number, Visit: c.Visit, Rank: c.Rank + 1})
	}
}

// oddLines leaves a line out, so that the lines do not add up to the claim, pays
// a part of one that no line has, or puts one line into the other.
func (d *Desk) oddLines(r *rand.Rand, a *Answer) {
	n := len(a.Lines)
	if n == 0 || a.Status == "4" {
		return
	}
	last := a.Lines[n-1]
	switch r.IntN(16) {
	case 0: // the last line is not told of, and paid as charged
		if n < 2 || a.Lines[n-2].Line == last.Line || len(a.Reasons) > 0 {
			return
		}
		a.Lines = a.Lines[:n-1]
		a.Paid += last.Charge - last.Paid
	case 1: // the line is told of with less than was charged; the claim's total has the rest
		if last.Paid < 5_00 {
			return
		}
		last.Style = "6R"
		last.Paid -= 5_00
		last.Charge -= 5_00
	case 2: // the second line comes back under the first one's procedure, as part of it
		if n < 2 || last.Line == a.Lines[0].Line {
			return
		}
		a.Paid -= last.Paid
		last.Style, last.Paid, last.Reasons = "bundled", 0, []Reason{{"CO", "97", last.Charge}}
		if a.Paid < 0 {
			a.Paid = 0
			a.Reasons = nil
			for _, l := range a.Lines {
				a.Paid += l.Paid
			}
		}
	case 3: // something else was paid that was never asked for; nothing of it is the patient's
		charge := money.Cents(7_07 + r.IntN(1000))
		a.Charge += charge
		a.Paid += charge / 2
		a.Lines = append(a.Lines, &AnswerLine{Charge: charge, Paid: charge / 2, Reasons: []Reason{{"CO", "45", charge - charge/2}}, Style: "unknown"})
	}
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
