package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Remittance is one payment of one payer: one 835 transaction set.
type Remittance struct {
	ID          int64
	SourceKey   string
	Trace       string
	Originator  string
	PayerID     int64
	PayerName   string
	PayeeNPI    string
	Method      string
	Handling    string
	Amount      money.Cents
	CheckDate   date.Date
	StControl   string
	FileID      int64
	FileName    string
	ByteOffset  int64
	State       string
	Reason      string
	Claims      int32
	Posted      int32
	Unmatched   int32
	ReceivedOn  date.Date
	PostingDate date.Date
}

const remittanceColumns = `
	SELECT m.id, m.source_key, m.trace, m.originator, coalesce(m.payer_id, 0) AS payer_id,
	       coalesce(y.name, nullif(m.payer_name, ''), 'Unknown payer') AS payer_name, m.payee_npi, m.method, m.handling, m.amount,
	       m.check_date, m.st_control, m.edi_file_id AS file_id, f.name AS file_name, m.byte_offset, m.state, m.reason,
	       m.claims, m.posted, m.unmatched, m.received_on, m.posting_date
	FROM remittance m
	JOIN edi_file f ON f.practice_id = m.practice_id AND f.id = m.edi_file_id
	LEFT JOIN payer y ON y.practice_id = m.practice_id AND y.id = m.payer_id`

// Remittances returns a page of the remittances, latest first, of one state or of all.
func Remittances(ctx context.Context, tx pgx.Tx, practiceID int64, state string, page Page) ([]Remittance, money.Cents, Page, error) {
	type totals struct {
		Rows   int64
		Amount money.Cents
	}
	sum, err := one[totals](ctx, tx, "remittance", `SELECT count(*) AS rows, coalesce(sum(amount), 0)::bigint AS amount
		FROM remittance WHERE practice_id = $1 AND ($2 = '' OR state = $2)`, practiceID, state)
	if err != nil {
		return nil, 0, page, err
	}
	page.Total = sum.Rows
	list, err := many[Remittance](ctx, tx, remittanceColumns+`
		WHERE m.practice_id = $1 AND ($2 = '' OR m.state = $2) ORDER BY m.received_on DESC, m.id DESC LIMIT $3 OFFSET $4`,
		practiceID, state, PageSize, page.Offset())
	return list, sum.Amount, page, err
}

// FindRemittance returns a remittance.
func FindRemittance(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Remittance, error) {
	return one[Remittance](ctx, tx, "remittance", remittanceColumns+` WHERE m.practice_id = $1 AND m.id = $2`, practiceID, id)
}

// FileRemittances returns the remittances of a file in their order.
func FileRemittances(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) ([]Remittance, error) {
	return many[Remittance](ctx, tx, remittanceColumns+` WHERE m.practice_id = $1 AND m.edi_file_id = $2 ORDER BY m.byte_offset`, practiceID, fileID)
}

// RemittanceClaim is a claim as the payer reported it.
type RemittanceClaim struct {
	Seq              int32
	ClaimNumber      string
	Status           string
	Charge           money.Cents
	Paid             money.Cents
	Patient          money.Cents // CLP05
	PayerClaimNumber string
	ClaimID          int64
	MatchReason      string
	Outcome          string
	ServiceDate      date.Date
	Remarks          []string
	ByteOffset       int64
	SegmentNo        int32
	PatientName      string
}

// RemittanceSums is the right side of "payment = claims − provider adjustments".
type RemittanceSums struct {
	Paid        money.Cents // ΣCLP04
	Charge      money.Cents // ΣCLP03
	Patient     money.Cents // ΣCLP05
	Adjustments money.Cents // ΣPLB
}

// FindRemittanceSums adds up a remittance.
func FindRemittanceSums(ctx context.Context, tx pgx.Tx, practiceID, id int64) (RemittanceSums, error) {
	return one[RemittanceSums](ctx, tx, "remittance", `
		SELECT coalesce(sum(paid), 0)::bigint AS paid, coalesce(sum(charge), 0)::bigint AS charge,
		       coalesce(sum(patient_responsibility), 0)::bigint AS patient,
		       coalesce((SELECT sum(amount) FROM provider_adjustment WHERE practice_id = $1 AND remittance_id = $2), 0)::bigint AS adjustments
		FROM remittance_claim WHERE practice_id = $1 AND remittance_id = $2`, practiceID, id)
}

