package exchangedb_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

const practice = 1

var (
	ctx   = context.Background()
	today = date.MustParse("2021-11-15")
)

func book(t *testing.T) *postgres.DB {
	t.Helper()
	db := pgtest.New(t)
	if err := db.Tx(ctx, postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into practice (id, code, name, npi, tin, address1, city, state, zip)
			values (1, 'TEST', 'Test', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001'),
			       (2, 'OTHER', 'Other', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001')`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db
}

func work(t *testing.T, db *postgres.DB, fn func(tx pgx.Tx) error) {
	t.Helper()
	if err := db.Tx(ctx, postgres.RoleWork, practice, fn); err != nil {
		t.Fatal(err)
	}
}

func params(name string) exchangedb.StoreParams {
	return exchangedb.StoreParams{Direction: exchangedb.In, Kind: exchangedb.X12, Name: name, ReceivedOn: today}
}

func noise(size int) []byte {
	b := make([]byte, size)
	rng := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = rng.Read(b)
	return b
}

// plain hides everything of a reader but Read, so that it cannot seek.
type plain struct{ io.Reader }

func TestStoreAndOpen(t *testing.T) {
	db := book(t)
	for _, size := range []int{0, 1, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3<<20 + 17} {
		for _, way := range []string{"seekable", "stream"} {
			content := noise(size)
			if way == "stream" && size > 0 {
				content[0] ^= 0xFF // other content than the seekable one
			}
			var r io.Reader = bytes.NewReader(content)
			if way == "stream" {
				r = plain{iotest.HalfReader(r)}
			}
			work(t, db, func(tx pgx.Tx) error {
				f, existed, err := exchangedb.StoreFile(ctx, tx, practice, params(way), r)
				if err != nil {
					return err
				}
				if wantExisted := way == "stream" && size == 0; existed != wantExisted {
					t.Errorf("%d %s: existed is %v", size, way, existed)
				}
				if f.Size != int64(size) || f.SHA256 != sha256.Sum256(content) || f.State != exchangedb.Stored || f.ReceivedOn != today {
					t.Errorf("%d %s: stored as %+v", size, way, f)
				}
				out, err := exchangedb.OpenFile(ctx, tx, practice, f.ID)
				if err != nil {
					return err
				}
				got, err := io.ReadAll(out)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%d %s: read back %d bytes, %v", size, way, len(got), err)
				}
				return nil
			})
		}
	}
}

func TestSameContentIsTheSameFile(t *testing.T) {
	db := book(t)
	content := noise(2<<20 + 5)
	var first exchangedb.File
	work(t, db, func(tx pgx.Tx) (err error) {
		first, _, err = exchangedb.StoreFile(ctx, tx, practice, params("first"), bytes.NewReader(content))
		return err
	})
	for name, r := range map[string]io.Reader{"seekable": bytes.NewReader(content), "stream": plain{bytes.NewReader(content)}} {
		work(t, db, func(tx pgx.Tx) error {
			f, existed, err := exchangedb.StoreFile(ctx, tx, practice, params("second"), r)
			if err != nil || !existed || f != first {
				t.Errorf("%s: %+v, existed %v, %v", name, f, existed, err)
			}
			return nil
		})
	}
	// The other direction and the other practice are other files.
	work(t, db, func(tx pgx.Tx) error {
		p := params("out")
		p.Direction = exchangedb.Out
		_, existed, err := exchangedb.StoreFile(ctx, tx, practice, p, bytes.NewReader(content))
		if existed {
			t.Error("a file that we send is taken for one that we received")
		}
		return err
	})
	if err := db.Tx(ctx, postgres.RoleWork, 2, func(tx pgx.Tx) error {
		_, existed, err := exchangedb.StoreFile(ctx, tx, 2, params("other"), bytes.NewReader(content))
		if existed {
			t.Error("another practice's file is taken for ours")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var chunks int
	work(t, db, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from edi_file_chunk where practice_id = $1", practice).Scan(&chunks)
	})
	if chunks != 6 {
		t.Errorf("%d pieces are stored, not 3 for each direction", chunks)
	}
}

func TestStoreOnceUnderRace(t *testing.T) {
	db := book(t)
	content := noise(1<<20 + 100)
	var mu sync.Mutex
	ids, stored := map[int64]bool{}, 0
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			var r io.Reader = bytes.NewReader(content)
			if n%2 == 0 {
				r = plain{r}
			}
			err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
				f, existed, err := exchangedb.StoreFile(ctx, tx, practice, params("x"), r)
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				ids[f.ID] = true
				if !existed {
					stored++
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(ids) != 1 || stored != 1 {
		t.Errorf("%d rows, stored %d times", len(ids), stored)
	}
}

func TestReaderThatFailsStoresNothing(t *testing.T) {
	db := book(t)
	broken := io.MultiReader(bytes.NewReader(noise(1<<20+3)), iotest.ErrReader(errors.New("the share is gone")))
	err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
		_, _, err := exchangedb.StoreFile(ctx, tx, practice, params("x.835"), broken)
		return err
	})
	if fault.CodeOf(err) != "CB-FILE-READ" || !strings.Contains(err.Error(), "x.835") {
		t.Errorf("got %v", err)
	}
	var files int
	work(t, db, func(tx pgx.Tx) error { return tx.QueryRow(ctx, "select count(*) from edi_file").Scan(&files) })
	if files != 0 {
		t.Errorf("%d files are stored", files)
	}
}

func TestReadRange(t *testing.T) {
	db := book(t)
	content := noise(3<<20 + 50)
	work(t, db, func(tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, practice, params("x"), bytes.NewReader(content))
		if err != nil {
			return err
		}
		for _, r := range [][2]int{{0, 10}, {1<<20 - 5, 10}, {1 << 20, 1}, {1<<20 - 1, 1<<20 + 2}, {0, len(content)}, {3 << 20, 500}, {len(content), 5},
			{len(content) + 10, 5}, {7, 0}} {
			got, err := exchangedb.ReadRange(ctx, tx, practice, f.ID, int64(r[0]), r[1])
			from, to := min(r[0], len(content)), min(r[0]+r[1], len(content))
			if err != nil || !bytes.Equal(got, content[from:to]) {
				t.Errorf("bytes %d+%d: %d of them, %v", r[0], r[1], len(got), err)
			}
		}
		if _, err := exchangedb.ReadRange(ctx, tx, practice, f.ID, -1, 5); fault.CodeOf(err) != "CB-FILE-RANGE" {
			t.Errorf("a negative offset: %v", err)
		}
		return nil
	})
}

// counting is an endless source of a given size that is not in memory.
type counting struct{ left int64 }

func (c *counting) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), c.left))
	for i := range p[:n] {
		p[i] = byte(c.left >> 8)
	}
	c.left -= int64(n)
	return n, nil
}

