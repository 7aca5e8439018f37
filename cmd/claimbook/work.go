package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/claimbook/claimbook/internal/jobs"
)

type workCmd struct {
	Queues      []string `placeholder:"QUEUE,…" help:"Queues to work: intake, exchange, posting, statements (default all)."`
	Concurrency int      `placeholder:"N" help:"Jobs of one queue that run at once in this process (default two per processor, 4 to 8)."`
	Verbose     bool     `help:"Log every job to the standard error."`
}

// Help shows an example.
func (workCmd) Help() string {
	return `Runs on as many machines as wanted, against one database. A process that is
killed leaves nothing half done: another one, or the next start, goes on.

Example:
  claimbook work --queues posting,statements --concurrency 4`
}

// Validate refuses a number of workers that cannot be.
func (c workCmd) Validate() error {
	if c.Concurrency < 0 || c.Concurrency > 1000 {
		return fmt.Errorf("--concurrency is a number from 1 to 1000")
	}
	return nil
}

// Run works jobs until it is told to stop; running ones finish first.
func (c workCmd) Run(ctx context.Context, app *App) error {
	options := jobs.Options{Queues: c.Queues, MaxWorkers: c.Concurrency, Logger: app.logger(c.Verbose)}
	book, err := app.open(ctx, options)
	if err != nil {
		return err
	}
	defer book.Close()
	if err := book.Work(ctx); err != nil {
		return err
	}
	book.keepTime(ctx, options.Logger)
	queues := c.Queues
	if queues == nil {
		queues = jobs.Queues()
	}
	fmt.Fprintf(app.Stdout, "Working the queues %s (Ctrl-C stops it)\n", strings.Join(queues, ", "))
	<-ctx.Done()
	return nil
}
