package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// ClaimFilter narrows the list of claims; a zero field narrows nothing.
type ClaimFilter struct {
	State     string
	PayerID   int64
	PatientID int64
	BatchID   int64
	From, To  date.Date // first day of service
}

// ClaimRow is a claim in a list.
type ClaimRow struct {
	ID             int64
	Number         string
	State          string
	PayerRank      int16
	ServiceDate    date.Date
	SentOn         date.Date
	TimelyBy       date.Date
	PatientID      int64
	PatientAccount string
	PatientName    string
	PayerName      string
	Charge         money.Cents
	Insurance      money.Cents // still owed by this claim's payer, from the ledger
	Patient        money.Cents // still owed by the patient for the same lines
}

const claimWhere = `
	c.practice_id = $1 AND ($2 = '' OR c.state = $2) AND ($3::bigint = 0 OR c.payer_id = $3) AND ($4::bigint = 0 OR c.patient_id = $4)
	AND ($5::bigint = 0 OR c.batch_id = $5) AND ($6::date IS NULL OR c.service_date >= $6) AND ($7::date IS NULL OR c.service_date <= $7)`

// ClaimTotals is the sum under a list of claims.
type ClaimTotals struct {
	Claims int64
	Charge money.Cents
}

// Claims returns a page of the claims that pass the filter, latest service
// first, and the totals of all of them.
func Claims(ctx context.Context, tx pgx.Tx, practiceID int64, f ClaimFilter, page Page) ([]ClaimRow, ClaimTotals, Page, error) {
	args := []any{practiceID, f.State, f.PayerID, f.PatientID, f.BatchID, f.From, f.To}
	totals, err := one[ClaimTotals](ctx, tx, "claim",
		`SELECT count(*) AS claims, coalesce(sum(c.charge), 0)::bigint AS charge FROM claim c WHERE`+claimWhere, args...)
	if err != nil {
		return nil, totals, page, err
	}
	page.Total = totals.Claims
	rows, err := many[ClaimRow](ctx, tx, `
		WITH shown AS (
			SELECT c.* FROM claim c WHERE`+claimWhere+`
			ORDER BY c.service_date DESC, c.number DESC LIMIT $8 OFFSET $9)
		SELECT c.id, c.number, c.state, c.payer_rank, c.service_date, c.sent_on, c.timely_by, c.patient_id, c.charge,
		       p.account AS patient_account, p.last_name || ', ' || p.first_name AS patient_name, y.name AS payer_name,
		       coalesce(s.insurance, 0)::bigint AS insurance, coalesce(s.patient, 0)::bigint AS patient
		FROM shown c
		JOIN patient p ON p.practice_id = c.practice_id AND p.id = c.patient_id
		JOIN payer y ON y.practice_id = c.practice_id AND y.id = c.payer_id
		LEFT JOIN LATERAL (
			SELECT sum(b.amount) FILTER (WHERE b.account = '1100' AND b.payer_id = c.payer_id AND b.payer_rank = c.payer_rank) AS insurance,
			       sum(b.amount) FILTER (WHERE b.account = '1110') AS patient
			FROM claim_line l JOIN subledger_balance b
			  ON b.practice_id = l.practice_id AND b.service_line_id = l.service_line_id AND b.service_line_id <> 0
			WHERE l.practice_id = c.practice_id AND l.claim_id = c.id) s ON true
		ORDER BY c.service_date DESC, c.number DESC`, append(args, PageSize, page.Offset())...)
	return rows, totals, page, err
}

// Option is a choice of a filter.
type Option struct {
	ID   int64
	Name string
}

// Payers returns the practice's payers by name.
func Payers(ctx context.Context, tx pgx.Tx, practiceID int64) ([]Option, error) {
	return many[Option](ctx, tx, `SELECT id, name FROM payer WHERE practice_id = $1 ORDER BY name`, practiceID)
}

// PatientLabel returns a patient's name for the heading of a filtered list.
func PatientLabel(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (Option, error) {
	return one[Option](ctx, tx, "patient",
		`SELECT id, last_name || ', ' || first_name AS name FROM patient WHERE practice_id = $1 AND id = $2`, practiceID, patientID)
}
