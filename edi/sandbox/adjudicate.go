package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// settled is one claim's outcome: a CLP loop of an 835.
type settled struct {
	*claim
	status     string // CLP02
	icn        string // CLP07
	atClaim    []adjustment
	lines      []settledLine // none: settled at the claim level
	unitemized money.Cents   // what was paid where there are no lines
	remarks    []string      // MOA, MIA: RARCs
	interest   money.Cents   // AMT*I, paid on top through the PLB
	crossover  *party        // NM1*TT
	correctsID string        // REF*F8 of a correction: the claim number that was reversed
	capitation money.Cents   // paid on top as capitation
	fate       fate
	revised    bool   // a replacement or void has taken it back
	account    *claim // of a reversal: the replacement or void that asks for it
}

// settledLine is an SVC loop.
type settledLine struct {
	qualifier, code string // as adjudicated
	modifiers       []string
	submitted       *line // SVC06, where the procedure changed
	line            *line
	charge, paid    money.Cents
	units           string
	allowed         money.Cents
	adjustments     []adjustment
	remarks         []string
}

func (s *settled) charged() money.Cents {
	if s.status == statusReversal {
		return -s.charge
	}
	return s.charge
}

// paid is CLP04: what the lines pay, less what is taken at the claim.
func (s *settled) paid() money.Cents {
	if len(s.lines) == 0 {
		return s.unitemized
	}
	total := money.Cents(0)
	for i := range s.lines {
		total += s.lines[i].paid
	}
	for _, a := range s.atClaim {
		total -= a.amount
	}
	return total
}

// patientOwes is CLP05.
func (s *settled) patientOwes() money.Cents {
	total := money.Cents(0)
	add := func(list []adjustment) {
		for _, a := range list {
			if a.group == "PR" {
				total += a.amount
			}
		}
	}
	add(s.atClaim)
	for i := range s.lines {
		add(s.lines[i].adjustments)
	}
	return total
}

const (
	statusPrimary          = "1"
	statusSecondary        = "2"
	statusTertiary         = "3"
	statusDenied           = "4"
	statusPrimaryForwarded = "19"
	statusReversal         = "22"
	statusEstimate         = "25"
)

// settle adjudicates one claim as its fate says.
func (o *Options) settle(d *decided) *settled {
	k := o.contract(d.claim)
	s := &settled{claim: d.claim, status: d.statusOfRank(), icn: o.controlNumber(d.claim, d.purpose()), fate: d.fate}
	if !d.asksFirst() {
		o.settleLater(d, s, &k)
		return s
	}
	for _, l := range d.lines {
		s.lines = append(s.lines, settledLine{qualifier: l.qualifier, code: l.code, modifiers: l.modifiers, line: l, charge: l.charge, units: l.units})
	}
	if d.estimate {
		s.status = statusEstimate
	}
	switch d.fate {
	case fateDeny:
		o.deny(d, s)
		return s
	case fateCapitation:
		for i := range s.lines {
			s.capitation += k.allowed(s.lines[i].line)
			s.lines[i].take("CO", "24", s.lines[i].charge)
		}
		return s
	case fatePartial:
		o.denySome(d, s)
	case fateSplit:
		s.split()
	case fateBundle:
		s.bundle()
	case fateModifier:
		s.dropModifier(o.draw(d.number, "modifier", 2) == 0)
	case fateDowncoded:
		s.downcode()
	}
	o.allow(d, s, &k)
	switch d.fate {
	case fateDeductible:
		s.deductible(k.Deductible)
	case fateCoinsurance, fateCrossover, fateClaimLevel:
		s.coinsurance(k.CoinsurancePercent)
	case fateCopay:
		s.copay(k.Copay)
	case fatePartial, fateBundle:
		if o.draw(d.number, "sharing", 2) == 0 {
			s.coinsurance(k.CoinsurancePercent)
		}
	case fateWithhold:
		s.takeShare("104", k.WithholdPercent*10)
	}
	s.takeShare("253", k.SequestrationTenth)
	if d.estimate {
		for i := range s.lines {
			s.lines[i].share("OA", "101", s.lines[i].paid)
		}
	}
	switch d.fate {
	case fateInterest:
		s.interest = max(percent(s.paid(), 8), 1)
	case fateCrossover:
		next, _ := o.nextPayer(d.claim)
		s.status, s.crossover = statusPrimaryForwarded, &next
	case fateClaimLevel:
		s.toClaimLevel()
	}
	return s
}

// statusOfRank is the status of a claim that was processed, paid or not.
func (c *claim) statusOfRank() string {
	switch c.rank {
	case "S":
		return statusSecondary
	case "", "P":
		return statusPrimary
	default:
		return statusTertiary
	}
}

