package billing

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// ours draws a claim of one to four lines.
func ours(t *rapid.T) *Claim {
	c := &Claim{ID: 1, Number: "A1", State: claims.Accepted, Rank: 1, PayerID: 11, PatientID: 21, GuarantorID: 31, EncounterID: 41, BillsPatient: true,
		ServiceDate: date.MustParse("2022-03-07")}
	if rapid.Bool().Draw(t, "next") {
		c.Next = &NextPayer{PayerID: 12, Rank: 2, BillsPatient: true}
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "lines") {
		l := ClaimLine{ServiceLineID: int64(100 + i), LineNo: i + 1, ControlNumber: fmt.Sprint("L", i), Procedure: "99213", ServiceDate: c.ServiceDate,
			Charge: money.Cents(rapid.Int64Range(1, 50_000).Draw(t, "charge"))}
		c.Charge += l.Charge
		c.Lines = append(c.Lines, l)
	}
	return c
}

var reasons = [][2]string{{"CO", "45"}, {"PR", "1"}, {"PR", "2"}, {"CO", "253"}, {"CO", "97"}, {"OA", "23"}, {"PI", "222"}, {"PR", "204"}}

// answer draws a balanced answer to the claim: any split of each line into cash
// and adjustments, and some taken off for the claim as a whole.
func answer(t *rapid.T, c *Claim) *remit835.Claim {
	out := &remit835.Claim{Number: 1, ControlNumber: c.Number, Status: "1", Charge: c.Charge, PayerControlNumber: "ICN1", Paid: c.Charge}
	take := func(limit money.Cents, list *[]remit835.Adjustment) money.Cents {
		amount := money.Cents(rapid.Int64Range(0, int64(limit)).Draw(t, "adjustment"))
		r := rapid.SampledFrom(reasons).Draw(t, "reason")
		*list = append(*list, remit835.Adjustment{Group: r[0], Reason: r[1], Amount: amount})
		return amount
	}
	for i := range c.Lines {
		l := remit835.Line{Number: i + 1, Charge: c.Lines[i].Charge, Paid: c.Lines[i].Charge,
			References: []remit835.Reference{{Qualifier: "6R", Value: c.Lines[i].ControlNumber}}}
		l.Procedure.Code = "99213"
		for range rapid.IntRange(0, 3).Draw(t, "adjustments") {
			l.Paid -= take(l.Paid, &l.Adjustments)
		}
		out.Paid -= l.Charge - l.Paid
		out.Lines = append(out.Lines, l)
	}
	for range rapid.IntRange(0, 2).Draw(t, "claim level") {
		out.Paid -= take(max(out.Paid, 0), &out.Adjustments)
	}
	return out
}

// mirrored is the reversal of an answer.
func mirrored(c *remit835.Claim) *remit835.Claim {
	out := *c
	out.Number, out.Status, out.Charge, out.Paid = 2, remit835.StatusReversal, -c.Charge, -c.Paid
	flip := func(list []remit835.Adjustment) []remit835.Adjustment {
		var flipped []remit835.Adjustment
		for _, a := range list {
			a.Amount = -a.Amount
			flipped = append(flipped, a)
		}
		return flipped
	}
	out.Adjustments = flip(c.Adjustments)
	out.Lines = nil
	for _, l := range c.Lines {
		l.Charge, l.Paid, l.Adjustments = -l.Charge, -l.Paid, flip(l.Adjustments)
		out.Lines = append(out.Lines, l)
	}
	return &out
}

func start(c *Claim) *Poster {
	p := NewPoster(Payment{Key: "835|1|T1", Trace: "T1", PayerID: 11, ReceivedOn: date.MustParse("2022-03-07"), PostingDate: date.MustParse("2022-03-07")}, NewTreatments(nil))
	opening := map[ledger.Key]money.Cents{}
	for i := range c.Lines {
		opening[receivable(c, &c.Lines[i], c.PayerID, 1)] = c.Lines[i].Charge
	}
	p.Know(opening)
	return p
}

// Whatever a payer answers: the cash posted is exactly CLP04, nothing leaves or
// enters the receivables that is not cash or an adjustment of a known account,
// and what the payer still owes is what it denied or left open.
func TestCashOfAClaimIsCLP04(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ours(t)
		in := answer(t, c)
		p := start(c)
		p.Claim(in, c, History{})
		out := p.Take()
		var cash money.Cents
		for _, e := range out.Entries {
			for _, tr := range e.Transfers {
				if tr.Debit.Account == ledger.EFTClearing {
					cash += tr.Amount
				}
				if tr.Credit.Account == ledger.EFTClearing {
					cash -= tr.Amount
				}
			}
		}
		if cash != in.Paid {
			t.Fatalf("cash %s, CLP04 %s", cash, in.Paid)
		}
		var open, stays, posted money.Cents
		for key, amount := range p.balances {
			if key.Account == ledger.ARInsurance && key.PayerRank == 1 {
				open += amount
			}
		}
		for _, a := range out.Adjustments {
			posted += a.Posted
			if a.Treatment == Denial || a.Treatment == Stay || a.Treatment == PriorPayer {
				stays += a.Amount
			}
		}
		if open != stays || c.Charge != cash+posted+stays {
			t.Fatalf("the payer owes %s, it left %s; charge %s = cash %s + posted %s + left %s", open, stays, c.Charge, cash, posted, stays)
		}
	})
}

