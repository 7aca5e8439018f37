package billing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Statement is what a guarantor is told, frozen: a reprint is made from it and
// from nothing else. It is statement.content in the schema.
type Statement struct {
	Number           string         `json:"number"`
	Date             date.Date      `json:"date"`
	DueDate          date.Date      `json:"due_date"`
	Practice         Sender         `json:"practice"`
	Account          string         `json:"account"` // the guarantor's
	Recipient        Recipient      `json:"recipient"`
	Visits           []Visit        `json:"visits"`
	Totals           Amounts        `json:"totals"`
	Credits          money.Cents    `json:"credits"` // money with the practice that is not applied and not reserved
	Balance          money.Cents    `json:"balance"` // to be paid now: Totals.Owed less Credits
	InsurancePending money.Cents    `json:"insurance_pending"`
	Aging            [4]money.Cents `json:"aging"` // by days since the date of service: 0-30, 31-60, 61-90, over 90
	Level            int            `json:"level"` // the gentlest of its visits
	Message          string         `json:"message"`
	Notices          []string       `json:"notices"`
}

// Sender is the practice as a statement names it.
type Sender struct {
	Name       string         `json:"name"`
	Address    claims.Address `json:"address"`
	Phone      string         `json:"phone"`
	Hours      string         `json:"hours"`
	PaymentURL string         `json:"payment_url"`
}

// Recipient is who gets a statement.
type Recipient struct {
	Name    string         `json:"name"`
	Address claims.Address `json:"address"`
}

// Amounts are the columns of a statement. What is still with an insurer is the
// difference that Owed leaves.
type Amounts struct {
	Charge        money.Cents `json:"charge"`
	InsurancePaid money.Cents `json:"insurance_paid"`
	Adjustments   money.Cents `json:"adjustments"`
	PatientPaid   money.Cents `json:"patient_paid"`
	Pending       money.Cents `json:"pending"` // with an insurer
	Owed          money.Cents `json:"owed"`
}

func (a *Amounts) add(b Amounts) {
	a.Charge += b.Charge
	a.InsurancePaid += b.InsurancePaid
	a.Adjustments += b.Adjustments
	a.PatientPaid += b.PatientPaid
	a.Pending += b.Pending
	a.Owed += b.Owed
}

// Visit is one encounter on a statement.
type Visit struct {
	EncounterID int64           `json:"encounter_id"`
	Visit       string          `json:"visit"` // external id
	Patient     string          `json:"patient"`
	Provider    string          `json:"provider"`
	Date        date.Date       `json:"date"`
	Level       int             `json:"level"` // of dunning
	Lines       []StatementLine `json:"lines"`
}

// Owed returns what the visit leaves to pay.
func (v *Visit) Owed() money.Cents {
	var owed money.Cents
	for i := range v.Lines {
		owed += v.Lines[i].Owed
	}
	return owed
}

// StatementLine is one service in plain words.
type StatementLine struct {
	ServiceLineID int64     `json:"service_line_id"`
	PatientID     int64     `json:"patient_id"`
	Date          date.Date `json:"date"`
	Description   string    `json:"description"`
	Amounts
	Shares []PatientShare `json:"shares,omitempty"` // why the patient owes
}

// PatientShare is a part of what a patient owes and its reason.
type PatientShare struct {
	Reason string      `json:"reason"` // deductible, coinsurance, copay
	Amount money.Cents `json:"amount"`
}

// Household is everything that decides whether a guarantor gets a statement.
type Household struct {
	GuarantorID   int64
	Account       string
	Recipient     Recipient
	Hold          string // "", hold, dispute, bankruptcy, deceased, bad-address
	Protected     bool   // a patient who may not be billed (Medicaid, QMB) has something open with an insurer
	PlanCurrent   bool   // pays by instalments and has missed none
	LastStatement date.Date
	Credits       money.Cents // unapplied and not reserved
	Pending       money.Cents // with insurers
	Visits        []Visit     // with a patient balance, oldest first
	History       map[int64]VisitHistory
}

