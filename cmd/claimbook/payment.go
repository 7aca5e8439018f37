package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type paymentCmd struct {
	Record paymentRecordCmd `cmd:"" help:"Take in what a patient pays."`
	Apply  paymentApplyCmd  `cmd:"" help:"Pay balances from a patient's credit."`
	Refund paymentRefundCmd `cmd:"" help:"Pay a patient's credit back."`
	Return paymentReturnCmd `cmd:"" help:"Take back a payment that the bank did not honor."`
}

type paymentRecordCmd struct {
	Patient   string    `required:"" placeholder:"ACCOUNT" help:"Account of the patient."`
	Amount    string    `required:"" placeholder:"25.00" help:"Amount in dollars."`
	Method    string    `required:"" enum:"cash,check,card" placeholder:"cash|check|card" help:"How it was paid: cash, check or card."`
	Key       string    `required:"" help:"A key of this payment's own, such as the receipt book's number. The same payment under the same key is recorded once; two equal payments need two keys."`
	Reference string    `help:"Number of the check, or the card processor's id."`
	Copay     bool      `help:"Copay of the --visit, which may not be billed yet: it waits for the visit's balance."`
	Recovery  bool      `help:"It comes after the balance was written off as bad debt: up to that it goes to 5010, the rest as ever."`
	Visit     string    `placeholder:"ENCOUNTER" help:"Id of the encounter that is paid; without it the oldest balance is."`
	Date      date.Date `placeholder:"YYYY-MM-DD" help:"Day on which it was received; today by default."`
}

// Help shows an example.
func (paymentRecordCmd) Help() string {
	return "The payment goes to the chosen visit, or to the oldest balance; what is left over stays as the patient's credit. Prints the receipt's number.\n\nExample:\n  claimbook payment record --patient P0017 --amount 25.00 --method cash --key R-1001 --copay --visit E-20220307-012"
}

func (c paymentRecordCmd) Run(ctx context.Context, app *App) error {
	amount, err := money.ParseString(c.Amount)
	if err != nil {
		return fault.Usagef("CB-PAYMENT-002", "%q is not an amount in dollars", c.Amount).Because(err)
	}
	if c.Copay && c.Recovery {
		return fault.Usagef("CB-PAYMENT-004", "a copay of a visit to come is no recovery of bad debt").WithFix("give one of --copay and --recovery")
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	p := billingdb.PatientPayment{Key: c.Key, Account: c.Patient, Amount: amount, Method: c.Method, Reference: c.Reference, Visit: c.Visit,
		Purpose: billing.ForBalance, ReceivedOn: c.Date, Actor: actor()}
	if c.Copay {
		p.Purpose = billing.ForCopay
	}
	if c.Recovery {
		p.Purpose = billing.ForRecovery
	}
	receipt, err := book.recordPayment(ctx, p)
	if err != nil {
		return err
	}
	if app.JSON {
		recovered := ""
		if c.Recovery {
			recovered = receipt.Recovered.String()
		}
		return json.NewEncoder(app.Stdout).Encode(struct {
			Receipt    int64     `json:"receipt"`
			Known      bool      `json:"known"`
			Amount     string    `json:"amount"`
			Applied    string    `json:"applied"`
			Held       string    `json:"held"`
			Recovered  string    `json:"recovered,omitempty"`
			ReceivedOn date.Date `json:"received_on"`
		}{receipt.Number, receipt.Known, amount.String(), receipt.Applied.String(), receipt.Held.String(), recovered, receipt.ReceivedOn})
	}
	if receipt.Known {
		fmt.Fprintf(app.Stdout, "receipt %d: recorded before on %s, nothing changed\n", receipt.Number, receipt.ReceivedOn)
		return nil
	}
	fmt.Fprintf(app.Stdout, "receipt %d: %s received, %s applied", receipt.Number, amount.Dollars(), receipt.Applied.Dollars())
	if receipt.Recovered > 0 {
		fmt.Fprintf(app.Stdout, ", %s of bad debt recovered", receipt.Recovered.Dollars())
	}
	switch {
	case receipt.Held > 0 && c.Copay:
		fmt.Fprintf(app.Stdout, ", %s waits for visit %s", receipt.Held.Dollars(), c.Visit)
	case receipt.Held > 0:
		fmt.Fprintf(app.Stdout, ", %s is a credit", receipt.Held.Dollars())
	}
	fmt.Fprintln(app.Stdout)
	return nil
}

// recordPayment takes a patient's payment into the book; without a day it was
// received today.
func (b *Book) recordPayment(ctx context.Context, p billingdb.PatientPayment) (receipt billingdb.Receipt, err error) {
	if p.ReceivedOn, err = b.dayOf(ctx, p.ReceivedOn); err != nil {
		return receipt, err
	}
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		receipt, err = billingdb.RecordPayment(ctx, tx, b.Practice.ID, p)
		return err
	})
	return receipt, err
}
