package sandbox

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/internal/money"
)

// Contract is what a payer allows and how it shares costs with its members. The
// zero value of a field means the default for the payer's filing code.
type Contract struct {
	Name    string // as the payer calls itself; empty: as the claim calls it
	TIN     string // nine digits; empty: made up from the identifier
	Address [5]string

	// AllowedPercent is what the payer allows of a charge that Fees does not
	// name; 100 allows it in full.
	AllowedPercent int
	// Fees are allowed amounts per unit, by procedure ("99213") or procedure and
	// first modifier ("99213-25"), which wins.
	Fees map[string]money.Cents

	Deductible         money.Cents // what a member whose fate is the deductible still owes of it, per claim
	CoinsurancePercent int         // of the allowed amount
	Copay              money.Cents // per claim
	SequestrationTenth int         // tenths of a percent taken off the payment (CARC 253); Medicare: 20
	WithholdPercent    int         // of the payment, kept until year's end (CARC 104)
}

// defaultContract is how payers of a filing code (SBR09) usually pay.
func defaultContract(filing string) Contract {
	switch filing {
	case "MA", "MB":
		return Contract{AllowedPercent: 56, Deductible: 9000, CoinsurancePercent: 20, Copay: 2000, SequestrationTenth: 20}
	case "MC":
		return Contract{AllowedPercent: 42, Deductible: 1000, CoinsurancePercent: 10, Copay: 400}
	case "BL":
		return Contract{AllowedPercent: 74, Deductible: 15000, CoinsurancePercent: 20, Copay: 3000}
	case "HM", "16":
		return Contract{AllowedPercent: 64, Deductible: 5000, CoinsurancePercent: 10, Copay: 2500}
	default:
		return Contract{AllowedPercent: 70, Deductible: 12500, CoinsurancePercent: 20, Copay: 3500}
	}
}

// contract returns the payer's contract with its gaps filled by the defaults.
func (o *Options) contract(c *claim) Contract {
	k, base := o.Contracts[c.payer.id], defaultContract(c.filing)
	if k.AllowedPercent == 0 {
		k.AllowedPercent = base.AllowedPercent
	}
	if k.Deductible == 0 {
		k.Deductible = base.Deductible
	}
	if k.CoinsurancePercent == 0 {
		k.CoinsurancePercent = base.CoinsurancePercent
	}
	if k.Copay == 0 {
		k.Copay = base.Copay
	}
	if k.SequestrationTenth == 0 {
		k.SequestrationTenth = base.SequestrationTenth
	}
	if k.WithholdPercent == 0 {
		k.WithholdPercent = 10 // applies to claims with the fate withhold only
	}
	return k
}

// allowed returns what the contract allows for a line, never more than its charge.
func (k *Contract) allowed(l *line) money.Cents {
	fee, ok := money.Cents(0), false
	if len(l.modifiers) > 0 {
		fee, ok = k.Fees[l.code+"-"+l.modifiers[0]]
	}
	if !ok {
		fee, ok = k.Fees[l.code]
	}
	allowed := percent(l.charge, k.AllowedPercent*10)
	if ok {
		allowed = times(fee, l.units)
	}
	return min(allowed, l.charge)
}

// percent returns tenths of a percent of an amount, to the nearest cent.
func percent(amount money.Cents, tenths int) money.Cents {
	v, err := money.Round(amount.Decimal().Mul(decimal.New(int64(tenths), -3)))
	if err != nil {
		return 0
	}
	return v
}

// times multiplies a fee by units. A quantity in scientific notation, which X12
// does not have and which may be astronomically long, counts as one.
func times(fee money.Cents, units string) money.Cents {
	n, err := decimal.NewFromString(units)
	if err != nil || len(units) > 15 || strings.ContainsAny(units, "eE") {
		return fee
	}
	v, err := money.Round(fee.Decimal().Mul(n))
	if err != nil {
		return fee
	}
	return v
}
