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
	Adjustments    adjustmentsCmd    `cmd:"" help:"What reduced receivables without being paid, by reason."`
	Deposits       depositsCmd       `cmd:"" help:"What the book expects at the bank and what the bank shows, open on both sides with age."`
	Denials        denialsCmd        `cmd:"" help:"What payers refused, by payer and reason, and what became of it."`
	KPI            kpiCmd            `cmd:"" name:"kpi" help:"Key figures of billing, with their definitions."`
	Unapplied      unappliedCmd      `cmd:"" help:"Money that waits for its purpose, with its age."`
	CreditBalances creditBalancesCmd `cmd:"" help:"Receivables that are credits, with the day by which they go back."`
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

// beginning is the first day of a report that begins with the book.
func beginning(date.Date) date.Date { return date.Date{} }

// quarter is the first day of a report of 90 days.
func quarter(last date.Date) date.Date { return last.AddDays(-89) }

// ask opens the book and reads what a report shows.
func ask[T any](ctx context.Context, app *App, f formatFlag, read func(tx pgx.Tx, b *Book) (T, error)) (answer T, err error) {
	if err := f.check(app); err != nil {
		return answer, err
	}
	b, err := app.Open(ctx)
	if err != nil {
		return answer, err
	}
	defer b.Close()
	err = b.read(ctx, func(tx pgx.Tx) (err error) {
		answer, err = read(tx, b)
		return err
	})
	return answer, err
}

type agingCmd struct {
	asOfFlag
	formatFlag
	By ledger.AgeBy `enum:"service,responsibility" default:"service" help:"Count the age from the date of service, or from the day on which the payer or patient came to owe it (responsibility)."`
}

// Help shows an example.
func (agingCmd) Help() string {
	return "Insurance by payer, patients by guarantor, in columns of 30 days. The totals equal the control accounts 1100 and 1110.\n\nExample:\n  claimbook report aging --as-of 2026-01-31 --out aging.xlsx"
}

func (c agingCmd) Run(ctx context.Context, app *App) error {
	aging, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (ledger.Aging, error) {
		return ledgerdb.Aging(ctx, tx, b.Practice.ID, c.day(b), c.By)
	})
	if err != nil {
		return err
	}
	t := newTable("Owed by", "Code", "Name", "Items#", "0-30$", "31-60$", "61-90$", "91-120$", "120+$", "Total$")
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
	return c.print(app, fmt.Sprintf("Receivables as of %s, aged from the day of %s", aging.AsOf, aging.By), t, aging,
		fmt.Sprintf("Behind a payer: claimbook explain account 1100 --payer CODE --to %s", aging.AsOf),
		fmt.Sprintf("Behind a guarantor: claimbook explain account 1110 --guarantor CODE --to %s", aging.AsOf))
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
	tb, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (ledger.TrialBalance, error) {
		return ledgerdb.TrialBalance(ctx, tx, b.Practice.ID, c.day(b))
	})
	if err != nil {
		return err
	}
	t := newTable("Account", "Name", "Class", "Debit$", "Credit$")
	for _, r := range tb.Rows {
		t.add(r.Account, r.Name, string(r.Class), dollars(r.Debit), dollars(r.Credit))
	}
	t.total("", "Total", "", dollars(tb.Debit), dollars(tb.Credit))
	return c.print(app, fmt.Sprintf("Trial balance as of %s", tb.AsOf), t, tb,
		fmt.Sprintf("Behind an account: claimbook report general-ledger ACCOUNT --to %s", tb.AsOf))
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
	s, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (s ledger.DaySheet, err error) {
		from, to, err := c.span(b, func(last date.Date) date.Date { return last })
		if err != nil {
			return s, err
		}
		return ledgerdb.DaySheet(ctx, tx, b.Practice.ID, from, to)
	})
	if err != nil {
		return err
	}
	t := newTable("Section", "Kind", "Account", "Name", "By", "Count#", "Amount$")
	for _, r := range s.Rows {
		t.add(string(r.Section), r.Kind, r.Account, r.Name, r.Actor, strconv.Itoa(r.Count), dollars(r.Amount))
	}
	t.total("A/R before", "", "", "", "", "", dollars(s.Opening))
	for _, line := range [...]struct {
		name   string
		amount money.Cents
	}{{"+ charges", s.Charges}, {"- payments", s.Payments}, {"- adjustments", s.Adjustments}} {
		t.sum(line.name, "", "", "", "", "", dollars(line.amount))
	}
	t.total("A/R after", "", "", "", "", "", dollars(s.Closing))
	title := fmt.Sprintf("Day sheet of %s", s.From)
	if s.From != s.To {
		title = fmt.Sprintf("Day sheet from %s to %s", s.From, s.To)
	}
	return c.print(app, title, t, s,
		fmt.Sprintf("Behind a row: claimbook explain account ACCOUNT --kind KIND --from %s --to %s", s.From, s.To))
}

