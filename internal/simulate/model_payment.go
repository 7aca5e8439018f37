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
			m.held[a.Trace] = a
		}
		return
	}
	m.seen[key] = a.String()
	if a.Handling == "P" {
		m.note("prenotification")
		return // a prenotification is a test
	}
	m.post(a, a.Trace)
}

// post takes a payment into the book under a name.
func (m *Model) post(a *Advice, name string) {
	p := &payment{advice: a, name: name, order: len(m.payments)}
	m.payments[name] = p
	m.noteAdvice(a)
	m.begin()
	if a.Foreign {
		m.note("unknown payee")
		m.move(reference("1050", a.Payer, a.Trace), reference("2010", a.Payer, a.Trace), a.Amount)
	} else {
		for i, c := range a.Answers {
			m.answer(p, i+1, c)
		}
		m.later()
		m.provider(p)
	}
	if a.Method == "CHK" { // the check lies in the drawer
		m.move(account("1010"), reference("1050", a.Payer, a.Trace), a.Amount)
	}
	// After the whole payment, not between a reversal and its correction.
	m.settleTouched()
}

func (m *Model) begin() { m.touched, m.began = map[*Patient]bool{}, m.clock }

func (m *Model) settleTouched() {
	for p := range m.touched {
		m.settle(p)
	}
}

// answer posts one CLP.
func (m *Model) answer(p *payment, seq int, c *Answer) {
	at, cash := place{p.name, seq}, reference("1050", p.advice.Payer, p.advice.Trace)
	switch {
	case c.Status == "25":
		return // a predetermination is an estimate
	case c.Claim == nil || c.Garbled && m.aliases[aliasOf(p.advice, c)] == nil:
		m.unmatched(p, at, c)
	case c.Status == "22":
		original := m.original(c)
		if original == nil {
			if slices.ContainsFunc(m.posted[c.Claim.Number], func(p *posted) bool { return p.answer.ICN == c.ICN && !p.reversed }) {
				m.note("reversal of another amount")
			}
			m.note("reversal without its original")
			m.unmatched(p, at, c)
			return
		}
		m.reverse(c, original, cash)
	default:
		m.adjudicate(at, p.order, c, cash)
	}
}

// share is what one line of ours was told: what was paid for it and why not the
// rest, with its part of what stands at the level of the claim.
type share struct {
	line      *Line // nil: the claim as a whole
	paid      money.Cents
	reasons   []Reason
	protected bool
}

