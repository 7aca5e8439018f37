package work_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/internal/fault"
)

// TestPaymentsFollowEachOther: files that come in together are posted one after
// the other, payment by payment, with workers to spare; a payment that fails
// for good does not hold up those behind it.
func TestPaymentsFollowEachOther(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var order []string
	var files []int64
	w.before = func(fileID int64, what string) error {
		time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(files, fileID) {
			files = append(files, fileID)
		}
		order = append(order, fmt.Sprintf("%d%s", slices.Index(files, fileID)+1, what[len("835 "):]))
		if len(files) == 2 && what == "835 #2" {
			return fault.Invalidf("CB-TEST", "it does not apply")
		}
		return nil
	}
	box := exchange.Folder{Dir: filepath.Join(w.dataDir, "inbound", "CLEAR")}
	var want []string
	for file := 1; file <= 3; file++ {
		content := isa + gs
		for payment := 1; payment <= 4; payment++ {
			content += fmt.Sprintf("ST*835*%04d~BPR*I*%d*C*NON~SE*3*%04d~", payment, file, payment)
			want = append(want, fmt.Sprintf("%d#%d", file, payment))
		}
		content += "GE*4*1~IEA*1*000000001~"
		if err := box.Deliver(w.ctx, fmt.Sprintf("%d.835", file), bytes.NewReader([]byte(content)), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.collect(); fault.CodeOf(err) != "CB-JOB-PARKED" {
		t.Fatal(err)
	}
	if !slices.Equal(order, want) || !slices.IsSorted(files) {
		t.Errorf("posted %v of files %v, want %v", order, files, want)
	}
}

// TestCommandsAtOncePostInTheOrderOfTheLog: files that several commands take in
// at the same moment post one after the other, in the order in which the log has
// them, and not as their steps happen to be worked.
func TestCommandsAtOncePostInTheOrderOfTheLog(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var posted []int64
	w.before = func(fileID int64, _ string) error {
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		posted = append(posted, fileID)
		return nil
	}
	const commands = 4
	var wg sync.WaitGroup
	var all []error
	for n := range commands {
		content := isa + gs
		for payment := 1; payment <= 3; payment++ {
			content += fmt.Sprintf("ST*835*%04d~BPR*I*%d*C*NON~SE*3*%04d~", payment, n, payment)
		}
		content += "GE*3*1~IEA*1*000000001~"
		wg.Go(func() {
			_, _, err := w.receive(fmt.Sprint(n), content)
			mu.Lock()
			all = append(all, err)
			mu.Unlock()
		})
	}
	wg.Wait()
	for _, err := range all {
		if err != nil {
			t.Error(err)
		}
	}
	var want []int64
	w.tx(func(tx pgx.Tx) error {
		rows, err := tx.Query(w.ctx, `select ref_id from input_log, generate_series(1, 3) where kind = 'inbound' order by seq`)
		if err != nil {
			return err
		}
		want, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	if len(want) != 3*commands || !slices.Equal(posted, want) {
		t.Errorf("files posted in the order %v, the log has %v", posted, want)
	}
}