// nextPayer names whom the claim is forwarded to: the second payer that it
// names, or the one that is known to stand behind the member; known is false
// for the supplement that is made up where there is neither.
func (o *Options) nextPayer(c *claim) (p party, known bool) {
	for _, other := range c.others {
		if other.rank == "S" {
			return party{last: other.name, id: other.id}, true
		}
	}
	if behind, ok := o.Behind[c.subscriber.id]; ok {
		return party{last: behind.Name, id: behind.ID}, true
	}
	return party{last: "SANDBOX SUPPLEMENT PLAN", id: "SUPP1"}, false
}

// take records an adjustment of the line and lowers nothing: paid is set apart.
func (l *settledLine) take(group, reason string, amount money.Cents) {
	if amount != 0 {
		l.adjustments = append(l.adjustments, adjustment{group: group, reason: reason, amount: amount})
	}
}

// share moves part of what a line pays to somebody else.
func (l *settledLine) share(group, reason string, amount money.Cents) {
	amount = min(amount, l.paid)
	l.take(group, reason, amount)
	l.paid -= amount
}

// denied reports whether the line's charge is already adjusted away.
func (l *settledLine) denied() bool { return len(l.adjustments) > 0 }

// allow prices the lines by contract and writes off the rest.
func (o *Options) allow(d *decided, s *settled, k *Contract) {
	for i := range s.lines {
		l := &s.lines[i]
		if l.denied() {
			continue
		}
		priced := *l.line
		priced.charge, priced.units = l.charge, l.units
		priced.code, priced.modifiers = l.code, l.modifiers
		switch d.fate {
		case fatePaidInFull:
			l.allowed = l.charge
		case fateUnderpaid:
			l.allowed = percent(k.allowed(&priced), 880)
		case fateDowncoded:
			l.allowed = k.allowed(&priced)
			if l.submitted != nil && l.allowed > 0 && k.Fees[l.code] == 0 {
				l.allowed = percent(l.allowed, 720)
			}
		default:
			l.allowed = k.allowed(&priced)
		}
		l.paid = l.allowed
		l.take("CO", "45", l.charge-l.allowed)
	}
}

func (o *Options) deny(d *decided, s *settled) {
	// Some payers call a denied claim "denied", others "processed as primary":
	// a receiver must read the adjustments, not this code.
	if o.draw(d.number, "status", 2) == 0 && s.status == statusPrimary {
		s.status = statusDenied
	}
	for i := range s.lines {
		s.lines[i].refuse(d.denial)
	}
	if d.denial.rarc != "" {
		s.remarks = append(s.remarks, d.denial.rarc)
	}
}

func (l *settledLine) refuse(why *denial) {
	l.take(why.group, why.carc, l.charge-l.adjusted())
	if why.rarc != "" {
		l.remarks = append(l.remarks, why.rarc)
	}
}

func (l *settledLine) adjusted() money.Cents {
	total := money.Cents(0)
	for _, a := range l.adjustments {
		total += a.amount
	}
	return total
}

// denySome refuses one line, or several of a long claim, and never all.
func (o *Options) denySome(d *decided, s *settled) {
	at := o.draw(d.number, "line", len(s.lines))
	s.lines[at].refuse(d.denial)
	if len(s.lines) > 3 {
		s.lines[(at+2)%len(s.lines)].refuse(d.denial)
	}
}

// split answers one line of several units in two lines: the first unit and the rest.
func (s *settled) split() {
	l := s.splittable()
	at := slices.IndexFunc(s.lines, func(x settledLine) bool { return x.line == l })
	n, err := strconv.Atoi(l.units)
	if at < 0 || err != nil {
		return
	}
	parts := l.charge.Allocate([]money.Cents{1, money.Cents(n - 1)})
	first, rest := s.lines[at], s.lines[at]
	first.charge, first.units = parts[0], "1"
	rest.charge, rest.units = parts[1], strconv.Itoa(n-1)
	s.lines[at] = first
	s.lines = slices.Insert(s.lines, at+1, rest)
}

// bundle pays the first line and answers the second as included in it: its
// procedure becomes the first one's, and what was billed stands in SVC06.
func (s *settled) bundle() {
	first, second := &s.lines[0], &s.lines[1]
	second.submitted = second.line
	second.qualifier, second.code, second.modifiers = first.qualifier, first.code, first.modifiers
	second.refuse(&denial{"CO", "97", "M15"})
	second.units = "0"
}

// dropModifier forgets the last modifier of a line, with or without saying so.
func (s *settled) dropModifier(silently bool) {
	for i := range s.lines {
		l := &s.lines[i]
		if n := len(l.modifiers); n > 0 {
			l.modifiers = l.modifiers[:n-1]
			if !silently {
				l.submitted = l.line
			}
			return
		}
	}
}

