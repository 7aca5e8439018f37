// Package sandbox is a payer that answers claims offline: TA1, 999, 277CA and
// 835 for any valid 837, professional, institutional or dental.
//
// It is deterministic. The same claims, seed and day give the same bytes. A
// claim's fate is drawn from the seed and its number alone; only the few claims
// that the mix picks so that each kind happens, and those that it takes back,
// depend on what else is in the run. It keeps no state: a reversal takes back
// what the same run has paid, or what Options.Earlier says. Every 835 is audited by arithmetic of its own, on the
// bytes as written, before it leaves.
package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Options decide how the payer answers.
type Options struct {
	Seed     int64
	Today    date.Date // of every answer and check
	Scenario string    // empty: the mix; see Scenarios
	// Contracts by payer identifier (2010BB NM109). A payer that has none pays
	// as payers of its filing code usually do.
	Contracts map[string]Contract
	// Behind names, by the member identifier of the first coverage, the payer
	// that pays next: what Medicare knows from the supplements' own lists. What
	// the claim itself says of a second payer comes first.
	Behind map[string]Payer
	// Earlier are files of claims that this payer has answered before, by the
	// same seed, scenario and contracts: what a replacement or a void of the run
	// takes back. They are not answered again.
	Earlier []io.Reader
}

// Payer is another payer, to whom a claim is forwarded.
type Payer struct{ ID, Name string }

// Kinds of answers.
const (
	KindTA1   = "TA1"
	Kind999   = "999"
	Kind277CA = "277CA"
	Kind835   = "835"
)

// Answer is one file that the payer sends back.
type Answer struct {
	Name  string // for people; a receiver goes by content
	Kind  string
	Bytes []byte

	// What is in it, for whoever tells the story.
	From     string // ISA06: the trading partner that the claims were sent to
	Payer    string // identifier; "" where the clearinghouse answers
	Claims   int    // of a 277CA or an 835, reversals and corrections counted
	Rejected int    // claims of a 277CA, transaction sets of a 999, interchanges of a TA1
	Payments int
	Amount   money.Cents // of all payments
}

// Adjudicate answers the claims in the files, which are read to their ends. The
// answers come in the order in which a payer would send them. What is damaged is
// rejected by a TA1 or a 999 of package check, and the rest is adjudicated; a
// file without an interchange, or of something else than claims, is refused with
// its position and nothing is answered.
func Adjudicate(files []io.Reader, o Options) ([]Answer, error) {
	scenario, err := findScenario(o.Scenario)
	if err != nil {
		return nil, err
	}
	if o.Today.IsZero() {
		return nil, fault.Usagef("CB-SANDBOX-DATE", "the payer needs a day on which it answers")
	}
	if len(files) == 0 {
		return nil, fault.Usagef("CB-SANDBOX-EMPTY", "no file of claims was given")
	}
	interchanges, err := o.acceptAll(files)
	if err != nil {
		return nil, err
	}
	earlier, err := o.acceptAll(o.Earlier)
	if err != nil {
		return nil, err
	}
	r := &run{Options: &o, scenario: scenario, earlier: earlier, numbers: firstControl(interchanges, &o)}
	if err := r.answer(interchanges); err != nil {
		return nil, err
	}
	return r.answers, nil
}

func (o *Options) acceptAll(files []io.Reader) ([]*interchange, error) {
	var list []*interchange
	for i, file := range files {
		name := fmt.Sprintf("file %d", i+1)
		if n, ok := file.(interface{ Name() string }); ok {
			name = n.Name()
		}
		read, err := o.accept(name, file)
		if err != nil {
			return nil, err
		}
		list = append(list, read...)
	}
	return list, nil
}

// run is one adjudication.
type run struct {
	*Options
	scenario *Scenario
	earlier  []*interchange // adjudicated before
	answers  []Answer
	numbers  int64 // the last interchange control number used
}

// firstControl makes control numbers that differ from day to day and from file
// to file without any memory.
func firstControl(interchanges []*interchange, o *Options) int64 {
	h := sha256.New()
	fmt.Fprintf(h, "%d|%s|%s", o.Seed, o.Today, o.Scenario)
	for _, x := range interchanges {
		fmt.Fprintf(h, "|%s|%s|%s", x.header.Sender, x.header.Control, x.header.Date)
	}
	return int64(binary.BigEndian.Uint32(h.Sum(nil))%900_000) * 1000
}

func (r *run) control() string {
	r.numbers++
	return fmt.Sprintf("%09d", r.numbers)
}

func (r *run) add(a Answer, x *interchange, about string) {
	a.From = x.header.Receiver
	a.Name = fmt.Sprintf("%03d_%s_%s.edi", len(r.answers)+1, a.Kind, fileWord(about))
	r.answers = append(r.answers, a)
}

// fileWord keeps what is safe in a file's name anywhere.
func fileWord(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			return c
		}
		return '-'
	}, s)
}

