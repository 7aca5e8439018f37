// Package work holds the ledger's workers: ledger.audit proves the book and
// seals what was posted since the last time; deposit.match finds out which bank
// lines are which payments.
package work

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// blockSize is how many entries one seal holds at most: a second of hashing.
const blockSize = 10_000

// Register adds the ledger's workers.
func Register(reg *jobs.Registry, db *postgres.DB) {
	jobs.AddWorker(reg, db, matchDeposits)
	jobs.AddWorker(reg, db, audit(db), jobs.Timeout(30*time.Minute))
}

// audit proves the book and then seals what no block holds yet. A book that
// does not hold is not sealed: the job fails for good, and so becomes a work
// item, until a person has looked.
func audit(db *postgres.DB) func(context.Context, pgx.Tx, *jobs.Job[jobs.LedgerAuditArgs]) error {
	return func(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.LedgerAuditArgs]) error {
		// The proofs need one snapshot, which the job's own transaction is not.
		var broken []string
		if err := db.TxReadOnly(ctx, postgres.RoleWork, job.PracticeID, func(tx pgx.Tx) error {
			proofs, err := ledgerdb.Verify(ctx, tx, job.PracticeID, nil)
			broken = nil
			for i := range proofs {
				if !proofs[i].Holds() {
					broken = append(broken, fmt.Sprintf("%s (%d)", proofs[i].Name, proofs[i].Failures))
				}
			}
			return err
		}); err != nil {
			return err
		}
		if len(broken) > 0 {
			return fault.Invalidf("CB-LEDGER-AUDIT", "the book does not hold: %s", strings.Join(broken, ", ")).
				WithFix("claimbook verify shows the counter-examples")
		}
		for {
			sealed, err := ledgerdb.Seal(ctx, tx, job.PracticeID, blockSize)
			if err != nil || sealed < blockSize {
				return err
			}
		}
	}
}
