// Package config is what a process is told from outside: where its database
// and its folders are. Flags and environment variables come from one struct;
// everything that a practice may change at runtime lives in the database.
package config

import (
	"path/filepath"

	"github.com/claimbook/claimbook/internal/date"
)

// Settings are the flags that every command shares.
type Settings struct {
	DatabaseURL string    `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use. Without it a private one runs in --data-dir." group:"Common flags"`
	DataDir     string    `name:"data-dir" env:"CLAIMBOOK_DATA_DIR" default:".claimbook" placeholder:"DIR" help:"Folder of the private PostgreSQL and of the partners' mailboxes (default ./.claimbook)." group:"Common flags"`
	Practice    string    `name:"practice" env:"CLAIMBOOK_PRACTICE" placeholder:"CODE" help:"Practice to work in; the only one by default." group:"Common flags"`
	Today       date.Date `name:"today" env:"CLAIMBOOK_TODAY" placeholder:"YYYY-MM-DD" help:"Business date to work on, instead of the practice's own." group:"Common flags"`
	JSON        bool      `name:"json" help:"Print machine-readable output." group:"Common flags"`
}

// Outbound is the folder from which a partner takes our files, unless its
// set-up names another.
func (s Settings) Outbound(partner string) string {
	return filepath.Join(s.DataDir, "outbound", partner)
}

// Inbound is the folder into which a partner drops its files, unless its
// set-up names another.
func (s Settings) Inbound(partner string) string { return filepath.Join(s.DataDir, "inbound", partner) }
