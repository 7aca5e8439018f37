package billing

import (
	"slices"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Refund pays a patient's free credit back: it becomes a debt to the patient
// (2200) until the refund is sent. The bool is false when the free credit does
// not cover the amount.
func Refund(a *Account, amount money.Cents) (ledger.Entry, bool) {
	e := ledger.Entry{Kind: "patient-refund"}
	var free money.Cents
	for _, c := range a.Credits {
		if c.Visit == "" {
			free += c.Amount
		}
	}
	if amount > free {
		return e, false
	}
	e.Move(a.credit(""), ledger.Key{Account: ledger.PatientRefunds}, amount, a.dimensions(nil))
	return e, true
}

// Since is what became of a patient's money after a payment had come, oldest
// first, less what earlier returned payments have followed already.
type Since struct {
	// Moves are Dr 1110 / Cr 2000, by which a balance that fell became a credit, and
	// Dr 2000 / Cr 1110, by which credits paid balances.
	Moves []ledger.Transfer
	// ToRefund is what was to be paid back to the patient and has not been sent.
	ToRefund money.Cents
}

// Returned takes back a payment that the bank did not honor: the mirror of where
// the money is now. paid are the transfers of the payment's entry; from is where
// the money is missing (1010, or 1000 once deposited).
//
// A balance that it paid is owed again, unless the balance has fallen since and
// the money became a credit. What is a credit is taken from what is left of it,
// then from a refund that has not been sent (which is blocked by that), then from
// the balances that credits have paid since, the last first. What a refund has
// carried out of the bank (refunded) the patient owes, for no service.
func Returned(a *Account, paid []ledger.Transfer, since Since, from string) (e ledger.Entry, refunded money.Cents) {
	e = ledger.Entry{Kind: "returned-payment"}
	source := ledger.Key{Account: from}
	stays := map[ledger.Key]money.Cents{} // on the balances that it paid itself
	for _, t := range paid {
		if t.Credit.Account == ledger.ARPatient {
			stays[t.Credit] += t.Amount
		}
	}
	applied := since.standing(stays)
	left := map[ledger.Key]money.Cents{}
	for _, c := range a.Credits {
		left[a.credit(c.Visit)] = c.Amount
	}
	for _, t := range paid {
		credit, rest := t.Credit, t.Amount
		take := func(key ledger.Key, amount money.Cents, d ledger.Dimensions) {
			e.Move(key, source, amount, d)
			rest -= amount
		}
		switch t.Credit.Account {
		case ledger.ARPatient:
			part := min(rest, stays[t.Credit])
			stays[t.Credit] -= part
			take(t.Credit, part, t.Dimensions())
			credit = a.credit("")
		case ledger.PatientCredits:
		default:
			take(t.Credit, rest, t.Dimensions())
		}
		// A reservation that was set free is in the free credit now.
		for _, key := range []ledger.Key{credit, a.credit("")} {
			part := min(rest, left[key])
			left[key] -= part
			take(key, part, t.Dimensions())
		}
		part := min(rest, since.ToRefund)
		since.ToRefund -= part
		take(ledger.Key{Account: ledger.PatientRefunds}, part, t.Dimensions())
		for i := range applied {
			u := &applied[i]
			if u.Debit.Reference != credit.Reference && u.Debit.Reference != "" {
				continue
			}
			part := min(rest, u.Amount)
			u.Amount -= part
			take(u.Credit, part, u.Dimensions())
		}
		refunded += rest
		take(a.owed(&OpenLine{}), rest, a.dimensions(nil))
	}
	return e, refunded
}

// standing returns how credits have paid balances, newest first, as far as the
// balances have not fallen since. What a balance that fell set free is taken off
// stays first: it is the payment's own money.
func (s Since) standing(stays map[ledger.Key]money.Cents) []ledger.Transfer {
	var applied []ledger.Transfer // oldest first
	for _, t := range s.Moves {
		switch {
		case t.Debit.Account == ledger.PatientCredits && t.Credit.Account == ledger.ARPatient:
			applied = append(applied, t)
		case t.Debit.Account == ledger.ARPatient && t.Credit.Account == ledger.PatientCredits:
			part := min(t.Amount, stays[t.Debit])
			stays[t.Debit] -= part
			rest := t.Amount - part
			for i := len(applied) - 1; i >= 0; i-- {
				if u := &applied[i]; u.Credit == t.Debit {
					part := min(rest, u.Amount)
					u.Amount -= part
					rest -= part
				}
			}
		}
	}
	slices.Reverse(applied)
	return applied
}

// ReturnCharge is what a practice charges a patient for a check that came back:
// Dr 1110 / Cr 4220, under no service.
func ReturnCharge(a *Account, amount money.Cents) ledger.Entry {
	e := ledger.Entry{Kind: "returned-charge"}
	e.Move(ledger.Key{Account: ledger.ARPatient, PatientID: a.PatientID}, ledger.Key{Account: ledger.FeeIncome}, amount, a.dimensions(nil))
	return e
}
