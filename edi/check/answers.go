package check

import (
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// ackRules checks what the segments of a 999 or 277CA say of each other.
type ackRules struct {
	c        *checker
	on       bool
	sets     int
	accepted int
	fault    place // IK3
	named    bool  // it has an IK4
	status   struct {
		totals   place
		claims   [2]int // accepted, rejected
		sums     [2]money.Cents
		told     [2]int // -1 where nothing is told
		toldSums [2]money.Cents
		hasSums  [2]bool
		counted  int // the claim whose status was taken last
	}
}

func (r *ackRules) start(c *checker) {
	*r = ackRules{c: c, on: c.g.Name == "999" || c.g.Name == "277CA"}
	r.status.told = [2]int{-1, -1}
}

func (r *ackRules) segment(s *x12.Segment, step guide.Step) {
	switch step.Segment.ID {
	case "HL":
		r.c.claims.c = r.c
		r.level(s)
	case "TRN":
		if step.Loop.ID == "2200D" {
			r.c.set.Claims++
		}
	case "STC":
		rejecting := false
		for _, n := range []int{1, 10, 11} {
			switch string(s.Component(n, 1)) {
			case "A3", "A6", "A7", "A8":
				rejecting = true
			}
		}
		if action := string(s.Element(3)); rejecting && action == "WQ" || !rejecting && action == "U" {
			r.c.find(rule277Action, s, 3, 0, "the category and the action %s contradict each other", action)
		}
		if step.Loop.ID == "2200D" {
			r.claim(s, rejecting)
		}
	case "QTY", "AMT":
		if step.Loop.ID == "2200B" {
			r.total(s)
		}
	case "IK3":
		r.endSegment()
		r.fault, r.named = placeOf(s, "2100", 4), false
	case "IK4":
		r.named = true
	case "IK5":
		r.endSegment()
		r.reason(s)
		r.sets++
		if a := first(s.Element(1)); a == 'A' || a == 'E' {
			r.accepted++
		}
	case "AK9":
		r.group(s)
	}
}

// endSegment checks that IK304 and IK4 fit each other.
func (r *ackRules) endSegment() {
	if p := r.fault; p.id != "" && (string(p.short[:p.n]) == "8") != r.named {
		r.c.findAt(rule999Segment, p, "IK304 and the IK4 segments below do not fit each other")
	}
	r.fault = place{}
}

// reason checks that IK501 and IK502 fit each other.
func (r *ackRules) reason(s *x12.Segment) {
	told := len(s.Element(2)) > 0
	switch first(s.Element(1)) {
	case 'R':
		if !told {
			r.c.find(rule999Reason, s, 2, 0, "a rejected transaction set without the reason")
		}
	case 'A':
		if told {
			r.c.find(rule999Reason, s, 2, 0, "an accepted transaction set with an error")
		}
	}
}

// claim takes the status of a claim of a 277CA. A claim with several counts by
// its first.
func (r *ackRules) claim(s *x12.Segment, rejecting bool) {
	t := &r.status
	if r.c.set.Claims == t.counted {
		return
	}
	t.counted = r.c.set.Claims
	k := 0
	if rejecting || string(s.Element(3)) == "U" {
		k = 1
	}
	amount, _ := money.Parse(s.Element(4))
	t.claims[k]++
	t.sums[k] += amount
}

// total takes the counts and amounts that a 277CA tells of the whole file.
func (r *ackRules) total(s *x12.Segment) {
	t := &r.status
	t.totals = placeOf(s, "2200B", 2)
	switch string(s.Element(1)) {
	case "90":
		t.told[0] = whole(s.Element(2))
	case "AA":
		t.told[1] = whole(s.Element(2))
	case "YU":
		t.toldSums[0], _ = money.Parse(s.Element(2))
		t.hasSums[0] = true
	case "YY":
		t.toldSums[1], _ = money.Parse(s.Element(2))
		t.hasSums[1] = true
	}
}

// endStatus compares them with the claims, where claims are told.
func (r *ackRules) endStatus() {
	t := &r.status
	if t.claims[0]+t.claims[1] == 0 {
		return
	}
	for k, what := range [...]string{"accepted", "rejected"} {
		if t.told[k] >= 0 && t.told[k] != t.claims[k] {
			r.c.findAt(rule277Count, t.totals, "%d claims are called %s, and %d are", t.told[k], what, t.claims[k])
		}
		if t.hasSums[k] && t.toldSums[k] != t.sums[k] {
			r.c.findAt(rule277Sum, t.totals, "charges of %s are called %s, and %s are", t.toldSums[k], what, t.sums[k])
		}
	}
}

// level numbers the levels of a 277CA.
func (r *ackRules) level(s *x12.Segment) {
	k := &r.c.claims
	if n := atoi(s.Element(1)); n != len(k.levels)+1 {
		r.c.find(ruleHLID, s, 1, 0, "HL01 is %s, but this is level %d of the transaction set", show(s.String(1)), len(k.levels)+1)
	}
	if p := atoi(s.Element(2)); len(s.Element(2)) > 0 {
		if p < 1 || p > len(k.levels) {
			r.c.find(ruleHLParent, s, 2, 0, "HL02 is %s, and no level before it has that number", show(s.String(2)))
		} else {
			k.levels[p-1].children++
		}
	}
	k.levels = append(k.levels, level{at: placeOf(s, "", 4), says: first(s.Element(4))})
}

func (r *ackRules) group(s *x12.Segment) {
	received, accepted := atoi(s.Element(3)), atoi(s.Element(4))
	if accepted > received || r.sets > 0 && (received != r.sets || accepted != r.accepted) {
		r.c.find(rule999Count, s, 3, 0, "%d sets received and %d accepted by AK9, but %d answers of which %d accept", received, accepted, r.sets, r.accepted)
	}
	answer := first(s.Element(1))
	wrong := false
	switch answer {
	case 'A', 'E':
		wrong = accepted < received
	case 'P':
		wrong = accepted == 0 || accepted == received
	case 'R':
		wrong = accepted > 0
	}
	if wrong {
		r.c.find(rule999Code, s, 1, 0, "AK901 is %c with %d of %d sets accepted", answer, accepted, received)
	}
}

func (r *ackRules) endSet() {
	if !r.on || r.c.g.Name != "277CA" {
		return
	}
	r.endStatus()
	for i := range r.c.claims.levels {
		l := &r.c.claims.levels[i]
		if l.says == '1' && l.children == 0 {
			r.c.findAt(ruleHLChild, l.at, "HL04 says that levels follow below, and none does")
		}
		if l.says == '0' && l.children > 0 {
			r.c.findAt(ruleHLChild, l.at, "HL04 says that no level follows below, and %d do", l.children)
		}
	}
}
