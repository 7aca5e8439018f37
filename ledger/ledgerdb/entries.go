package ledgerdb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/ledger"
)

// StoredEntry is an entry as it stands in the book.
type StoredEntry struct {
	ID int64
	ledger.Entry
	ReversedBy int64 // the entry that takes this one back; 0: none
	RecordedAt time.Time
}

// EntriesBySource reads the entries whose source key begins with prefix, with
// their transfers, by source key: all that one remittance posted, or one
// charge. They are what a reversal mirrors.
func EntriesBySource(ctx context.Context, tx pgx.Tx, practiceID int64, prefix string) ([]StoredEntry, error) {
	return readEntries(ctx, tx, `e.source_key like $2 order by e.source_key`, practiceID, likePrefix(prefix))
}

// EntriesByID reads entries with their transfers, by source key.
func EntriesByID(ctx context.Context, tx pgx.Tx, practiceID int64, ids []int64) ([]StoredEntry, error) {
	return readEntries(ctx, tx, `e.id = any($2) order by e.source_key`, practiceID, ids)
}

// readEntries reads the entries that fit the condition, in its order, and then
// their lines: two queries, however many entries.
func readEntries(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]StoredEntry, error) {
	rows, err := tx.Query(ctx, `
		select e.id, e.posting_date, e.kind, e.source_key, e.request_hash, coalesce(e.reverses, 0), e.memo, e.actor, e.recorded_at,
			coalesce((select r.id from journal_entry r where r.practice_id = e.practice_id and r.reverses = e.id), 0)
		from journal_entry e where e.practice_id = $1 and `+where, args...)
	if err != nil {
		return nil, err
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e StoredEntry, err error) {
		var sum []byte
		err = row.Scan(&e.ID, &e.PostingDate, &e.Kind, &e.SourceKey, &sum, &e.Reverses, &e.Memo, &e.Actor, &e.RecordedAt, &e.ReversedBy)
		copy(e.RequestHash[:], sum)
		return e, err
	})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	at := make(map[int64]*StoredEntry, len(entries))
	ids := make([]int64, len(entries))
	for i := range entries {
		ids[i], at[entries[i].ID] = entries[i].ID, &entries[i]
	}
	rows, err = tx.Query(ctx, `select `+transferColumns+` from transfer t
		where t.practice_id = $1 and t.entry_id = any($2) order by t.entry_id, t.line_no`, args[0], ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var t ledger.Transfer
		if err := rows.Scan(append([]any{&id}, scanTransfer(&t)...)...); err != nil {
			return nil, err
		}
		at[id].Transfers = append(at[id].Transfers, t)
	}
	return entries, rows.Err()
}

// transferColumns and scanTransfer belong together: the entry's id, then the
// transfer.
const transferColumns = `t.entry_id, t.debit_account, t.debit_service_line_id, t.debit_payer_id, t.debit_payer_rank, t.debit_patient_id, t.debit_reference,
	t.credit_account, t.credit_service_line_id, t.credit_payer_id, t.credit_payer_rank, t.credit_patient_id, t.credit_reference,
	t.amount, t.claim_id, t.guarantor_id, t.provider_id, t.service_date, t.group_code, t.carc, t.rarcs, t.edi_file_id, t.byte_offset`

func scanTransfer(t *ledger.Transfer) []any {
	return []any{&t.Debit.Account, &t.Debit.ServiceLineID, &t.Debit.PayerID, &t.Debit.PayerRank, &t.Debit.PatientID, &t.Debit.Reference,
		&t.Credit.Account, &t.Credit.ServiceLineID, &t.Credit.PayerID, &t.Credit.PayerRank, &t.Credit.PatientID, &t.Credit.Reference,
		&t.Amount, &t.ClaimID, &t.GuarantorID, &t.ProviderID, &t.ServiceDate, &t.GroupCode, &t.CARC, &t.RARCs, &t.EDIFileID, &t.ByteOffset}
}

// likePrefix makes a LIKE pattern of a literal prefix.
func likePrefix(prefix string) string {
	pattern := make([]byte, 0, len(prefix)+8)
	for _, c := range []byte(prefix) {
		if c == '%' || c == '_' || c == '\\' {
			pattern = append(pattern, '\\')
		}
		pattern = append(pattern, c)
	}
	return string(append(pattern, '%'))
}
