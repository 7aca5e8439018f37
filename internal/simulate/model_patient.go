package simulate

import (
	"cmp"
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// bill is a line of a patient, oldest first.
type bill struct {
	visit *Visit
	line  *Line
}

func (m *Model) bills(p *Patient) []bill {
	var list []bill
	for _, v := range m.visits {
		if v.Patient == p {
			for _, l := range v.Lines {
				list = append(list, bill{v, l})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b bill) int {
		return cmp.Or(a.visit.Date.Compare(b.visit.Date), cmp.Compare(a.visit.ID, b.visit.ID), cmp.Compare(a.line.No, b.line.No))
	})
	return list
}

// answered says that a visit is charged and open with no insurer any more: an
// overpayment is open too.
func (m *Model) answered(visit string) bool {
	for _, v := range m.visits {
		if v.ID != visit {
			continue
		}
		for _, l := range v.Lines {
			for i, c := range v.Patient.Coverages {
				if m.Balances[insurance(l, c.Payer, i+1)] != 0 {
					return false
				}
			}
		}
		return true
	}
	return false
}

// settle puts a patient's account in order: what was billed too much becomes a
// credit, a reservation pays its visit, what an answered visit does not need is
// free, and free credits pay the oldest balances.
func (m *Model) settle(p *Patient) {
	for _, b := range m.bills(p) {
		if k := patient(b.line, p); m.Balances[k] < 0 {
			m.note("billed too much becomes a credit")
			m.move(k, credit(p, ""), -m.Balances[k])
		}
	}
	for _, v := range m.visits {
		if v.Patient != p {
			continue
		}
		reserved := credit(p, v.ID)
		m.pay(p, reserved, -m.Balances[reserved], v.ID)
		if left := -m.Balances[reserved]; left > 0 && m.answered(v.ID) {
			m.move(reserved, credit(p, ""), left)
		}
	}
	free := credit(p, "")
	m.pay(p, free, -m.Balances[free], "")
}

// pay moves money to the oldest balances of a patient, or of one visit, and
// returns what is left of it.
func (m *Model) pay(p *Patient, from Key, amount money.Cents, visit string) money.Cents {
	for _, b := range m.bills(p) {
		k := patient(b.line, p)
		if visit != "" && b.visit.ID != visit || m.Balances[k] <= 0 {
			continue
		}
		part := min(amount, m.Balances[k])
		m.move(from, k, part)
		amount -= part
	}
	return amount
}

// PatientPays takes a patient's money: to the visit that it names or the oldest
// balance, the rest as a credit. What is left of a copay is reserved for its
// visit until the account is next put in order.
func (m *Model) PatientPays(p *Patient, amount money.Cents, copay bool, visit string) {
	drawer := account("1010")
	left := m.pay(p, drawer, amount, visit)
	if !copay {
		visit = ""
	}
	if copay && left > 0 {
		m.note("copay waits")
	}
	m.move(drawer, credit(p, visit), left)
}

// Statements applies credits before anybody is billed: of whoever owes something
// while holding a credit.
func (m *Model) Statements() {
	owes, holds := map[string]bool{}, map[string]bool{}
	for k, amount := range m.Balances {
		if k.Account == "1110" && amount > 0 {
			owes[k.Patient] = true
		}
		if k.Account == "2000" && amount < 0 {
			holds[k.Patient] = true
		}
	}
	done := map[*Patient]bool{}
	for _, v := range m.visits {
		if p := v.Patient; !done[p] && owes[p.Account] && holds[p.Account] {
			done[p] = true
			m.settle(p)
		}
	}
}