// sharesOfLines allocates the claim's own adjustments to its lines by what was
// charged for them (SVC02); they lower each line's payment.
func sharesOfLines(c *Answer) []share {
	var list []share
	var weights []money.Cents
	if len(c.Lines) == 0 { // by the charges of the claim as we sent it
		for _, l := range c.Claim.Visit.Lines {
			weights = append(weights, l.Charge)
		}
		for i, part := range c.Charge.Allocate(weights) {
			list = append(list, share{line: c.Claim.Visit.Lines[i], paid: part})
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

// shares are what each line of ours was told, with what the claim has beyond them.
func shares(c *Answer) []share {
	list := sharesOfLines(c)
	return append(list, remainder(c, list)...)
}

// remainder is what CLP04 has beyond the lines, where ΣSVC02 is not CLP03: it is
// the claim's as a whole, unless it is just the charge of the lines that the
// payer left out.
func remainder(c *Answer, list []share) []share {
	rest := c.Paid
	for _, s := range list {
		rest -= s.paid
	}
	if rest == 0 {
		return nil
	}
	var missing []share
	var charge money.Cents
	for _, l := range c.Claim.Visit.Lines {
		if !slices.ContainsFunc(list, func(s share) bool { return s.line == l }) {
			charge += l.Charge
			missing = append(missing, share{line: l, paid: l.Charge * sign(rest)})
		}
	}
	if len(missing) > 0 && charge == rest.Abs() {
		return missing
	}
	return []share{{paid: rest}}
}

func sign(c money.Cents) money.Cents {
	if c < 0 {
		return -1
	}
	return 1
}

// adjudicate posts what a payer decided about a claim. cash is the balance that
// the money comes from.
func (m *Model) adjudicate(at place, order int, c *Answer, cash Key) {
	m.clock++
	done := &posted{place: at, order: order, answer: c, month: m.postingMonth(), when: m.clock}
	m.posted[c.Claim.Number] = append(m.posted[c.Claim.Number], done)
	m.touched[c.Claim.Visit.Patient] = true
	list := shares(c)
	// What a later payer may still adjust: X less what it pays and leaves to the patient.
	room := map[*Line]money.Cents{}
	for _, s := range list {
		if _, known := room[s.line]; !known {
			room[s.line] = m.Balances[owed(c.Claim, s.line)]
		}
		room[s.line] -= s.paid
		for _, r := range s.reasons {
			if m.patientShare(c.Claim, r) {
				room[s.line] -= r.Amount
			}
		}
	}
	for _, s := range list {
		m.record(done, s.line, "", cash, s.paid)
		for _, r := range s.reasons {
			to, moves := m.treatment(c, s, r)
			if !moves {
				done.leave(s, r, m.means(c.Claim.Payer(), r))
				continue
			}
			amount := r.Amount
			if c.Claim.Rank > 1 && !m.patientShare(c.Claim, r) {
				if amount = min(amount, max(room[s.line], 0)); amount > 0 {
					room[s.line] -= amount
				}
			}
			m.record(done, s.line, r.Group+"-"+r.CARC, to, amount)
		}
	}
}

// patientShare says whether an adjustment belongs to the patient's side, also
// when it stays where it is: PR, unless a person has said that it is something
// else.
func (m *Model) patientShare(c *Claim, r Reason) bool {
	means := m.means(c.Payer(), r)
	return means == "patient" || r.Group == "PR" && accountOf[means] == ""
}

// record moves an amount of an answer out of what its payer owes.
func (m *Model) record(p *posted, line *Line, reason string, debit Key, amount money.Cents) {
	from := owed(p.answer.Claim, line)
	m.move(debit, from, amount)
	p.moves = append(p.moves, move{debit, from, amount, line, reason})
	m.leave(debit, p.answer.Claim)
	if reason == "" {
		m.paid[paidFor{p.answer.Claim.Number, from}] += amount
	}
}

// leave remembers whose answer left a balance to the patient.
func (m *Model) leave(debit Key, c *Claim) {
	if debit.Account == "1110" {
		m.leftBy[debit] = c.Number
	}
}

// accountOf is where an amount goes that means something, other than to whoever
// owes it.
var accountOf = map[string]string{"contractual": "4100", "reduction": "4110", "withhold": "1160", "tax": "1170", "capitation": "4160", "denial": "4120"}

// means says what an adjustment is taken for: as a person has decided for its
// payer, or by the map of the design.
func (m *Model) means(p *Payer, r Reason) string {
	if rule := m.rules[p.Code+"|"+r.Group+"-"+r.CARC]; rule != "" {
		return rule
	}
	switch {
	case r.CARC == "253":
		return "reduction"
	case r.CARC == "104":
		return "withhold"
	case r.CARC == "105":
		return "tax"
	case r.CARC == "24" && (r.Group == "CO" || r.Group == "PI"):
		return "capitation"
	case r.CARC == "23":
		return "repeated" // what prior payers adjusted
	case r.Group == "CO" && (r.CARC == "45" || r.CARC == "59" || r.CARC == "94"):
		return "contractual"
	case isShare(r):
		return "patient"
	}
	return "" // a denial, or for a person
}

func isShare(r Reason) bool {
	return r.Group == "PR" && (r.CARC == "1" || r.CARC == "2" || r.CARC == "3")
}

// treatment says what an adjustment debits; false: nothing moves.
func (m *Model) treatment(c *Answer, s share, r Reason) (Key, bool) {
	means := m.means(c.Claim.Payer(), r)
	if code := accountOf[means]; code != "" {
		return account(code), true
	}
	if means != "patient" {
		return Key{}, false
	}
	if next := c.Claim.Next(); next != nil {
		return owedBy(c.Claim, s.line, next.Payer, c.Claim.Rank+1), true
	}
	switch {
	case c.forwarded(): // to a payer that the book does not know: nobody bills what an insurer may still pay
		return Key{}, false
	case !mayBill(c.Claim, s, r): // it stays with the payer, or is written off by rule
		code := accountOf[m.rules["protected|"+c.Claim.Payer().Code+"|"+r.Group+"-"+r.CARC]]
		return account(code), code != ""
	}
	return owedByPatient(c.Claim, s.line), true
}

func owedByPatient(c *Claim, l *Line) Key {
	if l == nil {
		return Key{Account: "1110", Patient: c.Visit.Patient.Account}
	}
	return patient(l, c.Visit.Patient)
}

// forwarded says that the payer has sent the claim on (CLP02).
func (a *Answer) forwarded() bool { return slices.Contains([]string{"19", "20", "21", "23"}, a.Status) }

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
