package ledger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

func eft(trace string, amount money.Cents, after int) ledger.Waiting {
	return ledger.Waiting{Kind: "eft", PayerID: 7, Payer: "Blue Plan", Trace: trace, Tokens: []string{"1987654321", "Blue Plan"}, Since: day.AddDays(after), Amount: amount}
}

func drawer(amount money.Cents) ledger.Waiting {
	return ledger.Waiting{Kind: "counter", Trace: day.String(), Since: day, Amount: amount}
}

func at(after int, amount money.Cents, description string) ledger.BankLine {
	return ledger.BankLine{BookedOn: day.AddDays(after), Amount: amount, Description: description}
}

func TestMatchDeposits(t *testing.T) {
	type pair struct {
		Line, Waiting int
		Amount        money.Cents
	}
	for name, test := range map[string]struct {
		lines   []ledger.BankLine
		waiting []ledger.Waiting
		want    []pair
	}{
		"trace, however late":              {[]ledger.BankLine{at(90, 60_00, "EFT TRN*1*T100*1987")}, []ledger.Waiting{eft("T100", 60_00, 0)}, []pair{{0, 0, 60_00}}},
		"trace in another case":            {[]ledger.BankLine{at(1, 60_00, "eft t100x blue")}, []ledger.Waiting{eft("T100X", 60_00, 0)}, []pair{{0, 0, 60_00}}},
		"a trace inside another one":       {[]ledger.BankLine{at(30, 60_00, "TRN T1001")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
		"a cent is a difference":           {[]ledger.BankLine{at(1, 59_99, "T100")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
		"one line for two payments":        {[]ledger.BankLine{at(1, 90_00, "T100 T200")}, []ledger.Waiting{eft("T100", 60_00, 0), eft("T200", 30_00, 0)}, []pair{{0, 0, 60_00}, {0, 1, 30_00}}},
		"two lines for one payment":        {[]ledger.BankLine{at(1, 40_00, "T100"), at(2, 20_00, "T100 rest")}, []ledger.Waiting{eft("T100", 60_00, 0)}, []pair{{0, 0, 40_00}, {1, 0, 20_00}}},
		"amount and payer":                 {[]ledger.BankLine{at(2, 60_00, "BLUE PLAN HCCLAIMPMT"), at(2, 60_00, "OTHER")}, []ledger.Waiting{eft("T100", 60_00, 0)}, []pair{{0, 0, 60_00}}},
		"amount alone, if only one fits":   {[]ledger.BankLine{at(2, 60_00, "DEPOSIT")}, []ledger.Waiting{eft("T100", 60_00, 0)}, []pair{{0, 0, 60_00}}},
		"amount alone, two payments":       {[]ledger.BankLine{at(2, 60_00, "DEPOSIT")}, []ledger.Waiting{eft("T100", 60_00, 0), eft("T200", 60_00, 0)}, nil},
		"amount alone, two lines":          {[]ledger.BankLine{at(2, 60_00, "DEPOSIT"), at(3, 60_00, "DEPOSIT")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
		"amount, out of the days":          {[]ledger.BankLine{at(9, 60_00, "DEPOSIT")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
		"amount, before it was paid":       {[]ledger.BankLine{at(-3, 60_00, "DEPOSIT")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
		"amount, but it names another":     {[]ledger.BankLine{at(1, 60_00, "T200")}, []ledger.Waiting{eft("T100", 60_00, 0), eft("T200", 70_00, 0)}, nil},
		"a trace takes precedence":         {[]ledger.BankLine{at(1, 60_00, "DEPOSIT"), at(1, 60_00, "T100")}, []ledger.Waiting{eft("T100", 60_00, 0), drawer(60_00)}, []pair{{0, 1, 60_00}, {1, 0, 60_00}}},
		"the drawer":                       {[]ledger.BankLine{at(1, 35_00, "DEPOSIT")}, []ledger.Waiting{drawer(35_00)}, []pair{{0, 0, 35_00}}},
		"a withdrawal is nobody's payment": {[]ledger.BankLine{at(1, -60_00, "T100 returned")}, []ledger.Waiting{eft("T100", 60_00, 0)}, nil},
	} {
		var got []pair
		for _, d := range ledger.MatchDeposits(test.lines, test.waiting, 7) {
			got = append(got, pair{d.Line, d.Waiting, d.Amount})
			if d.Reason == "" {
				t.Errorf("%s: no reason", name)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
