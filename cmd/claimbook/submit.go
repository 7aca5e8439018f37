package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type submitCmd struct {
	DryRun bool      `name:"dry-run" help:"Show what would be sent; nothing is sent, numbered or changed."`
	Payer  string    `placeholder:"CODE" help:"Only claims to this payer."`
	Date   date.Date `placeholder:"YYYY-MM-DD" help:"Only claims of this day of service."`
	Out    string    `type:"path" placeholder:"DIR" help:"Also write a copy of each file into this folder."`
}

// Help shows an example.
func (submitCmd) Help() string {
	return "Ready claims are grouped by trading partner, numbered, frozen, written as X12 837 and delivered into the partner's outbound folder. Only a file that lies there complete counts as sent; one that could not be delivered is delivered by the next submission.\n\nExample:\n  claimbook submit --dry-run --out preview\n  claimbook submit"
}

func (c submitCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	var selection work.Selection
	selection.Service = c.Date
	if c.Payer != "" {
		err := book.read(ctx, func(tx pgx.Tx) (err error) {
			selection.PayerID, err = claimsdb.PayerIDByCode(ctx, tx, book.Practice.ID, c.Payer)
			return err
		})
		if err != nil {
			return err
		}
	}
	if c.DryRun {
		return c.preview(ctx, app, book, selection)
	}
	batches, err := book.submit(ctx, app, selection)
	if err != nil {
		return err
	}
	if err := book.read(ctx, func(tx pgx.Tx) error { return c.copies(ctx, tx, book, batches) }); err != nil {
		return err
	}
	return c.report(app, book, batches, false)
}

// submit builds and sends what is ready, in this process.
func (b *Book) submit(ctx context.Context, app *App, s work.Selection) ([]claimsdb.Batch, error) {
	var runID int64
	var earlier []int64 // batches built before and not delivered: this submission takes them along
	err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		unsent, err := claimsdb.UnsentBatches(ctx, tx, b.Practice.ID)
		if err != nil {
			return err
		}
		earlier = earlier[:0]
		for _, u := range unsent {
			earlier = append(earlier, u.ID)
		}
		if runID, err = jobs.StartRun(ctx, tx, b.Practice.ID, "submit"); err != nil {
			return err
		}
		return b.Jobs.Enqueue(ctx, tx, jobs.BatchBuildArgs{PracticeID: b.Practice.ID, RunID: runID, PayerID: s.PayerID, Service: s.Service, Today: b.Today})
	})
	if err != nil {
		return nil, err
	}
	if err := b.Wait(ctx, runID, app.Progress("submit")); err != nil {
		return nil, err
	}
	var batches []claimsdb.Batch
	err = b.read(ctx, func(tx pgx.Tx) (err error) {
		batches, err = claimsdb.BatchesOfRun(ctx, tx, b.Practice.ID, runID, earlier...)
		return err
	})
	return batches, err
}

func (c submitCmd) preview(ctx context.Context, app *App, book *Book, s work.Selection) error {
	var batches []claimsdb.Batch
	err := book.DB.DryRun(ctx, postgres.RoleWork, book.Practice.ID, func(tx pgx.Tx) (err error) {
		if batches, err = work.BuildBatches(ctx, tx, book.Practice.ID, 0, s, book.Today); err != nil {
			return err
		}
		return c.copies(ctx, tx, book, batches)
	})
	if err != nil {
		return err
	}
	return c.report(app, book, batches, true)
}

// copies writes the files into the folder that --out names.
func (c submitCmd) copies(ctx context.Context, tx pgx.Tx, book *Book, batches []claimsdb.Batch) error {
	if c.Out == "" {
		return nil
	}
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return exchange.DiskFault(err, c.Out)
	}
	for _, b := range batches {
		content, err := exchangedb.OpenFile(ctx, tx, book.Practice.ID, b.EDIFileID)
		if err != nil {
			return err
		}
		var all bytes.Buffer // a batch is built in memory: it fits
		if _, err := io.Copy(&all, content); err != nil {
			return err
		}
		path := filepath.Join(c.Out, b.FileName)
		if err := os.WriteFile(path, all.Bytes(), 0o640); err != nil {
			return exchange.DiskFault(err, path)
		}
	}
	return nil
}

func (c submitCmd) report(app *App, book *Book, batches []claimsdb.Batch, preview bool) error {
	path := func(b claimsdb.Batch) string {
		return filepath.Join(work.Outbox(book.Settings.DataDir, b.OutboundDir, b.PartnerCode), b.FileName)
	}
	if app.JSON {
		type batchReport struct {
			claimsdb.Batch
			Path string `json:"path"` // where it lies, or would
		}
		report := make([]batchReport, len(batches))
		for i, b := range batches {
			report[i] = batchReport{b, path(b)}
		}
		return json.NewEncoder(app.Stdout).Encode(struct {
			Preview bool          `json:"preview"`
			Batches []batchReport `json:"batches"`
		}{preview, report})
	}
	if len(batches) == 0 {
		fmt.Fprintln(app.Stdout, "Nothing is ready to send.")
		return nil
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "batch\tpartner\ttype\tusage\tclaims\tcharges\tstate\tfile")
	claims, charge := 0, money.Cents(0)
	for _, b := range batches {
		state := b.State
		if preview {
			state = "preview"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", b.Number, b.PartnerCode, b.ClaimType, b.Usage, b.Claims, b.Charge.Dollars(), state, path(b))
		claims, charge = claims+b.Claims, charge+b.Charge
	}
	if err := w.Flush(); err != nil {
		return err
	}
	verb := "sent"
	if preview {
		verb = "would be sent; nothing was changed"
	}
	fmt.Fprintf(app.Stdout, "%s, %s, %s.\n", count(claims, "claim"), charge.Dollars(), verb)
	return nil
}
