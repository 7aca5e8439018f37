package exchangedb

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
)

// States of a transaction of a file.
const (
	Waiting = "waiting" // its job has not come to an end
	Done    = "done"    // applied, posted, or quarantined: the book has taken note of it
	// Refused, as of a file: nothing of it was applied.
)

// Transaction is a TA1 or a transaction set of an inbound file.
type Transaction struct {
	ByteOffset int64 // of the TA1 segment, or of the ST
	Seq        int   // in the file, from 1
	Kind       string
	Control    string
	State      string
	Outcome    string // plain words

	// The envelopes around a transaction set: where their segments stand, and the
	// numbers of the interchange in the file, the group in it, and the set in that.
	// Set 0 is a TA1, or a set that stands in no group.
	ISA, GS                 int64
	Interchange, Group, Set int
}

// PutTransactions records what a file holds. Rows that are there from an
// earlier attempt keep what became of them; the answer is the file's rows as
// they stand now, in the file's order.
func PutTransactions(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, list []Transaction) ([]Transaction, error) {
	n := len(list)
	offsets, seqs := make([]int64, n), make([]int, n)
	kinds, controls, states, outcomes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	isas, groups := make([]int64, n), make([]int64, n)
	interchangeNos, groupNos, setNos := make([]int, n), make([]int, n), make([]int, n)
	for i, t := range list {
		if t.Set > 0 && t.GS > t.ISA && t.ISA >= 0 {
			isas[i], groups[i], interchangeNos[i], groupNos[i], setNos[i] = t.ISA, t.GS, t.Interchange, t.Group, t.Set
		}
		offsets[i], seqs[i], kinds[i], controls[i], states[i], outcomes[i] = t.ByteOffset, t.Seq, t.Kind, t.Control, t.State, t.Outcome
	}
	_, err := tx.Exec(ctx, `
		insert into edi_transaction (practice_id, file_id, byte_offset, seq, kind, control, state, outcome, isa_offset, gs_offset, interchange_no, group_no, set_no)
		select $1, $2, u.place, u.seq, u.kind, u.control, u.state, u.outcome,
		       case when u.set_no > 0 then u.isa end, case when u.set_no > 0 then u.gs end, u.interchange_no, u.group_no, u.set_no
		from unnest($3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::int[], $12::int[], $13::int[])
		     as u (place, seq, kind, control, state, outcome, isa, gs, interchange_no, group_no, set_no)
		on conflict do nothing`,
		practiceID, fileID, offsets, seqs, kinds, controls, states, outcomes, isas, groups, interchangeNos, groupNos, setNos)
	if err != nil {
		return nil, err
	}
	return Transactions(ctx, tx, practiceID, fileID)
}

// Transactions lists what a file holds, in its order.
func Transactions(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) ([]Transaction, error) {
	rows, err := tx.Query(ctx, `select `+transactionColumns+` from edi_transaction where practice_id = $1 and file_id = $2 order by seq`, practiceID, fileID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Transaction])
}

const transactionColumns = `byte_offset, seq, kind, control, state, outcome, coalesce(isa_offset, -1), coalesce(gs_offset, -1), interchange_no, group_no, set_no`

// maxGS bounds how far into a file its GS segment is looked for, in bytes; the
// guides' longest is a little over a hundred.
const maxGS = 1024

// OpenSet returns a reader that begins with the transaction set at the byte
// offset, inside its envelopes, without reading what stands before it. For a
// file that was never routed, or a set outside of a group, it begins with the
// file: skip what comes before the offset.
func OpenSet(ctx context.Context, tx pgx.Tx, practiceID, fileID, byteOffset int64) (*x12.Reader, error) {
	rows, err := tx.Query(ctx, `select `+transactionColumns+` from edi_transaction
		where practice_id = $1 and file_id = $2 and byte_offset = $3 and set_no > 0`, practiceID, fileID, byteOffset)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Transaction])
	if err != nil {
		return nil, err
	}
	if len(found) == 1 {
		t := &found[0]
		isa, err := ReadRange(ctx, tx, practiceID, fileID, t.ISA, x12.ISALength)
		if err != nil {
			return nil, err
		}
		gs, err := ReadRange(ctx, tx, practiceID, fileID, t.GS, maxGS)
		if err != nil {
			return nil, err
		}
		if len(isa) == x12.ISALength {
			if end := bytes.IndexByte(gs, isa[x12.ISALength-1]); end >= 0 {
				content, err := openFrom(ctx, tx, practiceID, fileID, byteOffset)
				if err != nil {
					return nil, err
				}
				return x12.NewReaderAt(append(isa, gs[:end+1]...), content,
					x12.Position{Offset: byteOffset, Interchange: t.Interchange, Group: t.Group, Transaction: t.Set}), nil
			}
		}
	}
	content, err := OpenFile(ctx, tx, practiceID, fileID)
	if err != nil {
		return nil, err
	}
	return x12.NewReader(content), nil
}

