package work

import (
	"maps"
	"slices"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/ledger"
)

// later posts what earlier answers of later payers could not adjust because what
// they spoke of had not come yet, and now has.
func (p *poster) later(trigger string) error {
	visits := p.poster.Visits()
	if len(visits) == 0 {
		return nil
	}
	answered, err := billingdb.AnsweredByLaterPayers(p.ctx, p.tx, p.args.PracticeID, visits)
	if err != nil || len(answered) == 0 {
		return err
	}
	var numbers []string
	for _, list := range answered {
		numbers = append(numbers, list...)
	}
	found, err := claimsdb.ClaimsByNumber(p.ctx, p.tx, p.args.PracticeID, numbers)
	if err != nil {
		return err
	}
	var ids []int64
	var keys []ledger.Key
	byNumber := map[string]*billing.Claim{}
	for number, f := range found {
		c := claimOf(f, p.appealDays)
		byNumber[number] = c
		ids = append(ids, c.ID)
		keys = append(keys, p.poster.Keys(c)...)
	}
	if err := p.know(keys); err != nil {
		return err
	}
	histories, err := billingdb.Histories(p.ctx, p.tx, p.args.PracticeID, ids)
	if err != nil {
		return err
	}
	for _, visit := range slices.Sorted(maps.Keys(answered)) {
		var list []*billing.Claim
		for _, number := range answered[visit] {
			list = append(list, byNumber[number])
		}
		p.poster.Later(trigger, list, histories)
	}
	return p.save()
}
