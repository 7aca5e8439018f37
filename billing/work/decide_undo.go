package work

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// undoable are the decisions that a person can take back. The others have ways of
// their own, or are answers to what has gone.
var undoable = []string{DecideTreat, DecideAssignLine, DecideClassify, DecideWriteOff, DecideApply, DecideRefundPayer, DecideRefundPaid}

type undoPayload struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
}

// again ends the source of what is decided anew after it was taken back.
var again = regexp.MustCompile(`\|~\d+$`)

// Undo takes a wrong decision back by the mirror of its entry: the work item that
// it settled is open again, and the rule that it made is forgotten. It is refused
// when something rests on the decision: then that is taken back first.
func (d *Desk) Undo(source string) (Decided, error) {
	if err := d.reasoned(); err != nil {
		return d.out, err
	}
	made, err := billingdb.DecisionBySource(d.ctx, d.tx, d.practiceID, again.ReplaceAllString(source, ""))
	if err != nil {
		return d.out, err
	}
	if made == nil {
		return d.out, fault.NotFoundf("CB-DECIDE-ENTRY", "no decision has the source %s", source).WithFix("find it with: claimbook explain claim, or explain patient")
	}
	if !slices.Contains(undoable, made.Kind) {
		return d.out, fault.Invalidf("CB-DECIDE-UNDO", "a decision of the kind %s is not taken back", strings.ReplaceAll(made.Kind, "-", " ")).At(source).
			WithFix("correct what it left by another decision")
	}
	// The same lock as deciding about the subject.
	if _, err := billingdb.DecisionOn(d.ctx, d.tx, d.practiceID, made.Subject, []string{made.Kind}, made.Kind, []byte("null")); err != nil {
		return d.out, err
	}
	stored, err := d.entryOf(source)
	if err != nil || d.out.Known {
		return d.out, err
	}
	if err := d.restsOn(stored); err != nil {
		return d.out, err
	}
	payload := undoPayload{made.Kind, made.Subject}
	if _, err := d.record(DecideUndo, source, payload); err != nil {
		return d.out, err
	}
	e := stored.Mirror()
	e.Kind, e.Reverses, e.SourceKey, e.Actor, e.Memo = "decision-undone", stored.ID, source+"|undo", d.by.Actor, d.by.Reason
	on := d.by.On
	if on.Before(stored.PostingDate) { // in between the book would hold the mirror alone
		on = stored.PostingDate
	}
	if e.PostingDate, err = ledgerdb.PostingDate(d.ctx, d.tx, d.practiceID, on); err != nil {
		return d.out, err
	}
	if _, err := ledgerdb.Post(d.ctx, d.tx, d.practiceID, []ledger.Entry{e}); err != nil {
		return d.out, err
	}
	d.out.PostingDate, d.out.Sources = e.PostingDate, []string{e.SourceKey}
	told := map[int64]bool{}
	for _, t := range e.Transfers {
		d.out.Amount += t.Amount
		if t.ClaimID != 0 && !told[t.ClaimID] {
			told[t.ClaimID] = true
			if err := d.tell(t.ClaimID, "A decision ("+made.Kind+") was taken back"); err != nil {
				return d.out, err
			}
		}
	}
	forgot, err := billingdb.TakeBackDecision(d.ctx, d.tx, d.practiceID, made.ID, itemOf(made))
	if err != nil {
		return d.out, err
	}
	for claimID := range told {
		if err := d.leftByUndo(claimID, source, itemOf(made)); err != nil {
			return d.out, err
		}
	}
	d.out.Message = fmt.Sprintf("taken back: %s of %s", d.out.Amount.Dollars(), source)
	if forgot > 0 {
		d.out.Message += "; the rule that it made is forgotten"
	}
	patients, err := billingdb.PatientsOf(d.ctx, d.tx, d.practiceID, e.Transfers)
	if err != nil || made.Kind == DecideApply { // the credit would apply itself again
		return d.out, err
	}
	return d.out, d.settle(DecideUndo, source, patients...)
}

// leftByUndo brings the work items of a claim in line with what is left of it. The
// payer may have paid since: then nothing of what was decided is open any more, and
// the claim is not overpaid. A refund that is not owed any more leaves it overpaid.
func (d *Desk) leftByUndo(claimID int64, source, item string) error {
	number, err := billingdb.ClaimNumber(d.ctx, d.tx, d.practiceID, claimID)
	if err != nil {
		return err
	}
	c, err := d.claim(number)
	if err != nil {
		return err
	}
	balances, err := billingdb.InsuranceBalances(d.ctx, d.tx, d.practiceID, c)
	if err != nil {
		return err
	}
	var owed, over money.Cents
	for _, b := range balances {
		owed += max(b.Amount, 0)
		over -= min(b.Amount, 0)
	}
	if owed == 0 {
		if err := claimsdb.CloseWorkItems(d.ctx, d.tx, d.practiceID, []string{item}, d.by.On, "nothing of it is left in A/R"); err != nil {
			return err
		}
	}
	if over == 0 {
		return claimsdb.CloseClaimItems(d.ctx, d.tx, d.practiceID, claims.WorkCredit, []int64{c.ID}, d.by.On, "nobody has overpaid it any more")
	}
	if told, err := billingdb.HasItem(d.ctx, d.tx, d.practiceID, claims.WorkCredit, c.ID); told || err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(d.ctx, d.tx, d.practiceID, []claims.WorkItem{{Kind: claims.WorkCredit, DedupeKey: "credit|" + source + "|undo|" + number, ClaimID: c.ID, PatientID: c.PatientID,
		EncounterID: c.EncounterID, PayerID: c.PayerID, Amount: over, OpenedOn: d.by.On, Reason: fmt.Sprintf("claim %s is overpaid by %s", number, over.Dollars()),
		Action: "Find out who paid too much; refund the payer, or wait for its recoupment if it has announced one"}})
}

