package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Statement is what a guarantor was told on a day.
type Statement struct {
	ID               int64
	Number           string
	GuarantorID      int64
	GuarantorAccount string
	GuarantorName    string
	StatementDate    date.Date
	DueDate          date.Date
	Balance          money.Cents
	InsurancePending money.Cents
	DunningLevel     int16
	State            string
	Pages            int32
	SHA256           []byte // of the PDF; nil until it is rendered
	Address          []string
}

const statementColumns = `
	SELECT s.id, s.number, s.guarantor_id, g.account AS guarantor_account, g.first_name || ' ' || g.last_name AS guarantor_name,
	       s.statement_date, s.due_date, s.balance, s.insurance_pending, s.dunning_level, s.state, s.pages, s.pdf_sha256 AS sha256,
	       array_remove(ARRAY[g.address1, g.address2, concat_ws(' ', nullif(g.city, '') || ',', nullif(g.state, ''), regexp_replace(nullif(g.zip, ''), '^(\d{5})(\d{4})$', '\1-\2'))], '') AS address
	FROM statement s JOIN guarantor g ON g.practice_id = s.practice_id AND g.id = s.guarantor_id`

// Statements returns a page of the statements, latest first, with the sum of all balances.
func Statements(ctx context.Context, tx pgx.Tx, practiceID int64, page Page) ([]Statement, money.Cents, Page, error) {
	type totals struct {
		Rows    int64
		Balance money.Cents
	}
	sum, err := one[totals](ctx, tx, "statement",
		`SELECT count(*) AS rows, coalesce(sum(balance), 0)::bigint AS balance FROM statement WHERE practice_id = $1`, practiceID)
	if err != nil {
		return nil, 0, page, err
	}
	page.Total = sum.Rows
	list, err := many[Statement](ctx, tx, statementColumns+`
		WHERE s.practice_id = $1 ORDER BY s.statement_date DESC, s.number DESC LIMIT $2 OFFSET $3`, practiceID, PageSize, page.Offset())
	return list, sum.Balance, page, err
}

// FindStatement returns a statement without its bytes.
func FindStatement(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Statement, error) {
	return one[Statement](ctx, tx, "statement", statementColumns+` WHERE s.practice_id = $1 AND s.id = $2`, practiceID, id)
}

// GuarantorStatements returns the statements of a guarantor, latest first.
func GuarantorStatements(ctx context.Context, tx pgx.Tx, practiceID, guarantorID int64) ([]Statement, error) {
	return many[Statement](ctx, tx, statementColumns+`
		WHERE s.practice_id = $1 AND s.guarantor_id = $2 ORDER BY s.statement_date DESC, s.id DESC`, practiceID, guarantorID)
}

// StatementPDF is the frozen document.
type StatementPDF struct {
	Number string
	PDF    []byte
}

// FindStatementPDF returns the document of a statement.
func FindStatementPDF(ctx context.Context, tx pgx.Tx, practiceID, id int64) (StatementPDF, error) {
	p, err := one[StatementPDF](ctx, tx, "statement", `SELECT number, pdf FROM statement WHERE practice_id = $1 AND id = $2`, practiceID, id)
	if err == nil && p.PDF == nil {
		return p, fault.NotFoundf("CB-WEB-NOT-RENDERED", "the statement is selected but its document is not written yet").
			WithFix("open it again in a minute; if it stays like this, look at the work items")
	}
	return p, err
}

// StatementLine is one service as the statement states it.
type StatementLine struct {
	LineNo        int32
	EncounterID   int64
	Encounter     string
	PatientID     int64
	PatientName   string
	ServiceDate   date.Date
	Description   string
	Charge        money.Cents
	InsurancePaid money.Cents
	Adjustments   money.Cents
	PatientPaid   money.Cents
	Owed          money.Cents
	DunningLevel  int16
}

// StatementLines returns the lines of a statement.
func StatementLines(ctx context.Context, tx pgx.Tx, practiceID, statementID int64) ([]StatementLine, error) {
	return many[StatementLine](ctx, tx, `
		SELECT l.line_no, l.encounter_id, e.external_id AS encounter, l.patient_id, p.first_name || ' ' || p.last_name AS patient_name,
		       l.service_date, l.description, l.charge, l.insurance_paid, l.adjustments, l.patient_paid, l.owed, l.dunning_level
		FROM statement_line l
		JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
		JOIN patient p ON p.practice_id = l.practice_id AND p.id = l.patient_id
		WHERE l.practice_id = $1 AND l.statement_id = $2 ORDER BY l.line_no`, practiceID, statementID)
}
