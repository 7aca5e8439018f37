package main

import (
	"context"

	billingwork "github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/internal/date"
)

type decideEndedCmd struct {
	Claim string    `arg:"" help:"Number of the claim."`
	Ended date.Date `required:"" placeholder:"YYYY-MM-DD" help:"Last day of the coverage."`
	why
}

// Help shows an example.
func (decideEndedCmd) Help() string {
	return "Dr 1110 / Cr 1100 for what the payer still owes for services after that day; to the next coverage where there is one, with a work item to bill it. Refused where the patient may not be billed. An answered claim is closed, one that never was in adjudication is withdrawn.\n\nExample:\n  claimbook decide coverage-ended C00000012 --ended 2022-01-31 --reason 'left the employer'"
}

func (c decideEndedCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.CoverageEnded(billingwork.EndedCoverage{Claim: c.Claim, On: c.Ended})
	})
}

type decideFoundCmd struct {
	Visit string `arg:"" help:"Id of the encounter, or the number of a claim of it."`
	Payer string `required:"" placeholder:"CODE" help:"Payer that was found: the set-up has it as the patient's first one on the day of service."`
	why
}

// Help shows an example.
func (decideFoundCmd) Help() string {
	return "Dr 1100 / Cr 1110 of what the patient owes and has paid for the visit, and a claim that goes out with the next submission. What they have paid is their credit; what was written off stays. Import the coverage first.\n\nExample:\n  claimbook decide coverage-found E-20220307-012 --payer BLUE --reason 'card shown on 03/20'"
}

func (c decideFoundCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.CoverageFound(billingwork.FoundCoverage{Visit: c.Visit, Payer: c.Payer})
	})
}
