package work

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// depositDays is how long after a payment's date the bank may book it before a
// person has to say so.
const depositDays = 7

// matchDeposits matches what the bank has shown so far.
func matchDeposits(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.DepositMatchArgs]) error {
	_, err := ledgerdb.MatchDeposits(ctx, tx, job.PracticeID, depositDays, job.Args.Kind())
	return err
}
