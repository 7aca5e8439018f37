package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	"github.com/claimbook/claimbook/ledger/work"
)

type depositMatchCmd struct {
	matchFlags
	Lines             []string    `arg:"" optional:"" name:"line" help:"Bank lines that you match by hand: their ids, as the list shows them, or their sources."`
	Trace             []string    `sep:"none" help:"Trace (TRN02) of a payer's payment that the line is."`
	Payer             string      `placeholder:"CODE" help:"Payer of the trace, where two have the same one; payer of --account 2010."`
	Slip              []string    `sep:"none" placeholder:"KEY" help:"Deposit slip, or card payout, that the line is."`
	Day               []date.Date `placeholder:"YYYY-MM-DD" help:"Day of the drawer that the line is."`
	Entry             []string    `sep:"none" placeholder:"SOURCE" help:"Source of an entry that the book has posted to the bank already: a refund that was sent, a returned check."`
	DifferenceAccount string      `placeholder:"5100" help:"Account that takes what the bank has less or more than the book awaits."`
	Account           string      `placeholder:"5100" help:"Account of a line that the book does not await at all; 2010 with --reference for money of a payer."`
	Reference         string      `help:"Reference under which it waits on 2010 or 2210."`
	Reason            string      `placeholder:"WHY" help:"Why; it is kept. Needed to match by hand."`
}

// Help shows an example.
func (depositMatchCmd) Help() string {
	return "Posts Dr 1000 / Cr 1050 for each payment that reached the bank, and Dr 1000 / Cr 1010 for slips and the receipts of a day. What stays open is listed with its age, on both sides. With a line you say yourself what it is; a difference goes to the account that you name, never elsewhere.\n\nExample:\n  claimbook deposit match --days 10\n  claimbook deposit match 2041 --trace T100 --difference-account 5100 --reason 'the bank kept a wire fee'\n  claimbook deposit match 2042 --account 5100 --reason 'monthly fee'"
}

func (c depositMatchCmd) Run(ctx context.Context, app *App) error {
	named := len(c.Trace)+len(c.Slip)+len(c.Day)+len(c.Entry) > 0
	account := c.DifferenceAccount
	switch {
	case len(c.Lines) == 0 && (named || c.Payer+c.DifferenceAccount+c.Account+c.Reference+c.Reason != ""):
		return fault.Usagef("CB-DEPOSIT-LINE", "say which bank line you mean").WithFix("claimbook deposit match LINE …; the lines that are open are listed by: claimbook deposit match")
	case c.DifferenceAccount != "" && c.Account != "" || c.DifferenceAccount != "" && !named || c.Account != "" && named:
		return fault.Usagef("CB-DEPOSIT-WHAT", "--account is for a line that the book does not await, --difference-account for a difference to what it awaits").
			WithFix("give one of them, the second one together with --trace, --slip or --day")
	case c.Account != "":
		account = c.Account
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	if len(c.Lines) == 0 {
		return reconcile(ctx, app, b, c.Days, nil)
	}
	var out work.HandMatched
	m := work.HandMatch{Lines: c.Lines, Traces: c.Trace, Payer: c.Payer, Slips: c.Slip, Days: c.Day, Entries: c.Entry, Account: account, Reference: c.Reference}
	if err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		out, err = work.MatchByHand(ctx, tx, b.Practice.ID, m, b.by(c.Reason))
		return err
	}); err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, out)
	}
	text := fmt.Sprintf("matched: %s", out.Amount.Dollars())
	switch {
	case out.Known:
		text = "matched so before: nothing changed"
	case account != "" && out.Difference < 0:
		text += fmt.Sprintf(", %s to account %s", (-out.Difference).Dollars(), account)
	case account != "":
		text += fmt.Sprintf(", %s from account %s", out.Difference.Dollars(), account)
	}
	_, err = fmt.Fprintln(app.Stdout, text)
	return err
}

// by is who decides about the bank, and today.
func (b *Book) by(reason string) work.By {
	return work.By{Reason: strings.TrimSpace(reason), Actor: actor(), On: b.Today}
}

type depositUndoCmd struct {
	Line string `arg:"" help:"Bank line: its id, or its source as the journal has it behind deposit|."`
	why
}

// Help shows an example.
func (depositUndoCmd) Help() string {
	return "Each entry of the match is taken back by its mirror. Lines that were matched together are open again together; they are not matched so again unless you say it.\n\nExample:\n  claimbook deposit undo 2041 --reason 'another practice of the group'"
}

