package billing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/segment"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// MatchSuffix ends the source key of a CLP's entry when a person found its claim
// after the payment was posted.
const MatchSuffix = "|MATCH"

// Claim posts one CLP of the payment. ours is the claim that it speaks for, nil
// when nobody knows it; history is what the book knows of that claim's earlier
// answers and is needed for reversals only.
func (p *Poster) Claim(c *remit835.Claim, ours *Claim, history History) {
	row := ClaimRow{Seq: c.Number, ClaimNumber: c.ControlNumber, Status: c.Status, Charge: c.Charge, Paid: c.Paid,
		PatientShare: c.PatientResponsibility.Value, PayerClaimNumber: c.PayerControlNumber, Remarks: remarkCodes(c),
		ByteOffset: c.ByteOffset, SegmentNumber: c.SegmentNumber, ServiceDate: c.Date("232")}
	if row.ServiceDate.IsZero() && len(c.Lines) > 0 {
		row.ServiceDate = c.Lines[0].ServiceDate()
	}
	key := fmt.Sprintf("%s|CLP|%d", p.payment.Key, c.Number)
	if p.payment.Identified != (ledger.Key{}) {
		key += MatchSuffix
	}
	switch {
	case c.Status == remit835.StatusPredetermination && c.Paid == 0:
		row.Outcome, row.MatchReason = OutcomeInformational, "an estimate: nothing posts"
		if ours != nil {
			row.ClaimID = ours.ID
		}
		p.record(c)
	case c.Status == remit835.StatusPredetermination:
		p.unmatched(c, &row, key, "an estimate that comes with money")
	case p.payment.PayeeUnknown || ours == nil:
		p.unmatched(c, &row, key, "no claim of this practice has that number")
	case c.IsReversal():
		p.reversal(c, ours, &row, key, history)
		if asked, _ := ours.asked(p.payment.PayerID); row.Outcome == OutcomeReversed {
			p.noteLater(ours, c.Number, &asked)
		}
	default:
		p.adjudication(c, ours, &row, key)
	}
	p.out.Claims = append(p.out.Claims, row)
}

// record keeps the lines and adjustments of a CLP as reported, without posting.
func (p *Poster) record(c *remit835.Claim) {
	for i := range c.Lines {
		p.lineRow(c, &c.Lines[i], nil, "")
	}
	for level := 0; level <= len(c.Lines); level++ {
		for n := range adjustmentsAt(c, level) {
			p.adjustmentRow(c, level, n)
		}
	}
}

// unmatched puts a CLP's cash where it waits for a person, so that the deposit
// still ties out. Its adjustments wait with it.
func (p *Poster) unmatched(c *remit835.Claim, row *ClaimRow, key, why string) {
	row.Outcome, row.MatchReason = OutcomeUnmatched, why
	p.record(c)
	e := p.begin("unidentified", key, "payment for an unknown claim")
	e.move(p.cash(), p.payment.Unidentified(c.ControlNumber), c.Paid, p.at(c.ByteOffset))
	e.finish()
	p.Unmatched++
	if p.payment.PayeeUnknown {
		return // one item for the payment, not one for each of its claims
	}
	reason := fmt.Sprintf("%s answered claim %s, %s: %s of %s is unidentified cash", p.payer(), printable(c.ControlNumber), why, c.Paid.Dollars(), c.Charge.Dollars())
	action := "Find the claim by date of service, charge and member; match it, or return the money to the payer"
	if like := p.mayBe[c.Number]; like != "" {
		reason += "; the charge and the services are those of " + like
		action = "Compare the member with that of " + like + "; match it, or return the money to the payer"
	}
	p.out.Items = append(p.out.Items, p.item(claims.WorkUnmatched, key, c.Paid.Abs(), reason, action))
}

func (p *Poster) payer() string {
	if p.payment.PayerName != "" {
		return p.payment.PayerName
	}
	return "the payer"
}

