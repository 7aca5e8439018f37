// Package exchangedb keeps every file that enters or leaves, byte for byte, and
// the numbers that outgoing files carry.
//
// A file is known by its content: its SHA-256 is unique per practice and
// direction, so the same bytes under another name are the same file. Content
// streams in and out in pieces of 1 MiB, so that memory stays flat however
// large the file is, and a byte range is read without the rest.
package exchangedb

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// chunkSize is the size of every piece but the last, in bytes. It is part of
// the stored form: the schema's limit and ReadRange's arithmetic rest on it.
const chunkSize = 1 << 20

// Directions of a file.
const (
	In  = "in"  // a partner, a payer or the practice's own system gave it to us
	Out = "out" // we gave it to a partner
)

// Kinds of content.
const (
	Intake  = "intake"  // encounters
	X12     = "x12"     // an interchange
	Unknown = "unknown" // not yet looked at, or nothing we read
)

// States of a file. A stored file has work waiting; the same bytes received
// again are then continued, and a duplicate only once it is finished or refused.
const (
	Stored   = "stored"
	Finished = "finished"
	Refused  = "refused"
)

// StoreParams says what a file is, apart from its bytes.
type StoreParams struct {
	Direction  string    // In or Out
	Kind       string    // Intake, X12 or Unknown
	Name       string    // as the sender called it; for people only, nothing depends on it
	PartnerID  int64     // 0: not known
	ReceivedOn date.Date // the practice's local day; for Out the day it was built
}

// File is a stored file without its bytes.
type File struct {
	ID         int64
	Name       string
	Direction  string
	Kind       string
	State      string
	Outcome    string // plain words: what became of it, or why it was refused
	SHA256     [32]byte
	Size       int64 // bytes
	ReceivedOn date.Date
	PartnerID  int64 // 0: not known
}

// Done reports whether nothing is left to do for the file, so that the same
// bytes again are a duplicate.
func (f File) Done() bool { return f.State != Stored }

// StoreFile stores what r yields, unless the practice already has a file of the
// same content in this direction: then existed is true and f is that earlier
// row, with its earlier name and state. Two callers that store the same bytes at
// once get one row between them; the second waits for the first to commit.
//
// A reader that can seek, and a content of at most 1 MiB, is hashed before
// anything is written. Any other is written while it is read, and taken back
// if its hash turns out to be known.
func StoreFile(ctx context.Context, tx pgx.Tx, practiceID int64, p StoreParams, r io.Reader) (f File, existed bool, err error) {
	first := make([]byte, chunkSize)
	n, err := io.ReadFull(r, first)
	first = first[:n]
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return storeHashed(ctx, tx, practiceID, p, sha256.Sum256(first), first, nil)
	case err != nil:
		return File{}, false, unreadable(p.Name, err)
	}
	if s, ok := r.(io.ReadSeeker); ok {
		if sum, ok := hashAhead(s, first); ok {
			return storeHashed(ctx, tx, practiceID, p, sum, first, r)
		}
	}
	return storeUnhashed(ctx, tx, practiceID, p, first, r)
}

// hashAhead hashes first and the rest of s, and puts s back where it stood. It
// reports false for a reader that only looks seekable, such as a pipe.
func hashAhead(s io.ReadSeeker, first []byte) (sum [32]byte, ok bool) {
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return sum, false
	}
	h := sha256.New()
	h.Write(first)
	_, copyErr := io.Copy(h, s)
	if _, err := s.Seek(at, io.SeekStart); err != nil || copyErr != nil {
		return sum, false
	}
	h.Sum(sum[:0])
	return sum, true
}

func storeHashed(ctx context.Context, tx pgx.Tx, practiceID int64, p StoreParams, sum [32]byte, first []byte, rest io.Reader) (File, bool, error) {
	id, inserted, err := insertFile(ctx, tx, practiceID, p, sum)
	if err != nil {
		return File{}, false, err
	}
	if !inserted {
		f, err := fileByContent(ctx, tx, practiceID, p.Direction, sum)
		return f, true, err
	}
	written, size, err := writeChunks(ctx, tx, practiceID, id, p.Name, first, rest)
	if err != nil {
		return File{}, false, err
	}
	if written != sum {
		return File{}, false, fault.Environmentf("CB-FILE-CHANGED", "%s changed while it was being read", p.Name).
			WithFix("wait until it is written completely, then try again")
	}
	if _, err := tx.Exec(ctx, `update edi_file set size = $3 where practice_id = $1 and id = $2`, practiceID, id, size); err != nil {
		return File{}, false, err
	}
	f, err := FindFile(ctx, tx, practiceID, id)
	return f, false, err
}

