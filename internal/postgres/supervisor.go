//go:build unix

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/claimbook/claimbook/internal/fault"
)

// The supervisor is this program run again, detached: it holds the server and
// stops it when the last process that holds attached.lock has ended. Its own
// lock, held while it lives, says that it lives.

// supervisorCommand is the hidden first argument; supervisorOrder the variable
// that carries the layout as JSON.
const (
	supervisorCommand = "supervise-private-postgresql"
	supervisorOrder   = "CLAIMBOOK_SUPERVISE"
)

// RunSupervisorIfAsked turns this process into the supervisor of a private
// PostgreSQL when it was started as one, and then never returns. A program that
// uses Attach calls it first thing in main.
func RunSupervisorIfAsked() {
	order := os.Getenv(supervisorOrder)
	if len(os.Args) < 2 || os.Args[1] != supervisorCommand || order == "" {
		return
	}
	var l layout
	if err := json.Unmarshal([]byte(order), &l); err != nil {
		os.Exit(2)
	}
	syscall.CloseOnExec(3) // the server must not keep the starter's pipe open
	os.Exit(supervise(l, os.NewFile(3, "answer")))
}

// supervisorAnswer is what the supervisor tells the process that started it: a
// server that answers, or the fault.
type supervisorAnswer struct {
	Ready                     bool
	Code, Where, Message, Fix string
}

func (a supervisorAnswer) fault() error {
	if a.Ready {
		return nil
	}
	return &fault.Error{Kind: fault.Environment, Code: a.Code, Where: a.Where, Message: a.Message, Fix: a.Fix}
}

func supervise(l layout, answer *os.File) int {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE)
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	tell := func(a supervisorAnswer) {
		_ = json.NewEncoder(answer).Encode(a) // the starter may be gone already
		_ = answer.Close()
	}

	// A moment of patience: others probe this lock.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	life, err := lockExclusive(ctx, l.supervisorLock())
	cancel()
	if err != nil {
		tell(supervisorAnswer{Code: "CB-PG-SUPERVISOR", Where: l.Base, Message: "another supervisor holds the private PostgreSQL", Fix: "run the command again"})
		return 1
	}
	defer func() { _ = life.release() }()
	// For people who look: the lock is the sign of life, the number is not.
	_ = life.file.Truncate(0)
	_, _ = life.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)

	server, err := startServer(l)
	if err != nil {
		var f *fault.Error
		if !errors.As(err, &f) {
			f = fault.Environmentf("CB-PG-START", "the private PostgreSQL did not start: %v", err).At(l.Base)
		}
		tell(supervisorAnswer{Code: f.Code, Where: f.Where, Message: f.Message, Fix: f.Fix})
		return 1
	}
	tell(supervisorAnswer{Ready: true})

	deserted := make(chan *fileLock, 1)
	go func() {
		if alone, err := lockExclusive(context.Background(), filepath.Join(l.Base, "attached.lock")); err == nil {
			deserted <- alone
		}
	}()
	for {
		select {
		case <-server.ended:
			// Killed or crashed: start it again, it recovers by its log.
			if server, err = startServer(l); err != nil {
				return 1 // the next Attach tries again and reports why
			}
		case alone := <-deserted:
			server.stop()
			_ = os.Remove(l.Socket) // empty now; the next start makes it again
			_ = alone.release()
			return 0
		case <-terminated:
			server.stop()
			return 0
		}
	}
}

// server is a running PostgreSQL.
type server struct {
	process *os.Process
	ended   chan struct{} // closed when the process has ended
}

// startServer runs PostgreSQL and returns when it answers. The attempt is
// repeated for a while, because after a kill the remains of the old server
// (its backends, its shared memory) take a moment to go.
func startServer(l layout) (*server, error) {
	clearOldServer(l)
	deadline := time.Now().Add(serverPatience)
	for {
		s, output, err := tryServer(l, deadline)
		if err == nil {
			return s, nil
		}
		if time.Now().After(deadline) || !passing(output) {
			return nil, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// passing reports whether the server gave up for a reason that goes away by
// itself: the last backends of a killed predecessor.
func passing(output string) bool {
	return strings.Contains(output, "is still in use") || strings.Contains(output, "already exists") ||
		strings.Contains(output, "another server might be running")
}

func tryServer(l layout, deadline time.Time) (*server, string, error) {
	log, err := openLog(l)
	if err != nil {
		return nil, "", explainFile(l.Base, err)
	}
	defer func() { _ = log.Close() }() // the server has its own descriptor
	start, _ := log.Seek(0, 2)

	arguments := []string{"-D", l.Data, "-k", l.Socket, "-h", ""}
	for _, setting := range append(serverSettings, l.Settings...) {
		arguments = append(arguments, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(l.Bin, "postgres"), arguments...)
	cmd.Dir = l.Data
	cmd.Env = serverEnvironment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = serverAttributes(l.Account)

	s := &server{ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel's parent-death signal follows the thread that forked, so
		// this thread must live as long as the server.
		runtime.LockOSThread()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(s.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, "", fault.Environmentf("CB-PG-START", "cannot run the server's program").At(cmd.Path).Because(err)
	}
	for {
		err := l.ping(context.Background(), "postgres")
		if err == nil {
			return s, "", nil
		}
		select {
		case <-s.ended:
			text, _ := os.ReadFile(l.logFile())
			output := string(text[min(int(start), len(text)):])
			return nil, output, explainServerOutput(l.Base, "the private PostgreSQL did not start", output)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.stop()
			return nil, "", fault.Environmentf("CB-PG-SLOW", "the private PostgreSQL did not answer within %s", serverPatience).At(l.Base).
				WithFix("look at " + l.logFile())
		}
	}
}

// serverSettings suit one practice on one machine. The log carries no values
// and no statements, because both may hold patient data.
var serverSettings = []string{
	"unix_socket_permissions=0700",
	"max_connections=200",
	"shared_buffers=128MB",
	"max_wal_size=2GB",
	"jit=off", // compiling costs more than these queries
	"random_page_cost=1.1",
	"timezone=UTC",
	"log_timezone=UTC",
	"log_error_verbosity=terse",
	"log_min_error_statement=panic",
	"log_line_prefix=%m [%p] ",
	"client_connection_check_interval=2s", // a killed client's locks are free soon
}

// stop shuts down fast: sessions end, nothing committed is lost.
func (s *server) stop() {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = s.process.Signal(signal)
		select {
		case <-s.ended:
			return
		case <-time.After(stopPatience):
		}
	}
}

// clearOldServer deals with what a killed supervisor left: a server that still
// runs or is stopping, or a pid file whose number means nothing any more. This
// process holds the supervisor's lock, so whatever runs there is nobody's.
func clearOldServer(l layout) {
	pidFile := filepath.Join(l.Data, "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 0 {
		return // the server's own error will say so
	}
	if !isServer(pid, l.Data) {
		if !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.Remove(pidFile) // the number is another program's now, and the server would take it for itself
		}
		return
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		_ = syscall.Kill(pid, signal)
		for end := time.Now().Add(stopPatience / 2); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if !isServer(pid, l.Data) {
				return
			}
		}
	}
}

// openLog opens the server's log and begins a new one when it has grown large.
func openLog(l layout) (*os.File, error) {
	if info, err := os.Stat(l.logFile()); err == nil && info.Size() > 10<<20 {
		_ = os.Rename(l.logFile(), l.logFile()+".1")
	}
	return os.OpenFile(l.logFile(), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
}
