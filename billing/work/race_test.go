package work

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Workers that receive overlapping files at once neither deadlock nor double:
// the same payments in several envelopes, and other payments of the same claims.
func TestOverlappingFilesAtOnce(t *testing.T) {
	w := newWorld(t)
	defer func(n int) { slice = n }(slice)
	slice = 5 // several slices a payment, each payment's in another order
	const claims = 12
	for i := range claims {
		w.claim(fmt.Sprint("A", i), []coverage{{payer: "PPO"}}, "100")
	}
	// Each trace pays every claim a tenth, in its own order.
	trace := func(n int) payment {
		var body strings.Builder
		for i := range claims {
			number := fmt.Sprint("A", (i*5+n*7)%claims)
			fmt.Fprintf(&body, "CLP*%s*1*100*10**12*ICN%d~SVC*HC:99213*100*10~CAS*OA*999*90~REF*6R*%sL1~", number, n, number)
		}
		return payment{payer: "PPO", trace: fmt.Sprint("T", n), amount: fmt.Sprint(10 * claims), body: body.String()}
	}
	var wg sync.WaitGroup
	var tries atomic.Int32
	for copyNo := range 3 { // the same payments in three envelopes
		for n := range 4 {
			p := trace(n)
			p.control = fmt.Sprintf("%09d", 100*copyNo+n+1)
			content := w.file(p)
			wg.Go(func() {
				ctx := context.Background()
				if err := w.db.Tx(ctx, postgres.RoleWork, w.practice, func(tx pgx.Tx) error {
					tries.Add(1)
					return w.post(ctx, tx, content)
				}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if n := tries.Load(); n != 12 {
		t.Errorf("%d tries for 12 files: some were the victims of a deadlock", n)
	}
	w.verify()
	w.expect("at once", map[string]string{"1050": "480", "1100": "720"})
	if n := w.count(`SELECT count(*) FROM remittance WHERE practice_id = $1`); n != 4 {
		t.Errorf("%d remittances, want 4", n)
	}
}

// A payment holds nothing of its claims while it waits for one of them, however
// many slices it has: whoever has that one may take the others.
func TestLocksBeforePosting(t *testing.T) {
	w := newWorld(t)
	defer func(n int) { slice = n }(slice)
	slice = 2
	var body strings.Builder
	for i := range 6 {
		w.claim(fmt.Sprint("A", i), []coverage{{payer: "PPO"}}, "100")
	}
	for i := 5; i >= 0; i-- { // against the order of the keys
		fmt.Fprintf(&body, "CLP*A%d*1*100*10**12*ICN%[1]d~SVC*HC:99213*100*10~CAS*OA*999*90~REF*6R*A%[1]dL1~", i)
	}
	content := w.file(payment{payer: "PPO", trace: "T1", amount: "60", body: body.String()})
	posted := make(chan error, 1)
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		lock := func(claim string) error {
			_, err := tx.Exec(ctx, `SELECT 1 FROM subledger_balance WHERE practice_id = $1 AND service_line_id = $2 FOR UPDATE NOWAIT`, w.practice, w.claims[claim].lines[0])
			return err
		}
		if err := lock("A0"); err != nil {
			return err
		}
		go func() {
			posted <- w.db.Tx(ctx, postgres.RoleWork, w.practice, func(tx pgx.Tx) error { return w.post(ctx, tx, content) })
		}()
		for waits := false; !waits; {
			if err := w.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
				return err
			}
		}
		return lock("A5")
	})
	if err := <-posted; err != nil {
		t.Fatal(err)
	}
	w.expect("posted", map[string]string{"1050": "60", "1100": "540"})
}

// The jobs do the same: one run, one payment, the claim of the next payer asked
// for, the statements printed.
func TestJobs(t *testing.T) {
	w := newWorld(t)
	w.claim("A1", []coverage{{payer: "CARE"}, {payer: "PPO"}}, "100")
	w.claim("A2", []coverage{{payer: "CARE"}}, "100")
	ctx := context.Background()
	reg := jobs.NewRegistry()
	Register(reg, w.db)
	var built []int64
	jobs.AddWorker(reg, w.db, func(_ context.Context, _ pgx.Tx, job *jobs.Job[jobs.COBBuildArgs]) error {
		built = append(built, job.Args.ClaimIDs...)
		return nil
	})
	client, err := jobs.NewClient(w.db, reg, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Stop(ctx) }()

	content := w.file(payment{payer: "CARE", trace: "T1", amount: "120", body: paid60 + `~CLP*A2*1*100*60*20*MB*ICN2~SVC*HC:99213*100*60~CAS*CO*45*20~CAS*PR*2*20~REF*6R*A2L1`})
	var runID int64
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		f, _, err := exchangedb.StoreFile(ctx, tx, w.practice, exchangedb.StoreParams{Direction: "in", Kind: "x12", Name: "a", ReceivedOn: w.today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		if runID, err = jobs.StartRun(ctx, tx, w.practice, "receive"); err != nil {
			return err
		}
		return client.Enqueue(ctx, tx, jobs.RemitPostArgs{PracticeID: w.practice, RunID: runID, FileID: f.ID, ByteOffset: int64(strings.Index(content, "ST*")), ReceivedOn: w.today})
	})
	if err := client.Wait(ctx, runID, nil); err != nil {
		t.Fatal(err)
	}
	w.expect("posted", map[string]string{"1050": "120", "1100": "20", "1110": "20"})
	if len(built) != 1 || built[0] != w.claims["A1"].id {
		t.Errorf("claims for the next payer: %v", built)
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if runID, err = jobs.StartRun(ctx, tx, w.practice, "statements"); err != nil {
			return err
		}
		return client.Enqueue(ctx, tx, jobs.StatementRunArgs{PracticeID: w.practice, RunID: runID, AsOf: w.today})
	})
	if err := client.Wait(ctx, runID, nil); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM statement WHERE practice_id = $1 AND state = 'rendered' AND pages = 1`); n != 1 {
		t.Errorf("%d statements are printed", n)
	}
}
