package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	billingwork "github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type decideCmd struct {
	Match         decideMatchCmd    `cmd:"" help:"Unidentified cash belongs to a claim."`
	Return        decideReturnCmd   `cmd:"" help:"Unidentified cash is not ours: owe it back to the payer."`
	Classify      decideClassifyCmd `cmd:"" help:"What a provider-level adjustment in suspense is for."`
	Treat         decideTreatCmd    `cmd:"" help:"What an adjustment that stayed in A/R means."`
	Assign        decideAssignCmd   `cmd:"" help:"An answer that matched no line belongs to a line."`
	Accept        decideAcceptCmd   `cmd:"" help:"A payment in quarantine is a payment of its own."`
	WriteOff      decideWriteOffCmd `cmd:"" help:"Write off a denial, or what a patient owes."`
	RefundPayer   decideRefundCmd   `cmd:"" help:"Owe a payer money back."`
	RefundPaid    decidePaidCmd     `cmd:"" help:"A refund that is owed to a payer was sent."`
	Offset        decideOffsetCmd   `cmd:"" help:"A refund that was sent stands for what the payer announced to recover."`
	CoverageEnded decideEndedCmd    `cmd:"" help:"A claim's coverage had ended: the next one, or the patient, owes it."`
	CoverageFound decideFoundCmd    `cmd:"" help:"A visit's insurance was found later: ask it instead of the patient."`
	Close         decideCloseCmd    `cmd:"" help:"Close a claim that has no insurance balance."`
	Stand         decideStandCmd    `cmd:"" help:"Let a write-off stand whatever becomes of the answer it relied on."`
	Undo          decideUndoCmd     `cmd:"" help:"Take a wrong decision back, where nothing rests on it."`
	Dismiss       decideDismissCmd  `cmd:"" help:"Take an item off the worklist without an entry."`
}

// why is what every decision says.
type why struct {
	Reason string    `required:"" placeholder:"WHY" help:"Why; it is kept."`
	Date   date.Date `placeholder:"YYYY-MM-DD" help:"Day of the decision; today by default."`
}

// item is the work item that a decision settles.
type item struct {
	Item string `arg:"" help:"Id of the work item, as claimbook worklist shows it, or its key."`
}

type decideMatchCmd struct {
	item
	Claim    string `required:"" placeholder:"NUMBER" help:"Our claim that was paid."`
	Remember bool   `help:"The claim number that the payer wrote means this claim from now on."`
	why
}

// Help shows an example.
func (decideMatchCmd) Help() string {
	return "The cash leaves 2010 and posts to the claim, with the adjustments that waited with it, by the same rules as if it had been matched at once. A reversal that repeats the payer's two numbers (CLP01, CLP07) finds the claim by itself; with --remember so does everything under CLP01.\n\nExample:\n  claimbook decide match 2041 --claim C00000012 --reason 'same member, date and charge'"
}

func (c decideMatchCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		if c.Remember {
			return d.MatchFromNowOn(c.Item, c.Claim)
		}
		return d.MatchItem(c.Item, c.Claim)
	})
}

type decideReturnCmd struct {
	item
	why
}

// Help shows an example.
func (decideReturnCmd) Help() string {
	return "Dr 2010 / Cr 2210 under the reference under which it waits. When it is sent: claimbook decide refund-paid.\n\nExample:\n  claimbook decide return 2041 --reason 'patient of another practice'"
}

func (c decideReturnCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.ReturnCash(c.Item) })
}

type decideClassifyCmd struct {
	item
	Account   string `required:"" placeholder:"5100" help:"Account that it belongs to; 2100 or 2210 for what is open with the payer."`
	Reference string `help:"For 2100 and 2210: the reference under which it is open; the adjustment's own by default."`
	Remember  bool   `help:"Post this payer's code so from now on."`
	why
}

// Help shows an example.
func (decideClassifyCmd) Help() string {
	return "Moves it from 2190 to the account.\n\nExample:\n  claimbook decide classify 2041 --account 5110 --reason 'levy of 2022' --remember"
}

func (c decideClassifyCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.Classify(billingwork.Classify{Item: c.Item, Account: c.Account, Reference: c.Reference, Remember: c.Remember})
	})
}

type decideTreatCmd struct {
	item
	As       string `required:"" enum:"contractual,reduction,withhold,tax,capitation,patient,denial" placeholder:"TREATMENT" help:"contractual (4100), reduction (4110), withhold (1160), tax (1170), capitation (4160), patient (the next payer's, or the patient's if they may be billed), denial (4120)."`
	Code     string `placeholder:"CO-97" help:"Only this reason of the item."`
	Remember bool   `help:"Treat this payer's reason so from now on."`
	why
}

