package billingdb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/fault"
)

// SaveStatement writes a frozen statement with its lines and returns its id; 0
// when the guarantor has one of that day already.
func SaveStatement(ctx context.Context, tx pgx.Tx, practiceID, runID, guarantorID int64, s *billing.Statement) (int64, error) {
	content, err := json.Marshal(s)
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.QueryRow(ctx, `
		INSERT INTO statement (practice_id, number, run_id, guarantor_id, statement_date, due_date, balance, insurance_pending, dunning_level, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (practice_id, guarantor_id, statement_date) DO NOTHING RETURNING id`,
		practiceID, s.Number, runID, guarantorID, s.Date, s.DueDate, s.Balance, s.InsurancePending, s.Level, content).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	batch := &pgx.Batch{}
	n := 0
	for i := range s.Visits {
		v := &s.Visits[i]
		for _, l := range v.Lines {
			n++
			on := l.Date
			if on.IsZero() {
				on = s.Date
			}
			batch.Queue(`INSERT INTO statement_line (practice_id, statement_id, line_no, encounter_id, service_line_id, patient_id, service_date, description,
					charge, insurance_paid, adjustments, patient_paid, owed, dunning_level)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
				practiceID, id, n, v.EncounterID, l.ServiceLineID, l.PatientID, on, l.Description,
				l.Charge, l.InsurancePaid, l.Adjustments, l.PatientPaid, l.Owed, v.Level)
		}
	}
	return id, tx.SendBatch(ctx, batch).Close()
}

// SaveSelection records why each guarantor was included in a run or left out.
func SaveSelection(ctx context.Context, tx pgx.Tx, practiceID, runID int64, list []billing.Selection, statementIDs map[int64]int64) error {
	batch := &pgx.Batch{}
	for _, s := range list {
		batch.Queue(`INSERT INTO statement_selection (practice_id, run_id, guarantor_id, included, reason, balance, statement_id)
			VALUES ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0))`,
			practiceID, runID, s.GuarantorID, s.Included, s.Reason, s.Balance, statementIDs[s.GuarantorID])
	}
	return tx.SendBatch(ctx, batch).Close()
}

// Selections returns the list of a run, by account.
func Selections(ctx context.Context, tx pgx.Tx, practiceID, runID int64) ([]billing.Selection, error) {
	rows, err := tx.Query(ctx, `
		SELECT x.guarantor_id, g.account, x.included, x.reason, x.balance, coalesce(s.number, ''), coalesce(s.dunning_level, 0)
		FROM statement_selection x
		JOIN guarantor g ON g.practice_id = x.practice_id AND g.id = x.guarantor_id
		LEFT JOIN statement s ON s.practice_id = x.practice_id AND s.id = x.statement_id
		WHERE x.practice_id = $1 AND x.run_id = $2 ORDER BY g.account`, practiceID, runID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s billing.Selection, err error) {
		return s, row.Scan(&s.GuarantorID, &s.Account, &s.Included, &s.Reason, &s.Balance, &s.Number, &s.Level)
	})
}

// StoredStatement is a statement as it was frozen.
type StoredStatement struct {
	ID      int64
	State   string // selected, rendered, delivered
	Content billing.Statement
}

// Statements returns statements by their ids.
func Statements(ctx context.Context, tx pgx.Tx, practiceID int64, ids []int64) ([]StoredStatement, error) {
	rows, err := tx.Query(ctx, `SELECT id, state, content FROM statement WHERE practice_id = $1 AND id = ANY($2) ORDER BY number`, practiceID, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s StoredStatement, err error) {
		var content []byte
		if err := row.Scan(&s.ID, &s.State, &content); err != nil {
			return s, err
		}
		return s, json.Unmarshal(content, &s.Content)
	})
}

// SavePDF keeps what a statement looks like. A statement that has its PDF keeps
// that one.
func SavePDF(ctx context.Context, tx pgx.Tx, practiceID, id int64, pdf []byte, pages int) error {
	sum := sha256.Sum256(pdf)
	_, err := tx.Exec(ctx, `UPDATE statement SET state = 'rendered', pages = $3, pdf = $4, pdf_sha256 = $5
		WHERE practice_id = $1 AND id = $2 AND state = 'selected'`, practiceID, id, pages, pdf, sum[:])
	return err
}

// PDF is a statement as it was printed.
type PDF struct {
	Number string
	Bytes  []byte
	Pages  int
}

// PDFsOfRun hands the rendered statements of a run to fn, one in memory at a
// time, by number.
func PDFsOfRun(ctx context.Context, tx pgx.Tx, practiceID, runID int64, fn func(PDF) error) error {
	rows, err := tx.Query(ctx, `SELECT id FROM statement WHERE practice_id = $1 AND run_id = $2 AND pdf IS NOT NULL ORDER BY number`, practiceID, runID)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range ids {
		p, err := StatementPDF(ctx, tx, practiceID, id)
		if err != nil {
			return err
		}
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

// StatementPDF returns the PDF of a statement, checked against its hash.
func StatementPDF(ctx context.Context, tx pgx.Tx, practiceID, id int64) (PDF, error) {
	var p PDF
	var sum []byte
	err := tx.QueryRow(ctx, `SELECT number, pages, pdf, pdf_sha256 FROM statement WHERE practice_id = $1 AND id = $2 AND pdf IS NOT NULL`, practiceID, id).
		Scan(&p.Number, &p.Pages, &p.Bytes, &sum)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, fault.NotFoundf("CB-STATEMENT-001", "this statement has no PDF yet")
	}
	if err != nil {
		return p, err
	}
	if got := sha256.Sum256(p.Bytes); string(got[:]) != string(sum) {
		return p, fault.Invalidf("CB-STATEMENT-002", "the stored PDF of statement %s is not what was rendered", p.Number)
	}
	return p, nil
}

// Applications returns, for the day, how many entries of applied credits each
// patient account has, so that the next one gets a key of its own.
func Applications(ctx context.Context, tx pgx.Tx, practiceID int64, prefix string) (map[string]int, error) {
	rows, err := tx.Query(ctx, `SELECT source_key FROM journal_entry WHERE practice_id = $1 AND starts_with(source_key, $2) AND kind = 'apply'`, practiceID, prefix)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var key string
	_, err = pgx.ForEachRow(rows, []any{&key}, func() error {
		rest := key[len(prefix):]
		for i := len(rest) - 1; i >= 0; i-- {
			if rest[i] == '|' {
				counts[rest[:i]]++
				break
			}
		}
		return nil
	})
	return counts, err
}

// ClaimsOfEncounters returns the claims of the visits, for their timelines.
func ClaimsOfEncounters(ctx context.Context, tx pgx.Tx, practiceID int64, encounterIDs []int64) (map[int64][]int64, error) {
	rows, err := tx.Query(ctx, `SELECT encounter_id, id FROM claim WHERE practice_id = $1 AND encounter_id = ANY($2)
		AND state NOT IN ('replaced', 'voided') ORDER BY encounter_id, payer_rank, id`, practiceID, encounterIDs)
	if err != nil {
		return nil, err
	}
	found := map[int64][]int64{}
	var encounter, claim int64
	_, err = pgx.ForEachRow(rows, []any{&encounter, &claim}, func() error {
		found[encounter] = append(found[encounter], claim)
		return nil
	})
	return found, err
}

// StatementNumber writes the practice's statement number as it is printed.
func StatementNumber(n int64) string { return fmt.Sprintf("%08d", n) }
