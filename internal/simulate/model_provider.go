package simulate

import "github.com/claimbook/claimbook/internal/money"

// Suspended is a provider adjustment that waits for a person; a positive amount
// was taken from a payment.
type Suspended struct {
	Code   string
	Key    Key
	Amount money.Cents
	Payer  *Payer
}

// provider posts the adjustments that belong to no claim, pair by pair. A
// positive amount lowers the payment.
func (m *Model) provider(in *payment) {
	a := in.advice
	refund := map[string]bool{} // references of which this payment acknowledges a refund
	for _, p := range a.Provider {
		if p.Code == "72" {
			refund[p.Reference] = true
		}
	}
	m.early = m.recoveredEarly(a)
	for i, p := range a.Provider {
		suspense := reference("2190", a.Payer, p.Reference)
		before := m.Balances[suspense]
		m.pair(a, p, refund[p.Reference])
		if moved := m.Balances[suspense] - before; moved > 0 || moved < 0 && p.Code != "WO" && p.Code != "FB" {
			m.suspended[place{in.name, i + 1}] = Suspended{p.Code, suspense, moved, a.Payer}
		}
	}
}

func (m *Model) pair(a *Advice, p ProviderAmount, refund bool) {
	cash := reference("1050", a.Payer, a.Trace)
	announced, suspense := reference("2100", a.Payer, p.Reference), reference("2190", a.Payer, p.Reference)
	if rule := m.rules[a.Payer.Code+"|"+p.Code]; rule != "" { // as a person has classified it
		m.note("PLB by rule")
		to := account(rule)
		if rule == "2210" {
			to = reference(rule, a.Payer, p.Reference)
		}
		m.either(to, cash, p.Amount)
		return
	}
	switch p.Code {
	case "WO", "FB":
		if p.Amount < 0 { // announced: it clears what was recovered before, the rest waits
			cleared := min(-p.Amount, max(m.Balances[suspense], 0))
			if cleared > 0 {
				m.note("recovered before it was announced")
			}
			m.move(cash, suspense, cleared)
			refunded := reference("2210", a.Payer, p.Reference)
			early := min(-p.Amount-cleared, m.early[refunded])
			if early > 0 {
				m.note("announced after it was recovered against a refund")
				m.early[refunded] -= early
				m.against[refunded] -= early
			}
			m.move(cash, refunded, early)
			m.move(cash, announced, -p.Amount-cleared-early)
			return
		}
		recovered := min(p.Amount, max(-m.Balances[announced], 0))
		if recovered > 0 {
			m.note("recovered as announced")
		}
		m.move(announced, cash, recovered)
		rest := suspense
		if refund {
			m.note("recovered with a refund acknowledged")
			rest = reference("2210", a.Payer, p.Reference)
			m.against[rest] += p.Amount - recovered
		}
		m.move(rest, cash, p.Amount-recovered)
	case "72":
		if m.Balances[reference("2210", a.Payer, p.Reference)] > 0 {
			m.note("refund acknowledged")
		}
		m.either(reference("2210", a.Payer, p.Reference), cash, p.Amount)
	case "L6":
		m.either(account("4200"), cash, p.Amount)
	case "IR":
		m.either(account("1170"), cash, p.Amount)
	case "E3":
		m.either(account("1160"), cash, p.Amount)
	case "AH":
		m.either(account("5100"), cash, p.Amount)
	case "50", "51", "L3":
		m.either(account("5110"), cash, p.Amount)
	case "CT":
		m.either(account("4210"), cash, p.Amount)
	default: // until a person classifies it
		m.either(suspense, cash, p.Amount)
	}
}

// recoveredEarly says, by reference, what earlier payments recovered against
// refunds that had been sent, before the recovery was announced: as far as more was
// sent than is owed once this payment has acknowledged what it does.
func (m *Model) recoveredEarly(a *Advice) map[Key]money.Cents {
	early := map[Key]money.Cents{}
	for _, p := range a.Provider {
		k := reference("2210", a.Payer, p.Reference)
		if _, seen := early[k]; !seen {
			early[k] = m.Balances[k]
		}
		if p.Code == "72" {
			early[k] += p.Amount
		}
	}
	for k := range early {
		early[k] = max(min(early[k], m.against[k]), 0)
	}
	return early
}

// either posts an amount of either sign: a negative one is the mirror.
func (m *Model) either(debit, credit Key, amount money.Cents) {
	if amount < 0 {
		debit, credit, amount = credit, debit, -amount
	}
	m.move(debit, credit, amount)
}
