package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

var fees = ledger.Key{Account: ledger.BankFees}

// What a person says of bank lines, split to the cent; what does not add up
// needs an account.
func TestByHand(t *testing.T) {
	type want struct {
		code     string
		deposits []ledger.Deposit
		over     []money.Cents
	}
	part := func(line, waiting int, amount, fee, short money.Cents) ledger.Deposit {
		return ledger.Deposit{Line: line, Waiting: waiting, Amount: amount, Fee: fee, Short: short, Reason: "a person"}
	}
	card := ledger.Waiting{Kind: ledger.WaitingSlip, Trace: "C1", Amount: 97_10, Fee: 2_90}
	sent := ledger.Waiting{Kind: ledger.WaitingBook, Trace: "refund|F1|sent", Amount: -20_00}
	fee := ledger.Waiting{Kind: ledger.WaitingBook, Trace: "payment|C1|fee", Amount: -12_00}
	for name, test := range map[string]struct {
		h    ledger.ByHand
		want want
	}{
		"to the cent":                    {ledger.ByHand{Lines: []ledger.BankLine{at(0, 60_00, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}}, want{"", []ledger.Deposit{part(0, 0, 60_00, 0, 0)}, []money.Cents{0}}},
		"59.75 for 60.00":                {ledger.ByHand{Lines: []ledger.BankLine{at(0, 59_75, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}, Other: fees}, want{"", []ledger.Deposit{part(0, 0, 59_75, 0, 25)}, []money.Cents{0}}},
		"59.75 for 60.00, no account":    {ledger.ByHand{Lines: []ledger.BankLine{at(0, 59_75, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}}, want{"CB-DEPOSIT-DIFFERENCE", nil, nil}},
		"more than awaited":              {ledger.ByHand{Lines: []ledger.BankLine{at(0, 60_25, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}, Other: fees}, want{"", []ledger.Deposit{part(0, 0, 60_00, 0, 0)}, []money.Cents{25}}},
		"an account, but no difference":  {ledger.ByHand{Lines: []ledger.BankLine{at(0, 60_00, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}, Other: fees}, want{"CB-DEPOSIT-NO-DIFFERENCE", nil, nil}},
		"nothing said":                   {ledger.ByHand{Lines: []ledger.BankLine{at(0, 60_00, "")}}, want{"CB-DEPOSIT-WHAT", nil, nil}},
		"a bank's own fee":               {ledger.ByHand{Lines: []ledger.BankLine{at(0, -9_00, "")}, Other: fees}, want{"", nil, []money.Cents{-9_00}}},
		"a withdrawal is no payment":     {ledger.ByHand{Lines: []ledger.BankLine{at(0, -60_00, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}, Other: fees}, want{"CB-DEPOSIT-WITHDRAWAL", nil, nil}},
		"two payments in one line":       {ledger.ByHand{Lines: []ledger.BankLine{at(0, 90_00, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0), eft("T2", 30_00, 0)}}, want{"", []ledger.Deposit{part(0, 0, 60_00, 0, 0), part(0, 1, 30_00, 0, 0)}, []money.Cents{0}}},
		"one payment in two lines":       {ledger.ByHand{Lines: []ledger.BankLine{at(0, 40_00, ""), at(0, 19_75, "")}, Waiting: []ledger.Waiting{eft("T1", 60_00, 0)}, Other: fees}, want{"", []ledger.Deposit{part(0, 0, 40_00, 0, 0), part(1, 0, 19_75, 0, 25)}, []money.Cents{0, 0}}},
		"a card payout, less its fee":    {ledger.ByHand{Lines: []ledger.BankLine{at(0, 97_10, "")}, Waiting: []ledger.Waiting{card}}, want{"", []ledger.Deposit{part(0, 0, 97_10, 2_90, 0)}, []money.Cents{0}}},
		"a card payout, another fee":     {ledger.ByHand{Lines: []ledger.BankLine{at(0, 97_00, "")}, Waiting: []ledger.Waiting{card}, Other: fees}, want{"", []ledger.Deposit{part(0, 0, 97_00, 2_90, 10)}, []money.Cents{0}}},
		"posted already":                 {ledger.ByHand{Lines: []ledger.BankLine{at(0, -32_00, "")}, Waiting: []ledger.Waiting{sent, fee}}, want{"", []ledger.Deposit{part(0, 0, -20_00, 0, 0), part(0, 1, -12_00, 0, 0)}, []money.Cents{0}}},
		"posted already, and not so":     {ledger.ByHand{Lines: []ledger.BankLine{at(0, -21_00, "")}, Waiting: []ledger.Waiting{sent}, Other: fees}, want{"CB-DEPOSIT-BOOKED", nil, nil}},
		"posted already, of other lines": {ledger.ByHand{Lines: []ledger.BankLine{at(0, -10_00, ""), at(0, -10_00, "")}, Waiting: []ledger.Waiting{sent}}, want{"CB-DEPOSIT-BOOKED", nil, nil}},
	} {
		deposits, over, err := test.h.Split()
		if fault.CodeOf(err) != test.want.code {
			t.Errorf("%s: %v, want %s", name, err, test.want.code)
		}
		if diff := cmp.Diff(test.want.deposits, deposits); diff != "" && err == nil {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.want.over, over); diff != "" && err == nil {
			t.Errorf("%s, over (-want +got):\n%s", name, diff)
		}
	}
}

// Whatever comes for whatever waits: each line is explained to the cent, and all
// that waits is cleared.
func TestByHandSplitsToTheCent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(1, 100_00), 1, 4)
		var h ledger.ByHand
		h.Other = ledger.Key{Account: ledger.BankFees}
		var difference money.Cents
		for _, a := range amounts.Draw(t, "lines") {
			h.Lines = append(h.Lines, at(0, money.Cents(a), ""))
			difference += money.Cents(a)
		}
		for _, a := range amounts.Draw(t, "waiting") {
			h.Waiting = append(h.Waiting, ledger.Waiting{Kind: ledger.WaitingSlip, Amount: money.Cents(a), Fee: money.Cents(a % 7)})
			difference -= money.Cents(a)
		}
		if difference == 0 {
			h.Other = ledger.Key{}
		}
		deposits, over, err := h.Split()
		if err != nil {
			t.Fatal(err)
		}
		lines, waiting := make([]money.Cents, len(h.Lines)), make([]money.Cents, len(h.Waiting))
		copy(lines, over)
		for _, d := range deposits {
			lines[d.Line] += d.Amount
			waiting[d.Waiting] += d.Amount + d.Fee + d.Short
		}
		for i, l := range h.Lines {
			if lines[i] != l.Amount {
				t.Fatalf("line %d of %s is explained by %s", i, l.Amount, lines[i])
			}
		}
		for i, w := range h.Waiting {
			if waiting[i] != w.Amount+w.Fee {
				t.Fatalf("%d of %s + %s is cleared by %s", i, w.Amount, w.Fee, waiting[i])
			}
		}
	})
}
