package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/internal/config"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
)

// App is what every command is given: the shared settings and the streams.
// Reports go to Stdout, messages for people to Stderr.
type App struct {
	config.Settings
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Database attaches to DATABASE_URL, or else to the private PostgreSQL of the
// data directory, which the first command starts and the last one stops.
func (a *App) Database(ctx context.Context) (url string, release func(), err error) {
	if a.DatabaseURL != "" {
		return a.DatabaseURL, func() {}, nil
	}
	cluster, err := postgres.Attach(ctx, a.DataDir)
	if err != nil {
		return "", nil, err
	}
	return cluster.URL(), func() { _ = cluster.Close() }, nil
}

// Progress returns a function that shows how far long work has come: a bar on
// a terminal, a line every few seconds elsewhere. done = total ends it.
func (a *App) Progress(label string) func(done, total int) {
	file, ok := a.Stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		last := time.Now()
		return func(done, total int) {
			if time.Since(last) > 3*time.Second && done < total {
				last = time.Now()
				fmt.Fprintf(a.Stderr, "%s: %d of %d\n", label, done, total)
			}
		}
	}
	var bar *progressbar.ProgressBar
	began := time.Now()
	return func(done, total int) {
		if bar == nil && time.Since(began) < 300*time.Millisecond {
			return // what is over in a moment needs no bar
		}
		if bar == nil {
			bar = progressbar.NewOptions(total,
				progressbar.OptionSetWriter(file),
				progressbar.OptionSetDescription(label),
				progressbar.OptionSetWidth(30),
				progressbar.OptionShowCount(),
				progressbar.OptionSetPredictTime(false),
				progressbar.OptionClearOnFinish(),
				progressbar.OptionThrottle(50*time.Millisecond))
		}
		bar.ChangeMax(total)
		_ = bar.Set(done)
		if done >= total {
			_ = bar.Finish()
		}
	}
}

// read runs fn in a read-only transaction of the book's practice.
func (b *Book) read(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return b.DB.TxReadOnly(ctx, postgres.RoleWork, b.Practice.ID, fn)
}

// Book is an open book: its database, its practice, and the workers of this
// process. What a command causes is done before it ends.
type Book struct {
	DB       *postgres.DB
	Practice claims.Practice
	Today    date.Date
	Jobs     *jobs.Client
	Settings config.Settings

	release func()
	working bool
}

// Open opens the book that the settings name and finds the practice. Workers
// start with the first run that waits for them.
func (a *App) Open(ctx context.Context) (*Book, error) {
	return a.open(ctx, jobs.Options{})
}

func (a *App) open(ctx context.Context, options jobs.Options) (_ *Book, err error) {
	url, release, err := a.Database(ctx)
	if err != nil {
		return nil, err
	}
	b := &Book{Settings: a.Settings, release: release}
	defer func() {
		if err != nil {
			b.Close()
		}
	}()
	if b.DB, err = postgres.Open(ctx, url); err != nil {
		return nil, err
	}
	if err := postgres.RequireMigrated(ctx, url); err != nil {
		return nil, err
	}
	registry := jobs.NewRegistry()
	registerWorkers(registry, b.DB, a.Settings)
	if b.Jobs, err = jobs.NewClient(b.DB, registry, options); err != nil {
		return nil, err
	}
	return b, b.findPractice(ctx)
}

func (b *Book) findPractice(ctx context.Context) error {
	err := b.DB.TxReadOnly(ctx, postgres.RoleWork, 0, func(tx pgx.Tx) (err error) {
		if b.Practice, err = claimsdb.FindPractice(ctx, tx, b.Settings.Practice); err != nil {
			return err
		}
		return codesetdb.Use(ctx, tx)
	})
	if b.Today = b.Settings.Today; b.Today.IsZero() {
		b.Today = b.Practice.Today(time.Now())
	}
	return err
}

// Work starts this process's workers.
func (b *Book) Work(ctx context.Context) error {
	if b.working {
		return nil
	}
	b.working = true
	return b.Jobs.Start(ctx)
}

// Wait works this process's share of the run and returns when all of it is done.
func (b *Book) Wait(ctx context.Context, runID int64, progress func(done, total int)) error {
	if err := b.Work(ctx); err != nil {
		return err
	}
	return b.Jobs.Wait(ctx, runID, progress)
}

// Close stops the workers and lets go of the database.
func (b *Book) Close() {
	if b.working {
		_ = b.Jobs.Stop(context.Background())
	}
	if b.DB != nil {
		b.DB.Close()
	}
	b.release()
}
