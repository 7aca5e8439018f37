package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
)

// createRoles makes the three roles where they are missing and the login a
// member of each. Roles belong to the cluster, and two databases of one
// cluster may be migrated at once under different advisory locks, so losing
// that race is expected and the step simply runs again.
func createRoles(ctx context.Context, conn *pgx.Conn) error {
	var err error
	for range 20 {
		if err = createRolesOnce(ctx, conn); err == nil || !lostRoleRace(err) {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42501" { // insufficient_privilege
		return fault.Environmentf("CB-DB-ROLES", "this login may not create Claimbook's database roles, or own its schema").
			WithFix("as an administrator run once: CREATE ROLE claimbook_owner NOLOGIN; CREATE ROLE claimbook_work NOLOGIN BYPASSRLS; " +
				"CREATE ROLE claimbook_web NOLOGIN; GRANT claimbook_owner, claimbook_work, claimbook_web TO the login; " +
				"GRANT USAGE, CREATE ON SCHEMA public TO claimbook_owner").Because(err)
	}
	return Explain(err)
}

func createRolesOnce(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, role := range []Role{RoleOwner, RoleWork, RoleWeb} {
			var exists bool
			if err := tx.QueryRow(ctx, "select exists (select from pg_roles where rolname = $1)", string(role)).Scan(&exists); err != nil {
				return err
			}
			if !exists {
				if _, err := tx.Exec(ctx, fmt.Sprintf("create role %s nologin", role)); err != nil {
					return err
				}
			}
			member, err := mayActAs(ctx, tx, role)
			if err != nil {
				return err
			}
			if !member {
				if _, err := tx.Exec(ctx, fmt.Sprintf("grant %s to current_user", role)); err != nil {
					return err
				}
			}
		}
		if err := bypassRowSecurity(ctx, tx); err != nil {
			return err
		}
		return grantSchema(ctx, tx)
	})
}

// mayActAs reports whether the login has the role's privileges and may switch to
// it. From PostgreSQL 16 these are apart, and a login that created a role has
// at first neither.
func mayActAs(ctx context.Context, tx pgx.Tx, role Role) (bool, error) {
	var version int
	if err := tx.QueryRow(ctx, "select current_setting('server_version_num')::int").Scan(&version); err != nil {
		return false, err
	}
	privileges := "USAGE"
	if version >= 160000 {
		privileges = "SET"
	}
	var may bool
	err := tx.QueryRow(ctx, "select pg_has_role(current_user, $1, 'USAGE') and pg_has_role(current_user, $1, $2)", string(role), privileges).Scan(&may)
	return may, err
}

// bypassRowSecurity gives the work role BYPASSRLS where this login may: on a
// server that refuses it, workers pass the policies by their practice instead.
func bypassRowSecurity(ctx context.Context, tx pgx.Tx) error {
	var already bool
	if err := tx.QueryRow(ctx, "select rolbypassrls from pg_roles where rolname = $1", string(RoleWork)).Scan(&already); err != nil || already {
		return err
	}
	err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error {
		_, err := savepoint.Exec(ctx, "alter role claimbook_work bypassrls")
		return err
	})
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "42501" {
		return nil
	}
	return err
}

// grantSchema lets the owner create tables in the schema, which since
// PostgreSQL 15 belongs to the database's owner alone.
func grantSchema(ctx context.Context, tx pgx.Tx) error {
	var may bool
	if err := tx.QueryRow(ctx, "select has_schema_privilege($1, 'public', 'CREATE') and has_schema_privilege($1, 'public', 'USAGE')", string(RoleOwner)).Scan(&may); err != nil || may {
		return err
	}
	_, err := tx.Exec(ctx, "grant usage, create on schema public to claimbook_owner")
	return err
}

func lostRoleRace(err error) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	switch pgErr.Code {
	case "42710", "23505": // duplicate_object, unique_violation on pg_authid or pg_auth_members
		return true
	case "XX000": // "tuple concurrently updated"
		return true
	}
	return false
}
