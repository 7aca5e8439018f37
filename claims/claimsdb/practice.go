package claimsdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/fault"
)

const practiceColumns = `id, code, name, npi, tin, address1, address2, city, state, zip, phone, billing_hours,
	payment_url, time_zone, fixed_date, statement_minimum, statement_due_days, statement_cycle_days`

func scanPractice(row pgx.CollectableRow) (p claims.Practice, err error) {
	err = row.Scan(&p.ID, &p.Code, &p.Name, &p.NPI, &p.TIN, &p.Address.Line1, &p.Address.Line2, &p.Address.City,
		&p.Address.State, &p.Address.ZIP, &p.Phone, &p.Hours, &p.PaymentURL, &p.TimeZone, &p.FixedDate,
		&p.MinimumBill, &p.DueDays, &p.CycleDays)
	return p, err
}

// FindPractice returns the practice with the code; without a code the only one
// of the database.
func FindPractice(ctx context.Context, tx pgx.Tx, code string) (claims.Practice, error) {
	rows, err := tx.Query(ctx, `SELECT `+practiceColumns+` FROM practice WHERE $1 = '' OR code = $1 ORDER BY code`, code)
	if err != nil {
		return claims.Practice{}, err
	}
	found, err := pgx.CollectRows(rows, scanPractice)
	if err != nil {
		return claims.Practice{}, err
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return claims.Practice{}, fault.Usagef("CB-PRACTICE-002", "this book holds %d practices", len(found)).
			WithFix("name one with --practice CODE")
	case code != "":
		return claims.Practice{}, fault.NotFoundf("CB-PRACTICE-001", "no practice has the code %s", code).
			WithFix("import it with: claimbook practice import FILE.yaml")
	default:
		return claims.Practice{}, fault.NotFoundf("CB-PRACTICE-003", "this book has no practice yet").
			WithFix("import one with: claimbook practice import FILE.yaml, or look at a complete one with: claimbook demo")
	}
}

// PracticeByID returns the practice with the id: jobs know it by that.
func PracticeByID(ctx context.Context, tx pgx.Tx, id int64) (claims.Practice, error) {
	rows, err := tx.Query(ctx, `SELECT `+practiceColumns+` FROM practice WHERE id = $1`, id)
	if err != nil {
		return claims.Practice{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanPractice)
}
