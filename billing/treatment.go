// Package billing turns what payers and patients pay into entries of the book,
// and what remains into statements: the rules by which a remittance (835) posts,
// how a payment finds what it pays, who may be billed, and what a patient is told.
//
// It has types and rules only; the store is billing/billingdb, the jobs are
// billing/work. docs/remittance.md and docs/statements.md tell the same in prose.
package billing

import (
	"slices"

	"github.com/claimbook/claimbook/ledger"
)

// Treatment is what an adjustment (CAS) means for the book. The words are those
// of payer_rule.treatment and remittance_adjustment.treatment.
type Treatment string

// The treatments of an adjustment.
const (
	Contractual Treatment = "contractual" // a discount that the practice agreed to: 4100
	Reduction   Treatment = "reduction"   // taken by law, such as sequestration: 4110
	Withhold    Treatment = "withhold"    // kept back by the payer, to be settled later: 1160
	Tax         Treatment = "tax"         // withheld for the tax office: 1170
	Capitation  Treatment = "capitation"  // paid by the month, not by the service: 4160
	PatientOwes Treatment = "patient"     // deductible, coinsurance, copay: the next payer's, or the patient's if they may be billed
	Denial      Treatment = "denial"      // stays in A/R, a person decides
	Stay        Treatment = "stay"        // stays in A/R, a person looks
	PriorPayer  Treatment = "prior-payer" // repeats what an earlier payer paid or adjusted: recorded, never posted
)

// account returns the account that an adjustment is debited to; "" for what
// stays where it is or goes to somebody who owes it.
func (t Treatment) account() string {
	switch t {
	case Contractual:
		return ledger.Contractual
	case Reduction:
		return ledger.OtherReductions
	case Withhold:
		return ledger.WithholdsReceivable
	case Tax:
		return ledger.TaxWithheld
	case Capitation:
		return ledger.CapitationAdjustments
	case PatientOwes, Denial, Stay, PriorPayer:
	}
	return ""
}

// Rule is one row of a practice's own treatment map: what a payer's group code
// and CARC mean. PayerID 0 is every payer, an empty Group every group.
type Rule struct {
	PayerID   int64
	Group     string
	CARC      string
	Treatment Treatment
	// Protected means that the rule is for patients who may not be billed, and for
	// nobody else.
	Protected bool
}

// Treatments is the map from group code and CARC to treatment: a practice's
// rules over the defaults.
type Treatments struct{ rules map[ruleKey]Treatment }

type ruleKey struct {
	payerID     int64
	group, carc string
	protected   bool
}

// NewTreatments returns the map with the practice's rules over the defaults.
func NewTreatments(rules []Rule) Treatments {
	t := Treatments{rules: make(map[ruleKey]Treatment, len(rules))}
	for _, r := range rules {
		t.rules[ruleKey{r.PayerID, r.Group, r.CARC, r.Protected}] = r.Treatment
	}
	return t
}

// Of returns what the group code and CARC mean for the payer: the payer's rule,
// else a rule for all payers, else the default. The default is the safe one:
// what nobody has classified stays in A/R.
func (t Treatments) Of(payerID int64, group, carc string) Treatment {
	if found, ok := t.rule(payerID, group, carc, false); ok {
		return found
	}
	return defaultTreatment(group, carc)
}

// OfProtected returns what becomes of a patient's share that may not be billed:
// what a rule for such shares says, else it stays with the payer for a person.
func (t Treatments) OfProtected(payerID int64, group, carc string) Treatment {
	if found, ok := t.rule(payerID, group, carc, true); ok && found.account() != "" {
		return found
	}
	return Stay
}

func (t Treatments) rule(payerID int64, group, carc string, protected bool) (Treatment, bool) {
	for _, key := range [...]ruleKey{{payerID, group, carc, protected}, {payerID, "", carc, protected}, {0, group, carc, protected}, {0, "", carc, protected}} {
		if found, ok := t.rules[key]; ok {
			return found, true
		}
	}
	return "", false
}

// contractualCARCs are the reasons that, under group CO, only say that the fee
// schedule or the contract pays less than the charge: fee schedule (45),
// several procedures at once (59), prompt-pay discount (44), a negotiated
// discount (131), institutional outliers and add-ons (69, 70, 74, 75, 76), a
// price above the charge (94, which comes with a negative amount), and the A2 of
// older remittances. Every
// other CO with nothing paid is a denial, however much it looks like a discount.
var contractualCARCs = []string{"44", "45", "59", "69", "70", "74", "75", "76", "94", "131", "A2"}

func defaultTreatment(group, carc string) Treatment {
	switch carc {
	case "253": // sequestration
		return Reduction
	case "104": // managed-care withholding
		return Withhold
	case "105": // tax withholding
		return Tax
	case "24": // covered by a capitation agreement
		if group == "CO" || group == "PI" {
			return Capitation
		}
		return Stay
	case "23": // what prior payers paid and adjusted
		if group == "OA" || group == "CO" {
			return PriorPayer
		}
	}
	switch {
	case group == "CO" && slices.Contains(contractualCARCs, carc):
		return Contractual
	case group == "PR" && (carc == "1" || carc == "2" || carc == "3"):
		return PatientOwes
	}
	return Denial
}

// Why names a patient's share in the words of a statement.
func Why(carc string) string {
	switch carc {
	case "1":
		return "deductible"
	case "2":
		return "coinsurance"
	case "3":
		return "copay"
	}
	return "your share"
}
