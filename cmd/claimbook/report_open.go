package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type unappliedCmd struct {
	asOfFlag
	formatFlag
}

// Help shows an example.
func (unappliedCmd) Help() string {
	return "Patient credits, unidentified cash of insurers, recoupments announced, suspense, and refunds to patients (2200, in one amount) and payers that were not sent, each with its reference and its age, oldest first.\n\nExample:\n  claimbook report unapplied --as-of 2026-01-31"
}

func (c unappliedCmd) Run(ctx context.Context, app *App) error {
	return reportOpen(ctx, app, c.asOfFlag, c.formatFlag, "Money that waits for its purpose", ledgerdb.Unapplied)
}

type creditBalancesCmd struct {
	asOfFlag
	formatFlag
}

// Help shows an example.
func (creditBalancesCmd) Help() string {
	return "Receivables that are credits: somebody paid too much. An overpayment of Medicare or Medicaid goes back within 60 days from the day the book showed it; the last column is that day.\n\nExample:\n  claimbook report credit-balances"
}

func (c creditBalancesCmd) Run(ctx context.Context, app *App) error {
	return reportOpen(ctx, app, c.asOfFlag, c.formatFlag, "Credit balances in receivables", ledgerdb.CreditBalances)
}

func reportOpen(ctx context.Context, app *App, asOf asOfFlag, format formatFlag, title string,
	read func(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date) ([]ledger.OpenBalance, error)) error {
	var day date.Date
	open, err := ask(ctx, app, format, func(tx pgx.Tx, b *Book) ([]ledger.OpenBalance, error) {
		day = asOf.day(b)
		list, err := read(ctx, tx, b.Practice.ID, day)
		return append([]ledger.OpenBalance{}, list...), err
	})
	if err != nil {
		return err
	}
	t := newTable("Account", "Name", "Payer", "Patient", "Line", "Reference", "Since@", "Days#", "Amount$", "Return by@")
	var total money.Cents
	for _, o := range open {
		t.add(o.Account, o.Name, o.Payer, o.Patient, o.Line, o.Reference, o.Since.String(), strconv.Itoa(o.Days), dollars(o.Amount), o.Due.String())
		total += o.Amount
	}
	t.total("", "Total", "", "", "", "", "", "", dollars(total), "")
	return format.print(app, fmt.Sprintf("%s as of %s", title, day), t, open,
		"Behind a row: claimbook explain line LINE, explain patient PATIENT, or explain account ACCOUNT --payer PAYER --reference REFERENCE")
}
