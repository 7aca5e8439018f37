package claimsdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
)

// IntakeFile is one file of encounters and what became of it.
type IntakeFile struct {
	ID        int64    `json:"-"`
	EDIFileID int64    `json:"-"`
	RunID     int64    `json:"-"`
	Name      string   `json:"file"`
	Format    string   `json:"format"`
	State     string   `json:"state"`            // stored, finished, refused
	Reason    string   `json:"reason,omitempty"` // of a refused file
	Records   int      `json:"records"`
	Accepted  int      `json:"accepted"`
	Held      int      `json:"held"`
	Duplicate int      `json:"duplicate"`
	Refused   int      `json:"refused"`
	Notices   []string `json:"notices,omitempty"`
}

// States of an intake file.
const (
	IntakeStored   = "stored"
	IntakeFinished = "finished"
	IntakeRefused  = "refused"
)

// Outcomes of a record.
const (
	OutcomeStored    = "stored" // read, not yet judged
	OutcomeAccepted  = "accepted"
	OutcomeHeld      = "held"
	OutcomeDuplicate = "duplicate"
	OutcomeRefused   = "refused"
)

// IntakeRecord is one encounter of a file and what became of it.
type IntakeRecord struct {
	No          int      `json:"record"`
	Line        int      `json:"line"`
	ExternalID  string   `json:"encounter_id"`
	Hash        []byte   `json:"-"`
	Outcome     string   `json:"outcome"`
	Reasons     []string `json:"reasons,omitempty"`
	EncounterID int64    `json:"-"`
}

const intakeFileColumns = `i.id, i.edi_file_id, i.run_id, f.name, i.format, i.state,
	CASE WHEN i.state = 'refused' THEN f.outcome ELSE '' END, i.records, i.accepted, i.held, i.duplicate, i.refused, i.notices
	FROM intake_file i JOIN edi_file f ON f.practice_id = i.practice_id AND f.id = i.edi_file_id`

func scanIntakeFile(row pgx.CollectableRow) (f IntakeFile, err error) {
	var notices []byte
	if err = row.Scan(&f.ID, &f.EDIFileID, &f.RunID, &f.Name, &f.Format, &f.State, &f.Reason, &f.Records, &f.Accepted, &f.Held,
		&f.Duplicate, &f.Refused, &notices); err != nil {
		return f, err
	}
	return f, json.Unmarshal(notices, &f.Notices)
}

