package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
)

// Login is what signing in needs to know of a user.
type Login struct {
	ID           int64
	Username     string
	PasswordHash string
}

// FindLogin returns the user of that name who may sign in; found is false for
// an unknown name and for a disabled user alike.
func FindLogin(ctx context.Context, tx pgx.Tx, username string) (login Login, found bool, err error) {
	logins, err := many[Login](ctx, tx,
		`SELECT id, username, password_hash FROM app_user WHERE username = $1 AND disabled_at IS NULL`, username)
	if err != nil || len(logins) == 0 {
		return Login{}, false, err
	}
	return logins[0], true, nil
}

// Memberships returns the practices that a user works for, lowest id first.
// The policy of the table lets a person see their own, whatever practice the
// transaction is for.
func Memberships(ctx context.Context, tx pgx.Tx, userID int64) ([]int64, error) {
	if _, err := tx.Exec(ctx, `SELECT set_config('claimbook.user_id', $1::bigint::text, true)`, userID); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT practice_id FROM membership WHERE user_id = $1 ORDER BY practice_id`, userID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// Viewer is who looks at a page, and which practice they see.
type Viewer struct {
	UserID       int64
	Username     string
	DisplayName  string
	Role         string
	PracticeID   int64
	PracticeCode string
	PracticeName string
	TimeZone     string
	FixedDate    date.Date // the day that a demonstration practice lives on; zero is today
}

// FindViewer returns the signed-in user as a member of the practice; found is
// false when the membership or the user has gone since they signed in.
func FindViewer(ctx context.Context, tx pgx.Tx, practiceID, userID int64) (v Viewer, found bool, err error) {
	viewers, err := many[Viewer](ctx, tx, `
		SELECT u.id AS user_id, u.username, u.display_name, m.role, p.id AS practice_id, p.code AS practice_code,
		       p.name AS practice_name, p.time_zone, p.fixed_date
		FROM membership m
		JOIN app_user u ON u.id = m.user_id AND u.disabled_at IS NULL
		JOIN practice p ON p.id = m.practice_id
		WHERE m.practice_id = $1 AND m.user_id = $2`, practiceID, userID)
	if err != nil || len(viewers) == 0 {
		return Viewer{}, false, err
	}
	return viewers[0], true, nil
}

// Audit records who did what with whom: "view", "patient/1234". It carries ids
// only, and is the one thing that a page writes.
func Audit(ctx context.Context, tx pgx.Tx, practiceID int64, actor, action, subject string) error {
	_, err := tx.Exec(ctx, `INSERT INTO audit_event (practice_id, actor, action, subject) VALUES ($1, $2, $3, $4)`,
		practiceID, actor, action, subject)
	return err
}
