package billing

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// tell moves the claim along and opens the work items that its answer causes.
func (p *Poster) tell(c *remit835.Claim, ours *Claim, row *ClaimRow, key string, asked NextPayer, next *NextPayer, t *tally) {
	p.out.Answered = append(p.out.Answered, ours.ID)
	if t.denied == 0 && asked.Rank == ours.Rank {
		p.out.Resolved = append(p.out.Resolved, ours.ID)
	}
	p.move(ours, stateOf(row.Outcome), c.ByteOffset, p.sentence(c, row, t))

	due := p.payment.decided().AddDays(ours.AppealDays)
	p.out.Items = append(p.out.Items, p.openQuestions(p.payer(), key, ours, asked, due, t)...)
	if t.protected != 0 {
		p.out.Items = append(p.out.Items, p.claimItem(claims.WorkAdjustment, key+"|protected", ours, t.protected.Abs(),
			fmt.Sprintf("claim %s leaves %s that the patient may not be billed for: %s", ours.Number, t.protected.Dollars(), strings.Join(t.protectedFor, "; ")),
			"Bill the patient's Medicaid if there is one, else write it off; a treatment rule does so from now on"))
	}
	p.underpaid(c, ours, key, asked, due)
	if t.next == 0 || next == nil {
		if c.IsForwarded() && next == nil && (c.Name("TT") != nil || t.elsewhere != 0) {
			p.out.Items = append(p.out.Items, p.claimItem(claims.WorkSecondary, key, ours, t.elsewhere.Abs(),
				fmt.Sprintf("%s forwarded claim %s to a payer that is not among the patient's coverages", p.payer(), ours.Number),
				"Add the coverage, so that the next payer's answer finds its place"))
		}
		return
	}
	switch {
	case c.IsForwarded():
	case asked.Rank != ours.Rank: // its claim is not in this book: there is nothing to build the next one from
		p.out.Items = append(p.out.Items, p.claimItem(claims.WorkSecondary, key, ours, t.next.Abs(),
			fmt.Sprintf("%s got claim %s by crossover and leaves %s to a further payer", p.payer(), ours.Number, t.next.Dollars()),
			"Send the further payer the claim with what both payers before it decided"))
	default:
		p.out.NextPayer = append(p.out.NextPayer, ours.ID)
	}
}

// openQuestions are the items about what stays in A/R after an answer: what was
// denied, and what nobody has said the meaning of.
func (p *Poster) openQuestions(payer, key string, ours *Claim, asked NextPayer, due date.Date, t *tally) []claims.WorkItem {
	var items []claims.WorkItem
	add := func(kind claims.WorkItemKind, amount money.Cents, reason, action string) {
		item := p.claimItem(kind, key, ours, amount, reason, action)
		if ours.AppealDays > 0 {
			item.DueOn = due
		}
		if kind == claims.WorkDenied {
			item.PayerID = asked.PayerID
		}
		items = append(items, item)
	}
	if t.denied > 0 {
		scenario := ScenarioOf(t.firstCARC)
		add(claims.WorkDenied, t.denied, fmt.Sprintf("%s denied claim %s: %s (%s)", payer, ours.Number, scenario.Name, strings.Join(t.codes, ", ")),
			sentenceCase(scenario.Action))
	}
	if t.staying != 0 {
		add(claims.WorkAdjustment, t.staying.Abs(),
			fmt.Sprintf("%s took %s off claim %s by %s, which the treatment map does not call contractual: it stays in A/R", payer,
				t.staying.Dollars(), ours.Number, strings.Join(t.stays, ", ")),
			"Appeal it, or write it off; if it always means the same for this payer, add a treatment rule")
	}
	return items
}

