// Package billingdb stores what package billing describes: remittances as they
// were reported, patient payments and statements. Methods take the caller's
// transaction, so that a payment posts whole or not at all.
package billingdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
)

// States of a remittance.
const (
	Posted        = "posted"
	Quarantined   = "quarantined"
	Informational = "informational"
)

// Remittance is the header of one payment.
type Remittance struct {
	ID          int64
	EDIFileID   int64
	SourceKey   string
	RequestHash [32]byte
	Trace       string
	Originator  string
	PayerID     int64 // 0: unknown
	PayerName   string
	PayeeNPI    string
	Method      string
	Handling    string
	Amount      money.Cents
	CheckDate   date.Date
	Control     string // ST02
	ByteOffset  int64  // of its ST
	State       string
	Reason      string
	Claims      int
	Posted      int
	Unmatched   int
	ReceivedOn  date.Date
	PostingDate date.Date
}

const remittanceColumns = `id, edi_file_id, source_key, request_hash, trace, originator, coalesce(payer_id, 0) AS payer_id, payer_name, payee_npi,
	method, handling, amount, check_date, st_control, byte_offset, state, reason, claims, posted, unmatched, received_on, posting_date`

func scanRemittance(row pgx.CollectableRow) (r Remittance, err error) {
	var hash []byte
	err = row.Scan(&r.ID, &r.EDIFileID, &r.SourceKey, &hash, &r.Trace, &r.Originator, &r.PayerID, &r.PayerName, &r.PayeeNPI,
		&r.Method, &r.Handling, &r.Amount, &r.CheckDate, &r.Control, &r.ByteOffset, &r.State, &r.Reason, &r.Claims, &r.Posted,
		&r.Unmatched, &r.ReceivedOn, &r.PostingDate)
	copy(r.RequestHash[:], hash)
	return r, err
}

