package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// TestOutputOnAFullDisk: a report that is cut off must not pass for a whole one.
func TestOutputOnAFullDisk(t *testing.T) {
	p := newPractice(t, 0)
	p.output("sandbox", "world", "--seed", "3", "--encounters", "20", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	p.output(append([]string{"intake"}, p.glob("day/encounters-*")...)...)
	for _, args := range [][]string{
		{"export", "journal"}, {"export", "journal", "--format", "csv"}, {"report", "aging"}, {"report", "trial-balance", "--json"},
		{"claims", "list"}, {"submit", "--dry-run"}, {"verify"}, {"migrate", "status"}, {"sandbox", "scenarios"},
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := p.command(t.Context(), args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		err = cmd.Run()
		if code := exitCode(err); code != 3 || !strings.Contains(errs.String(), "could not be written to its end: no space left on device") {
			t.Errorf("%v: exit %d: %s", args, code, errs.String())
		}
		_ = full.Close()
	}
	out, err := p.command(t.Context(), "export", "journal", "--out", "/dev/full").CombinedOutput()
	if code := exitCode(err); code != 3 || !strings.Contains(string(out), "/dev/full: the file cannot be written") {
		t.Errorf("--out: exit %d: %s", code, out)
	}
	if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
		t.Errorf("--out has replaced the device: %v %v", info, err)
	}
}

// TestBookOnAFullDisk fills the disk under a private book, once while its server
// is down and once while it runs: one clear message, exit code 3, and the day
// goes on as soon as there is room. Only root may mount the small disk; others
// see the partner's folder fail, which does not need one.
func TestBookOnAFullDisk(t *testing.T) {
	disk, err := os.MkdirTemp("", "claimbook-disk-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(disk) }()
	p := &practice{t: t, dir: disk}
	if err := syscall.Mount("claimbook-test", disk, "tmpfs", 0, "size=170m,mode=0755"); err != nil {
		t.Logf("no small disk can be mounted here (%v): only the partner's folder is tried", err)
		p.dir = t.TempDir()
		p.env = append(os.Environ(), "DATABASE_URL="+pgtest.URL(t), "CLAIMBOOK_DATA_DIR="+filepath.Join(p.dir, ".claimbook"))
		p.blockedFolder()
		return
	}
	defer func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) }()
	p.env = append(os.Environ(), "DATABASE_URL=", "CLAIMBOOK_DATA_DIR="+filepath.Join(disk, "book"))
	p.output("migrate", "up")
	p.blockedFolder()

	answers := append([]string{"receive"}, p.glob("answers/*")...)
	release := fillDisk(t, disk)
	p.fails("the disk is full", answers...) // the server cannot even start
	release()
	server := p.start("serve", "--no-workers", "--listen", "127.0.0.1:0")
	defer server.stop(syscall.SIGTERM)
	release = fillDisk(t, disk)
	p.fails("the database's disk is full; nothing of this step was kept", answers...)
	release()
	p.output(answers...)
	p.output("verify")
	if out := p.output(answers...); bytes.Count(out, []byte("duplicate: received before")) != len(answers)-1 {
		t.Errorf("not everything was taken in:\n%s", out)
	}
}

// blockedFolder lives a day up to the payer's answers. At first the partner's
// folder cannot be made: nothing is sent, at once, and the next submission
// takes the batch along.
func (p *practice) blockedFolder() {
	p.t.Helper()
	p.output("sandbox", "world", "--seed", "3", "--encounters", "20", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	p.output(append([]string{"intake"}, p.glob("day/encounters-*")...)...)
	data := ""
	for _, v := range p.env {
		if dir, found := strings.CutPrefix(v, "CLAIMBOOK_DATA_DIR="); found {
			data = dir
		}
	}
	outbound := filepath.Join(data, "outbound")
	if err := os.MkdirAll(data, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(outbound, []byte("in the way"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.fails("a file stands where a folder is needed", "submit")
	if err := os.Remove(outbound); err != nil {
		p.t.Fatal(err)
	}
	if out := p.output("submit"); !strings.Contains(string(out), " sent.") {
		p.t.Errorf("the batches of the submission that failed did not go out:\n%s", out)
	}
	sent, err := filepath.Glob(filepath.Join(outbound, "*", "*"))
	if err != nil || len(sent) == 0 {
		p.t.Fatalf("nothing lies in the outbound folders (%v)", err)
	}
	p.output(append([]string{"sandbox", "adjudicate", "--seed", "3", "--setup", "day/practice.yaml", "--out", "answers"}, sent...)...)
}

// fails runs a command that must end with exit code 3 and the message.
func (p *practice) fails(want string, args ...string) {
	p.t.Helper()
	out, err := p.command(p.t.Context(), args...).CombinedOutput()
	if code := exitCode(err); code != 3 || !strings.Contains(string(out), want) {
		p.t.Errorf("%v: exit %d, expected 3 and %q:\n%s", args[0], code, want, out)
	}
}

// fillDisk writes until nothing fits any more; release gives the space back.
func fillDisk(t *testing.T, dir string) (release func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 1 << 20; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 16
		}
	}
	_ = f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk does not fill: %v", err)
	}
	return func() { _ = os.Remove(path) }
}