// underpaid compares what the first payer allowed with the contract, line by
// line: allowed is what it paid, what it leaves to the patient, and what the law
// takes of its payment.
func (p *Poster) underpaid(c *remit835.Claim, ours *Claim, key string, asked NextPayer, due date.Date) {
	if asked.Rank != 1 || len(c.Lines) == 0 {
		return
	}
	allowed := map[int64]money.Cents{}
	denied := map[int64]bool{}
	taken := map[int64]bool{}
	for i := range c.Lines {
		line, _ := matchLine(&c.Lines[i], ours, taken)
		if line == nil {
			return
		}
		taken[line.ServiceLineID] = true
		allowed[line.ServiceLineID] += c.Lines[i].Paid
		for _, a := range c.Lines[i].Adjustments {
			switch p.treatments.Of(asked.PayerID, a.Group, a.Reason) {
			case PatientOwes, Reduction, Withhold, Tax:
				allowed[line.ServiceLineID] += a.Amount
			case Denial, Stay, Capitation:
				denied[line.ServiceLineID] = true // has an item of its own
			case Contractual, PriorPayer: // what is above the allowed amount
			}
		}
	}
	var short money.Cents
	var lines []string
	for i := range ours.Lines {
		l := &ours.Lines[i]
		got, reported := allowed[l.ServiceLineID]
		expected := min(l.Allowed, l.Charge)
		if !reported || denied[l.ServiceLineID] || expected == 0 || got >= expected {
			continue
		}
		short += expected - got
		lines = append(lines, fmt.Sprintf("%s allowed %s, contract %s", l.Procedure, got.Dollars(), expected.Dollars()))
	}
	if short == 0 || len(c.Adjustments) > 0 {
		return
	}
	item := p.claimItem(claims.WorkUnderpaid, key, ours, short,
		fmt.Sprintf("%s paid claim %s below the contract: %s", p.payer(), ours.Number, strings.Join(lines, "; ")),
		"Compare with the fee schedule that was in force, then ask the payer to reprocess the claim")
	if ours.AppealDays > 0 {
		item.DueOn = due
	}
	p.out.Items = append(p.out.Items, item)
}

// move puts the payer's answer on the claim's timeline; it also moves the state
// where the claim's life allows it (an answer to a voided claim is an event only).
func (p *Poster) move(c *Claim, to claims.State, offset int64, message string) {
	if !c.State.May(to) {
		to = ""
	} else {
		c.State = to
	}
	p.out.Moves = append(p.out.Moves, claims.Move{ClaimID: c.ID, To: to, Event: "835", Message: message, Actor: "remit.post",
		On: p.payment.ReceivedOn, EDIFileID: p.payment.EDIFileID, ByteOffset: offset, RemittanceID: p.payment.RemittanceID})
}

func stateOf(outcome string) claims.State {
	switch outcome {
	case OutcomeDenied:
		return claims.Denied
	case OutcomePartlyPaid:
		return claims.PartlyPaid
	case OutcomeForwarded:
		return claims.Forwarded
	}
	return claims.Paid
}

// sentence says in plain words what the payer answered.
func (p *Poster) sentence(c *remit835.Claim, row *ClaimRow, t *tally) string {
	says := parts{fmt.Sprintf("%s paid %s of %s", p.payer(), c.Paid.Dollars(), c.Charge.Dollars())}
	add := says.add
	add(t.contractual, "contractual")
	add(t.other, "other reductions")
	add(t.patient, "patient owes")
	add(t.next, "next payer owes")
	add(t.denied, "denied")
	add(t.staying, "to be looked at")
	add(t.protected, "may not be billed to the patient")
	add(t.elsewhere, "waits for the payer it was forwarded to")
	message := says.String()
	if len(t.codes) > 0 {
		message += " (" + strings.Join(t.codes, ", ") + ")"
	}
	if row.Outcome == OutcomeForwarded {
		message += "; forwarded to the next payer"
	}
	return message
}

// parts are what a sentence lists.
type parts []string

func (p *parts) add(amount money.Cents, what string) {
	if amount != 0 {
		*p = append(*p, what+" "+amount.Dollars())
	}
}

func (p parts) String() string { return strings.Join(p, "; ") }

// sentenceCase begins with a capital.
func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