// InsertRemittance is the gate of posting: it writes the row unless its source
// key is there already, and waits for a transaction that is just writing it.
// inserted false means that somebody else's row is returned.
func InsertRemittance(ctx context.Context, tx pgx.Tx, practiceID int64, r Remittance) (row Remittance, inserted bool, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, payer_id, payer_name, payee_npi,
		                        method, handling, amount, check_date, st_control, byte_offset, state, reason, claims, posted, unmatched,
		                        received_on, posting_date)
		VALUES ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0), $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
		ON CONFLICT (practice_id, source_key) DO NOTHING RETURNING id`,
		practiceID, r.EDIFileID, r.SourceKey, r.RequestHash[:], r.Trace, r.Originator, r.PayerID, r.PayerName, r.PayeeNPI,
		r.Method, r.Handling, r.Amount, r.CheckDate, r.Control, r.ByteOffset, r.State, r.Reason, r.Claims, r.Posted, r.Unmatched,
		r.ReceivedOn, r.PostingDate).Scan(&r.ID)
	if err == nil {
		return r, true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return r, false, err
	}
	rows, err := tx.Query(ctx, `SELECT `+remittanceColumns+` FROM remittance WHERE practice_id = $1 AND source_key = $2`, practiceID, r.SourceKey)
	if err != nil {
		return r, false, err
	}
	r, err = pgx.CollectExactlyOneRow(rows, scanRemittance)
	return r, false, err
}

// FinishRemittance records what posting came to.
func FinishRemittance(ctx context.Context, tx pgx.Tx, practiceID int64, r Remittance) error {
	_, err := tx.Exec(ctx, `UPDATE remittance SET state = $3, reason = $4, claims = $5, posted = $6, unmatched = $7, posting_date = $8
		WHERE practice_id = $1 AND id = $2`, practiceID, r.ID, r.State, r.Reason, r.Claims, r.Posted, r.Unmatched, r.PostingDate)
	return err
}

// RemittancesOfFile returns the payments that came in a file, by their place in it.
func RemittancesOfFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) ([]Remittance, error) {
	rows, err := tx.Query(ctx, `SELECT `+remittanceColumns+` FROM remittance WHERE practice_id = $1 AND edi_file_id = $2 ORDER BY byte_offset, id`,
		practiceID, fileID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRemittance)
}

// FindRemittance returns a payment by its id.
func FindRemittance(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Remittance, error) {
	rows, err := tx.Query(ctx, `SELECT `+remittanceColumns+` FROM remittance WHERE practice_id = $1 AND id = $2`, practiceID, id)
	if err != nil {
		return Remittance{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanRemittance)
}

// SaveReported writes the claims, lines, adjustments and provider adjustments of
// a part of a payment, as they were reported and as the book took them.
func SaveReported(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, p *billing.Posting) error {
	if err := postgres.Load(ctx, tx, "remittance_claim", []string{"practice_id", "remittance_id", "seq", "claim_number", "status", "charge", "paid",
		"patient_responsibility", "payer_claim_number", "claim_id", "match_reason", "outcome", "service_date", "remarks", "byte_offset",
		"segment_no", "reverses_remittance_id", "reverses_seq"}, len(p.Claims), func(i int) ([]any, error) {
		r := &p.Claims[i]
		return []any{practiceID, remittanceID, r.Seq, r.ClaimNumber, r.Status, r.Charge, r.Paid,
			r.PatientShare, r.PayerClaimNumber, known(r.ClaimID), r.MatchReason, r.Outcome, r.ServiceDate, codes(r.Remarks), r.ByteOffset,
			r.SegmentNumber, known(r.ReversesRemittance), known(int64(r.ReversesSeq))}, nil
	}); err != nil {
		return err
	}
	if err := postgres.Load(ctx, tx, "remittance_line", []string{"practice_id", "remittance_id", "claim_seq", "line_seq", "procedure_code", "modifiers",
		"charge", "paid", "units", "allowed", "service_date", "control_number", "remarks", "service_line_id", "match_reason",
		"byte_offset"}, len(p.Lines), func(i int) ([]any, error) {
		r := &p.Lines[i]
		var allowed any
		if r.HasAllowed {
			allowed = r.Allowed
		}
		return []any{practiceID, remittanceID, r.ClaimSeq, r.Seq, r.Procedure, codes(r.Modifiers),
			r.Charge, r.Paid, number(r.Units), allowed, r.ServiceDate, r.ControlNumber, codes(r.Remarks), known(r.ServiceLineID), r.MatchReason,
			r.ByteOffset}, nil
	}); err != nil {
		return err
	}
	if err := postgres.Load(ctx, tx, "remittance_adjustment", []string{"practice_id", "remittance_id", "claim_seq", "line_seq", "seq", "group_code",
		"carc", "amount", "quantity", "treatment", "posted", "byte_offset"}, len(p.Adjustments), func(i int) ([]any, error) {
		r := &p.Adjustments[i]
		return []any{practiceID, remittanceID, r.ClaimSeq, r.LineSeq, r.Seq, r.Group,
			r.CARC, r.Amount, number(r.Quantity), string(r.Treatment), r.Posted, r.ByteOffset}, nil
	}); err != nil {
		return err
	}
	if len(p.Provider) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	queueProvider(batch, practiceID, remittanceID, p.Provider)
	return tx.SendBatch(ctx, batch).Close()
}

func queueProvider(batch *pgx.Batch, practiceID, remittanceID int64, rows []billing.ProviderRow) {
	for _, r := range rows { // a handful a payment
		batch.Queue(`INSERT INTO provider_adjustment (practice_id, remittance_id, seq, provider_npi, fiscal_date, code, reference, amount, treatment, byte_offset)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			practiceID, remittanceID, r.Seq, r.ProviderNPI, r.FiscalPeriod, r.Code, r.Reference, r.Amount, r.Treatment, r.ByteOffset)
	}
}

// known is an id, or NULL where there is none.
func known(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// codes is a list for a column that takes no NULL.
func codes(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// number is the quantity in the server's own form, or NULL.
func number(d decimal.NullDecimal) pgtype.Numeric {
	if !d.Valid {
		return pgtype.Numeric{}
	}
	return pgtype.Numeric{Int: d.Decimal.Coefficient(), Exp: d.Decimal.Exponent(), Valid: true}
}
