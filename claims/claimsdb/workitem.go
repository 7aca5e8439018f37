package claimsdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
)

// OpenWorkItems puts items on the worklists. An item whose dedupe key is
// already there, open or done, is left alone: a job run twice makes no second.
func OpenWorkItems(ctx context.Context, tx pgx.Tx, practiceID int64, items []claims.WorkItem) error {
	if len(items) == 0 {
		return nil
	}
	var (
		kinds, keys, reasons, actions                                                []string
		encounters, claimIDs, patients, payers, remittances, files, batches, amounts []int64
		due, opened                                                                  []date.Date
	)
	for _, item := range items {
		kinds, keys = append(kinds, string(item.Kind)), append(keys, item.DedupeKey)
		reasons, actions = append(reasons, item.Reason), append(actions, item.Action)
		encounters, claimIDs = append(encounters, item.EncounterID), append(claimIDs, item.ClaimID)
		patients, payers = append(patients, item.PatientID), append(payers, item.PayerID)
		remittances, files = append(remittances, item.RemittanceID), append(files, item.EDIFileID)
		batches, amounts = append(batches, item.BatchID), append(amounts, int64(item.Amount))
		due, opened = append(due, item.DueOn), append(opened, item.OpenedOn)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO work_item (practice_id, id, kind, dedupe_key, reason, action, encounter_id, claim_id, patient_id, payer_id,
		                       remittance_id, edi_file_id, batch_id, amount, due_on, opened_on)
		SELECT $1, nextval('object_id'), u.kind, u.key, u.reason, u.action, nullif(u.encounter, 0), nullif(u.claim, 0),
		       nullif(u.patient, 0), nullif(u.payer, 0), nullif(u.remittance, 0), nullif(u.file, 0), nullif(u.batch, 0),
		       u.amount, u.due_on, u.opened_on
		FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
		            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::date[], $15::date[]) WITH ORDINALITY
		     AS u (kind, key, reason, action, encounter, claim, patient, payer, remittance, file, batch, amount, due_on, opened_on, n)
		ORDER BY u.n
		ON CONFLICT (practice_id, dedupe_key) DO NOTHING`,
		practiceID, kinds, keys, reasons, actions, encounters, claimIDs, patients, payers, remittances, files, batches,
		amounts, due, opened)
	return err
}

// CloseWorkItems takes the open items with these keys off the worklists.
func CloseWorkItems(ctx context.Context, tx pgx.Tx, practiceID int64, dedupeKeys []string, on date.Date, why string) error {
	if len(dedupeKeys) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE work_item SET state = 'done', closed_on = $3, closed_why = $4
		WHERE practice_id = $1 AND dedupe_key = ANY($2) AND state = 'open'`, practiceID, dedupeKeys, on, why)
	return err
}

// CloseClaimItems takes a claim's open items of a kind off the worklists: the
// claim went out again, or its payer answered after all.
func CloseClaimItems(ctx context.Context, tx pgx.Tx, practiceID int64, kind claims.WorkItemKind, claimIDs []int64, on date.Date, why string) error {
	if len(claimIDs) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE work_item SET state = 'done', closed_on = $4, closed_why = $5
		WHERE practice_id = $1 AND kind = $2 AND claim_id = ANY($3) AND state = 'open'`,
		practiceID, string(kind), claimIDs, on, why)
	return err
}

// CloseSettledBatchItems takes items about whole refused files off the
// worklists, once none of a file's claims is rejected any more.
func CloseSettledBatchItems(ctx context.Context, tx pgx.Tx, practiceID int64, on date.Date) error {
	_, err := tx.Exec(ctx, `UPDATE work_item w SET state = 'done', closed_on = $2, closed_why = 'its claims were released'
		WHERE w.practice_id = $1 AND w.kind = 'rejected' AND w.state = 'open' AND w.claim_id IS NULL AND w.batch_id IS NOT NULL
		  AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.practice_id = w.practice_id AND c.batch_id = w.batch_id AND c.state = 'rejected')`, practiceID, on)
	return err
}