// storeUnhashed writes the file under a provisional hash. The unique key decides
// when the true one is known; the savepoint takes the copy back if it loses.
func storeUnhashed(ctx context.Context, tx pgx.Tx, practiceID int64, p StoreParams, first []byte, rest io.Reader) (File, bool, error) {
	var provisional [32]byte
	if _, err := rand.Read(provisional[:]); err != nil {
		return File{}, false, err
	}
	var id int64
	var sum [32]byte
	err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		var err error
		if id, _, err = insertFile(ctx, tx, practiceID, p, provisional); err != nil {
			return err
		}
		var size int64
		if sum, size, err = writeChunks(ctx, tx, practiceID, id, p.Name, first, rest); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update edi_file set sha256 = $3, size = $4 where practice_id = $1 and id = $2`, practiceID, id, sum[:], size)
		return err
	})
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "23505" { // unique_violation
		f, err := fileByContent(ctx, tx, practiceID, p.Direction, sum)
		return f, true, err
	}
	if err != nil {
		return File{}, false, err
	}
	f, err := FindFile(ctx, tx, practiceID, id)
	return f, false, err
}

func insertFile(ctx context.Context, tx pgx.Tx, practiceID int64, p StoreParams, sum [32]byte) (id int64, inserted bool, err error) {
	err = tx.QueryRow(ctx, `
		insert into edi_file (practice_id, direction, kind, name, partner_id, sha256, size, received_on)
		values ($1, $2, $3, $4, nullif($5::bigint, 0), $6, 0, $7)
		on conflict (practice_id, direction, sha256) do nothing
		returning id`,
		practiceID, p.Direction, p.Kind, p.Name, p.PartnerID, sum[:], p.ReceivedOn).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

func writeChunks(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, name string, first []byte, rest io.Reader) (sum [32]byte, size int64, err error) {
	h := sha256.New()
	buf := first
	for no := 0; len(buf) > 0; no++ {
		h.Write(buf)
		size += int64(len(buf))
		if _, err := tx.Exec(ctx, `insert into edi_file_chunk (practice_id, file_id, chunk_no, bytes) values ($1, $2, $3, $4)`,
			practiceID, fileID, no, buf); err != nil {
			return sum, 0, err
		}
		if rest == nil || len(buf) < chunkSize {
			break
		}
		n, err := io.ReadFull(rest, buf[:chunkSize])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return sum, 0, unreadable(name, err)
		}
		buf = buf[:n]
	}
	h.Sum(sum[:0])
	return sum, size, nil
}

func unreadable(name string, err error) error {
	return fault.Environmentf("CB-FILE-READ", "%s cannot be read to its end", name).Because(err).
		WithFix("check the file and its disk, then try again; nothing was stored")
}

const fileColumns = `id, name, direction, kind, state, outcome, sha256, size, received_on, coalesce(partner_id, 0) as partner_id`

func scanFile(row pgx.CollectableRow) (File, error) {
	var f File
	var sum []byte
	err := row.Scan(&f.ID, &f.Name, &f.Direction, &f.Kind, &f.State, &f.Outcome, &sum, &f.Size, &f.ReceivedOn, &f.PartnerID)
	copy(f.SHA256[:], sum)
	return f, err
}

func fileByContent(ctx context.Context, tx pgx.Tx, practiceID int64, direction string, sum [32]byte) (File, error) {
	rows, err := tx.Query(ctx, `select `+fileColumns+` from edi_file where practice_id = $1 and direction = $2 and sha256 = $3`,
		practiceID, direction, sum[:])
	if err != nil {
		return File{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanFile)
}

// FindFile returns a stored file.
func FindFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) (File, error) {
	return findFile(ctx, tx, practiceID, fileID, "")
}

// LockFile is FindFile that holds the row until the transaction ends: whoever
// decides what becomes of a file decides alone.
func LockFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) (File, error) {
	return findFile(ctx, tx, practiceID, fileID, " for no key update")
}

func findFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, lock string) (File, error) {
	rows, err := tx.Query(ctx, `select `+fileColumns+` from edi_file where practice_id = $1 and id = $2`+lock, practiceID, fileID)
	if err != nil {
		return File{}, err
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFile)
	if errors.Is(err, pgx.ErrNoRows) {
		return File{}, fault.NotFoundf("CB-FILE-UNKNOWN", "this practice has no file %d", fileID)
	}
	return f, err
}

// FinishFile records what became of a file: state Finished or Refused, and the
// outcome in plain words.
func FinishFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, state, outcome string) error {
	tag, err := tx.Exec(ctx, `update edi_file set state = $3, outcome = $4 where practice_id = $1 and id = $2`,
		practiceID, fileID, state, outcome)
	if err != nil {
		return err
	}
	if tag.RowsAffected() != 1 {
		return fault.NotFoundf("CB-FILE-UNKNOWN", "this practice has no file %d", fileID)
	}
	return nil
}

// SetKind records what the content turned out to be.
func SetKind(ctx context.Context, tx pgx.Tx, practiceID, fileID int64, kind string) error {
	_, err := tx.Exec(ctx, `update edi_file set kind = $3 where practice_id = $1 and id = $2`, practiceID, fileID, kind)
	return err
}

// OpenFile streams a file's bytes, one piece in memory at a time. The reader
// uses tx and ctx, and is good until tx ends; it may be interleaved with other
// statements of tx.
func OpenFile(ctx context.Context, tx pgx.Tx, practiceID, fileID int64) (io.Reader, error) {
	return openFrom(ctx, tx, practiceID, fileID, 0)
}

// openFrom is OpenFile from a byte offset within the file.
func openFrom(ctx context.Context, tx pgx.Tx, practiceID, fileID, offset int64) (io.Reader, error) {
	f, err := FindFile(ctx, tx, practiceID, fileID)
	if err != nil {
		return nil, err
	}
	before := min(offset, f.Size) / chunkSize
	return &fileReader{ctx: ctx, tx: tx, practiceID: practiceID, file: f,
		next: int(before), read: min(before*chunkSize, f.Size), skip: int(offset - before*chunkSize)}, nil
}

type fileReader struct {
	ctx        context.Context
	tx         pgx.Tx
	practiceID int64
	file       File
	next       int    // the next piece
	read       int64  // bytes fetched so far
	chunk      []byte // what is left of the piece in memory
	skip       int    // bytes of the first piece that are left out
}

func (r *fileReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.chunk) == 0 {
		if r.read >= r.file.Size {
			return 0, io.EOF
		}
		err := r.tx.QueryRow(r.ctx, `select bytes from edi_file_chunk where practice_id = $1 and file_id = $2 and chunk_no = $3`,
			r.practiceID, r.file.ID, r.next).Scan(&r.chunk)
		if err != nil {
			return 0, fmt.Errorf("file %d, piece %d: %w", r.file.ID, r.next, err)
		}
		r.next++
		r.read += int64(len(r.chunk))
		left := min(r.skip, len(r.chunk))
		r.chunk, r.skip = r.chunk[left:], r.skip-left
	}
	n := copy(p, r.chunk)
	r.chunk = r.chunk[n:]
	return n, nil
}

// ReadRange returns up to n bytes from offset: fewer where the file ends, none
// behind its end. It fetches only what it returns; the raw segment behind a
// ledger entry is read this way.
func ReadRange(ctx context.Context, tx pgx.Tx, practiceID, fileID, offset int64, n int) ([]byte, error) {
	if offset < 0 || n < 0 {
		return nil, fault.Invalidf("CB-FILE-RANGE", "a range of bytes cannot begin at %d and be %d long", offset, n)
	}
	if n == 0 {
		return nil, nil
	}
	end := offset + int64(n)
	rows, err := tx.Query(ctx, `
		select substring(bytes from greatest($3 - chunk_no::bigint * $5, 0)::int + 1
		                 for (least($4 - chunk_no::bigint * $5, $5) - greatest($3 - chunk_no::bigint * $5, 0))::int)
		from edi_file_chunk
		where practice_id = $1 and file_id = $2 and chunk_no between $3 / $5 and ($4 - 1) / $5
		order by chunk_no`,
		practiceID, fileID, offset, end, int64(chunkSize))
	if err != nil {
		return nil, err
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, part := range parts {
		out = append(out, part...)
	}
	return out, nil
}
