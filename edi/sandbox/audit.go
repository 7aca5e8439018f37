package sandbox

import (
	"bytes"
	"fmt"
	"io"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/money"
)

// audit adds up an 835 as written and says which equation fails. It shares
// nothing with the arithmetic that made the payments, nor with package remit835.
func audit(file []byte) error {
	a := &auditor{}
	r := x12.NewReader(bytes.NewReader(file))
	for {
		s, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.take(s); err != nil {
			return fmt.Errorf("%s: %w", s.Position(), err)
		}
	}
}

type auditor struct {
	payment                     money.Cents // BPR02
	claims, provider            money.Cents // ΣCLP04, ΣPLB
	interest, interestPaid      money.Cents // ΣAMT*I, −ΣPLB L6
	charge, paid, owes          money.Cents // CLP03 to CLP05
	reversal, hasOwes           bool
	lineCharges, linesPaid      money.Cents
	lines                       int
	claimAdjusted, patientShare money.Cents // ΣCAS of the claim and its lines, and its PR part
	atClaim                     money.Cents // ΣCAS before the first SVC
	lineLeft                    money.Cents // SVC02 − SVC03 − ΣCAS of the open line
	inClaim, inLine             bool
}

func (a *auditor) take(s *x12.Segment) error {
	var bad error
	amount := func(n int) money.Cents {
		if len(s.Element(n)) == 0 {
			return 0
		}
		v, err := money.Parse(s.Element(n))
		if err != nil {
			bad = fmt.Errorf("%s%02d: %w", s.ID(), n, err)
		}
		return v
	}
	switch s.ID() {
	case "ST":
		*a = auditor{}
	case "BPR":
		if a.payment = amount(2); a.payment < 0 {
			return fmt.Errorf("BPR02 is negative")
		}
	case "CLP":
		if err := a.closeClaim(); err != nil {
			return err
		}
		*a = auditor{payment: a.payment, claims: a.claims + amount(4), provider: a.provider, interest: a.interest, interestPaid: a.interestPaid,
			charge: amount(3), paid: amount(4), owes: amount(5), hasOwes: len(s.Element(5)) > 0, reversal: s.String(2) == "22", inClaim: true}
	case "CAS":
		for n := 2; n <= s.Len(); n += 3 {
			v := amount(n + 1)
			a.claimAdjusted += v
			if a.inLine {
				a.lineLeft -= v
			} else {
				a.atClaim += v
			}
			if s.String(1) == "PR" {
				a.patientShare += v
			}
		}
	case "AMT":
		if s.String(1) == "I" && !a.inLine {
			a.interest += amount(2)
		}
	case "SVC":
		if err := a.closeLine(); err != nil {
			return err
		}
		a.inLine = true
		a.lines++
		a.lineLeft = amount(2) - amount(3)
		a.lineCharges += amount(2)
		a.linesPaid += amount(3)
	case "PLB":
		if err := a.closeClaim(); err != nil {
			return err
		}
		for n := 3; n < s.Len(); n += 2 {
			v := amount(n + 1)
			a.provider += v
			if string(s.Component(n, 1)) == "L6" {
				a.interestPaid -= v
			}
		}
	case "SE":
		if err := a.closeClaim(); err != nil {
			return err
		}
		if a.payment != a.claims-a.provider {
			return fmt.Errorf("BPR02 %s is not ΣCLP04 %s − ΣPLB %s", a.payment, a.claims, a.provider)
		}
		if a.interest != a.interestPaid {
			return fmt.Errorf("PLB L6 pays %s, the claims report interest of %s", a.interestPaid, a.interest)
		}
	}
	return bad
}

func (a *auditor) closeLine() error {
	if a.inLine && a.lineLeft != 0 {
		return fmt.Errorf("line %d: SVC02 − SVC03 − ΣCAS = %s", a.lines, a.lineLeft)
	}
	a.inLine = false
	return nil
}

func (a *auditor) closeClaim() error {
	if err := a.closeLine(); err != nil {
		return err
	}
	if !a.inClaim {
		return nil
	}
	a.inClaim = false
	switch {
	case a.charge-a.paid != a.claimAdjusted:
		return fmt.Errorf("CLP03 %s − CLP04 %s is not ΣCAS %s", a.charge, a.paid, a.claimAdjusted)
	case a.lines > 0 && a.lineCharges != a.charge:
		return fmt.Errorf("ΣSVC02 %s is not CLP03 %s", a.lineCharges, a.charge)
	case a.lines > 0 && a.linesPaid-a.atClaim != a.paid:
		return fmt.Errorf("ΣSVC03 %s − ΣCAS at the claim %s is not CLP04 %s", a.linesPaid, a.atClaim, a.paid)
	case a.reversal && a.hasOwes:
		return fmt.Errorf("a reversal carries CLP05")
	case !a.reversal && a.owes != a.patientShare:
		return fmt.Errorf("CLP05 %s is not ΣPR %s", a.owes, a.patientShare)
	}
	return nil
}
