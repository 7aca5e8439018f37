package work

import (
	"fmt"
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

// MatchItem matches the unidentified cash of a work item to a claim of ours.
func (d *Desk) MatchItem(ref, number string) (Decided, error) {
	return d.matchItem(ref, MatchPayload{Claim: number})
}

// MatchFromNowOn is MatchItem that is remembered: the number that the payer
// wrote means the claim from now on.
func (d *Desk) MatchFromNowOn(ref, number string) (Decided, error) {
	return d.matchItem(ref, MatchPayload{Claim: number, Remember: true})
}

func (d *Desk) matchItem(ref string, m MatchPayload) (Decided, error) {
	w, err := d.item(ref, claims.WorkUnmatched)
	if err != nil {
		return d.out, err
	}
	at := placeOf(w.Key)
	if at.seq == 0 || at.suffix != "" {
		return d.out, fault.Invalidf("CB-DECIDE-005", "work item %d is not the cash of one claim", w.ID).WithFix("what usually helps: " + w.Action)
	}
	source := strings.TrimPrefix(w.Key, "unmatched|")
	if known, err := d.known(DecideMatch, source, m, DecideReturnCash); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("the cash of work item %d belongs to claim %s: it has posted there", w.ID, m.Claim)
	d.out.Amount, d.out.Sources = w.Amount, []string{source + billing.MatchSuffix}
	if err := MatchClaim(d.ctx, d.tx, d.enqueue, d.practiceID, Match{RemittanceID: w.RemittanceID, Seq: at.seq, ClaimNumber: m.Claim, Remember: m.Remember,
		Reason: d.by.Reason, Actor: d.by.Actor, On: d.by.On}); err != nil {
		return d.out, err
	}
	d.out.PostingDate, err = ledgerdb.PostingDate(d.ctx, d.tx, d.practiceID, d.by.On)
	return d.out, err
}

// ReturnCash owes unidentified cash back to its payer, because it is not ours:
// Dr 2010 / Cr 2210 under the same reference. The item is one claim's cash, or
// all that waits of a payment to a payee that nobody here knows.
func (d *Desk) ReturnCash(ref string) (Decided, error) {
	w, err := d.item(ref, claims.WorkUnmatched)
	if err != nil {
		return d.out, err
	}
	at := placeOf(w.Key)
	if at.suffix != "payee" && (at.seq == 0 || at.suffix != "") {
		return d.out, fault.Invalidf("CB-DECIDE-005", "work item %d is not unidentified cash", w.ID).WithFix("what usually helps: " + w.Action)
	}
	payload := struct{}{}
	if known, err := d.known(DecideReturnCash, w.Key, payload, itemKinds...); known || err != nil {
		return d.out, err
	}
	if err := open(&w); err != nil {
		return d.out, err
	}
	row, err := billingdb.FindRemittance(d.ctx, d.tx, d.practiceID, w.RemittanceID)
	if err != nil {
		return d.out, err
	}
	seqs := []int{at.seq}
	if at.suffix == "payee" {
		if seqs, err = billingdb.UnmatchedSeqs(d.ctx, d.tx, d.practiceID, row.ID); err != nil {
			return d.out, err
		}
	} else if _, err := billingdb.LockUnmatched(d.ctx, d.tx, d.practiceID, row.ID, at.seq); err != nil {
		return d.out, err
	}
	key, amount, err := d.unidentified(&row, seqs, at.suffix == "payee")
	if err != nil {
		return d.out, err
	}
	if amount <= 0 {
		return d.out, fault.Invalidf("CB-DECIDE-NOTHING", "there is no cash to return: %s is what waits", amount.Dollars()).At("payment " + row.Trace).
			WithFix("match it to the claim that it takes from, or dismiss the item with its reason")
	}
	if _, err := d.record(DecideReturnCash, w.Key, payload); err != nil {
		return d.out, err
	}
	owed := key
	owed.Account = ledger.PayerRefunds
	e := ledger.Entry{Kind: "return-cash"}
	e.Move(key, owed, amount, ledger.Dimensions{EDIFileID: row.EDIFileID, ByteOffset: row.ByteOffset})
	if err := d.post(DecideReturnCash, w.Key, e); err != nil {
		return d.out, err
	}
	for _, seq := range seqs {
		if err := billingdb.ReturnUnmatched(d.ctx, d.tx, d.practiceID, row.ID, seq, "not ours: returned to the payer"); err != nil {
			return d.out, err
		}
	}
	d.out.Message = fmt.Sprintf("%s goes back to the payer under reference %s", amount.Dollars(), key.Reference)
	return d.out, d.closeItem(&w, "not ours: owed back to the payer")
}

// unidentified returns the key under which the CLPs' cash waits, and how much of
// it is left: what was taken in for them, never more than is there.
func (d *Desk) unidentified(row *billingdb.Remittance, seqs []int, whole bool) (ledger.Key, money.Cents, error) {
	payment := billing.Payment{Trace: row.Trace, PayerID: row.PayerID, PayeeUnknown: whole}
	key := payment.Unidentified("")
	sources := map[string]bool{}
	for _, seq := range seqs {
		sources[fmt.Sprintf("%s|CLP|%d", row.SourceKey, seq)] = true
	}
	entries, err := ledgerdb.EntriesBySource(d.ctx, d.tx, d.practiceID, row.SourceKey+"|")
	if err != nil {
		return key, 0, err
	}
	var amount money.Cents
	for _, e := range entries {
		if !sources[e.SourceKey] && (!whole || !strings.HasPrefix(e.SourceKey, row.SourceKey+"|PLB|")) {
			continue
		}
		for _, t := range e.Transfers {
			switch ledger.UnidentifiedCash {
			case t.Credit.Account:
				key = t.Credit
				amount += t.Amount
			case t.Debit.Account:
				key = t.Debit
				amount -= t.Amount
			}
		}
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, []ledger.Key{key})
	return key, min(amount, -balances[key]), err
}

// RefundPayer is money that we owe a payer back.
type RefundPayer struct {
	Payer     string      // code; "": a payer that the practice does not know
	Reference string      // the payer's letter or claim number: a later WO or 72 names it
	Claim     string      // that was overpaid, by number; needed unless the payer has announced to recover it
	Amount    money.Cents // 0 when it is paid: all that is owed under the reference
}

type refundPayload struct {
	Payer     string      `json:"payer,omitempty"`
	Reference string      `json:"reference"`
	Claim     string      `json:"claim,omitempty"`
	Amount    money.Cents `json:"amount"`
}

func (r *RefundPayer) subject() string { return r.Payer + "|" + r.Reference }

func (d *Desk) refundKeys(r *RefundPayer) (owed, announced ledger.Key, err error) {
	if r.Reference == "" {
		return owed, announced, fault.Usagef("CB-DECIDE-REFERENCE", "a refund needs the reference under which the payer knows it")
	}
	if r.Amount < 0 {
		return owed, announced, fault.Usagef("CB-DECIDE-AMOUNT", "the amount must be more than zero")
	}
	var payerID int64
	if r.Payer != "" {
		if payerID, err = billingdb.PayerByCode(d.ctx, d.tx, d.practiceID, r.Payer); err != nil {
			return owed, announced, err
		}
	}
	return ledger.Key{Account: ledger.PayerRefunds, PayerID: payerID, Reference: r.Reference},
		ledger.Key{Account: ledger.PayerRecoupment, PayerID: payerID, Reference: r.Reference}, nil
}

// RefundPayer accrues a refund: Dr 2100 of the reference when the payer has
// announced to recover it, else Dr 1100 of the claim, / Cr 2210.
func (d *Desk) RefundPayer(r RefundPayer) (Decided, error) {
	owed, announced, err := d.refundKeys(&r)
	if err != nil {
		return d.out, err
	}
	if r.Amount == 0 {
		return d.out, fault.Usagef("CB-DECIDE-AMOUNT", "the amount must be more than zero")
	}
	payload := refundPayload(r)
	if known, err := d.known(DecideRefundPayer, r.subject(), payload); known || err != nil {
		return d.out, err
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, []ledger.Key{announced})
	if err != nil {
		return d.out, err
	}
	var c *billing.Claim
	if r.Claim != "" {
		if c, err = d.claim(r.Claim); err != nil {
			return d.out, err
		}
	}
	e := ledger.Entry{Kind: billing.KindPayerRefund}
	switch open := -balances[announced]; {
	case open >= r.Amount:
		dim := ledger.Dimensions{ByteOffset: -1}
		if c != nil {
			dim.ClaimID, dim.GuarantorID, dim.ProviderID, dim.ServiceDate = c.ID, c.GuarantorID, c.ProviderID, c.ServiceDate
		}
		e.Move(announced, owed, r.Amount, dim)
	case open > 0:
		return d.out, tooMuch(r.Amount, open, "the payer has announced to recover", "reference "+r.Reference)
	case c == nil:
		return d.out, fault.Usagef("CB-DECIDE-CLAIM", "nothing is announced under reference %s: the refund needs the claim that was overpaid", r.Reference).WithFix("give --claim")
	default:
		if e, err = d.refundFromClaim(c, owed, r.Amount); err != nil {
			return d.out, err
		}
	}
	if _, err := d.record(DecideRefundPayer, r.subject(), payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideRefundPayer, r.subject(), e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s is owed back to %s under reference %s", r.Amount.Dollars(), r.Payer, r.Reference)
	if c == nil {
		return d.out, nil
	}
	if err := d.tell(c.ID, fmt.Sprintf("%s is owed back to the payer", r.Amount.Dollars())); err != nil {
		return d.out, err
	}
	if err := billingdb.CloseSettledClaims(d.ctx, d.tx, d.practiceID, []int64{c.PatientID}, d.by.On, d.by.Actor); err != nil {
		return d.out, err
	}
	return d.out, d.creditSettled(c)
}

func (d *Desk) refundFromClaim(c *billing.Claim, owed ledger.Key, amount money.Cents) (ledger.Entry, error) {
	asked := c.Asked(owed.PayerID)
	if asked.PayerID != owed.PayerID {
		return ledger.Entry{}, fault.Invalidf("CB-DECIDE-PAYER", "claim %s was not asked of that payer", c.Number).WithFix("give the claim that the payer has paid")
	}
	keys := []ledger.Key{c.Receivable(nil, asked)}
	for i := range c.Lines {
		keys = append(keys, c.Receivable(&c.Lines[i], asked))
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, keys)
	if err != nil {
		return ledger.Entry{}, err
	}
	paid, err := billingdb.PaidFor(d.ctx, d.tx, d.practiceID, c.ID, asked)
	if err != nil {
		return ledger.Entry{}, err
	}
	e, covered := billing.RefundFromClaim(c, asked, owed.Reference, amount, balances, paid)
	if !covered {
		var total money.Cents
		for _, p := range paid {
			total += max(p, 0)
		}
		return e, tooMuch(amount, total, "the payer has paid", "claim "+c.Number)
	}
	return e, nil
}

func tooMuch(amount, limit money.Cents, what, where string) error {
	return fault.Invalidf("CB-DECIDE-TOO-MUCH", "%s is more than %s: %s", amount.Dollars(), what, limit.Dollars()).At(where).WithFix("give at most that; nothing was posted")
}

// creditSettled closes the items about a claim's overpayment once it has none.
func (d *Desk) creditSettled(c *billing.Claim) error {
	balances, err := billingdb.InsuranceBalances(d.ctx, d.tx, d.practiceID, c)
	if err != nil {
		return err
	}
	for _, b := range balances {
		if b.Amount < 0 {
			return nil
		}
	}
	return claimsdb.CloseClaimItems(d.ctx, d.tx, d.practiceID, claims.WorkCredit, []int64{c.ID}, d.by.On, "the payer gets it back")
}

// RefundPaid records that a refund which is owed was sent: Dr 2210 / Cr 1000.
func (d *Desk) RefundPaid(r RefundPayer) (Decided, error) {
	owed, _, err := d.refundKeys(&r)
	if err != nil {
		return d.out, err
	}
	payload := refundPayload{Payer: r.Payer, Reference: r.Reference, Amount: r.Amount}
	if known, err := d.known(DecideRefundPaid, r.subject(), payload); known || err != nil {
		return d.out, err
	}
	balances, err := ledgerdb.LockBalances(d.ctx, d.tx, d.practiceID, []ledger.Key{owed})
	if err != nil {
		return d.out, err
	}
	amount := r.Amount
	if amount == 0 {
		amount = -balances[owed]
	}
	if amount <= 0 || amount > -balances[owed] {
		return d.out, tooMuch(amount, max(-balances[owed], 0), "is owed back", "reference "+r.Reference)
	}
	if _, err := d.record(DecideRefundPaid, r.subject(), payload); err != nil {
		return d.out, err
	}
	e := ledger.Entry{Kind: billing.KindPayerRefund}
	e.Move(owed, ledger.Key{Account: ledger.Bank}, amount, ledger.Dimensions{ByteOffset: -1})
	d.out.Message = fmt.Sprintf("%s was sent back to %s under reference %s", amount.Dollars(), r.Payer, r.Reference)
	return d.out, d.post(DecideRefundPaid, r.subject(), e)
}
