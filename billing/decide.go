package billing

import (
	"slices"
	"strings"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// Kinds of entries by which a person disposes of what an answer left. All of
// them are taken back when the answer is.
const (
	KindWriteOff          = "write-off"
	KindSmallBalance      = "small-balance"
	KindBadDebt           = "bad-debt"
	KindCharity           = "charity"
	KindDiscount          = "discount"
	KindTransferToPatient = "transfer-to-patient"
	KindTransferToPayer   = "transfer-to-payer"
	KindAssignLine        = "assign-line"
)

// Left is what one adjustment of an answer left in the payer's receivable: the
// part of one line.
type Left struct {
	Line        *ClaimLine // nil: of the claim as a whole
	Group, CARC string
	Amount      money.Cents
	Remarks     []string // RARCs of the claim and the line
	EDIFileID   int64
	ByteOffset  int64 // of the CAS
	Denied      bool  // nothing was paid for the line; false: it stayed for a person
	// With are the codes of all that the answer said of the line, whatever became
	// of it: one of them may protect the patient.
	With []string
}

// Code is how people name the reason: CO-97.
func (l *Left) Code() string { return l.Group + "-" + l.CARC }

// PatientShare reports whether it is a share that could have been the patient's
// (deductible, coinsurance, copay), but may not be billed to them.
func (l *Left) PatientShare() bool { return defaultTreatment(l.Group, l.CARC) == PatientOwes }

// Disposal is what a person makes of an adjustment that stayed in A/R.
type Disposal struct {
	Kind string // of the entry
	// Account takes what is written off; "" when somebody else owes it now.
	Account string
	// NextPayer says that the further payer owes it, not the patient.
	NextPayer bool
}

// Asked returns the coverage that an answer of the payer speaks for.
func (c *Claim) Asked(payerID int64) NextPayer {
	asked, _ := c.asked(payerID)
	return asked
}

// Receivable is the key of what the coverage owes for a line of the claim; nil
// is the claim as a whole.
func (c *Claim) Receivable(line *ClaimLine, asked NextPayer) ledger.Key {
	return receivable(c, line, asked.PayerID, asked.Rank)
}

// DisposalOf says where an amount goes that a person takes for the treatment.
// What the patient's side owes goes to the next payer if there is one, and to
// the patient only if they may be billed.
func DisposalOf(c *Claim, payerID int64, treatment Treatment, left []Left) (Disposal, error) {
	asked, next := c.asked(payerID)
	if account := treatment.account(); account != "" {
		return Disposal{Kind: KindWriteOff, Account: account}, nil
	}
	switch treatment {
	case Denial:
		return Disposal{Kind: KindWriteOff, Account: ledger.DenialWriteOffs}, nil
	case PatientOwes:
		if next != nil {
			return Disposal{Kind: KindTransferToPayer, NextPayer: true}, nil
		}
		for i := range left {
			if why := barred(c, asked, &left[i]); why != "" {
				return Disposal{}, fault.Invalidf("CB-DECIDE-PROTECTED", "the patient may not be billed for %s of claim %s: %s", left[i].Code(), c.Number, why).
					WithFix("write it off, or ask another payer")
			}
		}
		return Disposal{Kind: KindTransferToPatient}, nil
	case Contractual, Reduction, Withhold, Tax, Capitation, Stay, PriorPayer:
	}
	return Disposal{}, fault.Usagef("CB-DECIDE-TREATMENT", "%q is nothing that an adjustment in A/R can become", treatment).
		WithFix("choose from denial, contractual, reduction, withhold, tax, capitation, patient")
}

// barred says why a person may not bill the patient for an adjustment.
func barred(c *Claim, asked NextPayer, l *Left) string {
	s := share{remarks: l.Remarks}
	for _, code := range l.With {
		group, carc, _ := strings.Cut(code, "-")
		s.adjustments = append(s.adjustments, shareAdjustment{group: group, carc: carc})
	}
	if why := protection(c, asked, &s, l.CARC); why != "" {
		return why
	}
	if l.Group == "CO" && ScenarioOf(l.CARC).Name != notCovered {
		return "the payer says that it is the practice's contractual obligation (CO)"
	}
	return ""
}

// Dispose moves what the adjustments left, never more of it than the receivable
// still holds. What nobody owes any more is left out.
func Dispose(c *Claim, payerID int64, d Disposal, left []Left, balances map[ledger.Key]money.Cents) ledger.Entry {
	asked, next := c.asked(payerID)
	e := ledger.Entry{Kind: d.Kind}
	held := map[ledger.Key]money.Cents{}
	for i := range left {
		l := &left[i]
		from := receivable(c, l.Line, asked.PayerID, asked.Rank)
		if _, known := held[from]; !known {
			held[from] = balances[from]
		}
		to := ledger.Key{Account: d.Account}
		switch {
		case d.NextPayer && next != nil:
			to = receivable(c, l.Line, next.PayerID, next.Rank)
		case d.Account == "":
			to = patientOwes(c, l.Line)
		}
		amount := min(l.Amount, held[from])
		if amount <= 0 {
			continue
		}
		held[from] -= amount
		dim := decisionDimensions(c, l.Line)
		dim.GroupCode, dim.CARC, dim.RARCs = l.Group, l.CARC, l.Remarks
		if l.EDIFileID != 0 {
			dim.EDIFileID, dim.ByteOffset = l.EDIFileID, l.ByteOffset
		}
		e.Move(to, from, amount, dim)
	}
	return e
}

func decisionDimensions(c *Claim, line *ClaimLine) ledger.Dimensions {
	d := ledger.Dimensions{ClaimID: c.ID, GuarantorID: c.GuarantorID, ProviderID: c.ProviderID, ServiceDate: c.ServiceDate, ByteOffset: -1}
	if line != nil {
		d.ServiceDate = line.ServiceDate
	}
	return d
}

// RefundFromClaim owes the payer what it paid too much for a claim:
// Dr 1100 / Cr 2210 under the reference. It takes credits of the lines first,
// then what the payer has paid for them, and says false when it has not paid so
// much.
func RefundFromClaim(c *Claim, asked NextPayer, reference string, amount money.Cents, balances, paid map[ledger.Key]money.Cents) (ledger.Entry, bool) {
	e := ledger.Entry{Kind: KindPayerRefund}
	owed := ledger.Key{Account: ledger.PayerRefunds, PayerID: asked.PayerID, Reference: reference}
	taken := map[ledger.Key]money.Cents{}
	for _, creditsOnly := range []bool{true, false} {
		for i := range len(c.Lines) + 1 {
			var line *ClaimLine // the claim as a whole comes last
			if i < len(c.Lines) {
				line = &c.Lines[i]
			}
			key := receivable(c, line, asked.PayerID, asked.Rank)
			part := min(amount, paid[key]-taken[key])
			if creditsOnly {
				part = min(part, -balances[key])
			}
			if part <= 0 {
				continue
			}
			e.Move(key, owed, part, decisionDimensions(c, line))
			taken[key] += part
			amount -= part
		}
	}
	return e, amount == 0
}

// AssignLine takes what an answer posted to the claim as a whole and posts it to
// one of its lines instead: each transfer is taken back and made again, so that
// the line shows what was paid and what was adjusted. What it left to somebody
// else moves along.
func AssignLine(c *Claim, asked NextPayer, line *ClaimLine, answer []ledger.Transfer) ledger.Entry {
	e := ledger.Entry{Kind: KindAssignLine}
	whole := receivable(c, nil, asked.PayerID, asked.Rank)
	for _, t := range answer {
		if t.Debit != whole && t.Credit != whole {
			continue
		}
		d := t.Dimensions()
		e.Move(t.Credit, t.Debit, t.Amount, d)
		d.ServiceDate = line.ServiceDate
		e.Move(ofLine(t.Debit, line), ofLine(t.Credit, line), t.Amount, d)
	}
	return e
}

// ofLine is the key that belongs to the line instead of the claim as a whole.
func ofLine(key ledger.Key, line *ClaimLine) ledger.Key {
	if key.Account == ledger.ARInsurance || key.Account == ledger.ARPatient {
		key.ServiceLineID, key.Reference = line.ServiceLineID, ""
	}
	return key
}

// patientWriteOffs are the ways to give up what a patient owes, with the account
// of each.
var patientWriteOffs = map[string]string{KindSmallBalance: ledger.SmallBalance, KindCharity: ledger.Charity, KindDiscount: ledger.Discounts, KindBadDebt: ledger.BadDebt}

// WriteOffPatient gives up what a patient owes, oldest first, of one visit where
// one is named. claimOf names the claim that left a line to the patient, so that
// the write-off falls with its answer. It says false when the patient does not
// owe so much.
func WriteOffPatient(a *Account, as string, amount money.Cents, visit string, claimOf map[int64]int64) (ledger.Entry, bool) {
	a.sort()
	e := ledger.Entry{Kind: as}
	rest := a.apply(&e, ledger.Key{Account: patientWriteOffs[as]}, amount, visit)
	for i := range e.Transfers {
		t := &e.Transfers[i]
		t.ClaimID = claimOf[t.Credit.ServiceLineID]
	}
	return e, rest == 0
}

// PatientWriteOffs names the ways to give up what a patient owes.
func PatientWriteOffs() []string {
	return []string{KindSmallBalance, KindCharity, KindDiscount, KindBadDebt}
}

// ApplyCredit pays balances from what a patient has with the practice: from the
// free credit, or from what is reserved for a visit. The amount 0 is as much as
// fits. It says false when there is not so much credit, or nothing that it could
// pay.
func ApplyCredit(a *Account, amount money.Cents, reserved, visit string) (ledger.Entry, bool) {
	a.sort()
	e := ledger.Entry{Kind: "apply", Memo: "patient credits applied"}
	i := slices.IndexFunc(a.Credits, func(c Credit) bool { return c.Visit == reserved })
	if i < 0 || amount > a.Credits[i].Amount {
		return e, false
	}
	whole := amount == 0
	if whole {
		amount = a.Credits[i].Amount
	}
	rest := a.apply(&e, a.credit(reserved), amount, visit)
	return e, len(e.Transfers) > 0 && (whole || rest == 0)
}
