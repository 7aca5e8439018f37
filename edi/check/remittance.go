package check

import (
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// remitRules balances an 835 line by line, claim by claim, and as a payment.
type remitRules struct {
	c  *checker
	on bool

	bpr      place
	paid     money.Cents // BPR02
	hasBPR   bool
	claims   money.Cents // Σ CLP04
	plb      money.Cents
	interest money.Cents // Σ AMT*I
	discount money.Cents // Σ AMT*D8
	l6, d90  money.Cents
	hasL6    bool
	has90    bool
	plbAt    place
	at       remitSeen

	claim struct {
		open                         bool
		at                           place
		number                       []byte
		charge, paid, share, cas, pr money.Cents
		reversal, predetermination   bool
		lines                        int
		status                       [2]byte
		has                          claimSeen
	}
	line struct {
		open              bool
		at                place
		charge, paid, cas money.Cents
		has               claimSeen
	}
}

func (r *remitRules) start(c *checker) {
	*r = remitRules{c: c, on: c.g.Set == "835"}
}

func (r *remitRules) segment(s *x12.Segment, role role) {
	amount := func(n int) money.Cents {
		a, _ := money.Parse(s.Element(n))
		return a
	}
	switch role {
	case roleBPR:
		r.payment(s)
	case roleCLP:
		r.c.set.Claims++
		r.beginClaim(s)
		c := &r.claim
		c.open, c.at = true, placeOf(s, "2100", 4)
		c.charge, c.paid, c.cas, c.pr, c.lines = amount(3), amount(4), 0, 0, 0
		c.share = 0
		if len(s.Element(5)) > 0 {
			c.share = amount(5)
		}
		c.reversal, c.predetermination = string(s.Element(2)) == "22", string(s.Element(2)) == "25"
		r.claims += c.paid
	case roleCLPCAS:
		r.adjust(s, nil)
	case roleCLPAMT:
		switch string(s.Element(1)) {
		case "I":
			r.interest += amount(2)
		case "D8":
			r.discount += amount(2)
		}
	case roleSVC:
		r.claim.lines++
		r.line.open, r.line.at = true, placeOf(s, "2110", 3)
		r.line.charge, r.line.paid, r.line.cas = amount(2), amount(3), 0
		r.beginLine(s)
	case roleSVCCAS:
		r.adjust(s, &r.line.cas)
	case rolePLB:
		r.providerAdjustments(s)
	default:
		r.detail(s, role)
	}
}

func (r *remitRules) adjust(s *x12.Segment, line *money.Cents) {
	a := adjustments(s)
	r.reasons(s, line != nil)
	r.claim.cas += a
	if line != nil {
		*line += a
	}
	if string(s.Element(1)) == "PR" {
		r.claim.pr += a
	}
}

func (r *remitRules) payment(s *x12.Segment) {
	var err error
	r.paid, err = money.Parse(s.Element(2))
	r.hasBPR, r.bpr = err == nil, placeOf(s, "HEADER", 2)
	if r.paid < 0 {
		r.c.find(rule835Negative, s, 2, 0, "BPR02 is negative")
	}
	method := string(s.Element(4))
	// A prenotification tries out the account without money.
	if string(s.Element(1)) != "P" {
		switch none := method == "NON"; {
		case none && r.paid != 0:
			r.c.find(rule835NON, s, 4, 0, "the method is NON, which moves no money, but the amount is %s", r.paid)
		case !none && r.paid == 0:
			r.c.find(rule835Handle, s, 4, 0, "nothing is paid, but the method is %s", show(method))
		}
	}
	if h := string(s.Element(1)); r.paid == 0 && h != "H" && h != "I" && h != "P" {
		r.c.find(rule835Handle, s, 1, 0, "nothing is paid, but BPR01 is %s", show(h))
	}
	r.banks(s, method)
}

func (r *remitRules) providerAdjustments(s *x12.Segment) {
	r.plbAt = placeOf(s, "SUMMARY", 0)
	for n := 4; n <= s.Len(); n += 2 {
		a, _ := money.Parse(s.Element(n))
		r.plb += a
		r.owed(s, n)
		switch string(s.Component(n-1, 1)) {
		case "L6":
			r.l6, r.hasL6 = r.l6+a, true
		case "90":
			r.d90, r.has90 = r.d90+a, true
		}
	}
}

func (r *remitRules) closed(l *guide.Loop) {
	if !r.on {
		return
	}
	switch l.ID {
	case "2110":
		if v := &r.line; v.open {
			v.open = false
			r.endLine()
			if v.charge-v.paid != v.cas {
				r.c.findAt(rule835Line, v.at, "SVC02 %s less SVC03 %s is %s, but the line's adjustments add up to %s", v.charge, v.paid, v.charge-v.paid, v.cas)
			}
		}
	case "2100":
		r.endClaim()
	}
}

func (r *remitRules) endClaim() {
	v := &r.claim
	if !v.open {
		return
	}
	v.open = false
	r.endClaimDetail()
	if v.charge-v.paid != v.cas {
		r.c.findAt(rule835Claim, v.at, "CLP03 %s less CLP04 %s is %s, but the adjustments of the claim and its lines add up to %s", v.charge, v.paid, v.charge-v.paid, v.cas)
	}
	if !v.reversal && !v.predetermination && v.share != v.pr {
		p := v.at.of(5)
		r.c.findAt(rule835Share, p, "CLP05 is %s, but the PR adjustments add up to %s", v.share, v.pr)
	}
}

func (r *remitRules) endSet() {
	if !r.on {
		return
	}
	if r.hasBPR && r.paid != r.claims-r.plb {
		r.c.findAt(rule835Payment, r.bpr, "BPR02 is %s, but the claims' payments %s less the provider adjustments %s are %s", r.paid, r.claims, r.plb, r.claims-r.plb)
	}
	r.endProvider()
	if r.hasL6 && r.l6 != -r.interest {
		r.c.findAt(rule835Interest, r.plbAt, "PLB L6 adds up to %s, but the claims' interest (AMT*I) to %s", r.l6, r.interest)
	}
	if r.has90 && r.d90 != -r.discount {
		r.c.findAt(rule835Discount, r.plbAt, "PLB 90 adds up to %s, but the claims' discount (AMT*D8) to %s", r.d90, r.discount)
	}
}
