package main

import (
	"context"

	billingwork "github.com/claimbook/claimbook/billing/work"
)

type decideOffsetCmd struct {
	Payer     string `placeholder:"CODE" help:"Payer that got the money; left out for one that the practice does not know."`
	Reference string `required:"" help:"The reference under which both are open, as claimbook report unapplied shows it."`
	why
}

// Help shows an example.
func (decideOffsetCmd) Help() string {
	return "Dr 2100 / Cr 2210 of what stands on both sides of the reference: the payer announced to recover what had been refunded. Its own WO and 72 do the same when they come.\n\nExample:\n  claimbook decide offset --payer BLUE --reference L-2041 --reason 'the payer confirms our check'"
}

func (c decideOffsetCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.OffsetRefund(c.Payer, c.Reference) })
}
