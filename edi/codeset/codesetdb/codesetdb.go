// Package codesetdb keeps the code lists that were imported into a book. The
// database is what all of a book's processes share, so a worker on another
// machine judges by the same lists.
package codesetdb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/codeset"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// List is an imported code list.
type List struct {
	Key     string    // one of codeset.Lists
	AsOf    date.Date // the list's own date
	Content []byte    // as codeset's Load reads it
}

// Import stores a list, which is in use from then on, and logs it as an input:
// it may change what the edits hold. What is in use already is not stored again.
// The database must have a practice, in whose name the input is logged.
func Import(ctx context.Context, tx pgx.Tx, l List, on date.Date, actor string) (existed bool, err error) {
	if err := new(codeset.List).Load(bytes.NewReader(l.Content), l.AsOf.String()); err != nil || codeset.Lists()[l.Key] == nil {
		return false, fault.Invalidf("CB-CODES-FORM", "the list %q cannot be used", l.Key).Because(err)
	}
	var practiceID int64
	err = tx.QueryRow(ctx, `select id from practice order by id limit 1`).Scan(&practiceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.Invalidf("CB-CODES-BOOK", "the book has no practice yet").WithFix("import the practice first: claimbook practice import")
	}
	if err != nil {
		return false, err
	}
	sum := sha256.Sum256(l.Content)
	err = tx.QueryRow(ctx, `select exists (select from code_list_import i where list = $1 and as_of = $2 and sha256 = $3
		and not exists (select from code_list_import later where later.list = i.list and later.id > i.id))`, l.Key, l.AsOf, sum[:]).Scan(&existed)
	if err != nil || existed {
		return existed, err
	}
	var id int64
	err = tx.QueryRow(ctx, `insert into code_list_import (list, as_of, sha256, content, imported_on, actor) values ($1, $2, $3, $4, $5, $6) returning id`,
		l.Key, l.AsOf, sum[:], l.Content, on, actor).Scan(&id)
	if err != nil {
		return false, err
	}
	return false, exchangedb.LogInput(ctx, tx, practiceID, exchangedb.InputCodes, id, on, actor)
}

// Find returns the list of one import.
func Find(ctx context.Context, tx pgx.Tx, id int64) (l List, err error) {
	err = tx.QueryRow(ctx, `select list, as_of, content from code_list_import where id = $1`, id).Scan(&l.Key, &l.AsOf, &l.Content)
	return l, err
}

// inUse is whose lists this process has in use: "" for the shipped ones.
var inUse struct {
	sync.Mutex
	version string
}

// Use puts the book's lists into use in this process, if it has others: the
// last import of each list, and the shipped one where there is none. Whatever
// judges or explains by the lists calls it first; it is one small query when
// nothing was imported since.
func Use(ctx context.Context, tx pgx.Tx) error {
	var version string
	err := tx.QueryRow(ctx, `select coalesce((select oid::text from pg_database where datname = current_database()) || '/' || max(id), '') from code_list_import`).Scan(&version)
	if err != nil {
		return err
	}
	inUse.Lock()
	defer inUse.Unlock()
	if inUse.version == version {
		return nil
	}
	rows, err := tx.Query(ctx, `select distinct on (list) list, as_of, content from code_list_import order by list, id desc`)
	if err != nil {
		return err
	}
	imported, err := pgx.CollectRows(rows, pgx.RowToStructByPos[List])
	if err != nil {
		return err
	}
	all := codeset.Lists()
	for _, l := range imported {
		list := all[l.Key]
		if list == nil {
			continue // of a newer program
		}
		if err := list.Load(bytes.NewReader(l.Content), l.AsOf.String()); err != nil {
			return fmt.Errorf("the imported code list %s: %w", l.Key, err)
		}
		delete(all, l.Key)
	}
	for _, list := range all {
		if list.Loaded() {
			list.Unload()
		}
	}
	inUse.version = version
	return nil
}
