package simulate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// ErrRefused says that the book does not let a person do what they decided.
var ErrRefused = errors.New("refused")

// Item is what waits for a person in the book.
type Item struct {
	Key, Kind string
	Payment   string // its name
	Seq       int    // of the answer, or of the provider adjustment; 0: the payment
	About     string // what of it: lines, protected, payee, twice
}

// Decision is what a person decides. Which fields count depends on the kind.
type Decision struct {
	Kind                                    string
	Item                                    string // key
	Key                                     string // of the decision, the payment or the entry
	Claim, Payer, Reference, Patient, Visit string
	As, Code, Account, Reserved             string
	Line                                    int
	Amount, Fee, Charge                     money.Cents
	Remember, Sent, Deposited               bool
	On                                      date.Date
}

// carryOut lets the book do what a person decides, and then the model: both must
// do it, or both refuse.
func (s *Simulation) carryOut(d Decision, model func(source string) bool) error {
	d.On = s.today
	sources, err := s.book.Decide(d)
	if err != nil && !errors.Is(err, ErrRefused) {
		return err
	}
	source := ""
	if len(sources) > 0 {
		source = sources[0]
	}
	switch done := model(source); {
	case done && err != nil:
		return fmt.Errorf("the book refuses what the model does: %w", err)
	case !done && err == nil:
		return errors.New("the book does what the model refuses")
	case err != nil:
		s.model.note("refused")
	}
	return s.submit()
}

// settleItem lets a person take something off the worklist.
func (s *Simulation) settleItem(r *rand.Rand, _ int) (string, error) {
	items, err := s.book.Items()
	if err != nil || len(items) == 0 {
		return "", err
	}
	item := items[r.IntN(len(items))]
	if r.IntN(12) == 0 {
		return s.dismiss(item)
	}
	switch item.Kind {
	case "unmatched":
		return s.identify(r, item)
	case "plb":
		return s.classify(r, item)
	case "denied", "adjustment":
		return s.treat(r, item)
	case "quarantine":
		if s.model.held[item.Payment] != nil {
			return fmt.Sprintf("accept %s from quarantine", item.Payment),
				s.carryOut(Decision{Kind: "accept", Item: item.Key}, func(string) bool { s.model.Accept(item.Payment); return true })
		}
	}
	return s.dismiss(item)
}

func (s *Simulation) dismiss(item Item) (string, error) {
	return "dismiss " + item.Key, s.carryOut(Decision{Kind: "dismiss", Item: item.Key}, func(string) bool { s.model.note("dismissed"); return true })
}

// identify finds the claim of unidentified cash, or gives the cash back.
func (s *Simulation) identify(r *rand.Rand, item Item) (string, error) {
	at := place{item.Payment, item.Seq}
	if item.About == "lines" {
		return s.assign(r, item, at)
	}
	if c := s.model.Waits(at); item.Seq > 0 && c != nil && r.IntN(4) > 0 {
		return fmt.Sprintf("match answer %d of %s with %s", at.seq, at.payment, c.Number),
			s.carryOut(Decision{Kind: "match", Item: item.Key, Claim: c.Number}, func(string) bool { s.model.Match(at); return true })
	}
	return fmt.Sprintf("return the cash of answer %d of %s", at.seq, at.payment),
		s.carryOut(Decision{Kind: "return", Item: item.Key}, func(string) bool { return s.model.Return(at) })
}

func (s *Simulation) assign(r *rand.Rand, item Item, at place) (string, error) {
	p := s.model.at(at)
	if p == nil {
		return s.dismiss(item)
	}
	lines := p.answer.Claim.Visit.Lines
	l := lines[r.IntN(len(lines))]
	return fmt.Sprintf("assign what answer %d of %s says of no line to %s", at.seq, at.payment, l.ID),
		s.carryOut(Decision{Kind: "assign", Item: item.Key, Line: l.No}, func(source string) bool { return s.model.Assign(at, l, source) })
}

// classify says what a provider adjustment was for.
func (s *Simulation) classify(r *rand.Rand, item Item) (string, error) {
	at := place{item.Payment, item.Seq}
	waits, known := s.model.suspended[at]
	if !known || item.About != "" {
		return s.dismiss(item)
	}
	d := Decision{Kind: "classify", Item: item.Key, Account: []string{"5110", "4200", "4210", "1170", "5100", "2210"}[r.IntN(6)]}
	to := account(d.Account)
	if d.Account == "2210" {
		to = reference("2210", waits.Payer, waits.Key.Reference)
	}
	d.Remember = waits.Code != "WO" && waits.Code != "FB" && r.IntN(3) > 0
	if announced := s.model.keys(func(k Key, amount money.Cents) bool {
		return k.Account == "2100" && k.Payer == waits.Payer.Code && amount < 0
	}); len(announced) > 0 && waits.Amount > 0 && r.IntN(3) == 0 {
		to = announced[r.IntN(len(announced))] // it was another name for what was announced
		d.Account, d.Reference, d.Remember = to.Account, to.Reference, false
	}
	return fmt.Sprintf("classify %s %s as %s %s remember=%v", waits.Code, waits.Key, d.Account, d.Reference, d.Remember),
		s.carryOut(d, func(string) bool { return s.model.Classify(at, to, d.Remember) })
}

// treat says what adjustments mean that stayed in A/R.
func (s *Simulation) treat(r *rand.Rand, item Item) (string, error) {
	t := Treatment{At: place{item.Payment, item.Seq}, About: item.Kind}
	switch item.About {
	case "protected":
		t.About = item.About
	case "":
	default: // a reversal that is not the mirror of its original
		return s.dismiss(item)
	}
	list := s.model.leftovers(t)
	if len(list) == 0 {
		return s.dismiss(item)
	}
	t.As = []string{"denial", "denial", "contractual", "reduction", "withhold", "tax", "capitation", "patient", "patient"}[r.IntN(9)]
	if code := list[r.IntN(len(list))].code(); r.IntN(2) == 0 && !s.once[item.Key+"|"+code] { // a reason of an item is decided once
		t.Code = code
	}
	t.Remember = t.As != "denial" && r.IntN(4) == 0
	return fmt.Sprintf("treat %s %s of answer %d of %s as %s remember=%v", t.About, t.Code, t.At.seq, t.At.payment, t.As, t.Remember),
		s.carryOut(Decision{Kind: "treat", Item: item.Key, As: t.As, Code: t.Code, Remember: t.Remember}, func(source string) bool {
			done := s.model.Treat(t, source)
			s.once[item.Key+"|"+t.Code] = done
			return done
		})
}

// stand lets something that a person made of an answer stand, whatever becomes of
// the answer.
func (s *Simulation) stand(r *rand.Rand, _ int) (string, error) {
	list := s.model.Standing()
	if len(list) == 0 {
		return "", nil
	}
	slices.Sort(list)
	source := list[r.IntN(len(list))]
	return "let " + source + " stand", s.carryOut(Decision{Kind: "stand", Key: source}, func(string) bool { s.model.Stand(source); return true })
}
