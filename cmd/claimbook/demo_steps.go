package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/sandbox"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/demo"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// The payer acknowledges on the day and pays after two weeks; the next payer
// after one more; then patients pay and statements go out.
const (
	paysAfter      = 14
	paysNextAfter  = 21
	statementAfter = paysNextAfter
)

// first and last are the first and the last day of encounters.
func (d *demoDay) first() date.Date { return d.world.Days[0].Date }
func (d *demoDay) last() date.Date  { return d.world.Days[len(d.world.Days)-1].Date }

// takeIn takes the encounters of every day in, after the copays that the front
// desk collected.
func (d *demoDay) takeIn(ctx context.Context) error {
	return d.step("Encounters taken in", func(s *demo.Step) error {
		var total claimsdb.IntakeFile
		files, reasons := 0, map[string]int{}
		for i, day := range d.world.Days {
			if err := d.on(ctx, day.Date); err != nil {
				return err
			}
			var paths []string
			for _, kind := range []string{"csv", "json"} {
				paths = append(paths, d.path("input", fmt.Sprintf("encounters-%s.%s", d.world.Days[i].Date, kind)))
			}
			taken, err := d.book.intake(ctx, d.app, paths)
			if err != nil {
				return err
			}
			err = d.book.read(ctx, func(tx pgx.Tx) error {
				for _, t := range taken {
					f, err := claimsdb.FindIntakeFile(ctx, tx, d.book.Practice.ID, t.IntakeFileID)
					if err != nil {
						return err
					}
					files++
					total.Records += f.Records
					total.Accepted += f.Accepted
					total.Held += f.Held
					total.Duplicate += f.Duplicate
					total.Refused += f.Refused
					held, err := claimsdb.Records(ctx, tx, d.book.Practice.ID, t.IntakeFileID, claimsdb.OutcomeHeld)
					if err != nil {
						return err
					}
					for _, record := range held {
						reasons[fmt.Sprint(record.Reasons[0])]++
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		s.Result = fmt.Sprintf("%d from %s: %d ready, %d held, %d twice", total.Records, countAs(files, "file", "files"), total.Accepted, total.Held, total.Duplicate)
		s.Amount = d.balanceOf(ctx, ledger.GrossCharges).Abs()
		list := make([]string, 0, len(reasons))
		for reason := range reasons {
			list = append(list, reason)
		}
		slices.Sort(list)
		for _, reason := range list[:min(3, len(list))] {
			s.Notes = append(s.Notes, "held: "+reason)
		}
		if len(list) > 3 {
			s.Notes = append(s.Notes, fmt.Sprintf("… and %d more, each with its reason: claimbook claims list --state held", len(list)-3))
		}
		return nil
	})
}

// copays records what the front desk took before the claims were billed.
func (d *demoDay) copays(ctx context.Context) error {
	return d.step("Copays at the desk", func(s *demo.Step) error {
		n := 0
		var sum money.Cents
		for _, day := range d.world.Days {
			if err := d.on(ctx, day.Date); err != nil {
				return err
			}
			for _, c := range day.Copays {
				if _, err := d.book.recordPayment(ctx, billingdb.PatientPayment{Key: "copay-" + c.Visit, Account: c.Patient, Amount: c.Amount,
					Method: "card", Reference: "CARD-" + c.Visit, Visit: c.Visit, Purpose: billing.ForCopay, ReceivedOn: day.Date, Actor: "front desk"}); err != nil {
					return err
				}
				n++
				sum += c.Amount
			}
		}
		s.Result, s.Amount = fmt.Sprintf("%s, waiting for their visits' balance", count(n, "copay")), sum
		return nil
	})
}

// send submits what is ready.
func (d *demoDay) send(ctx context.Context) error {
	return d.step("Claims sent", func(s *demo.Step) error {
		if err := d.on(ctx, d.last()); err != nil {
			return err
		}
		batches, err := d.submit(ctx)
		if err != nil {
			return err
		}
		describeBatches(s, batches)
		return nil
	})
}

// submit sends what is ready, and keeps a copy of each interchange for people.
func (d *demoDay) submit(ctx context.Context) (batches []claimsdb.Batch, err error) {
	b := d.book
	var selection work.Selection
	err = b.read(ctx, func(tx pgx.Tx) error {
		var built bool
		if err := tx.QueryRow(ctx, "select exists (select 1 from batch where practice_id = $1 and built_on = $2)", b.Practice.ID, b.Today).Scan(&built); err != nil {
			return err
		}
		if built { // an interrupted demo goes on: deliver what it built, select nothing more
			selection.Service = date.New(1900, 1, 1)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, err = b.submit(ctx, d.app, selection); err != nil {
		return nil, err
	}
	var paths []string
	err = b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		batches, paths = nil, nil // a transaction that lost a race runs again
		// By the day, not by the run: a demo that was interrupted goes on.
		rows, err := tx.Query(ctx, "select id from batch where practice_id = $1 and built_on = $2 order by number", b.Practice.ID, b.Today)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, id := range ids {
			batch, err := claimsdb.FindBatch(ctx, tx, b.Practice.ID, id)
			if err != nil {
				return err
			}
			batches = append(batches, batch)
			file, err := exchangedb.FindFile(ctx, tx, b.Practice.ID, batch.EDIFileID)
			if err != nil {
				return err
			}
			content, err := exchangedb.OpenFile(ctx, tx, b.Practice.ID, batch.EDIFileID)
			if err != nil {
				return err
			}
			sent := exchange.Folder{Dir: d.path("sent", batch.PartnerCode)}
			if err := sent.Deliver(ctx, batch.FileName, content, file.Size); err != nil {
				return err
			}
			paths = append(paths, filepath.Join(sent.Dir, batch.FileName))
		}
		return nil
	})
	d.sent = append(d.sent, paths)
	return batches, err
}

func describeBatches(s *demo.Step, batches []claimsdb.Batch) {
	claims := 0
	for _, b := range batches {
		claims += b.Claims
		s.Amount += b.Charge
		s.Notes = append(s.Notes, fmt.Sprintf("batch %d to %s: %s, interchange %09d", b.Number, b.PartnerCode, count(b.Claims, "claim"), b.ISAControl))
	}
	s.Result = fmt.Sprintf("%s in %s", count(claims, "claim"), countAs(len(batches), "interchange", "interchanges"))
}

// answers asks the sandbox payer about the interchanges. What it pays, it pays
// later than what it acknowledges.
func (d *demoDay) answers(ctx context.Context, paths []string, on date.Date, payments bool, folder string) ([]sandbox.Answer, []string, error) {
	var files []io.Reader
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, fault.Environmentf("CB-DEMO-READ", "the interchange cannot be read").At(path).Because(err)
		}
		files = append(files, bytes.NewReader(content))
	}
	if len(files) == 0 {
		return nil, nil, nil
	}
	list, err := sandbox.Adjudicate(files, sandbox.Options{Seed: int64(d.cmd.Seed), Today: on, Contracts: payerContracts(d.world.Setup, on), Behind: payersBehind(d.world.Setup)})
	if err != nil {
		return nil, nil, err
	}
	inbound := exchange.Folder{Dir: d.path("inbound", folder)}
	var kept []sandbox.Answer
	var written []string
	for _, a := range list {
		if (a.Kind == sandbox.Kind835) != payments {
			continue
		}
		if err := inbound.Deliver(ctx, a.Name, bytes.NewReader(a.Bytes), int64(len(a.Bytes))); err != nil {
			return nil, nil, err
		}
		kept, written = append(kept, a), append(written, filepath.Join(inbound.Dir, a.Name))
	}
	d.inbound = append(d.inbound, written...)
	return kept, written, nil
}

// acknowledged receives the TA1, 999 and 277CA.
func (d *demoDay) acknowledged(ctx context.Context) error {
	return d.step("Acknowledged", func(s *demo.Step) error {
		answers, paths, err := d.answers(ctx, d.sent[0], d.last(), false, "1-acknowledgments")
		if err != nil {
			return err
		}
		results, err := d.receiveAll(ctx, paths)
		if err != nil {
			return err
		}
		kinds := map[string]int{}
		rejected := 0
		for _, a := range answers {
			kinds[a.Kind]++
			rejected += a.Rejected
		}
		s.Result = fmt.Sprintf("%d TA1, %d 999, %d 277CA in %s", kinds[sandbox.KindTA1], kinds[sandbox.Kind999], kinds[sandbox.Kind277CA], count(len(results), "file"))
		s.Notes = append(s.Notes, fmt.Sprintf("%s rejected: it never was in adjudication; mend and send again", count(rejected, "claim")))
		return nil
	})
}

func (d *demoDay) receiveAll(ctx context.Context, paths []string) ([]receivedFile, error) {
	results, err := d.book.receive(ctx, d.app, paths)
	if err != nil {
		return nil, err
	}
	for i := range results {
		if r := &results[i]; r.err != nil {
			return nil, r.err
		} else if r.problem() {
			return nil, fault.Invalidf("CB-DEMO-ANSWER", "the payer's answer went wrong: %s", r.Outcome).At(r.File)
		}
	}
	return results, nil
}

// paid receives the 835s.
func (d *demoDay) paid(ctx context.Context) error {
	return d.step("Remittances posted", func(s *demo.Step) error {
		day := d.last().AddDays(paysAfter)
		if err := d.on(ctx, day); err != nil {
			return err
		}
		answers, paths, err := d.answers(ctx, d.sent[0], day, true, "2-remittances")
		if err != nil {
			return err
		}
		if _, err := d.receiveAll(ctx, paths); err != nil {
			return err
		}
		describePayments(s, answers)
		notes, err := d.remittanceNotes(ctx)
		s.Notes = append(s.Notes, notes...)
		return err
	})
}

func describePayments(s *demo.Step, answers []sandbox.Answer) {
	payments, claims := 0, 0
	for _, a := range answers {
		payments += a.Payments
		claims += a.Claims
		s.Amount += a.Amount
	}
	s.Result = fmt.Sprintf("%s of %s, %s", count(payments, "payment"), count(len(answers), "file"), count(claims, "claim"))
}

// remittanceNotes says what the payments did, from the tables.
func (d *demoDay) remittanceNotes(ctx context.Context) (notes []string, err error) {
	err = d.book.read(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select outcome, count(*)::int, sum(paid)::bigint from remittance_claim where practice_id = $1 group by 1 order by 2 desc, 1`, d.book.Practice.ID)
		if err != nil {
			return err
		}
		var parts []string
		var outcome string
		var n int
		var paid money.Cents
		if _, err := pgx.ForEachRow(rows, []any{&outcome, &n, &paid}, func() error {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(outcome, "-", " ")))
			return nil
		}); err != nil {
			return err
		}
		notes = append(notes, strings.Join(parts, ", "))
		rows, err = tx.Query(ctx, `select group_code || '-' || carc, count(*)::int, sum(posted)::bigint from remittance_adjustment
			where practice_id = $1 group by 1 order by sum(abs(amount)) desc, 1 limit 8`, d.book.Practice.ID)
		if err != nil {
			return err
		}
		parts = nil
		if _, err := pgx.ForEachRow(rows, []any{&outcome, &n, &paid}, func() error {
			parts = append(parts, fmt.Sprintf("%s ×%d", outcome, n))
			return nil
		}); err != nil {
			return err
		}
		notes = append(notes, "adjustments: "+strings.Join(parts, ", "))
		rows, err = tx.Query(ctx, `select code || ' ' || coalesce(nullif(treatment, ''), 'posted'), count(*)::int, sum(amount)::bigint from provider_adjustment where practice_id = $1 group by 1 order by 1`, d.book.Practice.ID)
		if err != nil {
			return err
		}
		parts = nil
		if _, err := pgx.ForEachRow(rows, []any{&outcome, &n, &paid}, func() error {
			parts = append(parts, fmt.Sprintf("%s ×%d", outcome, n))
			return nil
		}); err != nil {
			return err
		}
		if len(parts) > 0 {
			notes = append(notes, "provider-level adjustments: "+strings.Join(parts, ", "))
		}
		return nil
	})
	return notes, err
}

// secondaries sends what the first payers left to the next ones and receives
// their answers.
func (d *demoDay) secondaries(ctx context.Context) error {
	return d.step("Secondary claims", func(s *demo.Step) error {
		batches, err := d.submit(ctx)
		if err != nil {
			return err
		}
		if len(batches) == 0 {
			s.Result = "none"
			return nil
		}
		describeBatches(s, batches)
		sent := d.sent[len(d.sent)-1]
		day := d.last().AddDays(paysNextAfter)
		if err := d.on(ctx, day); err != nil {
			return err
		}
		_, acknowledgments, err := d.answers(ctx, sent, day, false, "3-secondary-acknowledgments")
		if err != nil {
			return err
		}
		answers, payments, err := d.answers(ctx, sent, day, true, "4-secondary-remittances")
		if err != nil {
			return err
		}
		if _, err := d.receiveAll(ctx, append(acknowledgments, payments...)); err != nil {
			return err
		}
		var paid demo.Step
		describePayments(&paid, answers)
		s.Notes = append(s.Notes, fmt.Sprintf("answered: %s, %s", paid.Result, paid.Amount.Dollars()))
		return nil
	})
}

// patients pay a little at the counter and by mail: the three largest balances,
// one in full, one in part, one too much.
func (d *demoDay) patients(ctx context.Context) error {
	return d.step("Patient payments", func(s *demo.Step) error {
		day := d.last().AddDays(statementAfter)
		if err := d.on(ctx, day); err != nil {
			return err
		}
		type owing struct {
			Account string
			Amount  money.Cents
		}
		var list []owing
		before := 0 // of an earlier demo in this book
		err := d.book.read(ctx, func(tx pgx.Tx) error {
			if err := tx.QueryRow(ctx, `select count(*)::int from patient_payment where practice_id = $1 and idempotency_key like 'mail-%'`, d.book.Practice.ID).Scan(&before); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, `select p.account, sum(b.amount)::bigint from subledger_balance b
				join patient p on p.practice_id = b.practice_id and p.id = b.patient_id
				where b.practice_id = $1 and b.account = '1110' group by 1 having sum(b.amount) > 1000 order by 2 desc, 1 limit 3`, d.book.Practice.ID)
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[owing])
			return err
		})
		if err != nil {
			return err
		}
		if before > 0 {
			s.Result = fmt.Sprintf("%s recorded before", count(before, "payment"))
			return nil
		}
		payments := []billingdb.PatientPayment{}
		for i, o := range list {
			p := billingdb.PatientPayment{Key: fmt.Sprintf("mail-%d", i+1), Account: o.Account, Amount: o.Amount, Purpose: billing.ForBalance, ReceivedOn: day, Actor: "demo"}
			switch i {
			case 0:
				p.Method, p.Reference = "check", "CHK 1047"
			case 1:
				p.Method, p.Amount = "cash", 20_00
			default:
				p.Method, p.Reference, p.Amount = "card", "CARD-88121", o.Amount+10_00
			}
			payments = append(payments, p)
		}
		for _, p := range payments {
			receipt, err := d.book.recordPayment(ctx, p)
			if err != nil {
				return err
			}
			s.Amount += p.Amount
			note := fmt.Sprintf("receipt %d: %s by %s, %s applied", receipt.Number, p.Amount.Dollars(), p.Method, receipt.Applied.Dollars())
			if receipt.Held > 0 {
				note += fmt.Sprintf(", %s stays as a credit", receipt.Held.Dollars())
			}
			s.Notes = append(s.Notes, note)
		}
		s.Result = count(len(payments), "payment")
		return nil
	})
}

func (d *demoDay) statements(ctx context.Context) error {
	return d.step("Statements", func(s *demo.Step) error {
		r, err := d.book.runStatements(ctx, d.app, date.Date{}, d.path("statements"))
		if err != nil {
			return err
		}
		s.Result, s.Amount = fmt.Sprintf("%s, %s, as PDF", count(r.Statements, "statement"), count(r.Pages, "page")), r.Balance
		left := map[string]int{}
		for _, selection := range r.Selections {
			if !selection.Included {
				left[selection.Reason]++
			}
		}
		reasons := make([]string, 0, len(left))
		for reason := range left {
			reasons = append(reasons, reason)
		}
		slices.Sort(reasons)
		for _, reason := range reasons[:min(4, len(reasons))] {
			s.Notes = append(s.Notes, fmt.Sprintf("left out %d: %s", left[reason], reason))
		}
		return nil
	})
}

// analyze refreshes the planner's statistics: the tables were empty a minute
// ago, and pages and proofs would plan for that.
func (d *demoDay) analyze(ctx context.Context) error {
	return d.book.DB.Tx(ctx, postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "analyze")
		return err
	})
}

// prove proves the whole book and seals it.
func (d *demoDay) prove(ctx context.Context) error {
	return d.step("Book proved, sealed", func(s *demo.Step) error {
		if err := sealBook(ctx, d.app, d.book); err != nil {
			return err
		}
		return d.book.read(ctx, func(tx pgx.Tx) error {
			proofs, err := ledgerdb.Verify(ctx, tx, d.book.Practice.ID, func(int, int) {})
			if err != nil {
				return err
			}
			for i := range proofs {
				if !proofs[i].Holds() {
					return fault.Invalidf("CB-DEMO-VERIFY", "the book does not hold: %s", proofs[i].Name).WithFix("claimbook verify shows the counter-example")
				}
			}
			s.Result = fmt.Sprintf("%d invariants hold", len(proofs))
			return nil
		})
	})
}

// balanceOf is an account's balance, debits less credits; 0 when it cannot be read.
func (d *demoDay) balanceOf(ctx context.Context, account string) (balance money.Cents) {
	_ = d.book.read(ctx, func(tx pgx.Tx) error {
		tb, err := ledgerdb.TrialBalance(ctx, tx, d.book.Practice.ID, d.book.Today)
		if err == nil {
			balance = tb.Balance(account)
		}
		return err
	})
	return balance
}
