package ledgerdb_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// What is open at the bank, in the drawer, in clearing and in the book is told
// as it was at the end of every day, with its age.
func TestDepositReconciliationAsOf(t *testing.T) {
	w := quarter(t) // T1 with 60.00 on Monday, 35.00 into the drawer on Tuesday
	refund := ledger.Entry{PostingDate: monday.AddDays(3), Kind: "refund-paid", SourceKey: "decision|refund|1"}
	refund.Move(account(ledger.PatientRefunds), account(ledger.Bank), 4_00, ledger.Dimensions{})
	w.post(t, refund)
	w.bankFile(t, "date,amount,description\n2026-03-05,60.00,BLUE TRN T1\n2026-03-06,35.00,DEPOSIT\n2026-03-04,5.00,MYSTERY\n")
	if r := w.reconcile(t); len(r.Deposits) != 2 {
		t.Fatalf("%+v", r.Deposits)
	}
	type item struct {
		section, reference string
		days               int
		expected, open     money.Cents
	}
	for day, want := range map[int][]item{
		-1: nil,
		0:  {{ledger.AtPayers, "T1", 0, 60_00, 60_00}},
		2:  {{ledger.AtPayers, "T1", 2, 60_00, 60_00}, {ledger.InDrawer, "2026-03-03", 1, 35_00, 35_00}, {ledger.OnlyAtBank, "MYSTERY", 0, 5_00, 5_00}},
		3:  {{ledger.InDrawer, "2026-03-03", 2, 35_00, 35_00}, {ledger.OnlyAtBank, "MYSTERY", 1, 5_00, 5_00}, {ledger.OnlyInBook, "decision|refund|1", 0, -4_00, -4_00}},
		9:  {{ledger.OnlyAtBank, "MYSTERY", 7, 5_00, 5_00}, {ledger.OnlyInBook, "decision|refund|1", 6, -4_00, -4_00}},
	} {
		w.do(t, func(ctx context.Context, tx pgx.Tx) error {
			r, err := ledgerdb.ReconcileDeposits(ctx, tx, w.practice, monday.AddDays(100), monday.AddDays(day))
			if err != nil {
				return err
			}
			var got []item
			for _, i := range r.Items {
				if i.Section == ledger.OnlyAtBank {
					i.Reference = i.What
				}
				got = append(got, item{i.Section, i.Reference, i.Days, i.Expected, i.Open})
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(item{})); diff != "" {
				t.Errorf("on day %d (-want +got):\n%s", day, diff)
			}
			for _, a := range r.Accounts {
				if !a.Ties() {
					t.Errorf("on day %d account %s holds %s, the items explain %s", day, a.Account, a.Balance, a.Items)
				}
			}
			return nil
		})
	}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error { // what was settled since the first day is there too
		r, err := ledgerdb.ReconcileDeposits(ctx, tx, w.practice, monday, monday.AddDays(9))
		if len(r.Items) != 4 || r.Items[0].Deposited != 60_00 || r.Items[0].Open != 0 || r.Items[1].Deposited != 35_00 || r.Items[1].Since != monday.AddDays(1) {
			t.Errorf("%+v", r.Items)
		}
		return err
	})
}
