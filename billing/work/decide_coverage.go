package work

import (
	"fmt"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	claimswork "github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// EndedCoverage is a claim's coverage that was not in force any more.
type EndedCoverage struct {
	Claim string    // number
	On    date.Date // the last day of the coverage
}

type endedPayload struct {
	Ended date.Date `json:"ended"`
}

// CoverageEnded moves what the payer still owes for services after the last day
// of its coverage: to the next coverage where there is one, else to the patient
// if they may be billed. The coverage ends on that day for later visits too.
func (d *Desk) CoverageEnded(p EndedCoverage) (Decided, error) {
	payload := endedPayload{p.On}
	if known, err := d.known(DecideCoverageEnded, p.Claim, payload); known || err != nil {
		return d.out, err
	}
	c, err := d.claim(p.Claim)
	if err != nil {
		return d.out, err
	}
	lines, keys := []*billing.ClaimLine{}, []ledger.Key{c.Receivable(nil, c.Asked(c.PayerID))}
	for i := range c.Lines {
		if c.Lines[i].ServiceDate.After(p.On) {
			lines, keys = append(lines, &c.Lines[i]), append(keys, c.Receivable(&c.Lines[i], c.Asked(c.PayerID)))
		}
	}
	switch {
	case c.State == claims.Batched:
		return d.out, fault.Invalidf("CB-DECIDE-BATCHED", "claim %s is in a file that is not delivered yet", c.Number).WithFix("decide when it is delivered")
	case len(lines) == 0:
		return d.out, fault.Invalidf("CB-DECIDE-COVERED", "the services of claim %s are of %s: a coverage that ended on %s was in force", c.Number, c.ServiceDate, p.On)
	}
	if c.Next == nil {
		why, err := billingdb.MayNotBeBilled(d.ctx, d.tx, d.practiceID, c.ID)
		if err != nil {
			return d.out, err
		}
		if why != "" {
			return d.out, fault.Invalidf("CB-DECIDE-PROTECTED", "the patient may not be billed for claim %s: %s", c.Number, why).WithFix("ask that payer, or write it off")
		}
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, keys)
	if err != nil {
		return d.out, err
	}
	all := len(lines) == len(c.Lines)
	e := billing.CoverageEnded(c, lines, all, balances)
	if len(e.Transfers) == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "nothing of it is left in A/R of claim %s", c.Number)
	}
	if began, err := billingdb.EndCoverage(d.ctx, d.tx, d.practiceID, c.ID, p.On); err != nil || !began {
		if err == nil {
			err = fault.Invalidf("CB-DECIDE-COVERED", "the coverage of claim %s began after %s", c.Number, p.On).WithFix("correct the coverage in the set-up; nothing was changed")
		}
		return d.out, err
	}
	if _, err := d.record(DecideCoverageEnded, p.Claim, payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideCoverageEnded, p.Claim, e); err != nil {
		return d.out, err
	}
	who := "the patient owes"
	if c.Next != nil {
		who = "the next payer is asked for"
	}
	d.out.Message = fmt.Sprintf("the coverage of claim %s ended on %s: %s %s", c.Number, p.On, who, d.out.Amount.Dollars())
	if err := d.withdraw(c, all); err != nil {
		return d.out, err
	}
	return d.out, d.settle(DecideCoverageEnded, p.Claim, c.PatientID)
}

