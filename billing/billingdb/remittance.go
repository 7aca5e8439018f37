// Package billingdb stores what package billing describes: remittances as they
// were reported, patient payments and statements. Methods take the caller's
// transaction, so that a payment posts whole or not at all.
package billingdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
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
	batch := &pgx.Batch{}
	if len(p.Claims) > 0 {
		queueClaims(batch, practiceID, remittanceID, p.Claims)
	}
	if len(p.Lines) > 0 {
		queueLines(batch, practiceID, remittanceID, p.Lines)
	}
	if len(p.Adjustments) > 0 {
		queueAdjustments(batch, practiceID, remittanceID, p.Adjustments)
	}
	if len(p.Provider) > 0 {
		queueProvider(batch, practiceID, remittanceID, p.Provider)
	}
	if batch.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, batch).Close()
}

func queueClaims(batch *pgx.Batch, practiceID, remittanceID int64, rows []billing.ClaimRow) {
	n := len(rows)
	seqs, segments, reversesSeqs := make([]int32, n), make([]int32, n), make([]int32, n)
	numbers, statuses, payerNumbers, reasons, outcomes, remarks := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	charges, paid, shares, claimIDs, offsets, reverses := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	days := make([]date.Date, n)
	for i, r := range rows {
		seqs[i], segments[i], reversesSeqs[i] = int32(r.Seq), int32(r.SegmentNumber), int32(r.ReversesSeq)
		numbers[i], statuses[i], payerNumbers[i], reasons[i], outcomes[i] = r.ClaimNumber, r.Status, r.PayerClaimNumber, r.MatchReason, r.Outcome
		remarks[i] = join(r.Remarks)
		charges[i], paid[i], shares[i] = int64(r.Charge), int64(r.Paid), int64(r.PatientShare)
		claimIDs[i], offsets[i], reverses[i], days[i] = r.ClaimID, r.ByteOffset, r.ReversesRemittance, r.ServiceDate
	}
	batch.Queue(`
		INSERT INTO remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, patient_responsibility, payer_claim_number,
		                              claim_id, match_reason, outcome, service_date, remarks, byte_offset, segment_no,
		                              reverses_remittance_id, reverses_seq)
		SELECT $1, $2, seq, number, status, charge, paid, share, payer_number, nullif(claim_id, 0), reason, outcome, day,
		       string_to_array(remarks, ' '), byte_offset, segment, nullif(reverses, 0), nullif(reverses_seq, 0)
		FROM unnest($3::integer[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::text[],
		            $12::text[], $13::date[], $14::text[], $15::bigint[], $16::integer[], $17::bigint[], $18::integer[])
		     AS u (seq, number, status, charge, paid, share, payer_number, claim_id, reason, outcome, day, remarks, byte_offset, segment, reverses, reverses_seq)`,
		practiceID, remittanceID, seqs, numbers, statuses, charges, paid, shares, payerNumbers, claimIDs, reasons, outcomes, days, remarks,
		offsets, segments, reverses, reversesSeqs)
}

func queueLines(batch *pgx.Batch, practiceID, remittanceID int64, rows []billing.LineRow) {
	n := len(rows)
	claimSeqs, seqs := make([]int32, n), make([]int32, n)
	procedures, modifiers, controls, remarks, reasons := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	charges, paid, lineIDs, offsets := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	allowed, units, days := make([]*int64, n), make([]*string, n), make([]date.Date, n)
	for i, r := range rows {
		claimSeqs[i], seqs[i] = int32(r.ClaimSeq), int32(r.Seq)
		procedures[i], modifiers[i], controls[i], remarks[i], reasons[i] = r.Procedure, join(r.Modifiers), r.ControlNumber, join(r.Remarks), r.MatchReason
		charges[i], paid[i], lineIDs[i], offsets[i], days[i] = int64(r.Charge), int64(r.Paid), r.ServiceLineID, r.ByteOffset, r.ServiceDate
		if r.HasAllowed {
			amount := int64(r.Allowed)
			allowed[i] = &amount
		}
		units[i] = text(r.Units)
	}
	batch.Queue(`
		INSERT INTO remittance_line (practice_id, remittance_id, claim_seq, line_seq, procedure_code, modifiers, charge, paid, units, allowed,
		                             service_date, control_number, remarks, service_line_id, match_reason, byte_offset)
		SELECT $1, $2, claim_seq, seq, procedure, string_to_array(modifiers, ' '), charge, paid, units::numeric, allowed, day, control,
		       string_to_array(remarks, ' '), nullif(line_id, 0), reason, byte_offset
		FROM unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::date[],
		            $12::text[], $13::text[], $14::bigint[], $15::text[], $16::bigint[])
		     AS u (claim_seq, seq, procedure, modifiers, charge, paid, units, allowed, day, control, remarks, line_id, reason, byte_offset)`,
		practiceID, remittanceID, claimSeqs, seqs, procedures, modifiers, charges, paid, units, allowed, days, controls, remarks, lineIDs, reasons, offsets)
}

func queueAdjustments(batch *pgx.Batch, practiceID, remittanceID int64, rows []billing.AdjustmentRow) {
	n := len(rows)
	claimSeqs, lineSeqs, seqs := make([]int32, n), make([]int32, n), make([]int32, n)
	groups, carcs, treatments := make([]string, n), make([]string, n), make([]string, n)
	amounts, posted, offsets, quantities := make([]int64, n), make([]int64, n), make([]int64, n), make([]*string, n)
	for i, r := range rows {
		claimSeqs[i], lineSeqs[i], seqs[i] = int32(r.ClaimSeq), int32(r.LineSeq), int32(r.Seq)
		groups[i], carcs[i], treatments[i] = r.Group, r.CARC, string(r.Treatment)
		amounts[i], posted[i], offsets[i], quantities[i] = int64(r.Amount), int64(r.Posted), r.ByteOffset, text(r.Quantity)
	}
	batch.Queue(`
		INSERT INTO remittance_adjustment (practice_id, remittance_id, claim_seq, line_seq, seq, group_code, carc, amount, quantity, treatment,
		                                   posted, byte_offset)
		SELECT $1, $2, claim_seq, line_seq, seq, group_code, carc, amount, quantity::numeric, treatment, posted, byte_offset
		FROM unnest($3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::bigint[])
		     AS u (claim_seq, line_seq, seq, group_code, carc, amount, quantity, treatment, posted, byte_offset)`,
		practiceID, remittanceID, claimSeqs, lineSeqs, seqs, groups, carcs, amounts, quantities, treatments, posted, offsets)
}

func queueProvider(batch *pgx.Batch, practiceID, remittanceID int64, rows []billing.ProviderRow) {
	for _, r := range rows { // a handful a payment
		batch.Queue(`INSERT INTO provider_adjustment (practice_id, remittance_id, seq, provider_npi, fiscal_date, code, reference, amount, treatment, byte_offset)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			practiceID, remittanceID, r.Seq, r.ProviderNPI, r.FiscalPeriod, r.Code, r.Reference, r.Amount, r.Treatment, r.ByteOffset)
	}
}

// join packs codes, which hold no blank, into one text: arrays of arrays must
// be rectangular.
func join(codes []string) string {
	out := ""
	for i, c := range codes {
		if i > 0 {
			out += " "
		}
		out += c
	}
	return out
}

func text(d decimal.NullDecimal) *string {
	if !d.Valid {
		return nil
	}
	s := d.Decimal.String()
	return &s
}
