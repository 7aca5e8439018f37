package claimsdb

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// ClaimFilter selects claims for a list; zero fields select everything.
type ClaimFilter struct {
	States   []string
	Payer    string    // code
	Patient  string    // account
	From, To date.Date // days of service, both included
	Number   string
	Limit    int // 0: all
}

// ClaimRow is a claim in a list.
type ClaimRow struct {
	ID          int64       `json:"-"`
	Number      string      `json:"claim"`
	Encounter   string      `json:"encounter"`
	State       string      `json:"state"`
	Rank        int16       `json:"rank"`
	Frequency   string      `json:"frequency"`
	Payer       string      `json:"payer"`
	PayerName   string      `json:"payer_name"`
	Patient     string      `json:"patient"` // account
	PatientName string      `json:"patient_name"`
	ServiceDate date.Date   `json:"service_date"`
	Charge      money.Cents `json:"charge"`
	ReadyOn     date.Date   `json:"ready_on"`
	SentOn      date.Date   `json:"sent_on"`
	TimelyBy    date.Date   `json:"timely_by"`
	PayerNumber string      `json:"payer_claim_number,omitempty"`
	Batch       int64       `json:"batch,omitempty"` // the practice's number; 0: in none
	SetControl  string      `json:"transaction_set,omitempty"`
	Previous    string      `json:"previous_claim,omitempty"` // the prior payer's claim
	Replaces    string      `json:"replaces,omitempty"`
}

const claimRowQuery = `SELECT c.id, c.number, e.external_id, c.state, c.payer_rank, c.frequency, p.code, p.name, t.account,
	t.last_name || ', ' || t.first_name, c.service_date, c.charge, c.ready_on, c.sent_on, c.timely_by, c.payer_claim_number,
	coalesce(b.number, 0), c.st_control, coalesce(q.number, ''), coalesce(r.number, '')
	FROM claim c
	JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
	JOIN payer p ON p.practice_id = c.practice_id AND p.id = c.payer_id
	JOIN patient t ON t.practice_id = c.practice_id AND t.id = c.patient_id
	LEFT JOIN batch b ON b.practice_id = c.practice_id AND b.id = c.batch_id
	LEFT JOIN claim q ON q.practice_id = c.practice_id AND q.id = c.previous_claim_id
	LEFT JOIN claim r ON r.practice_id = c.practice_id AND r.id = c.replaces_id
	WHERE c.practice_id = $1`

// ListClaims returns the claims that a filter selects, by number.
func ListClaims(ctx context.Context, tx pgx.Tx, practiceID int64, f ClaimFilter) ([]ClaimRow, error) {
	states := f.States
	if states == nil {
		states = []string{}
	}
	limit := any(f.Limit)
	if f.Limit == 0 {
		limit = nil
	}
	rows, err := tx.Query(ctx, claimRowQuery+` AND (cardinality($2::text[]) = 0 OR c.state = ANY($2)) AND ($3 = '' OR p.code = $3)
		AND ($4 = '' OR t.account = $4) AND ($5::date IS NULL OR c.service_date >= $5) AND ($6::date IS NULL OR c.service_date <= $6)
		AND ($7 = '' OR c.number = $7) ORDER BY c.number LIMIT $8`,
		practiceID, states, f.Payer, f.Patient, f.From, f.To, f.Number, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ClaimRow])
}