// VisitHistory is how a visit was dunned so far, by encounter.
type VisitHistory struct {
	First     date.Date // its first statement
	LastLevel int
}

// Selection is one guarantor's line in the list of who gets a statement and who
// does not.
type Selection struct {
	GuarantorID int64       `json:"-"`
	Account     string      `json:"account"`
	Included    bool        `json:"included"`
	Reason      string      `json:"reason"`
	Balance     money.Cents `json:"balance"`
	Number      string      `json:"statement,omitempty"`
	Level       int         `json:"level,omitempty"`
}

// Policy is what a practice has decided about its statements.
type Policy struct {
	Minimum   money.Cents // tested after credits
	DueDays   int
	CycleDays int // least days between two statements of a guarantor
}

var holdReasons = map[string]string{
	"hold":        "on hold",
	"dispute":     "in dispute: nobody duns what is disputed",
	"bankruptcy":  "bankruptcy: no statement, no dunning, no placement",
	"deceased":    "deceased: the estate is handled by a person",
	"bad-address": "bad address: correct it first",
}

// Select says whether the guarantor gets a statement on the day, and why.
func Select(h *Household, p Policy, on date.Date) Selection {
	var owed money.Cents
	for i := range h.Visits {
		owed += h.Visits[i].Owed()
	}
	s := Selection{GuarantorID: h.GuarantorID, Account: h.Account, Balance: owed - h.Credits}
	switch {
	case h.Hold != "":
		s.Reason = holdReasons[h.Hold]
		if s.Reason == "" {
			s.Reason = h.Hold
		}
	case s.Balance < 0:
		s.Reason = fmt.Sprintf("has a credit of %s", (-s.Balance).Dollars())
	case s.Balance == 0 && owed > 0:
		s.Reason = "credits cover the balance"
	case s.Balance == 0 && h.Protected:
		s.Reason = "protected from billing: Medicaid or Qualified Medicare Beneficiary"
	case s.Balance == 0 && h.Pending != 0:
		s.Reason = fmt.Sprintf("insurance pending: %s is with the payer", h.Pending.Dollars())
	case s.Balance == 0:
		s.Reason = "owes nothing"
	case s.Balance < p.Minimum:
		s.Reason = fmt.Sprintf("under the minimum of %s", p.Minimum.Dollars())
	case h.PlanCurrent:
		s.Reason = "on a payment plan that is current"
	case !h.LastStatement.IsZero() && on.DaysSince(h.LastStatement) < p.CycleDays:
		s.Reason = fmt.Sprintf("had a statement on %s, less than %d days ago", h.LastStatement, p.CycleDays)
	default:
		s.Included = true
		visits := "1 visit"
		if len(h.Visits) != 1 {
			visits = fmt.Sprintf("%d visits", len(h.Visits))
		}
		s.Reason = fmt.Sprintf("owes %s for %s", s.Balance.Dollars(), visits)
	}
	return s
}

// Dunning levels of a visit: the first notice, three reminders, and the final
// notice, which never comes before day 120.
const (
	FirstNotice = 1
	FinalNotice = 5
)

// levelFrom is the first day since a visit's first statement on which each
// level is due.
var levelFrom = [...]int{0, 30, 60, 90, 120}

// LevelOf returns the dunning level of a visit on a day: the lower of the level
// by days since its first statement and one more than the last level sent, so
// that no step is ever skipped.
func LevelOf(h VisitHistory, on date.Date) int {
	if h.First.IsZero() {
		return FirstNotice
	}
	days, level := on.DaysSince(h.First), FirstNotice
	for i, from := range levelFrom {
		if days >= from {
			level = i + 1
		}
	}
	return min(level, h.LastLevel+1, FinalNotice)
}