// AddIntakeFile records that a stored file is to be read as encounters, in a run.
func AddIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, ediFileID, runID int64, format string) (IntakeFile, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO intake_file (practice_id, edi_file_id, run_id, format) VALUES ($1, $2, $3, $4)`,
		practiceID, ediFileID, runID, format); err != nil {
		return IntakeFile{}, err
	}
	return intakeFile(ctx, tx, practiceID, `i.edi_file_id = $2`, ediFileID)
}

// FindIntakeFile returns the file with the id.
func FindIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, id int64) (IntakeFile, error) {
	return intakeFile(ctx, tx, practiceID, `i.id = $2`, id)
}

// IntakeFileOf returns what was made of a stored file; pgx.ErrNoRows when it
// was never read as encounters.
func IntakeFileOf(ctx context.Context, tx pgx.Tx, practiceID, ediFileID int64) (IntakeFile, error) {
	return intakeFile(ctx, tx, practiceID, `i.edi_file_id = $2`, ediFileID)
}

func intakeFile(ctx context.Context, tx pgx.Tx, practiceID int64, where string, id int64) (IntakeFile, error) {
	rows, err := tx.Query(ctx, `SELECT `+intakeFileColumns+` WHERE i.practice_id = $1 AND `+where, practiceID, id)
	if err != nil {
		return IntakeFile{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanIntakeFile)
}

// MoveIntakeFile gives a file that was begun to another run, which goes on with it.
func MoveIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, id, runID int64) error {
	_, err := tx.Exec(ctx, `UPDATE intake_file SET run_id = $3 WHERE practice_id = $1 AND id = $2`, practiceID, id, runID)
	return err
}

// NextIntakeFile returns the next file of a run that is not read yet, in the
// order in which they were given, and the day on which it came; 0 when there is
// none. Files of a run are read one after the other, so that claim numbers
// follow the input.
func NextIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, runID, after int64) (id int64, receivedOn date.Date, err error) {
	err = tx.QueryRow(ctx, `SELECT i.id, f.received_on FROM intake_file i JOIN edi_file f ON f.practice_id = i.practice_id AND f.id = i.edi_file_id
		WHERE i.practice_id = $1 AND i.run_id = $2 AND i.id > $3 AND i.state = 'stored' ORDER BY i.id LIMIT 1`, practiceID, runID, after).Scan(&id, &receivedOn)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return id, receivedOn, err
}

// ReadingRun returns the run that still reads files of encounters, so that a new
// file is read behind them; 0 when nothing is being read.
func ReadingRun(ctx context.Context, tx pgx.Tx, practiceID int64) (runID int64, err error) {
	err = tx.QueryRow(ctx, `SELECT r.id FROM intake_file i JOIN job_run r ON r.practice_id = i.practice_id AND r.id = i.run_id
		WHERE i.practice_id = $1 AND i.state = 'stored' AND r.outstanding > 0 ORDER BY i.id DESC LIMIT 1`, practiceID).Scan(&runID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return runID, err
}

// LockIntake keeps other readers of encounters out until the transaction ends:
// what is a duplicate, and which number a claim gets, depends on their order.
func LockIntake(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, fmt.Sprintf("claimbook intake %d", practiceID))
	return err
}

// AddRecords records what was read of a file.
func AddRecords(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64, records []IntakeRecord) error {
	if len(records) == 0 {
		return nil
	}
	var numbers, lines []int32
	var ids, outcomes, reasons []string
	var hashes [][]byte
	var encounters []int64
	for _, r := range records {
		text, err := json.Marshal(nonNil(r.Reasons))
		if err != nil {
			return err
		}
		numbers, lines = append(numbers, int32(r.No)), append(lines, int32(r.Line))
		ids, outcomes, reasons = append(ids, r.ExternalID), append(outcomes, r.Outcome), append(reasons, string(text))
		hashes, encounters = append(hashes, r.Hash), append(encounters, r.EncounterID)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO intake_record (practice_id, intake_file_id, record_no, line_no, external_id, content_hash, outcome, reasons, encounter_id)
		SELECT $1, $2, u.record_no, u.line_no, u.external_id, u.hash, u.outcome, u.reasons::jsonb, nullif(u.encounter, 0)
		FROM unnest($3::int[], $4::int[], $5::text[], $6::bytea[], $7::text[], $8::text[], $9::bigint[])
		     AS u (record_no, line_no, external_id, hash, outcome, reasons, encounter)`,
		practiceID, intakeFileID, numbers, lines, ids, hashes, outcomes, reasons, encounters)
	return err
}

// PendingRecord is a record that waits for the edits, with its encounter.
type PendingRecord struct {
	RecordNo    int
	EncounterID int64
	Version     int
	Record      claims.EncounterRecord
}

// PendingRecords returns up to limit records of a file that wait for the edits,
// from a record number on, in the file's order.
func PendingRecords(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64, from, limit int) ([]PendingRecord, error) {
	rows, err := tx.Query(ctx, `SELECT r.record_no, e.id, e.version, e.content
		FROM intake_record r JOIN encounter e ON e.practice_id = r.practice_id AND e.id = r.encounter_id
		WHERE r.practice_id = $1 AND r.intake_file_id = $2 AND r.record_no >= $3 AND r.outcome = 'stored'
		ORDER BY r.record_no LIMIT $4`, practiceID, intakeFileID, from, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanPending)
}

