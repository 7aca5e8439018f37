package main

import (
	billingwork "github.com/claimbook/claimbook/billing/work"
	claimswork "github.com/claimbook/claimbook/claims/work"
	exchangework "github.com/claimbook/claimbook/edi/exchange/work"
	"github.com/claimbook/claimbook/internal/config"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// registerWorkers tells the registry who works each kind of job.
func registerWorkers(reg *jobs.Registry, db *postgres.DB, settings config.Settings) {
	billingwork.Register(reg, db)
	claimswork.Register(reg, db, settings.DataDir)
	exchangework.Register(reg, db, settings.DataDir)
	ledgerwork.Register(reg, db)
}
