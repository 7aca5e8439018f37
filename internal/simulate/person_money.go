package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/claimbook/claimbook/internal/money"
)

// refundPayer owes a payer money back: under its own number of a claim that it
// has paid, or under that of a letter.
func (s *Simulation) refundPayer(r *rand.Rand, n int) (string, error) {
	var paid []*posted
	for _, list := range s.model.posted {
		for _, p := range list {
			if p.answer.Paid > 0 {
				paid = append(paid, p)
			}
		}
	}
	if len(paid) == 0 {
		return "", nil
	}
	slices.SortFunc(paid, func(a, b *posted) int { return cmp.Or(cmp.Compare(a.payment, b.payment), cmp.Compare(a.seq, b.seq)) })
	p := paid[r.IntN(len(paid))]
	if announced := s.model.keys(func(k Key, amount money.Cents) bool { return k.Account == "2100" && amount < 0 }); len(announced) > 0 && r.IntN(2) == 0 {
		for _, other := range paid { // sent back before it is recovered
			if other.answer.ICN == announced[0].Reference {
				p = other
			}
		}
	}
	c, ref := p.answer.Claim, p.answer.ICN
	if r.IntN(5) == 0 {
		ref = fmt.Sprintf("LETTER%d", n)
	}
	key := c.Payer().Code + "|" + ref
	if s.once[key] {
		return "", nil
	}
	amount := p.answer.Paid
	switch r.IntN(4) {
	case 0:
		amount = max(amount/2, 1)
	case 1:
		amount = max(-s.model.Balances[reference("2100", c.Payer(), ref)], 1)
	}
	did := fmt.Sprintf("owe %s back to %s under %s for %s", amount, c.Payer().Code, ref, c.Number)
	return did, s.carryOut(Decision{Kind: "refund-payer", Payer: c.Payer().Code, Reference: ref, Claim: c.Number, Amount: amount}, func(source string) bool {
		done := s.model.RefundPayer(c, ref, amount, source)
		s.once[key] = s.once[key] || done
		return done
	})
}

// payRefund sends what is owed back, or a part of it.
func (s *Simulation) payRefund(r *rand.Rand, _ int) (string, error) {
	owed := slices.DeleteFunc(s.model.Owed(), func(k Key) bool { return s.once["sent "+k.Payer+"|"+k.Reference] })
	if len(owed) == 0 {
		return "", nil
	}
	k := owed[r.IntN(len(owed))]
	amount := -s.model.Balances[k]
	if r.IntN(4) == 0 {
		amount = max(amount/2, 1)
	}
	return fmt.Sprintf("send %s back to %s under %s", amount, k.Payer, k.Reference),
		s.carryOut(Decision{Kind: "refund-paid", Payer: k.Payer, Reference: k.Reference, Amount: amount}, func(string) bool {
			s.once["sent "+k.Payer+"|"+k.Reference] = true
			s.model.RefundPaid(k, amount)
			s.desk.Refunded(k.Payer, k.Reference, amount)
			return true
		})
}

// patientWith draws a patient of whom something is true, and nil if it is true of
// none.
func (s *Simulation) patientWith(r *rand.Rand, is func(*Patient) bool) *Patient {
	for _, i := range r.Perm(len(s.world.Patients)) {
		if p := s.world.Patients[i]; is(p) {
			return p
		}
	}
	return nil
}

// visitOf draws a visit of a patient, or none.
func (s *Simulation) visitOf(r *rand.Rand, p *Patient) string {
	var own []string
	for id, v := range s.visits {
		if v.Patient == p {
			own = append(own, id)
		}
	}
	slices.Sort(own)
	if len(own) == 0 || r.IntN(2) == 0 {
		return ""
	}
	return own[r.IntN(len(own))]
}

// writeOff gives up what a patient owes, or a part of it.
func (s *Simulation) writeOff(r *rand.Rand, n int) (string, error) {
	p := s.patientWith(r, func(p *Patient) bool { return s.model.Owes(p, "") > 0 })
	if p == nil {
		return "", nil
	}
	visit := s.visitOf(r, p)
	amount := s.model.Owes(p, visit)
	if amount == 0 {
		return "", nil
	}
	if r.IntN(2) == 0 {
		amount = 1 + money.Cents(r.IntN(int(amount)))
	}
	as := []string{"small-balance", "charity", "discount", "bad-debt"}[r.IntN(4)]
	return fmt.Sprintf("write %s of %s %s off as %s", amount, p.Account, visit, as),
		s.carryOut(Decision{Kind: "write-off", Key: fmt.Sprintf("off%d", n), Patient: p.Account, As: as, Amount: amount, Visit: visit}, func(source string) bool {
			s.model.WriteOff(p, as, amount, visit, source)
			return true
		})
}

