package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// quarter is a world in which three visits were charged in January to March;
// the first was answered in March and its patient paid part of the share.
func quarter(t testing.TB) *world {
	w := newWorld(t)
	fillQuarter(t, w)
	return w
}

func fillQuarter(t testing.TB, w *world) {
	t.Helper()
	a := w.visit(t, w.blue, w.ann, date.MustParse("2026-01-05"), 100_00)
	b := w.visit(t, w.medicare, w.ben, date.MustParse("2026-02-10"), 250_00)
	c := w.visit(t, w.blue, w.ben, monday, 80_00)
	w.charge(t, a, date.MustParse("2026-01-06"), 100_00)
	w.charge(t, b, date.MustParse("2026-02-10"), 250_00)
	w.charge(t, c, monday, 80_00)
	w.remit(t, a, monday, "T1", 60_00, 20_00, 20_00)
	pay := ledger.Entry{PostingDate: monday.AddDays(1), Kind: "patient-payment", SourceKey: "payment|k1", Actor: "casey"}
	pay.Move(account(ledger.Undeposited), patient(a.line, w.ann), 5_00, w.dimensions(a))
	pay.Move(account(ledger.Undeposited), ledger.Key{Account: ledger.PatientCredits, PatientID: w.ann, Reference: "E9"}, 30_00, ledger.Dimensions{})
	w.post(t, pay)
}

func TestTrialBalanceAsOf(t *testing.T) {
	w := quarter(t)
	for day, want := range map[string]map[string]money.Cents{
		"2026-01-05": {},
		"2026-02-28": {"1100": 350_00, "4000": -350_00},
		"2026-03-03": {"1010": 35_00, "1050": 60_00, "1100": 330_00, "1110": 15_00, "2000": -30_00, "4000": -430_00, "4100": 20_00},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, date.MustParse(day))
			if err != nil {
				return err
			}
			got := map[string]money.Cents{}
			for _, row := range tb.Rows {
				got[row.Account] = row.Balance()
			}
			if diff := cmp.Diff(want, got); diff != "" || tb.Debit != tb.Credit {
				t.Errorf("as of %s, debits %s, credits %s (-want +got):\n%s", day, tb.Debit, tb.Credit, diff)
			}
			return nil
		})
	}
}

func TestAging(t *testing.T) {
	w := quarter(t)
	type row struct {
		Code    string
		Amounts [5]money.Cents
	}
	rows := func(list []ledger.AgingRow) (out []row) {
		for _, r := range list {
			out = append(out, row{r.Code, r.Amounts})
		}
		return out
	}
	for _, test := range []struct {
		day       string
		by        ledger.AgeBy
		insurance []row
		patient   []row
	}{
		{"2026-03-03", ledger.ByService, []row{{"MCARE", [5]money.Cents{250_00}}, {"BLUE", [5]money.Cents{80_00}}}, []row{{"G100", [5]money.Cents{0, 15_00}}}},
		{"2026-03-03", ledger.ByResponsibility, []row{{"MCARE", [5]money.Cents{250_00}}, {"BLUE", [5]money.Cents{80_00}}}, []row{{"G100", [5]money.Cents{15_00}}}},
		{"2026-02-28", ledger.ByService, []row{{"MCARE", [5]money.Cents{250_00}}, {"BLUE", [5]money.Cents{0, 100_00}}}, nil}, // before the answer
		{"2026-09-01", ledger.ByService, []row{{"MCARE", [5]money.Cents{4: 250_00}}, {"BLUE", [5]money.Cents{4: 80_00}}}, []row{{"G100", [5]money.Cents{4: 15_00}}}},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			day := date.MustParse(test.day)
			aging, err := ledgerdb.Aging(ctx, tx, w.practice, day, test.by)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(test.insurance, rows(aging.Insurance)); diff != "" {
				t.Errorf("insurance by %s as of %s (-want +got):\n%s", test.by, day, diff)
			}
			if diff := cmp.Diff(test.patient, rows(aging.Patient)); diff != "" {
				t.Errorf("patients by %s as of %s (-want +got):\n%s", test.by, day, diff)
			}
			tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, day)
			if aging.InsuranceTotal.Total != tb.Balance(ledger.ARInsurance) || aging.PatientTotal.Total != tb.Balance(ledger.ARPatient) {
				t.Errorf("as of %s the aging says %s and %s, the control accounts %s and %s", day, aging.InsuranceTotal.Total,
					aging.PatientTotal.Total, tb.Balance(ledger.ARInsurance), tb.Balance(ledger.ARPatient))
			}
			return err
		})
	}
}

