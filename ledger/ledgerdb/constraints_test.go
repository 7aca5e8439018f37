package ledgerdb_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// refused runs a statement as the role and requires the database's refusal.
func (b book) refused(t *testing.T, role postgres.Role, message string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	err := b.Tx(ctx, role, b.practice, func(tx pgx.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(ctx, s, pgx.NamedArgs{"practice": b.practice}); err != nil {
				return err
			}
		}
		return nil
	})
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Message, message) {
		t.Errorf("%s as %s: %v; want a refusal with %q", statements[len(statements)-1], role, err, message)
	}
}

// What was posted stays, for the application's roles and for the owner.
func TestFactsAreAppendOnly(t *testing.T) {
	w := quarter(t)
	w.seal(t, 100)
	for _, table := range []string{"journal_entry", "transfer", "seal_block", "sealed_entry"} {
		column := map[string]string{"journal_entry": "memo = 'x'", "transfer": "amount = 1", "seal_block": "entries = 1", "sealed_entry": "block_no = 1"}[table]
		for _, statement := range []string{"update " + table + " set " + column, "delete from " + table, "truncate " + table + " cascade"} {
			w.refused(t, postgres.RoleOwner, "is append-only, correct it by a new entry", statement)
			w.refused(t, postgres.RoleWork, "permission denied for table "+table, statement)
			w.refused(t, postgres.RoleWeb, "permission denied for table "+table, statement)
		}
	}
	w.refused(t, postgres.RoleWeb, "permission denied", `insert into journal_entry (practice_id, posting_date, kind, source_key, request_hash, line_count) values (@practice, '2026-03-02', 'x', 'y', sha256('z'), 1)`)
	w.refused(t, postgres.RoleWork, "permission denied", `delete from subledger_balance`)
	w.refused(t, postgres.RoleWork, "permission denied", `delete from period`)
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("after the refusals: %+v", broken)
	}
}

// What is wrong cannot be written down, whatever program tries.
func TestConstraints(t *testing.T) {
	w := quarter(t)
	entry := func(source string, lines string) string {
		return `insert into journal_entry (practice_id, id, posting_date, kind, source_key, request_hash, line_count)
			values (@practice, 900001, '2026-03-02', 'charge', '` + source + `', sha256('z'), ` + lines + `)`
	}
	line := func(no, count, debit, amount string) string {
		return `insert into transfer (practice_id, entry_id, line_no, line_count, debit_account, credit_account, amount)
			values (@practice, 900001, ` + no + `, ` + count + `, '` + debit + `', '4000', ` + amount + `)`
	}
	work := postgres.RoleWork
	w.refused(t, work, "journal_entry_practice_id_source_key_key", entry("charge|E1|1|1", "1"))
	w.refused(t, work, "journal_entry_last_line", entry("a", "1"), "set constraints all immediate")
	w.refused(t, work, "foreign key", entry("a", "1"), line("1", "2", "1000", "5"))
	w.refused(t, work, "transfer_check", entry("a", "1"), line("2", "1", "1000", "5"))
	w.refused(t, work, "transfer_amount_check", entry("a", "1"), line("1", "1", "1000", "0"))
	w.refused(t, work, "transfer_amount_check", entry("a", "1"), line("1", "1", "1000", "-5"))
	w.refused(t, work, "violates check constraint", entry("a", "1"), line("1", "1", "4000", "5"))
	w.refused(t, work, "account 1999 is not in the chart of accounts", entry("a", "1"), line("1", "1", "1999", "5"))
	w.refused(t, work, "an entry declares 2 lines and came with 1: the lines of an entry are written together", entry("a", "2"), line("2", "2", "1000", "5"))
	w.refused(t, work, "an entry belongs to the transaction that makes it", `insert into journal_entry (practice_id, posting_date, kind, source_key, request_hash, line_count, made_in)
		values (@practice, '2026-03-02', 'charge', 'a', sha256('z'), 1, '5')`)
	// A line cannot join an entry that stands: in its place, behind its last
	// one, or by declaring another count.
	late := func(no, count string) string {
		return `insert into transfer (practice_id, entry_id, line_no, line_count, debit_account, credit_account, amount)
			select practice_id, id, ` + no + `, ` + count + `, '1000', '4000', 5 from journal_entry where source_key = 'payment|k1'`
	}
	w.refused(t, work, "transfer_pkey", late("1", "line_count"))
	w.refused(t, work, "transfer_check", late("line_count + 1", "line_count"))
	w.refused(t, work, "transfer_practice_id_entry_id_line_count_fkey", late("line_count + 1", "line_count + 1"))
	if broken, _ := w.verify(t); len(broken) != 0 {
		t.Errorf("after the refusals: %+v", broken)
	}
}

func TestClosedPeriodRefuses(t *testing.T) {
	w := quarter(t)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update period set state = 'closed', changed_at = clock_timestamp() where practice_id = $1 and month <= '2026-03-01'`, w.practice)
		return err
	})
	post := func(on string) error {
		e := charge("E9", 9, w.blue, 1_00)
		e.PostingDate = date.MustParse(on)
		return w.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := ledgerdb.Post(ctx, tx, w.practice, []ledger.Entry{e})
			return err
		})
	}
	for _, day := range []string{"2026-03-31", "2026-01-01", "2025-12-01"} { // a month never used, before a closed one, is closed too
		err := post(day)
		if fault.CodeOf(err) != "CB-LEDGER-PERIOD" || !strings.Contains(err.Error(), "period "+day[:7]+" is closed: nothing posts into it") {
			t.Errorf("posting on %s: %v", day, err)
		}
	}
	if err := post("2026-04-01"); err != nil {
		t.Errorf("posting into the open month: %v", err)
	}
}

// A row of another practice is nowhere to be seen by the web role, in any table
// or view, and can be written to none.
func TestRowSecurity(t *testing.T) {
	w := quarter(t)
	w.seal(t, 100)
	other := newPractice(t, w.DB, "OTHER")
	ctx := context.Background()
	var names []string
	if err := w.Tx(ctx, postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'p')
			and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'practice_id') order by 1`)
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"account", "journal_entry", "posting", "transfer", "subledger_balance", "claim", "patient", "edi_file_chunk"} {
		found := false
		for _, name := range names {
			found = found || name == want
		}
		if !found {
			t.Fatalf("%s is not among the tables and views that are tried: %v", want, names)
		}
	}
	seen := func(practice int64, name string) (mine, theirs int) {
		err := w.Tx(ctx, postgres.RoleWeb, practice, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select count(*) filter (where practice_id = $1), count(*) filter (where practice_id <> $1) from `+pgx.Identifier{name}.Sanitize(), practice).Scan(&mine, &theirs)
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return mine, theirs
	}
	for _, name := range names {
		if _, theirs := seen(other, name); theirs != 0 {
			t.Errorf("the web role of another practice sees %d rows of %s", theirs, name)
		}
		if mine, theirs := seen(0, name); mine+theirs != 0 {
			t.Errorf("the web role without a practice sees %d rows of %s", mine+theirs, name)
		}
	}
	for _, name := range []string{"posting", "transfer", "journal_entry", "account", "claim"} {
		if mine, _ := seen(w.practice, name); mine == 0 {
			t.Errorf("the web role does not see its own rows of %s", name)
		}
	}
}