type rollforwardCmd struct {
	spanFlags
	formatFlag
}

// Help shows an example.
func (rollforwardCmd) Help() string {
	return "What insurers and patients owe (1100 and 1110), month by month: opening + charges - payments - adjustments = closing, which is what the aging of that day adds up to. Without --from it begins with the book.\n\nExample:\n  claimbook report rollforward --from 2026-01-01 --to 2026-03-31"
}

func (c rollforwardCmd) Run(ctx context.Context, app *App) error {
	months, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) ([]ledger.DaySheet, error) {
		from, to, err := c.span(b, beginning)
		if err != nil {
			return nil, err
		}
		return ledgerdb.RollForward(ctx, tx, b.Practice.ID, from, to)
	})
	if err != nil {
		return err
	}
	t := newTable("From@", "To@", "Opening$", "Charges$", "Payments$", "Adjustments$", "Closing$")
	for _, m := range months {
		t.add(m.From.String(), m.To.String(), dollars(m.Opening), dollars(m.Charges), dollars(m.Payments), dollars(m.Adjustments), dollars(m.Closing))
	}
	return c.print(app, "Receivables (1100 and 1110) rolled forward", t, months,
		"Behind a row: claimbook report daysheet --from FROM --to TO; behind a closing: claimbook report aging --as-of TO")
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

// accountReport is one account with its lines.
type accountReport struct {
	Account string               `json:"account"`
	Name    string               `json:"name"`
	From    date.Date            `json:"from"`
	To      date.Date            `json:"to"`
	Opening money.Cents          `json:"opening"`
	Lines   []ledger.AccountLine `json:"lines"`
	Debit   money.Cents          `json:"debit"`
	Credit  money.Cents          `json:"credit"`
	Closing money.Cents          `json:"closing"`
}

func (c generalLedgerCmd) Run(ctx context.Context, app *App) error {
	report, err := ask(ctx, app, c.formatFlag, func(tx pgx.Tx, b *Book) (r accountReport, err error) {
		r = accountReport{Account: c.Account, Lines: []ledger.AccountLine{}}
		if r.From, r.To, err = c.span(b, date.Date.FirstOfMonth); err != nil {
			return r, err
		}
		gl, err := ledgerdb.GeneralLedger(ctx, tx, b.Practice.ID, c.Account, r.From, r.To, func(l ledger.AccountLine) error {
			r.Lines = append(r.Lines, l)
			return nil
		})
		r.Name, r.Opening = gl.Account.Name, gl.Opening
		return r, err
	})
	if err != nil {
		return err
	}
	t := newTable("Date@", "Source", "Line#", "Kind", "Memo", "Across", "Debit$", "Credit$", "Balance$")
	t.sum("", "", "", "", "opening", "", "", "", dollars(report.Opening))
	report.Closing = report.Opening
	for _, l := range report.Lines {
		debit, credit := l.Amount, money.Cents(0)
		if l.Amount < 0 {
			debit, credit = 0, -l.Amount
		}
		report.Debit += debit
		report.Credit += credit
		report.Closing = l.Balance
		t.add(l.PostingDate.String(), l.SourceKey, strconv.Itoa(l.LineNo), l.Kind, l.Memo, l.Contra, dollars(debit), dollars(credit), dollars(l.Balance))
	}
	t.total("", "", "", "", "closing", "", dollars(report.Debit), dollars(report.Credit), dollars(report.Closing))
	return c.print(app, fmt.Sprintf("Account %s %s from %s to %s", c.Account, report.Name, report.From, report.To), t, report,
		"Behind a line: claimbook explain posting 'SOURCE'")
}
