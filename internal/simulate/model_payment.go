package simulate

import (
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// Receive posts one payment, whole or not at all.
func (m *Model) Receive(a *Advice) {
	if a.Skewed || a.Amount < 0 {
		m.note("unbalanced")
		return // quarantined: nothing moves
	}
	// The key of a payment is TRN03 and TRN02, with its content where nothing is
	// paid. The same content again is a no-op, another is quarantined.
	key := a.Payer.TIN + "|" + a.Trace
	if a.Method == "NON" {
		key += "|" + a.String()
	}
	if before, known := m.seen[key]; known {
		if before == a.String() {
			m.note("received again")
		} else {
			m.note("same trace, other content")
		}
		return
	}
	m.seen[key] = a.String()
	if a.Handling == "P" {
		m.note("prenotification")
		return // a prenotification is a test
	}
	m.noteAdvice(a)
	m.touched = map[*Patient]bool{}
	if a.Foreign {
		m.note("unknown payee")
		m.move(reference("1050", a.Payer, a.Trace), reference("2010", a.Payer, a.Trace), a.Amount)
	} else {
		for _, c := range a.Answers {
			m.answer(a, c)
		}
		m.provider(a)
	}
	if a.Method == "CHK" { // the check lies in the drawer
		m.move(account("1010"), reference("1050", a.Payer, a.Trace), a.Amount)
	}
	// After the whole payment, not between a reversal and its correction.
	for p := range m.touched {
		m.settle(p)
	}
}

// answer posts one CLP.
func (m *Model) answer(a *Advice, c *Answer) {
	switch {
	case c.Status == "25":
		return // a predetermination is an estimate
	case c.Claim == nil || c.Garbled && c.Status != "22":
		m.unmatched(a, c)
	case c.Status == "22":
		m.reverse(a, c)
	default:
		m.adjudicate(c, reference("1050", a.Payer, a.Trace))
	}
}

// Match posts an answer whose claim a person has found, from where its cash
// waits.
func (m *Model) Match(a *Advice, c *Answer) {
	m.note("matched later")
	delete(m.waiting, c)
	m.touched = map[*Patient]bool{}
	m.adjudicate(c, reference("2010", a.Payer, c.Number))
	for p := range m.touched {
		m.settle(p)
	}
}

// Waits reports whether an answer came and nobody knows yet whose it is.
func (m *Model) Waits(c *Answer) bool { return c.Garbled && m.waiting[c] }

// unmatched puts the cash of a CLP where the deposit ties out; its adjustments
// wait.
func (m *Model) unmatched(a *Advice, c *Answer) {
	m.move(reference("1050", a.Payer, a.Trace), reference("2010", a.Payer, c.Number), c.Paid)
	m.waiting[c] = true
}

// reverse takes back the answer of the same claim, payer's number and amount:
// its cash and its adjustments, from the accounts that they had used.
func (m *Model) reverse(a *Advice, c *Answer) {
	for _, p := range m.posted[c.Claim.Number] {
		if p.reversed || p.answer.ICN != c.ICN || p.answer.Paid != -c.Paid {
			continue
		}
		m.noteReversal(c.Claim, p)
		p.reversed = true
		m.touched[c.Claim.Visit.Patient] = true
		cash := reference("1050", a.Payer, a.Trace) // this payment's, not the original's
		for _, mv := range p.moves {
			if mv.cash {
				mv.debit = cash
			}
			m.move(mv.credit, mv.debit, mv.amount)
		}
		return
	}
	m.note("reversal without its original")
	m.unmatched(a, c)
}

// share is what one line of ours was told: what was paid for it and why not the
// rest, with its part of what stands at the level of the claim.
type share struct {
	line      *Line
	paid      money.Cents
	reasons   []Reason
	protected bool
}

// shares allocates the claim's own adjustments to its lines by what was charged
// for them (SVC02); they lower each line's payment.
func shares(c *Answer) []share {
	var list []share
	var weights []money.Cents
	if len(c.Lines) == 0 { // by the charges of the claim as we sent it
		for _, l := range c.Claim.Visit.Lines {
			list = append(list, share{line: l, paid: l.Charge})
			weights = append(weights, l.Charge)
		}
	}
	for _, l := range c.Lines {
		list = append(list, share{line: l.Line, paid: l.Paid, reasons: append([]Reason(nil), l.Reasons...), protected: l.Protected})
		weights = append(weights, l.Charge)
	}
	for _, r := range c.Reasons {
		for i, part := range r.Amount.Allocate(weights) {
			list[i].paid -= part
			list[i].reasons = append(list[i].reasons, Reason{r.Group, r.CARC, part})
		}
	}
	return list
}

// adjudicate posts what a payer decided about a claim.
// cash is the balance that the money comes from.
func (m *Model) adjudicate(c *Answer, cash Key) {
	done := &posted{answer: c, month: m.postingMonth()}
	m.posted[c.Claim.Number] = append(m.posted[c.Claim.Number], done)
	m.touched[c.Claim.Visit.Patient] = true
	list := shares(c)
	// What a later payer may still adjust: X less what it pays and leaves to the patient.
	room := map[*Line]money.Cents{}
	for _, s := range list {
		if _, known := room[s.line]; !known {
			room[s.line] = m.Balances[insurance(s.line, c.Claim.Payer(), c.Claim.Rank)]
		}
		room[s.line] -= s.paid
		for _, r := range s.reasons {
			if r.Group == "PR" {
				room[s.line] -= r.Amount
			}
		}
	}
	for _, s := range list {
		owed := insurance(s.line, c.Claim.Payer(), c.Claim.Rank)
		m.record(done, cash, owed, s.paid, true)
		for _, r := range s.reasons {
			to, moves := m.treatment(c.Claim, s, r)
			if !moves {
				continue
			}
			amount := r.Amount
			if c.Claim.Rank > 1 && r.Group != "PR" {
				if amount = min(amount, max(room[s.line], 0)); amount > 0 {
					room[s.line] -= amount
				}
			}
			m.record(done, to, owed, amount, false)
		}
	}
}

func (m *Model) record(p *posted, debit, credit Key, amount money.Cents, cash bool) {
	m.move(debit, credit, amount)
	p.moves = append(p.moves, move{debit, credit, amount, cash})
}

// treatment says what an adjustment debits; false: nothing moves.
func (m *Model) treatment(c *Claim, s share, r Reason) (Key, bool) {
	switch r.CARC {
	case "253":
		return account("4110"), true
	case "104":
		return account("1160"), true
	case "105":
		return account("1170"), true
	}
	switch {
	case r.CARC == "24" && (r.Group == "CO" || r.Group == "PI"):
		return account("4160"), true
	case r.Group == "CO" && (r.CARC == "45" || r.CARC == "59" || r.CARC == "94"):
		return account("4100"), true
	case r.Group == "PR" && (r.CARC == "1" || r.CARC == "2" || r.CARC == "3"):
		if next := c.Next(); next != nil {
			return insurance(s.line, next.Payer, c.Rank+1), true
		}
		return patient(s.line, c.Visit.Patient), mayBill(c, s, r)
	}
	return Key{}, false // a denial, or for a person
}

// mayBill says whether a patient may be billed for a share.
func mayBill(c *Claim, s share, r Reason) bool {
	switch {
	case s.protected || slices.ContainsFunc(s.reasons, func(r Reason) bool { return r.Group == "OA" && r.CARC == "209" }):
		return false
	case !c.Payer().BillsPatient:
		return r.CARC == "3" // its own stated copay
	}
	// Whoever pays after Medicare leaves what Medicare left.
	return !slices.ContainsFunc(c.Visit.Patient.Coverages, func(v Coverage) bool { return v.QMB })
}
