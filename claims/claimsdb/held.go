package claimsdb

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// HeldEncounter is an encounter that the edits keep from becoming a claim.
type HeldEncounter struct {
	ExternalID  string           `json:"encounter"`
	State       string           `json:"state"`   // held
	Patient     string           `json:"patient"` // account, as the record names it
	ServiceDate date.Date        `json:"service_date"`
	Charge      money.Cents      `json:"charge"`
	ReceivedOn  date.Date        `json:"received_on"`
	DueOn       date.Date        `json:"due_on"` // timely filing
	Findings    []claims.Finding `json:"findings"`
}

// ClaimsOfEncounter returns the claims of the encounter with an external id, by
// number, and the encounter itself when it is held.
func ClaimsOfEncounter(ctx context.Context, tx pgx.Tx, practiceID int64, externalID string) ([]string, *HeldEncounter, error) {
	rows, err := tx.Query(ctx, `SELECT c.number FROM claim c JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
		WHERE c.practice_id = $1 AND e.external_id = $2 ORDER BY c.number`, practiceID, externalID)
	if err != nil {
		return nil, nil, err
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, nil, err
	}
	held, err := listHeld(ctx, tx, practiceID, ClaimFilter{}, externalID)
	if err != nil || len(held) == 0 {
		return numbers, nil, err
	}
	return numbers, &held[0], nil
}

// ListHeld returns the held encounters that a filter of patient and days
// selects, dearest first.
func ListHeld(ctx context.Context, tx pgx.Tx, practiceID int64, f ClaimFilter) ([]HeldEncounter, error) {
	return listHeld(ctx, tx, practiceID, f, "")
}

func listHeld(ctx context.Context, tx pgx.Tx, practiceID int64, f ClaimFilter, externalID string) ([]HeldEncounter, error) {
	rows, err := tx.Query(ctx, `SELECT e.external_id, e.state, e.content->>'patient', e.service_date, e.charge, e.received_on,
			(SELECT max(w.due_on) FROM work_item w WHERE w.practice_id = e.practice_id AND w.encounter_id = e.id AND w.state = 'open'), e.findings
		FROM encounter e WHERE e.practice_id = $1 AND e.state = 'held' AND ($2 = '' OR e.content->>'patient' = $2)
		  AND ($3::date IS NULL OR e.service_date >= $3) AND ($4::date IS NULL OR e.service_date <= $4)
		  AND ($5 = '' OR e.external_id = $5)
		ORDER BY e.charge DESC, e.external_id`, practiceID, f.Patient, f.From, f.To, externalID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h HeldEncounter, err error) {
		var findings []byte
		if err = row.Scan(&h.ExternalID, &h.State, &h.Patient, &h.ServiceDate, &h.Charge, &h.ReceivedOn, &h.DueOn, &findings); err != nil {
			return h, err
		}
		return h, json.Unmarshal(findings, &h.Findings)
	})
}
