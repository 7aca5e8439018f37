package main

import (
	"context"

	billingwork "github.com/claimbook/claimbook/billing/work"
)

type decideUndoCmd struct {
	Source string `arg:"" help:"Source key of the decision's entry, as claimbook explain shows it."`
	why
}

// Help shows an example.
func (decideUndoCmd) Help() string {
	return "Posts the mirror of the entry, linked to it; the work item that was settled is open again, and the rule that was made is forgotten. For treatments, line assignments, classifications, write-offs, applied credits and refunds to payers. Refused when something rests on it: a payment since, a refund that was sent, a claim to the next payer, a bank line.\n\nExample:\n  claimbook decide undo 'decision|patient-write-off|W-12' --reason 'the wrong patient'"
}

func (c decideUndoCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.Undo(c.Source) })
}
