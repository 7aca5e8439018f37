package billing

import (
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// reversal takes back an earlier answer (CLP02 = 22). It posts the file's own
// cash and adjustments to the accounts that the original's used, and whatever
// later disposed of what the original left is taken back with it.
func (p *Poster) reversal(c *remit835.Claim, ours *Claim, row *ClaimRow, key string, history History) {
	original, reason := findOriginal(c, history.Adjudications)
	if original == nil {
		row.ClaimID = ours.ID
		p.unmatched(c, row, key, "a reversal of an answer that is not in this book")
		p.move(ours, "", c.ByteOffset, fmt.Sprintf("%s reversed an answer that is not in this book: %s is unidentified cash", p.payer(), c.Paid.Dollars()))
		return
	}
	row.ClaimID, row.MatchReason, row.Outcome = ours.ID, reason, OutcomeReversed
	row.ReversesRemittance, row.ReversesSeq = original.RemittanceID, original.Seq

	asked, next := ours.asked(p.payment.PayerID)
	was := accountsOf(original)
	shares := p.shares(c, ours)
	e := p.begin("reversal", key, fmt.Sprintf("%s took back its answer to claim %s", p.payer(), ours.Number))
	e.Reverses = original.EntryID
	p.reverseCash(e, c, ours, asked, shares, original, was)
	differences := p.reverseAdjustments(e, ours, asked, next, shares, was)
	if mirrors(c, original) {
		p.reverseRest(e, c, ours, shares, was)
	}
	differences = append(differences, was.leftOver()...)
	if len(e.Transfers) == 0 {
		e.Reverses = 0
	}
	e.finish()
	p.undo(ours, key, restingOn(history.Dispositions, original, asked))
	p.Posted++
	p.noteCredits(ours, asked)
	p.out.Answered = append(p.out.Answered, ours.ID)
	p.out.Gone = append(p.out.Gone, openedBy(original.Key)...)
	to, then := claims.Accepted, "a correction should follow" // the payer has it in hand again
	if s := stands(ours, asked, original, history.Adjudications); s != nil {
		to, then = stateOf(s.Outcome), "its correction came before"
	}
	p.move(ours, to, c.ByteOffset, fmt.Sprintf("%s took back its answer: %s; %s", p.payer(), c.Paid.Dollars(), then))
	if len(differences) > 0 {
		p.out.Items = append(p.out.Items, p.claimItem(claims.WorkAdjustment, key+"|difference", ours, c.Paid.Abs(),
			fmt.Sprintf("the reversal of claim %s is not the mirror of what it takes back: %s", ours.Number, strings.Join(differences, "; ")),
			"Compare both remittances and post the difference by a decision, or ask the payer"))
	}
}

// stands returns the last answer of the same payer that stands beside the one
// that is taken back: the correction that overtook its reversal; nil if there is
// none.
func stands(ours *Claim, asked NextPayer, original *Adjudication, earlier []Adjudication) *Adjudication {
	var last *Adjudication
	for i := range earlier {
		a := &earlier[i]
		if by, _ := ours.asked(a.PayerID); a != original && !a.Reversed && a.Status != remit835.StatusReversal && by == asked {
			last = a
		}
	}
	return last
}

// findOriginal finds what a reversal takes back: the same payer's claim number
// and amount, and not yet taken back. The newest posting is never the reason:
// after a correction it is the wrong one.
func findOriginal(c *remit835.Claim, earlier []Adjudication) (*Adjudication, string) {
	open := func(a *Adjudication) bool {
		return !a.Reversed && a.Status != remit835.StatusReversal && a.Paid == -c.Paid && a.Charge.Abs() == c.Charge.Abs()
	}
	for i := range earlier {
		if a := &earlier[i]; open(a) && c.PayerControlNumber != "" && a.PayerClaimNumber == c.PayerControlNumber {
			return a, "claim number, payer's claim number and amount"
		}
	}
	// Some payers give the reversal a number of its own: then only one may fit, with
	// the same reasons. The amount alone says little: all denials are paid nothing.
	var found *Adjudication
	for i := range earlier {
		if a := &earlier[i]; open(a) && mirrors(c, a) {
			if found != nil {
				return nil, ""
			}
			found = a
		}
	}
	if found == nil {
		return nil, ""
	}
	return found, "claim number and amount; the payer's claim number differs"
}

// mirrors reports whether a reversal takes back exactly the reasons of an answer.
func mirrors(c *remit835.Claim, a *Adjudication) bool {
	left := map[[2]string]money.Cents{}
	for _, r := range a.Adjustments {
		left[[2]string{r.Group, r.CARC}] += r.Amount
	}
	for level := 0; level <= len(c.Lines); level++ {
		for _, r := range adjustmentsAt(c, level) {
			left[[2]string{r.Group, r.Reason}] += r.Amount
		}
	}
	for _, amount := range left {
		if amount != 0 {
			return false
		}
	}
	return true
}

// used is which accounts an adjudication moved money between, by line and
// reason, and what is left of it to take back.
type used struct {
	payments []settled                       // what the payment settled, in the order of the entry
	moved    map[reasonKey][]ledger.Transfer // by line and reason
	order    []reasonKey                     // the keys of moved, in the order of the entry
	reported map[reasonKey]money.Cents       // by reason alone: what a claim's own CAS was spread over is not recorded by line
}

// settled is a part of a payment: the receivable and by how much it fell.
type settled struct {
	receivable ledger.Key
	amount     money.Cents
}

type reasonKey struct {
	serviceLineID int64
	group, carc   string
}

func accountsOf(a *Adjudication) used {
	u := used{moved: map[reasonKey][]ledger.Transfer{}, reported: map[reasonKey]money.Cents{}}
	for _, r := range a.Adjustments {
		u.reported[reasonKey{0, r.Group, r.CARC}] += r.Amount
	}
	for _, t := range a.Transfers {
		switch {
		case t.GroupCode != "":
			key := reasonKey{max(t.Debit.ServiceLineID, t.Credit.ServiceLineID), t.GroupCode, t.CARC}
			if _, there := u.moved[key]; !there {
				u.order = append(u.order, key)
			}
			u.moved[key] = append(u.moved[key], t)
		case isReceivable(t.Credit.Account): // from 1050, or from 2010 when a person found the claim
			u.payments = append(u.payments, settled{t.Credit, t.Amount})
		case isReceivable(t.Debit.Account):
			u.payments = append(u.payments, settled{t.Debit, -t.Amount})
		}
	}
	return u
}

// reverseCash takes the payment back. A reversal that reports the same reasons
// and the same payment as the original takes it from the lines that the original
// paid, however it is spread over its own lines: a payer may answer by line and
// take back by claim.
func (p *Poster) reverseCash(e *entry, c *remit835.Claim, ours *Claim, asked NextPayer, shares []share, original *Adjudication, was used) {
	cash := p.cash()
	var sum money.Cents
	for _, t := range was.payments {
		sum += t.amount
	}
	if sum == -c.Paid && mirrors(c, original) {
		for _, t := range was.payments {
			s := shareOf(t.receivable.ServiceLineID, shares, ours, c)
			e.move(cash, t.receivable, -t.amount, p.dimensions(ours, &s, s.offset))
		}
		return
	}
	for i := range shares {
		s := &shares[i]
		from := receivable(ours, s.line, asked.PayerID, asked.Rank)
		for _, t := range was.payments {
			if t.receivable.ServiceLineID == lineOf(s) {
				from = t.receivable
			}
		}
		e.move(cash, from, s.paid, p.dimensions(ours, s, s.offset))
	}
}

// shareOf returns the share of a line, or an empty one where the reversal does
// not name the line.
func shareOf(serviceLineID int64, shares []share, ours *Claim, c *remit835.Claim) share {
	for _, s := range shares {
		if lineOf(&s) == serviceLineID {
			return s
		}
	}
	s := share{row: -1, offset: c.ByteOffset, remarks: remarkCodes(c)}
	for i := range ours.Lines {
		if ours.Lines[i].ServiceLineID == serviceLineID {
			s.line = &ours.Lines[i]
		}
	}
	return s
}

// pending is an adjustment of a reversal of which something is still to be taken
// back.
type pending struct {
	*share
	shareAdjustment
	left, posted money.Cents
}

// reverseAdjustments mirrors the adjustments, never more of one than had been
// posted: what the original only recorded, its reversal only records. Each takes
// back what its own line had; what is left then takes back what the original
// posted of the same reason to other lines.
func (p *Poster) reverseAdjustments(e *entry, ours *Claim, asked NextPayer, next *NextPayer, shares []share, was used) []string {
	var differences []string
	var todo []*pending
	for i := range shares {
		s := &shares[i]
		for _, a := range s.adjustments {
			if _, known := was.reported[reasonKey{0, a.group, a.carc}]; !known {
				differences = append(differences, p.reverseUnknown(e, ours, asked, next, s, a)...)
				continue
			}
			was.reported[reasonKey{0, a.group, a.carc}] += a.amount // to zero, when the reversal is the mirror
			x := &pending{s, a, a.amount, 0}
			x.posted += p.takeBack(e, ours, asked, x, was.moved[reasonKey{lineOf(s), a.group, a.carc}])
			todo = append(todo, x)
		}
	}
	for _, x := range todo {
		for _, key := range was.order {
			if x.left != 0 && key.group == x.group && key.carc == x.carc {
				x.posted += p.takeBack(e, ours, asked, x, was.moved[key])
			}
		}
		p.treat(x.shareAdjustment, p.treatments.Of(asked.PayerID, x.group, x.carc), x.posted)
	}
	return differences
}

// takeBack moves the transfers of the original backwards until nothing of the
// adjustment is left, and returns how much it moved. A positive adjustment had
// credited what the asked payer owes, a negative one had debited it: a reason that
// the original gave both ways is taken back both ways.
func (p *Poster) takeBack(e *entry, ours *Claim, asked NextPayer, x *pending, moved []ledger.Transfer) money.Cents {
	posted := money.Cents(0)
	d := p.dimensions(ours, x.share, x.shareAdjustment.offset)
	d.GroupCode, d.CARC = x.group, x.carc
	for i := range moved {
		t := &moved[i]
		lowered := isReceivable(t.Credit.Account) && (!isReceivable(t.Debit.Account) || t.Credit.PayerID == asked.PayerID && t.Credit.PayerRank == asked.Rank)
		if x.left == 0 || lowered != (x.left < 0) {
			continue
		}
		amount := min(x.left.Abs(), t.Amount)
		e.move(t.Credit, t.Debit, amount, d)
		t.Amount -= amount
		if x.left < 0 {
			amount = -amount
		}
		x.left -= amount
		posted += amount
	}
	return posted
}

// reverseRest takes back what is left of an answer that is taken back whole: a
// reason that it gave both ways, and that the reversal gives as one sum.
func (p *Poster) reverseRest(e *entry, c *remit835.Claim, ours *Claim, shares []share, was used) {
	for _, key := range was.order {
		for i := range was.moved[key] {
			t := &was.moved[key][i]
			s := shareOf(key.serviceLineID, shares, ours, c)
			d := p.dimensions(ours, &s, s.offset)
			d.GroupCode, d.CARC = key.group, key.carc
			e.move(t.Credit, t.Debit, t.Amount, d)
			t.Amount = 0
		}
	}
}

// reverseUnknown posts an adjustment that the original did not have.
func (p *Poster) reverseUnknown(e *entry, ours *Claim, asked NextPayer, next *NextPayer, s *share, a shareAdjustment) []string {
	treatment := p.treatments.Of(asked.PayerID, a.group, a.carc)
	d := p.dimensions(ours, s, a.offset)
	d.GroupCode, d.CARC = a.group, a.carc
	from := receivable(ours, s.line, asked.PayerID, asked.Rank)
	account := treatment.account()
	if treatment == PatientOwes && next == nil && protection(ours, asked, s, a.carc) != "" {
		treatment = p.treatments.OfProtected(asked.PayerID, a.group, a.carc) // the patient was never billed
		account = treatment.account()
	} else if asked.Rank > 1 {
		account = "" // most of what a later payer reports repeats others: the original posted none of it
	}
	var to ledger.Key
	switch {
	case account != "":
		to = ledger.Key{Account: account}
	case treatment == PatientOwes && next != nil:
		to = receivable(ours, s.line, next.PayerID, next.Rank)
	case treatment == PatientOwes:
		to = patientOwes(ours, s.line)
	default:
		p.treat(a, treatment, 0)
		return []string{fmt.Sprintf("%s-%s %s was not in the original", a.group, a.carc, a.amount.Dollars())}
	}
	e.move(to, from, a.amount, d)
	p.treat(a, treatment, a.amount)
	return []string{fmt.Sprintf("%s-%s %s was not in the original", a.group, a.carc, a.amount.Dollars())}
}

// leftOver names what the reversal did not take back.
func (u used) leftOver() []string {
	var list []string
	for _, key := range sortedReasons(u.reported) {
		if rest := u.reported[key]; rest != 0 {
			list = append(list, fmt.Sprintf("%s-%s %s more than the original reported", key.group, key.carc, (-rest).Dollars()))
		}
	}
	return list
}

// KindPayerRefund is the kind of an entry that accrues or pays a refund to a
// payer.
const KindPayerRefund = "payer-refund"

// undo takes back what later disposed of what the original left: its premise is
// gone. A refund that was accrued out of the receivable is taken back as well:
// the reversal itself puts the money there. If it had been paid, what it leaves
// in 2210 waits for the payer to acknowledge it.
func (p *Poster) undo(ours *Claim, key string, dispositions []Disposition) {
	for _, d := range dispositions {
		e := p.begin("reversal", key+"|UNDO|"+d.Key, "its premise was reversed")
		if d.Whole {
			e.Reverses = d.EntryID
		}
		for _, t := range d.Transfers {
			if d.Kind == KindPayerRefund {
				if !isReceivable(t.Debit.Account) || t.Credit.Account != ledger.PayerRefunds {
					e.Reverses = 0
					continue
				}
				p.references[t.Credit.Reference] = true
			}
			e.move(t.Credit, t.Debit, t.Amount, ledger.Dimensions{ClaimID: t.ClaimID, GuarantorID: t.GuarantorID, ProviderID: t.ProviderID,
				ServiceDate: t.ServiceDate, GroupCode: t.GroupCode, CARC: t.CARC, EDIFileID: p.payment.EDIFileID, ByteOffset: -1})
		}
		if len(e.Transfers) == 0 {
			continue
		}
		e.finish()
		p.move(ours, "", 0, "an earlier "+strings.ReplaceAll(d.Kind, "-", " ")+" was taken back with the answer that it relied on")
	}
}

func isReceivable(account string) bool {
	return account == ledger.ARInsurance
}

func lineOf(s *share) int64 {
	if s.line == nil {
		return 0
	}
	return s.line.ServiceLineID
}
