package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// File is a file that came in or went out.
type File struct {
	ID          int64
	Direction   string
	Kind        string
	Name        string
	PartnerName string
	SHA256      []byte
	Size        int64 // bytes
	State       string
	Outcome     string
	ReceivedOn  date.Date
}

const fileColumns = `
	SELECT f.id, f.direction, f.kind, f.name, coalesce(t.name, '') AS partner_name, f.sha256, f.size, f.state, f.outcome, f.received_on
	FROM edi_file f LEFT JOIN trading_partner t ON t.practice_id = f.practice_id AND t.id = f.partner_id`

// Files returns a page of the files, latest first.
func Files(ctx context.Context, tx pgx.Tx, practiceID int64, direction string, page Page) ([]File, Page, error) {
	var err error
	page.Total, err = scalar[int64](ctx, tx,
		`SELECT count(*) FROM edi_file WHERE practice_id = $1 AND ($2 = '' OR direction = $2)`, practiceID, direction)
	if err != nil {
		return nil, page, err
	}
	list, err := many[File](ctx, tx, fileColumns+`
		WHERE f.practice_id = $1 AND ($2 = '' OR f.direction = $2) ORDER BY f.id DESC LIMIT $3 OFFSET $4`,
		practiceID, direction, PageSize, page.Offset())
	return list, page, err
}

// FindFile returns a file without its bytes.
func FindFile(ctx context.Context, tx pgx.Tx, practiceID, id int64) (File, error) {
	return one[File](ctx, tx, "file", fileColumns+` WHERE f.practice_id = $1 AND f.id = $2`, practiceID, id)
}

// Acknowledgment is one TA1, 999 or 277CA.
type Acknowledgment struct {
	ID          int64
	Kind        string
	Control     string
	ByteOffset  int64
	FileID      int64
	FileName    string
	BatchID     int64
	BatchNumber int64
	Outcome     string
	Accepted    int32
	Rejected    int32
	Message     string
	ReceivedOn  date.Date
}

// Acknowledgments returns those that a file brought, or those that answer a
// batch; the other id is 0.
func Acknowledgments(ctx context.Context, tx pgx.Tx, practiceID, fileID, batchID int64) ([]Acknowledgment, error) {
	return many[Acknowledgment](ctx, tx, `
		SELECT a.id, a.kind, a.control, a.byte_offset, a.edi_file_id AS file_id, f.name AS file_name,
		       coalesce(a.batch_id, 0) AS batch_id, coalesce(b.number, 0) AS batch_number,
		       a.outcome, a.accepted, a.rejected, a.message, a.received_on
		FROM acknowledgment a
		JOIN edi_file f ON f.practice_id = a.practice_id AND f.id = a.edi_file_id
		LEFT JOIN batch b ON b.practice_id = a.practice_id AND b.id = a.batch_id
		WHERE a.practice_id = $1 AND (a.edi_file_id = $2 OR a.batch_id = $3) ORDER BY a.received_on, a.id`, practiceID, fileID, batchID)
}

// Batch is one interchange sent to one partner.
type Batch struct {
	ID           int64
	Number       int64
	PartnerName  string
	ClaimType    string
	Usage        string
	ISAControl   int64
	GSControl    int64
	Claims       int32
	Charge       money.Cents
	State        string
	FileID       int64
	FileName     string
	SecondReader string
	BuiltOn      date.Date
	SentOn       date.Date
}

const batchColumns = `
	SELECT b.id, b.number, t.name AS partner_name, b.claim_type, b.usage, b.isa_control, b.gs_control, b.claims, b.charge, b.state,
	       coalesce(b.edi_file_id, 0) AS file_id, b.file_name, b.second_reader, b.built_on, b.sent_on
	FROM batch b JOIN trading_partner t ON t.practice_id = b.practice_id AND t.id = b.partner_id`

// Batches returns a page of the batches, latest first.
func Batches(ctx context.Context, tx pgx.Tx, practiceID int64, page Page) ([]Batch, Page, error) {
	var err error
	if page.Total, err = scalar[int64](ctx, tx, `SELECT count(*) FROM batch WHERE practice_id = $1`, practiceID); err != nil {
		return nil, page, err
	}
	list, err := many[Batch](ctx, tx, batchColumns+` WHERE b.practice_id = $1 ORDER BY b.number DESC LIMIT $2 OFFSET $3`,
		practiceID, PageSize, page.Offset())
	return list, page, err
}

// FindBatch returns a batch.
func FindBatch(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Batch, error) {
	return one[Batch](ctx, tx, "batch", batchColumns+` WHERE b.practice_id = $1 AND b.id = $2`, practiceID, id)
}

// FileBatches returns the batches that a file carried.
func FileBatches(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) ([]Batch, error) {
	return many[Batch](ctx, tx, batchColumns+` WHERE b.practice_id = $1 AND b.edi_file_id = $2 ORDER BY b.number`, practiceID, fileID)
}

// IntakeRecord is what became of one record of an intake file.
type IntakeRecord struct {
	RecordNo    int32
	LineNo      int32
	ExternalID  string
	Outcome     string
	Reasons     []byte // JSON
	EncounterID int64
}

// IntakeRecords returns a page of the records of an intake file, those with reasons first.
func IntakeRecords(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, page Page) ([]IntakeRecord, Page, error) {
	var err error
	page.Total, err = scalar[int64](ctx, tx, `
		SELECT count(*) FROM intake_file i JOIN intake_record r ON r.practice_id = i.practice_id AND r.intake_file_id = i.id
		WHERE i.practice_id = $1 AND i.edi_file_id = $2`, practiceID, fileID)
	if err != nil || page.Total == 0 {
		return nil, page, err
	}
	list, err := many[IntakeRecord](ctx, tx, `
		SELECT r.record_no, r.line_no, r.external_id, r.outcome, r.reasons, coalesce(r.encounter_id, 0) AS encounter_id
		FROM intake_file i JOIN intake_record r ON r.practice_id = i.practice_id AND r.intake_file_id = i.id
		WHERE i.practice_id = $1 AND i.edi_file_id = $2
		ORDER BY (r.outcome IN ('accepted', 'duplicate')), r.record_no LIMIT $3 OFFSET $4`, practiceID, fileID, PageSize, page.Offset())
	return list, page, err
}