// adjudication posts a payer's answer to a claim: cash, adjustments, and what
// the next one owes.
func (p *Poster) adjudication(c *remit835.Claim, ours *Claim, row *ClaimRow, key string) {
	asked, next := ours.asked(p.payment.PayerID)
	row.ClaimID, row.MatchReason = ours.ID, p.matchedBy(c, ours, asked)
	shares := p.shares(c, ours)
	e := p.begin("remittance", key, fmt.Sprintf("%s, claim %s", p.payer(), ours.Number))
	t := tally{forwarded: c.IsForwarded()}
	cash := p.cash()
	// Payments and patient shares first: for a later payer the rest of its
	// adjustments is bounded by what these leave.
	for i := range shares {
		s := &shares[i]
		e.move(cash, receivable(ours, s.line, asked.PayerID, asked.Rank), s.paid, p.dimensions(ours, s, s.offset))
	}
	for i := range shares {
		p.patientShares(e, ours, asked, next, &shares[i], &t)
	}
	kept := p.keptShares(ours, asked, next, shares, t.forwarded)
	for i := range shares {
		p.otherAdjustments(e, ours, asked, &shares[i], kept, &t)
	}
	e.finish()
	p.Posted++
	p.noteCredits(ours, asked)
	p.noteLater(ours, c.Number, next)
	row.Outcome = t.outcome(c)
	p.noteStranger(c, ours, asked)
	p.tell(c, ours, row, strings.TrimSuffix(key, MatchSuffix), asked, next, &t)
}

// matchedBy says by what an answer was taken for one of our claims.
func (p *Poster) matchedBy(c *remit835.Claim, ours *Claim, asked NextPayer) string {
	why, found := p.foundBy[c.Number]
	switch {
	case found:
		return why
	case c.ControlNumber != ours.Number:
		return "line control number: the payer returned another claim number"
	case asked.Rank != ours.Rank:
		return "claim number of the first payer, which forwarded it"
	case p.isStranger(ours, asked):
		return "claim number; another payer was asked, and this one is not behind it"
	}
	return "claim number"
}

// tally is what posting a claim adds up to, for its outcome and for people.
type tally struct {
	contractual, other  money.Cents // posted reductions: by contract, and of every other kind
	patient, next       money.Cents
	denied, staying     money.Cents
	protected           money.Cents // a patient share that may not be billed
	forwarded           bool        // to another payer: until it answers the patient owes nothing
	elsewhere           money.Cents // a patient share that was forwarded to a payer we do not know
	codes               []string    // of what was denied
	stays, protectedFor []string
	firstCARC           string
}

// patientShares moves what the patient's side owes: to the next payer, else to
// the patient, if the patient may be billed.
func (p *Poster) patientShares(e *entry, ours *Claim, asked NextPayer, next *NextPayer, s *share, t *tally) {
	from := receivable(ours, s.line, asked.PayerID, asked.Rank)
	for _, a := range s.adjustments {
		treatment := p.treatments.Of(asked.PayerID, a.group, a.carc)
		if treatment != PatientOwes {
			continue
		}
		d := p.dimensions(ours, s, a.offset)
		d.GroupCode, d.CARC = a.group, a.carc
		why := protection(ours, asked, s, a.carc)
		switch {
		case next != nil:
			e.move(receivable(ours, s.line, next.PayerID, next.Rank), from, a.amount, d)
			t.next += a.amount
		case t.forwarded:
			t.elsewhere += a.amount
			p.treat(a, Stay, 0)
			continue
		case why == "":
			e.move(patientOwes(ours, s.line), from, a.amount, d)
			t.patient += a.amount
		default:
			if rule := p.treatments.OfProtected(asked.PayerID, a.group, a.carc); rule != Stay {
				e.move(ledger.Key{Account: rule.account()}, from, a.amount, d)
				t.other += a.amount
				p.treat(a, rule, a.amount)
				continue
			}
			t.protected += a.amount
			t.protectedFor = appendOnce(t.protectedFor, why)
			p.treat(a, Stay, 0)
			continue
		}
		p.treat(a, PatientOwes, a.amount)
	}
}

