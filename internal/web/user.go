package web

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
)

// minPassword is the least length of a password, in characters.
const minPassword = 10

// CreateUser adds a person who may sign in to a practice with a role (owner,
// biller, accountant or viewer) and returns their id. The transaction acts as
// claimbook_work or claimbook_owner: pages cannot make users.
//
// A person who exists already gains the practice and keeps their name and
// password, so password is then ignored.
func CreateUser(ctx context.Context, tx pgx.Tx, username, display, password string, practiceID int64, role string) (int64, error) {
	switch role {
	case "owner", "biller", "accountant", "viewer":
	default:
		return 0, fault.Usagef("CB-USER-ROLE", "there is no role %q", role).WithFix("choose owner, biller, accountant or viewer")
	}
	var id int64
	err := tx.QueryRow(ctx, `SELECT id FROM app_user WHERE username = $1`, username).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err = insertUser(ctx, tx, username, display, password)
	}
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO membership (practice_id, user_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (practice_id, user_id) DO UPDATE SET role = excluded.role`, practiceID, id, role)
	return id, err
}

func insertUser(ctx context.Context, tx pgx.Tx, username, display, password string) (int64, error) {
	if utf8.RuneCountInString(password) < minPassword {
		return 0, fault.Invalidf("CB-USER-PASSWORD", "the password is too short").WithFix("use at least 10 characters")
	}
	hash, err := argon2id.CreateHash(password, argon2id.DefaultParams)
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO app_user (username, display_name, password_hash) VALUES ($1, $2, $3) RETURNING id`,
		username, display, hash).Scan(&id)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "23514" { // the schema's CHECK of the name
		return 0, fault.Invalidf("CB-USER-NAME", "the user name is not acceptable").
			WithFix("use 1 to 40 lower-case letters, digits, dots, dashes and underscores")
	}
	return id, err
}
