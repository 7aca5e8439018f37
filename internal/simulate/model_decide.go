package simulate

import (
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// waiting is an answer that nobody could match: its cash lies in 2010, its
// adjustments wait.
type waiting struct {
	payment *payment
	answer  *Answer
	key     Key
	cash    money.Cents
}

// aliasOf is what a payer wrote instead of our number, with its own.
func aliasOf(a *Advice, c *Answer) string { return a.Payer.Code + "|" + c.Number + "|" + c.ICN }

// unmatched puts the cash of a CLP where the deposit ties out.
func (m *Model) unmatched(p *payment, at place, c *Answer) {
	w := &waiting{p, c, reference("2010", p.advice.Payer, c.Number), c.Paid}
	m.move(reference("1050", p.advice.Payer, p.advice.Trace), w.key, c.Paid)
	m.waiting[at] = w
}

// Waits returns the claim that an answer which waits speaks for, if it can be
// posted: nil if nobody knows it, or it takes back what is not in the book.
func (m *Model) Waits(at place) *Claim {
	w := m.waiting[at]
	if w == nil || w.answer.Claim == nil || w.answer.Status == "22" && m.original(w.answer) == nil {
		return nil
	}
	return w.answer.Claim
}

// Match posts an answer whose claim a person has found, from where its cash
// waits.
func (m *Model) Match(at place) {
	w := m.waiting[at]
	delete(m.waiting, at)
	m.begin()
	if w.answer.Garbled {
		m.aliases[aliasOf(w.payment.advice, w.answer)] = w.answer.Claim
	}
	if w.answer.Status == "22" {
		m.note("reversal matched later")
		m.reverse(w.answer, m.original(w.answer), w.key)
	} else {
		m.note("matched later")
		m.adjudicate(at, w.payment.order, w.answer, w.key)
	}
	m.later()
	m.settleTouched()
}

// Return owes unidentified cash back to its payer: one answer's, or (seq 0) all
// of a payment whose payee nobody knows. False: there is none.
func (m *Model) Return(at place) bool {
	var from Key
	var amount money.Cents
	if at.seq == 0 {
		a := m.payments[at.payment].advice
		from, amount = reference("2010", a.Payer, a.Trace), a.Amount
	} else {
		from, amount = m.waiting[at].key, m.waiting[at].cash
	}
	if amount = min(amount, -m.Balances[from]); amount <= 0 {
		return false
	}
	delete(m.waiting, at)
	m.note("unidentified cash returned")
	to := from
	to.Account = "2210"
	m.move(from, to, amount)
	return true
}

// Accept posts a payment that was held because of its trace, as one of its own.
func (m *Model) Accept(trace string) {
	m.note("accepted from quarantine")
	a := m.held[trace]
	delete(m.held, trace)
	m.post(a, trace+"~")
}

// Classify moves a provider adjustment out of suspense, as far as it is still
// there. False: it is not, or it is more than what was announced (2100).
func (m *Model) Classify(at place, to Key, remember bool) bool {
	s := m.suspended[at]
	amount := s.Amount
	if held := m.Balances[s.Key]; amount > 0 {
		amount = min(amount, max(held, 0))
	} else {
		amount = max(amount, min(held, 0))
	}
	if amount == 0 || to.Account == "2100" && amount > max(-m.Balances[to], 0) {
		return false
	}
	m.note("PLB classified")
	m.either(to, s.Key, amount)
	if remember {
		m.rules[s.Payer.Code+"|"+s.Code] = to.Account
	}
	return true
}

// Treatment is what a person makes of adjustments that stayed in A/R.
type Treatment struct {
	At       place
	About    string // denied, adjustment, protected: the work item
	Code     string // one reason, "" for all
	As       string // denial, contractual, reduction, withhold, tax, capitation, patient
	Remember bool
}

// leftovers are the adjustments that a work item is about.
func (m *Model) leftovers(t Treatment) []leftover {
	p := m.at(t.At)
	if p == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.left), func(l leftover) bool {
		about := "adjustment"
		switch {
		case l.denied:
			about = "denied"
		case isShare(l.reason):
			about = "protected"
		}
		return about != t.About || t.Code != "" && l.code() != t.Code
	})
}