// downcode pays a lower visit than the one that was billed.
func (s *settled) downcode() {
	for i := range s.lines {
		l := &s.lines[i]
		if lower, ok := lowerVisit[l.code]; ok {
			l.code, l.submitted = lower, l.line
			l.remarks = append(l.remarks, "N22")
			return
		}
	}
}

func (s *settled) deductible(left money.Cents) {
	for i := range s.lines {
		part := min(left, s.lines[i].paid)
		s.lines[i].share("PR", "1", part)
		left -= part
	}
}

// coinsurance is nothing that Medicaid knows: its patients owe a stated copay at most.
func (s *settled) coinsurance(pct int) {
	if s.medicaid() {
		return
	}
	for i := range s.lines {
		s.lines[i].share("PR", "2", percent(s.lines[i].paid, pct*10))
	}
}

func (s *settled) copay(left money.Cents) {
	for i := range s.lines {
		part := min(left, s.lines[i].paid)
		s.lines[i].share("PR", "3", part)
		left -= part
	}
}

// takeShare keeps tenths of a percent of what each line pays, as group CO.
func (s *settled) takeShare(reason string, tenths int) {
	for i := range s.lines {
		s.lines[i].share("CO", reason, percent(s.lines[i].paid, tenths))
	}
}

// toClaimLevel answers without service lines, as some payers do: the same
// money, the same reasons, one CAS for the claim.
func (s *settled) toClaimLevel() {
	s.unitemized = s.paid()
	sums := map[[2]string]money.Cents{}
	var order [][2]string
	for i := range s.lines {
		for _, a := range s.lines[i].adjustments {
			key := [2]string{a.group, a.reason}
			if _, seen := sums[key]; !seen {
				order = append(order, key)
			}
			sums[key] += a.amount
		}
	}
	s.lines, s.atClaim = nil, nil
	for _, key := range order {
		s.atClaim = append(s.atClaim, adjustment{group: key[0], reason: key[1], amount: sums[key]})
	}
}

// reverse takes a settled claim back: every amount negated, group codes as they
// were, no patient responsibility.
func (s *settled) reverse() *settled {
	r := *s
	r.status, r.interest, r.crossover, r.remarks, r.capitation = statusReversal, 0, nil, nil, 0
	r.unitemized = -s.unitemized
	r.atClaim = negate(s.atClaim)
	r.lines = slices.Clone(s.lines)
	for i := range r.lines {
		l := &r.lines[i]
		l.charge, l.paid, l.allowed = -l.charge, -l.paid, 0
		l.adjustments, l.remarks = negate(l.adjustments), nil
		l.units = "" // the money is taken back, not the visits
	}
	return &r
}

func negate(list []adjustment) []adjustment {
	out := slices.Clone(list)
	for i := range out {
		out[i].amount = -out[i].amount
	}
	return out
}

// correct settles a reversed claim anew with another fate. Where it should
// leave coinsurance to a Medicaid patient, it leaves a copay.
func (o *Options) correct(s *settled, f fate, why *denial) *settled {
	if f == fateCoinsurance && s.medicaid() {
		f = fateCopay
	}
	d := &decided{claim: s.claim, fate: f, denial: why}
	c := o.settle(d)
	c.icn, c.correctsID = o.controlNumber(s.claim, "correction"), s.icn
	return c
}

// controlNumber is the payer's own number of a claim (CLP07, and REF*1K of the
// 277CA): the day on which it came and something that looks like a serial
// number. The day of the answer is no part of it, since the acknowledgment and
// the payment come on different days.
func (o *Options) controlNumber(c *claim, purpose string) string {
	on := o.receivedOn(c)
	day := on.DaysSince(date.New(on.Year, 1, 1)) + 1
	return fmt.Sprintf("%02d%03d%08d", on.Year%100, day, o.draw(c.number, "icn "+purpose, 100_000_000))
}

// purpose tells the number of a replacement from its original's: both may bear
// the same CLM01.
func (c *claim) purpose() string {
	if c.frequency == "7" {
		return "replacement"
	}
	return "original"
}

// receivedOn is the day on which the claim reached the payer.
func (o *Options) receivedOn(c *claim) date.Date {
	if c.received.IsZero() || c.received.After(o.Today) {
		return o.Today
	}
	return c.received
}

// procedureText is the composite SVC01 or SVC06 as a list of its components.
func procedureText(qualifier, code string, modifiers []string) []string {
	return append([]string{qualifier, strings.TrimSpace(code)}, modifiers...)
}
