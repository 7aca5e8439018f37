package work

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// Released is what became of a claim that a person released.
type Released struct {
	Number  string   `json:"claim"`
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"` // why it is not
}

// ClaimsDecision is what a decision to hold or to release says: which claims,
// by number, or which encounters, by external id.
type ClaimsDecision struct {
	Claims     []string `json:"claims,omitempty"`
	Batch      int64    `json:"batch,omitempty"` // all rejected claims of this batch too
	Encounters []string `json:"encounters,omitempty"`
}

// subjectOf names what a decision is about, for people.
func subjectOf(codes []string) string {
	if len(codes) > 1 {
		return fmt.Sprintf("%s and %d more", codes[0], len(codes)-1)
	}
	return strings.Join(codes, "")
}

// ReleaseClaims makes held and rejected claims ready. A rejected claim is
// frozen anew from the set-up as it is now: it never was in adjudication, so it
// goes out again as an original under its own number. What the edits would hold
// stays where it is. batch, when not 0, adds all rejected claims of that batch.
func ReleaseClaims(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string, batch int64, today date.Date, actor string) ([]Released, error) {
	if _, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: exchangedb.DecisionReleaseClaims, Subject: subjectOf(numbers),
		Payload: ClaimsDecision{Claims: numbers, Batch: batch}, Actor: actor, On: today}); err != nil {
		return nil, err
	}
	if err := claimsdb.LockIntake(ctx, tx, practiceID); err != nil {
		return nil, err
	}
	list, err := claimsdb.ResendClaims(ctx, tx, practiceID, numbers, batch)
	if err != nil {
		return nil, err
	}
	for _, number := range numbers {
		found := false
		for _, c := range list {
			found = found || c.Number == number
		}
		if !found {
			return nil, fault.NotFoundf("CB-CLAIM-002", "no claim has the number %s", number).WithFix("list them with: claimbook claims list")
		}
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("CB-BATCH-001", "batch %d has no rejected claim", batch)
	}
	directory, err := claimsdb.LoadDirectory(ctx, tx, practiceID)
	if err != nil {
		return nil, err
	}
	out := make([]Released, 0, len(list))
	for _, c := range list {
		r := &releasing{practiceID: practiceID, directory: directory, claim: c, today: today, actor: actor}
		released, err := r.release(ctx, tx)
		if err != nil {
			return nil, err
		}
		out = append(out, released)
	}
	return out, claimsdb.CloseSettledBatchItems(ctx, tx, practiceID, today)
}

type releasing struct {
	practiceID int64
	directory  *claimsdb.Directory
	claim      claimsdb.ResendClaim
	today      date.Date
	actor      string
}

func (r *releasing) release(ctx context.Context, tx pgx.Tx) (Released, error) {
	c := r.claim
	out := Released{Number: c.Number}
	message := "Released by a person; it goes out with the next submission."
	switch c.State {
	case claims.Held:
	case claims.Rejected:
		snapshot, reasons, err := r.refreeze(ctx, tx)
		if err != nil {
			return out, err
		}
		if len(reasons) > 0 {
			out.Reasons = reasons
			return out, nil
		}
		if err := claimsdb.SetSnapshot(ctx, tx, r.practiceID, c.ID, snapshot, r.today); err != nil {
			return out, err
		}
		message = "Frozen anew from the corrected set-up; it goes out again as an original."
	default:
		out.Reasons = []string{fmt.Sprintf("it is %s: only held and rejected claims are released", c.State)}
		return out, nil
	}
	out.Ready = true
	for _, kind := range []claims.WorkItemKind{claims.WorkHeld, claims.WorkRejected} {
		if err := claimsdb.CloseClaimItems(ctx, tx, r.practiceID, kind, []int64{c.ID}, r.today, "the claim was released"); err != nil {
			return out, err
		}
	}
	return out, claimsdb.Transition(ctx, tx, r.practiceID, []claims.Move{{ClaimID: c.ID, To: claims.Ready, Event: "released", Message: message, Actor: r.actor, On: r.today}})
}

// refreeze builds the claim from its encounter and the set-up as it is now,
// with what prior payers decided as it was.
func (r *releasing) refreeze(ctx context.Context, tx pgx.Tx) (snapshot claims.Claim, reasons []string, err error) {
	c := r.claim
	files, err := r.directory.PatientsByAccount(ctx, tx, r.practiceID, []string{c.Record.Patient})
	if err != nil {
		return snapshot, nil, err
	}
	s := &claims.Subject{
		Record: c.Record, Today: r.today, Fee: r.directory.Fee, Billing: r.directory.Billing(c.Record.BillingProvider),
		Rendering: r.directory.Rendering(c.Record.RenderingProvider), Facility: r.directory.Facilities[c.Record.Facility],
	}
	if file, known := files[c.Record.Patient]; known {
		patient := file.Patient
		s.Patient, s.Coverages = &patient, file.Coverages
	}
	for _, f := range claims.Holds(claims.Scrub(s, r.directory.Switches)) {
		reasons = append(reasons, f.String())
	}
	if len(reasons) > 0 {
		return snapshot, reasons, nil
	}
	for i := range s.Coverages {
		coverage := &s.Coverages[i]
		if coverage.Rank != c.Rank || !coverage.ActiveOn(c.Record.ServiceDate()) {
			continue
		}
		if coverage.Payer.ID != c.PayerID {
			return snapshot, []string{"the coverage names another payer now, to whom nothing is charged: " +
				"send the encounter again, so that a new claim takes this one's place"}, nil
		}
		snapshot = claims.BuildClaim(s, coverage)
		snapshot.Others, snapshot.Frequency, snapshot.PayerClaimNumber = c.Snapshot.Others, c.Snapshot.Frequency, c.Snapshot.PayerClaimNumber
		for n := range snapshot.Lines {
			if n < len(c.Snapshot.Lines) {
				snapshot.Lines[n].Adjudications = c.Snapshot.Lines[n].Adjudications
			}
		}
		snapshot.SetNumber(c.Number)
		return snapshot, nil, nil
	}
	return snapshot, []string{"no coverage of its rank is active on the day of service any more"}, nil
}

// HoldClaims keeps ready claims from being sent.
func HoldClaims(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string, reason string, today date.Date, actor string) error {
	list, err := claimsdb.ClaimStates(ctx, tx, practiceID, numbers)
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		reason = "no reason given"
	}
	if _, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: exchangedb.DecisionHold, Subject: subjectOf(numbers),
		Payload: ClaimsDecision{Claims: numbers}, Reason: reason, Actor: actor, On: today}); err != nil {
		return err
	}
	var moves []claims.Move
	var items []claims.WorkItem
	for _, number := range numbers {
		c, known := list[number]
		if !known {
			return fault.NotFoundf("CB-CLAIM-002", "no claim has the number %s", number).WithFix("list them with: claimbook claims list")
		}
		moves = append(moves, claims.Move{ClaimID: c.ID, To: claims.Held, Event: "held", Message: "Held by a person: " + reason + ".", Actor: actor, On: today})
		items = append(items, claims.WorkItem{Kind: claims.WorkHeld, DedupeKey: fmt.Sprintf("held-claim|%s|%s", number, today), ClaimID: c.ID,
			PatientID: c.PatientID, PayerID: c.PayerID, Amount: c.Charge, DueOn: c.TimelyBy, OpenedOn: today,
			Reason: fmt.Sprintf("Claim %s is held by a person: %s.", number, reason), Action: "Settle the reason, then release the claim."})
	}
	if err := claimsdb.Transition(ctx, tx, practiceID, moves); err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, practiceID, items)
}
