package simulate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Book is the real book, driven by the functions that the workers call.
type Book interface {
	Intake(visits []*Visit, today date.Date) error
	Submit(today date.Date) error
	// Claims lists the claims that exist, as they are numbered.
	Claims() ([]BookClaim, error)
	Receive(name string, content []byte, today date.Date) error
	PatientPays(key string, p *Patient, amount money.Cents, purpose, method, visit string, today date.Date) error
	// Slip takes receipts (keys of patients' payments, traces of paper checks) to the bank.
	Slip(key string, receipts, checks []string, fee money.Cents, today date.Date) error
	ClosePeriod(month, today date.Date) error
	Balances() (map[Key]money.Cents, error)
	Months() (map[Month]money.Cents, error)
	// ReceiveTogether takes two files at once, each by a worker of its own.
	ReceiveTogether(names [2]string, contents [2][]byte, today date.Date) error
	Recharge(v *Visit, today date.Date) error
	// Items lists what waits for a person, by key.
	Items() ([]Item, error)
	// Decide carries out what a person decides and returns the source keys of its
	// entries; ErrRefused if the book does not let them.
	Decide(d Decision) (sources []string, err error)
	// Debits tells what an entry debits, by its source key.
	Debits(source string) ([]Debit, error)
	// Interrupt lets the next step die after so many statements, as by a kill, and
	// run again; Interrupted says that it did.
	Interrupt(statements int)
	Interrupted() bool
	Deposit(file string, lines []BankLine, today date.Date) error
	Statements(today date.Date) error
	Verify() error
}

// BankLine is money that the bank booked.
type BankLine struct {
	On     date.Date
	Amount money.Cents
	Text   string
}

// BookClaim is a claim as the book names it.
type BookClaim struct {
	Number, Visit string
	Rank          int
}

// Simulation runs the steps of a seed on both books.
type Simulation struct {
	Seed  uint64
	Log   []string // one line a step that did something
	world *World
	desk  *Desk
	model *Model
	book  Book

	today    date.Date
	open     date.Date // first month not closed
	visits   map[string]*Visit
	claims   map[string]*Claim
	pending  []*Advice // decided and not received
	received []*Advice
	copies   [][]byte // files as they came
	files    int
	receipts []string        // keys of patients' payments
	sendable []string        // keys of refunds to patients that are owed
	once     map[string]bool // what is decided once: refunds by payer|reference, treatments by work item and reason
}

// New returns the simulation of a seed on an empty book; setUp gives the book
// the world's set-up.
func New(seed uint64, setUp func(*World) (Book, error)) (*Simulation, error) {
	s := &Simulation{Seed: seed, world: NewWorld(seed), desk: NewDesk(), model: NewModel(), today: firstDay, open: firstDay.FirstOfMonth(),
		visits: map[string]*Visit{}, claims: map[string]*Claim{}, once: map[string]bool{}}
	s.model.Today(s.today)
	var err error
	s.book, err = setUp(s.world)
	return s, err
}

// Met says how often each scenario was posted.
func (s *Simulation) Met() map[string]int { return s.model.Met }

// Run does the steps whose numbers are given and compares the books after each.
func (s *Simulation) Run(steps []int) error {
	for _, n := range steps {
		if err := s.step(n); err != nil {
			return fmt.Errorf("step %d: %w", n, err)
		}
	}
	if err := s.book.Verify(); err != nil {
		return fmt.Errorf("after the last step: %w", err)
	}
	return nil
}

