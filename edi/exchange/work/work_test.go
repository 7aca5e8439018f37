package work_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/exchange/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

const (
	practice = 1
	partner  = 7
)

var today = date.MustParse("2021-11-15")

// world is a book with a partner and stand-ins for the workers that apply what
// is routed: they note it and finish it.
type world struct {
	*testing.T
	ctx     context.Context
	db      *postgres.DB
	client  *jobs.Client
	dataDir string
	applied chan string
	failing bool                                  // the stand-ins refuse, as a defect would make them
	before  func(fileID int64, what string) error // of every step; may fail it
}

func newWorld(t *testing.T) *world {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, db: pgtest.New(t), dataDir: t.TempDir(), applied: make(chan string, 1000)}
	if err := w.db.Tx(ctx, postgres.RoleOwner, 0, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into practice (id, code, name, npi, tin, address1, city, state, zip, fixed_date)
			values (1, 'TEST', 'Test', '1234567893', '123456789', '1 Main', 'Town', 'TX', '75001', '2021-11-15')`)
		if err == nil {
			_, err = tx.Exec(ctx, `insert into trading_partner (practice_id, id, code, name, sender_id, receiver_id, receiver_name, contact_name, contact_phone)
			values (1, 7, 'CLEAR', 'Clearing House', 'PRACTICE', 'CLEAR', 'CLEAR', 'ANN', '5550100')`)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	reg := jobs.NewRegistry()
	work.Register(reg, w.db, w.dataDir)
	jobs.AddWorker(reg, w.db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.AckApplyArgs]) error {
		return w.apply(ctx, tx, job.Args.FileID, job.Args.ByteOffset, job.Args.AckKind, job.Args.Today)
	})
	jobs.AddWorker(reg, w.db, func(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.RemitPostArgs]) error {
		if err := work.AwaitTurn(ctx, tx, practice, job.Args.FileID); err != nil {
			return err
		}
		return w.apply(ctx, tx, job.Args.FileID, job.Args.ByteOffset, fmt.Sprintf("835 #%d", job.Args.Index), job.Args.ReceivedOn)
	}, jobs.AtStageEnd(work.NextPayment))
	var err error
	if w.client, err = jobs.NewClient(w.db, reg, jobs.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := w.client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.client.Stop(context.Background()) })
	return w
}

func (w *world) apply(ctx context.Context, tx pgx.Tx, fileID, offset int64, what string, on date.Date) error {
	if w.failing {
		return fault.Invalidf("CB-TEST", "it does not apply")
	}
	if w.before != nil {
		if err := w.before(fileID, what); err != nil {
			return err
		}
	}
	b, err := exchangedb.ReadRange(ctx, tx, practice, fileID, offset, 3)
	if err != nil {
		return err
	}
	w.applied <- fmt.Sprintf("%s %s %s", what, strings.TrimRight(string(b), "*"), on)
	return exchangedb.FinishTransaction(ctx, tx, practice, fileID, offset, exchangedb.Done, "applied")
}

// taken returns what was applied so far.
func (w *world) taken() string {
	var out []string
	for {
		select {
		case s := <-w.applied:
			out = append(out, s)
		default:
			// Jobs run in any order.
			for i := range out {
				for j := i + 1; j < len(out); j++ {
					if out[j] < out[i] {
						out[i], out[j] = out[j], out[i]
					}
				}
			}
			return strings.Join(out, ", ")
		}
	}
}

func (w *world) tx(fn func(tx pgx.Tx) error) {
	w.Helper()
	if err := w.db.Tx(w.ctx, postgres.RoleWork, practice, fn); err != nil {
		w.Fatal(err)
	}
}

// run enqueues a job made for a new run and waits until the run is over.
func (w *world) run(args func(tx pgx.Tx, runID int64) jobs.Args) error {
	w.Helper()
	var runID int64
	w.tx(func(tx pgx.Tx) (err error) {
		if runID, err = jobs.StartRun(w.ctx, tx, practice, "receive"); err != nil {
			return err
		}
		return w.client.Enqueue(w.ctx, tx, args(tx, runID))
	})
	return w.client.Wait(w.ctx, runID, nil)
}

// receive stores a file as a command would and routes it.
func (w *world) receive(name, content string) (exchangedb.File, []exchangedb.Transaction, error) {
	w.Helper()
	var id int64
	runErr := w.run(func(tx pgx.Tx, runID int64) jobs.Args {
		f, _, err := exchangedb.StoreInbound(w.ctx, tx, practice, 0, name, today, "test", strings.NewReader(content))
		if err != nil {
			w.Fatal(err)
		}
		id = f.ID
		return jobs.EDIRouteArgs{PracticeID: practice, RunID: runID, FileID: f.ID}
	})
	var f exchangedb.File
	var parts []exchangedb.Transaction
	w.tx(func(tx pgx.Tx) (err error) {
		if f, err = exchangedb.FindFile(w.ctx, tx, practice, id); err != nil {
			return err
		}
		parts, err = exchangedb.Transactions(w.ctx, tx, practice, id)
		return err
	})
	return f, parts, runErr
}

func (w *world) items() int {
	var n int
	w.tx(func(tx pgx.Tx) error {
		return tx.QueryRow(w.ctx, "select count(*) from work_item where kind = 'file' and state = 'open'").Scan(&n)
	})
	return n
}

const (
	isa  = "ISA*00*          *00*          *ZZ*CLEAR          *ZZ*PRACTICE       *211115*0900*^*00501*000000001*0*P*:~"
	gs   = "GS*HP*CLEAR*PRACTICE*20211115*0900*1*X*005010X221A1~"
	era1 = "ST*835*0001~BPR*I*0*C*NON~SE*3*0001~"
	era2 = "ST*835*0002~BPR*I*0*C*NON~SE*3*0002~"
	ack  = "ST*999*0003*005010X231A1~AK1*HC*1~SE*3*0003~"
	ta1  = "TA1*000000009*211114*0800*A*000~"
)

func TestEveryTransactionIsHandedOnOnce(t *testing.T) {
	w := newWorld(t)
	content := isa + ta1 + gs + era1 + era2 + ack + "GE*3*1~IEA*1*000000001~"
	f, parts, err := w.receive("answers.edi", content)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.taken(); got != "835 #1 ST 2021-11-15, 835 #2 ST 2021-11-15, 999 ST 2021-11-15, TA1 TA1 2021-11-15" {
		t.Errorf("applied: %s", got)
	}
	if f.State != exchangedb.Finished || f.Outcome != "1 × TA1, 2 × 835, 1 × 999" || f.Kind != exchangedb.X12 || len(parts) != 4 {
		t.Errorf("%+v, %+v", f, parts)
	}
	// The same bytes under another name are known, and nothing is applied again.
	again, _, err := w.receive("other-name.txt", content)
	if err != nil || again.ID != f.ID || again.Name != "answers.edi" {
		t.Errorf("%+v, %v", again, err)
	}
	if got := w.taken(); got != "" {
		t.Errorf("applied again: %s", got)
	}
}

func TestDamageStopsNothingElse(t *testing.T) {
	w := newWorld(t)
	// The 999 lacks its SE, the 837 is not for us, the GE counts wrongly.
	f, parts, err := w.receive("torn.edi", isa+gs+era1+strings.Replace(ack, "SE*3*0003~", "", 1)+
		"ST*837*0004*005010X222A1~BHT*0019~SE*3*0004~GE*9*1~IEA*1*000000001~")
	if err != nil {
		t.Fatal(err)
	}
	if got := w.taken(); got != "835 #1 ST 2021-11-15" {
		t.Errorf("applied: %s", got)
	}
	if f.State != exchangedb.Finished || len(parts) != 3 || parts[1].State != exchangedb.Refused || parts[2].State != exchangedb.Refused {
		t.Errorf("%+v, %+v", f, parts)
	}
	if !strings.Contains(f.Outcome, "2 refused") || !strings.Contains(f.Outcome, "byte ") || !strings.Contains(f.Outcome, "GE") {
		t.Errorf("the outcome is %q", f.Outcome)
	}
	if n := w.items(); n != 3 {
		t.Errorf("%d work items, not one a refusal and one for the envelope", n)
	}
}

func TestNothingReadableIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, content := range map[string]string{
		"empty.edi": "", "letter.txt": "Dear practice, this is no interchange.", "cut.edi": isa[:50],
		"only-envelope.edi": isa + "IEA*0*000000001~", "claims.edi": isa + gs + "ST*837*0004*005010X222A1~SE*2*0004~GE*1*1~IEA*1*000000001~",
	} {
		f, _, err := w.receive(name, content)
		if err != nil || f.State != exchangedb.Refused || f.Outcome == "" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
	if got := w.taken(); got != "" {
		t.Errorf("applied: %s", got)
	}
	if n := w.items(); n != 5 {
		t.Errorf("%d work items for 5 files", n)
	}
}

// TestUnfinishedFileIsContinued: what a defect or a crash left waiting is done
// when the same bytes come again; what was done is not done twice.
func TestUnfinishedFileIsContinued(t *testing.T) {
	w := newWorld(t)
	content := isa + gs + era1 + era2 + "GE*2*1~IEA*1*000000001~"
	w.failing = true
	f, _, err := w.receive("x", content)
	if err == nil || f.Done() {
		t.Fatalf("the steps fail and the file is %+v, %v", f, err)
	}
	w.failing = false
	f, _, err = w.receive("x", content)
	if err != nil || f.State != exchangedb.Finished {
		t.Errorf("%+v, %v", f, err)
	}
	if got := w.taken(); got != "835 #1 ST 2021-11-15, 835 #2 ST 2021-11-15" {
		t.Errorf("applied: %s", got)
	}
}

func (w *world) collect() error {
	w.Helper()
	return w.run(func(_ pgx.Tx, runID int64) jobs.Args {
		return jobs.ExchangeCollectArgs{PracticeID: practice, RunID: runID, PartnerID: partner}
	})
}

func TestCollect(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.dataDir, "inbound", "CLEAR")
	box := exchange.Folder{Dir: dir}
	content := []byte(isa + gs + era1 + "GE*1*1~IEA*1*000000001~")
	if err := w.collect(); err != nil {
		t.Fatalf("no folder yet: %v", err)
	}
	for _, name := range []string{"a.835", "b.835"} { // the same bytes twice
		if err := box.Deliver(w.ctx, name, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "half.tmp"), content[:40], 0o600); err != nil {
		t.Fatal(err)
	}
	// Twice, because the second name is only then known to be a duplicate.
	for range 2 {
		if err := w.collect(); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.taken(); got != "835 #1 ST 2021-11-15" {
		t.Errorf("applied: %s", got)
	}
	var left, done []string
	for _, e := range must(os.ReadDir(dir)) {
		left = append(left, e.Name())
	}
	for _, e := range must(os.ReadDir(filepath.Join(dir, "done"))) {
		done = append(done, e.Name())
	}
	if fmt.Sprint(left, done) != "[done half.tmp] [a.835 b.835]" {
		t.Errorf("in the folder %v, taken %v", left, done)
	}
	// The same name with other content comes later: it is another file.
	other := append(append([]byte{}, content...), '\n')
	if err := box.Deliver(w.ctx, "a.835", bytes.NewReader(other), int64(len(other))); err != nil {
		t.Fatal(err)
	}
	if err := w.collect(); err != nil {
		t.Fatal(err)
	}
	if got := w.taken(); got != "835 #1 ST 2021-11-15" {
		t.Errorf("applied: %s", got)
	}
	if n := len(must(os.ReadDir(filepath.Join(dir, "done")))); n != 3 {
		t.Errorf("%d files are taken", n)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
