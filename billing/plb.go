package billing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// ProviderRule says which account a PLB code of a payer means, as a person
// decided once. PayerID 0 is every payer.
type ProviderRule struct {
	PayerID int64
	Code    string
	Account string
}

// ProviderKeys returns the sub-ledger keys that posting these PLB pairs reads.
func (p *Poster) ProviderKeys(list []remit835.ProviderAdjustment) []ledger.Key {
	var keys []ledger.Key
	for i := range list {
		for _, account := range [...]string{ledger.PLBSuspense, ledger.PayerRecoupment, ledger.PayerRefunds} {
			keys = append(keys, p.byReference(account, list[i].Reference))
		}
	}
	return keys
}

// Overtaken returns the refunds to the payer (2210) that a recovery which these
// pairs announce may have taken already: we have sent more than we owed, after
// what the pairs themselves acknowledge. What it holds is known by then.
func (p *Poster) Overtaken(list []remit835.ProviderAdjustment) []ledger.Key {
	sent := map[ledger.Key]money.Cents{}
	announced := map[ledger.Key]bool{}
	for i := range list {
		a := &list[i]
		key := p.byReference(ledger.PayerRefunds, a.Reference)
		if _, known := sent[key]; !known {
			sent[key] = p.balances[key]
		}
		switch a.Reason {
		case "72":
			sent[key] += a.Amount
		case "WO", "FB":
			announced[key] = announced[key] || a.Amount < 0
		}
	}
	p.overtaken = map[ledger.Key]money.Cents{}
	for key, amount := range sent {
		if amount > 0 && announced[key] {
			p.overtaken[key] = amount
		}
	}
	return slices.SortedFunc(maps.Keys(p.overtaken), ledger.Key.Compare)
}

// KnowRecouped tells the poster how much earlier payments have recovered against
// each of the refunds that Overtaken named.
func (p *Poster) KnowRecouped(recouped map[ledger.Key]money.Cents) {
	for key, amount := range p.overtaken {
		p.overtaken[key] = min(amount, recouped[key])
	}
}

// byReference is the key of what a payer and we have open under a reference;
// a pair without one is known by the payment's own trace.
func (p *Poster) byReference(account, reference string) ledger.Key {
	if reference == "" {
		reference = p.payment.Trace
	}
	return ledger.Key{Account: account, PayerID: p.payment.PayerID, Reference: reference}
}

// ProviderAdjustments posts the PLB pairs of the payment, each an entry of its
// own. A positive amount lowers the payment.
func (p *Poster) ProviderAdjustments(list []remit835.ProviderAdjustment, rules []ProviderRule) {
	refunds := map[string]bool{} // references for which the payer acknowledges a refund that we sent
	for i := range list {
		if list[i].Reason == "72" {
			refunds[list[i].Reference] = true
		}
	}
	for i := range list {
		a := &list[i]
		key := fmt.Sprintf("%s|PLB|%d|%d", p.payment.Key, a.PLB, a.Pair)
		e := p.begin("plb", key, "PLB "+printable(a.Reason))
		treatment := p.providerAdjustment(e, a, key, refunds[a.Reference], rules)
		e.finish()
		p.out.Provider = append(p.out.Provider, ProviderRow{Seq: i + 1, ProviderNPI: a.Provider, FiscalPeriod: a.FiscalPeriod, Code: a.Reason,
			Reference: a.Reference, Amount: a.Amount, Treatment: treatment, ByteOffset: a.ByteOffset})
		if a.Reason == "WO" || a.Reason == "FB" || a.Reason == "72" {
			p.references[a.Reference] = true
		}
	}
	p.paidTwice()
	p.cleared()
}