// Help shows an example.
func (decideTreatCmd) Help() string {
	return "For items of the kinds denied and adjustment. Never moves more than the receivable still holds. It is taken back with the answer that it relies on, unless it stands (claimbook decide stand).\n\nExample:\n  claimbook decide treat 2041 --as contractual --code CO-97 --reason 'bundled by contract' --remember"
}

func (c decideTreatCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.Treat(billingwork.Treat{Item: c.Item, As: billing.Treatment(c.As), Code: c.Code, Remember: c.Remember})
	})
}

type decideAssignCmd struct {
	item
	Line int `required:"" placeholder:"N" help:"Number of the claim's line."`
	why
}

// Help shows an example.
func (decideAssignCmd) Help() string {
	return "What posted to the claim as a whole moves to the line.\n\nExample:\n  claimbook decide assign 2041 --line 2 --reason 'the payer changed the procedure'"
}

func (c decideAssignCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.AssignLine(c.Item, c.Line) })
}

type decideAcceptCmd struct {
	item
	why
}

// Help shows an example.
func (decideAcceptCmd) Help() string {
	return "Posts a payment whose trace was received before with other content. One that does not balance, or is another practice's, is never accepted.\n\nExample:\n  claimbook decide accept 2041 --reason 'the payer confirms two payments under one trace'"
}

func (c decideAcceptCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.Accept(c.Item) })
}

type decideWriteOffCmd struct {
	Item    string `arg:"" optional:"" help:"Id of the work item of a denial; without it, --patient."`
	Patient string `placeholder:"ACCOUNT" help:"Account of the patient whose balance is given up."`
	As      string `enum:",small-balance,charity,discount,bad-debt" default:"" placeholder:"KIND" help:"small-balance (4130), charity (4140), discount (4150) or bad-debt (5000)."`
	Amount  string `placeholder:"4.75" help:"Amount in dollars."`
	Visit   string `placeholder:"ENCOUNTER" help:"Id of the encounter; without it the oldest balance."`
	Key     string `help:"A key of this write-off's own; the same one under the same key is posted once."`
	why
}

// Help shows an example.
func (decideWriteOffCmd) Help() string {
	return "A denial: Dr 4120 / Cr 1100 of what the item left. What a patient owes: Dr 4130, 4140, 4150 or 5000 / Cr 1110.\n\nExample:\n  claimbook decide write-off 2041 --reason 'filed too late'\n  claimbook decide write-off --patient P0017 --as small-balance --amount 4.75 --key W-12 --reason 'not worth a statement'"
}

func (c decideWriteOffCmd) Run(ctx context.Context, app *App) error {
	switch {
	case (c.Item == "") == (c.Patient == ""):
		return fault.Usagef("CB-DECIDE-WHAT", "say what is written off: the work item of a denial, or --patient")
	case c.Item != "" && c.As+c.Amount+c.Visit+c.Key != "":
		return fault.Usagef("CB-DECIDE-WHAT", "--as, --amount, --visit and --key are for what a patient owes").WithFix("an item is written off whole; one of its reasons by: claimbook decide treat --as denial --code")
	case c.Item != "":
		return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
			return d.Treat(billingwork.Treat{Item: c.Item, As: billing.Denial})
		})
	}
	amount, err := dollarsOf(c.Amount)
	if err != nil {
		return err
	}
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.WriteOffPatient(billingwork.PatientWriteOff{Key: c.Key, Account: c.Patient, As: c.As, Amount: amount, Visit: c.Visit})
	})
}

type decideRefundCmd struct {
	Payer     string `required:"" placeholder:"CODE" help:"Payer that gets money back."`
	Reference string `required:"" help:"Reference of the payer's letter or recoupment: a later WO or 72 names it."`
	Claim     string `placeholder:"NUMBER" help:"Claim that was overpaid; needed unless the payer has announced the recoupment in a remittance."`
	Amount    string `required:"" placeholder:"60.00" help:"Amount in dollars."`
	why
}

// Help shows an example.
func (decideRefundCmd) Help() string {
	return "Dr 2100 of the reference where the payer has announced to recover it, else Dr 1100 of the claim, / Cr 2210. A reference is refunded once.\n\nExample:\n  claimbook decide refund-payer --payer BLUE --reference L-77 --claim C00000012 --amount 60.00 --reason 'paid twice, letter of 02/28'"
}

func (c decideRefundCmd) Run(ctx context.Context, app *App) error {
	amount, err := dollarsOf(c.Amount)
	if err != nil {
		return err
	}
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.RefundPayer(billingwork.RefundPayer{Payer: c.Payer, Reference: c.Reference, Claim: c.Claim, Amount: amount})
	})
}

