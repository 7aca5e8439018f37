//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// A test process can be one that holds a cluster until it is killed, and the
// supervisor that it starts.
func TestMain(m *testing.M) {
	postgres.RunSupervisorIfAsked()
	if dir := os.Getenv("CLUSTER_TEST_HOLD"); dir != "" {
		cluster, err := postgres.Attach(context.Background(), dir)
		if err == nil {
			err = count(cluster, nil)
		}
		if err != nil {
			fmt.Println("error:", fault.CodeOf(err), err)
			os.Exit(1)
		}
		fmt.Println("attached")
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed, or let go by closing its input
		_ = cluster.Close()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// dataDir is a directory that the server's account can reach: the test's own
// temporary directory is closed to it.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "claimbook-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the server was still there: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func attach(t *testing.T, dir string) *postgres.Cluster {
	t.Helper()
	cluster, err := postgres.Attach(context.Background(), dir)
	if err != nil {
		t.Fatalf("attach: %v", err)
	}
	t.Cleanup(func() { _ = cluster.Close() })
	return cluster
}

// count adds a row to a table and returns how many it has.
func count(cluster *postgres.Cluster, rows *int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var err error
	for ctx.Err() == nil { // the server may be starting again after a kill
		var conn *pgx.Conn
		var n int
		if conn, err = pgx.Connect(ctx, cluster.URL()); err == nil {
			if _, err = conn.Exec(ctx, "create table if not exists seen (at timestamptz default now()); insert into seen default values"); err == nil {
				err = conn.QueryRow(ctx, "select count(*) from seen").Scan(&n)
			}
			_ = conn.Close(ctx)
		}
		if err == nil {
			if rows != nil {
				*rows = n
			}
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func expectRows(t *testing.T, cluster *postgres.Cluster, want int) {
	t.Helper()
	var rows int
	if err := count(cluster, &rows); err != nil {
		t.Fatalf("query: %v", err)
	}
	if rows != want {
		t.Fatalf("%d rows, want %d: data was lost", rows, want)
	}
}

// holder is another process that holds the cluster.
func holder(t *testing.T, program, dir string, as *syscall.SysProcAttr) (cmd *exec.Cmd, letGo io.Closer, said string) {
	t.Helper()
	cmd = exec.Command(program)
	cmd.Env = append(os.Environ(), "CLUSTER_TEST_HOLD="+dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = as
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	t.Cleanup(func() { _ = stdin.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, stdin, strings.TrimSpace(line)
}

func pidIn(t *testing.T, path string) int {
	t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(text))
		if len(fields) == 0 && time.Since(start) < 10*time.Second {
			continue // who has taken the lock is about to write who it is
		}
		if len(fields) == 0 {
			t.Fatalf("%s stays empty", path)
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
}

func supervisorOf(t *testing.T, dir string) int {
	return pidIn(t, filepath.Join(dir, "supervisor.lock"))
}
func serverOf(t *testing.T, dir string) int {
	return pidIn(t, filepath.Join(dir, "postgres", "postmaster.pid"))
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}

// awaitGone waits until the process has ended.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if syscall.Kill(pid, 0) != nil {
			return
		}
	}
	t.Fatalf("process %d still runs", pid)
}

// The life of one private cluster: every step finds the rows of those before.
func TestCluster(t *testing.T) {
	dir := dataDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}

	start := time.Now()
	first := attach(t, dir)
	t.Logf("created in %s", time.Since(start).Round(time.Millisecond))
	expectRows(t, first, 1)
	server := serverOf(t, dir)

	// A second holder of this process and one of another share the server.
	second := attach(t, dir)
	expectRows(t, second, 2)
	other, letGo, said := holder(t, self, dir, nil)
	if said != "attached" {
		t.Fatalf("the other process says %q", said)
	}
	for _, c := range []*postgres.Cluster{first, second} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := serverOf(t, dir); got != server {
		t.Fatalf("the server was started anew although a process held it")
	}
	// It stops when the last one ends by itself …
	supervisor := supervisorOf(t, dir)
	_ = letGo.Close()
	_ = other.Wait()
	awaitGone(t, server)
	awaitGone(t, supervisor)

	// … or is killed.
	start = time.Now()
	killed, _, said := holder(t, self, dir, nil)
	if said != "attached" {
		t.Fatalf("the other process says %q", said)
	}
	t.Logf("started again in %s", time.Since(start).Round(time.Millisecond))
	third := attach(t, dir)
	expectRows(t, third, 5)

	// The server is killed: the supervisor starts it again.
	kill(t, serverOf(t, dir))
	start = time.Now()
	expectRows(t, third, 6)
	t.Logf("recovered from the killed server in %s", time.Since(start).Round(time.Millisecond))

	// The supervisor is killed: a holder starts another.
	supervisor = supervisorOf(t, dir)
	kill(t, supervisor)
	awaitGone(t, supervisor)
	start = time.Now()
	for supervisorOf(t, dir) == supervisor && time.Since(start) < 20*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	expectRows(t, third, 7)
	t.Logf("recovered from the killed supervisor in %s", time.Since(start).Round(time.Millisecond))
	server = serverOf(t, dir)
	kill(t, killed.Process.Pid)
	_ = killed.Wait()
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, server)
}

// Everything is killed at once; the next command finds its data.
func TestClusterKilledWhole(t *testing.T) {
	dir := dataDir(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, _, said := holder(t, self, dir, nil)
	if said != "attached" {
		t.Fatalf("the other process says %q", said)
	}
	server, supervisor := serverOf(t, dir), supervisorOf(t, dir)
	kill(t, cmd.Process.Pid)
	kill(t, supervisor)
	kill(t, server)
	start := time.Now()
	cluster := attach(t, dir)
	expectRows(t, cluster, 2)
	t.Logf("recovered in %s", time.Since(start).Round(time.Millisecond))
	if err := cluster.Close(); err != nil {
		t.Fatal(err)
	}

	// A pid file whose number is now another program's does not stop the start.
	pidFile := filepath.Join(dir, "postgres", "postmaster.pid")
	text := fmt.Sprintf("%d\n%s/postgres\n1\n5432\n%s/socket\n\n0 0\nready\n", os.Getpid(), dir, dir)
	if err := os.WriteFile(pidFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster = attach(t, dir)
	expectRows(t, cluster, 3)
	if err := cluster.Close(); err != nil {
		t.Fatal(err)
	}
}

// Several processes that start at once start one server.
func TestClusterStartedAtOnce(t *testing.T) {
	dir := filepath.Join(dataDir(t), strings.Repeat("a-long-name-", 9)) // too long a path for a socket
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			cluster, err := postgres.Attach(context.Background(), dir)
			if err == nil {
				err = count(cluster, nil)
				_ = cluster.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
