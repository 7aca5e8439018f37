package billing

import (
	"slices"

	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
)

// Reasons of a line's match, as they are recorded and shown.
const (
	matchControl   = "line control number"
	matchExact     = "procedure, modifiers, date and charge"
	matchSubmitted = "the procedure we submitted, which the payer changed"
	matchModifier  = "procedure, date and charge; the payer dropped or changed a modifier"
	matchCharge    = "the only line with that date and charge"
	matchProcedure = "the only line with that procedure"
	matchSplit     = "the payer split the line"
	matchBundle    = "the payer bundled the lines; spread over them by charge"
	matchClaim     = "reported for the claim, spread over its lines by charge"
	matchRest      = "not reported by the payer; its part of the claim's total"
)

// matchLine finds the line of our claim that an SVC speaks for, and says by
// what. taken are the lines that an earlier SVC of the claim already matched:
// they are asked last, since a payer may split a line into several.
func matchLine(svc *remit835.Line, c *Claim, taken map[int64]bool) (*ClaimLine, string) {
	if control := svc.ControlNumber(); control != "" {
		for i := range c.Lines {
			if c.Lines[i].ControlNumber == control {
				return &c.Lines[i], matchControl
			}
		}
	}
	on := svc.ServiceDate()
	charge := svc.Charge.Abs() // a reversal speaks of the same line with a negative charge
	modifiers := modifiersOf(svc.Procedure.Modifiers)
	sameDay := func(l *ClaimLine) bool { return on.IsZero() || on == l.ServiceDate }
	tries := []struct {
		reason string
		unique bool // several lines that look alike are a person's decision
		fits   func(l *ClaimLine) bool
	}{
		{matchExact, false, func(l *ClaimLine) bool {
			return l.Procedure == svc.Procedure.Code && slices.Equal(l.Modifiers, modifiers) && sameDay(l) && l.Charge == charge
		}},
		{matchSubmitted, false, func(l *ClaimLine) bool {
			return svc.Submitted.Code != "" && l.Procedure == svc.Submitted.Code && sameDay(l) && l.Charge == charge
		}},
		{matchModifier, false, func(l *ClaimLine) bool {
			return l.Procedure == svc.Procedure.Code && sameDay(l) && l.Charge == charge
		}},
		{matchCharge, true, func(l *ClaimLine) bool { return sameDay(l) && l.Charge == charge && charge != 0 }},
		{matchProcedure, true, func(l *ClaimLine) bool {
			return l.Procedure == svc.Procedure.Code || svc.Submitted.Code != "" && l.Procedure == svc.Submitted.Code
		}},
	}
	for _, try := range tries {
		var found *ClaimLine
		several := false
		for i := range c.Lines {
			l := &c.Lines[i]
			if taken[l.ServiceLineID] || !try.fits(l) {
				continue
			}
			if found != nil {
				several = true
				break
			}
			found = l
		}
		// Lines that are alike in everything are interchangeable: the first is as
		// good as the other.
		if found != nil && (!several || !try.unique) {
			return found, try.reason
		}
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		if taken[l.ServiceLineID] && l.Procedure == svc.Procedure.Code && sameDay(l) {
			return l, matchSplit
		}
	}
	return nil, ""
}

func modifiersOf(reported [4]string) []string {
	var list []string
	for _, m := range reported {
		if m != "" {
			list = append(list, m)
		}
	}
	return list
}

// bundled finds the SVC that speaks for several lines of ours: its charge is
// that of the line it was matched to together with those of the same day that
// the payer did not report. It returns the index of the SVC and the lines, or -1
// where none does or several may.
func bundled(c *remit835.Claim, ours *Claim, matched []*ClaimLine) (int, []*ClaimLine) {
	named := map[int64]int{}
	for _, line := range matched {
		if line != nil {
			named[line.ServiceLineID]++
		}
	}
	at, lines := -1, []*ClaimLine(nil)
	for i := range c.Lines {
		svc, own := &c.Lines[i], matched[i]
		if own != nil && named[own.ServiceLineID] > 1 {
			continue // the payer split that one
		}
		var together []*ClaimLine
		var charge money.Cents
		for k := range ours.Lines {
			l := &ours.Lines[k]
			on := svc.ServiceDate()
			if own != nil && l.ServiceLineID == own.ServiceLineID || named[l.ServiceLineID] == 0 && (on.IsZero() || on == l.ServiceDate) {
				together = append(together, l)
				charge += l.Charge
			}
		}
		if len(together) < 2 || charge != svc.Charge.Abs() {
			continue
		}
		if at >= 0 {
			return -1, nil
		}
		at, lines = i, together
	}
	return at, lines
}