// step does the step of a number. What kind it is depends on seed and number
// only; what it does, on what is there: so any subset of steps can be run.
func (s *Simulation) step(n int) error {
	r := rand.New(rand.NewPCG(s.Seed, uint64(n)+1000))
	kinds := []struct {
		weight int
		do     func(*rand.Rand, int) (string, error)
	}{{4, s.visit}, {5, s.decide}, {4, s.revise}, {7, s.receive}, {2, s.together}, {4, s.patientPays}, {3, s.time}, {1, s.change},
		{8, s.settleItem}, {2, s.deposit}, {1, s.drawer}, {1, s.statements}, {2, s.refundPayer}, {2, s.payRefund}, {3, s.writeOff}, {3, s.applyCredit}, {2, s.refundPatient}, {2, s.returned}, {1, s.stand}}
	sum := 0
	for _, k := range kinds {
		sum += k.weight
	}
	at := r.IntN(sum)
	if n < 2 {
		at = 0 // a practice begins with visits
	}
	if chance := rand.New(rand.NewPCG(s.Seed, uint64(n)+100_000)); chance.IntN(8) == 0 {
		s.book.Interrupt(1 + chance.IntN(40))
		defer func() {
			if s.book.Interrupted() {
				s.model.note("interrupted")
			}
		}()
	}
	for _, k := range kinds {
		if at -= k.weight; at < 0 {
			did, err := k.do(r, n)
			if did == "" {
				return err
			}
			s.Log = append(s.Log, fmt.Sprintf("%3d %s %s", n, s.today, did))
			if err == nil {
				err = s.compare()
			}
			if err == nil && n%20 == 19 {
				err = s.book.Verify()
			}
			return err
		}
	}
	return nil
}

func (s *Simulation) visit(r *rand.Rand, _ int) (string, error) {
	var visits []*Visit
	var names []string
	for range 1 + r.IntN(4) {
		v := s.world.NewVisit(r, s.today)
		visits = append(visits, v)
		s.visits[v.ID] = v
		s.model.Charge(v)
		names = append(names, fmt.Sprintf("%s %s %s %s %s", v.ID, v.Patient.Account, coverages(v), v.Date, charges(v)))
	}
	did := "visits " + strings.Join(names, "; ")
	if err := s.book.Intake(visits, s.today); err != nil {
		return did, err
	}
	if r.IntN(3) == 0 { // sent later
		return did, nil
	}
	return did, s.submit()
}

