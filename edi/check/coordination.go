package check

import (
	"bytes"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// other begins a 2320 loop.
func (r *claimRules) other(s *x12.Segment) {
	if len(r.others) < cap(r.others) {
		r.others = r.others[:len(r.others)+1]
		id := r.others[len(r.others)-1].id
		r.others[len(r.others)-1] = otherPayer{id: id[:0]}
	} else {
		r.others = append(r.others, otherPayer{})
	}
	o := &r.others[len(r.others)-1]
	o.at = placeOf(s, "2320", 0)
	r.ranks[first(s.Element(1))]++
}

func (r *claimRules) otherDetail(s *x12.Segment, role role) {
	if len(r.others) == 0 {
		return
	}
	o := &r.others[len(r.others)-1]
	switch role {
	case roleOtherCAS:
		o.cas += adjustments(s)
		o.hasCAS = true
	case roleOtherAMT:
		switch string(s.Element(1)) {
		case "D":
			o.paid, _ = money.Parse(s.Element(2))
			o.hasPaid = true
			o.at = placeOf(s, "2320", 2)
		case "A8":
			o.notCovered, _ = money.Parse(s.Element(2))
			o.hasA8, o.at = true, placeOf(s, "2320", 2)
		case "EAF":
			o.hasEAF = true
		}
	case roleOtherMIA:
		if outpatient(r.bill) {
			r.c.find(ruleOtherMIA, s, 0, 0, "inpatient adjudication on an outpatient bill")
		}
	case roleOtherPayer:
		o.id = append(o.id[:0], s.Element(9)...)
		for i := range r.others[:len(r.others)-1] {
			if len(o.id) > 0 && bytes.Equal(o.id, r.others[i].id) {
				r.c.find(ruleCOBTwice, s, 9, 0, "another payer of the claim has this number")
				break
			}
		}
	case roleOtherDecided:
		o.decided, o.decidedAt = true, placeOf(s, "2330B", 3)
	}
}

// adjustments adds up the amounts of a CAS.
func adjustments(s *x12.Segment) money.Cents {
	var sum money.Cents
	for n := 3; n <= s.Len(); n += 3 {
		if v := s.Element(n); len(v) > 0 {
			a, _ := money.Parse(v)
			sum += a
		}
	}
	return sum
}

func (r *claimRules) adjudication(s *x12.Segment, role role) {
	l := &r.line
	switch role {
	case roleSVD:
		l.payer = -1
		for i := range r.others {
			if bytes.Equal(r.others[i].id, s.Element(1)) {
				l.payer = i
				break
			}
		}
		if l.payer < 0 {
			r.c.find(ruleSVDPayer, s, 1, 0, "SVD01 names no payer of the claim's 2330B loops")
			return
		}
		o := &r.others[l.payer]
		paid, _ := money.Parse(s.Element(2))
		o.thisPaid += paid
		o.linePaid += paid
		o.this, o.lines = true, true
	case roleSVDCAS:
		if l.payer >= 0 {
			a := adjustments(s)
			r.others[l.payer].thisCAS += a
			r.others[l.payer].lineCAS += a
		}
	case roleSVDAMT:
		if l.payer >= 0 && r.others[l.payer].hasEAF {
			r.others[l.payer].hasEAF = false // once is enough
			line := placeOf(s, "2430", 1)
			p := r.others[l.payer].at.of(0)
			p.trigger = &line
			r.c.findAt(ruleCOBPatient, p, "what remains for the patient is told at the claim and at a line")
		}
	case roleSVDDecided:
		if l.payer >= 0 && r.others[l.payer].decided {
			r.others[l.payer].decided = false // once is enough
			p, line := r.others[l.payer].decidedAt, placeOf(s, "2430", 0)
			p.trigger = &line
			r.c.findAt(ruleDecided, p, "the other payer's decision has its date at the claim and at a line")
		}
	}
}

// coordination balances what the other payers decided.
func (r *claimRules) coordination() {
	for i := range r.others {
		o := &r.others[i]
		if o.hasA8 {
			if !o.hasPaid && (o.notCovered != r.charge || o.hasCAS || o.lines) {
				r.c.findAt(ruleCOBA8, o.at, "the other payer would not cover %s of a charge of %s", o.notCovered, r.charge)
			}
			if !o.hasPaid {
				continue
			}
		}
		if !o.hasPaid {
			if o.hasCAS || o.lines {
				r.c.findAt(ruleCOBAmount, o.at, "the other payer has adjusted the claim, but what it paid is missing")
			}
			continue // nothing decided yet, or nothing told
		}
		if !o.decided && !o.lines {
			r.c.findAt(ruleCOBDate, o.at.of(1), "the other payer has paid, but the date of its decision is missing")
		}
		if total := o.paid + o.cas + o.lineCAS; (o.lines || o.cas != 0) && total != r.charge {
			r.c.findAt(ruleCOBClaim, o.at, "CLM02 is %s, but this payer's payment %s and adjustments %s add up to %s",
				r.charge, o.paid, o.cas+o.lineCAS, total)
		}
		if o.lines && o.paid != o.linePaid-o.cas {
			r.c.findAt(ruleCOBPaid, o.at, "AMT*D is %s, but its line payments %s less its claim adjustments %s are %s",
				o.paid, o.linePaid, o.cas, o.linePaid-o.cas)
		}
	}
}
