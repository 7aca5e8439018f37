package ledger_test

import (
	"fmt"
	"testing"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

var day = date.MustParse("2026-03-02")

func ExampleEntry_Move() {
	// The payer pays 60.00 of a charge of 100.00; CO-45 takes 20.00 and PR-2
	// leaves 20.00 to the patient.
	blue := ledger.Key{Account: ledger.ARInsurance, ServiceLineID: 11, PayerID: 7, PayerRank: 1}
	e := ledger.Entry{PostingDate: day, Kind: "remittance", SourceKey: "835|1123456789|TRACE9|CLP|1"}
	e.Move(ledger.Key{Account: ledger.EFTClearing, PayerID: 7, Reference: "TRACE9"}, blue, 60_00, ledger.Dimensions{})
	e.Move(ledger.Key{Account: ledger.Contractual}, blue, 20_00, ledger.Dimensions{GroupCode: "CO", CARC: "45"})
	e.Move(ledger.Key{Account: ledger.ARPatient, ServiceLineID: 11, PatientID: 40}, blue, 20_00, ledger.Dimensions{GroupCode: "PR", CARC: "2"})
	fmt.Println(len(e.Transfers), e.Changes()[blue])
	// Output: 3 -100.00
}

func TestMove(t *testing.T) {
	a, b := ledger.Key{Account: "1000"}, ledger.Key{Account: "1010"}
	var e ledger.Entry
	e.Move(a, b, 5, ledger.Dimensions{})
	e.Move(a, b, -5, ledger.Dimensions{})
	e.Move(a, b, 0, ledger.Dimensions{})
	if len(e.Transfers) != 2 || e.Transfers[1].Debit != b || e.Transfers[1].Amount != 5 {
		t.Fatalf("transfers %+v", e.Transfers)
	}
	if changes := e.Changes(); len(changes) != 0 {
		t.Errorf("an amount and its mirror change %v", changes)
	}
	m := e.Mirror()
	if m.Transfers[0].Debit != b || e.Transfers[0].Debit != a {
		t.Error("the mirror must exchange the sides and leave the entry alone")
	}
}

// The hash tells requests apart, and not the days or files they come in.
func TestHash(t *testing.T) {
	base := func() ledger.Entry {
		e := ledger.Entry{PostingDate: day, Kind: "charge", SourceKey: "s"}
		e.Move(ledger.Key{Account: "1000", Reference: "ab"}, ledger.Key{Account: "4000"}, 10, ledger.Dimensions{GroupCode: "CO", CARC: "45", RARCs: []string{"M1"}})
		return e
	}
	same := base()
	same.PostingDate, same.Actor, same.Memo = day.AddDays(9), "another", "words"
	same.Transfers[0].EDIFileID, same.Transfers[0].ByteOffset = 5, 77
	one := base()
	if one.Hash() != same.Hash() {
		t.Error("the day, the actor and the file must not change the hash")
	}
	for name, change := range map[string]func(e *ledger.Entry){
		"amount":  func(e *ledger.Entry) { e.Transfers[0].Amount++ },
		"account": func(e *ledger.Entry) { e.Transfers[0].Debit.Account = "1010" },
		"sides":   func(e *ledger.Entry) { *e = ledger.Entry{Kind: "charge", Transfers: e.Mirror().Transfers} },
		"kind":    func(e *ledger.Entry) { e.Kind = "reversal" },
		"reason":  func(e *ledger.Entry) { e.Transfers[0].CARC = "97" },
		"remarks": func(e *ledger.Entry) { e.Transfers[0].RARCs = []string{"M", "1"} },
		"claim":   func(e *ledger.Entry) { e.Transfers[0].ClaimID = 3 },
		"boundary": func(e *ledger.Entry) {
			e.Transfers[0].Debit.Account, e.Transfers[0].Debit.Reference = "1000a", "b"
		},
		"another line": func(e *ledger.Entry) { e.Transfers = append(e.Transfers, e.Transfers[0]) },
		"reverses":     func(e *ledger.Entry) { e.Reverses = 4 },
	} {
		e := base()
		change(&e)
		if e.Hash() == one.Hash() {
			t.Errorf("another %s must change the hash", name)
		}
	}
}

func TestCheck(t *testing.T) {
	chart := ledger.NewChart(ledger.SeededAccounts())
	insurance := ledger.Key{Account: ledger.ARInsurance, ServiceLineID: 1, PayerID: 7, PayerRank: 1}
	charges := ledger.Key{Account: ledger.GrossCharges}
	for name, test := range map[string]struct {
		debit, credit ledger.Key
		amount        money.Cents
		code          string
	}{
		"good":                    {insurance, charges, 1, ""},
		"claim as a whole":        {ledger.Key{Account: "1100", PayerID: 7, PayerRank: 2, Reference: "C1"}, charges, 1, ""},
		"unknown payer's cash":    {ledger.Key{Account: "1050", Reference: "T"}, ledger.Key{Account: "2010", Reference: "T"}, 1, ""},
		"one A/R to another":      {ledger.Key{Account: "1100", ServiceLineID: 1, PayerID: 8, PayerRank: 2}, insurance, 1, ""},
		"no account":              {ledger.Key{Account: "1999"}, charges, 1, "CB-LEDGER-ACCOUNT"},
		"zero":                    {insurance, charges, 0, "CB-LEDGER-AMOUNT"},
		"negative":                {insurance, charges, -1, "CB-LEDGER-AMOUNT"},
		"beyond range":            {insurance, charges, money.Max + 1, "CB-LEDGER-AMOUNT"},
		"to itself":               {insurance, insurance, 1, "CB-LEDGER-SAME-SIDE"},
		"a payer on charges":      {insurance, ledger.Key{Account: "4000", PayerID: 7}, 1, "CB-LEDGER-KEY"},
		"a patient on insurance":  {ledger.Key{Account: "1100", ServiceLineID: 1, PayerID: 7, PayerRank: 1, PatientID: 3}, charges, 1, "CB-LEDGER-KEY"},
		"insurance without rank":  {ledger.Key{Account: "1100", ServiceLineID: 1, PayerID: 7}, charges, 1, "CB-LEDGER-KEY"},
		"insurance without line":  {ledger.Key{Account: "1100", PayerID: 7, PayerRank: 1}, charges, 1, "CB-LEDGER-KEY"},
		"patient without patient": {ledger.Key{Account: "1110", ServiceLineID: 1}, charges, 1, "CB-LEDGER-KEY"},
		"cash without trace":      {ledger.Key{Account: "1050", PayerID: 7}, charges, 1, "CB-LEDGER-KEY"},
	} {
		e := ledger.Entry{PostingDate: day, Kind: "test", SourceKey: "s", Transfers: []ledger.Transfer{{Debit: test.debit, Credit: test.credit, Amount: test.amount}}}
		if err := e.Check(chart); fault.CodeOf(err) != test.code || (err != nil) != (test.code != "") {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
	}
	for code, e := range map[string]ledger.Entry{
		"CB-LEDGER-SOURCE-KEY": {PostingDate: day, Kind: "test"},
		"CB-LEDGER-KIND":       {PostingDate: day, Kind: "Two words", SourceKey: "s"},
		"CB-LEDGER-DATE":       {Kind: "test", SourceKey: "s"},
	} {
		if err := e.Check(chart); fault.CodeOf(err) != code {
			t.Errorf("%+v: %v, want %s", e, err, code)
		}
	}
}

func TestAgeBuckets(t *testing.T) {
	for days, bucket := range map[int]int{-3: 0, 0: 0, 30: 0, 31: 1, 60: 1, 61: 2, 90: 2, 91: 3, 120: 3, 121: 4, 4000: 4} {
		a := ledger.Age(day, ledger.ByService, []ledger.OpenItem{{Account: ledger.ARInsurance, PartyID: 1, Since: day.AddDays(-days), Amount: 7}})
		if a.Total.Amounts[bucket] != 7 || a.Insurance[0].Amounts[bucket] != 7 || a.Total.Total != 7 || a.PatientTotal.Total != 0 {
			t.Errorf("%d days: %+v", days, a.Total)
		}
	}
}

// A payer and a guarantor may have the same id: they stay apart.
func TestAgeKeepsPartiesApart(t *testing.T) {
	a := ledger.Age(day, ledger.ByService, []ledger.OpenItem{
		{Account: ledger.ARInsurance, PartyID: 1, Code: "B", Since: day, Amount: 5},
		{Account: ledger.ARInsurance, PartyID: 2, Code: "A", Since: day, Amount: 9},
		{Account: ledger.ARPatient, PartyID: 1, Code: "G", Since: day, Amount: -3},
	})
	if len(a.Insurance) != 2 || a.Insurance[0].Code != "A" || len(a.Patient) != 1 || a.PatientTotal.Total != -3 || a.Total.Total != 11 || a.Total.Items != 3 {
		t.Errorf("%+v", a)
	}
}

// Every pair of accounts has its section, and A/R moves by charges less
// payments less adjustments, whatever the pair.
func TestDaySheetTies(t *testing.T) {
	accounts := ledger.SeededAccounts()
	chart := ledger.NewChart(accounts)
	receivable := func(code string) bool { return code == ledger.ARInsurance || code == ledger.ARPatient }
	for _, debit := range accounts {
		for _, credit := range accounts {
			s := ledger.NewDaySheet(day, day, chart, 1000, []ledger.Activity{{Kind: "k", Debit: debit.Code, Credit: credit.Code, Count: 2, Amount: 30}})
			want := money.Cents(1000)
			if receivable(debit.Code) {
				want += 30
			}
			if receivable(credit.Code) {
				want -= 30
			}
			if s.Closing != want || len(s.Rows) != 1 || s.Rows[0].Count != 2 {
				t.Errorf("Dr %s / Cr %s: closing %s, want %s (%+v)", debit.Code, credit.Code, s.Closing, want, s.Rows)
			}
		}
	}
	for _, test := range []struct {
		debit, credit string
		section       ledger.Section
		amount        money.Cents
	}{
		{"1100", "4000", ledger.Charges, 30}, {"4000", "1110", ledger.Charges, -30}, {"1050", "1100", ledger.Payments, 30},
		{"1100", "1050", ledger.Payments, -30}, {"2000", "1110", ledger.Payments, 30}, {"4100", "1100", ledger.Adjustments, 30},
		{"1160", "1100", ledger.Adjustments, 30}, {"5000", "1110", ledger.Adjustments, 30}, {"1110", "1100", ledger.Transfers, 30},
		{"1010", "2000", ledger.Receipts, 30}, {"1050", "4200", ledger.Receipts, 30}, {"2100", "1050", ledger.Receipts, -30},
		{"1000", "1050", ledger.Other, 30}, {"2000", "2200", ledger.Other, 30},
	} {
		s := ledger.NewDaySheet(day, day, chart, 0, []ledger.Activity{{Debit: test.debit, Credit: test.credit, Amount: 30}})
		if s.Rows[0].Section != test.section || s.Rows[0].Amount != test.amount {
			t.Errorf("Dr %s / Cr %s: %+v, want %s %s", test.debit, test.credit, s.Rows[0], test.section, test.amount)
		}
	}
}

func TestTrialBalanceOrders(t *testing.T) {
	tb := ledger.NewTrialBalance(day, ledger.NewChart(ledger.SeededAccounts()), map[string]money.Cents{"4000": -70, "1100": 50, "1050": 20, "2000": 0})
	if len(tb.Rows) != 3 || tb.Rows[0].Account != "1050" || tb.Debit != 70 || tb.Credit != 70 || tb.Balance("4000") != -70 || tb.Balance("2000") != 0 {
		t.Errorf("%+v", tb)
	}
}
