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

	today     date.Date
	open      date.Date // first day of the first month that may be posted into
	visits    []*Visit
	seen      map[string]string    // payment → what it said
	payments  map[string]*payment  // in the book, by name: the trace, with ~ for one that was accepted
	held      map[string]*Advice   // in quarantine for its trace, by trace
	posted    map[string][]*posted // by our claim number
	waiting   map[place]*waiting   // cash that nobody could match
	suspended map[place]Suspended  // provider adjustments that nobody could classify
	touched   map[*Patient]bool    // by the payment that is being posted

	rules    map[string]string         // what people have decided for good: payer|group-CARC, payer|PLB code
	disposed []*disposal               // what people made of what answers left
	paid     map[paidFor]money.Cents   // cash that a receivable took, less what is owed back of it
	leftBy   map[Key]string            // whose answer left a balance to the patient: claim numbers
	left     map[Key]money.Cents       // what a patient owes, before any payment of theirs
	receipts map[string]*receipt       // patients' payments by key
	against  map[Key]money.Cents       // recovered against refunds that were sent, by 2210
	early    map[Key]money.Cents       // of it, what the payment being posted may announce
	refunds  map[string]*patientRefund // by key
	toRefund map[*Patient]money.Cents  // what 2200 holds of a patient
	aliases  map[string]*Claim         // payer|CLP01|CLP07 → the claim that a person has matched it to
	clock    int                       // of answers and reversals
	began    int                       // when the payment began that is being posted
}

// payment is an advice in the book.
type payment struct {
	advice *Advice
	name   string
	order  int  // in which payments came
	gone   bool // a paper check that has left the drawer
}

// paidFor is a receivable as far as one claim is concerned.
type paidFor struct {
	claim string
	key   Key
}

// place names an answer (from 1) or a provider adjustment (from 1) of a payment.
type place struct {
	payment string
	seq     int
}

// posted is an answer as the book took it.
type posted struct {
	place
	order    int
	answer   *Answer
	moves    []move
	left     []leftover
	month    string
	when     int // it was posted, among answers and reversals
	reversed bool
	undone   int // when it was taken back
}

// move is an amount with the line and the reason that moved it.
type move struct {
	debit, credit Key
	amount        money.Cents
	line          *Line  // nil: the claim as a whole
	reason        string // group-CARC, "" for cash
}

// NewModel returns an empty book.
func NewModel() *Model {
	return &Model{Balances: map[Key]money.Cents{}, Months: map[Month]money.Cents{}, Met: map[string]int{}, seen: map[string]string{},
		payments: map[string]*payment{}, held: map[string]*Advice{}, posted: map[string][]*posted{}, waiting: map[place]*waiting{}, suspended: map[place]Suspended{},
		rules: map[string]string{}, paid: map[paidFor]money.Cents{}, leftBy: map[Key]string{}, receipts: map[string]*receipt{},
		left: map[Key]money.Cents{}, against: map[Key]money.Cents{}, refunds: map[string]*patientRefund{}, toRefund: map[*Patient]money.Cents{}, aliases: map[string]*Claim{}}
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
	if own := []string{"1000", "1010", "2000"}; !slices.Contains(own, debit.Account) && !slices.Contains(own, credit.Account) {
		m.left[debit] += amount
		m.left[credit] -= amount
	}
	month := m.postingMonth()
	m.Months[Month{debit.Account, month}] += amount
	m.Months[Month{credit.Account, month}] -= amount
}

func account(code string) Key { return Key{Account: code} }

func insurance(l *Line, p *Payer, rank int) Key {
	return Key{Account: "1100", Line: l.ID, Payer: p.Code, Rank: rank}
}

// owed is what the claim's payer owes for a line; nil is what it said of the
// claim as a whole, which is kept under the claim's number.
func owed(c *Claim, l *Line) Key { return owedBy(c, l, c.Payer(), c.Rank) }

func owedBy(c *Claim, l *Line, p *Payer, rank int) Key {
	if l == nil {
		return Key{Account: "1100", Payer: p.Code, Rank: rank, Reference: c.Number}
	}
	return insurance(l, p, rank)
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
func (m *Model) Clearing() []Key {
	return m.keys(func(k Key, amount money.Cents) bool { return k.Account == "1050" && amount > 0 })
}

// keys lists balances by payer, patient and reference.
func (m *Model) keys(which func(Key, money.Cents) bool) (list []Key) {
	for k, amount := range m.Balances {
		if which(k, amount) {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Patient, b.Patient), cmp.Compare(a.Reference, b.Reference))
	})
	return list
}

// checks lists the paper checks that lie in the drawer, by trace.
func (m *Model) checks() (list []string) {
	for name, p := range m.payments {
		if p.advice.Method == "CHK" && !p.gone && name == p.advice.Trace {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
