package sandbox

import (
	"github.com/claimbook/claimbook/internal/money"
)

// settleLater adjudicates a claim that asks a second or third payer: it pays
// from what the payers before it left, never more.
func (o *Options) settleLater(d *decided, s *settled, k *Contract) {
	left := d.left()
	whole := d.medicaid()
	for i, l := range d.lines {
		x := settledLine{qualifier: l.qualifier, code: l.code, modifiers: l.modifiers, line: l, charge: l.charge, units: l.units}
		x.allowed = left[i]
		switch {
		case d.fate == fateDeny:
			x.take("OA", "23", l.charge-left[i])
			if left[i] > 0 {
				x.refuse(d.denial)
			}
		case whole:
			// Medicaid tops up to its own fee and reports one contractual
			// adjustment for all the rest, repeating what the first payer took.
			paidBefore := d.paidBefore(i)
			x.paid = max(min(left[i], k.allowed(l)-paidBefore), 0)
			x.take("CO", "45", l.charge-x.paid)
		default:
			x.take("OA", "23", l.charge-left[i])
			x.paid = left[i]
			if o.draw(d.number, "later", 3) == 0 {
				x.share("PR", "2", percent(x.paid, k.CoinsurancePercent*10))
			}
		}
		s.lines = append(s.lines, x)
	}
}

// left returns for each line what the last payer before this one left to pay:
// its patient responsibility, with what it adjusted at the claim level spread
// over the lines by their charges.
func (c *claim) left() []money.Cents {
	weights := make([]money.Cents, len(c.lines))
	for i, l := range c.lines {
		weights[i] = l.charge
	}
	out := make([]money.Cents, len(c.lines))
	last := c.lastBefore()
	if last == nil {
		return append(out[:0], weights...) // the claim says nothing of another payer
	}
	atClaim, itemized := money.Cents(0), false
	for _, a := range last.adjustments {
		if a.group == "PR" {
			atClaim += a.amount
		}
	}
	spread := atClaim.Allocate(weights)
	for i, l := range c.lines {
		out[i] = spread[i]
		for _, p := range l.prior {
			if p.payer != last.id {
				continue
			}
			itemized = true
			for _, a := range p.adjustments {
				if a.group == "PR" {
					out[i] += a.amount
				}
			}
		}
		out[i] = max(min(out[i], l.charge), 0)
	}
	if !itemized && atClaim == 0 && last.hasPaid {
		rest := c.charge - last.paid
		for _, a := range last.adjustments {
			rest -= a.amount
		}
		for i, part := range max(rest, 0).Allocate(weights) {
			out[i] = min(part, c.lines[i].charge)
		}
	}
	return out
}

// lastBefore returns the payer that came directly before this one, or nil.
func (c *claim) lastBefore() *otherPayer {
	order := "PSTABCDEFGH"
	place := func(rank string) int {
		for i := range order {
			if rank == order[i:i+1] {
				return i
			}
		}
		return len(order)
	}
	var last *otherPayer
	for _, o := range c.others {
		if place(o.rank) < place(c.rank) && (last == nil || place(o.rank) > place(last.rank)) {
			last = o
		}
	}
	return last
}

// paidBefore is what all payers before this one paid for line i.
func (c *claim) paidBefore(i int) money.Cents {
	total := money.Cents(0)
	for _, p := range c.lines[i].prior {
		total += p.paid
	}
	if len(c.lines[i].prior) > 0 {
		return total
	}
	weights := make([]money.Cents, len(c.lines))
	for n, l := range c.lines {
		weights[n] = l.charge
	}
	for _, o := range c.others {
		total += o.paid.Allocate(weights)[i]
	}
	return total
}
