package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/date"
)

type worklistCmd struct {
	Kind  string    `enum:",held,rejected,no-response,denied,underpaid,adjustment,unmatched,quarantine,plb,credit,secondary,job,file,statement" default:"" placeholder:"KIND" help:"Only this kind: held, rejected, no-response, denied, underpaid, adjustment, unmatched, quarantine, plb, credit, secondary, job, file or statement."`
	Claim string    `placeholder:"NUMBER" help:"Only what is about this claim."`
	DueBy date.Date `placeholder:"YYYY-MM-DD" help:"Only what is due by this day."`
}

// Help shows an example.
func (worklistCmd) Help() string {
	return "What is due comes first, then what is worth most. Items that need a decision about money are settled by claimbook decide, by their id.\n\nExample:\n  claimbook worklist --kind denied"
}

func (c worklistCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	var list []billingdb.Waiting
	if err := book.read(ctx, func(tx pgx.Tx) (err error) {
		list, err = billingdb.Worklist(ctx, tx, book.Practice.ID, billingdb.WaitingFilter{Kind: c.Kind, Claim: c.Claim, DueBy: c.DueBy})
		return err
	}); err != nil {
		return err
	}
	if app.JSON {
		if list == nil {
			list = []billingdb.Waiting{}
		}
		return writeJSON(app.Stdout, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(app.Stdout, "Nothing waits.")
		return err
	}
	t := newTable("Item", "Kind", "Amount$", "Due", "Claim", "What", "What to do")
	for i := range list {
		w := &list[i]
		t.add(strconv.FormatInt(w.ID, 10), w.Kind, dollars(w.Amount), w.DueOn.String(), w.Claim, w.Reason, w.Action)
	}
	return t.write(app.Stdout)
}
