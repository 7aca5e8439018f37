// Package claims is the life of a claim, from the encounter that caused it to
// the answer of its payer: encounters and how they are read, edits, the frozen
// claim, its states, and what waits for a person. It has types and rules only:
// the store is claims/claimsdb, the jobs are claims/work.
package claims

import (
	"time"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Practice is a medical practice: one set of books. Every other record belongs
// to exactly one.
type Practice struct {
	ID          int64
	Code        string // how commands and files name it
	Name        string
	NPI         string
	TIN         string // nine digits, without the dash
	Address     Address
	Phone       string
	Hours       string // when the billing office answers, for statements
	PaymentURL  string // where a patient pays online; may be empty
	TimeZone    string // IANA name; business dates are days in it
	FixedDate   date.Date
	MinimumBill money.Cents // a statement below this is not sent
	DueDays     int         // from statement date to due date
	CycleDays   int         // least days between two statements of a guarantor
}

// Today is the practice's business date at the instant now: its local day, or
// the day on which a training practice is fixed.
func (p Practice) Today(now time.Time) date.Date {
	if !p.FixedDate.IsZero() {
		return p.FixedDate
	}
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		zone = time.UTC // set-up refuses unknown zones; a server without zone data still gets a day
	}
	return date.Of(now.In(zone))
}

// Address is a US postal address.
type Address struct {
	Line1 string `yaml:"address1" json:"address1,omitempty" validate:"max=55"`
	Line2 string `yaml:"address2,omitempty" json:"address2,omitempty" validate:"max=55"`
	City  string `yaml:"city" json:"city,omitempty" validate:"max=30"`
	State string `yaml:"state" json:"state,omitempty" validate:"omitempty,len=2,alpha,uppercase"`
	ZIP   string `yaml:"zip" json:"zip,omitempty" validate:"omitempty,zip"` // 5 or 9 digits
}
