package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// How often a process that stays looks into the partners' folders, and asks
// whether the day's own work was begun.
const (
	collectEvery = time.Minute
	dailyEvery   = 10 * time.Minute
)

// keepTime enqueues what recurs, until the context ends: looking for files that
// partners have dropped, and once a day the deadlines, the bank, and the proof
// and seal of the book. Any number of processes may do so at once.
func (b *Book) keepTime(ctx context.Context, logger *slog.Logger) {
	go b.repeat(ctx, logger, collectEvery, b.collect)
	go b.repeat(ctx, logger, dailyEvery, b.daily)
}

func (b *Book) repeat(ctx context.Context, logger *slog.Logger, every time.Duration, do func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			logger.Warn("what recurs could not be enqueued; the next turn tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// collect asks for the files of every partner. A job that waits already is not
// added twice.
func (b *Book) collect(ctx context.Context) error {
	return b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		partners, err := partnerIDs(ctx, tx, b.Practice.ID)
		if err != nil {
			return err
		}
		for _, id := range partners {
			if err := b.Jobs.Enqueue(ctx, tx, jobs.ExchangeCollectArgs{PracticeID: b.Practice.ID, PartnerID: id}); err != nil {
				return err
			}
		}
		return nil
	})
}

func partnerIDs(ctx context.Context, tx pgx.Tx, practiceID int64) ([]int64, error) {
	rows, err := tx.Query(ctx, "select id from trading_partner where practice_id = $1 order by code", practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// daily begins the day's own work once for each day of the practice, whichever
// process comes first.
func (b *Book) daily(ctx context.Context) error {
	return b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) error {
		today := b.today()
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('claimbook daily', $1))", b.Practice.ID); err != nil {
			return err
		}
		var begun bool
		err := tx.QueryRow(ctx, "select exists (select 1 from job_run where practice_id = $1 and kind = 'daily' and detail->>'day' = $2)",
			b.Practice.ID, today.String()).Scan(&begun)
		if err != nil || begun {
			return err
		}
		run, err := jobs.StartRun(ctx, tx, b.Practice.ID, "daily")
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "update job_run set detail = detail || jsonb_build_object('day', $3::text) where practice_id = $1 and id = $2",
			b.Practice.ID, run, today.String()); err != nil {
			return err
		}
		return b.Jobs.Enqueue(ctx, tx,
			jobs.DeadlineSweepArgs{PracticeID: b.Practice.ID, RunID: run, Today: today},
			jobs.DepositMatchArgs{PracticeID: b.Practice.ID, RunID: run},
			jobs.LedgerAuditArgs{PracticeID: b.Practice.ID, RunID: run})
	})
}

// today is the practice's day now: a process that stays sees the day change.
func (b *Book) today() date.Date {
	if !b.Settings.Today.IsZero() {
		return b.Settings.Today
	}
	return b.Practice.Today(time.Now())
}
