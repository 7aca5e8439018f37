package claimsdb

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// States of an encounter.
const (
	EncounterReceived = "received"
	EncounterHeld     = "held"
	EncounterClaimed  = "claimed"
	EncounterSelfPay  = "self-pay"
	EncounterVoid     = "void"
)

// JudgedEncounter is an encounter after the edits.
type JudgedEncounter struct {
	ID       int64
	State    string
	Subject  *claims.Subject
	Findings []claims.Finding
}

// SaveJudged records what the edits found and whom the encounters name.
func SaveJudged(ctx context.Context, tx pgx.Tx, practiceID int64, list []JudgedEncounter) error {
	var encounterIDs, patients, billing, rendering, facilities []int64
	var states, places, authorizations, findings []string
	for _, e := range list {
		s := e.Subject
		found := e.Findings
		if found == nil {
			found = []claims.Finding{}
		}
		text, err := json.Marshal(found)
		if err != nil {
			return err
		}
		var patientID, billingID, renderingID, facilityID int64
		if s.Patient != nil {
			patientID = s.Patient.ID
		}
		if s.Billing != nil {
			billingID = s.Billing.ID
		}
		if s.Rendering != nil {
			renderingID = s.Rendering.ID
		}
		if s.Facility != nil {
			facilityID = s.Facility.ID
		}
		encounterIDs, states = append(encounterIDs, e.ID), append(states, e.State)
		patients, billing = append(patients, patientID), append(billing, billingID)
		rendering, facilities = append(rendering, renderingID), append(facilities, facilityID)
		places, authorizations = append(places, s.PlaceOfService()), append(authorizations, s.Record.Authorization)
		findings = append(findings, string(text))
	}
	_, err := tx.Exec(ctx, `UPDATE encounter e SET state = u.state, patient_id = nullif(u.patient, 0),
			billing_provider_id = nullif(u.billing, 0), rendering_provider_id = nullif(u.rendering, 0),
			facility_id = nullif(u.facility, 0), place_of_service = u.place, authorization_number = u.auth, findings = u.findings::jsonb
		FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[])
		     AS u (id, state, patient, billing, rendering, facility, place, auth, findings)
		WHERE e.practice_id = $1 AND e.id = u.id`,
		practiceID, encounterIDs, states, patients, billing, rendering, facilities, places, authorizations, findings)
	return err
}

// EarlierServices returns what other encounters have charged for patients on
// the days between from and to, by patient.
func EarlierServices(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs, exceptEncounters []int64, from, to date.Date) (map[int64][]claims.EarlierService, error) {
	rows, err := tx.Query(ctx, `SELECT e.patient_id, e.external_id, l.service_date, l.procedure_code, l.modifiers, e.rendering_provider_id
		FROM encounter e JOIN service_line l ON l.practice_id = e.practice_id AND l.encounter_id = e.id AND NOT l.deleted
		WHERE e.practice_id = $1 AND e.patient_id = ANY($2) AND NOT e.id = ANY($3) AND e.state IN ('ready', 'claimed', 'self-pay')
		  AND l.service_date BETWEEN $4 AND $5 AND e.rendering_provider_id IS NOT NULL
		ORDER BY e.external_id, l.line_no`, practiceID, patientIDs, exceptEncounters, from, to)
	if err != nil {
		return nil, err
	}
	found := map[int64][]claims.EarlierService{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var patientID int64
		var s claims.EarlierService
		err := row.Scan(&patientID, &s.ExternalID, &s.ServiceDate, &s.Procedure, &s.Modifiers, &s.RenderingID)
		if len(s.Modifiers) == 0 {
			s.Modifiers = nil
		}
		found[patientID] = append(found[patientID], s)
		return struct{}{}, err
	})
	return found, err
}

// ChargedLine is a service line whose charge is in the ledger.
type ChargedLine struct {
	ID      int64
	LineNo  int
	Version int // of the charge
	Charge  money.Cents
}

// ChargedLines returns the lines of encounters that an earlier version has
// charged, by encounter.
func ChargedLines(ctx context.Context, tx pgx.Tx, practiceID int64, encounterIDs []int64) (map[int64][]ChargedLine, error) {
	rows, err := tx.Query(ctx, `SELECT encounter_id, id, line_no, charge_version, charge FROM service_line
		WHERE practice_id = $1 AND encounter_id = ANY($2) AND charge_version > 0 AND NOT deleted ORDER BY encounter_id, line_no`,
		practiceID, encounterIDs)
	if err != nil {
		return nil, err
	}
	found := map[int64][]ChargedLine{}
	var encounterID int64
	var line ChargedLine
	_, err = pgx.ForEachRow(rows, []any{&encounterID, &line.ID, &line.LineNo, &line.Version, &line.Charge}, func() error {
		found[encounterID] = append(found[encounterID], line)
		return nil
	})
	return found, err
}

// ServiceLine is a line of an encounter that is charged.
type ServiceLine struct {
	ID          int64 // set by PutServiceLines
	EncounterID int64
	LineNo      int
	Version     int // of the charge
	Line        claims.EncounterLine
	Description string // the practice's plain wording at that time
}

