package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/migrations"
)

// Migration is one step of the schema and when it was applied here.
type Migration struct {
	// Source is whose step it is: "claimbook" or "river" (the job queue).
	Source  string `json:"source"`
	Version int64  `json:"version"`
	// Name is the file's name for claimbook's own steps.
	Name string `json:"name"`
	// AppliedAt is zero while the step is pending.
	AppliedAt time.Time `json:"applied_at,omitzero"`
}

// Pending reports whether the step still has to run.
func (m Migration) Pending() bool { return m.AppliedAt.IsZero() }

// migrationLock is the advisory lock that lets one process migrate at a time.
// The number is "claimbk" in ASCII.
const migrationLock = 0x636c61696d626b

// Migrate brings the database at url to this program's schema: the roles, our
// migrations, River's, the grants on River's tables, then ANALYZE. It does
// nothing where all is applied; processes that call it at once take turns.
func Migrate(ctx context.Context, url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return badURL()
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return explainConnect(config, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	pending, err := isPending(ctx, conn)
	if err != nil {
		return Explain(err)
	}
	if !pending {
		return nil
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return Explain(err)
	}
	if err := createRoles(ctx, conn); err != nil {
		return err
	}
	if err := migrateOwn(ctx, config); err != nil {
		return err
	}
	if err := migrateRiver(ctx, config); err != nil {
		return err
	}
	if err := grantRiver(ctx, conn); err != nil {
		return Explain(err)
	}
	// Fresh tables without statistics make the cached plans of foreign keys and
	// triggers several times slower.
	_, err = conn.Exec(ctx, "analyze")
	return Explain(err)
}

// MigrationStatus lists every step of the schema, applied or pending, oldest
// first, ours before River's.
func MigrationStatus(ctx context.Context, url string) ([]Migration, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, badURL()
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, explainConnect(config, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	own, river, err := appliedVersions(ctx, conn)
	if err != nil {
		return nil, Explain(err)
	}
	sources, err := migrations.Sources()
	if err != nil {
		return nil, err
	}
	var list []Migration
	for _, s := range sources {
		list = append(list, Migration{Source: "claimbook", Version: s.Version, Name: s.Name, AppliedAt: own[s.Version]})
	}
	all, err := riverVersions()
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		list = append(list, Migration{Source: "river", Version: int64(v.Version), Name: v.Name, AppliedAt: river[int64(v.Version)]})
	}
	return list, nil
}

// RequireMigrated returns a fault that names the command to run when the
// database is behind this program's schema, or ahead of it.
func RequireMigrated(ctx context.Context, url string) error {
	list, err := MigrationStatus(ctx, url)
	if err != nil {
		return err
	}
	for i, m := range list {
		if m.Pending() {
			what := "the database is older than this program: it lacks " + m.Name
			if i == 0 {
				what = "there is no book in this database yet"
			}
			return fault.Environmentf("CB-DB-SCHEMA", "%s", what).
				WithFix("run: claimbook migrate up")
		}
	}
	return nil
}

func isPending(ctx context.Context, conn *pgx.Conn) (bool, error) {
	own, river, err := appliedVersions(ctx, conn)
	if err != nil {
		return false, err
	}
	sources, err := migrations.Sources()
	if err != nil {
		return false, err
	}
	latest := int64(0)
	for _, s := range sources {
		latest = max(latest, s.Version)
		if own[s.Version].IsZero() {
			return true, nil
		}
	}
	for version := range own {
		if version > latest {
			return false, fault.Environmentf("CB-DB-NEWER", "the database was migrated by a newer Claimbook (migration %d; this program knows %d)",
				version, latest).WithFix("run the newer program")
		}
	}
	all, err := riverVersions()
	if err != nil {
		return false, err
	}
	for _, v := range all {
		if river[int64(v.Version)].IsZero() {
			return true, nil
		}
	}
	return false, nil
}

// appliedVersions reads both tools' own tables; a table that is not there yet
// means that nothing was applied.
func appliedVersions(ctx context.Context, conn *pgx.Conn) (own, river map[int64]time.Time, err error) {
	own, river = map[int64]time.Time{}, map[int64]time.Time{}
	var hasOwn, hasRiver bool
	err = conn.QueryRow(ctx, `select to_regclass('goose_db_version') is not null,
		coalesce((select true from pg_attribute where attrelid = to_regclass('river_migration') and attname = 'line'), false)`).
		Scan(&hasOwn, &hasRiver)
	if err != nil {
		return nil, nil, err
	}
	read := func(into map[int64]time.Time, query string) error {
		rows, err := conn.Query(ctx, query)
		if err != nil {
			return err
		}
		var version int64
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error { into[version] = at; return nil })
		return err
	}
	if hasOwn {
		if err := read(own, "select version_id, tstamp::timestamptz from goose_db_version where is_applied and version_id > 0"); err != nil {
			return nil, nil, err
		}
	}
	if hasRiver {
		if err := read(river, "select version, created_at from river_migration where line = 'main'"); err != nil {
			return nil, nil, err
		}
	}
	return own, river, nil
}

// migrateOwn runs our files as the owner, so that it owns what they create.
func migrateOwn(ctx context.Context, config *pgx.ConnConfig) error {
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(actAsOwner))
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read the embedded migrations: %w", err)
	}
	_, err = provider.Up(ctx)
	return explainMigration(err)
}

func explainMigration(err error) error {
	if err == nil {
		return nil
	}
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil {
		var known *fault.Error
		if errors.As(Explain(partial.Err), &known) {
			return known
		}
		return fault.Environmentf("CB-DB-MIGRATION", "migration %s failed and was rolled back", partial.Failed.Source.Path).Because(partial.Err)
	}
	return Explain(err)
}

func migrateRiver(ctx context.Context, config *pgx.ConnConfig) error {
	poolConfig, err := pgxpool.ParseConfig(config.ConnString())
	if err != nil {
		return badURL()
	}
	poolConfig.MaxConns = 2
	poolConfig.AfterConnect = actAsOwner
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return explainConnect(config, err)
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return Explain(fmt.Errorf("migrate the job queue's tables: %w", err))
	}
	return nil
}

func riverVersions() ([]rivermigrate.Migration, error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		return nil, err
	}
	return migrator.AllVersions(), nil
}

func actAsOwner(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "set role "+string(RoleOwner))
	return err
}

// grantRiver lets workers use the queue. The web role gets nothing: what a page
// asks for is enqueued as the work role, so that a page can read no other
// practice's jobs.
func grantRiver(ctx context.Context, conn *pgx.Conn) error {
	statements := []string{
		"grant select, insert, update, delete on river_job, river_leader, river_queue, river_notification to claimbook_work",
		"grant usage, select on sequence river_job_id_seq, river_notification_id_seq to claimbook_work",
		"grant select on river_migration to claimbook_work",
	}
	_, err := conn.Exec(ctx, "begin; set local role "+string(RoleOwner)+"; "+strings.Join(statements, "; ")+"; commit")
	return err
}

// grantsVersion counts the changes to what Migrate does around the SQL files.
const grantsVersion = 1

// SchemaVersion names what Migrate adds to the SQL files: River's migrations
// and our grants on them.
func SchemaVersion() string {
	all, err := riverVersions()
	if err != nil {
		return "unknown"
	}
	return fmt.Sprintf("river %d, grants %d", all[len(all)-1].Version, grantsVersion)
}