// withdraw ends a claim whose coverage had ended: withdrawn where it never was in
// adjudication, closed where it was answered. One that its payer has not answered
// yet stays as it is: its answer is still taken.
func (d *Desk) withdraw(c *billing.Claim, all bool) error {
	why := "Its coverage had ended"
	if all {
		for _, kind := range []claims.WorkItemKind{claims.WorkDenied, claims.WorkAdjustment, claims.WorkNoResponse, claims.WorkRejected} {
			if err := claimsdb.CloseClaimItems(d.ctx, d.tx, d.practiceID, kind, []int64{c.ID}, d.by.On, why); err != nil {
				return err
			}
		}
	}
	left, err := billingdb.InsuranceBalances(d.ctx, d.tx, d.practiceID, c)
	if err != nil {
		return err
	}
	to := c.State
	switch {
	case len(left) > 0:
	case c.State == claims.Draft || c.State == claims.Held || c.State == claims.Ready || c.State == claims.Rejected:
		to = claims.Voided
	case c.State.May(claims.Closed):
		to = claims.Closed
	}
	if to == c.State {
		if err := d.tell(c.ID, why); err != nil {
			return err
		}
	} else if err := claimsdb.Transition(d.ctx, d.tx, d.practiceID, []claims.Move{{ClaimID: c.ID, To: to, Event: "coverage-ended", Message: why + ": " + d.by.Reason,
		Actor: d.by.Actor, On: d.by.On}}); err != nil {
		return err
	}
	if c.Next == nil {
		return nil
	}
	return claimsdb.OpenWorkItems(d.ctx, d.tx, d.practiceID, []claims.WorkItem{{Kind: claims.WorkSecondary, DedupeKey: "coverage-ended|" + c.Number, ClaimID: c.ID, PatientID: c.PatientID,
		EncounterID: c.EncounterID, PayerID: c.Next.PayerID, Amount: d.out.Amount, OpenedOn: d.by.On,
		Reason: fmt.Sprintf("The coverage of claim %s had ended: the next one is the first now, and has no claim yet.", c.Number),
		Action: "Give the next coverage rank 1 in the set-up, send the encounter again, and look at its claim."}})
}

// FoundCoverage is an insurance of a visit that was found later.
type FoundCoverage struct {
	Visit string // external id of the encounter, or the number of a claim of it
	Payer string // code
}

type foundPayload struct {
	Payer string `json:"payer"`
}

// CoverageFound asks a payer that was found later for a visit that the patient
// was charged with: Dr 1100 / Cr 1110, and a new claim that goes out with the next
// submission. What the patient has paid is their credit.
func (d *Desk) CoverageFound(p FoundCoverage) (Decided, error) {
	visit, err := billingdb.VisitOf(d.ctx, d.tx, d.practiceID, p.Visit)
	if err != nil {
		return d.out, err
	}
	if visit == "" {
		return d.out, fault.NotFoundf("CB-FOUND-VISIT", "there is no visit or claim %s", p.Visit)
	}
	payload := foundPayload{p.Payer}
	if known, err := d.known(DecideCoverageFound, visit, payload); known || err != nil {
		return d.out, err
	}
	if _, err := billingdb.PayerByCode(d.ctx, d.tx, d.practiceID, p.Payer); err != nil {
		return d.out, err
	}
	number, claimID, err := claimswork.BuildFound(d.ctx, d.tx, d.practiceID, visit, p.Payer, d.by.On, d.by.Actor)
	if err != nil {
		return d.out, err
	}
	c, err := d.claim(number)
	if err != nil {
		return d.out, err
	}
	// The patient's balances stay as they are until it is posted.
	if _, err := billingdb.Accounts(d.ctx, d.tx, d.practiceID, []int64{c.PatientID}); err != nil {
		return d.out, err
	}
	lines, err := billingdb.FoundLines(d.ctx, d.tx, d.practiceID, c)
	if err != nil {
		return d.out, err
	}
	e := billing.CoverageFound(c, lines)
	if len(e.Transfers) == 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "the patient owes nothing for visit %s, and has paid nothing", visit).WithFix("nothing was changed")
	}
	var paid money.Cents
	for i := range lines {
		paid += max(lines[i].Paid, 0)
	}
	if _, err := d.record(DecideCoverageFound, visit, payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideCoverageFound, visit, e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s is asked for %s of visit %s by claim %s", p.Payer, d.out.Amount.Dollars(), visit, number)
	if paid > 0 {
		d.out.Message += fmt.Sprintf("; %s that the patient has paid is a credit", paid.Dollars())
	}
	if err := d.tell(claimID, "Insurance was found later"); err != nil {
		return d.out, err
	}
	return d.out, d.settle(DecideCoverageFound, visit, c.PatientID)
}