// RemittanceClaims returns a page of the claims of a remittance.
func RemittanceClaims(ctx context.Context, tx pgx.Tx, practiceID, id int64, page Page) ([]RemittanceClaim, Page, error) {
	var err error
	page.Total, err = scalar[int64](ctx, tx, `SELECT count(*) FROM remittance_claim WHERE practice_id = $1 AND remittance_id = $2`, practiceID, id)
	if err != nil {
		return nil, page, err
	}
	claims, err := many[RemittanceClaim](ctx, tx, `
		SELECT r.seq, r.claim_number, r.status, r.charge, r.paid, r.patient_responsibility AS patient, r.payer_claim_number,
		       coalesce(r.claim_id, 0) AS claim_id, r.match_reason, r.outcome, r.service_date, r.remarks, r.byte_offset, r.segment_no,
		       coalesce(p.last_name || ', ' || p.first_name, '') AS patient_name
		FROM remittance_claim r
		LEFT JOIN claim c ON c.practice_id = r.practice_id AND c.id = r.claim_id
		LEFT JOIN patient p ON p.practice_id = c.practice_id AND p.id = c.patient_id
		WHERE r.practice_id = $1 AND r.remittance_id = $2 ORDER BY r.seq LIMIT $3 OFFSET $4`, practiceID, id, PageSize, page.Offset())
	return claims, page, err
}

// RemittanceLine is a service line as the payer reported it.
type RemittanceLine struct {
	ClaimSeq      int32
	LineSeq       int32
	Procedure     string
	Modifiers     []string
	Charge        money.Cents
	Paid          money.Cents
	ServiceDate   date.Date
	Remarks       []string
	ServiceLineID int64
	MatchReason   string
	ByteOffset    int64
}

// RemittanceLines returns the lines of the claims of a page, by claim and line.
func RemittanceLines(ctx context.Context, tx pgx.Tx, practiceID, id int64, seqs []int32) ([]RemittanceLine, error) {
	return many[RemittanceLine](ctx, tx, `
		SELECT claim_seq, line_seq, procedure_code AS procedure, modifiers, charge, paid, service_date, remarks,
		       coalesce(service_line_id, 0) AS service_line_id, match_reason, byte_offset
		FROM remittance_line WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = ANY($3)
		ORDER BY claim_seq, line_seq`, practiceID, id, seqs)
}

// Adjustment is one CAS triplet, and what the book did with it.
type Adjustment struct {
	ClaimSeq   int32
	LineSeq    int32 // 0: at the claim's level
	GroupCode  string
	CARC       string
	Amount     money.Cents
	Treatment  string
	Posted     money.Cents
	ByteOffset int64
}

// Adjustments returns the adjustments of the claims of a page.
func Adjustments(ctx context.Context, tx pgx.Tx, practiceID, id int64, seqs []int32) ([]Adjustment, error) {
	return many[Adjustment](ctx, tx, `
		SELECT claim_seq, line_seq, group_code, carc, amount, treatment, posted, byte_offset
		FROM remittance_adjustment WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = ANY($3)
		ORDER BY claim_seq, line_seq, seq`, practiceID, id, seqs)
}

// ProviderAdjustment is one PLB pair: money that no claim explains.
type ProviderAdjustment struct {
	Seq         int32
	ProviderNPI string
	FiscalDate  date.Date
	Code        string
	Reference   string
	Amount      money.Cents // a positive one lowers the payment
	Treatment   string
	ByteOffset  int64
}

// ProviderAdjustments returns the PLB of a remittance.
func ProviderAdjustments(ctx context.Context, tx pgx.Tx, practiceID, id int64) ([]ProviderAdjustment, error) {
	return many[ProviderAdjustment](ctx, tx, `
		SELECT seq, provider_npi, fiscal_date, code, reference, amount, treatment, byte_offset
		FROM provider_adjustment WHERE practice_id = $1 AND remittance_id = $2 ORDER BY seq`, practiceID, id)
}

// EntryRow is a journal entry in a list.
type EntryRow struct {
	ID          int64
	PostingDate date.Date
	Kind        string
	SourceKey   string
	Memo        string
	Lines       int32
	Amount      money.Cents
}

// EntriesBySource returns the entries of a source: its own and those whose key
// goes on behind a bar (835|TRN03|TRN02|CLP|1).
func EntriesBySource(ctx context.Context, tx pgx.Tx, practiceID int64, sourceKey string) ([]EntryRow, error) {
	return many[EntryRow](ctx, tx, `
		SELECT e.id, e.posting_date, e.kind, e.source_key, e.memo, e.line_count AS lines,
		       coalesce((SELECT sum(amount) FROM transfer t WHERE t.practice_id = e.practice_id AND t.entry_id = e.id), 0)::bigint AS amount
		FROM journal_entry e
		WHERE e.practice_id = $1 AND (e.source_key = $2 OR starts_with(e.source_key, $2 || '|'))
		ORDER BY e.id`, practiceID, sourceKey)
}