// FinishTransaction records what became of one transaction of a file (state
// Done or Refused, outcome in plain words without patient data), and finishes
// the file when it was the last. The worker of ack.apply and remit.post calls
// it at the end of its own transaction. It locks the file's row until then. A
// file that was never routed has no such row: then nothing happens.
func FinishTransaction(ctx context.Context, tx pgx.Tx, practiceID, fileID, byteOffset int64, state, outcome string) error {
	if _, err := LockFile(ctx, tx, practiceID, fileID); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `update edi_transaction set state = $4, outcome = $5
		where practice_id = $1 and file_id = $2 and byte_offset = $3`, practiceID, fileID, byteOffset, state, outcome)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	return FinishFileIfDone(ctx, tx, practiceID, fileID, "")
}

// FinishFileIfDone finishes a file of which nothing waits. The outcome says
// what it held and what was refused; note is added to it.
func FinishFileIfDone(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, note string) error {
	var waits bool // asked for every payment of a file, however many it has
	err := tx.QueryRow(ctx, `select exists (select from edi_transaction where practice_id = $1 and file_id = $2 and state = 'waiting')`, practiceID, fileID).Scan(&waits)
	if err != nil || waits {
		return err
	}
	list, err := Transactions(ctx, tx, practiceID, fileID)
	if err != nil {
		return err
	}
	state, outcome := Summarize(list)
	f, err := FindFile(ctx, tx, practiceID, fileID)
	if err != nil {
		return err
	}
	if note == "" && f.State == Stored {
		note = f.Outcome // the envelope's faults, left here when the file was routed
	}
	if note != "" {
		outcome = strings.TrimPrefix(outcome+"; "+note, "; ")
	}
	return FinishFile(ctx, tx, practiceID, fileID, state, outcome)
}

// Summarize says what became of a file's transactions: Refused when none was
// taken, else Finished, and in plain words how many of which kind.
func Summarize(list []Transaction) (state, outcome string) {
	count, order, refused := map[string]int{}, []string(nil), []string(nil)
	for _, t := range list {
		if t.State == Refused {
			refused = append(refused, t.Outcome)
			continue
		}
		if count[t.Kind] == 0 {
			order = append(order, t.Kind)
		}
		count[t.Kind]++
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, fmt.Sprintf("%d × %s", count[kind], kind))
	}
	switch n := len(refused); {
	case n == 1:
		parts = append(parts, "1 refused: "+refused[0])
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d refused, the first: %s", n, refused[0]))
	}
	if len(order) == 0 {
		return Refused, strings.Join(parts, ", ")
	}
	return Finished, strings.Join(parts, ", ")
}

// NoteFile leaves a remark with a file that still has work waiting.
func NoteFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, note string) error {
	_, err := tx.Exec(ctx, `update edi_file set outcome = $3 where practice_id = $1 and id = $2 and state = 'stored'`,
		practiceID, fileID, note)
	return err
}

// OpenFileItem makes a work item of a file, or a part of it, that a person must
// look at; the same key makes it once.
func OpenFileItem(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, key, reason, action string, on date.Date) error {
	_, err := tx.Exec(ctx, `
		insert into work_item (practice_id, kind, dedupe_key, edi_file_id, reason, action, opened_on)
		values ($1, 'file', $2, $3, $4, $5, $6) on conflict (practice_id, dedupe_key) do nothing`,
		practiceID, key, fileID, reason, action, on)
	return err
}

// Inbox is where a trading partner leaves files for the practice.
type Inbox struct {
	Code  string    // the partner's
	Dir   string    // its own setting; empty: <data-dir>/inbound/<code>
	Today date.Date // the practice's day
}

// FindInbox returns a partner's inbox.
func FindInbox(ctx context.Context, tx pgx.Tx, practiceID, partnerID int64) (Inbox, error) {
	rows, err := tx.Query(ctx, `
		select t.code, t.inbound_dir, coalesce(p.fixed_date, (now() at time zone p.time_zone)::date)
		from trading_partner t join practice p on p.id = t.practice_id where t.practice_id = $1 and t.id = $2`, practiceID, partnerID)
	if err != nil {
		return Inbox{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Inbox])
}
