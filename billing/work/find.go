package work

import (
	"maps"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/remit835"
)

// alias is a claim number as a payer returned it (CLP01) and its own number of
// the claim (CLP07); "" for whatever that is.
type alias struct{ number, payerNumber string }

// loadAliases learns what the numbers of the payment that are not ours were
// found to mean before, and returns the numbers with those of the claims meant.
func (p *poster) loadAliases(numbers []string) ([]string, error) {
	if p.payeeUnknown {
		return numbers, nil
	}
	list, err := billingdb.Aliases(p.ctx, p.tx, p.args.PracticeID, p.row.PayerID, numbers)
	if err != nil {
		return nil, err
	}
	p.aliases = map[alias]billingdb.Alias{}
	for _, a := range list {
		p.aliases[alias{a.ClaimNumber, a.PayerClaimNumber}] = a
		numbers = append(numbers, a.Claim)
	}
	return numbers, nil
}

// means returns what the number of a CLP was found to mean before.
func (p *poster) means(c *remit835.Claim) (billingdb.Alias, bool) {
	if c.PayerControlNumber != "" {
		if a, known := p.aliases[alias{c.ControlNumber, c.PayerControlNumber}]; known {
			return a, true
		}
	}
	a, known := p.aliases[alias{c.ControlNumber, ""}]
	return a, known
}

// match finds our claims by CLP01, by the control numbers of the lines where the
// payer returned another number, and by what was found out about that number
// before.
func (p *poster) match(part []*remit835.Claim) (map[*remit835.Claim]*billing.Claim, error) {
	ours := map[*remit835.Claim]*billing.Claim{}
	if p.payeeUnknown {
		return ours, nil
	}
	var numbers []string
	for _, c := range part {
		numbers = append(numbers, c.ControlNumber, ourNumber(c))
		if number := numberByLines(c); number != "" && number != c.ControlNumber {
			numbers = append(numbers, number)
		}
		if a, known := p.means(c); known {
			numbers = append(numbers, a.Claim)
		}
	}
	found, err := claimsdb.ClaimsByNumber(p.ctx, p.tx, p.args.PracticeID, numbers)
	if err != nil {
		return nil, err
	}
	claimOfCLP := map[*remit835.Claim]*claimsdb.PostingClaim{}
	var nameless []*remit835.Claim
	for _, c := range part {
		if f := p.find(c, found); f != nil {
			claimOfCLP[c] = f
		} else {
			nameless = append(nameless, c)
		}
	}
	byServices, err := p.byServices(nameless)
	if err != nil {
		return nil, err
	}
	maps.Copy(claimOfCLP, byServices)
	var ids []int64
	converted := map[int64]*billing.Claim{}
	for _, c := range part {
		f := claimOfCLP[c]
		if f == nil {
			continue
		}
		if converted[f.ID] == nil {
			converted[f.ID] = claimOf(f, p.appealDays)
			ids = append(ids, f.ID)
		}
		ours[c] = converted[f.ID]
	}
	allowed, err := billingdb.ContractedAmounts(p.ctx, p.tx, p.args.PracticeID, ids)
	if err != nil {
		return nil, err
	}
	for _, our := range converted {
		for i := range our.Lines {
			our.Lines[i].Allowed = allowed[our.Lines[i].ServiceLineID]
		}
	}
	return ours, nil
}

// foundAlias remembers what a number was found to mean, for a reversal that says
// less.
func (p *poster) foundAlias(c *remit835.Claim, number string) {
	if c.ControlNumber == "" || c.PayerControlNumber == "" {
		return
	}
	a := billingdb.Alias{PayerID: p.row.PayerID, ClaimNumber: c.ControlNumber, PayerClaimNumber: c.PayerControlNumber, Claim: number}
	p.newAliases = append(p.newAliases, a)
	if p.aliases != nil { // it may come in the same payment
		p.aliases[alias{a.ClaimNumber, a.PayerClaimNumber}] = a
	}
}

// find returns the claim that a CLP speaks for, among those with a number that
// it may mean; nil when it is a person's to say.
func (p *poster) find(c *remit835.Claim, found map[string]*claimsdb.PostingClaim) *claimsdb.PostingClaim {
	if f := found[c.ControlNumber]; f != nil {
		return f
	}
	if f := found[ourNumber(c)]; f != nil {
		p.poster.FoundBy(c.Number, "claim number, written another way")
		return f
	}
	if f := found[numberByLines(c)]; f != nil && carriesLines(f, c) {
		p.foundAlias(c, f.Number)
		return f
	}
	a, known := p.means(c)
	if !known || found[a.Claim] == nil {
		return nil
	}
	why := "this payer's numbers (CLP01 and CLP07), which were found to mean it before"
	switch {
	case a.PayerClaimNumber == "":
		why = "this payer's claim number, as a person decided it means from now on"
	case a.ByPerson:
		why = "this payer's numbers (CLP01 and CLP07), which a person matched to it before"
	}
	p.poster.FoundBy(c.Number, why)
	return found[a.Claim]
}

// ourNumber returns CLP01 as we would have written it: payers pad it with blanks
// and change its case, and ours has neither.
func ourNumber(c *remit835.Claim) string {
	return strings.ToUpper(strings.TrimSpace(c.ControlNumber))
}

// numberByLines returns the number of the claim that the line control numbers
// (REF*6R) name; "" when they name none, or several.
func numberByLines(c *remit835.Claim) string {
	number := ""
	for i := range c.Lines {
		of := claims.NumberOfLine(c.Lines[i].ControlNumber())
		if of == "" {
			continue
		}
		if number != "" && number != of {
			return ""
		}
		number = of
	}
	return number
}

// carriesLines reports whether the claim was sent with every line control number
// that the payer returned.
func carriesLines(f *claimsdb.PostingClaim, c *remit835.Claim) bool {
	for i := range c.Lines {
		control := c.Lines[i].ControlNumber()
		if control != "" && !slices.ContainsFunc(f.Lines, func(l claimsdb.PostingLine) bool { return l.ControlNumber == control }) {
			return false
		}
	}
	return true
}
