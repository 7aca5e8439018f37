package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/web"
)

type serveCmd struct {
	Listen       string `default:"127.0.0.1:8370" placeholder:"HOST:PORT" help:"Address to answer at (default ${default}). Another machine reaches it only through a proxy that ends TLS, or with a wider address."`
	NoWorkers    bool   `help:"Answer pages only; jobs wait for other processes (claimbook work)."`
	SecureCookie bool   `help:"Browsers reach this server by HTTPS only (behind a proxy that ends TLS): the session cookie never travels in the clear."`
	Verbose      bool   `help:"Log every request to the standard error: method, route, status and time, never an address as typed."`
}

// Help shows an example.
func (serveCmd) Help() string {
	return `Example:
  claimbook serve
  claimbook serve --listen 0.0.0.0:8370 --secure-cookie --no-workers`
}

// How long the server waits: for a request's header, for an idle connection,
// and for pages in flight when it is told to stop. A page has no time limit of
// its own, because a file of any size can be downloaded.
const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 10 * time.Second
)

// Run answers pages and works jobs until it is told to stop.
func (c serveCmd) Run(ctx context.Context, app *App) error {
	logger := app.logger(c.Verbose)
	book, err := app.open(ctx, jobs.Options{Logger: app.logger(false)})
	if err != nil {
		return err
	}
	defer book.Close()

	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fault.Environmentf("CB-SERVE-LISTEN", "cannot answer at %s", c.Listen).
			WithFix("choose a free address with --listen, or stop the program that has it").Because(err)
	}
	if !c.NoWorkers {
		if err := book.Work(ctx); err != nil {
			_ = listener.Close()
			return err
		}
		book.keepTime(ctx, logger)
	}
	server := &http.Server{
		Handler: web.New(web.Config{DB: book.DB, Today: app.Today, SecureCookie: c.SecureCookie, Log: logger}),
		// Not the command's context: pages in flight finish when it ends.
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	if !c.SecureCookie && !isLoopback(listener.Addr()) {
		fmt.Fprintln(app.Stderr, "claimbook: passwords and patient data travel in the clear to this address; put a proxy with TLS before it and pass --secure-cookie")
	}
	fmt.Fprintf(app.Stdout, "Claimbook of %s at http://%s (Ctrl-C stops it)\n", book.Practice.Name, listener.Addr())
	return serveUntil(ctx, server, listener)
}

// serveUntil answers until the context ends, then lets pages in flight finish.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fault.Environmentf("CB-SERVE-STOPPED", "the server stopped by itself").Because(err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // a reader who is too slow does not hold the process
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fault.Environmentf("CB-SERVE-STOPPED", "the server did not stop well").Because(err)
	}
	return nil
}

// logger writes to the standard error what goes wrong, and everything when verbose.
func (a *App) logger(verbose bool) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelInfo
	}
	if a.JSON {
		return slog.New(slog.NewJSONHandler(a.Stderr, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(a.Stderr, &slog.HandlerOptions{Level: level}))
}

func isLoopback(addr net.Addr) bool {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return false
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
