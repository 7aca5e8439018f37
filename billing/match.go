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
	modifiers := modifiersOf(svc.Procedure.Modifiers)
	sameDay := func(l *ClaimLine) bool { return on.IsZero() || on == l.ServiceDate }
	tries := []struct {
		reason string
		unique bool // several lines that look alike are a person's decision
		fits   func(l *ClaimLine) bool
	}{
		{matchExact, false, func(l *ClaimLine) bool {
			return l.Procedure == svc.Procedure.Code && slices.Equal(l.Modifiers, modifiers) && sameDay(l) && l.Charge == svc.Charge
		}},
		{matchSubmitted, false, func(l *ClaimLine) bool {
			return svc.Submitted.Code != "" && l.Procedure == svc.Submitted.Code && sameDay(l) && l.Charge == svc.Charge
		}},
		{matchModifier, false, func(l *ClaimLine) bool {
			return l.Procedure == svc.Procedure.Code && sameDay(l) && l.Charge == svc.Charge
		}},
		{matchCharge, true, func(l *ClaimLine) bool { return sameDay(l) && l.Charge == svc.Charge && svc.Charge != 0 }},
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

// share is what one CLP says of one line of our claim: cash and adjustments,
// with the claim's own adjustments already allocated to it.
type share struct {
	line        *ClaimLine // nil: the claim as such
	row         int        // index into the posting's rows of lines, -1: none
	paid        money.Cents
	offset      int64 // of SVC, or of CLP
	remarks     []string
	adjustments []shareAdjustment
}

// shareAdjustment is an adjustment's part in a share.
type shareAdjustment struct {
	group, carc string
	amount      money.Cents
	offset      int64
	row         int // index into the posting's rows of adjustments
}

// unreported returns the lines of the claim that no share speaks for.
func unreported(c *Claim, shares []share) []*ClaimLine {
	seen := map[int64]bool{}
	for _, s := range shares {
		if s.line != nil {
			seen[s.line.ServiceLineID] = true
		}
	}
	var rest []*ClaimLine
	for i := range c.Lines {
		if !seen[c.Lines[i].ServiceLineID] {
			rest = append(rest, &c.Lines[i])
		}
	}
	return rest
}