type decidePaidCmd struct {
	Payer     string `placeholder:"CODE" help:"Payer that got the money; left out for one that the practice does not know."`
	Reference string `required:"" help:"Reference under which it is owed."`
	Amount    string `placeholder:"60.00" help:"Amount in dollars; all that is owed under the reference by default."`
	why
}

// Help shows an example.
func (decidePaidCmd) Help() string {
	return "Dr 2210 / Cr 1000.\n\nExample:\n  claimbook decide refund-paid --payer BLUE --reference L-77 --reason 'check 1044'"
}

func (c decidePaidCmd) Run(ctx context.Context, app *App) error {
	var amount money.Cents
	if c.Amount != "" {
		var err error
		if amount, err = dollarsOf(c.Amount); err != nil {
			return err
		}
	}
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) {
		return d.RefundPaid(billingwork.RefundPayer{Payer: c.Payer, Reference: c.Reference, Amount: amount})
	})
}

type decideCloseCmd struct {
	Claim string `arg:"" help:"Number of the claim."`
	why
}

// Help shows an example.
func (decideCloseCmd) Help() string {
	return "Refused while the payer owes anything, with the amounts by line. Claims for which nobody owes anything close by themselves.\n\nExample:\n  claimbook decide close C00000012 --reason 'nothing more to come'"
}

func (c decideCloseCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.CloseClaim(c.Claim) })
}

type decideStandCmd struct {
	Source string `arg:"" help:"Source key of the entry, as claimbook explain claim shows it."`
	why
}

// Help shows an example.
func (decideStandCmd) Help() string {
	return "Without it, a reversal takes back what was written off on the ground of the answer that it reverses.\n\nExample:\n  claimbook decide stand 'decision|patient-write-off|W-12' --reason 'charity, whatever the payer says'"
}

func (c decideStandCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.Stand(c.Source) })
}

type decideDismissCmd struct {
	item
	why
}

// Help shows an example.
func (decideDismissCmd) Help() string {
	return "For what was settled elsewhere or needs nothing. No entry is made.\n\nExample:\n  claimbook decide dismiss 2041 --reason 'the payer sent a corrected remittance'"
}

func (c decideDismissCmd) Run(ctx context.Context, app *App) error {
	return c.decide(ctx, app, func(d *billingwork.Desk) (billingwork.Decided, error) { return d.Dismiss(c.Item) })
}

func (w why) decide(ctx context.Context, app *App, decide func(*billingwork.Desk) (billingwork.Decided, error)) error {
	if strings.TrimSpace(w.Reason) == "" {
		return fault.Usagef("CB-DECIDE-REASON", "a decision needs a reason: it is kept").WithFix("give --reason")
	}
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	out, err := book.decide(ctx, app, w.Reason, w.Date, decide)
	if err != nil {
		return err
	}
	if app.JSON {
		return writeJSON(app.Stdout, out)
	}
	text := out.Message
	if !out.PostingDate.IsZero() && !out.Known {
		text += fmt.Sprintf(" (posted on %s)", out.PostingDate)
	}
	_, err = fmt.Fprintln(app.Stdout, text)
	return err
}

// decide carries out one decision in one transaction, and then works the jobs
// that it causes.
func (b *Book) decide(ctx context.Context, app *App, reason string, on date.Date, decide func(*billingwork.Desk) (billingwork.Decided, error)) (out billingwork.Decided, err error) {
	if on, err = b.dayOf(ctx, on); err != nil {
		return out, err
	}
	run := &decisionRun{book: b}
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		run.id = 0
		out, err = decide(billingwork.NewDesk(ctx, tx, run, b.Practice.ID, billingwork.By{Reason: strings.TrimSpace(reason), Actor: actor(), On: on}))
		return err
	})
	if err != nil || run.id == 0 {
		return out, err
	}
	return out, b.Wait(ctx, run.id, app.Progress("decide"))
}

// decisionRun begins a run with the first job that a decision causes.
type decisionRun struct {
	book *Book
	id   int64
}

// Enqueue gives the jobs to the decision's run.
func (r *decisionRun) Enqueue(ctx context.Context, tx pgx.Tx, args ...jobs.Args) (err error) {
	if r.id == 0 {
		if r.id, err = jobs.StartRun(ctx, tx, r.book.Practice.ID, "decide"); err != nil {
			return err
		}
	}
	for i := range args {
		if cob, is := args[i].(jobs.COBBuildArgs); is {
			cob.RunID = r.id
			args[i] = cob
		}
	}
	return r.book.Jobs.Enqueue(ctx, tx, args...)
}

func dollarsOf(text string) (money.Cents, error) {
	amount, err := money.ParseString(text)
	if err != nil || amount <= 0 {
		return 0, fault.Usagef("CB-DECIDE-AMOUNT", "%q is not an amount in dollars above zero", text)
	}
	return amount, nil
}
