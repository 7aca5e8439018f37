package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/claimbook/claimbook/internal/postgres"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Bring the schema up to date."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations and when each was applied."`
}

type migrateUpCmd struct{}

// Help shows an example.
func (migrateUpCmd) Help() string {
	return "Safe to run at any time and by several processes at once; it changes nothing when the schema is current.\n\nExample:\n  claimbook migrate up"
}

func (migrateUpCmd) Run(ctx context.Context, app *App) error {
	url, release, err := app.Database(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := postgres.Migrate(ctx, url); err != nil {
		return err
	}
	list, err := postgres.MigrationStatus(ctx, url)
	if err != nil {
		return err
	}
	fmt.Fprintf(app.Stderr, "The schema is current: %d migrations.\n", len(list))
	return nil
}

type migrateStatusCmd struct{}

// Help shows an example.
func (migrateStatusCmd) Help() string { return "Example:\n  claimbook migrate status --json" }

func (migrateStatusCmd) Run(ctx context.Context, app *App) error {
	url, release, err := app.Database(ctx)
	if err != nil {
		return err
	}
	defer release()
	list, err := postgres.MigrationStatus(ctx, url)
	if err != nil {
		return err
	}
	if app.JSON {
		return json.NewEncoder(app.Stdout).Encode(list)
	}
	w := tabwriter.NewWriter(app.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "migration\tapplied")
	for _, m := range list {
		applied := "pending"
		if !m.Pending() {
			applied = m.AppliedAt.Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\n", m.Name, applied)
	}
	return w.Flush()
}
