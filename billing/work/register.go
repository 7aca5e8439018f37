package work

import (
	"time"

	exchangework "github.com/claimbook/claimbook/edi/exchange/work"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Register adds the workers of billing. A payment of tens of thousands of
// claims is one job, so posting may take its time.
func Register(reg *jobs.Registry, db *postgres.DB) {
	jobs.AddWorker(reg, db, PostRemittance, jobs.Timeout(30*time.Minute), jobs.AtStageEnd(exchangework.NextPayment))
	jobs.AddWorker(reg, db, runStatements, jobs.Timeout(30*time.Minute))
	jobs.AddWorker(reg, db, renderStatements, jobs.Timeout(10*time.Minute))
}
