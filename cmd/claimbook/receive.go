package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

type receiveCmd struct {
	Files  []string `arg:"" placeholder:"FILE" help:"Files that a partner sent, or - for the standard input."`
	DryRun bool     `help:"Print the journal that the payments would post, and change nothing."`
}

// Help shows an example.
func (receiveCmd) Help() string {
	return "Takes any X12 file that a partner sent (TA1, 999, 277CA, 835), in the order given. What a file is, its content says, never its name; the same bytes again change nothing. A payment that does not balance is quarantined whole, with the equation. Exit code 1 when a payment is quarantined, or a file is refused or not whole; 3 when a file cannot be read.\n\nExample:\n  claimbook receive --dry-run inbound/payer-835.edi\n  claimbook receive inbound/*.edi"
}

func (c receiveCmd) Run(ctx context.Context, app *App) error {
	book, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer book.Close()
	if c.DryRun {
		return book.dryReceive(ctx, app, c.Files)
	}
	results, err := book.receive(ctx, app, c.Files)
	if err != nil {
		return err
	}
	return reportReceived(app, results)
}

// receivedFile is what --json prints of one file.
type receivedFile struct {
	File         string                `json:"file"`
	SHA256       string                `json:"sha256"`
	Duplicate    bool                  `json:"duplicate"`
	Continued    bool                  `json:"continued,omitempty"`
	State        string                `json:"state,omitempty"`
	Outcome      string                `json:"outcome,omitempty"`
	Note         string                `json:"note,omitempty"` // what is wrong around the transactions: others may be missing
	Error        string                `json:"error,omitempty"`
	Transactions []receivedTransaction `json:"transactions"`

	err error // it could not be taken in
}

// receivedTransaction is a TA1 or a transaction set of a file.
type receivedTransaction struct {
	Type     string            `json:"type"`
	Control  string            `json:"control"`
	Status   string            `json:"status"` // applied, posted, informational, duplicate, quarantined, refused, waiting
	Outcome  string            `json:"outcome,omitempty"`
	Payments []receivedPayment `json:"payments"`
}

// receivedPayment is the payment of an 835.
type receivedPayment struct {
	Trace       string `json:"trace"`
	Payer       string `json:"payer"`
	Amount      string `json:"amount"`
	Claims      int    `json:"claims"`
	Posted      int    `json:"posted"`
	Unmatched   int    `json:"unmatched"`
	Quarantined bool   `json:"quarantined"`
	Reason      string `json:"reason"`
}

// problem says that something in the file did not go into the book.
func (f *receivedFile) problem() bool {
	if f.err != nil || f.State == exchangedb.Refused {
		return true
	}
	if f.Duplicate {
		return false
	}
	if f.Note != "" {
		return true
	}
	for _, t := range f.Transactions {
		if t.Status == "quarantined" || t.Status == "refused" {
			return true
		}
	}
	return false
}

// receive takes the files in, one after the other: a claim's acknowledgment
// comes before its payment when the caller says so. A file that cannot be taken
// in has its error in its result and does not stop the others.
func (b *Book) receive(ctx context.Context, app *App, paths []string) ([]receivedFile, error) {
	progress := app.Progress("receive")
	results := make([]receivedFile, len(paths))
	for i, path := range paths {
		r := &results[i]
		r.File, r.Transactions = path, []receivedTransaction{}
		if err := b.receiveFile(ctx, app, path, r); err != nil {
			if ctx.Err() != nil || fault.CodeOf(err) == "CB-DB-DISK-FULL" {
				return results, err
			}
			r.err, r.Error = err, err.Error()
		}
		progress(i+1, len(paths))
	}
	return results, nil
}

func (b *Book) receiveFile(ctx context.Context, app *App, path string, r *receivedFile) error {
	content, name, closeInput, err := receiveInput(app, path)
	if err != nil {
		return err
	}
	defer closeInput()
	var file exchangedb.File
	var runID int64
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		if seeker, ok := content.(io.Seeker); ok { // a transaction that lost a race runs again
			_, _ = seeker.Seek(0, io.SeekStart)
		}
		var existed bool
		if file, existed, err = exchangedb.StoreInbound(ctx, tx, b.Practice.ID, 0, name, b.Today, actor(), content); err != nil {
			return err
		}
		if existed && file.Kind == exchangedb.Intake {
			return fault.Invalidf("CB-RECEIVE-INTAKE", "this is a file of encounters, which intake has; nothing was changed").At(path).
				WithFix("claimbook intake says what became of it")
		}
		r.Duplicate, r.Continued = existed && file.Done(), existed && !file.Done()
		if r.Duplicate {
			return nil
		}
		if runID, err = jobs.StartRun(ctx, tx, b.Practice.ID, "receive"); err != nil {
			return err
		}
		return b.Jobs.Enqueue(ctx, tx, jobs.EDIRouteArgs{PracticeID: b.Practice.ID, RunID: runID, FileID: file.ID})
	})
	if err != nil {
		return err
	}
	r.SHA256 = hex.EncodeToString(file.SHA256[:])
	if !r.Duplicate {
		if err := b.Wait(ctx, runID, nil); err != nil {
			return err
		}
	}
	return b.read(ctx, func(tx pgx.Tx) error { return b.describeReceived(ctx, tx, file.ID, r) })
}

