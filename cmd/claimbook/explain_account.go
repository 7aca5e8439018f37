package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type explainAccountCmd struct {
	Account string `arg:"" placeholder:"ACCOUNT" help:"Account, such as 2010."`
	spanFlags
	Payer     string `placeholder:"CODE" help:"Only what is about this payer."`
	Guarantor string `placeholder:"ACCOUNT" help:"Only what is about this guarantor's patients."`
	Reference string `placeholder:"REFERENCE" help:"Only what stands under this reference: a trace, a claim number, a visit."`
	Reason    string `placeholder:"GROUP-CARC" help:"Only lines with this reason, such as CO-45, or a PLB code such as WO."`
	Kind      string `placeholder:"KIND" help:"Only entries of this kind, such as remittance."`
}

// Help shows an example.
func (explainAccountCmd) Help() string {
	return "What the account held at the end, balance by balance, and the lines of a span behind it: by default those of the last day's month. The flags narrow both to what a row of a report counts.\n\nExamples:\n  claimbook explain account 2010\n  claimbook explain account 4100 --reason CO-45 --payer BLUE --from 2026-01-01 --to 2026-01-31"
}

func (c explainAccountCmd) Run(ctx context.Context, app *App) error {
	return explain(ctx, app, func(tx pgx.Tx, b *Book, e *explanation) (ledgerdb.JournalFilter, error) {
		f, err := c.filter(ctx, tx, b)
		if err != nil {
			return f, err
		}
		chart, err := ledgerdb.Chart(ctx, tx, b.Practice.ID)
		if err != nil {
			return f, err
		}
		account, known := chart[c.Account]
		if !known {
			return f, fault.NotFoundf("CB-LEDGER-ACCOUNT", "account %s is not in the chart of accounts", c.Account)
		}
		tb, err := ledgerdb.TrialBalance(ctx, tx, b.Practice.ID, f.To)
		if err != nil {
			return f, err
		}
		e.Subject, e.ID, e.AsOf = "account", c.Account, f.To
		e.Title = fmt.Sprintf("Account %s %s from %s to %s, holds %s at the end", account.Code, account.Name, f.From, f.To, tb.Balance(c.Account).Dollars())
		if only := c.narrowed(); only != "" {
			e.Title += "; shown is only " + only
		}
		if !account.Keyed() {
			return f, nil
		}
		open, err := ledgerdb.BalancesAsOf(ctx, tx, b.Practice.ID, c.Account, f.To)
		if err != nil {
			return f, err
		}
		if open, err = c.narrow(ctx, tx, b.Practice.ID, &f, open); err != nil {
			return f, err
		}
		return f, e.balances(ctx, tx, b.Practice.ID, open)
	})
}

// filter makes the flags a selection of the journal.
func (c explainAccountCmd) filter(ctx context.Context, tx pgx.Tx, b *Book) (f ledgerdb.JournalFilter, err error) {
	f = ledgerdb.JournalFilter{Account: c.Account, Reference: c.Reference, Kind: c.Kind}
	if f.From, f.To, err = c.span(b, date.Date.FirstOfMonth); err != nil {
		return f, err
	}
	if c.Reason != "" {
		group, carc, found := strings.Cut(c.Reason, "-")
		if !found {
			group, carc = "", c.Reason
		}
		f.GroupCode, f.CARC = strings.ToUpper(group), strings.ToUpper(carc)
	}
	if c.Payer != "" {
		err := tx.QueryRow(ctx, `select id from payer where practice_id = $1 and code = $2`, b.Practice.ID, c.Payer).Scan(&f.PayerID)
		if err != nil {
			return f, notFound(err, "payer", c.Payer, "give the payer's code as the aging shows it")
		}
	}
	if c.Guarantor != "" {
		err := tx.QueryRow(ctx, `select id from guarantor where practice_id = $1 and account = $2`, b.Practice.ID, c.Guarantor).Scan(&f.GuarantorID)
		if err != nil {
			return f, notFound(err, "guarantor", c.Guarantor, "give the guarantor's account number as the aging shows it")
		}
	}
	return f, nil
}

// narrowed says in words what the flags leave of the account.
func (c explainAccountCmd) narrowed() string {
	var only []string
	for _, flag := range [...]struct{ name, value string }{{"payer", c.Payer}, {"guarantor", c.Guarantor}, {"reference", c.Reference}, {"reason", c.Reason}, {"kind", c.Kind}} {
		if flag.value != "" {
			only = append(only, flag.name+" "+flag.value)
		}
	}
	return strings.Join(only, ", ")
}

// narrow keeps the balances that the flags speak of. A reason and a kind divide
// no balance: under them only lines are shown.
func (c explainAccountCmd) narrow(ctx context.Context, tx pgx.Tx, practiceID int64, f *ledgerdb.JournalFilter, open []ledger.Balance) ([]ledger.Balance, error) {
	if c.Reason != "" || c.Kind != "" {
		return nil, nil
	}
	var patients []int64
	if f.GuarantorID != 0 {
		rows, err := tx.Query(ctx, `select id from patient where practice_id = $1 and guarantor_id = $2`, practiceID, f.GuarantorID)
		if err != nil {
			return nil, err
		}
		if patients, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(open, func(b ledger.Balance) bool {
		return f.PayerID != 0 && b.Key.PayerID != f.PayerID || f.Reference != "" && b.Key.Reference != f.Reference ||
			f.GuarantorID != 0 && !slices.Contains(patients, b.Key.PatientID)
	}), nil
}