func scanPending(row pgx.CollectableRow) (p PendingRecord, err error) {
	var content []byte
	if err = row.Scan(&p.RecordNo, &p.EncounterID, &p.Version, &content); err != nil {
		return p, err
	}
	return p, json.Unmarshal(content, &p.Record)
}

// SetOutcomes records what the edits decided about records of a file.
func SetOutcomes(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64, records []IntakeRecord) error {
	var numbers []int32
	var outcomes, reasons []string
	for _, r := range records {
		text, err := json.Marshal(nonNil(r.Reasons))
		if err != nil {
			return err
		}
		numbers, outcomes, reasons = append(numbers, int32(r.No)), append(outcomes, r.Outcome), append(reasons, string(text))
	}
	_, err := tx.Exec(ctx, `UPDATE intake_record r SET outcome = u.outcome, reasons = u.reasons::jsonb
		FROM unnest($3::int[], $4::text[], $5::text[]) AS u (record_no, outcome, reasons)
		WHERE r.practice_id = $1 AND r.intake_file_id = $2 AND r.record_no = u.record_no`,
		practiceID, intakeFileID, numbers, outcomes, reasons)
	return err
}

// FinishIntakeFile counts a file's records and closes it; it returns the file
// as it stands then.
func FinishIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, id int64) (IntakeFile, error) {
	if _, err := tx.Exec(ctx, `UPDATE intake_file f SET state = 'finished', records = n.records, accepted = n.accepted, held = n.held,
			duplicate = n.duplicate, refused = n.refused
		FROM (SELECT count(*) AS records, count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
		             count(*) FILTER (WHERE outcome = 'held') AS held, count(*) FILTER (WHERE outcome = 'duplicate') AS duplicate,
		             count(*) FILTER (WHERE outcome = 'refused') AS refused
		      FROM intake_record WHERE practice_id = $1 AND intake_file_id = $2) n
		WHERE f.practice_id = $1 AND f.id = $2`, practiceID, id); err != nil {
		return IntakeFile{}, err
	}
	return FindIntakeFile(ctx, tx, practiceID, id)
}

// RefuseIntakeFile closes a file that could not be read at all.
func RefuseIntakeFile(ctx context.Context, tx pgx.Tx, practiceID, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE intake_file SET state = 'refused' WHERE practice_id = $1 AND id = $2`, practiceID, id)
	return err
}

// SetNotices keeps what a person should know of a file as a whole.
func SetNotices(ctx context.Context, tx pgx.Tx, practiceID, id int64, format string, notices []string) error {
	text, err := json.Marshal(nonNil(notices))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE intake_file SET format = $3, notices = $4::jsonb WHERE practice_id = $1 AND id = $2`,
		practiceID, id, format, string(text))
	return err
}