// Treat moves what adjustments left to where the person says that it belongs,
// never more than the receivable holds. False: the book must refuse it.
func (m *Model) Treat(t Treatment, source string) bool {
	p, list := m.at(t.At), m.leftovers(t)
	if p == nil || len(list) == 0 {
		return false
	}
	c := p.answer.Claim
	next := c.Next()
	d := &disposal{source: source, claim: c.Number, answer: p}
	taken := map[Key]money.Cents{}
	for i := range list {
		l := &list[i]
		from := owed(c, l.share.line)
		to := account(accountOf[t.As])
		switch {
		case t.As == "patient" && next != nil:
			to = owedBy(c, l.share.line, next.Payer, c.Rank+1)
		case t.As == "patient":
			if l.reason.Group == "CO" || !mayBill(c, l.share, l.reason) {
				return false
			}
			to = owedByPatient(c, l.share.line)
		}
		amount := min(l.reason.Amount, m.heldOf(taken, from))
		taken[from] += amount
		if amount > 0 {
			d.moves = append(d.moves, move{debit: to, credit: from, amount: amount})
		}
	}
	if len(d.moves) == 0 {
		return false
	}
	m.note("treated as " + t.As)
	m.dispose(d)
	for _, mv := range d.moves {
		m.leave(mv.debit, c)
	}
	if t.Remember {
		for i := range list {
			rule := c.Payer().Code + "|" + list[i].code()
			if t.About == "protected" { // for shares which may not be billed, and for no others
				rule = "protected|" + rule
			}
			m.rules[rule] = t.As
		}
	}
	m.settle(c.Visit.Patient)
	return true
}

// Assign moves what an answer posted to the claim as a whole to one of its
// lines. False: nothing stands there.
func (m *Model) Assign(at place, l *Line, source string) bool {
	p := m.at(at)
	if p == nil || p.reversed {
		return false
	}
	c := p.answer.Claim
	d := &disposal{source: source, claim: c.Number, answer: p}
	for _, mv := range p.moves {
		if mv.line == nil && mv.amount != 0 {
			to := mv.debit
			switch to.Account {
			case "1100":
				to = owedBy(c, l, c.Next().Payer, c.Rank+1)
			case "1110":
				to = owedByPatient(c, l)
			}
			d.moves = append(d.moves, move{debit: mv.credit, credit: mv.debit, amount: mv.amount}, move{debit: to, credit: owed(c, l), amount: mv.amount})
		}
	}
	if len(d.moves) == 0 {
		return false
	}
	m.note("assigned to a line")
	m.dispose(d)
	for _, mv := range d.moves {
		m.leave(mv.debit, c)
	}
	m.settle(c.Visit.Patient)
	return true
}

// RefundPayer owes money back to a payer: out of what it has announced under the
// reference, else out of what it has paid for the claim: what it paid too much
// first, line by line. False: the book must refuse it.
func (m *Model) RefundPayer(c *Claim, ref string, amount money.Cents, source string) bool {
	to, announced := reference("2210", c.Payer(), ref), reference("2100", c.Payer(), ref)
	if open := -m.Balances[announced]; open > 0 {
		if open < amount {
			return false
		}
		m.note("refund of what was announced")
		m.move(announced, to, amount)
		return true
	}
	d := &disposal{source: source, claim: c.Number, owed: owed(c, nil)}
	taken := map[Key]money.Cents{}
	for _, creditsOnly := range []bool{true, false} {
		for _, l := range append(slices.Clone(c.Visit.Lines), nil) {
			from := owed(c, l)
			part := min(amount, m.paid[paidFor{c.Number, from}]-taken[from])
			if creditsOnly {
				part = min(part, -m.Balances[from])
			}
			if part > 0 {
				d.moves = append(d.moves, move{debit: from, credit: to, amount: part})
				taken[from] += part
				amount -= part
			}
		}
	}
	if amount > 0 {
		return false
	}
	m.note("refund of what was paid")
	m.dispose(d)
	return true
}

// RefundPaid says that a refund was sent.
func (m *Model) RefundPaid(owed Key, amount money.Cents) {
	m.note("refund sent")
	m.move(owed, account("1000"), amount)
}

// Stand lets what a person made of an answer stand when it is taken back.
func (m *Model) Stand(source string) {
	m.note("let stand")
	for _, d := range m.disposed {
		if d.source == source {
			d.gone = true
		}
	}
}

// Standing lists the entries that would come undone with an answer.
func (m *Model) Standing() (list []string) {
	for _, d := range m.disposed {
		if !d.gone && !slices.Contains(list, d.source) {
			list = append(list, d.source)
		}
	}
	return list
}

// Owed lists the refunds to payers that are owed and not sent.
func (m *Model) Owed() []Key {
	return m.keys(func(k Key, amount money.Cents) bool { return k.Account == "2210" && amount < 0 })
}
