package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Input is one row of the input log.
type Input struct {
	Seq        int64
	PracticeID int64
	Kind       string
	RefID      int64
	On         date.Date
	Actor      string
	RecordedAt time.Time // when its transaction began
}

// String names the input for people.
func (i Input) String() string { return fmt.Sprintf("%s of %s", i.Kind, i.On) }

// Replayed says what was replayed.
type Replayed struct {
	Inputs map[string]int `json:"inputs"` // by kind
	// Refused are inputs that the live book took and the rebuilt one did not.
	Refused []string `json:"refused"`
	// Parked are inputs some of whose jobs failed and wait for a person, as they
	// may do in the live book.
	Parked []string `json:"parked"`

	PracticeID int64 `json:"-"` // of the practice in the scratch database
}

// Replay works through the input log of a live practice. live is a transaction
// on one snapshot, in which both the log and what it refers to are read.
func Replay(ctx context.Context, live pgx.Tx, practice claims.Practice, scratch *Scratch, progress func(done, total int)) (*Replayed, error) {
	log, err := inputs(ctx, live, practice.ID)
	if err != nil {
		return nil, err
	}
	if len(log) == 0 {
		return nil, fault.Invalidf("CB-REBUILD-EMPTY", "the book of practice %s has no inputs to replay", practice.Code)
	}
	r := &replayer{ctx: ctx, live: live, practice: practice, scratch: scratch, done: Replayed{Inputs: map[string]int{}, Refused: []string{}, Parked: []string{}}}
	// The live book's lists are in use in this process; this book begins without.
	if err := r.write(func(tx pgx.Tx) error { return codesetdb.Use(ctx, tx) }); err != nil {
		return nil, err
	}
	for n, input := range log {
		if err := r.replay(input); err != nil {
			return nil, err
		}
		progress(n+1, len(log))
	}
	r.done.PracticeID = r.practiceID
	return &r.done, nil
}

// inputs reads the log. The set-ups of the server's other practices belong to
// it: whether a payment is another practice's depends on them. Code lists are
// everybody's.
func inputs(ctx context.Context, live pgx.Tx, practiceID int64) ([]Input, error) {
	rows, err := live.Query(ctx, `select seq, practice_id, kind, ref_id, business_date, actor, recorded_at from input_log
		where practice_id = $1 or kind in ('setup', 'codes') order by seq`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Input])
}

type replayer struct {
	ctx        context.Context
	live       pgx.Tx
	practice   claims.Practice // in the live book
	scratch    *Scratch
	practiceID int64     // of the same practice in the scratch database
	batched    time.Time // the submission that was replayed last
	done       Replayed
}

func (r *replayer) replay(in Input) error {
	step := map[string]func(Input) error{
		exchangedb.InputSetup: r.setup, exchangedb.InputCodes: r.codes, exchangedb.InputIntake: r.intake, exchangedb.InputBatch: r.batch, exchangedb.InputInbound: r.inbound,
		exchangedb.InputBank: r.bank, exchangedb.InputPayment: r.payment, exchangedb.InputStatement: r.statements, exchangedb.InputDecision: r.decision,
	}[in.Kind]
	if step == nil {
		return fault.Environmentf("CB-REBUILD-KIND", "the input log holds a kind that this program does not know: %s", in.Kind).WithFix("use a newer program")
	}
	r.done.Inputs[in.Kind]++
	err := step(in)
	if err == nil {
		err = r.idle()
	}
	switch {
	case err == nil:
		return nil
	case fault.CodeOf(err) == "CB-JOB-PARKED":
		r.done.Parked = append(r.done.Parked, fmt.Sprintf("%s: %v", in, err))
		return nil
	case fault.CodeOf(err) != "" && fault.KindOf(err) != fault.Environment:
		r.done.Refused = append(r.done.Refused, fmt.Sprintf("%s: %v", in, err))
		return nil
	}
	return fmt.Errorf("replay the %s: %w", in, err)
}

// write runs fn in a transaction of the scratch database.
func (r *replayer) write(fn func(tx pgx.Tx) error) error {
	return r.scratch.DB.Tx(r.ctx, postgres.RoleWork, r.practiceID, fn)
}

// run is write with a run whose jobs are worked to their end.
func (r *replayer) run(kind string, fn func(tx pgx.Tx, runID int64) error) error {
	var runID int64
	err := r.write(func(tx pgx.Tx) (err error) {
		if runID, err = jobs.StartRun(r.ctx, tx, r.practiceID, kind); err != nil {
			return err
		}
		return fn(tx, runID)
	})
	if err != nil {
		return err
	}
	return r.scratch.Jobs.Wait(r.ctx, runID, nil)
}

// idle waits for jobs that belong to no run: the next input meets a book at rest.
func (r *replayer) idle() error {
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		var busy bool
		err := r.write(func(tx pgx.Tx) error {
			return tx.QueryRow(r.ctx, `select exists (select from river_job where state in ('available', 'pending', 'retryable', 'running', 'scheduled'))`).Scan(&busy)
		})
		if err != nil || !busy {
			return err
		}
		select {
		case <-time.After(pause):
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
}

// findPractice learns the practice's id from its first set-up.
func (r *replayer) findPractice() error {
	err := r.write(func(tx pgx.Tx) error {
		p, err := claimsdb.FindPractice(r.ctx, tx, r.practice.Code)
		r.practiceID = p.ID
		return err
	})
	var missing *fault.Error
	if errors.As(err, &missing) && missing.Code == "CB-PRACTICE-001" {
		return nil // another practice's set-up came first
	}
	return err
}
