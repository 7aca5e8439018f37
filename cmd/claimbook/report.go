package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type reportCmd struct {
	Aging          agingCmd          `cmd:"" help:"Receivables by who owes them and for how long."`
	TrialBalance   trialBalanceCmd   `cmd:"" help:"What every account holds at the end of a day."`
	Daysheet       daysheetCmd       `cmd:"" help:"Charges, payments and adjustments of a day, or of several."`
	Rollforward    rollforwardCmd    `cmd:"" help:"A/R month by month: opening, charges, payments, adjustments, closing."`
	GeneralLedger  generalLedgerCmd  `cmd:"" help:"One account line by line."`
	Unapplied      unappliedCmd      `cmd:"" help:"Money that waits for its purpose, with its age."`
	CreditBalances creditBalancesCmd `cmd:"" help:"Receivables that are credits, with the day by which they go back."`
}

// formatFlag is how a report is printed.
type formatFlag struct {
	Format string `enum:"table,csv,json" default:"table" help:"table, csv or json."`
}

// print writes a report in the format that was asked for.
func (f formatFlag) print(app *App, title string, t *table, v any) error {
	switch {
	case f.Format == "json" || app.JSON:
		return writeJSON(app.Stdout, v)
	case f.Format == "csv":
		return t.writeCSV(app.Stdout)
	}
	if _, err := fmt.Fprintln(app.Stdout, title); err != nil {
		return err
	}
	return t.write(app.Stdout)
}

// asOfFlag is the last day that a report counts.
type asOfFlag struct {
	AsOf date.Date `placeholder:"YYYY-MM-DD" help:"Last day that counts; the practice's today by default."`
}

func (f asOfFlag) day(b *Book) date.Date {
	if f.AsOf.IsZero() {
		return b.Today
	}
	return f.AsOf
}

// spanFlags are the first and last day of a report.
type spanFlags struct {
	From date.Date `placeholder:"YYYY-MM-DD" help:"First day."`
	To   date.Date `placeholder:"YYYY-MM-DD" help:"Last day; the practice's today by default."`
}

// span fills in the default: the last day is today, the first one what first
// makes of it.
func (f spanFlags) span(b *Book, first func(last date.Date) date.Date) (from, to date.Date, err error) {
	if from, to = f.From, f.To; to.IsZero() {
		if to = b.Today; to.Before(from) {
			to = from
		}
	}
	if from.IsZero() {
		from = first(to)
	}
	if to.Before(from) {
		return from, to, fault.Usagef("CB-REPORT-SPAN", "--to %s lies before --from %s", to, from)
	}
	return from, to, nil
}

type agingCmd struct {
	asOfFlag
	formatFlag
	By ledger.AgeBy `enum:"service,responsibility" default:"service" help:"Count the age from the date of service, or from the day on which the payer or patient came to owe it (responsibility)."`
}

// Help shows an example.
func (agingCmd) Help() string {
	return "Insurance by payer, patients by guarantor, in columns of 30 days. The totals equal the control accounts 1100 and 1110.\n\nExample:\n  claimbook report aging --as-of 2026-01-31 --format csv"
}

func (c agingCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var aging ledger.Aging
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		aging, err = ledgerdb.Aging(ctx, tx, b.Practice.ID, c.day(b), c.By)
		return err
	}); err != nil {
		return err
	}
	t := newTable("Owed by", "Code", "Name", "Items$", "0-30$", "31-60$", "61-90$", "91-120$", "120+$", "Total$")
	cells := func(kind string, r *ledger.AgingRow) []string {
		list := []string{kind, r.Code, r.Name, strconv.Itoa(r.Items)}
		for _, amount := range r.Amounts {
			list = append(list, dollars(amount))
		}
		return append(list, dollars(r.Total))
	}
	for i := range aging.Insurance {
		t.add(cells("insurance", &aging.Insurance[i])...)
	}
	t.total(cells("", &aging.InsuranceTotal)...)
	for i := range aging.Patient {
		t.add(cells("patient", &aging.Patient[i])...)
	}
	t.total(cells("", &aging.PatientTotal)...)
	t.total(cells("", &aging.Total)...)
	return c.print(app, fmt.Sprintf("Receivables as of %s, aged from the day of %s\n", aging.AsOf, aging.By), t, aging)
}

type trialBalanceCmd struct {
	asOfFlag
	formatFlag
}

// Help shows an example.
func (trialBalanceCmd) Help() string {
	return "Every account that holds something, in two columns with the same total.\n\nExample:\n  claimbook report trial-balance --as-of 2026-01-31"
}

func (c trialBalanceCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	var tb ledger.TrialBalance
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		tb, err = ledgerdb.TrialBalance(ctx, tx, b.Practice.ID, c.day(b))
		return err
	}); err != nil {
		return err
	}
	t := newTable("Account", "Name", "Class", "Debit$", "Credit$")
	for _, r := range tb.Rows {
		t.add(r.Account, r.Name, string(r.Class), dollars(r.Debit), dollars(r.Credit))
	}
	t.total("", "Total", "", dollars(tb.Debit), dollars(tb.Credit))
	return c.print(app, fmt.Sprintf("Trial balance as of %s\n", tb.AsOf), t, tb)
}