// entryOf finds the entry, and says in the outcome when it was taken back before.
func (d *Desk) entryOf(source string) (*ledgerdb.StoredEntry, error) {
	entries, err := ledgerdb.EntriesBySource(d.ctx, d.tx, d.practiceID, source)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(entries, func(e ledgerdb.StoredEntry) bool { return e.SourceKey == source })
	if i < 0 {
		return nil, fault.NotFoundf("CB-DECIDE-ENTRY", "no entry has the source %s", source).WithFix("find it with: claimbook explain claim, or explain patient")
	}
	if entries[i].ReversedBy == 0 {
		return &entries[i], nil
	}
	by, err := ledgerdb.EntriesByID(d.ctx, d.tx, d.practiceID, []int64{entries[i].ReversedBy})
	if err != nil {
		return nil, err
	}
	if by[0].SourceKey != source+"|undo" {
		return nil, fault.Invalidf("CB-DECIDE-UNDO", "the payer took back what it relied on, and the entry with it").At(source)
	}
	d.out.Known, d.out.Message = true, fmt.Sprintf("taken back so on %s by %s: nothing changed", by[0].PostingDate, by[0].Actor)
	return nil, nil
}

// restsOn refuses when what the entry left somewhere is not there any more.
func (d *Desk) restsOn(e *ledgerdb.StoredEntry) error {
	what, err := billingdb.RestsOn(d.ctx, d.tx, d.practiceID, e.ID, e.SourceKey)
	if err != nil {
		return err
	}
	if what != "" {
		return fault.Invalidf("CB-DECIDE-RESTS", "it cannot be taken back: %s", what).At(e.SourceKey)
	}
	chart, err := ledgerdb.Chart(d.ctx, d.tx, d.practiceID)
	if err != nil {
		return err
	}
	changes := e.Changes()
	keys := make([]ledger.Key, 0, len(changes))
	for key := range changes {
		// Suspense, and what stands under a claim's number, are where things come from.
		if chart[key.Account].Keyed() && key.Account != ledger.PLBSuspense && (key.Account != ledger.ARInsurance || key.ServiceLineID != 0) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, ledger.Key.Compare)
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if e.Kind == billing.KindPayerRefund && key.Account == ledger.ARInsurance {
			continue // the claim was overpaid before, and is so again
		}
		// What landed there: a debit of an asset, a credit of a liability.
		landed, held := changes[key], balances[key]
		if chart[key.Account].Class == ledger.Liability {
			landed, held = -landed, -held
		}
		if landed > 0 && held < landed {
			return fault.Invalidf("CB-DECIDE-RESTS", "it cannot be taken back: it left %s on account %s, where %s is left", landed.Dollars(), key.Account, max(held, 0).Dollars()).
				At(e.SourceKey).WithFix("take back first what has been posted there since: a payment, a credit that was applied, a refund that was sent")
		}
	}
	return d.recovered(e)
}

// recovered refuses to take bad debt back that has been paid since.
func (d *Desk) recovered(e *ledgerdb.StoredEntry) error {
	of := map[int64]money.Cents{}
	for _, t := range e.Transfers {
		if t.Debit.Account == ledger.BadDebt {
			of[t.Credit.PatientID] += t.Amount
		}
	}
	for patient, amount := range of {
		left, err := billingdb.BadDebtLeft(d.ctx, d.tx, d.practiceID, patient)
		if err != nil {
			return err
		}
		if left < amount {
			return fault.Invalidf("CB-DECIDE-RESTS", "it cannot be taken back: of the bad debt %s is left, the rest has been recovered", max(left, 0).Dollars()).At(e.SourceKey)
		}
	}
	return nil
}

// itemOf is the key of the work item that a decision settled; "": none.
func itemOf(made *billingdb.MadeDecision) string {
	switch made.Kind {
	case DecideClassify, DecideAssignLine:
		return made.Subject
	case DecideTreat:
		var p treatPayload
		if json.Unmarshal(made.Payload, &p) == nil && p.Code != "" {
			return strings.TrimSuffix(made.Subject, "|"+p.Code)
		}
		return made.Subject
	}
	return ""
}
