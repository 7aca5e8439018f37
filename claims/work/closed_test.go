package work_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// A visit whose claim is settled and closed comes in again with another amount:
// a person decides, no charge moves, and the closed claim stays without a balance.
func TestChangedVisitOfAClosedClaim(t *testing.T) {
	w := sentWorld(t)
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		var claimID, lineID, payerID int64
		if err := tx.QueryRow(ctx, `SELECT c.id, l.service_line_id, c.payer_id FROM claim c JOIN claim_line l ON l.claim_id = c.id WHERE c.number = 'C00000002'`).
			Scan(&claimID, &lineID, &payerID); err != nil {
			return err
		}
		owed := ledger.Key{Account: ledger.ARInsurance, ServiceLineID: lineID, PayerID: payerID, PayerRank: 1}
		balances, err := ledgerdb.LockBalances(ctx, tx, w.practice.ID, []ledger.Key{owed})
		if err != nil {
			return err
		}
		e := ledger.Entry{PostingDate: today, Kind: "remittance", SourceKey: "test|paid", Actor: "test"}
		e.Move(ledger.Key{Account: ledger.Bank}, owed, balances[owed], ledger.Dimensions{ClaimID: claimID, ByteOffset: -1})
		if _, err := ledgerdb.Post(ctx, tx, w.practice.ID, []ledger.Entry{e}); err != nil {
			return err
		}
		return claimsdb.Transition(ctx, tx, w.practice.ID, []claims.Move{
			{ClaimID: claimID, To: claims.Paid, Event: "835", Message: "Paid.", Actor: "test", On: today},
			{ClaimID: claimID, To: claims.Closed, Event: "closed", Message: "Nobody owes anything.", Actor: "test", On: today}})
	})
	before := w.text(`SELECT count(*), sum(amount) FROM transfer`)
	changed := csvHeader + "E2,P2,2022-03-11,DR1,OAK,HOSP,J02.9,99213,,1,1,175.00\n"
	files := w.intake(changed)
	if got := w.records(files[0]); !strings.Contains(got, "held") {
		t.Errorf("the changed visit is\n%s", got)
	}
	w.want("charges", w.text(`SELECT count(*), sum(amount) FROM transfer`), before)
	w.want("states", w.states(), "sent closed sent ")
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		proofs, err := ledgerdb.Verify(ctx, tx, w.practice.ID, nil)
		for _, p := range proofs {
			if !p.Holds() {
				t.Errorf("verify %s: %v", p.Name, p.Examples)
			}
		}
		return err
	})
}
