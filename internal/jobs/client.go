package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Options of a Client. The zero value works every queue.
type Options struct {
	// Queues to work; nil is all of them.
	Queues []string
	// MaxWorkers is how many jobs of one queue run at once in this process; 0
	// is two per processor, at least four and at most eight.
	MaxWorkers int
	// FetchCooldown is the least time between two fetches from a queue; a queue
	// does at most MaxWorkers jobs in it. 0 is 2 ms.
	FetchCooldown time.Duration
	// FetchPollInterval is how long a job waits at most when its notification
	// was lost; 0 is 200 ms.
	FetchPollInterval time.Duration
	// PollOnly does without LISTEN, for a connection pooler in transaction mode.
	PollOnly bool
	// Logger gets the failures of jobs; nil is silence.
	Logger *slog.Logger
}

// Client enqueues jobs, and works them between Start and Stop.
//
// A command's process works whatever waits in its queues, not only its own
// run: the jobs of a killed command go on with the next one, and a worker that
// runs beside it takes part. Both are safe because a job takes effect once.
type Client struct {
	db     *postgres.DB
	reg    *Registry
	river  *river.Client[pgx.Tx]
	logger *slog.Logger
	id     string

	working sync.Map // ids of the jobs this process is working
	broken  atomic.Pointer[brokenError]

	stop  context.CancelFunc
	swept sync.WaitGroup
	owner *pgx.Conn // holds the lock that says this process lives
}

// brokenError is why nothing can be written, and since when it is known.
type brokenError struct {
	err error
	at  time.Time
}

// NewClient returns a client for the registry's workers. Without Start it only
// enqueues.
func NewClient(db *postgres.DB, reg *Registry, opts Options) (*Client, error) {
	if reg == nil {
		reg = NewRegistry()
	}
	if reg.client != nil {
		return nil, fmt.Errorf("jobs: the registry has a client already")
	}
	for _, queue := range opts.Queues {
		if !slices.Contains(Queues(), queue) {
			return nil, fault.Usagef("CB-JOB-QUEUE", "there is no queue %q", queue).WithFix(fmt.Sprintf("choose from %v", Queues()))
		}
	}
	logger := opts.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{db: db, reg: reg, logger: logger, id: newClientID()}
	config := &river.Config{
		ID:                   c.id,
		Logger:               logger,
		FetchCooldown:        orDefault(opts.FetchCooldown, 2*time.Millisecond),
		FetchPollInterval:    orDefault(opts.FetchPollInterval, 200*time.Millisecond),
		PollOnly:             opts.PollOnly,
		RescueStuckJobsAfter: 48 * time.Hour, // ours finds them within seconds
		// A parked job waits for a person, who may be on leave.
		DiscardedJobRetentionPeriod: 365 * 24 * time.Hour,
		// A job of a newer program is left for a process that knows it.
		FetchOnlyKnownKinds: true,
		SkipUnknownJobCheck: true,
		SoftStopTimeout:     5 * time.Second,
	}
	if len(reg.kinds) > 0 {
		config.Workers = reg.workers
		config.Queues = map[string]river.QueueConfig{}
		queues := opts.Queues
		if queues == nil {
			queues = Queues()
		}
		for _, queue := range queues {
			config.Queues[queue] = river.QueueConfig{MaxWorkers: orDefault(opts.MaxWorkers, min(max(2*runtime.GOMAXPROCS(0), 4), 8))}
		}
	}
	var err error
	if c.river, err = river.NewClient(riverpgxv5.New(db.Pool), config); err != nil {
		return nil, err
	}
	reg.client = c
	return c, nil
}

// River is the client underneath, for the operations page.
func (c *Client) River() *river.Client[pgx.Tx] { return c.river }

// Start works jobs until Stop. First it puts back what killed processes left.
func (c *Client) Start(ctx context.Context) error {
	if err := c.takeOwnerLock(ctx); err != nil {
		return postgres.Explain(err)
	}
	if err := c.rescue(ctx); err != nil {
		c.releaseOwnerLock()
		return postgres.Explain(err)
	}
	// Stop ends the work, not the caller's context: a Ctrl-C lets running jobs
	// finish for a moment.
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := c.river.Start(life); err != nil {
		stop()
		c.releaseOwnerLock()
		return postgres.Explain(err)
	}
	c.stop = stop
	c.swept.Add(1)
	go c.sweep(life)
	return nil
}

// Stop lets running jobs finish for a few seconds, cancels the others (they go
// back to the queue) and returns when none runs.
func (c *Client) Stop(ctx context.Context) error {
	if c.stop == nil {
		return nil
	}
	err := c.river.Stop(context.WithoutCancel(ctx))
	c.stop()
	c.swept.Wait()
	c.releaseOwnerLock()
	c.stop = nil
	return err
}

// noteBroken remembers that the book, or a folder that a job writes into,
// cannot be written, so that Wait gives up with the reason at once: a person has
// to make room or give access, and until then trying again is in vain. The job
// itself stays in the queue for its next attempt.
func (c *Client) noteBroken(f *fault.Error) {
	switch f.Code {
	case "CB-DB-DISK-FULL", "CB-DB-IO", "CB-DISK-FULL", "CB-DISK-PERMISSION", "CB-FILE-FOLDER":
		c.broken.Store(&brokenError{f, time.Now()})
	}
}

func newClientID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%.60s-%d-%s", host, os.Getpid(), rand.Text()[:8])
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