// LevelName is what a statement calls a level.
func LevelName(level int) string {
	switch level {
	case 1:
		return "First notice"
	case 2:
		return "Reminder"
	case 3:
		return "Second reminder"
	case 4:
		return "Past due"
	}
	return "Final notice"
}

// messages is the tone of a statement by its gentlest visit.
var messages = map[int]string{
	1: "Thank you for coming to us. Your insurance has answered; this is the part that remains for you.",
	2: "A friendly reminder: the amount below is still open. If your payment is on its way, thank you, nothing more is needed.",
	3: "The amount below is still open. Please pay it, or call us so that we can find a way together.",
	4: "The amount below is past due. Please pay it now or call us about a payment plan.",
	5: "This is our final notice for the amount below. Please pay it or call us before the due date, so that we need not pass it on.",
}

// selfPayMessage is the first notice of visits that no insurance answered.
const selfPayMessage = "Thank you for coming to us. This is what remains for you to pay for the visits below."

// Freeze makes the statement of a guarantor who was selected.
func Freeze(h *Household, sender Sender, p Policy, number string, on date.Date) Statement {
	s := Statement{Number: number, Date: on, DueDate: on.AddDays(p.DueDays), Practice: sender, Account: h.Account, Recipient: h.Recipient,
		Visits: slices.Clone(h.Visits), Credits: h.Credits, InsurancePending: h.Pending, Level: FinalNotice}
	for i := range s.Visits {
		v := &s.Visits[i]
		v.Level = LevelOf(h.History[v.EncounterID], on)
		s.Level = min(s.Level, v.Level)
		for _, l := range v.Lines {
			s.Totals.add(l.Amounts)
		}
		s.Aging[ageOf(on.DaysSince(v.Date))] += v.Owed()
	}
	s.Balance = s.Totals.Owed - s.Credits
	s.Message = messages[s.Level]
	if s.Level == FirstNotice && s.Totals.InsurancePaid == 0 && s.Totals.Adjustments == 0 {
		s.Message = selfPayMessage
	}
	help := "If you cannot pay the whole amount now, please ask us: we offer payment plans without interest, and financial help to those who qualify."
	if sender.Phone != "" {
		help += " Call " + Phone(sender.Phone) + "."
	}
	s.Notices = []string{help}
	return s
}

func ageOf(days int) int {
	switch {
	case days <= 30:
		return 0
	case days <= 60:
		return 1
	case days <= 90:
		return 2
	}
	return 3
}

// Phone writes ten digits as (218) 555-0100; anything else as it is.
func Phone(digits string) string {
	if len(digits) != 10 || strings.Trim(digits, "0123456789") != "" {
		return digits
	}
	return fmt.Sprintf("(%s) %s-%s", digits[:3], digits[3:6], digits[6:])
}

// ScanLine is the line at the foot of the coupon that a bank's reader takes in:
// account, statement, amount in cents, check digit.
func ScanLine(s *Statement) string {
	account := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s.Account)
	if len(account) > 14 {
		account = account[len(account)-14:]
	}
	pad := func(s string, n int) string { return strings.Repeat("0", max(n-len(s), 0)) + s }
	line := pad(account, 14) + pad(s.Number, 8) + pad(fmt.Sprint(int64(max(s.Balance, 0))), 10)
	return fmt.Sprintf("%s %s %s %d", line[:14], line[14:len(line)-10], line[len(line)-10:], CheckDigit(line))
}

// CheckDigit is the modulus 10 digit (Luhn) of digits and capital letters, where
// A to Z count 1 to 9, 1 to 9 and 1 to 8.
func CheckDigit(line string) int {
	sum, double := 0, true
	for i := len(line) - 1; i >= 0; i-- {
		c := line[i]
		var n int
		switch {
		case c >= '0' && c <= '9':
			n = int(c - '0')
		case c >= 'A' && c <= 'Z':
			n = int(c-'A')%9 + 1
		default:
			continue
		}
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum, double = sum+n, !double
	}
	return (10 - sum%10) % 10
}
