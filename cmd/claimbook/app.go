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

	"github.com/claimbook/claimbook/internal/config"
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
	return func(done, total int) {
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
