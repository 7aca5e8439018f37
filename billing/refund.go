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

// Returned takes back a payment that the bank did not honor: where the money
// went, it is owed again. paid are the transfers of the payment's entry; applied
// those of later entries by which the patient's credits paid balances, newest
// first; from is where the money is missing now (1010, or 1000 once deposited).
// What had become a credit is taken from what is left of it, and then from the
// balances that it paid.
func Returned(a *Account, paid, applied []ledger.Transfer, from string) ledger.Entry {
	e := ledger.Entry{Kind: "returned-payment"}
	source := ledger.Key{Account: from}
	left := map[ledger.Key]money.Cents{}
	for _, c := range a.Credits {
		left[a.credit(c.Visit)] = c.Amount
	}
	applied = slices.Clone(applied)
	for _, t := range paid {
		if t.Credit.Account != ledger.PatientCredits {
			e.Move(t.Credit, source, t.Amount, t.Dimensions())
			continue
		}
		rest := t.Amount
		// A reservation that was set free is in the free credit now.
		for _, key := range []ledger.Key{t.Credit, a.credit("")} {
			part := min(rest, left[key])
			e.Move(key, source, part, t.Dimensions())
			left[key] -= part
			rest -= part
		}
		for i := range applied {
			u := &applied[i]
			if rest == 0 {
				break
			}
			if u.Debit.Account != ledger.PatientCredits || u.Credit.Account != ledger.ARPatient || u.Debit.Reference != t.Credit.Reference && u.Debit.Reference != "" {
				continue
			}
			part := min(rest, u.Amount)
			e.Move(u.Credit, source, part, u.Dimensions())
			u.Amount -= part
			rest -= part
		}
		// Paid out as a refund before the bank spoke: that refund is owed back.
		e.Move(ledger.Key{Account: ledger.PatientRefunds}, source, rest, t.Dimensions())
	}
	return e
}

// ReturnCharge is what a practice charges a patient for a check that came back:
// Dr 1110 / Cr 4220, under no service.
func ReturnCharge(a *Account, amount money.Cents) ledger.Entry {
	e := ledger.Entry{Kind: "returned-charge"}
	e.Move(ledger.Key{Account: ledger.ARPatient, PatientID: a.PatientID}, ledger.Key{Account: ledger.FeeIncome}, amount, a.dimensions(nil))
	return e
}
