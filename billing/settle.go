package billing

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Account is what a patient owes and holds, as the ledger says it now.
type Account struct {
	PatientID   int64
	GuarantorID int64
	Number      string // the practice's number of the patient
	Lines       []OpenLine
	Credits     []Credit
}

// OpenLine is a service line with a patient balance; a negative one is money
// that the patient should not have owed.
type OpenLine struct {
	ServiceLineID int64
	Visit         string // external id of the encounter
	ServiceDate   date.Date
	LineNo        int
	ProviderID    int64
	Balance       money.Cents
}

// Credit is money that a patient has with the practice.
type Credit struct {
	Visit  string      // what it is reserved for; "": nothing
	Amount money.Cents // more than zero
	// Answered means that the visit has been charged and no insurer is still
	// asked for it: what remains of the reservation is free.
	Answered bool
}

// owed is the key of an open line.
func (a *Account) owed(l *OpenLine) ledger.Key {
	return ledger.Key{Account: ledger.ARPatient, ServiceLineID: l.ServiceLineID, PatientID: a.PatientID}
}

func (a *Account) credit(visit string) ledger.Key {
	return ledger.Key{Account: ledger.PatientCredits, PatientID: a.PatientID, Reference: visit}
}

func (a *Account) dimensions(l *OpenLine) ledger.Dimensions {
	d := ledger.Dimensions{GuarantorID: a.GuarantorID, ByteOffset: -1}
	if l != nil {
		d.ServiceDate, d.ProviderID = l.ServiceDate, l.ProviderID
	}
	return d
}

// sort puts the lines in the order in which money settles them: oldest first.
func (a *Account) sort() {
	slices.SortFunc(a.Lines, func(x, y OpenLine) int {
		return cmp.Or(x.ServiceDate.Compare(y.ServiceDate), cmp.Compare(x.Visit, y.Visit), cmp.Compare(x.LineNo, y.LineNo))
	})
	slices.SortFunc(a.Credits, func(x, y Credit) int { return cmp.Compare(x.Visit, y.Visit) })
}

// Settle puts a patient's account in order after balances have changed: a
// negative balance becomes a credit, a reservation pays the visit that it waited
// for, what is left of an answered visit's reservation is free, and free credits
// pay the oldest balances. The entry has no transfers when there is nothing to
// do; the caller gives it its date, source key and actor. The account is brought
// up to date.
func Settle(a *Account) ledger.Entry {
	a.sort()
	e := ledger.Entry{Kind: "apply", Memo: "patient credits applied"}
	var free money.Cents
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Balance < 0 {
			e.Move(a.owed(l), a.credit(""), -l.Balance, a.dimensions(l))
			free -= l.Balance
			l.Balance = 0
		}
	}
	for i := range a.Credits {
		c := &a.Credits[i]
		if c.Visit == "" {
			free += c.Amount
			c.Amount = 0
			continue
		}
		c.Amount = a.apply(&e, a.credit(c.Visit), c.Amount, c.Visit)
		if c.Answered && c.Amount > 0 {
			e.Move(a.credit(c.Visit), a.credit(""), c.Amount, a.dimensions(nil))
			free += c.Amount
			c.Amount = 0
		}
	}
	free = a.apply(&e, a.credit(""), free, "")
	a.Credits = slices.DeleteFunc(a.Credits, func(c Credit) bool { return c.Amount == 0 })
	if free > 0 {
		a.Credits = append(a.Credits, Credit{Amount: free})
	}
	return e
}

// apply moves up to amount from the key to the balances of the visit ("": of
// any), oldest first, and returns what is left.
func (a *Account) apply(e *ledger.Entry, from ledger.Key, amount money.Cents, visit string) money.Cents {
	for i := range a.Lines {
		l := &a.Lines[i]
		if amount == 0 {
			break
		}
		if l.Balance <= 0 || visit != "" && l.Visit != visit {
			continue
		}
		part := min(amount, l.Balance)
		e.Move(from, a.owed(l), part, a.dimensions(l))
		l.Balance -= part
		amount -= part
	}
	return amount
}
