// Package ledgerdb keeps the ledger in PostgreSQL: the one function that
// posts, the balances it maintains, and the queries behind reports, export,
// explain and verify. Every method runs in the caller's transaction.
package ledgerdb

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
)

// Result says what a call of Post did.
type Result struct {
	Posted    int     // entries written
	Skipped   int     // entries that had been posted before by the same request
	Empty     int     // entries without a transfer: nothing to write
	Transfers int     // lines written
	IDs       []int64 // of each entry given, written now or before; 0 for an empty one
}

// Post writes entries and moves the balances they touch. It is the only writer
// of the ledger.
//
// An entry whose source key was posted before is skipped when its request hash
// is the same, and a fault (CB-LEDGER-SOURCE) when it is not: then the same
// source asks for something else, and a person has to look. An entry without
// transfers is left out. Two posters at once neither double nor deadlock on
// each other within one call: sources and balances are written in sorted
// order. A refusal of the database (a closed period, an unknown account) comes
// back as a fault, and the caller's transaction is to be rolled back.
//
// Hundreds of entries a call are several times faster than one at a time.
func Post(ctx context.Context, tx pgx.Tx, practiceID int64, entries []ledger.Entry) (Result, error) {
	result := Result{IDs: make([]int64, len(entries))}
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return result, err
	}
	order := make([]int, 0, len(entries))
	for i := range entries {
		if len(entries[i].Transfers) == 0 {
			result.Empty++
			continue
		}
		if err := entries[i].Check(chart); err != nil {
			return result, err
		}
		order = append(order, i)
	}
	if len(order) == 0 {
		return result, nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(entries[a].SourceKey, entries[b].SourceKey) })
	fresh, err := insertEntries(ctx, tx, practiceID, entries, order, &result)
	if err != nil {
		return result, explain(err)
	}
	if len(fresh) == 0 {
		return result, nil
	}
	if err := insertTransfers(ctx, tx, practiceID, entries, fresh, result.IDs); err != nil {
		return result, explain(err)
	}
	changes := map[ledger.Key]money.Cents{}
	for _, i := range fresh {
		for _, t := range entries[i].Transfers {
			result.Transfers++
			if chart[t.Debit.Account].Keyed() {
				changes[t.Debit] += t.Amount
			}
			if chart[t.Credit.Account].Keyed() {
				changes[t.Credit] -= t.Amount
			}
		}
	}
	return result, explain(moveBalances(ctx, tx, practiceID, changes))
}

// insertEntries writes the headers that are new and returns their indexes.
func insertEntries(ctx context.Context, tx pgx.Tx, practiceID int64, entries []ledger.Entry, order []int, result *Result) (fresh []int, err error) {
	n := len(order)
	var (
		ids      []int64
		dates    = make([]date.Date, n)
		kinds    = make([]string, n)
		keys     = make([]string, n)
		hashes   = make([][]byte, n)
		counts   = make([]int32, n)
		reverses = make([]int64, n)
		memos    = make([]string, n)
		actors   = make([]string, n)
	)
	rows, err := tx.Query(ctx, `select nextval('object_id') from generate_series(1, $1::int)`, n)
	if err != nil {
		return nil, err
	}
	if ids, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return nil, err
	}
	position := make(map[int64]int, n)
	for at, i := range order {
		e := &entries[i]
		sum := e.RequestHash
		if sum == ([32]byte{}) {
			sum = e.Hash()
		}
		dates[at], kinds[at], keys[at], hashes[at] = e.PostingDate, e.Kind, e.SourceKey, sum[:]
		counts[at], reverses[at], memos[at], actors[at] = int32(len(e.Transfers)), e.Reverses, e.Memo, e.Actor
		position[ids[at]] = at
	}
	rows, err = tx.Query(ctx, `
		insert into journal_entry (practice_id, id, posting_date, kind, source_key, request_hash, line_count, reverses, memo, actor)
		select $1, id, posting_date, kind, source_key, request_hash, line_count, nullif(reverses, 0), memo, actor
		from unnest($2::bigint[], $3::date[], $4::text[], $5::text[], $6::bytea[], $7::int[], $8::bigint[], $9::text[], $10::text[])
			as t (id, posting_date, kind, source_key, request_hash, line_count, reverses, memo, actor)
		on conflict (practice_id, source_key) do nothing
		returning id`,
		practiceID, ids, dates, kinds, keys, hashes, counts, reverses, memos, actors)
	if err != nil {
		return nil, err
	}
	written, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	fresh = make([]int, 0, len(written))
	isNew := make([]bool, n)
	for _, id := range written {
		at := position[id]
		isNew[at] = true
		result.IDs[order[at]] = id
		fresh = append(fresh, order[at])
	}
	result.Posted += len(written)
	if len(written) < n {
		err = matchPosted(ctx, tx, practiceID, keys, hashes, isNew, func(at int, id int64) {
			result.IDs[order[at]] = id
			result.Skipped++
		})
	}
	return fresh, err
}