func (r *run) answer(interchanges []*interchange) error {
	var taken []*claim
	for _, x := range interchanges {
		if x.damage != nil {
			if err := r.answerDamage(x); err != nil {
				return err
			}
			continue
		}
		b, err := r.writeTA1(x)
		if err != nil {
			return err
		}
		a := Answer{Kind: KindTA1, Bytes: b}
		if r.scenario.envelope != "" {
			a.Rejected = 1
		}
		r.add(a, x, x.header.Control)
	}
	if r.scenario.envelope != "" {
		return nil
	}
	for _, x := range interchanges {
		r.judgeSets(x)
		if x.damage != nil {
			for _, g := range x.groups {
				for _, t := range g.sets {
					taken = append(taken, t.claims...)
				}
			}
			continue
		}
		b, err := r.write999(x)
		if err != nil {
			return err
		}
		a := Answer{Kind: Kind999, Bytes: b}
		for _, g := range x.groups {
			for _, t := range g.sets {
				if t.taken() {
					taken = append(taken, t.claims...)
				} else {
					a.Rejected++
				}
			}
		}
		r.add(a, x, x.header.Control)
	}
	all := r.decide(taken, r.scenario)
	if err := r.acknowledgeClaims(interchanges, all); err != nil {
		return err
	}
	return r.pay(all)
}

// judgeSets decides which transaction sets the 999 takes.
func (r *run) judgeSets(x *interchange) {
	n, sets := 0, 0
	for _, g := range x.groups {
		sets += len(g.sets)
	}
	for _, g := range x.groups {
		for _, t := range g.sets {
			n++
			t.answer = "A"
			if r.scenario.sets != "" && (!r.scenario.someSets || n%2 == 0 || sets == 1) {
				t.answer = r.scenario.sets
			}
		}
	}
}

func (t *transaction) taken() bool { return t.answer == "A" || t.answer == "E" }

// pay settles every claim that was accepted and writes the payments.
func (r *run) pay(all []*decided) error {
	ordinary, revisions := r.settleAll(all, r.recall(r.earlier))
	list := accounts(ordinary, revisions)
	r.planAll(list)
	for _, payments := range files(list) {
		b, err := r.write835(payments, r.control())
		if err != nil {
			return fmt.Errorf("the payer's 835 cannot be written: %w", err)
		}
		if err := audit(b); err != nil {
			return fmt.Errorf("the payer's own audit of its 835 failed: %w", err)
		}
		a := Answer{Kind: Kind835, Bytes: b, Payer: payments[0].identifier, Payments: len(payments)}
		for _, p := range payments {
			a.Claims += len(p.claims)
			a.Amount += p.amount()
		}
		r.add(a, payments[0].envelope, a.Payer)
	}
	return nil
}

// planAll lays out every account's payments. In the mix the largest account has
// a reversal, the second a recoupment, and the one with most unpaid claims a
// payment of nothing.
func (r *run) planAll(list []*account) {
	bySize := append([]*account(nil), list...)
	sort.SliceStable(bySize, func(i, j int) bool { return bySize[i].count(ordinary) > bySize[j].count(ordinary) })
	if r.scenario.Name != DefaultScenario {
		later := r.arrangeAll(bySize)
		for _, a := range list {
			r.plan(a, r.scenario, later[a], r.scenario.zeroApart)
		}
		return
	}
	later := r.arrangeMix(bySize)
	unpaid := func(s *settled) bool { return s.paid() == 0 && s.interest == 0 }
	var apart *account
	for _, a := range list {
		if a.count(unpaid) > 0 && (apart == nil || a.count(unpaid) > apart.count(unpaid)) {
			apart = a
		}
	}
	for _, a := range list {
		r.plan(a, r.scenario, later[a], a == apart)
	}
}

// arrangeAll lets every payer take something back, as the scenario says; if no
// account has the money for it, the largest does all the same.
func (r *run) arrangeAll(bySize []*account) map[*account]*arrangement {
	later := map[*account]*arrangement{}
	if r.scenario.back == nil {
		return later
	}
	for _, force := range []bool{false, true} {
		for _, a := range bySize {
			if got := r.arrange(a, r.scenario.back, force); got != nil {
				later[a] = got
				if force {
					return later
				}
			}
		}
		if len(later) > 0 {
			break
		}
	}
	return later
}

func (r *run) arrangeMix(bySize []*account) map[*account]*arrangement {
	var able []*account
	recoupment := func(a *account, recover string) *takeBack {
		return &takeBack{claims: max(1, len(a.claims)/250), fate: fateCoinsurance, recover: recover, of: ordinary}
	}
	for _, a := range bySize {
		if len(able) < 2 && len(a.claims) >= 3 && r.arrange(a, recoupment(a, "WO"), false) != nil {
			able = append(able, a)
		}
	}
	later := map[*account]*arrangement{}
	for i, a := range able {
		recover := "WO"
		if i == 0 && len(able) == 2 {
			recover = ""
		}
		later[a] = r.arrange(a, recoupment(a, recover), false)
	}
	return later
}

func (a *account) count(is func(*settled) bool) int {
	n := 0
	for _, c := range a.claims {
		if is(c) {
			n++
		}
	}
	return n
}