// TestFlatMemory stores and reads 50 MB with a heap that does not grow with it.
func TestFlatMemory(t *testing.T) {
	db := book(t)
	const size = 50 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	watch := func() {
		runtime.ReadMemStats(&after)
		peak = max(peak, after.HeapInuse)
	}
	work(t, db, func(tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, practice, params("big"), &counting{left: size})
		if err != nil {
			return err
		}
		watch()
		r, err := exchangedb.OpenFile(ctx, tx, practice, f.ID)
		if err != nil {
			return err
		}
		n, buf := int64(0), make([]byte, 64<<10)
		for {
			k, err := r.Read(buf)
			n += int64(k)
			if n%(8<<20) < 64<<10 {
				watch()
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		if n != size || f.Size != size {
			t.Errorf("%d bytes came back of %d", n, f.Size)
		}
		return nil
	})
	if grown := int64(peak) - int64(before.HeapInuse); grown > 40<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

func TestFinishFile(t *testing.T) {
	db := book(t)
	work(t, db, func(tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, practice, params("x"), strings.NewReader("ISA"))
		if err != nil {
			return err
		}
		if err := exchangedb.FinishFile(ctx, tx, practice, f.ID, exchangedb.Finished, "1 × 835"); err != nil {
			return err
		}
		f, err = exchangedb.FindFile(ctx, tx, practice, f.ID)
		if err != nil || !f.Done() || f.Outcome != "1 × 835" {
			t.Errorf("%+v, %v", f, err)
		}
		if err := exchangedb.FinishFile(ctx, tx, practice, 1, exchangedb.Finished, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a file that is not there: %v", err)
		}
		return nil
	})
}

func TestNumbersAreNeverGivenTwice(t *testing.T) {
	db := book(t)
	var mu sync.Mutex
	given := map[int64]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 10 {
				err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
					first, err := exchangedb.NextNumbers(ctx, tx, practice, 0, exchangedb.NumberClaim, 3)
					if err != nil {
						return err
					}
					if i%4 == 3 {
						return errors.New("rolled back")
					}
					mu.Lock()
					defer mu.Unlock()
					for n := first; n < first+3; n++ {
						if given[n] {
							t.Errorf("%d was given twice", n)
						}
						given[n] = true
					}
					return nil
				})
				if err != nil && i%4 != 3 {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(given) != 8*8*3 || !given[1] || !given[8*8*3] {
		t.Errorf("%d numbers are given, not 1 to %d", len(given), 8*8*3)
	}
	work(t, db, func(tx pgx.Tx) error {
		if first, err := exchangedb.NextNumbers(ctx, tx, practice, 9, exchangedb.NumberISA, 1); err != nil || first != 1 {
			t.Errorf("another partner's numbers begin at %d, %v", first, err)
		}
		if _, err := exchangedb.NextNumbers(ctx, tx, practice, 9, exchangedb.NumberISA, 0); fault.CodeOf(err) != "CB-NUMBER-COUNT" {
			t.Errorf("no numbers: %v", err)
		}
		return nil
	})
}

func TestFinishTransactionFinishesTheFileAtTheLast(t *testing.T) {
	db := book(t)
	var id int64
	work(t, db, func(tx pgx.Tx) error {
		f, existed, err := exchangedb.StoreInbound(ctx, tx, practice, 0, "x", today, "test", strings.NewReader("ISA"))
		id = f.ID
		if existed {
			t.Error("the file is new")
		}
		if err != nil {
			return err
		}
		_, err = exchangedb.PutTransactions(ctx, tx, practice, id, []exchangedb.Transaction{
			{ByteOffset: 10, Seq: 1, Kind: "835", Control: "0001", State: exchangedb.Waiting},
			{ByteOffset: 20, Seq: 2, Kind: "835", Control: "0002", State: exchangedb.Waiting},
			{ByteOffset: 30, Seq: 3, Kind: "837", State: exchangedb.Refused, Outcome: "not ours"},
		})
		return err
	})
	var wg sync.WaitGroup
	for _, offset := range []int64{10, 20} {
		wg.Go(func() {
			if err := db.Tx(ctx, postgres.RoleWork, practice, func(tx pgx.Tx) error {
				return exchangedb.FinishTransaction(ctx, tx, practice, id, offset, exchangedb.Done, "posted")
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	work(t, db, func(tx pgx.Tx) error {
		f, err := exchangedb.FindFile(ctx, tx, practice, id)
		if err != nil || f.State != exchangedb.Finished || f.Outcome != "2 × 835, 1 refused: not ours" {
			t.Errorf("%+v, %v", f, err)
		}
		// Routed again, the rows keep what became of them.
		rows, err := exchangedb.PutTransactions(ctx, tx, practice, id, []exchangedb.Transaction{{ByteOffset: 10, Seq: 1, Kind: "835", State: exchangedb.Waiting}})
		if err != nil || len(rows) != 3 || rows[0].State != exchangedb.Done {
			t.Errorf("%+v, %v", rows, err)
		}
		var inputs int
		if err := tx.QueryRow(ctx, "select count(*) from input_log where kind = 'inbound' and ref_id = $1 and business_date = $2", id, today).Scan(&inputs); err != nil || inputs != 1 {
			t.Errorf("%d inputs are logged, %v", inputs, err)
		}
		return exchangedb.FinishTransaction(ctx, tx, practice, id, 999, exchangedb.Done, "no such row is no error")
	})
}