// PutServiceLines writes the lines and diagnoses of encounters that are
// charged; lines that a new version no longer has are marked deleted. It fills
// in the lines' ids: a line keeps its id through all versions, because the
// ledger knows it by that.
func PutServiceLines(ctx context.Context, tx pgx.Tx, practiceID int64, diagnoses map[int64][]string, lines []ServiceLine) error {
	if err := putDiagnoses(ctx, tx, practiceID, diagnoses); err != nil {
		return err
	}
	fresh, err := ids(ctx, tx, len(lines))
	if err != nil || len(lines) == 0 {
		return err
	}
	var encounters, charges []int64
	var numbers, versions []int32
	var procedures, modifiers, pointers, units, unit, descriptions []string
	var days []date.Date
	for _, l := range lines {
		encounters, charges = append(encounters, l.EncounterID), append(charges, int64(l.Line.Charge))
		numbers, versions = append(numbers, int32(l.LineNo)), append(versions, int32(l.Version))
		procedures, modifiers = append(procedures, l.Line.Procedure), append(modifiers, textArray(l.Line.Modifiers))
		pointers, units = append(pointers, numberArray(l.Line.Pointers)), append(units, l.Line.Units.String())
		kind := l.Line.Unit
		if kind == "" {
			kind = "UN"
		}
		unit, descriptions, days = append(unit, kind), append(descriptions, l.Description), append(days, l.Line.ServiceDate)
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO service_line (practice_id, id, encounter_id, line_no, procedure_code, modifiers, pointers, units, unit, charge,
		                          service_date, description, charge_version)
		SELECT $1, u.id, u.encounter, u.line_no, u.procedure_code, u.modifiers::text[], u.pointers::smallint[], u.units::numeric, u.unit,
		       u.charge, u.service_date, u.description, u.version
		FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
		            $11::date[], $12::text[], $13::int[])
		     AS u (id, encounter, line_no, procedure_code, modifiers, pointers, units, unit, charge, service_date, description, version)
		ON CONFLICT (practice_id, encounter_id, line_no) DO UPDATE SET procedure_code = EXCLUDED.procedure_code,
			modifiers = EXCLUDED.modifiers, pointers = EXCLUDED.pointers, units = EXCLUDED.units, unit = EXCLUDED.unit,
			charge = EXCLUDED.charge, service_date = EXCLUDED.service_date, description = EXCLUDED.description,
			charge_version = EXCLUDED.charge_version, deleted = false
		RETURNING encounter_id, line_no, id`,
		practiceID, fresh, encounters, numbers, procedures, modifiers, pointers, units, unit, charges, days, descriptions, versions)
	if err != nil {
		return err
	}
	type place struct {
		encounterID int64
		lineNo      int
	}
	found := make(map[place]int64, len(lines))
	var at place
	var id int64
	if _, err := pgx.ForEachRow(rows, []any{&at.encounterID, &at.lineNo, &id}, func() error { found[at] = id; return nil }); err != nil {
		return err
	}
	kept := make([]int64, len(lines))
	for i := range lines {
		lines[i].ID = found[place{lines[i].EncounterID, lines[i].LineNo}]
		kept[i] = lines[i].ID
	}
	_, err = tx.Exec(ctx, `UPDATE service_line SET deleted = true WHERE practice_id = $1 AND encounter_id = ANY($2) AND NOT id = ANY($3)`,
		practiceID, encounters, kept)
	return err
}

func putDiagnoses(ctx context.Context, tx pgx.Tx, practiceID int64, diagnoses map[int64][]string) error {
	var encounters []int64
	var numbers []int32
	var codes []string
	for encounterID, list := range diagnoses {
		for i, code := range list {
			encounters, numbers, codes = append(encounters, encounterID), append(numbers, int32(i+1)), append(codes, code)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM encounter_diagnosis WHERE practice_id = $1 AND encounter_id = ANY($2)`, practiceID, encounters); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO encounter_diagnosis (practice_id, encounter_id, seq, code)
		SELECT $1, u.encounter, u.seq, u.code FROM unnest($2::bigint[], $3::int[], $4::text[]) AS u (encounter, seq, code)`,
		practiceID, encounters, numbers, codes)
	return err
}

// PendingEncounters returns held encounters by external id, to be judged again.
func PendingEncounters(ctx context.Context, tx pgx.Tx, practiceID int64, externalIDs []string) ([]PendingRecord, error) {
	rows, err := tx.Query(ctx, `SELECT 0, id, version, content FROM encounter
		WHERE practice_id = $1 AND external_id = ANY($2) AND state = 'held' ORDER BY id FOR UPDATE`, practiceID, externalIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPending)
}

// HeldEncounters lists the external ids of all held encounters, in the order
// in which they came in.
func HeldEncounters(ctx context.Context, tx pgx.Tx, practiceID int64) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT external_id FROM encounter WHERE practice_id = $1 AND state = 'held' ORDER BY id`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// CloseEncounterItems takes the open held items of encounters off the worklists.
func CloseEncounterItems(ctx context.Context, tx pgx.Tx, practiceID int64, encounterIDs []int64, on date.Date, why string) error {
	_, err := tx.Exec(ctx, `UPDATE work_item SET state = 'done', closed_on = $3, closed_why = $4
		WHERE practice_id = $1 AND kind = 'held' AND encounter_id = ANY($2) AND state = 'open'`, practiceID, encounterIDs, on, why)
	return err
}
