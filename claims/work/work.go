// Package work has the jobs of a claim's life: reading encounters, running the
// edits, building and sending batches, applying acknowledgments, and building
// the claims of the next payer. Each loads, calls package claims, saves, and
// enqueues what follows, in one transaction.
package work

import (
	"time"

	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Register adds the workers of this package. dataDir is where mailboxes lie
// whose partner names no folder of its own.
func Register(registry *jobs.Registry, db *postgres.DB, dataDir string) {
	long := jobs.Timeout(2 * time.Hour) // a file of any size is one job
	jobs.AddWorker(registry, db, parseIntake, long)
	jobs.AddWorker(registry, db, validateEncounters)
	jobs.AddWorker(registry, db, buildBatches, long)
	jobs.AddWorker(registry, db, sender{dataDir}.send, long)
	jobs.AddWorker(registry, db, applyAcknowledgment, long)
	jobs.AddWorker(registry, db, buildSecondaries)
	jobs.AddWorker(registry, db, sweepDeadlines)
}