// protection says why the patient may not be billed for a share of the cost;
// empty: they may.
func protection(c *Claim, asked NextPayer, s *share, carc string) string {
	for _, code := range s.remarks {
		if code == "N781" || code == "N782" || code == "N783" {
			return "the remark code " + code + " says so"
		}
	}
	for _, a := range s.adjustments {
		if a.group == "OA" && a.carc == "209" {
			return "the payer's OA-209 says so"
		}
	}
	// Whoever pays after Medicare leaves what Medicare left.
	if c.QMB && asked.BillsPatient {
		return "a Qualified Medicare Beneficiary owes no Medicare cost sharing"
	}
	if !asked.BillsPatient && carc != "3" {
		return "a Medicaid patient owes only Medicaid's own copay"
	}
	return ""
}

// keptShares is what a later payer left to the patient's side and what stays in
// its receivable all the same: a share that may not be billed, or that is for a
// person. Its other adjustments must not use that up as if a prior payer had
// settled it.
func (p *Poster) keptShares(ours *Claim, asked NextPayer, next *NextPayer, shares []share, forwarded bool) map[ledger.Key]money.Cents {
	if asked.Rank <= 1 {
		return nil
	}
	kept := map[ledger.Key]money.Cents{}
	for i := range shares {
		s := &shares[i]
		for _, a := range s.adjustments {
			treatment := p.treatments.Of(asked.PayerID, a.group, a.carc)
			switch {
			case treatment == PatientOwes && (next != nil || !forwarded && protection(ours, asked, s, a.carc) == ""):
			case treatment == PatientOwes && !forwarded && p.treatments.OfProtected(asked.PayerID, a.group, a.carc) != Stay: // written off by rule
			case treatment == PatientOwes, a.group == "PR" && treatment.account() == "":
				kept[receivable(ours, s.line, asked.PayerID, asked.Rank)] += a.amount
			}
		}
	}
	return kept
}

// otherAdjustments posts every adjustment that is not the patient's share. A
// payer of rank 2 or later repeats what prior payers adjusted: of its
// adjustments only what its receivable still holds is its own, less what is kept
// there.
func (p *Poster) otherAdjustments(e *entry, ours *Claim, asked NextPayer, s *share, kept map[ledger.Key]money.Cents, t *tally) {
	from := receivable(ours, s.line, asked.PayerID, asked.Rank)
	for _, a := range s.adjustments {
		treatment := p.treatments.Of(asked.PayerID, a.group, a.carc)
		if treatment == PatientOwes {
			continue
		}
		amount := a.amount
		if asked.Rank > 1 {
			room := p.balances[from]
			if treatment.account() != "" {
				room -= kept[from]
			}
			amount = min(max(amount, 0), max(room, 0))
		}
		account := treatment.account()
		if account == "" {
			p.stay(a, treatment, amount, s, asked, t)
			continue
		}
		d := p.dimensions(ours, s, a.offset)
		d.GroupCode, d.CARC = a.group, a.carc
		e.move(ledger.Key{Account: account}, from, amount, d)
		p.treat(a, treatment, amount)
		if treatment == Contractual {
			t.contractual += amount
		} else {
			t.other += amount
		}
	}
}

// stay leaves an adjustment's amount in A/R. With nothing paid for the line it
// is a denial, whatever CLP02 says.
func (p *Poster) stay(a shareAdjustment, treatment Treatment, amount money.Cents, s *share, asked NextPayer, t *tally) {
	if treatment == PriorPayer && asked.Rank > 1 {
		p.treat(a, PriorPayer, 0)
		return
	}
	code := a.group + "-" + a.carc
	if s.paid == 0 && treatment == Denial {
		p.treat(a, Denial, 0)
		if amount == 0 {
			return // a later payer repeats what is already settled
		}
		t.denied += amount
		t.codes = appendOnce(t.codes, code)
		if t.firstCARC == "" {
			t.firstCARC = a.carc
		}
		for _, remark := range s.remarks {
			t.codes = appendOnce(t.codes, remark)
		}
		return
	}
	p.treat(a, Stay, 0)
	if amount != 0 {
		t.staying += amount
		t.stays = appendOnce(t.stays, code)
	}
}

