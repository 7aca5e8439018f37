package simulate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// bill is what a patient may owe: for a line of a visit, or (no visit) for no
// service.
type bill struct {
	visit string
	key   Key
}

// bills lists them, oldest first: what is for no service has no date.
func (m *Model) bills(p *Patient) []bill {
	var visits []*Visit
	for _, v := range m.visits {
		if v.Patient == p {
			visits = append(visits, v)
		}
	}
	slices.SortStableFunc(visits, func(a, b *Visit) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID))
	})
	list := []bill{{"", Key{Account: "1110", Patient: p.Account}}}
	for _, v := range visits {
		for _, l := range v.Lines {
			list = append(list, bill{v.ID, patient(l, p)})
		}
	}
	return list
}

// answered says that a visit is charged and open with no insurer any more: an
// overpayment is open too.
func (m *Model) answered(visit string) bool {
	for _, v := range m.visits {
		if v.ID != visit {
			continue
		}
		for _, l := range v.Lines {
			for i, c := range v.Patient.Coverages {
				if m.Balances[insurance(l, c.Payer, i+1)] != 0 {
					return false
				}
			}
		}
		return true
	}
	return false
}

// settle puts a patient's account in order: what was billed too much becomes a
// credit, a reservation pays its visit, what an answered visit does not need is
// free, and free credits pay the oldest balances.
func (m *Model) settle(p *Patient) {
	for _, b := range m.bills(p) {
		if k := b.key; m.Balances[k] < 0 {
			m.note("billed too much becomes a credit")
			m.move(k, credit(p, ""), -m.Balances[k])
		}
	}
	for _, v := range m.visits {
		if v.Patient != p {
			continue
		}
		reserved := credit(p, v.ID)
		m.pay(p, reserved, -m.Balances[reserved], v.ID)
		if left := -m.Balances[reserved]; left > 0 && m.answered(v.ID) {
			m.move(reserved, credit(p, ""), left)
		}
	}
	free := credit(p, "")
	m.pay(p, free, -m.Balances[free], "")
}

// pay moves money to the oldest balances of a patient, or of one visit.
func (m *Model) pay(p *Patient, from Key, amount money.Cents, visit string) {
	for _, b := range m.bills(p) {
		if visit != "" && b.visit != visit || m.Balances[b.key] <= 0 {
			continue
		}
		part := min(amount, m.Balances[b.key])
		m.move(from, b.key, part)
		amount -= part
	}
}

// receipt is a patient's payment, and where it went.
type receipt struct {
	patient *Patient
	amount  money.Cents
	moves   []move
	card    bool
	gone    bool // it has left the drawer
	back    bool
}

// patientRefund is a credit that goes back to a patient.
type patientRefund struct {
	patient *Patient
	amount  money.Cents
	sent    bool
}

// PatientPays takes a patient's money: to the visit that it names or the oldest
// balance, the rest as a credit. What is left of a copay is reserved for its
// visit until the account is next put in order.
func (m *Model) PatientPays(key string, p *Patient, amount money.Cents, purpose, method, visit string) {
	done := &receipt{patient: p, amount: amount, card: method == "card"}
	copay := purpose == "copay"
	m.receipts[key] = done
	take := func(to Key, part money.Cents) {
		m.move(account("1010"), to, part)
		done.moves = append(done.moves, move{debit: account("1010"), credit: to, amount: part})
	}
	if purpose == "recovery" { // of bad debt that has not come back yet: the balance is not made again
		m.note("bad debt recovered")
		part := min(amount, m.GivenUp(p))
		take(account("5010"), part)
		amount -= part
	}
	for _, b := range m.bills(p) {
		k := b.key
		if part := min(amount, m.Balances[k]); part > 0 && (visit == "" || b.visit == visit) {
			take(k, part)
			amount -= part
		}
	}
	if !copay {
		visit = ""
	}
	if copay && amount > 0 {
		m.note("copay waits")
	}
	if amount > 0 {
		take(credit(p, visit), amount)
	}
}

// Debit is what an entry of the book owes again.
type Debit struct {
	Key    Key
	Amount money.Cents
}

// Returned takes a payment back that the bank did not honor: the mirror of where
// the money went. Money that has become a credit may be in several places by now,
// and the design does not say which comes first; so the book says where it took it
// from, and must keep to the design: the whole amount, nothing of anybody else, no
// credit below zero, a refund only as far as one waits, a balance only once the
// credits are used, and never more than was left to the patient there.
func (m *Model) Returned(key string, deposited bool, fee, charge money.Cents, debits []Debit) error {
	done := m.receipts[key]
	done.back = true
	m.note("check returned")
	from := account("1010")
	if deposited {
		from = account("1000")
		m.note("check returned by the bank")
	}
	rest, direct := done.amount, money.Cents(0)
	recovered := map[Key]money.Cents{}
	for _, mv := range done.moves {
		switch mv.credit.Account {
		case "1110":
			direct += mv.amount
		case "5010":
			recovered[mv.credit] += mv.amount
		}
	}
	for _, d := range debits {
		m.move(d.Key, from, d.Amount)
		rest -= d.Amount
		switch d.Key.Account {
		case "1110":
			direct -= d.Amount
			if d.Key.Line != "" && m.Balances[d.Key] > max(m.left[d.Key], 0) {
				return fmt.Errorf("%s owes %s after the return, and only %s was ever left to the patient", d.Key, m.Balances[d.Key], m.left[d.Key])
			}
			if d.Key.Line == "" {
				m.note("returned after its credit was refunded")
			}
		case "2200":
			if m.toRefund[done.patient] -= d.Amount; m.toRefund[done.patient] < 0 {
				return fmt.Errorf("%s of a refund that does not wait", d.Amount)
			}
			m.note("returned while its refund waited")
		case "2000":
			if m.Balances[d.Key] > 0 {
				return fmt.Errorf("%s is a debit of %s", d.Key, m.Balances[d.Key])
			}
		case "5010":
			recovered[d.Key] -= d.Amount
		default:
			return fmt.Errorf("a returned payment takes from %s", d.Key)
		}
		if d.Key.Patient != done.patient.Account && d.Key.Patient != "" {
			return fmt.Errorf("a payment of %s takes from %s", done.patient.Account, d.Key)
		}
	}
	if direct < 0 { // more is owed again than it had paid
		m.note("returned after its credit was applied")
		if free := m.Balances[credit(done.patient, "")]; free < 0 {
			return fmt.Errorf("balances are owed again while %s is free", free)
		}
	}
	if rest != 0 || recovered[account("5010")] != 0 {
		return fmt.Errorf("%s of the payment is not taken back, %s of it recovered", rest, recovered[account("5010")])
	}
	m.move(account("5100"), account("1000"), fee)
	if charge > 0 { // for no service
		m.note("returned check charged")
		m.move(Key{Account: "1110", Patient: done.patient.Account}, account("4220"), charge)
	}
	return nil
}

