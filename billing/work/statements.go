package work

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/billing/statementpdf"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

const (
	guarantorsPerSlice = 500
	statementsPerJob   = 10
)

// runStatements works statement.run: who gets one, and what it says, frozen.
func runStatements(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.StatementRunArgs]) error {
	_, ids, err := SelectStatements(ctx, tx, job.PracticeID, job.RunID, job.Args.AsOf)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, statementsPerJob) {
		job.Enqueue(jobs.StatementRenderArgs{PracticeID: job.PracticeID, RunID: job.RunID, StatementIDs: slices.Clone(chunk)})
	}
	return nil
}

// SelectStatements decides about every guarantor of whom anything is open, and
// freezes the statements of those who get one. Credits are applied first: nobody
// is billed for what they have paid already.
func SelectStatements(ctx context.Context, tx pgx.Tx, practiceID, runID int64, on date.Date) ([]billing.Selection, []int64, error) {
	practice, err := claimsdb.PracticeByID(ctx, tx, practiceID)
	if err != nil {
		return nil, nil, err
	}
	open, err := billingdb.OpenBalances(ctx, tx, practiceID)
	if err != nil {
		return nil, nil, err
	}
	if patients := billingdb.ToSettle(open); len(patients) > 0 {
		if err := applyCredits(ctx, tx, practiceID, patients, on); err != nil {
			return nil, nil, err
		}
		if open, err = billingdb.OpenBalances(ctx, tx, practiceID); err != nil {
			return nil, nil, err
		}
	}
	r := run{ctx: ctx, tx: tx, practice: practice, runID: runID, on: on,
		policy: billing.Policy{Minimum: practice.MinimumBill, DueDays: practice.DueDays, CycleDays: practice.CycleDays}}
	for len(open) > 0 {
		n := sliceOf(open)
		if err := r.slice(open[:n]); err != nil {
			return nil, nil, err
		}
		open = open[n:]
	}
	return r.selections, r.ids, nil
}

// sliceOf returns how many balances the next slice of whole guarantors has.
func sliceOf(open []billingdb.Open) int {
	guarantors := 0
	for i := range open {
		if i == 0 || open[i].GuarantorID != open[i-1].GuarantorID {
			if guarantors++; guarantors > guarantorsPerSlice {
				return i
			}
		}
	}
	return len(open)
}

func applyCredits(ctx context.Context, tx pgx.Tx, practiceID int64, patients []int64, on date.Date) error {
	prefix := "apply|statement|" + on.String() + "|"
	counts, err := billingdb.Applications(ctx, tx, practiceID, prefix)
	if err != nil {
		return err
	}
	posting, err := ledgerdb.PostingDate(ctx, tx, practiceID, on)
	if err != nil {
		return err
	}
	_, err = billingdb.SettleAccounts(ctx, tx, practiceID, patients, posting, "statement.run",
		func(account string) string { return fmt.Sprintf("%s%s|%d", prefix, account, counts[account]+1) })
	return err
}

// run is a statement run under way.
type run struct {
	ctx      context.Context
	tx       pgx.Tx
	practice claims.Practice
	runID    int64
	on       date.Date
	policy   billing.Policy

	selections []billing.Selection
	ids        []int64
}

func (r *run) slice(open []billingdb.Open) error {
	households, err := billingdb.Households(r.ctx, r.tx, r.practice.ID, open)
	if err != nil {
		return err
	}
	var list []billing.Selection
	var chosen []*billing.Household
	for _, h := range households {
		s := billing.Select(h, r.policy, r.on)
		if s.Included {
			chosen = append(chosen, h)
		}
		list = append(list, s)
	}
	saved := map[int64]int64{}
	if len(chosen) > 0 {
		if saved, err = r.freeze(chosen, list); err != nil {
			return err
		}
	}
	if err := billingdb.SaveSelection(r.ctx, r.tx, r.practice.ID, r.runID, list, saved); err != nil {
		return err
	}
	r.selections = append(r.selections, list...)
	return nil
}

// freeze numbers and saves the statements of the chosen, in the order of their
// accounts, and notes them on the claims' timelines.
func (r *run) freeze(chosen []*billing.Household, list []billing.Selection) (map[int64]int64, error) {
	first, err := exchangedb.NextNumbers(r.ctx, r.tx, r.practice.ID, 0, exchangedb.NumberStatement, len(chosen))
	if err != nil {
		return nil, err
	}
	sender := billing.Sender{Name: r.practice.Name, Address: r.practice.Address, Phone: r.practice.Phone, Hours: r.practice.Hours, PaymentURL: r.practice.PaymentURL}
	at := map[int64]*billing.Selection{}
	for i := range list {
		at[list[i].GuarantorID] = &list[i]
	}
	saved := map[int64]int64{}
	numbers := map[int64]string{} // by encounter
	var encounters []int64
	var items []claims.WorkItem
	for i, h := range chosen {
		s := billing.Freeze(h, sender, r.policy, billingdb.StatementNumber(first+int64(i)), r.on)
		id, err := billingdb.SaveStatement(r.ctx, r.tx, r.practice.ID, r.runID, h.GuarantorID, &s)
		if err != nil {
			return nil, err
		}
		selection := at[h.GuarantorID]
		if id == 0 {
			selection.Included, selection.Reason = false, "had a statement today"
			continue
		}
		selection.Number, selection.Level = s.Number, s.Level
		saved[h.GuarantorID] = id
		r.ids = append(r.ids, id)
		for _, v := range s.Visits {
			encounters = append(encounters, v.EncounterID)
			numbers[v.EncounterID] = s.Number
			if h.History[v.EncounterID].LastLevel == billing.FinalNotice {
				items = append(items, r.collections(&v))
			}
		}
	}
	claimIDs, err := billingdb.ClaimsOfEncounters(r.ctx, r.tx, r.practice.ID, encounters)
	if err != nil {
		return nil, err
	}
	var moves []claims.Move
	for _, encounter := range encounters {
		for _, claim := range claimIDs[encounter] {
			moves = append(moves, claims.Move{ClaimID: claim, Event: "statement", Message: "statement " + numbers[encounter] + " for the patient's share",
				Actor: "statement.run", On: r.on})
		}
	}
	if err := claimsdb.Transition(r.ctx, r.tx, r.practice.ID, moves); err != nil {
		return nil, err
	}
	return saved, claimsdb.OpenWorkItems(r.ctx, r.tx, r.practice.ID, items)
}

// collections is the item for a visit whose final notice has gone unanswered.
func (r *run) collections(v *billing.Visit) claims.WorkItem {
	return claims.WorkItem{Kind: claims.WorkStatement, DedupeKey: "collections|" + v.Visit, EncounterID: v.EncounterID, PatientID: v.Lines[0].PatientID,
		Reason: fmt.Sprintf("visit %s is still open after its final notice", v.Visit), Action: "Review it for a payment plan, charity care, or placement with the agency",
		Amount: v.Owed(), OpenedOn: r.on}
}

// renderStatements works statement.render: the PDFs of a chunk of statements.
func renderStatements(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.StatementRenderArgs]) error {
	list, err := billingdb.Statements(ctx, tx, job.PracticeID, job.Args.StatementIDs)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].State != "selected" {
			continue
		}
		pdf, pages, err := statementpdf.Render(&list[i].Content)
		if err != nil {
			return err
		}
		if err := billingdb.SavePDF(ctx, tx, job.PracticeID, list[i].ID, pdf, pages); err != nil {
			return err
		}
	}
	return nil
}
