package work

import (
	"maps"
	"slices"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
)

// credits tells people what insurers have overpaid after all that the source has
// posted: between a reversal and its correction nothing is said.
func (p *poster) credits(source string) error {
	visits, below := p.poster.Answered()
	return billingdb.TellCredits(p.ctx, p.tx, p.args.PracticeID, slices.Sorted(maps.Keys(visits)), slices.Sorted(maps.Keys(below)), source,
		claims.WorkItem{RemittanceID: p.row.ID, EDIFileID: p.row.EDIFileID, OpenedOn: p.args.ReceivedOn})
}
