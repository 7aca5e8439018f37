package ledger

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// OpenBalance is one balance that waits for something: a patient's credit for
// a visit, an insurer's cash for its claim, a recoupment for its payment, a
// credit in A/R for its refund.
type OpenBalance struct {
	Account   string      `json:"account"`
	Name      string      `json:"name"` // of the account
	Payer     string      `json:"payer,omitempty"`
	Patient   string      `json:"patient,omitempty"` // account number
	Line      string      `json:"service_line,omitempty"`
	Reference string      `json:"reference,omitempty"`
	Since     date.Date   `json:"since"` // the posting date from which on it was never settled
	Days      int         `json:"days"`
	Amount    money.Cents `json:"amount"`               // a credit is negative
	Due       date.Date   `json:"due,omitzero"`         // the last day for a refund, where the law sets one
	PayerKind string      `json:"payer_kind,omitempty"` // medicare, medicaid, commercial …
}

// RefundDays is how long a provider may hold an overpayment of Medicare or
// Medicaid after it is identified.
const RefundDays = 60

// SetClock fills in the age as of a day, and the day by which an overpayment of
// Medicare or Medicaid goes back. The book identifies a credit on the day that
// it came to be.
func (b *OpenBalance) SetClock(asOf date.Date) {
	b.Days = asOf.DaysSince(b.Since)
	if b.Amount < 0 && (b.PayerKind == "medicare" || b.PayerKind == "medicaid") {
		b.Due = b.Since.AddDays(RefundDays)
	}
}
