package billingdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Recouped returns how much payers have recovered (PLB WO, FB) against refunds
// that we had sent, by the key of the refund (2210), less what a later
// announcement has answered.
func Recouped(ctx context.Context, tx pgx.Tx, practiceID int64, refunds []ledger.Key) (map[ledger.Key]money.Cents, error) {
	asked := map[ledger.Key]bool{}
	var payers []int64
	var references []string
	for _, key := range refunds {
		asked[key] = true
		payers, references = append(payers, key.PayerID), append(references, key.Reference)
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT r.source_key || '|PLB|' FROM provider_adjustment a
		JOIN remittance r ON r.practice_id = a.practice_id AND r.id = a.remittance_id
		WHERE a.practice_id = $1 AND a.code IN ('WO', 'FB')
		  AND (coalesce(r.payer_id, 0), coalesce(nullif(a.reference, ''), r.trace)) IN (SELECT * FROM unnest($2::bigint[], $3::text[]))`, practiceID, payers, references)
	if err != nil {
		return nil, err
	}
	prefixes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	recouped := map[ledger.Key]money.Cents{}
	for _, prefix := range prefixes {
		entries, err := ledgerdb.EntriesBySource(ctx, tx, practiceID, prefix)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Memo != "PLB WO" && e.Memo != "PLB FB" {
				continue
			}
			for _, t := range e.Transfers {
				if asked[t.Debit] {
					recouped[t.Debit] += t.Amount
				}
				if asked[t.Credit] {
					recouped[t.Credit] -= t.Amount
				}
			}
		}
	}
	return recouped, nil
}
