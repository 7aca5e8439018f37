package work

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/claimbook/claimbook/billing/billingdb"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// said is one answer of a payer to a claim of 100.
type said struct {
	paid, share, denied money.Cents // the rest is contractual
	icn                 int
}

func (s said) clp(number string, reversal bool) string {
	sign, status, pr := money.Cents(1), "1", s.share.X12()
	if reversal {
		sign, status, pr = -1, "22", ""
	}
	contractual := 100_00 - s.paid - s.share - s.denied
	text := fmt.Sprintf("CLP*%s*%s*%s*%s*%s*12*ICN%d~SVC*HC:99213*%s*%s", number, status, (sign * 100_00).X12(), (sign * s.paid).X12(), pr, s.icn, (sign * 100_00).X12(), (sign * s.paid).X12())
	for _, a := range []struct {
		code   string
		amount money.Cents
	}{{"CO*45", contractual}, {"PR*2", s.share}, {"CO*16", s.denied}} {
		if a.amount != 0 {
			text += "~CAS*" + a.code + "*" + (sign * a.amount).X12()
		}
	}
	return text + "~REF*6R*" + number + "L1~"
}

// model is the book as ledger.md's tables have it, written down apart from the
// posting code: what each claim's standing answer is, and what patients paid.
type model struct {
	standing       map[string]*said
	patientPaid    map[string]money.Cents
	cash, announce money.Cents // 1050, and −2100
}

// A practice's weeks, drawn by seed: answers, denials, corrections in one payment
// and in two, in either order, the same files again, patients who pay too little
// and too much. After every step both books agree.
func TestAgainstAModel(t *testing.T) {
	for seed := uint64(1); seed <= 4; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t)
			r := rand.New(rand.NewPCG(seed, 7))
			m := model{standing: map[string]*said{}, patientPaid: map[string]money.Cents{}}
			var numbers []string
			for i := range 6 {
				number := fmt.Sprint("A", i+1)
				w.claim(number, []coverage{{payer: "PPO"}}, "100")
				numbers = append(numbers, number)
			}
			icn, trace := 0, 0
			answer := func() said {
				icn++
				s := said{paid: money.Cents(r.IntN(7000)), icn: icn}
				s.share = money.Cents(r.IntN(int(90_00 - s.paid)))
				if r.IntN(5) == 0 {
					s = said{denied: 100_00, icn: icn}
				}
				return s
			}
			var sent []payment
			receive := func(cash money.Cents, body string) {
				trace++
				p := payment{payer: "PPO", trace: fmt.Sprint("T", trace), control: fmt.Sprintf("%09d", trace), body: body}
				if cash < 0 { // a payment is never negative: the payer announces the rest
					p.body += fmt.Sprintf("PLB*1234567893*20221231*FB:%s*%s", p.trace, cash.X12())
					m.announce -= cash
					cash = 0
				}
				p.amount = cash.X12()
				m.cash += cash
				w.receive(p)
				sent = append(sent, p)
			}
			for step := range 24 {
				number := numbers[r.IntN(len(numbers))]
				old := m.standing[number]
				switch op := r.IntN(10); {
				case op < 5 && old == nil:
					s := answer()
					receive(s.paid, s.clp(number, false))
					m.standing[number] = &s
				case op < 5:
					s := answer()
					back, again := old.clp(number, true), s.clp(number, false)
					switch r.IntN(4) {
					case 0:
						receive(s.paid-old.paid, back+again)
					case 1:
						receive(s.paid-old.paid, again+back)
					case 2:
						receive(-old.paid, back)
						receive(s.paid, again)
					case 3:
						receive(s.paid, again)
						receive(-old.paid, back)
					}
					m.standing[number] = &s
				case op < 8:
					amount := money.Cents(1 + r.IntN(4000))
					w.pay(billingdb.PatientPayment{Key: fmt.Sprint("R", step), Amount: amount, Account: fmt.Sprintf("P%03d", indexOf(numbers, number)+1)})
					m.patientPaid[number] += amount
				case len(sent) > 0:
					w.receive(sent[r.IntN(len(sent))])
				}
				m.compare(w, numbers, fmt.Sprint("step ", step))
				if t.Failed() {
					return
				}
			}
		})
	}
}

func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}

func (m *model) compare(w *world, numbers []string, when string) {
	w.t.Helper()
	if got := w.account(ledger.EFTClearing); got != m.cash {
		w.t.Errorf("%s: 1050 holds %s, the model has %s", when, got, m.cash)
	}
	if got := -w.account(ledger.PayerRecoupment); got != m.announce {
		w.t.Errorf("%s: 2100 owes %s, the model has %s", when, got, m.announce)
	}
	var contractual money.Cents
	for _, number := range numbers {
		c := w.claims[number]
		insurer, owed, holds := money.Cents(100_00), money.Cents(0), m.patientPaid[number]
		if s := m.standing[number]; s != nil {
			insurer, owed = s.denied, s.share
			contractual += 100_00 - s.paid - s.share - s.denied
		}
		applied := min(owed, holds)
		for account, want := range map[string]money.Cents{ledger.ARInsurance: insurer, ledger.ARPatient: owed - applied, ledger.PatientCredits: applied - holds} {
			got := w.sum(`SELECT coalesce(sum(amount), 0)::bigint FROM subledger_balance WHERE practice_id = $1 AND account = $2 AND (service_line_id = $3 OR patient_id = $4)`,
				account, c.lines[0], c.patient)
			if got != want {
				w.t.Errorf("%s: claim %s: account %s holds %s, the model has %s", when, number, account, got, want)
			}
		}
	}
	if got := w.account(ledger.Contractual); got != contractual {
		w.t.Errorf("%s: 4100 holds %s, the model has %s", when, got, contractual)
	}
}
