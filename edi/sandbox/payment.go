package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// payment is one transaction set of an 835: one payer pays one payee once.
type payment struct {
	payer, payee party
	tin          string // of the payee
	identifier   string // payer's own, REF*2U
	payerTIN     string
	trace        string // TRN02
	claims       []*settled
	adjustments  []providerAdjustment
	none         bool // zero payments travel apart (BPR04 = NON)
	advance      bool // BPR01 = P: a test of the account
	envelope     *interchange
}

// providerAdjustment is one pair of a PLB. A positive amount lowers the payment.
type providerAdjustment struct {
	reason, reference string
	amount            money.Cents
}

// amount is BPR02 by the payer's own arithmetic.
func (p *payment) amount() money.Cents {
	total := money.Cents(0)
	for _, c := range p.claims {
		total += c.paid()
	}
	for _, a := range p.adjustments {
		total -= a.amount
	}
	return total
}

// account is one payer's dealings with one payee: its payments one after the
// other, each in a file of its own.
type account struct {
	payer, payee party
	tin          string
	kind         claimKind
	claims       []*settled
	revisions    []*settled // reversals and corrections that the practice asked for
	envelope     *interchange
	rounds       [][]*payment // a round is what goes into one file
}

// accounts groups what was settled by payer and payee, in the order in which
// the first claim of each arrived.
func accounts(ordinary, revisions []*settled) []*account {
	var list []*account
	byKey := map[string]*account{}
	of := func(s *settled) *account {
		c := s.claim
		if s.account != nil {
			c = s.account
		}
		h := c.envelope.header
		key := strings.Join([]string{c.payer.id, c.provider.id, c.tin, h.Sender, h.Receiver, h.Usage}, "|")
		a := byKey[key]
		if a == nil {
			a = &account{payer: c.payer, payee: c.provider, tin: c.tin, kind: c.kind, envelope: c.envelope}
			byKey[key] = a
			list = append(list, a)
		}
		return a
	}
	for _, s := range ordinary {
		a := of(s)
		a.claims = append(a.claims, s)
	}
	for _, s := range revisions {
		a := of(s)
		a.revisions = append(a.revisions, s)
	}
	return list
}

// plan lays out an account's payments; later is what is taken back after the
// first, and may be nil.
func (o *Options) plan(a *account, s *Scenario, later *arrangement, apart bool) {
	first := a.claims
	if later != nil {
		first = later.first
	}
	var zero []*settled
	if apart {
		first, zero = splitZero(first)
	}
	var round []*payment
	for _, part := range o.portions(first, s) {
		round = append(round, o.newPayment(a, part))
	}
	if len(zero) > 0 {
		p := o.newPayment(a, zero)
		p.none = true
		round = append(round, p)
	}
	if s.advance {
		p := o.newPayment(a, nil)
		p.advance = true
		round = append(round, p)
	}
	if len(round) > 0 {
		a.rounds = append(a.rounds, round)
	}
	if later != nil {
		o.takeBackRounds(a, later)
	}
	if len(a.revisions) > 0 {
		a.rounds = append(a.rounds, []*payment{o.newPayment(a, a.revisions)})
	}
	o.settleBalances(a)
}

// portions cuts a payer's claims into the payments of one file.
func (o *Options) portions(claims []*settled, s *Scenario) [][]*settled {
	if len(claims) == 0 {
		return nil
	}
	if !s.severalPayments || len(claims) == 1 {
		return [][]*settled{claims}
	}
	n := min(3, len(claims))
	var out [][]*settled
	for i := range n {
		out = append(out, claims[i*len(claims)/n:(i+1)*len(claims)/n])
	}
	return out
}

// splitZero separates what pays nothing.
func splitZero(claims []*settled) (paid, zero []*settled) {
	for _, c := range claims {
		if c.paid() == 0 && c.interest == 0 && c.capitation == 0 {
			zero = append(zero, c)
		} else {
			paid = append(paid, c)
		}
	}
	return paid, zero
}

func (o *Options) newPayment(a *account, claims []*settled) *payment {
	k := o.Contracts[a.payer.id]
	p := &payment{payer: a.payer, payee: a.payee, tin: a.tin, identifier: a.payer.id, payerTIN: k.TIN,
		claims: slices.Clone(claims), envelope: a.envelope}
	if k.Name != "" {
		p.payer.last = k.Name
	}
	if k.Address[0] != "" {
		p.payer.address = [2]string{k.Address[0], k.Address[1]}
		p.payer.city = [3]string{k.Address[2], k.Address[3], k.Address[4]}
	}
	if p.payerTIN == "" {
		p.payerTIN = digits("payer tin|"+a.payer.id, 9)
	}
	for _, c := range claims {
		if c.interest != 0 {
			p.adjustments = append(p.adjustments, providerAdjustment{"L6", c.icn, -c.interest})
		}
		if c.capitation != 0 {
			p.adjustments = append(p.adjustments, providerAdjustment{"CT", c.icn, -c.capitation})
		}
	}
	return p
}

// settleBalances numbers an account's payments and carries what would make one
// negative forward to the next: a payer can owe nothing, never less.
func (o *Options) settleBalances(a *account) {
	var carried money.Cents
	var from string
	n := 0
	for _, round := range a.rounds {
		for i, p := range round {
			n++
			p.trace = o.traceOf(p, n)
			if carried > 0 && i == 0 {
				p.adjustments = append(p.adjustments, providerAdjustment{"FB", from, carried})
				carried = 0
			}
			if short := -p.amount(); short > 0 {
				p.adjustments = append(p.adjustments, providerAdjustment{"FB", p.trace, -short})
				carried, from = short, p.trace
			}
			if p.amount() == 0 && !p.advance {
				p.none = true
			}
		}
	}
}

// traceOf makes a trace that is the same for the same claims and seed, and
// another one for every other payment.
func (o *Options) traceOf(p *payment, n int) string {
	h := sha256.New()
	for _, part := range []string{strconv.FormatInt(o.Seed, 10), p.identifier, p.payee.id, p.envelope.header.Control, o.Today.X12()} {
		h.Write([]byte(part + "|"))
	}
	for _, c := range p.claims {
		h.Write([]byte(c.status + c.number + "|" + c.icn + "|"))
	}
	h.Write([]byte(strconv.Itoa(n)))
	return o.Today.Format("060102") + strings.ToUpper(hex.EncodeToString(h.Sum(nil)[:5]))
}

// files groups the payments by payer and round: one file a payer and round,
// one transaction set a payee.
func files(list []*account) [][]*payment {
	type key struct {
		payer, sender, receiver, usage string
		round                          int
	}
	byKey := map[key][]*payment{}
	var order []key
	for _, a := range list {
		for n, round := range a.rounds {
			h := a.envelope.header
			k := key{a.payer.id, h.Sender, h.Receiver, h.Usage, n}
			if _, seen := byKey[k]; !seen {
				order = append(order, k)
			}
			byKey[k] = append(byKey[k], round...)
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return order[i].round < order[j].round })
	out := make([][]*payment, len(order))
	for i, k := range order {
		out[i] = byKey[k]
	}
	return out
}

// answerHeader is the envelope of an answer: the sender becomes the receiver.
func answerHeader(x *interchange, o *Options, control string) x12.Interchange {
	h := x.header
	return x12.Interchange{
		SenderQualifier: h.ReceiverQualifier, Sender: h.Receiver, ReceiverQualifier: h.SenderQualifier, Receiver: h.Sender,
		Date: o.Today.Format("060102"), Time: clock, Control: control, Usage: h.Usage,
	}
}
