package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"sort"
	"strconv"
)

// fate is what happens to one claim.
type fate string

const (
	fatePaidInFull  fate = "paid in full"
	fateContract    fate = "contract"
	fateDeductible  fate = "deductible"
	fateCoinsurance fate = "coinsurance"
	fateCopay       fate = "copay"
	fateUnderpaid   fate = "underpaid"
	fatePartial     fate = "partly paid"
	fateSplit       fate = "line split"
	fateBundle      fate = "lines bundled"
	fateModifier    fate = "modifier dropped"
	fateDowncoded   fate = "procedure changed"
	fateClaimLevel  fate = "adjusted at the claim"
	fateInterest    fate = "interest"
	fateCrossover   fate = "crossover"
	fateWithhold    fate = "withhold"
	fateCapitation  fate = "capitation"
	fateDeny        fate = "denied"
	fateReject      fate = "rejected" // by the 277CA
)

// draw is a number below n that depends on the seed, the claim and the purpose
// alone: neither on the order of the files nor on the other claims.
func (o *Options) draw(number, purpose string, n int) int {
	h := sha256.Sum256([]byte(strconv.FormatInt(o.Seed, 10) + "|" + purpose + "|" + number))
	return int(binary.BigEndian.Uint64(h[:8]) % uint64(n))
}

// share is a fate's part of the default mix, in thousandths of the claims.
type share struct {
	fate     fate
	thousand int
}

// mix is a believable month: about three quarters paid without trouble, one in
// eleven denied, one in thirty sent back before it is looked at.
var mix = []share{
	{fateReject, 35}, {fateDeny, 88}, {fatePartial, 42}, {fateSplit, 12}, {fateBundle, 14}, {fateModifier, 12},
	{fateClaimLevel, 10}, {fateInterest, 14}, {fateUnderpaid, 6}, {fateDowncoded, 6},
	{fatePaidInFull, 50}, {fateDeductible, 115}, {fateCopay, 160}, {fateCoinsurance, 206}, {fateContract, 230},
}

// mustHappen is what a run of the default mix of fillFrom claims or more shows at least once.
var mustHappen = []fate{
	fateReject, fateDeny, fatePartial, fateSplit, fateBundle, fateModifier, fateInterest, fateCrossover,
	fatePaidInFull, fateDeductible, fateCopay, fateCoinsurance, fateContract,
}

const fillFrom = 60

// decided is a claim with its fate.
type decided struct {
	*claim
	fate   fate
	denial *denial
	reject *rejection
}

// decide draws every claim's fate.
func (o *Options) decide(claims []*claim, s *Scenario) []*decided {
	all := make([]*decided, len(claims))
	for i, c := range claims {
		if c.from.IsZero() { // a predetermination: its answers are dated by the day it came
			c.from = o.receivedOn(c)
			c.to = c.from
		}
		d := &decided{claim: c, fate: s.fate, reject: c.fault()}
		if d.reject != nil {
			d.fate = fateReject
		} else if s.fate == "" {
			d.fate = o.fateOfMix(c)
		}
		all[i] = d
	}
	if s.fate == "" && len(claims) >= fillFrom {
		o.fill(all)
	}
	for _, d := range all {
		o.detail(d, s)
	}
	return all
}

func (o *Options) fateOfMix(c *claim) fate {
	n := o.draw(c.number, "fate", 1000)
	for _, part := range mix {
		if n -= part.thousand; n < 0 {
			if c.usual(part.fate) {
				return o.forward(c, part.fate)
			}
			break
		}
	}
	// What the claim cannot suffer becomes an ordinary payment.
	var ordinary []fate
	for _, f := range []fate{fateContract, fateCoinsurance, fateCopay, fateDeductible} {
		if c.usual(f) {
			ordinary = append(ordinary, f)
		}
	}
	return o.forward(c, ordinary[o.draw(c.number, "ordinary", len(ordinary))])
}

