package ledgerdb

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"
)

// digests hashes every field of an entry and of its lines, in a form that no
// setting of a session changes. `which` yields (entry_id, block_no).
const digests = `
	select w.block_no, w.entry_id, sha256(convert_to(json_build_array(e.practice_id, e.id, e.posting_date, e.kind, e.source_key, encode(e.request_hash, 'hex'),
			e.line_count, e.reverses, e.memo, e.actor, e.made_in::text, (extract(epoch from e.recorded_at) * 1000000)::bigint)::text
		|| coalesce((select string_agg(json_build_array(t.line_no, t.line_count, t.debit_account, t.credit_account, t.amount,
			t.debit_service_line_id, t.debit_payer_id, t.debit_payer_rank, t.debit_patient_id, t.debit_reference,
			t.credit_service_line_id, t.credit_payer_id, t.credit_payer_rank, t.credit_patient_id, t.credit_reference,
			t.claim_id, t.guarantor_id, t.provider_id, t.service_date, t.group_code, t.carc, array_to_json(t.rarcs), t.edi_file_id, t.byte_offset)::text,
			'' order by t.line_no)
			from transfer t where t.practice_id = $1 and t.entry_id = w.entry_id), ''), 'UTF8')) as digest
	from which w left join journal_entry e on e.practice_id = $1 and e.id = w.entry_id`

// Seal closes the next block of at most size committed entries that no block
// holds yet: it hashes them and chains the hash to the block before. It
// returns how many entries it sealed; 0 means that nothing waits. Entries of
// transactions still in flight are not seen, and go into a later block.
//
// Two sealers of a practice take turns.
func Seal(ctx context.Context, tx pgx.Tx, practiceID int64, size int) (sealed int, err error) {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('claimbook seal ' || $1::bigint, 0))`, practiceID); err != nil {
		return 0, err
	}
	var block int64
	var previous []byte
	err = tx.QueryRow(ctx, `
		select coalesce(max(block_no), 0) + 1, coalesce((array_agg(hash order by block_no desc))[1], decode(repeat('00', 32), 'hex'))
		from (select block_no, hash from seal_block where practice_id = $1 order by block_no desc limit 1) b`, practiceID).Scan(&block, &previous)
	if err != nil {
		return 0, err
	}
	// One statement, so that the block and its list are about the same entries.
	err = tx.QueryRow(ctx, `
		with which as materialized (
			select e.id as entry_id, $3::bigint as block_no from journal_entry e
			where e.practice_id = $1 and not exists (select from sealed_entry s where s.practice_id = e.practice_id and s.entry_id = e.id)
			order by e.id limit $4
		), hashed as (`+digests+`), block as (
			insert into seal_block (practice_id, block_no, previous, hash, entries)
			select $1, $3, $2, sha256($2 || string_agg(digest, ''::bytea order by entry_id)), count(*)::int from hashed having count(*) > 0
			returning entries
		), list as (
			insert into sealed_entry (practice_id, entry_id, block_no) select $1, entry_id, block_no from which
		)
		select coalesce((select entries from block), 0)`, practiceID, previous, block, size).Scan(&sealed)
	return sealed, err
}

// Unsealed counts the entries that no block holds yet.
func Unsealed(ctx context.Context, tx pgx.Tx, practiceID int64) (n int64, err error) {
	err = tx.QueryRow(ctx, `select (select count(*) from journal_entry where practice_id = $1) - (select count(*) from sealed_entry where practice_id = $1)`,
		practiceID).Scan(&n)
	return n, err
}

// proveSeals hashes every sealed entry again and follows the chain.
func proveSeals(ctx context.Context, tx pgx.Tx, practiceID int64) (Proof, error) {
	p := Proof{Name: "seals", Unit: "sealed entries", Statement: "every sealed entry still has the bytes it was sealed with, and the blocks form one chain"}
	rows, err := tx.Query(ctx, `
		with which as (select entry_id, block_no from sealed_entry where practice_id = $1), hashed as (`+digests+`),
		again as (select block_no, count(*) as entries, string_agg(digest, ''::bytea order by entry_id) as content from hashed group by 1)
		select coalesce(b.block_no, a.block_no), coalesce(b.entries, 0), coalesce(a.entries, 0)::int, b.previous, b.hash, sha256(b.previous || a.content)
		from (select * from seal_block where practice_id = $1) b full join again a on a.block_no = b.block_no order by 1`, practiceID)
	if err != nil {
		return p, err
	}
	var block int64
	var declared, found int
	var previous, hash, again []byte
	last, next := hex.EncodeToString(make([]byte, 32)), int64(1)
	_, err = pgx.ForEachRow(rows, []any{&block, &declared, &found, &previous, &hash, &again}, func() error {
		p.Rows += int64(found)
		switch {
		case block != next || hash == nil:
			p.fail("the chain of seals misses block %d", next)
		case declared != found:
			p.fail("block %d sealed %d entries, %d of them are left", block, declared, found)
		case hex.EncodeToString(previous) != last:
			p.fail("block %d does not follow the block before it", block)
		case hex.EncodeToString(hash) != hex.EncodeToString(again):
			p.fail("an entry of block %d is not what was sealed", block)
		}
		last, next = hex.EncodeToString(hash), block+1
		return nil
	})
	return p, err
}