// matchPosted compares the sources that were posted before with what is asked
// for now.
func matchPosted(ctx context.Context, tx pgx.Tx, practiceID int64, keys []string, hashes [][]byte, isNew []bool, same func(at int, id int64)) error {
	var again []string
	for at, fresh := range isNew {
		if !fresh {
			again = append(again, keys[at])
		}
	}
	type posted struct {
		id   int64
		hash []byte
	}
	found := make(map[string]posted, len(again))
	rows, err := tx.Query(ctx, `select source_key, id, request_hash from journal_entry where practice_id = $1 and source_key = any($2)`, practiceID, again)
	if err != nil {
		return err
	}
	var key string
	var p posted
	if _, err := pgx.ForEachRow(rows, []any{&key, &p.id, &p.hash}, func() error {
		found[key] = posted{p.id, slices.Clone(p.hash)}
		return nil
	}); err != nil {
		return err
	}
	for at, fresh := range isNew {
		if fresh {
			continue
		}
		earlier := found[keys[at]]
		if !slices.Equal(earlier.hash, hashes[at]) {
			return fault.Invalidf("CB-LEDGER-SOURCE", "this source was posted before with other amounts or accounts: a source posts once").
				At("entry " + keys[at]).WithFix("correct what was posted by a new entry under a key of its own")
		}
		same(at, earlier.id)
	}
	return nil
}

// loadedColumns are what insertTransfers loads of a transfer.
var loadedColumns = []string{"practice_id", "entry_id", "line_no", "line_count", "debit_account", "credit_account", "amount",
	"debit_service_line_id", "debit_payer_id", "debit_payer_rank", "debit_patient_id", "debit_reference",
	"credit_service_line_id", "credit_payer_id", "credit_payer_rank", "credit_patient_id", "credit_reference",
	"claim_id", "guarantor_id", "provider_id", "service_date", "group_code", "carc", "rarcs", "edi_file_id", "byte_offset"}

// insertTransfers writes the lines of the entries in one statement. They are
// most of what is written, so COPY pays here.
func insertTransfers(ctx context.Context, tx pgx.Tx, practiceID int64, entries []ledger.Entry, fresh []int, ids []int64) error {
	n := 0
	for _, i := range fresh {
		n += len(entries[i].Transfers)
	}
	at, line := 0, 0
	values := make([]any, len(loadedColumns))
	return postgres.Load(ctx, tx, "transfer", loadedColumns, n, func(int) ([]any, error) {
		for line == len(entries[fresh[at]].Transfers) {
			at, line = at+1, 0
		}
		e := &entries[fresh[at]]
		t := &e.Transfers[line]
		line++
		offset, rarcs := t.ByteOffset, t.RARCs
		if t.EDIFileID == 0 {
			offset = -1 // no file, no place in it
		}
		if rarcs == nil {
			rarcs = []string{}
		}
		values = append(values[:0], practiceID, ids[fresh[at]], line, len(e.Transfers), t.Debit.Account, t.Credit.Account, int64(t.Amount),
			t.Debit.ServiceLineID, t.Debit.PayerID, t.Debit.PayerRank, t.Debit.PatientID, t.Debit.Reference,
			t.Credit.ServiceLineID, t.Credit.PayerID, t.Credit.PayerRank, t.Credit.PatientID, t.Credit.Reference,
			t.ClaimID, t.GuarantorID, t.ProviderID, t.ServiceDate, t.GroupCode, t.CARC, rarcs, t.EDIFileID, offset)
		return values, nil
	})
}

// keyColumns are keys turned on their side.
type keyColumns struct {
	account, reference          []string
	serviceLine, payer, patient []int64
	rank                        []int16
}

func newKeyColumns(n int) keyColumns {
	return keyColumns{account: make([]string, 0, n), reference: make([]string, 0, n), serviceLine: make([]int64, 0, n),
		payer: make([]int64, 0, n), patient: make([]int64, 0, n), rank: make([]int16, 0, n)}
}

func (c *keyColumns) add(k ledger.Key) {
	c.account, c.serviceLine, c.payer = append(c.account, k.Account), append(c.serviceLine, k.ServiceLineID), append(c.payer, k.PayerID)
	c.rank, c.patient, c.reference = append(c.rank, k.PayerRank), append(c.patient, k.PatientID), append(c.reference, k.Reference)
}

// moveBalances adds the changes to the sub-ledger in the order of the keys, one
// update a row however many lines touched it.
func moveBalances(ctx context.Context, tx pgx.Tx, practiceID int64, changes map[ledger.Key]money.Cents) error {
	keys := make([]ledger.Key, 0, len(changes))
	for k, amount := range changes {
		if amount != 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.SortFunc(keys, ledger.Key.Compare)
	c := newKeyColumns(len(keys))
	amounts := make([]int64, len(keys))
	for i, k := range keys {
		c.add(k)
		amounts[i] = int64(changes[k])
	}
	_, err := tx.Exec(ctx, `
		insert into subledger_balance (practice_id, account, service_line_id, payer_id, payer_rank, patient_id, reference, amount)
		select $1, t.* from unnest($2::text[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[], $7::text[], $8::bigint[]) t
		on conflict (practice_id, account, service_line_id, payer_id, payer_rank, patient_id, reference)
		do update set amount = subledger_balance.amount + excluded.amount`,
		practiceID, c.account, c.serviceLine, c.payer, c.rank, c.patient, c.reference, amounts)
	return err
}
