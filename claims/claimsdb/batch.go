package claimsdb

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Partner is a trading partner: where files go, and what their envelopes say.
type Partner struct {
	ID                            int64
	Code, Name, Usage             string
	SenderQualifier, SenderID     string
	ReceiverQualifier, ReceiverID string
	ReceiverName                  string
	ContactName, ContactPhone     string
	OutboundDir                   string // empty: the data directory's
	MaxClaims                     int    // per transaction set
	Ack999Days, Ack277CADays      int
	ResponseDays                  int
}

const partnerColumns = `id, code, name, usage, sender_qualifier, sender_id, receiver_qualifier, receiver_id, receiver_name,
	contact_name, contact_phone, outbound_dir, max_claims, ack_999_days, ack_277ca_days, response_days`

// FindPartner returns the trading partner with the id.
func FindPartner(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Partner, error) {
	rows, err := tx.Query(ctx, `SELECT `+partnerColumns+` FROM trading_partner WHERE practice_id = $1 AND id = $2`, practiceID, id)
	if err != nil {
		return Partner{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Partner])
}

// PayerIDByCode returns the id of the payer with the code.
func PayerIDByCode(ctx context.Context, tx pgx.Tx, practiceID int64, code string) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM payer WHERE practice_id = $1 AND code = $2`, practiceID, code).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.NotFoundf("CB-PAYER-001", "no payer has the code %s", code).WithFix("list them with: claimbook claims list, or look into the set-up")
	}
	return id, err
}

// LockSubmission keeps other submissions out until the transaction ends.
func LockSubmission(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('claimbook submit ' || $1::bigint, 0))`, practiceID)
	return err
}

// ReadyClaim is a claim that waits for a batch.
type ReadyClaim struct {
	ID        int64
	Number    string
	PartnerID int64
	ClaimType string
	Charge    money.Cents
}