// forward lets Medicare send one in three of the ordinary claims whose next
// payer it knows on to that payer.
func (o *Options) forward(c *claim, f fate) fate {
	switch f {
	case fateContract, fateCoinsurance, fateDeductible:
		_, known := o.nextPayer(c)
		if known && c.can(fateCrossover) && o.draw(c.number, "crossover", 3) == 0 {
			return fateCrossover
		}
	}
	return f
}

// fill gives each fate that nobody drew to one claim that can have it and whose
// own fate is common.
func (o *Options) fill(all []*decided) {
	count := map[fate]int{}
	for _, d := range all {
		count[d.fate]++
	}
	order := append([]*decided(nil), all...)
	key := func(d *decided) int { return o.draw(d.number, "fill", 1<<30) }
	sort.Slice(order, func(i, j int) bool {
		if a, b := key(order[i]), key(order[j]); a != b {
			return a < b
		}
		return order[i].number < order[j].number
	})
	give := func(f fate, fits func(*decided) bool) {
		for i := 0; count[f] == 0 && i < len(order); i++ {
			if d := order[i]; d.reject == nil && count[d.fate] > 2 && d.usual(f) && fits(d) {
				count[d.fate]--
				d.fate = f
				count[f]++
			}
		}
	}
	for _, f := range mustHappen {
		if f == fateCrossover {
			give(f, func(d *decided) bool { _, known := o.nextPayer(d.claim); return known })
		}
		give(f, func(*decided) bool { return true })
	}
}

// can reports whether the claim has what the fate needs.
func (c *claim) can(f fate) bool {
	if c.estimate || c.frequency == "8" {
		return f == fateReject || f == fateContract
	}
	if !c.asksFirst() { // a later payer pays from what the earlier ones left
		switch f {
		case fateReject, fateDeny, fateContract:
			return true
		}
		return false
	}
	switch f {
	case fatePartial, fateBundle:
		return len(c.lines) >= 2
	case fateSplit:
		return c.splittable() != nil
	case fateModifier:
		for _, l := range c.lines {
			if len(l.modifiers) > 0 {
				return true
			}
		}
		return false
	case fateDowncoded:
		for _, l := range c.lines {
			if _, ok := lowerVisit[l.code]; ok {
				return true
			}
		}
		return false
	case fateCrossover:
		return c.medicare()
	}
	return true
}

// usual reports whether the fate can befall the claim and its kind of payer
// does such things: Medicare has no copay, Medicaid nothing else, and payers
// that set their own fees never pay a charge as it stands.
func (c *claim) usual(f fate) bool {
	switch f {
	case fateCopay:
		return c.can(f) && !c.medicare()
	case fateDeductible, fateCoinsurance:
		return c.can(f) && !c.medicaid()
	case fatePaidInFull:
		return c.can(f) && !c.medicare() && !c.medicaid() && c.filing != "HM"
	}
	return c.can(f)
}

func (c *claim) medicare() bool { return c.filing == "MB" || c.filing == "MA" }

func (c *claim) medicaid() bool { return c.filing == "MC" }

// asksFirst reports whether the claim asks its first payer.
func (c *claim) asksFirst() bool { return c.rank == "" || c.rank == "P" }

// splittable returns a line of two or more whole units, or nil.
func (c *claim) splittable() *line {
	for _, l := range c.lines {
		if n, err := strconv.Atoi(l.units); err == nil && n >= 2 && l.charge >= 2 {
			return l
		}
	}
	return nil
}

// detail settles which denial or rejection it is. What a scenario asks of a
// claim that cannot have it is paid by contract instead.
func (o *Options) detail(d *decided, s *Scenario) {
	if d.reject != nil {
		return // sent back for what it is, not for the story
	}
	if !d.can(d.fate) {
		d.fate = fateContract
	}
	switch d.fate {
	case fateDeny:
		if s.denial != nil {
			d.denial = s.denial
			return
		}
		d.denial = &denials[o.draw(d.number, "denial", len(denials))]
	case fatePartial:
		d.denial = &lineDenials[o.draw(d.number, "denial", len(lineDenials))]
	case fateReject:
		d.reject = &rejections[o.draw(d.number, "reject", len(rejections))]
	}
}
