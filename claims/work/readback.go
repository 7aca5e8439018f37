package work

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/crosscheck"
	"github.com/claimbook/claimbook/edi/guide"
)

// secondReader is what an independent implementation says of a file that we
// wrote: of all its claims, or above 500 of an even sample. It informs and never
// blocks.
func secondReader(content []byte) string {
	report, err := crosscheck.CheckBytes(content)
	if err != nil {
		return crosscheck.Reader + " could not be asked"
	}
	return report.Note()
}

// guideFindings runs our own validator over what was written: errors by claim
// number, and under "" those that belong to no claim. A message names the rule
// and the place, never the value: that may be a patient's.
func guideFindings(content []byte) (map[string][]string, error) {
	report, err := check.Run(bytes.NewReader(content), "", check.Options{})
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	report.Findings(func(f *guide.Finding) {
		if f.Severity == guide.Error {
			found[f.Claim] = append(found[f.Claim], fmt.Sprintf("%s in loop %s, segment %s%02d", f.Code, f.Loop, f.SegmentID, f.Element))
		}
	})
	return found, nil
}

// holdInvalid holds ready claims that break the guide. That is a defect of the
// edits, and better known here than told by the payer about the whole file.
func (b *batchBuilder) holdInvalid(ctx context.Context, tx pgx.Tx, found map[string][]string) error {
	var moves []claims.Move
	var items []claims.WorkItem
	var kept []claimsdb.ReadyClaim
	for _, c := range b.list {
		reasons, bad := found[c.Number]
		if !bad {
			kept = append(kept, c)
			continue
		}
		reason := "the implementation guide is broken by " + strings.Join(reasons, "; ")
		moves = append(moves, claims.Move{ClaimID: c.ID, To: claims.Held, Event: "held", Actor: "batch.build", On: b.today, Message: "Held: " + reason + "."})
		items = append(items, claims.WorkItem{
			Kind: claims.WorkHeld, DedupeKey: fmt.Sprintf("guide|%s|%s", c.Number, b.today), ClaimID: c.ID, Amount: c.Charge, OpenedOn: b.today,
			Reason: fmt.Sprintf("Claim %s: %s.", c.Number, reason),
			Action: "Correct the encounter or the set-up and send the encounter again. The edits should have found this: report it as a defect.",
		})
	}
	b.list = kept
	if err := claimsdb.Transition(ctx, tx, b.practice.ID, moves); err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, b.practice.ID, items)
}
