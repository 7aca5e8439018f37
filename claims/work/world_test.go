package work_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// today is the practice's business date in these tests, a Monday.
var today = date.MustParse("2022-03-14")

// world is a practice with its set-up, on a database and job queue of its own.
type world struct {
	t        *testing.T
	db       *postgres.DB
	jobs     *jobs.Client
	practice claims.Practice
	dir      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), dir: t.TempDir()}
	file, err := os.Open("testdata/practice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	setup, err := claims.ReadSetup(file, "practice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w.inPractice(0, func(ctx context.Context, tx pgx.Tx) (err error) {
		w.practice, _, err = claimsdb.ImportSetup(ctx, tx, setup, "tester")
		return err
	})
	registry := jobs.NewRegistry()
	work.Register(registry, w.db, w.dir)
	if w.jobs, err = jobs.NewClient(w.db, registry, jobs.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.jobs.Stop(context.Background()) })
	return w
}

func (w *world) inPractice(practiceID int64, fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.db.Tx(ctx, postgres.RoleWork, practiceID, func(tx pgx.Tx) error { return fn(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(fn func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	w.inPractice(w.practice.ID, fn)
}

// run starts a run, lets fn enqueue its jobs, and waits for them.
func (w *world) run(kind string, fn func(ctx context.Context, tx pgx.Tx, runID int64) error) {
	w.t.Helper()
	if err := w.tryRun(kind, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryRun(kind string, fn func(ctx context.Context, tx pgx.Tx, runID int64) error) error {
	w.t.Helper()
	var runID int64
	w.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		if runID, err = jobs.StartRun(ctx, tx, w.practice.ID, kind); err != nil {
			return err
		}
		return fn(ctx, tx, runID)
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return w.jobs.Wait(ctx, runID, nil)
}

// intake takes in files of content and returns what became of each.
func (w *world) intake(contents ...string) []claimsdb.IntakeFile {
	w.t.Helper()
	var taken []work.Taken
	w.run("intake", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		for i, content := range contents {
			file, err := work.Intake(ctx, tx, w.jobs, w.practice.ID, runID, fmt.Sprintf("file%d", i+1), strings.NewReader(content), today, "tester")
			if err != nil {
				return err
			}
			taken = append(taken, file)
		}
		return nil
	})
	files := make([]claimsdb.IntakeFile, len(taken))
	w.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		for i := range taken {
			if files[i], err = claimsdb.FindIntakeFile(ctx, tx, w.practice.ID, taken[i].IntakeFileID); err != nil {
				return err
			}
		}
		return nil
	})
	return files
}

// records returns the outcomes of a file, one line a record.
func (w *world) records(file claimsdb.IntakeFile) string {
	w.t.Helper()
	var out bytes.Buffer
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		list, err := claimsdb.Records(ctx, tx, w.practice.ID, file.ID, "stored", "accepted", "held", "duplicate", "refused")
		for _, r := range list {
			fmt.Fprintf(&out, "%d %s %s %s\n", r.Line, r.ExternalID, r.Outcome, strings.Join(r.Reasons, "; "))
		}
		return err
	})
	return out.String()
}

// text returns the rows of a query, one a line, with spaces between columns.
func (w *world) text(query string, arguments ...any) string {
	w.t.Helper()
	var out bytes.Buffer
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, arguments...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				return err
			}
			for i, value := range values {
				if i > 0 {
					out.WriteByte(' ')
				}
				if day, ok := value.(time.Time); ok {
					value = day.Format("2006-01-02")
				}
				fmt.Fprint(&out, value)
			}
			out.WriteByte('\n')
		}
		return rows.Err()
	})
	return out.String()
}

func (w *world) want(what, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// book is every balance and claim: what must not change when something is done twice.
func (w *world) book() string {
	w.t.Helper()
	return w.text(`SELECT account, service_line_id, payer_id, payer_rank, patient_id, reference, amount FROM subledger_balance ORDER BY 1, 2, 3, 4, 5, 6`) +
		w.text(`SELECT number, state, st_control, payer_claim_number FROM claim ORDER BY number`) +
		w.text(`SELECT count(*) FROM claim_event`) + w.text(`SELECT count(*), sum(amount) FROM transfer`) +
		w.text(`SELECT dedupe_key, state FROM work_item ORDER BY 1`) + w.text(`SELECT number, state, claims FROM batch ORDER BY number`)
}

const csvHeader = "encounter_id,patient,service_date,rendering_provider,billing_provider,facility,diagnoses,procedure,modifiers,pointers,units,charge\n"

// encounter is one CSV row of a visit that passes the edits.
func encounter(id, patient, procedure, charge string) string {
	return fmt.Sprintf("%s,%s,2022-03-11,DR1,OAK,MAIN,I10 E11.9,%s,,1 2,1,%s\n", id, patient, procedure, charge)
}
