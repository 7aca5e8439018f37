package main

import "github.com/claimbook/claimbook/internal/config"

// commands is the command line. A command that does not exist is not listed.
type commands struct {
	config.Settings

	Migrate migrateCmd `cmd:"" help:"Create or update the database schema."`
	Sandbox sandboxCmd `cmd:"" help:"A payer of our own that answers claims offline."`
}