// ReadyClaims returns the claims that wait to be sent, by number: of one payer,
// or of one day of service, unless these are zero. They stay locked.
func ReadyClaims(ctx context.Context, tx pgx.Tx, practiceID, payerID int64, service date.Date) ([]ReadyClaim, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.number, p.partner_id, c.claim_type, c.charge
		FROM claim c JOIN payer p ON p.practice_id = c.practice_id AND p.id = c.payer_id
		WHERE c.practice_id = $1 AND c.state = 'ready' AND ($2 = 0 OR c.payer_id = $2) AND ($3::date IS NULL OR c.service_date = $3)
		ORDER BY c.number FOR UPDATE OF c`, practiceID, payerID, service)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ReadyClaim])
}

// Snapshots returns the frozen claims with these ids, in their order.
func Snapshots(ctx context.Context, tx pgx.Tx, practiceID int64, claimIDs []int64) ([]claims.Claim, error) {
	rows, err := tx.Query(ctx, `SELECT c.snapshot FROM unnest($2::bigint[]) WITH ORDINALITY AS u (id, n)
		JOIN claim c ON c.practice_id = $1 AND c.id = u.id ORDER BY u.n`, practiceID, claimIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c claims.Claim, err error) {
		var text []byte
		if err = row.Scan(&text); err != nil {
			return c, err
		}
		return c, json.Unmarshal(text, &c)
	})
}

// Batch is one interchange of claims to one partner.
type Batch struct {
	ID           int64       `json:"-"`
	Number       int64       `json:"batch"` // the practice's own, for people
	PartnerID    int64       `json:"-"`
	PartnerCode  string      `json:"partner"`
	ClaimType    string      `json:"type"`
	Usage        string      `json:"usage"`
	ISAControl   int64       `json:"interchange_control"`
	GSControl    int64       `json:"group_control"`
	Claims       int         `json:"claims"`
	Charge       money.Cents `json:"charge"`
	State        string      `json:"state"` // built, sent, acknowledged, rejected
	EDIFileID    int64       `json:"-"`
	FileName     string      `json:"file"`
	SecondReader string      `json:"second_reader,omitempty"` // what the independent parser said
	BuiltOn      date.Date   `json:"built_on"`
	SentOn       date.Date   `json:"sent_on"`
	RunID        int64       `json:"-"`
	OutboundDir  string      `json:"-"` // the partner's; empty: the data directory's
}

// States of a batch.
const (
	BatchBuilt        = "built"
	BatchSent         = "sent"
	BatchAcknowledged = "acknowledged"
	BatchRejected     = "rejected"
)

// BatchedClaim is a claim's place in a batch.
type BatchedClaim struct {
	ID         int64
	SetControl string // ST02
}

// AddBatch records a built batch and which claims are in it; it returns its id.
func AddBatch(ctx context.Context, tx pgx.Tx, practiceID int64, b Batch, list []BatchedClaim) (int64, error) {
	err := tx.QueryRow(ctx, `INSERT INTO batch (practice_id, number, partner_id, claim_type, usage, isa_control, gs_control, claims, charge,
			state, edi_file_id, file_name, second_reader, built_on, run_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'built', $10, $11, $12, $13, nullif($14::bigint, 0)) RETURNING id`,
		practiceID, b.Number, b.PartnerID, b.ClaimType, b.Usage, b.ISAControl, b.GSControl, b.Claims, b.Charge, b.EDIFileID, b.FileName,
		b.SecondReader, b.BuiltOn, b.RunID).Scan(&b.ID)
	if err != nil {
		return 0, err
	}
	claimIDs, controls := make([]int64, len(list)), make([]string, len(list))
	for i, c := range list {
		claimIDs[i], controls[i] = c.ID, c.SetControl
	}
	_, err = tx.Exec(ctx, `UPDATE claim c SET batch_id = $2, st_control = u.control FROM unnest($3::bigint[], $4::text[]) AS u (id, control)
		WHERE c.practice_id = $1 AND c.id = u.id`, practiceID, b.ID, claimIDs, controls)
	return b.ID, err
}

const batchColumns = `b.id, b.number, b.partner_id, p.code, b.claim_type, b.usage, b.isa_control, b.gs_control, b.claims, b.charge, b.state,
	coalesce(b.edi_file_id, 0), b.file_name, b.second_reader, b.built_on, b.sent_on, coalesce(b.run_id, 0), p.outbound_dir
	FROM batch b JOIN trading_partner p ON p.practice_id = b.practice_id AND p.id = b.partner_id`

func batches(ctx context.Context, tx pgx.Tx, practiceID int64, where string, arguments ...any) ([]Batch, error) {
	rows, err := tx.Query(ctx, `SELECT `+batchColumns+` WHERE b.practice_id = $1 AND `+where, append([]any{practiceID}, arguments...)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Batch])
}

// FindBatch returns the batch with the id and locks it.
func FindBatch(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Batch, error) {
	list, err := batches(ctx, tx, practiceID, `b.id = $2 FOR UPDATE OF b`, id)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Batch{}, err
	}
	return list[0], nil
}

// BatchesOfRun returns the batches that a run built, and the others that are
// named, by number.
func BatchesOfRun(ctx context.Context, tx pgx.Tx, practiceID, runID int64, others ...int64) ([]Batch, error) {
	return batches(ctx, tx, practiceID, `(b.run_id = $2 OR b.id = ANY($3)) ORDER BY b.number`, runID, others)
}

// UnsentBatches returns the batches that are built and not delivered.
func UnsentBatches(ctx context.Context, tx pgx.Tx, practiceID int64) ([]Batch, error) {
	return batches(ctx, tx, practiceID, `b.state = 'built' ORDER BY b.number`)
}

// MarkSent records that a batch was delivered, and its claims with it. A kill
// between delivery and this lets an answer come first.
func MarkSent(ctx context.Context, tx pgx.Tx, practiceID, batchID int64, on date.Date) error {
	if _, err := tx.Exec(ctx, `UPDATE batch SET sent_on = $3, state = CASE WHEN EXISTS (
			SELECT 1 FROM acknowledgment a WHERE a.practice_id = $1 AND a.batch_id = $2 AND a.kind = '999') THEN 'acknowledged' ELSE 'sent' END
		WHERE practice_id = $1 AND id = $2 AND state = 'built'`, practiceID, batchID, on); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE claim SET sent_on = $3 WHERE practice_id = $1 AND batch_id = $2`, practiceID, batchID, on)
	return err
}

// SetBatchState records what the acknowledgments said of a batch.
func SetBatchState(ctx context.Context, tx pgx.Tx, practiceID, batchID int64, state string) error {
	_, err := tx.Exec(ctx, `UPDATE batch SET state = $3 WHERE practice_id = $1 AND id = $2`, practiceID, batchID, state)
	return err
}

// ClaimState is a claim with what acknowledgments need to know of it.
type ClaimState struct {
	ID         int64
	Number     string
	State      claims.State
	SetControl string // ST02 of the batch it is in
	BatchID    int64
	PatientID  int64
	PayerID    int64
	Charge     money.Cents
	TimelyBy   date.Date
}

const claimStateColumns = `SELECT id, number, state, st_control, coalesce(batch_id, 0), patient_id, payer_id, charge, timely_by FROM claim `

// ClaimsOfBatch returns a batch's claims by number and locks them.
func ClaimsOfBatch(ctx context.Context, tx pgx.Tx, practiceID, batchID int64) ([]ClaimState, error) {
	rows, err := tx.Query(ctx, claimStateColumns+`WHERE practice_id = $1 AND batch_id = $2 ORDER BY id FOR UPDATE`, practiceID, batchID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ClaimState])
}

// ClaimStates returns the claims with these numbers and locks them.
func ClaimStates(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string) (map[string]ClaimState, error) {
	rows, err := tx.Query(ctx, claimStateColumns+`WHERE practice_id = $1 AND number = ANY($2) ORDER BY id FOR UPDATE`, practiceID, numbers)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ClaimState])
	found := make(map[string]ClaimState, len(list))
	for _, c := range list {
		found[c.Number] = c
	}
	return found, err
}