func (c depositUndoCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	by := b.by(c.Reason)
	if by.On, err = b.dayOf(ctx, c.Date); err != nil {
		return err
	}
	var out work.UndoneMatch
	if err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		out, err = work.UndoMatch(ctx, tx, b.Practice.ID, c.Line, by)
		return err
	}); err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, out)
	}
	_, err = fmt.Fprintf(app.Stdout, "taken back: %s, %s\n", count(len(out.Lines), "bank line"), out.Amount.Dollars())
	return err
}

type depositSlipCmd struct {
	Key     string    `help:"Number of the slip; the same slip under the same key is made once. Without it, what lies in the drawer is listed."`
	Receipt []int64   `placeholder:"NUMBER" help:"Number of a patient's receipt."`
	Check   []string  `sep:"none" placeholder:"TRACE" help:"Trace of an insurer's paper check."`
	Fee     string    `placeholder:"2.90" help:"What the card processor keeps, in dollars: the bank shows the receipts less the fee."`
	Date    date.Date `placeholder:"YYYY-MM-DD" help:"Day on which they go to the bank; today by default."`
}

// Help shows an example.
func (depositSlipCmd) Help() string {
	return "Cash and checks that go to the bank together, or card receipts that are paid out at once, less the fee. The slip is matched as soon as the bank shows it: Dr 1000, and Dr 5100 for the fee, / Cr 1010.\n\nExample:\n  claimbook deposit slip\n  claimbook deposit slip --key S-31 --receipt 12 --receipt 13 --check 004417\n  claimbook deposit slip --key CARD-0307 --receipt 14 --receipt 15 --fee 2.90"
}

func (c depositSlipCmd) Run(ctx context.Context, app *App) error {
	var fee money.Cents
	if c.Fee != "" {
		var err error
		if fee, err = money.ParseString(c.Fee); err != nil {
			return fault.Usagef("CB-SLIP-FEE", "%q is not a fee in dollars", c.Fee)
		}
	}
	if c.Key == "" && len(c.Receipt)+len(c.Check) > 0 {
		return fault.Usagef("CB-SLIP-KEY", "a slip needs a key of its own, so that it is made once").WithFix("give --key, for example the number that is printed on it")
	}
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	by := b.by("")
	if by.On, err = b.dayOf(ctx, c.Date); err != nil {
		return err
	}
	var s work.MadeSlip
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		if c.Key == "" {
			s.Receipts, err = ledgerdb.Receipts(ctx, tx, b.Practice.ID, "")
			return err
		}
		s, err = work.MakeSlip(ctx, tx, b.Practice.ID, work.NewSlip{Key: c.Key, Receipts: c.Receipt, Checks: c.Check, Fee: fee}, by)
		return err
	})
	if err != nil {
		return err
	}
	return printSlip(app, &s)
}

func printSlip(app *App, s *work.MadeSlip) error {
	if s.Receipts == nil {
		s.Receipts = []ledgerdb.Receipt{}
	}
	if app.JSON {
		return writeJSON(app.Stdout, s)
	}
	t := newTable("Receipt", "Day", "Method", "Reference", "Amount$")
	for _, r := range s.Receipts {
		number := "insurer"
		if r.Number != 0 {
			number = strconv.FormatInt(r.Number, 10)
		}
		t.add(number, r.ReceivedOn.String(), r.Method, r.Reference, dollars(r.Amount))
	}
	switch {
	case s.Key == "" && len(s.Receipts) == 0:
		_, err := fmt.Fprintln(app.Stdout, "Nothing lies in the drawer.")
		return err
	case s.Key != "":
		word := "made"
		if s.Known {
			word = "made before"
		}
		fmt.Fprintf(app.Stdout, "Slip %s of %s, %s: %s", s.Key, s.MadeOn, word, s.Amount.Dollars())
		if s.Fee > 0 {
			fmt.Fprintf(app.Stdout, ", less the fee of %s: %s", s.Fee.Dollars(), s.Net.Dollars())
		}
		fmt.Fprint(app.Stdout, "\n\n")
	}
	return t.write(app.Stdout)
}

type depositVoidSlipCmd struct {
	Key string `arg:"" help:"Number of the slip."`
	why
}

// Help shows an example.
func (depositVoidSlipCmd) Help() string {
	return "Its key is not used again.\n\nExample:\n  claimbook deposit void-slip S-31 --reason 'a check was left out'"
}

func (c depositVoidSlipCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	by := b.by(c.Reason)
	if by.On, err = b.dayOf(ctx, c.Date); err != nil {
		return err
	}
	var known bool
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		known, err = work.VoidSlip(ctx, tx, b.Practice.ID, c.Key, by)
		return err
	})
	if err != nil {
		return err
	}
	return printBack(app, known, "slip "+c.Key+" is void: its receipts lie in the drawer", "slip "+c.Key+" was voided before, nothing changed")
}
