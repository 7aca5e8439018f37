package main

import (
	"context"

	billingwork "github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/internal/money"
)

type paymentApplyCmd struct {
	Patient  string `required:"" placeholder:"ACCOUNT" help:"Account of the patient."`
	Amount   string `placeholder:"25.00" help:"Amount in dollars; as much as fits by default."`
	Visit    string `placeholder:"ENCOUNTER" help:"Id of the encounter that is paid; without it the oldest balance is."`
	Reserved string `placeholder:"ENCOUNTER" help:"Take what is reserved for this encounter; the free credit by default."`
	Key      string `required:"" help:"A key of its own; the same application under the same key is posted once."`
	why
}

// Help shows an example.
func (paymentApplyCmd) Help() string {
	return "Free credits pay the oldest balances by themselves when a balance appears; this pays at once, another visit, or from what was reserved for one.\n\nExample:\n  claimbook payment apply --patient P0017 --reserved E-20220307-012 --key A-3 --reason 'the visit was cancelled'"
}

func (c paymentApplyCmd) Run(ctx context.Context, app *App) error {
	var amount money.Cents
	if c.Amount != "" {
		var err error
		if amount, err = dollarsOf(c.Amount); err != nil {
			return err
		}
	}
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.ApplyCredit(billingwork.CreditToApply{Key: c.Key, Account: c.Patient, Amount: amount, Reserved: c.Reserved, Visit: c.Visit})
	})
}
