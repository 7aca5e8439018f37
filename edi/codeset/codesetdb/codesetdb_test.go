package codesetdb_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

var (
	ctx   = context.Background()
	today = date.MustParse("2026-03-02")
)

type book struct {
	*testing.T
	db *postgres.DB
}

func newBook(t *testing.T) book {
	t.Helper()
	b := book{t, pgtest.New(t)}
	t.Cleanup(func() {
		for _, l := range codeset.Lists() {
			l.Unload()
		}
	})
	return b
}

func (b book) practice() book {
	b.Helper()
	b.run(postgres.RoleOwner, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into practice (id, code, name, npi, tin, address1, city, state, zip)
			values (1, 'TEST', 'Test', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001')`)
		return err
	})
	return b
}

func (b book) run(role postgres.Role, fn func(tx pgx.Tx) error) {
	b.Helper()
	if err := b.db.Tx(ctx, role, 1, fn); err != nil {
		b.Fatal(err)
	}
}

func (b book) load(key, asOf, content string) (existed bool) {
	b.Helper()
	b.run(postgres.RoleWork, func(tx pgx.Tx) (err error) {
		existed, err = codesetdb.Import(ctx, tx, codesetdb.List{Key: key, AsOf: date.MustParse(asOf), Content: []byte(content)}, today, "ann")
		return err
	})
	return existed
}

// use is what a page does: it may only read.
func (b book) use() {
	b.Helper()
	b.run(postgres.RoleWeb, func(tx pgx.Tx) error { return codesetdb.Use(ctx, tx) })
}

func (b book) want(key, asOf string, codes int) {
	b.Helper()
	if l := codeset.Lists()[key]; l.AsOf() != asOf || l.Len() != codes {
		b.Errorf("%s as of %q with %d codes; want %q with %d", key, l.AsOf(), l.Len(), asOf, codes)
	}
}

// The last import of each list is in use; the same one again is no input; each
// input names its import.
func TestImportAndUse(t *testing.T) {
	b := newBook(t).practice()
	b.load("cdt", "2026-01-01", "D0120\n")
	b.want("cdt", "", 0) // not before it is asked for
	b.use()
	b.want("cdt", "2026-01-01", 1)
	b.load("cdt", "2027-01-01", "D0120\nD0140\n")
	if !b.load("cdt", "2027-01-01", "D0120\nD0140\n") {
		t.Error("the same list is imported twice")
	}
	b.use()
	b.want("cdt", "2027-01-01", 2)
	if b.load("cdt", "2026-01-01", "D0120\n") {
		t.Error("an earlier list cannot be taken up again")
	}
	b.use()
	b.want("cdt", "2026-01-01", 1)
	b.want("pos", "2024-05-02", 52)
	b.run(postgres.RoleWork, func(tx pgx.Tx) error {
		var inputs int
		err := tx.QueryRow(ctx, `select count(*) from input_log l join code_list_import i on i.id = l.ref_id
			where l.kind = 'codes' and l.business_date = $1 and l.actor = 'ann' and i.list = 'cdt'`, today).Scan(&inputs)
		if inputs != 3 {
			t.Errorf("%d inputs, want 3", inputs)
		}
		return err
	})
}

// A process that turns to another book uses that one's lists, and the shipped
// ones where it has imported none: a rebuild has two books.
func TestTwoBooks(t *testing.T) {
	one, other := newBook(t).practice(), newBook(t).practice()
	one.load("pos", "2026-01-01", "11\n")
	one.use()
	one.want("pos", "2026-01-01", 1)
	other.use()
	other.want("pos", "2024-05-02", 52)
	one.use()
	one.want("pos", "2026-01-01", 1)
}

func TestRefusedImports(t *testing.T) {
	b := newBook(t)
	for _, c := range []struct {
		list codesetdb.List
		code string
	}{
		{codesetdb.List{Key: "nolist", AsOf: today, Content: []byte("A\n")}, "CB-CODES-FORM"},
		{codesetdb.List{Key: "cdt", AsOf: today, Content: []byte("a b\n")}, "CB-CODES-FORM"},
		{codesetdb.List{Key: "cdt", AsOf: today, Content: []byte("D0120\n")}, "CB-CODES-BOOK"},
	} {
		err := b.db.Tx(ctx, postgres.RoleWork, 1, func(tx pgx.Tx) error {
			_, err := codesetdb.Import(ctx, tx, c.list, today, "ann")
			return err
		})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v", c.list.Key, err)
		}
	}
}

// What was imported stays.
func TestImportsAreKept(t *testing.T) {
	b := newBook(t).practice()
	b.load("cdt", "2026-01-01", "D0120\n")
	err := b.db.Tx(ctx, postgres.RoleOwner, 1, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from code_list_import`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "append") && !strings.Contains(err.Error(), "change") {
		t.Errorf("an import can be deleted: %v", err)
	}
}
