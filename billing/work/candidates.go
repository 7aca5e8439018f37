package work

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
)

// maxSuggested bounds how many claims an item names that an answer may be for.
const maxSuggested = 3

// byServices looks for the claims of CLPs whose numbers say nothing, by what was
// done, when, and for how much. It takes one for the claim only if there is no
// other like it and the member is the same; else it tells a person which claims
// it may be. An answer that has been given already is never given again.
func (p *poster) byServices(list []*remit835.Claim) (map[*remit835.Claim]*claimsdb.PostingClaim, error) {
	found := map[*remit835.Claim]*claimsdb.PostingClaim{}
	var sought []billingdb.Sought
	for i, c := range list {
		if on := firstDay(c); !on.IsZero() && c.Charge != 0 {
			sought = append(sought, billingdb.Sought{At: i, Charge: c.Charge.Abs(), On: on})
		}
	}
	if p.payeeUnknown || p.matching || len(sought) == 0 {
		return found, nil
	}
	candidates, err := billingdb.Candidates(p.ctx, p.tx, p.args.PracticeID, p.row.PayerID, sought)
	if err != nil || len(candidates) == 0 {
		return found, err
	}
	var numbers []string
	for _, k := range candidates {
		numbers = append(numbers, k.Number)
	}
	claims, err := claimsdb.ClaimsByNumber(p.ctx, p.tx, p.args.PracticeID, numbers)
	if err != nil {
		return nil, err
	}
	byAt := map[int][]billingdb.Candidate{}
	for _, k := range candidates {
		byAt[k.At] = append(byAt[k.At], k)
	}
	for i, c := range list {
		like := slices.DeleteFunc(byAt[i], func(k billingdb.Candidate) bool { return len(c.Lines) > 0 && !sameServices(claims[k.Number], c) })
		if len(like) == 0 {
			continue
		}
		if member := memberOf(c); member != "" {
			if own := slices.DeleteFunc(slices.Clone(like), func(k billingdb.Candidate) bool { return !strings.EqualFold(k.MemberID, member) }); len(own) > 0 {
				like = own
			}
		}
		only := claims[like[0].Number]
		if len(like) == 1 && len(c.Lines) > 0 && !c.IsReversal() && !like[0].Answered && only.PayerID == p.row.PayerID && memberOf(c) != "" && strings.EqualFold(like[0].MemberID, memberOf(c)) {
			found[c] = only
			p.poster.FoundBy(c.Number, "member, procedures, modifiers, date and charges; the payer returned another claim number")
			p.foundAlias(c, only.Number)
			continue
		}
		var names []string
		for _, k := range like[:min(len(like), maxSuggested)] {
			names = append(names, k.Number)
		}
		text := strings.Join(names, " or ")
		if more := len(like) - len(names); more > 0 {
			text += fmt.Sprintf(" or one of %d more", more)
		}
		p.poster.MayBe(c.Number, text)
	}
	return found, nil
}

// firstDay is the day of a CLP's first service.
func firstDay(c *remit835.Claim) date.Date {
	day := c.Date("232")
	for i := range c.Lines {
		if on := c.Lines[i].ServiceDate(); !on.IsZero() && (day.IsZero() || on.Before(day)) {
			day = on
		}
	}
	return day
}

// memberOf returns the member id that a CLP names, of the patient or the insured.
func memberOf(c *remit835.Claim) string {
	for _, role := range [...]string{"QC", "IL"} {
		if n := c.Name(role); n != nil && n.IDQualifier == "MI" && n.ID != "" {
			return clean(n.ID)
		}
	}
	return ""
}

// sameServices reports whether the claim was sent with just the services that
// the CLP answers: procedure, modifiers, charge, and the day where it is said.
func sameServices(f *claimsdb.PostingClaim, c *remit835.Claim) bool {
	if f == nil || len(f.Lines) != len(c.Lines) {
		return false
	}
	taken := make([]bool, len(f.Lines))
	for i := range c.Lines {
		svc := &c.Lines[i]
		modifiers := slices.DeleteFunc(slices.Clone(svc.Procedure.Modifiers[:]), func(m string) bool { return m == "" })
		at := slices.IndexFunc(f.Lines, func(l claimsdb.PostingLine) bool {
			on := svc.ServiceDate()
			return l.Procedure == svc.Procedure.Code && slices.Equal(l.Modifiers, modifiers) && l.Charge == svc.Charge.Abs() && (on.IsZero() || on == l.ServiceDate)
		})
		for at >= 0 && taken[at] { // several lines may be alike
			next := slices.IndexFunc(f.Lines[at+1:], func(l claimsdb.PostingLine) bool {
				return l.Procedure == f.Lines[at].Procedure && slices.Equal(l.Modifiers, f.Lines[at].Modifiers) && l.Charge == f.Lines[at].Charge && l.ServiceDate == f.Lines[at].ServiceDate
			})
			if next < 0 {
				return false
			}
			at += 1 + next
		}
		if at < 0 {
			return false
		}
		taken[at] = true
	}
	return true
}
