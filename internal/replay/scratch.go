// Package replay makes a book again from its inputs. It works through the input
// log (set-up, encounters, batches, partners' files, patients' payments, bank
// files, statements, what people decided) in its order, with the recorded
// business dates and actors, through the same functions and jobs, in a scratch
// database of the same server, and compares what came out with the live book.
package replay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Scratch is a database that exists for one rebuild, with workers of its own. No
// partner's folder is touched by it: what it delivers goes into a folder that
// goes with it.
type Scratch struct {
	DB   *postgres.DB
	Jobs *jobs.Client
	Dir  string // for its mailboxes

	name  string
	owner *pgx.Conn // to the live database; its advisory lock says that this rebuild lives
}

// scratchPrefix begins the name of every scratch database; the oid of the live
// database and something random follow.
const scratchPrefix = "claimbook_rebuild_"

// NewScratch creates a migrated database beside the live one and starts workers
// on it. register adds the workers, which deliver into dir. Databases that
// killed rebuilds left behind are dropped first.
func NewScratch(ctx context.Context, liveURL string, register func(reg *jobs.Registry, db *postgres.DB, dir string)) (_ *Scratch, err error) {
	s := &Scratch{}
	if s.owner, err = pgx.Connect(ctx, liveURL); err != nil {
		return nil, postgres.Explain(err)
	}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if err := s.create(ctx); err != nil {
		return nil, err
	}
	scratchURL, err := withDatabase(liveURL, s.name)
	if err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, scratchURL); err != nil {
		return nil, err
	}
	if s.DB, err = postgres.Open(ctx, scratchURL); err != nil {
		return nil, err
	}
	s.Dir = scratchDir(s.name)
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, fault.Environmentf("CB-REBUILD-DIR", "the folder for the rebuilt batches cannot be made").Because(err).At(s.Dir)
	}
	registry := jobs.NewRegistry()
	register(registry, s.DB, s.Dir)
	client, err := jobs.NewClient(s.DB, registry, jobs.Options{})
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, err
	}
	s.Jobs = client
	return s, nil
}

// Close stops the workers and drops the database, also after a failure.
func (s *Scratch) Close() error {
	ctx := context.Background() // the caller's may be what ended
	if s.Jobs != nil {
		_ = s.Jobs.Stop(ctx)
	}
	if s.DB != nil {
		s.DB.Close()
	}
	var err error
	if s.name != "" {
		err = s.drop(ctx, s.name)
	}
	_ = s.owner.Close(ctx)
	return err
}

// create makes the database, with the live one's encoding and collation, because
// the order of texts may decide who is numbered first.
func (s *Scratch) create(ctx context.Context) error {
	var oid uint32
	var encoding, provider, collate, ctype, locale string
	err := s.owner.QueryRow(ctx, `select oid, pg_encoding_to_char(encoding), datlocprovider::text, coalesce(datcollate, ''), coalesce(datctype, ''),
			coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', '')
		from pg_database d where datname = current_database()`).Scan(&oid, &encoding, &provider, &collate, &ctype, &locale)
	if err != nil {
		return postgres.Explain(err)
	}
	if err := s.dropStale(ctx, oid); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%d_%s", scratchPrefix, oid, strings.ToLower(rand.Text()[:10]))
	if alone, err := s.lock(ctx, name); err != nil || !alone {
		return errors.Join(err, fmt.Errorf("the name %s is taken: %v", name, !alone))
	}
	statement := fmt.Sprintf("create database %s template template0 encoding %s lc_collate %s lc_ctype %s",
		name, quote(encoding), quote(collate), quote(ctype))
	switch provider {
	case "i":
		statement += " locale_provider icu icu_locale " + quote(locale)
	case "b":
		statement += " locale_provider builtin builtin_locale " + quote(locale)
	}
	if _, err := s.owner.Exec(ctx, statement); err != nil {
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) && pgErr.Code == "42501" { // insufficient_privilege
			return fault.Environmentf("CB-REBUILD-CREATEDB", "this login may not create the scratch database into which the book is rebuilt").
				WithFix("as an administrator: ALTER ROLE the login CREATEDB; or use a login that may")
		}
		return postgres.Explain(err)
	}
	s.name = name
	// Nobody minds losing it in a crash.
	_, err = s.owner.Exec(ctx, "alter database "+name+" set synchronous_commit = off")
	return postgres.Explain(err)
}

// dropStale drops the scratch databases whose rebuild has ended without doing so:
// those of this book whose lock is free, and those of books that are gone.
func (s *Scratch) dropStale(ctx context.Context, oid uint32) error {
	rows, err := s.owner.Query(ctx, `select datname, substring(datname from '^`+scratchPrefix+`([0-9]+)_') = $1::oid::text
		from pg_database d where datname ~ '^`+scratchPrefix+`[0-9]+_[a-z0-9]+$' and pg_has_role(datdba, 'USAGE')
			and (substring(datname from '^`+scratchPrefix+`([0-9]+)_') = $1::oid::text
				or not exists (select from pg_database o where o.oid::text = substring(d.datname from '^`+scratchPrefix+`([0-9]+)_')))`, oid)
	if err != nil {
		return postgres.Explain(err)
	}
	ours := map[string]bool{}
	var name string
	var mine bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &mine}, func() error { ours[name] = mine; return nil }); err != nil {
		return postgres.Explain(err)
	}
	for name, mine := range ours {
		if mine {
			dead, err := s.lock(ctx, name)
			if err != nil {
				return err
			}
			if !dead {
				continue // another rebuild is at work
			}
		}
		if err := s.drop(ctx, name); err != nil {
			return err
		}
		if mine {
			if _, err := s.owner.Exec(ctx, "select pg_advisory_unlock(hashtextextended($1, 0))", name); err != nil {
				return postgres.Explain(err)
			}
		}
	}
	return nil
}

// lock takes the lock that says that somebody works on the scratch database.
func (s *Scratch) lock(ctx context.Context, name string) (taken bool, err error) {
	err = s.owner.QueryRow(ctx, "select pg_try_advisory_lock(hashtextextended($1, 0))", name).Scan(&taken)
	return taken, postgres.Explain(err)
}

func (s *Scratch) drop(ctx context.Context, name string) error {
	_ = os.RemoveAll(scratchDir(name))
	_, err := s.owner.Exec(ctx, "drop database if exists "+name+" with (force)")
	return postgres.Explain(err)
}

func scratchDir(name string) string { return filepath.Join(os.TempDir(), name) }

// withDatabase is the connection string with another database's name.
func withDatabase(connection, name string) (string, error) {
	if !strings.HasPrefix(connection, "postgres://") && !strings.HasPrefix(connection, "postgresql://") {
		return connection + " dbname=" + name, nil // the last one counts
	}
	u, err := url.Parse(connection)
	if err != nil {
		return "", fault.Usagef("CB-DB-URL", "the database URL cannot be read")
	}
	u.Path = "/" + name
	query := u.Query()
	query.Del("dbname")
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func quote(literal string) string { return "'" + strings.ReplaceAll(literal, "'", "''") + "'" }