// cleared names the references under which nothing is in suspense any more, and
// drops what this payment itself asked about them.
func (p *Poster) cleared() {
	for _, key := range slices.SortedFunc(maps.Keys(p.suspended), func(a, b ledger.Key) int { return cmp.Compare(a.Reference, b.Reference) }) {
		if p.balances[key] != 0 {
			continue
		}
		p.out.Cleared = append(p.out.Cleared, key)
		p.out.Items = slices.DeleteFunc(p.out.Items, func(i claims.WorkItem) bool {
			return slices.Contains(p.suspended[key], i.DedupeKey)
		})
	}
}

// paidTwice opens an item for a refund that we sent and that the payer has
// recovered all the same: a debit in 2210 that no announced recovery covers.
func (p *Poster) paidTwice() {
	for _, reference := range slices.Sorted(maps.Keys(p.references)) {
		sent := p.balances[p.byReference(ledger.PayerRefunds, reference)]
		announced := -p.balances[p.byReference(ledger.PayerRecoupment, reference)]
		if sent > 0 && sent > announced {
			p.out.Items = append(p.out.Items, p.item(claims.WorkPLB, p.payment.Key+"|twice|"+reference, sent-max(announced, 0),
				fmt.Sprintf("%s has recovered %s under reference %s that we had already refunded", p.payer(), (sent-max(announced, 0)).Dollars(), printable(reference)),
				"Send the payer the proof of the refund and ask for the money back"))
		}
	}
}

// providerAdjustment moves one PLB pair and says in a word what it took it for.
func (p *Poster) providerAdjustment(e *entry, a *remit835.ProviderAdjustment, key string, refundSent bool, rules []ProviderRule) string {
	d, cash := p.at(a.ByteOffset), p.cash()
	take := func(account ledger.Key, amount money.Cents) { e.move(account, cash, amount, d) } // positive lowers the payment
	if p.payment.PayeeUnknown {
		take(p.payment.Unidentified(""), a.Amount)
		return "unidentified"
	}
	if account := providerRule(rules, p.payment.PayerID, a.Reason); account != "" {
		switch account {
		case ledger.PLBSuspense, ledger.PayerRecoupment, ledger.PayerRefunds:
			take(p.byReference(account, a.Reference), a.Amount)
		default:
			take(ledger.Key{Account: account}, a.Amount)
		}
		return "rule: " + account
	}
	switch a.Reason {
	case "WO", "FB":
		if a.Amount < 0 {
			p.forwarded(take, a)
			return "recoupment to come"
		}
		return p.recovered(take, a, key, refundSent)
	case "72":
		take(p.byReference(ledger.PayerRefunds, a.Reference), a.Amount)
		return "refund acknowledged"
	case "L6":
		take(ledger.Key{Account: ledger.PayerInterest}, a.Amount)
		return "interest"
	case "IR":
		take(ledger.Key{Account: ledger.TaxWithheld}, a.Amount)
		return "tax withheld"
	case "E3":
		take(ledger.Key{Account: ledger.WithholdsReceivable}, a.Amount)
		return "withhold"
	case "AH":
		take(ledger.Key{Account: ledger.BankFees}, a.Amount)
		return "fee"
	case "50", "51", "L3":
		take(ledger.Key{Account: ledger.InterestPenalties}, a.Amount)
		return "penalty"
	case "CT":
		take(ledger.Key{Account: ledger.CapitationRevenue}, a.Amount)
		return "capitation"
	}
	take(p.byReference(ledger.PLBSuspense, a.Reference), a.Amount)
	p.plbItem(a, key, a.Amount, fmt.Sprintf("%s adjusted the payment by %s with PLB %s (%s), which has no rule", p.payer(), a.Amount.Dollars(),
		printable(a.Reason), printable(a.Reference)), "Ask the payer what it is for, then classify it once; the rule is kept for this payer")
	return "suspense"
}

