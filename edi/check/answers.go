package check

import (
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/edi/x12"
)

// ackRules checks what the segments of a 999 or 277CA say of each other.
type ackRules struct {
	c        *checker
	on       bool
	sets     int
	accepted int
}

func (r *ackRules) start(c *checker) {
	*r = ackRules{c: c, on: c.g.Name == "999" || c.g.Name == "277CA"}
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
	case "IK5":
		r.sets++
		if a := first(s.Element(1)); a == 'A' || a == 'E' {
			r.accepted++
		}
	case "AK9":
		r.group(s)
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