// noteCredits remembers which receivables of the claim are below zero as of now: a
// later claim of the same payment may settle them.
func (p *Poster) noteCredits(c *Claim, asked NextPayer) {
	_, next := c.asked(p.payment.PayerID)
	note := func(key ledger.Key) {
		if p.balances[key] < 0 {
			p.credits[key] = c.EncounterID
		} else {
			delete(p.credits, key)
		}
	}
	p.answered[c.EncounterID] = true
	for i := -1; i < len(c.Lines); i++ {
		var line *ClaimLine
		if i >= 0 {
			line = &c.Lines[i]
		}
		note(receivable(c, line, c.PayerID, c.Rank))
		note(receivable(c, line, asked.PayerID, asked.Rank))
		if next != nil {
			note(receivable(c, line, next.PayerID, next.Rank))
		}
	}
}

func (t *tally) outcome(c *remit835.Claim) string {
	switch {
	case c.IsForwarded():
		return OutcomeForwarded
	case t.denied > 0 && c.Paid == 0 && t.patient == 0 && t.next == 0 && t.protected == 0:
		return OutcomeDenied
	case t.denied > 0 || t.staying != 0:
		return OutcomePartlyPaid
	}
	return OutcomePaid
}

// treat records what became of an adjustment's part.
func (p *Poster) treat(a shareAdjustment, treatment Treatment, posted money.Cents) {
	row := &p.out.Adjustments[a.row]
	row.Treatment = treatment
	row.Posted += posted
}

func (p *Poster) lineRow(c *remit835.Claim, svc *remit835.Line, line *ClaimLine, reason string) int {
	row := LineRow{ClaimSeq: c.Number, Seq: svc.Number, Procedure: svc.Procedure.Code, Modifiers: modifiersOf(svc.Procedure.Modifiers),
		Charge: svc.Charge, Paid: svc.Paid, Units: nullable(svc.Units), ServiceDate: svc.ServiceDate(), ControlNumber: svc.ControlNumber(),
		Remarks: lineRemarks(svc), MatchReason: reason, ByteOffset: svc.ByteOffset}
	row.Allowed, row.HasAllowed = svc.Amount("B6")
	if line != nil {
		row.ServiceLineID = line.ServiceLineID
	}
	p.out.Lines = append(p.out.Lines, row)
	return len(p.out.Lines) - 1
}

// adjustmentRow records the n-th adjustment of the level (0: the claim, else
// the number of the line) and returns its row.
func (p *Poster) adjustmentRow(c *remit835.Claim, level, n int) int {
	a := adjustmentsAt(c, level)[n]
	lineSeq := 0
	if level > 0 {
		lineSeq = c.Lines[level-1].Number
	}
	p.out.Adjustments = append(p.out.Adjustments, AdjustmentRow{ClaimSeq: c.Number, LineSeq: lineSeq, Seq: n + 1, Group: a.Group, CARC: a.Reason,
		Amount: a.Amount, Quantity: nullable(a.Quantity), ByteOffset: a.ByteOffset})
	return len(p.out.Adjustments) - 1
}

func adjustmentsAt(c *remit835.Claim, level int) []remit835.Adjustment {
	if level == 0 {
		return c.Adjustments
	}
	return c.Lines[level-1].Adjustments
}

func nullable(o segment.Optional[decimal.Decimal]) decimal.NullDecimal {
	return decimal.NullDecimal{Decimal: o.Value, Valid: o.Present}
}

func lineRemarks(svc *remit835.Line) []string {
	codes := []string{}
	for _, r := range svc.Remarks {
		if r.Qualifier == "HE" {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

func appendOnce(list []string, value string) []string {
	if slices.Contains(list, value) {
		return list
	}
	return append(list, value)
}

// printable makes a value of a file fit for a message.
func printable(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