// What a party owes has an age also where no service line says it: a claim as a
// whole, a patient's account, and a credit that was never a debit.
func TestAgingWithoutLines(t *testing.T) {
	w := newWorld(t)
	v := w.visit(t, w.blue, w.ann, monday.AddDays(-40), 100_00)
	e := ledger.Entry{PostingDate: monday, Kind: "test", SourceKey: "test|1"}
	e.Move(ledger.Key{Account: ledger.ARInsurance, PayerID: w.blue, PayerRank: 1, Reference: v.number}, account(ledger.GrossCharges), 7_00, w.dimensions(v))
	e.Move(ledger.Key{Account: ledger.ARPatient, PatientID: w.ben}, account(ledger.FeeIncome), 5_00, ledger.Dimensions{})
	e.Move(account(ledger.Undeposited), insurance(v.line, w.medicare), 3_00, ledger.Dimensions{})
	w.post(t, e)
	for _, test := range []struct {
		by   ledger.AgeBy
		want map[string][5]money.Cents
	}{
		{ledger.ByService, map[string][5]money.Cents{"BLUE": {2: 7_00}, "MCARE": {2: -3_00}, "G100": {1: 5_00}}},
		{ledger.ByResponsibility, map[string][5]money.Cents{"BLUE": {1: 7_00}, "MCARE": {1: -3_00}, "G100": {1: 5_00}}},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			for range 2 { // once from the sub-ledger, once from the journal
				aging, err := ledgerdb.Aging(ctx, tx, w.practice, monday.AddDays(35), test.by)
				if err != nil {
					return err
				}
				got := map[string][5]money.Cents{}
				for _, r := range append(aging.Insurance, aging.Patient...) {
					got[r.Code] = r.Amounts
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("by %s (-want +got):\n%s", test.by, diff)
				}
				later := ledger.Entry{PostingDate: monday.AddDays(36), Kind: "test", SourceKey: "test|later|" + string(test.by)}
				later.Move(account(ledger.Bank), account(ledger.Undeposited), 1, ledger.Dimensions{})
				if _, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{later}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func TestDaySheetTiesToReceivables(t *testing.T) {
	w := quarter(t)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		s, err := ledgerdb.DaySheet(ctx, tx, w.practice, monday, monday.AddDays(1))
		if err != nil {
			return err
		}
		tb, err := ledgerdb.TrialBalance(ctx, tx, w.practice, monday.AddDays(1))
		if err != nil {
			return err
		}
		if s.Opening != 350_00 || s.Charges != 80_00 || s.Payments != 65_00 || s.Adjustments != 20_00 || s.Receipts != 30_00 {
			t.Errorf("day sheet: %+v", s)
		}
		if receivables := tb.Balance(ledger.ARInsurance) + tb.Balance(ledger.ARPatient); s.Closing != receivables {
			t.Errorf("the day closes with %s, the control accounts hold %s", s.Closing, receivables)
		}
		_, err = ledgerdb.DaySheet(ctx, tx, w.practice, monday, monday.AddDays(-1))
		if err == nil {
			t.Error("a day sheet that ends before it begins was made")
		}
		return nil
	})
}

func TestGeneralLedgerRuns(t *testing.T) {
	w := quarter(t)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var last ledger.AccountLine
		lines := 0
		gl, err := ledgerdb.GeneralLedger(ctx, tx, w.practice, ledger.ARInsurance, monday, monday.AddDays(30), func(l ledger.AccountLine) error {
			last, lines = l, lines+1
			return nil
		})
		if err != nil || gl.Opening != 350_00 || lines != 4 || last.Balance != 330_00 {
			t.Errorf("opening %s, %d lines, last %+v, %v", gl.Opening, lines, last, err)
		}
		return nil
	})
}

// The roll-forward up to any day closes with what the aging of that day adds up
// to, and begins on any day with what the day before closed with.
func TestRollForwardAsOf(t *testing.T) {
	w := quarter(t)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		for _, test := range []struct {
			from, to         string
			months           int
			opening, closing money.Cents
		}{
			{"", "2026-01-05", 0, 0, 0},
			{"", "2026-02-28", 2, 0, 350_00},
			{"2026-02-01", "2026-03-02", 2, 100_00, 350_00},
			{"2026-02-01", "2026-03-03", 2, 100_00, 345_00},
			{"2026-03-03", "2026-03-31", 1, 350_00, 345_00},
		} {
			var from date.Date
			if test.from != "" {
				from = date.MustParse(test.from)
			}
			to := date.MustParse(test.to)
			months, err := ledgerdb.RollForward(ctx, tx, w.practice, from, to)
			if err != nil {
				return err
			}
			if len(months) != test.months {
				t.Errorf("from %s to %s: %d months, want %d", test.from, to, len(months), test.months)
				continue
			}
			if test.months == 0 {
				continue
			}
			aging, err := ledgerdb.Aging(ctx, tx, w.practice, to, ledger.ByService)
			if err != nil {
				return err
			}
			if opening, closing := months[0].Opening, months[len(months)-1].Closing; opening != test.opening || closing != test.closing || closing != aging.Total.Total {
				t.Errorf("from %s to %s: %s to %s, want %s to %s; the aging says %s", test.from, to, opening, closing, test.opening, test.closing, aging.Total.Total)
			}
		}
		return nil
	})
}
