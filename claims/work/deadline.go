package work

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// sweepDeadlines is the job deadline.sweep: what nobody answered in the days
// that its trading partner has for it becomes a work item.
func sweepDeadlines(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.DeadlineSweepArgs]) error {
	items, err := claimsdb.Overdue(ctx, tx, job.PracticeID, job.Args.Today)
	if err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, job.PracticeID, items)
}
