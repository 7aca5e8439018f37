package ledger

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// KPIDays is how many days of charges the days in A/R are measured against,
// if the book is that old.
const KPIDays = 90

// Figures are the counts and amounts that the key figures are made of.
type Figures struct {
	From, To date.Date

	Sent      int // claims sent for the first time
	Clean     int // of these: held by no edit, rejected by no partner
	Answered  int // of those sent: accepted or rejected by clearinghouse or payer
	FirstPass int // of these: accepted when first sent

	Adjudicated int // claims that an 835 answered
	Denied      int // of these: with at least one line refused

	Receivables money.Cents // 1100 and 1110 at the end
	Over90      money.Cents // of these: served more than 90 days before
	ChargeDays  int         // days that Charged covers
	Charged     money.Cents // gross charges of these days

	Charges     money.Cents // of the span
	Payments    money.Cents // of the span, from payers and patients
	Contractual money.Cents // reductions of the span that a contract or the law makes: 4100, 4110, 4160
}

// Measure is one key figure: a ratio of two numbers, with its definition.
type Measure struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Value       string `json:"value"` // with one decimal; "" where there is nothing to measure
	Unit        string `json:"unit"`  // % or days
	Numerator   string `json:"numerator"`
	Denominator string `json:"denominator"`
	Definition  string `json:"definition"`
	Behind      string `json:"behind"` // the command that shows what is behind it
}

// KPIReport is the key figures of a span.
type KPIReport struct {
	From     date.Date `json:"from"`
	To       date.Date `json:"to"`
	Measures []Measure `json:"measures"`
}

// NewKPIReport makes the key figures. Each definition is the usual one of the
// field; where houses differ, the text says what is counted here.
func NewKPIReport(f *Figures) KPIReport {
	r := KPIReport{From: f.From, To: f.To}
	add := func(m Measure, factor int, numerator, denominator decimal.Decimal, text func(decimal.Decimal) string) {
		m.Numerator, m.Denominator = text(numerator), text(denominator)
		if denominator.IsPositive() {
			m.Value = numerator.Mul(decimal.NewFromInt(int64(factor))).DivRound(denominator, 1).StringFixed(1)
		}
		r.Measures = append(r.Measures, m)
	}
	counted := func(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }
	whole := func(d decimal.Decimal) string { return d.String() }
	amount := func(d decimal.Decimal) string { return d.StringFixed(2) }
	span := fmt.Sprintf(" --from %s --to %s", f.From, f.To)

	add(Measure{Code: "clean-claims", Name: "Clean-claim rate", Unit: "%",
		Definition: "Claims sent for the first time in the span that no edit of the practice held and no partner rejected, of all claims sent for the first time in it.",
		Behind:     "claimbook claims list; claimbook claims show CLAIM"}, 100, counted(f.Clean), counted(f.Sent), whole)
	add(Measure{Code: "first-pass", Name: "First-pass acceptance", Unit: "%",
		Definition: "Of these claims, as far as clearinghouse or payer has answered: those accepted when first sent.",
		Behind:     "claimbook claims list --state rejected; claimbook claims show CLAIM"}, 100, counted(f.FirstPass), counted(f.Answered), whole)
	add(Measure{Code: "denials", Name: "Denial rate", Unit: "%",
		Definition: "Claims with at least one line refused, of all claims that a remittance (835) of the span answered.",
		Behind:     "claimbook report denials" + span}, 100, counted(f.Denied), counted(f.Adjudicated), whole)
	add(Measure{Code: "days-in-ar", Name: "Days in A/R", Unit: "days",
		Definition: fmt.Sprintf("What insurers and patients owe at the end (1100 and 1110, credits included), divided by the gross charges of a day: those of the %d days to the end.", max(f.ChargeDays, 1)),
		Behind:     fmt.Sprintf("claimbook report aging --as-of %s; claimbook report daysheet --from %s --to %s", f.To, f.To.AddDays(1-max(f.ChargeDays, 1)), f.To)},
		max(f.ChargeDays, 1), f.Receivables.Decimal(), f.Charged.Decimal(), amount)
	add(Measure{Code: "ar-over-90", Name: "A/R over 90 days", Unit: "%",
		Definition: "Of what insurers and patients owe at the end, the part whose service is more than 90 days past.",
		Behind:     "claimbook report aging --as-of " + f.To.String()}, 100, f.Over90.Decimal(), f.Receivables.Decimal(), amount)
	add(Measure{Code: "net-collections", Name: "Net collection rate", Unit: "%",
		Definition: "Payments of payers and patients posted in the span, of the charges posted in it less what contracts and the law take off (4100, 4110, 4160). Young receivables lower it, old ones that are paid raise it: read it over a quarter or more.",
		Behind:     "claimbook report daysheet" + span}, 100, f.Payments.Decimal(), (f.Charges - f.Contractual).Decimal(), amount)
	return r
}