// change lets the practice correct a visit that was not sent yet.
func (s *Simulation) change(r *rand.Rand, _ int) (string, error) {
	var ids []string
	for id, v := range s.visits {
		if !v.SelfPay && !v.sent {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", nil
	}
	slices.Sort(ids)
	v := s.visits[ids[r.IntN(len(ids))]]
	before := map[*Line]money.Cents{}
	for _, l := range v.Lines {
		before[l] = l.Charge
	}
	v.Lines[0].Charge += 1_00
	if len(v.Lines) > 1 && r.IntN(2) == 0 {
		v.Lines = v.Lines[:len(v.Lines)-1]
	}
	s.model.Recharge(v, before)
	return fmt.Sprintf("visit %s is now %s", v.ID, charges(v)), s.book.Recharge(v, s.today)
}

// deposit lets the bank book the money of some traces, each in a line or two in one.
func (s *Simulation) deposit(r *rand.Rand, n int) (string, error) {
	var lines []BankLine
	for _, k := range s.model.Clearing() {
		if r.IntN(2) == 0 {
			continue
		}
		amount := s.model.Balances[k]
		if len(lines) > 0 && r.IntN(4) == 0 {
			last := &lines[len(lines)-1]
			last.Amount += amount
			last.Text += " " + k.Reference
		} else {
			lines = append(lines, BankLine{s.today, amount, "EFT " + k.Reference})
		}
		for _, p := range s.world.Payers {
			if p.Code == k.Payer {
				s.model.Deposit(p, k.Reference)
			}
		}
	}
	if len(lines) == 0 {
		return "", nil
	}
	return fmt.Sprint("bank ", lines), s.book.Deposit(fmt.Sprintf("bank%d.csv", n), lines, s.today)
}

func (s *Simulation) statements(_ *rand.Rand, _ int) (string, error) {
	s.model.Statements()
	return "statements", s.book.Statements(s.today)
}

func coverages(v *Visit) string {
	if v.SelfPay {
		return "self-pay"
	}
	var list []string
	for _, c := range v.Patient.Coverages {
		name := c.Payer.Code
		if c.QMB {
			name += "(QMB)"
		}
		list = append(list, name)
	}
	return strings.Join(list, "+")
}

func charges(v *Visit) string {
	var list []string
	for _, l := range v.Lines {
		list = append(list, l.Charge.String())
	}
	return strings.Join(list, "+")
}

// submit sends what is ready and puts new claims before their payers.
func (s *Simulation) submit() error {
	if err := s.book.Submit(s.today); err != nil {
		return err
	}
	list, err := s.book.Claims()
	if err != nil {
		return err
	}
	for _, c := range list { // by visit and rank: numbers depend on what was done at once
		if s.claims[c.Number] == nil {
			s.claims[c.Number] = &Claim{Number: c.Number, Visit: s.visits[c.Visit], Rank: c.Rank}
			s.visits[c.Visit].sent = true
			s.desk.Ask(s.claims[c.Number])
		}
	}
	return nil
}

func (s *Simulation) decide(r *rand.Rand, _ int) (string, error) {
	if a := s.desk.Decide(r, s.today); a != nil {
		s.pending = append(s.pending, a)
		if r.IntN(4) == 0 {
			if other := s.desk.Distort(r, a); other != nil {
				s.pending = append(s.pending, other)
			}
		}
		if r.IntN(2) == 0 {
			return s.deliver(s.today, a)
		}
	}
	return "", nil
}

func (s *Simulation) revise(r *rand.Rand, _ int) (string, error) {
	s.pending = append(s.pending, s.desk.Revise(r, s.today)...)
	return "", nil
}

// receive takes some of what is decided, in any order; now and then something
// that came before, in the same file or in another.
func (s *Simulation) receive(r *rand.Rand, _ int) (string, error) {
	if len(s.copies) > 0 && r.IntN(10) == 0 {
		s.files++
		return "receive a file again", s.book.Receive("again", s.copies[r.IntN(len(s.copies))], s.today)
	}
	var list []*Advice
	for range 1 + r.IntN(3) {
		if len(s.pending) > 0 {
			list = append(list, s.pending[r.IntN(min([]int{1, 2, 9}[r.IntN(3)], len(s.pending)))])
			s.pending = slices.DeleteFunc(s.pending, func(a *Advice) bool { return a == list[len(list)-1] })
		}
	}
	if len(s.received) > 0 && r.IntN(8) == 0 {
		list = append(list, s.received[r.IntN(len(s.received))])
	}
	if len(list) == 0 {
		return "", nil
	}
	return s.deliver(s.day(r), list...)
}

// day is the day on which something came in: today, or an earlier one, when it
// lay about since, perhaps from a month that is closed by now.
func (s *Simulation) day(r *rand.Rand) date.Date {
	if day := s.today.AddDays(-r.IntN(45)); r.IntN(6) == 0 && day.After(firstDay) {
		return day
	}
	return s.today
}

func (s *Simulation) deliver(on date.Date, list ...*Advice) (string, error) {
	s.files++
	s.model.Today(on)
	defer func() { s.model.Today(s.today) }()
	var names []string
	for _, a := range list {
		names = append(names, a.String())
		s.received = append(s.received, a)
		s.pending = slices.DeleteFunc(s.pending, func(p *Advice) bool { return p == a })
		s.model.Receive(a)
	}
	did := "receive of " + on.String() + " " + strings.Join(names, "\n                   and ")
	content, err := Encode(s.files, on, list)
	if err != nil {
		return did, err
	}
	s.copies = append(s.copies, content)
	if err := s.book.Receive(fmt.Sprintf("file%d.835", s.files), content, on); err != nil {
		return did, err
	}
	return did, s.submit()
}

// together takes two files at once, of payments that have nothing to do with
// each other, with one that is in both.
func (s *Simulation) together(r *rand.Rand, _ int) (string, error) {
	var list []*Advice
	touched := map[string]bool{}
	for _, i := range r.Perm(len(s.pending)) {
		a := s.pending[i]
		if len(list) < 3 && !slices.ContainsFunc(a.touches(), func(what string) bool { return touched[what] }) {
			list = append(list, a)
			for _, what := range a.touches() {
				touched[what] = true
			}
		}
	}
	if len(list) < 2 {
		return "", nil
	}
	both := [2][]*Advice{{list[0], list[1]}, {list[1]}}
	if len(list) > 2 {
		both[1] = []*Advice{list[2], list[1]}
	}
	did := "receive at once"
	var names [2]string
	var contents [2][]byte
	for i, file := range both {
		s.files++
		names[i] = fmt.Sprintf("file%d.835", s.files)
		for _, a := range file {
			did += fmt.Sprintf("\n                   %s %s", names[i], a)
			s.received = append(s.received, a)
			s.pending = slices.DeleteFunc(s.pending, func(p *Advice) bool { return p == a })
			s.model.Receive(a)
		}
		var err error
		if contents[i], err = Encode(s.files, s.today, file); err != nil {
			return did, err
		}
		s.copies = append(s.copies, contents[i])
	}
	s.model.note("two files at once")
	if err := s.book.ReceiveTogether(names, contents, s.today); err != nil {
		return did, err
	}
	return did, s.submit()
}

func (s *Simulation) patientPays(r *rand.Rand, n int) (string, error) {
	p := s.world.Patients[r.IntN(len(s.world.Patients))]
	amount := money.Cents(500 + r.IntN(20000))
	purpose := []string{"copay", "balance", "recovery"}[r.IntN(3)]
	if purpose == "recovery" && s.model.GivenUp(p) <= 0 {
		purpose = "balance"
	}
	method := []string{"cash", "check", "card"}[r.IntN(3)]
	visit := s.visitOf(r, p)
	if visit == "" && purpose == "copay" {
		purpose = "balance"
	}
	times := 1 + r.IntN(5)/4 // the same request twice is one payment
	on, key := s.day(r), fmt.Sprintf("key%d", n)
	s.model.Today(on)
	defer func() { s.model.Today(s.today) }()
	did := fmt.Sprintf("patient %s paid %s by %s on %s for %s visit=%s", p.Account, amount, method, on, purpose, visit)
	s.model.PatientPays(key, p, amount, purpose, method, visit)
	s.receipts = append(s.receipts, key)
	for range times {
		if err := s.book.PatientPays(key, p, amount, purpose, method, visit, on); err != nil {
			return did, err
		}
	}
	return did, nil
}

// time goes on; a month that is over is closed now and then.
func (s *Simulation) time(r *rand.Rand, _ int) (string, error) {
	s.today = s.today.AddDays(1 + r.IntN(15))
	s.model.Today(s.today)
	if r.IntN(2) == 0 && s.open.AddMonths(1).Before(s.today) {
		month := s.open
		s.open = s.open.AddMonths(1)
		s.model.ClosePeriod(month)
		return "close " + month.Format("2006-01"), s.book.ClosePeriod(month, s.today)
	}
	return "", nil
}

// compare holds the two books beside each other.
func (s *Simulation) compare() error {
	var problems []string
	balances, err := s.book.Balances()
	if err != nil {
		return err
	}
	problems = append(problems, differences(balances, s.model.Balances, Key.String)...)
	months, err := s.book.Months()
	if err != nil {
		return err
	}
	problems = append(problems, differences(months, s.model.Months, func(m Month) string { return m.Account + " in " + m.Month })...)
	if len(problems) > 0 {
		return errors.New("the books differ:\n  " + strings.Join(problems, "\n  "))
	}
	return nil
}

func differences[K comparable](book, model map[K]money.Cents, name func(K) string) []string {
	var list []string
	for k, amount := range book {
		if amount != model[k] {
			list = append(list, fmt.Sprintf("%s: book %s, model %s", name(k), amount, model[k]))
		}
	}
	for k, amount := range model {
		if _, known := book[k]; !known && amount != 0 {
			list = append(list, fmt.Sprintf("%s: book nothing, model %s", name(k), amount))
		}
	}
	slices.Sort(list)
	return list
}

// Shrink returns fewer steps that fail too, given whether a list of steps fails.
// It stops after the given number of tries.
func Shrink(steps []int, tries int, fails func([]int) bool) []int {
	for size := len(steps) / 2; size >= 1 && tries > 0; {
		shrunk := false
		for from := 0; from < len(steps) && tries > 0; {
			without := slices.Concat(steps[:from], steps[min(from+size, len(steps)):])
			tries--
			if len(without) > 0 && fails(without) {
				steps, shrunk = without, true
			} else {
				from += size
			}
		}
		if !shrunk || size > 1 {
			size /= 2
		}
	}
	return steps
}
