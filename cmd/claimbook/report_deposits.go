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

type depositsCmd struct {
	asOfFlag
	From date.Date `placeholder:"YYYY-MM-DD" help:"Shows what moved since this day, beside what is open; the first of the month by default."`
	formatFlag
}

// Help shows an example.
func (depositsCmd) Help() string {
	return "What the book expects at the bank and what the bank shows: insurers' payments by trace, the drawer by day and slip, lines of the bank that are in no entry, and entries that no line shows, each with its age. What is open adds up to the accounts 1050, 1010 and 1000.\n\nExample:\n  claimbook report deposits --as-of 2026-01-31 --out deposits.xlsx"
}

func (c depositsCmd) Run(ctx context.Context, app *App) error {
	r, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (ledger.DepositReport, error) {
		asOf, from := c.day(b), c.From
		if from.IsZero() {
			from = asOf.FirstOfMonth()
		}
		return ledgerdb.ReconcileDeposits(ctx, tx, b.Practice.ID, from, asOf)
	})
	if err != nil {
		return err
	}
	t := newTable("Section", "Since@", "Days#", "Payer", "Reference", "What", "Expected$", "To drawer$", "Deposited$", "Other$", "Open$")
	for _, section := range [...]string{ledger.AtPayers, ledger.InDrawer, ledger.OnlyAtBank, ledger.OnlyInBook} {
		var expected, toDrawer, deposited, other money.Cents
		found := false
		for i := range r.Items {
			item := &r.Items[i]
			if item.Section != section {
				continue
			}
			found = true
			expected, toDrawer, deposited, other = expected+item.Expected, toDrawer+item.ToDrawer, deposited+item.Deposited, other+item.Other
			t.add(section, item.Since.String(), strconv.Itoa(item.Days), item.Payer, item.Reference, item.What,
				dollars(item.Expected), dollars(item.ToDrawer), dollars(item.Deposited), dollars(item.Other), dollars(item.Open))
		}
		if found {
			t.total("", "", "", "", "", "Total "+section, dollars(expected), dollars(toDrawer), dollars(deposited), dollars(other), dollars(r.Open(section)))
		}
	}
	var notes []string
	for i := range r.Accounts {
		a := &r.Accounts[i]
		how := "open above"
		if a.Account == ledger.Bank {
			how = fmt.Sprintf("= %s of bank lines - %s bank only + %s book only", r.BankLine.Dollars(), r.Open(ledger.OnlyAtBank).Dollars(), r.Open(ledger.OnlyInBook).Dollars())
		}
		text := fmt.Sprintf("%s %s holds %s; %s %s", a.Account, a.Name, a.Balance.Dollars(), a.Items.Dollars(), how)
		if !a.Ties() {
			text += fmt.Sprintf(". THEY DIFFER by %s: run claimbook verify", (a.Balance - a.Items).Dollars())
		}
		notes = append(notes, text)
	}
	return c.print(app, fmt.Sprintf("Deposit reconciliation as of %s", r.AsOf), t, r, append(notes,
		fmt.Sprintf("Behind a payment: claimbook explain account 1050 --reference TRACE --from DATE --to %s; behind a day of the drawer: claimbook explain account 1010 --from DAY --to DAY", r.AsOf),
		"Behind a slip: claimbook deposit slip; behind an entry: claimbook explain posting 'SOURCE'")...)
}
