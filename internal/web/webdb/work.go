package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// WorkCount is what waits of one kind.
type WorkCount struct {
	Kind     string
	Items    int64
	Amount   money.Cents // cents at risk
	Overdue  int64
	FirstDue date.Date // zero: nothing of it has a date
}

// WorkCounts counts the open work items by kind, the most valuable first.
func WorkCounts(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date) ([]WorkCount, error) {
	return many[WorkCount](ctx, tx, `
		SELECT kind, count(*) AS items, coalesce(sum(amount), 0)::bigint AS amount,
		       count(*) FILTER (WHERE due_on < $2) AS overdue, min(due_on) AS first_due
		FROM work_item WHERE practice_id = $1 AND state = 'open' AND (snooze_until IS NULL OR snooze_until <= $2)
		GROUP BY kind ORDER BY 3 DESC, kind`, practiceID, today)
}

// WorkItem is one thing that waits for a person.
type WorkItem struct {
	ID           int64
	Kind         string
	State        string
	Reason       string
	Action       string
	Amount       money.Cents
	DueOn        date.Date
	OpenedOn     date.Date
	ClosedOn     date.Date
	ClosedWhy    string
	EncounterID  int64
	Encounter    string // its external id
	ClaimID      int64
	ClaimNumber  string
	PatientID    int64
	PatientName  string
	PayerName    string
	RemittanceID int64
	Trace        string
	FileID       int64
	FileName     string
	BatchID      int64
	BatchNumber  int64
	OwnerName    string
}

const workItemColumns = `
	SELECT w.id, w.kind, w.state, w.reason, w.action, w.amount, w.due_on, w.opened_on, w.closed_on, w.closed_why,
	       coalesce(w.encounter_id, 0) AS encounter_id, coalesce(e.external_id, '') AS encounter,
	       coalesce(w.claim_id, 0) AS claim_id, coalesce(c.number, '') AS claim_number,
	       coalesce(w.patient_id, c.patient_id, e.patient_id, 0) AS patient_id,
	       coalesce(p.last_name || ', ' || p.first_name, '') AS patient_name,
	       coalesce(y.name, '') AS payer_name,
	       coalesce(w.remittance_id, 0) AS remittance_id, coalesce(r.trace, '') AS trace,
	       coalesce(w.edi_file_id, 0) AS file_id, coalesce(f.name, '') AS file_name,
	       coalesce(w.batch_id, 0) AS batch_id, coalesce(b.number, 0) AS batch_number,
	       coalesce(u.display_name, '') AS owner_name
	FROM work_item w
	LEFT JOIN encounter e ON e.practice_id = w.practice_id AND e.id = w.encounter_id
	LEFT JOIN claim c ON c.practice_id = w.practice_id AND c.id = w.claim_id
	LEFT JOIN patient p ON p.practice_id = w.practice_id AND p.id = coalesce(w.patient_id, c.patient_id, e.patient_id)
	LEFT JOIN payer y ON y.practice_id = w.practice_id AND y.id = coalesce(w.payer_id, c.payer_id)
	LEFT JOIN remittance r ON r.practice_id = w.practice_id AND r.id = w.remittance_id
	LEFT JOIN edi_file f ON f.practice_id = w.practice_id AND f.id = w.edi_file_id
	LEFT JOIN batch b ON b.practice_id = w.practice_id AND b.id = w.batch_id
	LEFT JOIN app_user u ON u.id = w.owner_id`

// WorkItems returns a page of the open items, of one kind or of all: what is
// overdue or due within a week first by date, then by dollars at risk.
func WorkItems(ctx context.Context, tx pgx.Tx, practiceID int64, kind string, today date.Date, page Page) ([]WorkItem, Page, error) {
	var err error
	page.Total, err = scalar[int64](ctx, tx, `
		SELECT count(*) FROM work_item WHERE practice_id = $1 AND state = 'open' AND ($2 = '' OR kind = $2)
		AND (snooze_until IS NULL OR snooze_until <= $3)`, practiceID, kind, today)
	if err != nil {
		return nil, page, err
	}
	items, err := many[WorkItem](ctx, tx, workItemColumns+`
		WHERE w.practice_id = $1 AND w.state = 'open' AND ($2 = '' OR w.kind = $2)
		AND (w.snooze_until IS NULL OR w.snooze_until <= $3)
		ORDER BY CASE WHEN w.due_on <= $3::date + 7 THEN w.due_on ELSE 'infinity' END, w.amount DESC, w.id
		LIMIT $4 OFFSET $5`, practiceID, kind, today, PageSize, page.Offset())
	return items, page, err
}

// ClaimWork returns the items of a claim and of its encounter, open first.
func ClaimWork(ctx context.Context, tx pgx.Tx, practiceID, claimID, encounterID int64) ([]WorkItem, error) {
	return many[WorkItem](ctx, tx, workItemColumns+`
		WHERE w.practice_id = $1 AND (w.claim_id = $2 OR w.claim_id IS NULL AND w.encounter_id = $3)
		ORDER BY w.state DESC, w.id`, practiceID, claimID, encounterID)
}

// RemittanceWork returns the items of a remittance, open first.
func RemittanceWork(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64) ([]WorkItem, error) {
	return many[WorkItem](ctx, tx, workItemColumns+`
		WHERE w.practice_id = $1 AND w.remittance_id = $2 ORDER BY w.state DESC, w.amount DESC, w.id`, practiceID, remittanceID)
}

// PatientWork returns the open items of a patient.
func PatientWork(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) ([]WorkItem, error) {
	return many[WorkItem](ctx, tx, workItemColumns+`
		WHERE w.practice_id = $1 AND w.state = 'open' AND coalesce(w.patient_id, c.patient_id, e.patient_id) = $2
		ORDER BY w.amount DESC, w.id`, practiceID, patientID)
}
