package sandbox

import (
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// takeBack is how an account's earlier claims are reversed.
type takeBack struct {
	claims  int     // how many of the account's claims
	twoDays bool    // the correction comes in a later file than the reversal
	fate    fate    // of the correction
	denial  *denial // of the correction, if that is a denial
	recover string  // "" at once, "WO" in the next payment, "FB" when the payment would be negative
	of      func(*settled) bool
}

// arrangement is how an account's claims are spread over its payments so that
// some of the first can be taken back later.
type arrangement struct {
	back          *takeBack
	first         []*settled // paid at once, the victims among them
	victims       []*settled
	second, third []*settled // kept for the later payments, so that there is money to take from
}

// needs is what taking a claim back lacks in the second and in the third payment.
func (o *Options) needs(back *takeBack, v *settled) (second, third money.Cents) {
	over := v.paid() - o.correct(v, back.fate, back.denial).paid()
	switch {
	case back.twoDays:
		return v.paid(), 0
	case back.recover == "WO":
		return 0, max(over, 0)
	default:
		return max(over, 0), 0
	}
}

// arrange chooses the claims to take back and those to keep for the later
// payments, so that no payment would be negative. It returns nil where the
// account's claims do not allow that; force takes the first claim back all the
// same, and the balance is then carried forward (FB).
func (o *Options) arrange(a *account, back *takeBack, force bool) *arrangement {
	if back.recover == "FB" {
		return arrangeCarry(a, back)
	}
	r := &arrangement{back: back}
	available, needSecond, needThird := money.Cents(0), money.Cents(0), money.Cents(0)
	for _, c := range a.claims {
		available += max(c.paid(), 0)
	}
	for _, c := range a.claims {
		if len(r.victims) == back.claims {
			break
		}
		if c.revised || !back.of(c) {
			continue
		}
		second, third := o.needs(back, c)
		rest := available - max(c.paid(), 0)
		if needSecond+needThird+second+third > rest && (!force || len(r.victims) > 0) {
			continue
		}
		r.victims = append(r.victims, c)
		available, needSecond, needThird = rest, needSecond+second, needThird+third
	}
	if len(r.victims) == 0 {
		return nil
	}
	r.keep(a, needSecond, needThird)
	return r
}

// keep sets claims aside from the end: as many as the later payments need, and
// a few more so that they look like payments.
func (r *arrangement) keep(a *account, needSecond, needThird money.Cents) {
	want := min(len(a.claims)/3, max(4, len(a.claims)/6))
	rest := slices.DeleteFunc(slices.Clone(a.claims), func(c *settled) bool { return slices.Contains(r.victims, c) })
	take := func(need money.Cents, atLeast int) (kept []*settled) {
		for sum := money.Cents(0); len(rest) > 0 && (sum < need || len(kept) < atLeast); rest = rest[:len(rest)-1] {
			c := rest[len(rest)-1]
			kept, sum = append(kept, c), sum+c.paid()
		}
		slices.Reverse(kept)
		return kept
	}
	r.third = take(needThird, 0)
	r.second = take(needSecond, max(want/2-len(r.third), 0))
	if needThird > 0 || r.back.twoDays {
		r.third = append(take(0, want/2-len(r.third)), r.third...)
	}
	later := append(slices.Clone(r.second), r.third...)
	r.first = slices.DeleteFunc(slices.Clone(a.claims), func(c *settled) bool { return slices.Contains(later, c) })
}

// arrangeCarry takes everything of the first payment back at once, so that the
// second would be negative, and keeps a third of the claims to set it off.
func arrangeCarry(a *account, back *takeBack) *arrangement {
	n := len(a.claims) - len(a.claims)/3
	r := &arrangement{back: back, first: a.claims[:n], third: a.claims[n:]}
	for _, c := range r.first {
		if len(r.victims) < back.claims && !c.revised && back.of(c) {
			r.victims = append(r.victims, c)
		}
	}
	if len(r.victims) == 0 {
		return nil
	}
	return r
}

// takeBackRounds adds the files in which claims of the first are reversed and
// corrected.
func (o *Options) takeBackRounds(a *account, r *arrangement) {
	second, third := o.newPayment(a, r.second), o.newPayment(a, r.third)
	for _, v := range r.victims {
		reversal, correction := v.reverse(), o.correct(v, r.back.fate, r.back.denial)
		second.claims = append(second.claims, reversal)
		if r.back.twoDays {
			third.claims = append(third.claims, correction)
		} else {
			second.claims = append(second.claims, correction)
		}
		// What was overpaid is not taken now: this payment gives it back, the
		// next one recovers it, both under the number of the reversed claim.
		if over := -(reversal.paid() + correction.paid()); r.back.recover == "WO" && over > 0 {
			second.adjustments = append(second.adjustments, providerAdjustment{"WO", v.icn, -over})
			third.adjustments = append(third.adjustments, providerAdjustment{"WO", v.icn, over})
		}
	}
	a.rounds = append(a.rounds, []*payment{second})
	if len(third.claims)+len(third.adjustments) > 0 {
		a.rounds = append(a.rounds, []*payment{third})
	}
}