// A reversal undoes its original to the cent, key by key, and says nothing of a
// difference.
func TestReversalIsTheMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ours(t)
		in := answer(t, c)
		p := start(c)
		p.Claim(in, c, History{})
		out := p.Take()
		original := Adjudication{RemittanceID: 1, Seq: 1, PayerClaimNumber: "ICN1", Status: "1", Charge: in.Charge, Paid: in.Paid}
		lines := map[int]int64{}
		for _, l := range out.Lines {
			lines[l.Seq] = l.ServiceLineID
		}
		for _, a := range out.Adjustments {
			original.Adjustments = append(original.Adjustments, RecordedAdjustment{ServiceLineID: lines[a.LineSeq], Group: a.Group, CARC: a.CARC, Amount: a.Amount, Posted: a.Posted})
		}
		for _, e := range out.Entries {
			original.EntryID = 9
			original.Transfers = append(original.Transfers, e.Transfers...)
		}
		p.Claim(mirrored(in), c, History{Adjudications: []Adjudication{original}})
		again := p.Take()
		if again.Claims[0].Outcome != OutcomeReversed {
			t.Fatalf("outcome %s: %s", again.Claims[0].Outcome, again.Claims[0].MatchReason)
		}
		for i := range c.Lines {
			key := receivable(c, &c.Lines[i], c.PayerID, 1)
			if p.balances[key] != c.Lines[i].Charge {
				t.Errorf("line %d: the payer owes %s again, want %s", i+1, p.balances[key], c.Lines[i].Charge)
			}
			delete(p.balances, key)
		}
		for key, amount := range p.balances {
			if amount != 0 {
				t.Errorf("%+v still holds %s", key, amount)
			}
		}
		for _, item := range again.Items {
			t.Errorf("item: %s", item.Reason)
		}
	})
}

// Settling loses no cent, leaves no negative balance, and leaves no free credit
// while something is owed.
func TestSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := Account{PatientID: 1}
		net := money.Cents(0)
		for i := range rapid.IntRange(0, 5).Draw(t, "lines") {
			l := OpenLine{ServiceLineID: int64(i + 1), Visit: fmt.Sprint("V", i%2), ServiceDate: date.New(2022, 1, 1+i%3), LineNo: i,
				Balance: money.Cents(rapid.Int64Range(-5000, 5000).Draw(t, "balance"))}
			net += l.Balance
			a.Lines = append(a.Lines, l)
		}
		for i, visit := range []string{"", "V0", "V7"} {
			if amount := money.Cents(rapid.Int64Range(0, 4000).Draw(t, "credit")); amount > 0 {
				a.Credits = append(a.Credits, Credit{Visit: visit, Amount: amount, Answered: i == 1 && rapid.Bool().Draw(t, "answered")})
				net -= amount
			}
		}
		e := Settle(&a)
		for _, tr := range e.Transfers {
			if tr.Amount <= 0 || tr.Debit == tr.Credit {
				t.Fatalf("transfer %+v", tr)
			}
		}
		owed, free := money.Cents(0), money.Cents(0)
		for _, l := range a.Lines {
			if l.Balance < 0 {
				t.Fatalf("line %d is negative", l.ServiceLineID)
			}
			owed += l.Balance
			net -= l.Balance
		}
		for _, c := range a.Credits {
			if c.Visit == "" {
				free += c.Amount
			}
			net += c.Amount
		}
		if net != 0 {
			t.Fatalf("%s is lost", net)
		}
		if owed > 0 && free > 0 {
			t.Fatalf("%s is free while %s is owed", free, owed)
		}
		if again := Settle(&a); len(again.Transfers) != 0 {
			t.Fatalf("settling again moves %+v", again.Transfers)
		}
	})
}

func TestCheckDigit(t *testing.T) {
	// 7992739871 is the textbook example of the modulus 10 digit.
	if got := CheckDigit("7992739871"); got != 3 {
		t.Errorf("check digit %d, want 3", got)
	}
	line := "G1044200000042000000915"
	for i := range line {
		if c := line[i]; c >= '0' && c <= '9' {
			wrong := line[:i] + string('0'+(c-'0'+1)%10) + line[i+1:]
			if CheckDigit(wrong) == CheckDigit(line) {
				t.Errorf("a wrong digit at %d is not noticed", i)
			}
		}
	}
}
