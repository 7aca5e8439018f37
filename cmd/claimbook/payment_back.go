package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type paymentRefundCmd struct {
	Patient string    `required:"" placeholder:"ACCOUNT" help:"Account of the patient."`
	Amount  string    `required:"" placeholder:"25.00" help:"Amount in dollars."`
	Key     string    `required:"" help:"A key of this refund's own; the same refund under the same key is posted once."`
	Reason  string    `required:"" help:"Why it is paid back."`
	Sent    bool      `xor:"sent" help:"The money has left the bank; without it the refund is owed."`
	Cancel  bool      `xor:"sent" help:"A refund that is owed is not sent: it is a credit again, less what a returned check has taken of it."`
	Date    date.Date `placeholder:"YYYY-MM-DD" help:"Day of the refund; today by default."`
}

// Help shows an example.
func (paymentRefundCmd) Help() string {
	return "Only a credit that is not reserved for a visit can be paid back. A refund that was owed is sent by the same command under the same key, with --sent, or given up, with --cancel.\n\nExample:\n  claimbook payment refund --patient P0017 --amount 10.00 --key F-12 --reason 'paid twice' --sent"
}

func (c paymentRefundCmd) Run(ctx context.Context, app *App) error {
	amount, err := money.ParseString(c.Amount)
	if err != nil {
		return fault.Usagef("CB-PAYMENT-002", "%q is not an amount in dollars", c.Amount).Because(err)
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	r := billingdb.PatientRefund{Key: c.Key, Account: c.Patient, Amount: amount, Sent: c.Sent, Cancel: c.Cancel, Reason: c.Reason, Actor: actor()}
	if r.On, err = book.dayOf(ctx, c.Date); err != nil {
		return err
	}
	var known bool
	err = book.DB.Tx(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) (err error) {
		known, err = billingdb.RefundPatient(ctx, tx, book.Practice.ID, r)
		return err
	})
	if err != nil {
		return err
	}
	done := fmt.Sprintf("refund %s of %s posted", c.Key, amount.Dollars())
	if c.Cancel {
		done = fmt.Sprintf("refund %s cancelled: what is left of it is a credit again", c.Key)
	}
	return printBack(app, known, done, fmt.Sprintf("refund %s was posted before, nothing changed", c.Key))
}

type paymentReturnCmd struct {
	Key       string    `required:"" help:"Key of the payment that came back."`
	Reason    string    `required:"" help:"What the bank says."`
	Deposited *bool     `negatable:"" help:"It had been deposited, so that the money is missing at the bank; --no-deposited: it lies in the drawer. Without it as the book knows: say --deposited when the bank's file has not shown the deposit yet."`
	Fee       string    `default:"0" placeholder:"12.00" help:"What the bank charges the practice."`
	Charge    string    `default:"0" placeholder:"25.00" help:"What the practice charges the patient for it."`
	Date      date.Date `placeholder:"YYYY-MM-DD" help:"Day on which it came back; today by default."`
}

// Help shows an example.
func (paymentReturnCmd) Help() string {
	return "What the payment had paid is owed again, wherever the money is now: the balances that it paid, what is left of the credit that it became, a refund that was to be sent (which is blocked), the balances that the credit has paid since. What was refunded and sent the patient owes. The fee is Dr 5100 / Cr 1000, the charge Dr 1110 / Cr 4220.\n\nExample:\n  claimbook payment return --key R-1001 --reason 'insufficient funds' --deposited --fee 12.00 --charge 25.00"
}

func (c paymentReturnCmd) Run(ctx context.Context, app *App) error {
	fee, err := money.ParseString(c.Fee)
	if err != nil || fee < 0 {
		return fault.Usagef("CB-PAYMENT-002", "%q is not a fee in dollars", c.Fee)
	}
	charge, err := money.ParseString(c.Charge)
	if err != nil || charge < 0 {
		return fault.Usagef("CB-PAYMENT-002", "%q is not a charge in dollars", c.Charge)
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	r := billingdb.ReturnedPayment{Key: c.Key, BankFee: fee, Charge: charge, Reason: c.Reason, Actor: actor()}
	if c.Deposited != nil {
		r.Deposited, r.InDrawer = *c.Deposited, !*c.Deposited
	}
	if r.On, err = book.dayOf(ctx, c.Date); err != nil {
		return err
	}
	var known bool
	err = book.DB.Tx(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) (err error) {
		known, err = billingdb.ReturnPayment(ctx, tx, book.Practice.ID, r)
		return err
	})
	if err != nil {
		return err
	}
	return printBack(app, known, fmt.Sprintf("payment %s taken back: what it had paid is owed again", c.Key), fmt.Sprintf("payment %s was taken back before, nothing changed", c.Key))
}

// dayOf returns the day, or today where none is given. The future is refused, and
// a day before the book: it would open a month in which the practice kept none, to
// be closed before every other. So is a day more than a year ago: a wrong year.
func (b *Book) dayOf(ctx context.Context, on date.Date) (date.Date, error) {
	switch {
	case on.IsZero() || on == b.Today:
		return b.Today, nil
	case on.After(b.Today):
		return on, fault.Usagef("CB-PAYMENT-009", "%s lies in the future: today is %s", on, b.Today)
	case on.Before(b.Today.AddMonths(-12)):
		return on, fault.Usagef("CB-PAYMENT-011", "%s is more than a year ago: today is %s", on, b.Today).
			WithFix("give the day on which it happened; nothing was recorded")
	}
	var first date.Date
	err := b.read(ctx, func(tx pgx.Tx) (err error) {
		first, err = ledgerdb.FirstMonth(ctx, tx, b.Practice.ID)
		return err
	})
	if err == nil && !first.IsZero() && on.Before(first) {
		return on, fault.Usagef("CB-PAYMENT-011", "%s lies before the book: its first month is %s", on, first.Format("2006-01")).
			WithFix("record it on the first day of the book or later, and name the day in its reason or reference; nothing was recorded")
	}
	return on, err
}

func printBack(app *App, known bool, done, before string) error {
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(map[string]bool{"known": known})
	}
	if known {
		done = before
	}
	_, err := fmt.Fprintln(app.Stdout, done)
	return err
}
