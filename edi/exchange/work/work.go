// Package work holds the workers of the exchange: exchange.collect takes what a
// trading partner left in its folder, edi.route looks into each stored file and
// hands every transaction in it to whoever applies it.
package work

import (
	"time"

	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Register adds the exchange's workers. The data directory holds the folders of
// partners that name none of their own.
func Register(reg *jobs.Registry, db *postgres.DB, dataDir string) {
	c := &collector{dataDir: dataDir}
	jobs.AddWorker(reg, db, route(c), jobs.Timeout(30*time.Minute), jobs.AtStageEnd(NextPayment))
	jobs.AddWorker(reg, db, c.collect, jobs.Timeout(30*time.Minute))
}