// ClaimEvent is one event of a claim's timeline.
type ClaimEvent struct {
	Event      string    `json:"event"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	Message    string    `json:"message"`
	Actor      string    `json:"actor"`
	On         date.Date `json:"on"`
	File       string    `json:"file,omitempty"`
	FileID     int64     `json:"-"`
	ByteOffset int64     `json:"byte_offset"` // of the segment that says so; -1: none
}

// ClaimLineRow is a line of a claim with what it came to.
type ClaimLineRow struct {
	LineNo        int             `json:"line"`
	ControlNumber string          `json:"control_number"`
	Procedure     string          `json:"procedure"`
	Modifiers     []string        `json:"modifiers"`
	Units         decimal.Decimal `json:"units"`
	Charge        money.Cents     `json:"charge"`
	ServiceDate   date.Date       `json:"service_date"`
	Description   string          `json:"description"`
	Insurance     money.Cents     `json:"insurance_balance"` // what payers still owe on it
	PatientOwes   money.Cents     `json:"patient_balance"`
}

// ClaimDetail is all there is to say of a claim.
type ClaimDetail struct {
	ClaimRow
	Snapshot  claims.Claim     `json:"snapshot"`
	Lines     []ClaimLineRow   `json:"lines"`
	Events    []ClaimEvent     `json:"events"`
	WorkItems []OpenItem       `json:"work_items"`
	Findings  []claims.Finding `json:"findings"` // of the edits, about its encounter
}

// OpenItem is a work item that waits.
type OpenItem struct {
	Kind   string      `json:"kind"`
	Reason string      `json:"reason"`
	Action string      `json:"action"`
	Amount money.Cents `json:"amount"`
	DueOn  date.Date   `json:"due_on"`
}

// FindClaim returns everything about the claim with the number.
func FindClaim(ctx context.Context, tx pgx.Tx, practiceID int64, number string) (ClaimDetail, error) {
	rows, err := ListClaims(ctx, tx, practiceID, ClaimFilter{Number: number})
	if err != nil {
		return ClaimDetail{}, err
	}
	if len(rows) == 0 {
		return ClaimDetail{}, fault.NotFoundf("CB-CLAIM-002", "no claim has the number %s", number).WithFix("list them with: claimbook claims list")
	}
	d := ClaimDetail{ClaimRow: rows[0]}
	var snapshot, findings []byte
	if err := tx.QueryRow(ctx, `SELECT c.snapshot, e.findings FROM claim c JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
		WHERE c.practice_id = $1 AND c.id = $2`, practiceID, d.ID).Scan(&snapshot, &findings); err != nil {
		return d, err
	}
	if err := errors.Join(json.Unmarshal(snapshot, &d.Snapshot), json.Unmarshal(findings, &d.Findings)); err != nil {
		return d, err
	}
	if d.Lines, err = claimLines(ctx, tx, practiceID, d.ID); err != nil {
		return d, err
	}
	if d.Events, err = Timeline(ctx, tx, practiceID, d.ID); err != nil {
		return d, err
	}
	d.WorkItems, err = openItems(ctx, tx, practiceID, d.ID)
	return d, err
}

// Timeline returns the events of a claim, oldest first.
func Timeline(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]ClaimEvent, error) {
	rows, err := tx.Query(ctx, `SELECT v.event, v.from_state, v.to_state, v.message, v.actor, v.occurred_on, coalesce(f.name, ''),
		coalesce(v.edi_file_id, 0), coalesce(v.byte_offset, -1)
		FROM claim_event v LEFT JOIN edi_file f ON f.practice_id = v.practice_id AND f.id = v.edi_file_id
		WHERE v.practice_id = $1 AND v.claim_id = $2 ORDER BY v.id`, practiceID, claimID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ClaimEvent])
}

func claimLines(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]ClaimLineRow, error) {
	rows, err := tx.Query(ctx, `SELECT l.line_no, l.control_number, l.procedure_code, l.modifiers, l.units::text, l.charge, l.service_date, s.description,
		coalesce((SELECT sum(amount) FROM subledger_balance b WHERE b.practice_id = l.practice_id AND b.service_line_id = l.service_line_id AND b.account = '1100'), 0)::bigint,
		coalesce((SELECT sum(amount) FROM subledger_balance b WHERE b.practice_id = l.practice_id AND b.service_line_id = l.service_line_id AND b.account = '1110'), 0)::bigint
		FROM claim_line l JOIN service_line s ON s.practice_id = l.practice_id AND s.id = l.service_line_id
		WHERE l.practice_id = $1 AND l.claim_id = $2 ORDER BY l.line_no`, practiceID, claimID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ClaimLineRow])
}

func openItems(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]OpenItem, error) {
	rows, err := tx.Query(ctx, `SELECT kind, reason, action, amount, due_on FROM work_item
		WHERE practice_id = $1 AND claim_id = $2 AND state = 'open' ORDER BY id`, practiceID, claimID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OpenItem])
}

// SetSnapshot freezes a claim anew: it was never in adjudication and goes out
// again, corrected.
func SetSnapshot(ctx context.Context, tx pgx.Tx, practiceID, claimID int64, snapshot claims.Claim, on date.Date) error {
	text, err := json.Marshal(snapshot)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE claim SET snapshot = $3, ready_on = $4 WHERE practice_id = $1 AND id = $2`, practiceID, claimID, string(text), on)
	return err
}

// ResendClaim is what freezing a claim anew needs.
type ResendClaim struct {
	ID          int64
	Number      string
	State       claims.State
	PayerID     int64
	CoverageID  int64
	Rank        int16
	EncounterID int64
	Snapshot    claims.Claim
	Record      claims.EncounterRecord
}

// ResendClaims returns claims by number, or all rejected ones of a batch when
// batch is not 0, and locks them.
func ResendClaims(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string, batch int64) ([]ResendClaim, error) {
	if numbers == nil {
		numbers = []string{}
	}
	rows, err := tx.Query(ctx, `SELECT c.id, c.number, c.state, c.payer_id, c.coverage_id, c.payer_rank, c.encounter_id, c.snapshot, e.content
		FROM claim c JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
		WHERE c.practice_id = $1 AND (c.number = ANY($2) OR ($3 <> 0 AND c.state = 'rejected' AND c.batch_id = (
			SELECT id FROM batch WHERE practice_id = $1 AND number = $3)))
		ORDER BY c.number FOR UPDATE OF c`, practiceID, numbers, batch)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ResendClaim, err error) {
		var snapshot, record []byte
		if err = row.Scan(&c.ID, &c.Number, &c.State, &c.PayerID, &c.CoverageID, &c.Rank, &c.EncounterID, &snapshot, &record); err != nil {
			return c, err
		}
		return c, errors.Join(json.Unmarshal(snapshot, &c.Snapshot), json.Unmarshal(record, &c.Record))
	})
}