func receiveInput(app *App, path string) (content io.Reader, name string, closeInput func(), err error) {
	if path == "-" {
		return app.Stdin, "standard input", func() {}, nil
	}
	file, err := openInput(path)
	if err != nil {
		return nil, "", nil, err
	}
	return file, filepath.Base(path), func() { _ = file.Close() }, nil
}

// describeReceived reads from the book what became of a file.
func (b *Book) describeReceived(ctx context.Context, tx pgx.Tx, fileID int64, r *receivedFile) error {
	file, err := exchangedb.FindFile(ctx, tx, b.Practice.ID, fileID)
	if err != nil {
		return err
	}
	r.State, r.Outcome = file.State, file.Outcome
	list, err := exchangedb.Transactions(ctx, tx, b.Practice.ID, fileID)
	if err != nil {
		return err
	}
	if _, summary := exchangedb.Summarize(list); len(list) > 0 {
		r.Note = strings.TrimPrefix(strings.TrimPrefix(file.Outcome, summary), "; ")
	}
	remittances, err := billingdb.RemittancesOfFile(ctx, tx, b.Practice.ID, fileID)
	if err != nil {
		return err
	}
	for _, t := range list {
		out := receivedTransaction{Type: t.Kind, Control: t.Control, Outcome: t.Outcome, Payments: []receivedPayment{}}
		switch t.State {
		case exchangedb.Done:
			out.Status = "applied"
		default:
			out.Status = t.State
		}
		if t.Kind == exchange.Kind835 && t.State == exchangedb.Done {
			out.Status = "duplicate" // unless the payment is this file's own
		}
		for _, m := range remittances {
			if m.ByteOffset != t.ByteOffset {
				continue
			}
			out.Status = m.State
			out.Payments = append(out.Payments, receivedPayment{Trace: m.Trace, Payer: m.PayerName, Amount: m.Amount.String(), Claims: m.Claims,
				Posted: m.Posted, Unmatched: m.Unmatched, Quarantined: m.State == billingdb.Quarantined, Reason: m.Reason})
		}
		r.Transactions = append(r.Transactions, out)
	}
	return nil
}

func reportReceived(app *App, results []receivedFile) error {
	problem := false
	var environment error
	for i := range results {
		r := &results[i]
		if r.err != nil && fault.KindOf(r.err) == fault.Environment && environment == nil {
			environment = r.err
		}
		problem = problem || r.problem()
		if app.JSON {
			if err := json.NewEncoder(app.Stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		if r.err != nil {
			if !errors.Is(r.err, environment) { // that one ends the command
				fmt.Fprintln(app.Stderr, "claimbook:", r.err)
			}
			continue
		}
		printReceived(app.Stdout, r)
	}
	switch {
	case environment != nil:
		return environment
	case problem:
		return errReported
	}
	return nil
}

func printReceived(w io.Writer, r *receivedFile) {
	switch {
	case r.State == exchangedb.Refused && r.Duplicate:
		fmt.Fprintf(w, "%s: received and refused before: %s\n", r.File, r.Outcome)
		return
	case r.State == exchangedb.Refused && len(r.Transactions) > 0:
		fmt.Fprintf(w, "%s: refused\n", r.File) // each transaction says why
	case r.State == exchangedb.Refused:
		fmt.Fprintf(w, "%s: refused: %s\n", r.File, r.Outcome)
	case r.Duplicate:
		fmt.Fprintf(w, "%s: duplicate: received before, nothing changed (%s)\n", r.File, r.Outcome)
	case r.Continued:
		fmt.Fprintf(w, "%s: begun before, continued\n", r.File)
	default:
		fmt.Fprintf(w, "%s: %s\n", r.File, count(len(r.Transactions), "transaction"))
	}
	told := func(t receivedTransaction) bool {
		return t.Status == billingdb.Quarantined || t.Status == exchangedb.Refused
	}
	if r.Note != "" && !r.Duplicate && !slices.ContainsFunc(r.Transactions, told) {
		fmt.Fprintf(w, "  not in order: %s\n", r.Note)
	}
	for _, t := range r.Transactions {
		if r.Duplicate && !told(t) {
			continue // what waits for a person is told every time
		}
		if len(t.Payments) == 0 {
			line := fmt.Sprintf("  %s %s  %s", t.Type, t.Control, t.Status)
			if t.Outcome != "" {
				line += ": " + t.Outcome
			}
			fmt.Fprintln(w, line)
		}
		for _, p := range t.Payments {
			amount, _ := money.ParseString(p.Amount) // written by us
			line := fmt.Sprintf("  %s %s  payment %s of %s, %s: %s", t.Type, t.Control, p.Trace, p.Payer, amount.Dollars(), t.Status)
			if p.Trace == "" { // not even its header can be read
				line = fmt.Sprintf("  %s %s  payment: %s", t.Type, t.Control, t.Status)
			}
			switch {
			case p.Quarantined, p.Reason != "":
				line += ": " + p.Reason
			default:
				line += fmt.Sprintf(", %s", count(p.Claims, "claim"))
				if p.Unmatched > 0 {
					line += fmt.Sprintf(", %d of them unidentified", p.Unmatched)
				}
			}
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
}
