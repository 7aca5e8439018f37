package simulate

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// original finds what a reversal takes back: the answer of the same claim,
// payer's number and amount, and the earliest of several. It is never the newest
// for being the newest.
func (m *Model) original(c *Answer) *posted {
	var fits []*posted
	for _, p := range m.posted[c.Claim.Number] {
		if !p.reversed && p.answer.ICN == c.ICN && p.answer.Paid == -c.Paid && p.answer.Charge == -c.Charge {
			fits = append(fits, p)
		}
	}
	if len(fits) == 0 {
		return m.mirrored(c)
	}
	return slices.MinFunc(fits, func(a, b *posted) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.seq, b.seq)) })
}

// mirrored finds the original of a reversal that has a payer's number of its own:
// the only answer with the same amounts and reasons.
func (m *Model) mirrored(c *Answer) *posted {
	var found *posted
	for _, p := range m.posted[c.Claim.Number] {
		if p.reversed || p.answer.Paid != -c.Paid || p.answer.Charge != -c.Charge || !mirrors(c, p.answer) {
			continue
		}
		if found != nil {
			return nil
		}
		found = p
	}
	return found
}

// mirrors says that a reversal has just the reasons of an answer.
func mirrors(c, original *Answer) bool {
	reasons := map[string]money.Cents{}
	for _, a := range []*Answer{c, original} {
		for _, s := range shares(a) {
			for _, r := range s.reasons {
				reasons[r.Group+"-"+r.CARC] += r.Amount
			}
		}
	}
	for _, amount := range reasons {
		if amount != 0 {
			return false
		}
	}
	return true
}

// reverse takes an answer back: the reversal's own cash and adjustments, from
// the accounts that the original had used, and never more of an adjustment than
// had been posted.
func (m *Model) reverse(c *Answer, original *posted, cash Key) {
	m.noteReversal(c, original)
	m.clock++
	original.reversed, original.undone = true, m.clock
	m.touched[c.Claim.Visit.Patient] = true
	reported := map[string]bool{}
	for _, s := range shares(original.answer) {
		for _, r := range s.reasons {
			reported[r.Group+"-"+r.CARC] = true
		}
	}
	m.reverseCash(c, original, cash)
	left := slices.Clone(original.moves) // of what the original had moved
	var rests []*rest
	for _, s := range shares(c) {
		for _, r := range s.reasons {
			if code := r.Group + "-" + r.CARC; reported[code] {
				rests = append(rests, &rest{s.line, code, -r.Amount})
			} else {
				m.reverseUnknown(c, s, r)
			}
		}
	}
	// Of its own line first, then of the others.
	for _, others := range []bool{false, true} {
		for _, x := range rests {
			for i := range left {
				mv := &left[i]
				if mv.reason != x.code || mv.line != x.line && !others || mv.amount == 0 || sign(mv.amount) != sign(x.amount) {
					continue
				}
				part := sign(x.amount) * min(x.amount.Abs(), mv.amount.Abs())
				m.move(mv.credit, mv.debit, part)
				mv.amount -= part
				x.amount -= part
			}
		}
	}
	m.undo(original)
}

// rest is what is still to be taken back of an adjustment.
type rest struct {
	line   *Line
	code   string
	amount money.Cents
}

// reverseCash takes the payment back: from where the original had put it if the
// reversal has the same reasons, else from the lines that the reversal names.
func (m *Model) reverseCash(c *Answer, original *posted, cash Key) {
	list := shares(c)
	if mirrors(c, original.answer) {
		list = nil
		for _, mv := range original.moves {
			if mv.reason == "" {
				list = append(list, share{line: mv.line, paid: -mv.amount})
			}
		}
	}
	for _, s := range list {
		m.move(cash, owed(c.Claim, s.line), s.paid)
		m.paid[paidFor{c.Claim.Number, owed(c.Claim, s.line)}] += s.paid
	}
}

// reverseUnknown posts an adjustment that the original did not have, by what its
// reason means. A later payer may as well take back what it never did: that is
// only recorded.
func (m *Model) reverseUnknown(c *Answer, s share, r Reason) {
	m.note("reversal of another reason")
	to, moves := m.treatment(c, s, r)
	if moves && (c.Claim.Rank == 1 || m.patientShare(c.Claim, r)) {
		m.move(to, owed(c.Claim, s.line), r.Amount)
	}
}

// disposal is what a person made of what an answer had left. It rests on that
// answer, and comes undone with it.
type disposal struct {
	source string // key of its entry
	claim  string // number
	answer *posted
	owed   Key // 1100, of a refund that was accrued out of it
	moves  []move
	gone   bool // taken back, or left to stand
	undone bool // taken back
}

func (m *Model) dispose(d *disposal) {
	for _, mv := range d.moves {
		m.move(mv.debit, mv.credit, mv.amount)
		m.repaid(d.claim, mv.debit, mv.credit, mv.amount)
	}
	m.disposed = append(m.disposed, d)
}

// undo takes back what was made of what an answer had left.
func (m *Model) undo(original *posted) {
	c := original.answer.Claim
	for _, d := range m.disposed {
		switch {
		case d.gone || d.claim != c.Number,
			d.answer != nil && d.answer != original,
			d.owed != (Key{}) && (d.owed.Payer != c.Payer().Code || d.owed.Rank != c.Rank):
			continue
		}
		d.gone, d.undone = true, true
		for _, mv := range d.moves {
			m.move(mv.credit, mv.debit, mv.amount)
			m.repaid(d.claim, mv.credit, mv.debit, mv.amount)
		}
		if d.owed == (Key{}) {
			m.note("decision taken back with its answer")
		} else {
			m.note("refund taken back with its answer")
		}
	}
}

// repaid keeps count of what a payer has paid for a claim's lines, when a person
// moves a part of it or owes it back.
func (m *Model) repaid(claim string, debit, credit Key, amount money.Cents) {
	cash := []string{"1050", "2010", "2210"}
	if debit.Account == "1100" && slices.Contains(cash, credit.Account) {
		m.paid[paidFor{claim, debit}] -= amount
	}
	if credit.Account == "1100" && slices.Contains(cash, debit.Account) {
		m.paid[paidFor{claim, credit}] += amount
	}
}

// leftover is an adjustment that stayed in the receivable.
type leftover struct {
	share  share
	reason Reason
	denied bool // nothing was paid for the line
}

func (l *leftover) code() string { return l.reason.Group + "-" + l.reason.CARC }

// leave remembers that an adjustment stayed, so that a person may decide.
func (p *posted) leave(s share, r Reason, means string) {
	if r.Amount > 0 && (means != "repeated" || p.answer.Claim.Rank == 1) {
		p.left = append(p.left, leftover{s, r, s.paid == 0 && means == ""})
	}
}

// at finds the answer of a payment that stands in the book.
func (m *Model) at(where place) *posted {
	for _, list := range m.posted {
		for _, p := range list {
			if p.place == where {
				return p
			}
		}
	}
	return nil
}

// heldOf sums what balances hold, so that what is taken of each can be bounded.
func (m *Model) heldOf(taken map[Key]money.Cents, k Key) money.Cents {
	return max(m.Balances[k]-taken[k], 0)
}