// applyCredit pays with a credit what a person chooses.
func (s *Simulation) applyCredit(r *rand.Rand, n int) (string, error) {
	p := s.patientWith(r, func(p *Patient) bool { return len(s.model.Credits(p)) > 0 && s.model.Owes(p, "") > 0 })
	if p == nil {
		return "", nil
	}
	from := s.model.Credits(p)
	k := from[r.IntN(len(from))]
	visit := s.visitOf(r, p)
	return fmt.Sprintf("apply the credit %s to %s", k, visit),
		s.carryOut(Decision{Kind: "apply", Key: fmt.Sprintf("apply%d", n), Patient: p.Account, Reserved: k.Reference, Visit: visit}, func(string) bool {
			if s.model.Owes(p, visit) == 0 {
				return false
			}
			s.model.ApplyCredit(p, k, visit)
			return true
		})
}

// refundPatient owes a patient's free credit back, sends it at once, or sends one
// that was owed.
func (s *Simulation) refundPatient(r *rand.Rand, n int) (string, error) {
	d := Decision{Kind: "refund-patient", Key: fmt.Sprintf("refund%d", n), Sent: r.IntN(3) == 0}
	var p *Patient
	if len(s.sendable) > 0 && r.IntN(2) == 0 {
		d.Key, d.Sent = s.sendable[0], true
		s.sendable = s.sendable[1:]
		before := s.model.refunds[d.Key]
		p, d.Amount = before.patient, before.amount
	} else {
		if p = s.patientWith(r, func(p *Patient) bool { return s.model.Balances[credit(p, "")] < 0 }); p == nil {
			return "", nil
		}
		if d.Amount = -s.model.Balances[credit(p, "")]; r.IntN(3) == 0 {
			d.Amount = 1 + money.Cents(r.IntN(int(d.Amount)))
		}
		if !d.Sent {
			s.sendable = append(s.sendable, d.Key)
		}
	}
	d.Patient = p.Account
	return fmt.Sprintf("refund %s %s to %s sent=%v", d.Key, d.Amount, p.Account, d.Sent),
		s.carryOut(d, func(string) bool { return s.model.RefundPatient(d.Key, p, d.Amount, d.Sent) })
}

// returned takes a patient's payment back that the bank did not honor.
func (s *Simulation) returned(r *rand.Rand, _ int) (string, error) {
	var open []string
	for _, key := range s.receipts {
		if !s.model.receipts[key].back {
			open = append(open, key)
		}
	}
	if len(open) == 0 {
		return "", nil
	}
	d := Decision{Kind: "returned", Key: open[r.IntN(len(open))]}
	d.Deposited = s.model.receipts[d.Key].gone
	if d.Deposited {
		d.Fee = money.Cents(r.IntN(2)) * 12_00
	}
	d.Charge = money.Cents(r.IntN(3)/2) * 25_00
	did := fmt.Sprintf("payment %s comes back deposited=%v fee %s charge %s", d.Key, d.Deposited, d.Fee, d.Charge)
	var wrong error
	err := s.carryOut(d, func(string) bool {
		var debits []Debit
		if debits, wrong = s.book.Debits("payment|" + d.Key + "|returned"); wrong == nil {
			wrong = s.model.Returned(d.Key, d.Deposited, d.Fee, d.Charge, debits)
		}
		return true
	})
	return did, errors.Join(wrong, err)
}

// drawer takes receipts of one kind to the bank, which books them in one line:
// cash and checks of patients and payers, or what a card processor pays out less
// its fee.
func (s *Simulation) drawer(r *rand.Rand, n int) (string, error) {
	cards := r.IntN(3) == 0
	var keys, traces []string
	var amount, fee money.Cents
	for _, key := range s.receipts {
		if got := s.model.receipts[key]; got.card == cards && !got.gone && !got.back && r.IntN(2) == 0 {
			keys = append(keys, key)
			amount += got.amount
		}
	}
	for _, name := range s.model.checks() {
		if !cards && r.IntN(2) == 0 {
			traces = append(traces, name)
			amount += s.model.payments[name].advice.Amount
		}
	}
	if len(keys)+len(traces) == 0 {
		return "", nil
	}
	if cards {
		fee = amount * 3 / 100
	}
	slip := fmt.Sprintf("SLIP%04d", n)
	did := fmt.Sprintf("slip %s of %s less %s: %v %v", slip, amount, fee, keys, traces)
	if err := s.book.Slip(slip, keys, traces, fee, s.today); err != nil {
		return did, err
	}
	s.model.DepositDrawer(keys, traces, amount, fee)
	return did, s.book.Deposit(fmt.Sprintf("drawer%d.csv", n), []BankLine{{s.today, amount - fee, "DEPOSIT " + slip}}, s.today)
}