// GivenUp returns what of a patient's balances is written off as bad debt and has
// not come back.
func (m *Model) GivenUp(p *Patient) (sum money.Cents) {
	for _, d := range m.disposed {
		for _, mv := range d.moves {
			if mv.debit.Account == "5000" && mv.credit.Patient == p.Account && !d.undone {
				sum += mv.amount
			}
		}
	}
	for _, done := range m.receipts {
		for _, mv := range done.moves {
			if mv.credit.Account == "5010" && done.patient == p && !done.back {
				sum -= mv.amount
			}
		}
	}
	return sum
}

// DepositDrawer says that the bank has booked receipts of the drawer, less what a
// card processor keeps.
func (m *Model) DepositDrawer(keys, traces []string, amount, fee money.Cents) {
	m.note("drawer deposited")
	if fee > 0 {
		m.note("card payout")
	}
	for _, key := range keys {
		m.receipts[key].gone = true
	}
	for _, trace := range traces {
		m.payments[trace].gone = true
	}
	m.move(account("1000"), account("1010"), amount-fee)
	m.move(account("5100"), account("1010"), fee)
}

// RefundPatient owes a patient's free credit back, or has sent it. False: the
// payment that it was to come from has been returned meanwhile.
func (m *Model) RefundPatient(key string, p *Patient, amount money.Cents, sent bool) bool {
	r := m.refunds[key]
	if need := m.toRefund[p]; sent && (r == nil && need < 0 || r != nil && !r.sent && need < amount) {
		m.note("refund blocked by a returned check")
		return false
	}
	if r == nil {
		m.note("patient refunded")
		r = &patientRefund{patient: p, amount: amount}
		m.refunds[key] = r
		m.move(credit(p, ""), account("2200"), amount)
		m.toRefund[p] += amount
	}
	if sent && !r.sent {
		m.note("patient refund sent")
		r.sent = true
		m.toRefund[p] -= amount
		m.move(account("2200"), account("1000"), amount)
	}
	return true
}

// WriteOff gives up what a patient owes, the oldest first. It rests on the
// answers that had left it to the patient.
func (m *Model) WriteOff(p *Patient, as string, amount money.Cents, visit, source string) {
	m.note("written off as " + as)
	to := map[string]string{"small-balance": "4130", "charity": "4140", "discount": "4150", "bad-debt": "5000"}[as]
	of := map[string]*disposal{}
	for _, b := range m.bills(p) {
		k := b.key
		part := min(amount, m.Balances[k])
		if part <= 0 || visit != "" && b.visit != visit {
			continue
		}
		amount -= part
		claim := m.leftBy[k]
		if of[claim] == nil {
			of[claim] = &disposal{source: source, claim: claim}
		}
		of[claim].moves = append(of[claim].moves, move{debit: account(to), credit: k, amount: part})
	}
	for _, d := range of {
		m.dispose(d)
	}
}

// Owes returns what a patient owes, of one visit where it is named.
func (m *Model) Owes(p *Patient, visit string) (sum money.Cents) {
	for _, b := range m.bills(p) {
		if visit == "" || b.visit == visit {
			sum += max(m.Balances[b.key], 0)
		}
	}
	return sum
}

// Credits lists the credits of a patient: what is free, and what is reserved.
func (m *Model) Credits(p *Patient) []Key {
	return m.keys(func(k Key, amount money.Cents) bool {
		return k.Account == "2000" && k.Patient == p.Account && amount < 0
	})
}

// ApplyCredit pays balances from a credit as a person says: as much as fits, of
// one visit where it is named.
func (m *Model) ApplyCredit(p *Patient, from Key, visit string) {
	m.note("credit applied")
	m.pay(p, from, -m.Balances[from], visit)
}

// Statements applies credits before anybody is billed: of whoever owes something
// while holding a credit.
func (m *Model) Statements() {
	owes, holds := map[string]bool{}, map[string]bool{}
	for k, amount := range m.Balances {
		if k.Account == "1110" && amount > 0 {
			owes[k.Patient] = true
		}
		if k.Account == "2000" && amount < 0 {
			holds[k.Patient] = true
		}
	}
	done := map[*Patient]bool{}
	for _, v := range m.visits {
		if p := v.Patient; !done[p] && owes[p.Account] && holds[p.Account] {
			done[p] = true
			m.settle(p)
		}
	}
}
