//go:build unix

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
)

// oldestServer is the oldest major version of PostgreSQL the schema needs
// (security_invoker views).
const oldestServer = 15

// superuser and database are the names inside a private cluster.
const (
	superuser = "claimbook"
	database  = "claimbook"
)

// How long the parts of starting may take before they count as failed. A
// recovery after a crash replays the log, so the server gets longest.
const (
	attachPatience = 90 * time.Second
	serverPatience = 60 * time.Second
	stopPatience   = 20 * time.Second
)

// Cluster is this process's hold on the private PostgreSQL of a data
// directory. The server runs as long as any process holds it.
type Cluster struct {
	layout layout
	hold   *fileLock // shared; the kernel lets it go however this process ends
	stop   context.CancelFunc
	done   sync.WaitGroup
	once   sync.Once
}

// Attach starts the private PostgreSQL of dataDir, or joins the one that runs,
// and returns this process's hold on it. The first call in a directory creates
// the database, which takes a few seconds. Call Close when done; a process that
// is killed lets go by itself.
//
// The program must call RunSupervisorIfAsked first thing in main.
func Attach(ctx context.Context, dataDir string) (*Cluster, error) {
	return attach(ctx, dataDir, nil)
}

// AttachForTests is Attach with a server that trades durability for speed: a
// crash of the machine may lose its data.
func AttachForTests(ctx context.Context, dataDir string) (*Cluster, error) {
	return attach(ctx, dataDir, []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400"})
}

// URL is the connection string of the database, for Open, Migrate and psql.
func (c *Cluster) URL() string { return c.layout.url(database) }

// Close lets go of the cluster. When this was the last hold it returns once the
// server has stopped.
func (c *Cluster) Close() error {
	var err error
	c.once.Do(func() {
		c.stop()
		c.done.Wait()
		err = c.hold.release()
		c.layout.awaitStopIfLast()
	})
	return err
}

func attach(ctx context.Context, dataDir string, settings []string) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, attachPatience)
	defer cancel()
	base, err := prepareBase(dataDir)
	if err != nil {
		return nil, err
	}
	hold, err := lockShared(ctx, filepath.Join(base, "attached.lock"))
	if err != nil {
		return nil, explainFile(base, err)
	}
	l, err := startOrJoin(ctx, base, settings)
	if err != nil {
		_ = hold.release()
		if errors.Is(err, context.DeadlineExceeded) {
			err = fault.Environmentf("CB-PG-SLOW", "the private PostgreSQL did not start within %s", attachPatience).At(base).
				WithFix("look at " + filepath.Join(base, "postgres.log"))
		}
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &Cluster{layout: l, hold: hold, stop: stop}
	c.done.Add(1)
	go c.keepSupervised(life, settings)
	return c, nil
}

// keepSupervised starts a new supervisor when the one that runs the server was
// killed, so that a long-lived holder such as `claimbook serve` outlives it.
func (c *Cluster) keepSupervised(life context.Context, settings []string) {
	defer c.done.Done()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-life.Done():
			return
		case <-ticker.C:
		}
		if c.layout.supervised() {
			continue
		}
		ctx, cancel := context.WithTimeout(life, attachPatience)
		_, _ = startOrJoin(ctx, c.layout.Base, settings) // a failure shows in the queries; the next tick tries again
		cancel()
	}
}

// startOrJoin makes sure that a server runs and answers. One process at a time
// is past the lock, so two commands that start together start one server.
func startOrJoin(ctx context.Context, base string, settings []string) (layout, error) {
	starting, err := lockExclusive(ctx, filepath.Join(base, "starting.lock"))
	if err != nil {
		return layout{}, explainFile(base, err)
	}
	defer func() { _ = starting.release() }()

	l, err := findLayout(base)
	if err != nil {
		return layout{}, err
	}
	l.Settings = settings
	if l.supervised() {
		answers, err := l.awaitAnswer(ctx)
		if err != nil {
			return l, err
		}
		if answers {
			return l, l.createDatabase(ctx) // its starter may have been killed before it could
		}
	}
	if err := l.initialize(ctx); err != nil {
		return layout{}, err
	}
	if err := l.startSupervisor(ctx); err != nil {
		return layout{}, err
	}
	return l, l.createDatabase(ctx)
}

// supervised reports whether a supervisor lives: it holds its lock while it does.
func (l layout) supervised() bool {
	probe, err := tryShared(l.supervisorLock())
	if err != nil {
		return errors.Is(err, syscall.EWOULDBLOCK)
	}
	_ = probe.release()
	return false
}

// awaitAnswer waits for a server that another process started; it may be
// recovering from a crash. It returns false when the supervisor is gone, so
// that nobody will start the server but the caller.
func (l layout) awaitAnswer(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, serverPatience)
	defer cancel()
	for {
		err := l.ping(ctx, "postgres")
		if err == nil {
			return true, nil
		}
		if !l.supervised() {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, fault.Environmentf("CB-PG-SILENT", "the private PostgreSQL runs and does not answer").At(l.Base).
				WithFix("look at " + l.logFile() + "; stop the other claimbook processes of this directory and try again")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l layout) ping(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, l.url(name))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// startSupervisor runs this program again as the supervisor, in a session of
// its own, and waits until it says that the server answers, or why not.
func (l layout) startSupervisor(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	order, err := json.Marshal(l)
	if err != nil {
		return err
	}
	answer, answerEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }()
	cmd := exec.Command(self, supervisorCommand, l.Base)
	cmd.Env = append(os.Environ(), supervisorOrder+"="+string(order))
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{answerEnd} // descriptor 3 in the child
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = answerEnd.Close()
	if err != nil {
		return fault.Environmentf("CB-PG-SUPERVISOR", "cannot start the supervisor of the private PostgreSQL").At(self).Because(err)
	}
	go func() { _ = cmd.Wait() }() // leaves no zombie in a long-lived process

	if deadline, ok := ctx.Deadline(); ok {
		_ = answer.SetReadDeadline(deadline)
	}
	var said supervisorAnswer
	if err := json.NewDecoder(answer).Decode(&said); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return context.DeadlineExceeded
		}
		return fault.Environmentf("CB-PG-SUPERVISOR", "the supervisor of the private PostgreSQL ended without an answer").At(l.Base).
			WithFix("look at " + l.logFile())
	}
	return said.fault()
}

// createDatabase makes the one database of a new cluster.
func (l layout) createDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, l.url("postgres"))
	if err != nil {
		return Explain(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", database).Scan(&exists); err != nil {
		return Explain(err)
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "create database "+database)
	return Explain(err)
}

// awaitStopIfLast waits for the server to stop when this process was its last
// holder, so that a script may remove the directory after the command. The
// supervisor takes the lock exclusively the moment nobody holds it.
func (l layout) awaitStopIfLast() {
	path := filepath.Join(l.Base, "attached.lock")
	for range 10 {
		lock, err := tryShared(path)
		if errors.Is(err, syscall.EWOULDBLOCK) { // the supervisor is stopping the server
			ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
			if lock, err = lockShared(ctx, path); err == nil {
				_ = lock.release()
			}
			cancel()
			return
		}
		if err != nil {
			return
		}
		_ = lock.release()
		if !l.supervised() {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (l layout) url(name string) string {
	query := url.Values{"host": {l.Socket}, "user": {superuser}}
	return "postgres:///" + name + "?" + query.Encode()
}
