package billingdb

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// MadeDecision is a decision as it was recorded.
type MadeDecision struct {
	ID            int64
	Kind, Subject string
	Payload       json.RawMessage
}

// DecisionBySource finds the last decision whose entries have that source key; nil:
// there is none.
func DecisionBySource(ctx context.Context, tx pgx.Tx, practiceID int64, source string) (*MadeDecision, error) {
	var d MadeDecision
	err := tx.QueryRow(ctx, `SELECT id, kind, subject, payload FROM decision WHERE practice_id = $1 AND 'decision|' || kind || '|' || subject = $2 ORDER BY id DESC LIMIT 1`,
		practiceID, source).Scan(&d.ID, &d.Kind, &d.Subject, &d.Payload)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &d, err
}

// UndoneTimes counts how often decisions of the kind about the subject were
// taken back: what is decided anew posts under a source of its own.
func UndoneTimes(ctx context.Context, tx pgx.Tx, practiceID int64, kind, subject string) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM decision WHERE practice_id = $1 AND kind = 'undo' AND payload->>'kind' = $2 AND payload->>'subject' = $3`, practiceID, kind, subject).Scan(&n)
	return n, err
}

// RestsOn says what rests on a posted entry and would fall with it, in words;
// empty: nothing.
func RestsOn(ctx context.Context, tx pgx.Tx, practiceID, entryID int64, source string) (what string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(
			(SELECT 'the payer took back what it relied on, and with it a part of the entry' FROM journal_entry v
			 WHERE v.practice_id = $1 AND v.kind = 'reversal' AND right(v.source_key, length($3) + 6) = '|UNDO|' || $3 LIMIT 1),
			(SELECT 'a bank line of ' || d.deposited_on || ' is matched with it: take that back first (claimbook deposit undo)' FROM deposit d
			 WHERE d.practice_id = $1 AND d.kind = 'book' AND d.trace = $3 AND d.undone_by IS NULL LIMIT 1),
			(SELECT 'claim ' || c.number || ' asks the next payer for it: void that first (claimbook claims void)' FROM transfer t
			 JOIN claim_line l ON l.practice_id = t.practice_id AND l.service_line_id = t.debit_service_line_id
			 JOIN claim c ON c.practice_id = l.practice_id AND c.id = l.claim_id AND c.payer_id = t.debit_payer_id AND c.payer_rank = t.debit_payer_rank
			 WHERE t.practice_id = $1 AND t.entry_id = $2 AND t.debit_account = '1100' AND t.credit_account = '1100' AND c.id <> t.claim_id
			   AND c.state NOT IN ('voided', 'replaced') ORDER BY c.number LIMIT 1), '')`, practiceID, entryID, source).Scan(&what)
	return what, err
}

// BadDebtLeft returns what of a patient's balances was written off as bad debt and
// has not come back: neither by taking the write-off back nor as a recovery.
func BadDebtLeft(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (left money.Cents, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce((SELECT sum(CASE WHEN t.debit_account = '5000' THEN t.amount ELSE -t.amount END) FROM transfer t
		                 WHERE t.practice_id = $1 AND (t.debit_account = '5000' AND t.credit_account = '1110' AND t.credit_patient_id = $2 AND t.credit_patient_id <> 0
		                    OR t.credit_account = '5000' AND t.debit_account = '1110' AND t.debit_patient_id = $2 AND t.debit_patient_id <> 0)), 0)
		     - coalesce((SELECT sum(CASE WHEN t.credit_account = '5010' THEN t.amount ELSE -t.amount END) FROM patient_payment y
		                 JOIN journal_entry e ON e.practice_id = $1 AND e.source_key IN ('payment|' || y.idempotency_key, 'payment|' || y.idempotency_key || '|returned')
		                 JOIN transfer t ON t.practice_id = $1 AND t.entry_id = e.id AND '5010' IN (t.debit_account, t.credit_account)
		                 WHERE y.practice_id = $1 AND y.patient_id = $2 AND y.purpose = 'recovery'), 0)`, practiceID, patientID).Scan(&left)
	return left, err
}

// AccountNumber returns the account of a patient, as people know it.
func AccountNumber(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (account string, err error) {
	err = tx.QueryRow(ctx, `SELECT account FROM patient WHERE practice_id = $1 AND id = $2`, practiceID, patientID).Scan(&account)
	return account, err
}

// TakeBackDecision opens the work item of a decision again, if it settled one,
// and forgets the rules that it made.
func TakeBackDecision(ctx context.Context, tx pgx.Tx, practiceID, decisionID int64, item string) (forgot int64, err error) {
	if _, err := tx.Exec(ctx, `UPDATE work_item SET state = 'open', closed_on = NULL, closed_why = '' WHERE practice_id = $1 AND dedupe_key = $2 AND state = 'done'`, practiceID, item); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `DELETE FROM payer_rule WHERE practice_id = $1 AND decision_id = $2`, practiceID, decisionID)
	return tag.RowsAffected(), err
}

// PatientsOf returns the patients whose accounts, or whose claims, transfers move.
func PatientsOf(ctx context.Context, tx pgx.Tx, practiceID int64, transfers []ledger.Transfer) ([]int64, error) {
	var patients, claimIDs []int64
	for _, t := range transfers {
		patients, claimIDs = append(patients, t.Debit.PatientID, t.Credit.PatientID), append(claimIDs, t.ClaimID)
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT id FROM (SELECT patient_id AS id FROM claim WHERE practice_id = $1 AND id = ANY($2) UNION ALL SELECT unnest($3::bigint[])) p WHERE id <> 0 ORDER BY id`,
		practiceID, claimIDs, patients)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// ClaimNumber returns the number of a claim.
func ClaimNumber(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) (number string, err error) {
	err = tx.QueryRow(ctx, `SELECT number FROM claim WHERE practice_id = $1 AND id = $2`, practiceID, claimID).Scan(&number)
	return number, err
}

// HasItem reports whether a claim has an open work item of the kind.
func HasItem(ctx context.Context, tx pgx.Tx, practiceID int64, kind claims.WorkItemKind, claimID int64) (has bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM work_item WHERE practice_id = $1 AND kind = $2 AND claim_id = $3 AND state = 'open')`, practiceID, string(kind), claimID).Scan(&has)
	return has, err
}
