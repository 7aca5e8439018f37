package work

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// PatientWriteOff gives up a part of what a patient owes.
type PatientWriteOff struct {
	Key     string // of this write-off's own
	Account string // of the patient
	As      string // small-balance, charity, discount, bad-debt
	Amount  money.Cents
	Visit   string // external id of the encounter; "": the oldest balance
}

type writeOffPayload struct {
	Patient string      `json:"patient"`
	As      string      `json:"as"`
	Amount  money.Cents `json:"amount"`
	Visit   string      `json:"visit,omitempty"`
}

// WriteOffPatient posts Dr 4130, 4140, 4150 or 5000 / Cr 1110. Only debits are
// written off: a credit is the patient's.
func (d *Desk) WriteOffPatient(p PatientWriteOff) (Decided, error) {
	switch {
	case !slices.Contains(billing.PatientWriteOffs(), p.As):
		return d.out, fault.Usagef("CB-DECIDE-TREATMENT", "%q is no way to give up what a patient owes", p.As).WithFix("choose from: " + strings.Join(billing.PatientWriteOffs(), ", "))
	case p.Key == "":
		return d.out, fault.Usagef("CB-DECIDE-KEY", "a write-off needs a key of its own, so that it is posted once").WithFix("give --key")
	case p.Amount <= 0:
		return d.out, fault.Usagef("CB-DECIDE-AMOUNT", "the amount must be more than zero")
	}
	payload := writeOffPayload{p.Account, p.As, p.Amount, p.Visit}
	if known, err := d.known(DecideWriteOff, p.Key, payload); known || err != nil {
		return d.out, err
	}
	a, err := d.account(p.Account)
	if err != nil {
		return d.out, err
	}
	owed := money.Cents(0)
	var lines []int64
	for i := range a.Lines {
		if l := &a.Lines[i]; l.Balance > 0 && (p.Visit == "" || l.Visit == p.Visit) {
			owed += l.Balance
		}
		lines = append(lines, a.Lines[i].ServiceLineID)
	}
	of, err := billingdb.ClaimsOfPatientLines(d.ctx, d.tx, d.practiceID, lines)
	if err != nil {
		return d.out, err
	}
	e, covered := billing.WriteOffPatient(a, p.As, p.Amount, p.Visit, of)
	if !covered {
		return d.out, tooMuch(p.Amount, owed, "the patient owes", "patient "+p.Account)
	}
	if _, err := d.record(DecideWriteOff, p.Key, payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideWriteOff, p.Key, e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s of patient %s written off as %s", p.Amount.Dollars(), p.Account, strings.ReplaceAll(p.As, "-", " "))
	told := map[int64]bool{}
	for _, t := range e.Transfers {
		if t.ClaimID != 0 && !told[t.ClaimID] {
			told[t.ClaimID] = true
			if err := d.tell(t.ClaimID, "The patient's balance was written off as "+strings.ReplaceAll(p.As, "-", " ")); err != nil {
				return d.out, err
			}
		}
	}
	return d.out, billingdb.CloseSettledClaims(d.ctx, d.tx, d.practiceID, []int64{a.PatientID}, d.by.On, d.by.Actor)
}

// account loads a patient's account and keeps others off it.
func (d *Desk) account(number string) (*billing.Account, error) {
	var id int64
	err := d.tx.QueryRow(d.ctx, `SELECT id FROM patient WHERE practice_id = $1 AND account = $2`, d.practiceID, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFoundf("CB-PAYMENT-005", "no patient has the account %s", number)
	}
	if err != nil {
		return nil, err
	}
	accounts, err := billingdb.Accounts(d.ctx, d.tx, d.practiceID, []int64{id})
	if err != nil {
		return nil, err
	}
	return &accounts[0], nil
}

// CreditToApply is a patient's credit that a person applies.
type CreditToApply struct {
	Key      string // of this application's own
	Account  string // of the patient
	Amount   money.Cents
	Reserved string // take what is reserved for this visit; "": the free credit
	Visit    string // pay this visit; "": the oldest balance
}

type applyPayload struct {
	Patient  string      `json:"patient"`
	Amount   money.Cents `json:"amount"`
	Reserved string      `json:"reserved,omitempty"`
	Visit    string      `json:"visit,omitempty"`
}

// ApplyCredit pays what a patient owes from what they have with the practice:
// Dr 2000 / Cr 1110. The amount 0 is as much as fits.
func (d *Desk) ApplyCredit(p CreditToApply) (Decided, error) {
	switch {
	case p.Key == "":
		return d.out, fault.Usagef("CB-DECIDE-KEY", "it needs a key of its own, so that it is applied once").WithFix("give --key")
	case p.Amount < 0:
		return d.out, fault.Usagef("CB-DECIDE-AMOUNT", "the amount must be more than zero")
	}
	payload := applyPayload{p.Account, p.Amount, p.Reserved, p.Visit}
	if known, err := d.known(DecideApply, p.Key, payload); known || err != nil {
		return d.out, err
	}
	a, err := d.account(p.Account)
	if err != nil {
		return d.out, err
	}
	var credit, owed money.Cents
	for _, c := range a.Credits {
		if c.Visit == p.Reserved {
			credit += c.Amount
		}
	}
	for i := range a.Lines {
		if l := &a.Lines[i]; l.Balance > 0 && (p.Visit == "" || l.Visit == p.Visit) {
			owed += l.Balance
		}
	}
	e, fits := billing.ApplyCredit(a, p.Amount, p.Reserved, p.Visit)
	if !fits {
		return d.out, fault.Invalidf("CB-DECIDE-CREDIT", "the credit is %s and the balance that it could pay is %s", credit.Dollars(), owed.Dollars()).
			At("patient " + p.Account).WithFix("look at the account: claimbook explain patient " + p.Account)
	}
	if _, err := d.record(DecideApply, p.Key, payload); err != nil {
		return d.out, err
	}
	if err := d.post(DecideApply, p.Key, e); err != nil {
		return d.out, err
	}
	d.out.Message = fmt.Sprintf("%s of the credit of patient %s applied", d.out.Amount.Dollars(), p.Account)
	return d.out, billingdb.CloseSettledClaims(d.ctx, d.tx, d.practiceID, []int64{a.PatientID}, d.by.On, d.by.Actor)
}
