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

// ListHeld returns the held encounters that a filter of patient and days
// selects, dearest first.
func ListHeld(ctx context.Context, tx pgx.Tx, practiceID int64, f ClaimFilter) ([]HeldEncounter, error) {
	rows, err := tx.Query(ctx, `SELECT e.external_id, e.state, e.content->>'patient', e.service_date, e.charge, e.received_on,
			(SELECT max(w.due_on) FROM work_item w WHERE w.practice_id = e.practice_id AND w.encounter_id = e.id AND w.state = 'open'), e.findings
		FROM encounter e WHERE e.practice_id = $1 AND e.state = 'held' AND ($2 = '' OR e.content->>'patient' = $2)
		  AND ($3::date IS NULL OR e.service_date >= $3) AND ($4::date IS NULL OR e.service_date <= $4)
		ORDER BY e.charge DESC, e.external_id`, practiceID, f.Patient, f.From, f.To)
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