type daysheetCmd struct {
	spanFlags
	formatFlag
}

// Help shows an example.
func (daysheetCmd) Help() string {
	return "What was posted, by kind and by who did it, with counts. A/R at the start + charges - payments - adjustments = A/R at the end. Without flags it is today's.\n\nExample:\n  claimbook report daysheet --from 2026-01-05 --to 2026-01-09"
}

func (c daysheetCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	from, to, err := c.span(b, func(last date.Date) date.Date { return last })
	if err != nil {
		return err
	}
	var s ledger.DaySheet
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		s, err = ledgerdb.DaySheet(ctx, tx, b.Practice.ID, from, to)
		return err
	}); err != nil {
		return err
	}
	t := newTable("Section", "Kind", "Account", "Name", "By", "Count$", "Amount$")
	for _, r := range s.Rows {
		t.add(string(r.Section), r.Kind, r.Account, r.Name, r.Actor, strconv.Itoa(r.Count), dollars(r.Amount))
	}
	t.total("A/R before", "", "", "", "", "", dollars(s.Opening))
	for _, line := range [...]struct {
		name   string
		amount money.Cents
	}{{"+ charges", s.Charges}, {"- payments", s.Payments}, {"- adjustments", s.Adjustments}} {
		t.add(line.name, "", "", "", "", "", dollars(line.amount))
	}
	t.total("A/R after", "", "", "", "", "", dollars(s.Closing))
	title := fmt.Sprintf("Day sheet of %s\n", from)
	if from != to {
		title = fmt.Sprintf("Day sheet from %s to %s\n", from, to)
	}
	return c.print(app, title, t, s)
}

type rollforwardCmd struct {
	spanFlags
	formatFlag
}

// Help shows an example.
func (rollforwardCmd) Help() string {
	return "Without --from it begins with the book.\n\nExample:\n  claimbook report rollforward --from 2026-01-01 --to 2026-03-31"
}

func (c rollforwardCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	from, to, err := c.span(b, func(date.Date) date.Date { return date.Date{} })
	if err != nil {
		return err
	}
	var months []ledger.DaySheet
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		months, err = ledgerdb.RollForward(ctx, tx, b.Practice.ID, from, to)
		return err
	}); err != nil {
		return err
	}
	t := newTable("From", "To", "Opening$", "Charges$", "Payments$", "Adjustments$", "Closing$")
	for _, m := range months {
		t.add(m.From.String(), m.To.String(), dollars(m.Opening), dollars(m.Charges), dollars(m.Payments), dollars(m.Adjustments), dollars(m.Closing))
	}
	return c.print(app, "Receivables (1100 and 1110) rolled forward\n", t, months)
}

type generalLedgerCmd struct {
	Account string `arg:"" placeholder:"ACCOUNT" help:"Account, such as 1100."`
	spanFlags
	formatFlag
}

// Help shows an example.
func (generalLedgerCmd) Help() string {
	return "Every line of the account with its source and the balance after it. Without --from it begins with the month.\n\nExample:\n  claimbook report general-ledger 1050 --from 2026-01-01 --to 2026-01-31"
}

func (c generalLedgerCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	from, to, err := c.span(b, date.Date.FirstOfMonth)
	if err != nil {
		return err
	}
	report := struct {
		Account string               `json:"account"`
		Name    string               `json:"name"`
		From    date.Date            `json:"from"`
		To      date.Date            `json:"to"`
		Opening money.Cents          `json:"opening"`
		Lines   []ledger.AccountLine `json:"lines"`
		Closing money.Cents          `json:"closing"`
	}{Account: c.Account, From: from, To: to, Lines: []ledger.AccountLine{}}
	if err := b.read(ctx, func(tx pgx.Tx) error {
		gl, err := ledgerdb.GeneralLedger(ctx, tx, b.Practice.ID, c.Account, from, to, func(l ledger.AccountLine) error {
			report.Lines = append(report.Lines, l)
			return nil
		})
		report.Name, report.Opening = gl.Account.Name, gl.Opening
		return err
	}); err != nil {
		return err
	}
	t := newTable("Date", "Source", "Line$", "Kind", "Memo", "Across", "Debit$", "Credit$", "Balance$")
	report.Closing = report.Opening
	for _, l := range report.Lines {
		debit, credit := l.Amount, money.Cents(0)
		if l.Amount < 0 {
			debit, credit = 0, -l.Amount
		}
		t.add(l.PostingDate.String(), l.SourceKey, strconv.Itoa(l.LineNo), l.Kind, l.Memo, l.Contra, dollars(debit), dollars(credit), dollars(l.Balance))
		report.Closing = l.Balance
	}
	t.total("", "", "", "", fmt.Sprintf("opening %s", report.Opening.Dollars()), "", "", "closing", dollars(report.Closing))
	return c.print(app, fmt.Sprintf("Account %s %s from %s to %s\n", c.Account, report.Name, from, to), t, report)
}
