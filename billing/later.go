package billing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// A payer of rank 2 or later adjusts at most what its receivable holds: the rest
// repeats what a prior payer adjusted. Two kinds of answers come before the
// receivable holds what they speak of: one that overtakes the prior payer's first
// answer, and a correction that overtakes the reversal of the answer that it
// replaces. What they could not adjust has waited, and posts when what they
// overtook has come: then the book is what it would be in the right order.

// LaterInfix stands in the source key of an entry of adjustments that waited,
// between the key of their answer and that of what they waited for.
const LaterInfix = "|LATER|"

// LaterRow is an adjustment of an earlier answer of which more has posted.
type LaterRow struct {
	RemittanceID           int64
	ClaimSeq, LineSeq, Seq int
	Treatment              Treatment
	Posted                 money.Cents // in addition to what had
}

// standing is an answer to a claim of a visit, and whose it is.
type standing struct {
	*Adjudication
	claim *Claim
	asked NextPayer
	next  *NextPayer
}

// noteLater remembers the receivables of a later payer whose answers may have
// waited for what was just posted.
func (p *Poster) noteLater(ours *Claim, seq int, of *NextPayer) {
	if of == nil || of.Rank <= 1 {
		return
	}
	p.now[seq] = true
	for i := -1; i < len(ours.Lines); i++ {
		var line *ClaimLine
		if i >= 0 {
			line = &ours.Lines[i]
		}
		p.raised[receivable(ours, line, of.PayerID, of.Rank)] = ours.EncounterID
	}
}

