package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Key is a balance of the book by names instead of ids. Line is "visit/number",
// Payer a code, Patient an account.
type Key struct {
	Account, Line, Payer string
	Rank                 int
	Patient, Reference   string
}

func (k Key) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s line=%s payer=%s/%d patient=%s ref=%s", k.Account, k.Line, k.Payer, k.Rank, k.Patient, k.Reference))
}

// Month is what an account moved in a month of posting.
type Month struct{ Account, Month string }

// Model is the book as the design says it must be: plain sums in memory. A
// balance is debits less credits.
type Model struct {
	Balances map[Key]money.Cents
	Months   map[Month]money.Cents
	Met      map[string]int // how often each of Scenarios was posted

	today   date.Date
	open    date.Date // first day of the first month that may be posted into
	visits  []*Visit
	seen    map[string]string    // payment → what it said
	posted  map[string][]*posted // by our claim number
	waiting map[*Answer]bool     // answers that nobody could match
	touched map[*Patient]bool    // by the payment that is being posted
}

// posted is an answer as the book took it.
type posted struct {
	answer   *Answer
	moves    []move
	month    string
	reversed bool
}

type move struct {
	debit, credit Key
	amount        money.Cents
	cash          bool
}

// NewModel returns an empty book.
func NewModel() *Model {
	return &Model{Balances: map[Key]money.Cents{}, Months: map[Month]money.Cents{}, Met: map[string]int{}, seen: map[string]string{}, posted: map[string][]*posted{}, waiting: map[*Answer]bool{}}
}

// Today sets the business date.
func (m *Model) Today(day date.Date) { m.today = day }

// ClosePeriod closes the month and all before it.
func (m *Model) ClosePeriod(month date.Date) { m.open = month.FirstOfMonth().AddMonths(1) }

// postingMonth is the month into which something of today posts.
func (m *Model) postingMonth() string {
	day := m.today
	if day.Before(m.open) {
		day = m.open
	}
	return day.Format("2006-01")
}

// move debits one balance and credits the other. Both sides of a balance with
// itself cancel.
func (m *Model) move(debit, credit Key, amount money.Cents) {
	if amount == 0 || debit == credit {
		return
	}
	for _, side := range []struct {
		key    Key
		amount money.Cents
	}{{debit, amount}, {credit, -amount}} {
		if side.key != account(side.key.Account) { // cash and revenue are not divided: Months has them
			m.Balances[side.key] += side.amount
		}
	}
	month := m.postingMonth()
	m.Months[Month{debit.Account, month}] += amount
	m.Months[Month{credit.Account, month}] -= amount
}

func account(code string) Key { return Key{Account: code} }

func insurance(l *Line, p *Payer, rank int) Key {
	return Key{Account: "1100", Line: l.ID, Payer: p.Code, Rank: rank}
}

func patient(l *Line, p *Patient) Key {
	return Key{Account: "1110", Line: l.ID, Patient: p.Account}
}

func credit(p *Patient, visit string) Key {
	return Key{Account: "2000", Patient: p.Account, Reference: visit}
}

func reference(account string, p *Payer, ref string) Key {
	return Key{Account: account, Payer: p.Code, Reference: ref}
}

// Charge posts a visit: once per line, to its first payer or to the patient.
func (m *Model) Charge(v *Visit) {
	m.visits = append(m.visits, v)
	for _, l := range v.Lines {
		owed := patient(l, v.Patient)
		if !v.SelfPay {
			owed = insurance(l, v.Patient.Coverages[0].Payer, 1)
		}
		m.move(owed, account("4000"), l.Charge)
	}
}

// Recharge posts the difference that a changed visit makes; before has the
// amounts of its lines that were charged.
func (m *Model) Recharge(v *Visit, before map[*Line]money.Cents) {
	m.note("visit changed")
	for l, amount := range before {
		m.move(insurance(l, v.Patient.Coverages[0].Payer, 1), account("4000"), -amount)
	}
	for _, l := range v.Lines {
		m.move(insurance(l, v.Patient.Coverages[0].Payer, 1), account("4000"), l.Charge)
	}
}

// Deposit says that the bank has booked the money of a trace.
func (m *Model) Deposit(p *Payer, trace string) {
	m.note("deposited")
	clearing := reference("1050", p, trace)
	m.move(account("1000"), clearing, m.Balances[clearing])
}

// Clearing lists the traces whose money the bank has not booked, by payer code.
func (m *Model) Clearing() (list []Key) {
	for k, amount := range m.Balances {
		if k.Account == "1050" && amount > 0 {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Reference, b.Reference))
	})
	return list
}