// RecordsRead returns how many records of a file are known: not 0 when an
// earlier attempt has read it.
func RecordsRead(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM intake_record WHERE practice_id = $1 AND intake_file_id = $2`, practiceID, intakeFileID).Scan(&n)
	return n, err
}

// Records returns a file's records with one of the outcomes, in its order.
func Records(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64, outcomes ...string) ([]IntakeRecord, error) {
	rows, err := tx.Query(ctx, `SELECT record_no, line_no, external_id, outcome, reasons, coalesce(encounter_id, 0) FROM intake_record
		WHERE practice_id = $1 AND intake_file_id = $2 AND outcome = ANY($3) ORDER BY record_no`, practiceID, intakeFileID, outcomes)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r IntakeRecord, err error) {
		var reasons []byte
		if err = row.Scan(&r.No, &r.Line, &r.ExternalID, &r.Outcome, &reasons, &r.EncounterID); err != nil {
			return r, err
		}
		return r, json.Unmarshal(reasons, &r.Reasons)
	})
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// ids takes a block of object ids.
func ids(ctx context.Context, tx pgx.Tx, n int) ([]int64, error) {
	rows, err := tx.Query(ctx, `SELECT nextval('object_id') FROM generate_series(1, $1)`, n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// EncounterHead is what reading needs to know of an encounter that is there.
type EncounterHead struct {
	ID         int64
	Version    int
	Hash       []byte
	State      string
	ClaimID    int64 // of its live primary claim; 0: none
	ClaimState claims.State
}

// EncounterHeads returns the encounters with these external ids.
func EncounterHeads(ctx context.Context, tx pgx.Tx, practiceID int64, externalIDs []string) (map[string]EncounterHead, error) {
	rows, err := tx.Query(ctx, `SELECT e.external_id, e.id, e.version, e.content_hash, e.state, coalesce(c.id, 0), coalesce(c.state, '')
		FROM encounter e LEFT JOIN LATERAL (
			SELECT id, state FROM claim WHERE practice_id = e.practice_id AND encounter_id = e.id AND payer_rank = 1
			  AND state NOT IN ('replaced', 'voided') ORDER BY id DESC LIMIT 1) c ON true
		WHERE e.practice_id = $1 AND e.external_id = ANY($2)`, practiceID, externalIDs)
	if err != nil {
		return nil, err
	}
	heads := map[string]EncounterHead{}
	var externalID string
	var h EncounterHead
	var state string
	_, err = pgx.ForEachRow(rows, []any{&externalID, &h.ID, &h.Version, &h.Hash, &h.State, &h.ClaimID, &state}, func() error {
		head := h
		head.Hash, head.ClaimState = append([]byte(nil), h.Hash...), claims.State(state)
		heads[externalID] = head
		return nil
	})
	return heads, err
}

// NewEncounter is an encounter as read, before the edits.
type NewEncounter struct {
	ID      int64 // 0: new, else the one that it is a new version of
	Version int
	Record  claims.EncounterRecord
	Hash    [32]byte
}

// PutEncounters adds encounters, and new versions of known ones, as received;
// it returns their ids in order.
func PutEncounters(ctx context.Context, tx pgx.Tx, practiceID int64, list []NewEncounter, on date.Date) ([]int64, error) {
	if len(list) == 0 {
		return nil, nil
	}
	fresh, err := ids(ctx, tx, len(list))
	if err != nil {
		return nil, err
	}
	encounterIDs := make([]int64, len(list))
	var externals, contents []string
	var versions []int32
	var hashes [][]byte
	var charges []int64
	var days []date.Date
	for i, e := range list {
		if encounterIDs[i] = e.ID; e.ID == 0 {
			encounterIDs[i] = fresh[i]
		}
		content, err := json.Marshal(e.Record)
		if err != nil {
			return nil, err
		}
		charge, err := e.Record.Charge()
		if err != nil {
			charge = 0 // a sum out of range is held by the edits
		}
		externals, contents = append(externals, e.Record.ExternalID), append(contents, string(content))
		versions, hashes = append(versions, int32(e.Version)), append(hashes, e.Hash[:])
		charges, days = append(charges, int64(charge)), append(days, e.Record.ServiceDate())
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO encounter (practice_id, id, external_id, version, content_hash, content, state, charge, service_date, received_on)
		SELECT $1, u.id, u.external_id, u.version, u.hash, u.content::jsonb, 'received', u.charge, u.service_date, $9
		FROM unnest($2::bigint[], $3::text[], $4::int[], $5::bytea[], $6::text[], $7::bigint[], $8::date[])
		     AS u (id, external_id, version, hash, content, charge, service_date)
		ON CONFLICT (practice_id, external_id) DO UPDATE SET version = EXCLUDED.version, content_hash = EXCLUDED.content_hash,
			content = EXCLUDED.content, state = 'received', charge = EXCLUDED.charge, service_date = EXCLUDED.service_date,
			findings = '[]'`,
		practiceID, encounterIDs, externals, versions, hashes, contents, charges, days, on)
	return encounterIDs, err
}