// Visits returns the encounters for which a later payer owes something after
// what was posted: what its earlier answers could not adjust may post now.
func (p *Poster) Visits() []int64 {
	var list []int64
	for key, visit := range p.raised {
		if p.balances[key] > 0 {
			list = append(list, visit)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Later posts the adjustments of a visit's answers that waited for what this
// payment brought. trigger is the source key of that. claims are all claims of
// the visit, histories what was answered to them, this payment included.
func (p *Poster) Later(trigger string, claims []*Claim, histories map[int64]History) {
	var all []standing
	for _, c := range claims {
		h := histories[c.ID]
		for i := range h.Adjudications {
			a := &h.Adjudications[i]
			if a.Status == remit835.StatusReversal {
				continue
			}
			asked, next := c.asked(a.PayerID)
			all = append(all, standing{a, c, asked, next})
		}
	}
	slices.SortStableFunc(all, func(a, b standing) int {
		if a.RemittanceID == b.RemittanceID {
			return cmp.Compare(a.Seq, b.Seq)
		}
		return cmp.Compare(a.order(), b.order())
	})
	for _, w := range all {
		if w.asked.Rank > 1 && !w.Reversed && (p.overtookPrior(w, all) || p.overtookReversal(w, all)) {
			p.postLater(trigger, w, all)
		}
	}
}

// order tells what was posted first: ids are given out in one sequence.
func (a *Adjudication) order() int64 { return max(a.RemittanceID, a.EntryID) }

func (a *Adjudication) before(b *Adjudication) bool {
	if a.RemittanceID == b.RemittanceID {
		return a.Seq < b.Seq
	}
	return a.order() < b.order()
}

func (p *Poster) isNow(remittanceID int64, seq int) bool {
	return remittanceID == p.payment.RemittanceID && p.now[seq]
}

// overtookPrior reports whether the answer came before the first one of the
// payer ahead of it, which has come now.
func (p *Poster) overtookPrior(w standing, all []standing) bool {
	overtook := false
	for _, o := range all {
		if o.next == nil || o.next.PayerID != w.asked.PayerID || o.next.Rank != w.asked.Rank {
			continue
		}
		if !p.isNow(o.RemittanceID, o.Seq) {
			return false
		}
		overtook = overtook || w.before(o.Adjudication)
	}
	return overtook
}

// overtookReversal reports whether the answer came while an earlier one of the
// same payer stood that has been taken back now.
func (p *Poster) overtookReversal(w standing, all []standing) bool {
	return slices.ContainsFunc(all, func(o standing) bool {
		return o.Reversed && o.claim == w.claim && o.asked == w.asked && p.isNow(o.ReversedByRemittance, o.ReversedBySeq) && o.before(w.Adjudication) &&
			(w.RemittanceID != o.ReversedByRemittance || w.Seq < o.ReversedBySeq)
	})
}

// postLater posts what has waited of one answer.
func (p *Poster) postLater(trigger string, w standing, all []standing) {
	shares := w.shares(w.claim)
	kept := map[ledger.Key]money.Cents{}
	for _, o := range all {
		if !o.Reversed && o.claim == w.claim && o.asked == w.asked {
			for key, amount := range p.keptShares(o.claim, o.asked, o.next, o.shares(o.claim), isForwarded(o.Status)) {
				kept[key] += amount
			}
		}
	}
	posted := w.posted()
	e := p.begin("remittance", w.Key+LaterInfix+trigger, fmt.Sprintf("%s, claim %s: adjustments that waited", w.PayerName, w.claim.Number))
	t := tally{}
	for i := range shares {
		s := &shares[i]
		from := receivable(w.claim, s.line, w.asked.PayerID, w.asked.Rank)
		for _, a := range s.adjustments {
			treatment := p.treatments.Of(w.asked.PayerID, a.group, a.carc)
			if treatment == PatientOwes || treatment == PriorPayer || a.amount <= 0 {
				continue
			}
			account := treatment.account()
			if account == "" {
				p.laterStay(a, treatment, min(a.amount, max(p.balances[from], 0)), s, &t)
				continue
			}
			reason := reasonKey{lineOf(s), a.group, a.carc}
			before := min(posted[reason], a.amount)
			posted[reason] -= before
			amount := min(a.amount-before, max(p.balances[from]-kept[from], 0))
			if amount == 0 {
				continue
			}
			d := p.dimensions(w.claim, s, a.offset)
			d.GroupCode, d.CARC, d.EDIFileID = a.group, a.carc, w.EDIFileID
			e.move(ledger.Key{Account: account}, from, amount, d)
			r := &w.Adjustments[a.row]
			p.out.Later = append(p.out.Later, LaterRow{w.RemittanceID, w.Seq, r.LineSeq, r.Seq, treatment, amount})
			if treatment == Contractual {
				t.contractual += amount
			} else {
				t.other += amount
			}
		}
	}
	e.finish()
	p.tellLater(w, &t)
}

// laterStay counts what stays in A/R now that there is something that could.
func (p *Poster) laterStay(a shareAdjustment, treatment Treatment, amount money.Cents, s *share, t *tally) {
	code := a.group + "-" + a.carc
	switch {
	case amount == 0:
	case s.paid == 0 && treatment == Denial:
		t.denied += amount
		t.codes = appendOnce(t.codes, code)
		if t.firstCARC == "" {
			t.firstCARC = a.carc
		}
		for _, remark := range s.remarks {
			t.codes = appendOnce(t.codes, remark)
		}
	default:
		t.staying += amount
		t.stays = appendOnce(t.stays, code)
	}
}

// tellLater puts what has posted on the claim's timeline and asks about what
// has not. Items have the answer's own key: one that was asked already is not
// asked twice.
func (p *Poster) tellLater(w standing, t *tally) {
	if t.contractual == 0 && t.other == 0 && t.denied == 0 && t.staying == 0 {
		return
	}
	to := stateOf(OutcomePartlyPaid)
	switch {
	case t.denied == 0 && t.staying == 0:
		to = ""
	case t.denied > 0 && w.Paid == 0:
		to = stateOf(OutcomeDenied)
	}
	sentence := parts{}
	sentence.add(t.contractual, "contractual")
	sentence.add(t.other, "other reductions")
	sentence.add(t.denied, "denied")
	sentence.add(t.staying, "to be looked at")
	p.move(w.claim, to, 0, fmt.Sprintf("What the earlier answer of %s says of the rest, now that it is there: %s", w.PayerName, sentence))
	for _, item := range p.openQuestions(w.PayerName, w.Key, w.claim, w.asked, p.payment.decided().AddDays(w.claim.AppealDays), t) {
		item.RemittanceID, item.EDIFileID = w.RemittanceID, w.EDIFileID
		p.out.Items = append(p.out.Items, item)
	}
}

// shares is what a recorded answer said of each line of the claim, with the
// claim's own adjustments allocated as they were when it was posted. Their rows
// are indexes into Adjustments.
func (a *Adjudication) shares(c *Claim) []share {
	var list []share
	var weights []money.Cents
	if len(a.Lines) == 0 {
		for i := range c.Lines {
			weights = append(weights, c.Lines[i].Charge)
		}
		charges := a.Charge.Allocate(weights)
		for i := range c.Lines {
			list = append(list, share{line: &c.Lines[i], row: -1, paid: charges[i], remarks: a.Remarks})
		}
		if len(list) == 0 {
			list, weights = []share{{row: -1, paid: a.Charge, remarks: a.Remarks}}, []money.Cents{0}
		}
	}
	for _, l := range a.Lines {
		s := share{row: -1, paid: l.Paid, remarks: slices.Concat(a.Remarks, l.Remarks)}
		for i := range c.Lines {
			if c.Lines[i].ServiceLineID == l.ServiceLineID {
				s.line = &c.Lines[i]
			}
		}
		list, weights = append(list, s), append(weights, l.Charge)
	}
	for row, r := range a.Adjustments {
		if r.LineSeq > 0 {
			i := slices.IndexFunc(a.Lines, func(l RecordedLine) bool { return l.Seq == r.LineSeq })
			if i >= 0 {
				list[i].adjustments = append(list[i].adjustments, shareAdjustment{r.Group, r.CARC, r.Amount, r.ByteOffset, row})
			}
		}
	}
	for row, r := range a.Adjustments {
		if r.LineSeq == 0 {
			for i, part := range r.Amount.Allocate(weights) {
				list[i].paid -= part
				list[i].adjustments = append(list[i].adjustments, shareAdjustment{r.Group, r.CARC, part, r.ByteOffset, row})
			}
		}
	}
	return list
}

// posted is how much of an answer's adjustments has moved, by line and reason.
func (a *Adjudication) posted() map[reasonKey]money.Cents {
	moved := map[reasonKey]money.Cents{}
	for _, t := range a.Transfers {
		switch {
		case t.GroupCode == "":
		case isReceivable(t.Credit.Account):
			moved[reasonKey{t.Credit.ServiceLineID, t.GroupCode, t.CARC}] += t.Amount
		case isReceivable(t.Debit.Account):
			moved[reasonKey{t.Debit.ServiceLineID, t.GroupCode, t.CARC}] -= t.Amount
		}
	}
	return moved
}

func isForwarded(status string) bool {
	c := remit835.Claim{Status: status}
	return c.IsForwarded()
}
