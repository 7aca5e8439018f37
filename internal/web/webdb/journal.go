package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Transfer is one line of a journal entry: an amount from a credit account to
// a debit account, with what it concerns and the segment that caused it.
type Transfer struct {
	EntryID         int64
	PostingDate     date.Date
	Kind            string
	SourceKey       string
	Memo            string
	Actor           string
	Reverses        int64
	LineNo          int32
	Amount          money.Cents
	DebitAccount    string
	DebitName       string
	DebitPayer      string
	DebitRank       int16
	DebitPatient    int64
	DebitLineID     int64
	DebitReference  string
	CreditAccount   string
	CreditName      string
	CreditPayer     string
	CreditRank      int16
	CreditPatient   int64
	CreditLineID    int64
	CreditReference string
	ClaimID         int64
	ClaimNumber     string
	GroupCode       string
	CARC            string
	RARCs           []string
	FileID          int64
	FileName        string
	ByteOffset      int64 // -1: not from a file
}

// ServiceLineID is the line that the transfer concerns, 0 for none.
func (t Transfer) ServiceLineID() int64 {
	if t.CreditLineID != 0 {
		return t.CreditLineID
	}
	return t.DebitLineID
}

const transferColumns = `
	SELECT e.id AS entry_id, e.posting_date, e.kind, e.source_key, e.memo, e.actor, coalesce(e.reverses, 0) AS reverses,
	       t.line_no, t.amount,
	       t.debit_account, da.name AS debit_name, coalesce(dp.name, '') AS debit_payer, t.debit_payer_rank AS debit_rank,
	       t.debit_patient_id AS debit_patient, t.debit_service_line_id AS debit_line_id, t.debit_reference,
	       t.credit_account, ca.name AS credit_name, coalesce(cp.name, '') AS credit_payer, t.credit_payer_rank AS credit_rank,
	       t.credit_patient_id AS credit_patient, t.credit_service_line_id AS credit_line_id, t.credit_reference,
	       t.claim_id, coalesce(c.number, '') AS claim_number, t.group_code, t.carc, t.rarcs,
	       t.edi_file_id AS file_id, coalesce(f.name, '') AS file_name, t.byte_offset
	FROM transfer t
	JOIN journal_entry e ON e.practice_id = t.practice_id AND e.id = t.entry_id
	JOIN account da ON da.practice_id = t.practice_id AND da.code = t.debit_account
	JOIN account ca ON ca.practice_id = t.practice_id AND ca.code = t.credit_account
	LEFT JOIN payer dp ON dp.practice_id = t.practice_id AND dp.id = t.debit_payer_id
	LEFT JOIN payer cp ON cp.practice_id = t.practice_id AND cp.id = t.credit_payer_id
	LEFT JOIN claim c ON c.practice_id = t.practice_id AND c.id = t.claim_id
	LEFT JOIN edi_file f ON f.practice_id = t.practice_id AND f.id = t.edi_file_id`

// LineTransfers returns every transfer that ever concerned the claim or one of
// its service lines, in the order of posting.
func LineTransfers(ctx context.Context, tx pgx.Tx, practiceID, claimID int64, serviceLines []int64) ([]Transfer, error) {
	return many[Transfer](ctx, tx, `
		WITH concerned AS (
			SELECT entry_id, line_no FROM transfer WHERE practice_id = $1 AND claim_id = $2 AND claim_id <> 0
			UNION SELECT entry_id, line_no FROM transfer
			WHERE practice_id = $1 AND debit_service_line_id = ANY($3) AND debit_service_line_id <> 0
			UNION SELECT entry_id, line_no FROM transfer
			WHERE practice_id = $1 AND credit_service_line_id = ANY($3) AND credit_service_line_id <> 0)`+
		transferColumns+`
		JOIN concerned n ON n.entry_id = t.entry_id AND n.line_no = t.line_no
		WHERE t.practice_id = $1
		ORDER BY e.posting_date, e.id, t.line_no`, practiceID, claimID, serviceLines)
}

// PatientTransfers returns the transfers that touch a patient's own accounts.
func PatientTransfers(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) ([]Transfer, error) {
	return many[Transfer](ctx, tx, transferColumns+`
		WHERE t.practice_id = $1 AND (t.debit_patient_id = $2 AND t.debit_patient_id <> 0 OR t.credit_patient_id = $2 AND t.credit_patient_id <> 0)
		ORDER BY e.posting_date, e.id, t.line_no`, practiceID, patientID)
}

// EntryTransfers returns the lines of one journal entry.
func EntryTransfers(ctx context.Context, tx pgx.Tx, practiceID, entryID int64) ([]Transfer, error) {
	transfers, err := many[Transfer](ctx, tx, transferColumns+`
		WHERE t.practice_id = $1 AND t.entry_id = $2 ORDER BY t.line_no`, practiceID, entryID)
	if err == nil && len(transfers) == 0 { // an entry has at least one line
		return nil, notFound("journal entry")
	}
	return transfers, err
}

// AccountLine is one posting to an account.
type AccountLine struct {
	EntryID     int64
	PostingDate date.Date
	Kind        string
	SourceKey   string
	Memo        string
	Side        string      // debit or credit
	Amount      money.Cents // debits less credits
	ClaimID     int64
	ClaimNumber string
	PayerName   string
	Reference   string
	GroupCode   string
	CARC        string
}

// AccountLines returns a page of the postings to an account between two days,
// latest first.
func AccountLines(ctx context.Context, tx pgx.Tx, practiceID int64, account string, from, to date.Date, page Page) ([]AccountLine, Page, error) {
	var err error
	page.Total, err = scalar[int64](ctx, tx, `
		SELECT count(*) FROM posting p JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id
		WHERE p.practice_id = $1 AND p.account = $2 AND ($3::date IS NULL OR e.posting_date >= $3) AND ($4::date IS NULL OR e.posting_date <= $4)`,
		practiceID, account, from, to)
	if err != nil {
		return nil, page, err
	}
	lines, err := many[AccountLine](ctx, tx, `
		SELECT e.id AS entry_id, e.posting_date, e.kind, e.source_key, e.memo, p.side, p.amount, p.claim_id,
		       coalesce(c.number, '') AS claim_number, coalesce(y.name, '') AS payer_name, p.reference, p.group_code, p.carc
		FROM posting p
		JOIN journal_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id
		LEFT JOIN claim c ON c.practice_id = p.practice_id AND c.id = p.claim_id
		LEFT JOIN payer y ON y.practice_id = p.practice_id AND y.id = p.payer_id
		WHERE p.practice_id = $1 AND p.account = $2 AND ($3::date IS NULL OR e.posting_date >= $3) AND ($4::date IS NULL OR e.posting_date <= $4)
		ORDER BY e.posting_date DESC, e.id DESC, p.line_no, p.side DESC LIMIT $5 OFFSET $6`, practiceID, account, from, to, PageSize, page.Offset())
	return lines, page, err
}