// forwarded is a negative WO or FB: an overpayment that was reversed here and
// will be recovered from a later payment. It first clears what an earlier
// payment had taken without our knowing why, and then what an earlier payment had
// recovered against a refund of ours, before the reversal had come: the recovery
// that it announces has been.
func (p *Poster) forwarded(take func(ledger.Key, money.Cents), a *remit835.ProviderAdjustment) {
	suspense := p.byReference(ledger.PLBSuspense, a.Reference)
	clears := min(max(p.balances[suspense], 0), -a.Amount)
	take(suspense, -clears)
	if clears > 0 {
		p.suspended[suspense] = append(p.suspended[suspense], "")
	}
	refund := p.byReference(ledger.PayerRefunds, a.Reference)
	been := min(max(p.overtaken[refund], 0), -a.Amount-clears)
	take(refund, -been)
	p.overtaken[refund] -= been
	take(p.byReference(ledger.PayerRecoupment, a.Reference), a.Amount+clears+been)
}

// recovered is a positive WO or FB: the payer keeps what it is owed under the
// reference. What it keeps beyond that is a refund that we had sent already, or
// a question.
func (p *Poster) recovered(take func(ledger.Key, money.Cents), a *remit835.ProviderAdjustment, key string, refundSent bool) string {
	recoupment := p.byReference(ledger.PayerRecoupment, a.Reference)
	open := min(max(-p.balances[recoupment], 0), a.Amount)
	take(recoupment, open)
	rest := a.Amount - open
	switch {
	case rest == 0:
		return "recouped"
	case refundSent:
		take(p.byReference(ledger.PayerRefunds, a.Reference), rest)
		return "recouped against a refund sent"
	}
	take(p.byReference(ledger.PLBSuspense, a.Reference), rest)
	p.plbItem(a, key, rest, fmt.Sprintf("%s recovered %s under reference %s, of which %s has no reversal in this book", p.payer(), a.Amount.Dollars(),
		printable(a.Reference), rest.Dollars()), "Find the letter or the reversal that it belongs to; a later reversal with the same reference clears it by itself")
	return "suspense"
}

// plbItem asks a person about what a pair has left in suspense.
func (p *Poster) plbItem(a *remit835.ProviderAdjustment, key string, amount money.Cents, reason, action string) {
	item := p.item(claims.WorkPLB, key, amount.Abs(), reason, action)
	p.out.Items = append(p.out.Items, item)
	suspense := p.byReference(ledger.PLBSuspense, a.Reference)
	p.suspended[suspense] = append(p.suspended[suspense], item.DedupeKey)
}

func providerRule(rules []ProviderRule, payerID int64, code string) string {
	account := ""
	for _, r := range rules {
		if r.Code == code && (r.PayerID == payerID || r.PayerID == 0 && account == "") {
			account = r.Account
			if r.PayerID == payerID {
				return account
			}
		}
	}
	return account
}

// PaperCheck puts the check that came with the remittance among the receipts
// that wait for the next deposit.
func (p *Poster) PaperCheck(amount money.Cents, offset int64) {
	e := p.begin("check", p.payment.Key+"|CHK", "paper check "+p.payment.Trace)
	e.move(ledger.Key{Account: ledger.Undeposited}, p.cash(), amount, p.at(offset))
	e.finish()
}

// UnknownPayee opens the one work item of a payment that names a payee which is
// not this practice.
func (p *Poster) UnknownPayee(amount money.Cents) {
	p.out.Items = append(p.out.Items, p.item(claims.WorkUnmatched, p.payment.Key+"|payee", amount,
		fmt.Sprintf("%s paid %s under trace %s to a payee that this practice does not have", p.payer(), amount.Dollars(), p.payment.Trace),
		"If it is yours, add the provider's NPI or tax id and match the cash; if not, return it to the payer"))
}

func sortedReasons(m map[reasonKey]money.Cents) []reasonKey {
	return slices.SortedFunc(maps.Keys(m), func(a, b reasonKey) int {
		return cmp.Or(cmp.Compare(a.serviceLineID, b.serviceLineID), cmp.Compare(a.group, b.group), cmp.Compare(a.carc, b.carc))
	})
}
