package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/billing/work"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// dryFile is what a dry run prints of one file with --json.
type dryFile struct {
	receivedFile
	Journal []dryEntry `json:"journal"`
}

type dryEntry struct {
	Date      string     `json:"date"`
	Kind      string     `json:"kind"`
	Source    string     `json:"source"`
	Memo      string     `json:"memo,omitempty"`
	Transfers []dryMoved `json:"transfers"`
}

type dryMoved struct {
	Debit  string `json:"debit"`
	Credit string `json:"credit"`
	Amount string `json:"amount"`
	Reason string `json:"reason,omitempty"` // group code and CARC
	Byte   int64  `json:"byte_offset,omitempty"`
}

// dryReceive posts each file by the same code in one transaction that is rolled
// back, so that a later file sees what an earlier one would have done.
func (b *Book) dryReceive(ctx context.Context, app *App, paths []string) error {
	var results []dryFile
	err := b.DB.DryRun(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		results = nil
		for _, path := range paths {
			r := dryFile{receivedFile: receivedFile{File: path, Transactions: []receivedTransaction{}}, Journal: []dryEntry{}}
			if err := b.dryReceiveFile(ctx, tx, app, path, &r); err != nil {
				if ctx.Err() != nil {
					return err
				}
				r.err, r.Error = err, err.Error()
				if len(paths) == 1 {
					return err
				}
			}
			results = append(results, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem := false
	for i := range results {
		r := &results[i]
		problem = problem || r.problem()
		if app.JSON {
			if err := json.NewEncoder(app.Stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		if r.err != nil {
			fmt.Fprintln(app.Stderr, "claimbook:", r.err)
			continue
		}
		printReceived(app.Stdout, &r.receivedFile)
		printJournal(app.Stdout, r.Journal)
	}
	if !app.JSON {
		fmt.Fprintln(app.Stderr, "dry run: nothing was changed")
	}
	if problem {
		return errReported
	}
	return nil
}

func (b *Book) dryReceiveFile(ctx context.Context, tx pgx.Tx, app *App, path string, r *dryFile) error {
	content, name, closeInput, err := receiveInput(app, path)
	if err != nil {
		return err
	}
	defer closeInput()
	file, existed, err := exchangedb.StoreInbound(ctx, tx, b.Practice.ID, 0, name, b.Today, actor(), content)
	if err != nil {
		return err
	}
	r.SHA256 = fmt.Sprintf("%x", file.SHA256)
	if r.Duplicate = existed && file.Done(); r.Duplicate {
		return b.describeReceived(ctx, tx, file.ID, &r.receivedFile)
	}
	stored, err := exchangedb.OpenFile(ctx, tx, b.Practice.ID, file.ID)
	if err != nil {
		return err
	}
	contents, err := exchange.Survey(stored)
	if err != nil {
		return err
	}
	if len(contents.Parts) == 0 {
		r.State, r.Outcome = exchangedb.Refused, contents.Note()
		return nil
	}
	for _, p := range contents.Parts {
		t := receivedTransaction{Type: p.Kind, Control: p.Control, Status: "would be applied", Payments: []receivedPayment{}}
		if why := p.Refusal(); why != "" {
			t.Status, t.Outcome = "refused", why
		}
		if p.Kind == exchange.Kind835 {
			if err := b.dryPost(ctx, tx, file, p, &t, r); err != nil {
				return err
			}
		}
		r.Transactions = append(r.Transactions, t)
	}
	return nil
}

func (b *Book) dryPost(ctx context.Context, tx pgx.Tx, file exchangedb.File, p exchange.Part, t *receivedTransaction, r *dryFile) error {
	args := jobs.RemitPostArgs{PracticeID: b.Practice.ID, FileID: file.ID, ByteOffset: p.ByteOffset, Index: p.Set, ReceivedOn: file.ReceivedOn}
	if err := work.PostPayment(ctx, tx, args); err != nil {
		return err
	}
	t.Status = "duplicate"
	remittances, err := billingdb.RemittancesOfFile(ctx, tx, b.Practice.ID, file.ID)
	if err != nil {
		return err
	}
	for _, m := range remittances {
		if m.ByteOffset != p.ByteOffset {
			continue
		}
		t.Status = m.State
		t.Payments = append(t.Payments, receivedPayment{Trace: m.Trace, Payer: m.PayerName, Amount: m.Amount.String(), Claims: m.Claims, Posted: m.Posted,
			Unmatched: m.Unmatched, Quarantined: m.State == billingdb.Quarantined, Reason: m.Reason})
		if m.State != billingdb.Posted {
			continue
		}
		entries, err := ledgerdb.EntriesBySource(ctx, tx, b.Practice.ID, m.SourceKey+"|")
		if err != nil {
			return err
		}
		chart, err := ledgerdb.Chart(ctx, tx, b.Practice.ID)
		if err != nil {
			return err
		}
		for _, e := range entries {
			r.Journal = append(r.Journal, dryEntryOf(&e.Entry, chart))
		}
	}
	return nil
}

func dryEntryOf(e *ledger.Entry, chart ledger.Chart) dryEntry {
	out := dryEntry{Date: e.PostingDate.String(), Kind: e.Kind, Source: e.SourceKey, Memo: e.Memo}
	name := func(code string) string { return code + " " + chart.Name(code) }
	for _, t := range e.Transfers {
		m := dryMoved{Debit: name(t.Debit.Account), Credit: name(t.Credit.Account), Amount: t.Amount.String(), Byte: max(t.ByteOffset, 0)}
		if t.GroupCode != "" {
			m.Reason = t.GroupCode + "-" + t.CARC
		}
		out.Transfers = append(out.Transfers, m)
	}
	return out
}

func printJournal(w io.Writer, journal []dryEntry) {
	for _, e := range journal {
		fmt.Fprintf(w, "\n  %s  %s  %s\n", e.Date, e.Source, e.Memo)
		for _, t := range e.Transfers {
			fmt.Fprintf(w, "    Dr %-32s Cr %-32s %12s  %s\n", t.Debit, t.Credit, t.Amount, t.Reason)
		}
	}
	if len(journal) > 0 {
		fmt.Fprintln(w)
	}
}
