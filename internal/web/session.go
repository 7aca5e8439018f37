package web

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/postgres"
)

// sessionStore keeps sessions in the table session. Signing in comes before a
// practice is chosen, so its transactions are for none.
type sessionStore struct{ db *postgres.DB }

func (s *sessionStore) tx(ctx context.Context, f func(tx pgx.Tx) error) error {
	return s.db.Tx(ctx, postgres.RoleWeb, 0, f)
}

// FindCtx implements scs.CtxStore.
func (s *sessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT data FROM session WHERE token = $1 AND expiry > now()`, token).Scan(&data)
		found = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return data, found, err
}

// CommitCtx implements scs.CtxStore. It also forgets sessions that ended, a few
// at a time, so that nothing has to sweep them.
func (s *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO session (token, data, expiry) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry`, token, data, expiry)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM session WHERE token IN (
			SELECT token FROM session WHERE expiry < now() ORDER BY expiry LIMIT 10 FOR UPDATE SKIP LOCKED)`)
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
func (s *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE token = $1`, token)
		return err
	})
}

// Find implements scs.Store.
func (s *sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s *sessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store.
func (s *sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
