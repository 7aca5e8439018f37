package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// TestKilledAtAnyMoment lives one day twice: undisturbed, and with SIGKILL at
// random moments of intake, submit and receive, again and again, until each
// command happens to live to its end. Both books must be the same, byte for
// byte: nothing lost, nothing doubled.
func TestKilledAtAnyMoment(t *testing.T) {
	calm := newPractice(t, 0)
	calm.day()
	for _, seed := range []uint64{1, 2} {
		killed := newPractice(t, seed)
		killed.day()
		if killed.kills < 6 {
			t.Errorf("only %d kills hit a running command: the test proves nothing", killed.kills)
		}
		for _, report := range [][]string{
			{"export", "journal", "--format", "csv"},
			{"claims", "list", "--json"},
			{"report", "trial-balance", "--json"},
		} {
			want, got := calm.output(report...), killed.output(report...)
			if !bytes.Equal(want, got) {
				t.Errorf("seed %d: after %d kills %v differs:\n--- undisturbed\n%.3000s\n--- killed\n%.3000s", seed, killed.kills, report, want, got)
			}
		}
		killed.output("verify")
	}
}

// TestKilledDemo kills a demo again and again and has --keep go on: the book
// comes out as if nothing had happened.
func TestKilledDemo(t *testing.T) {
	calm := newPractice(t, 0)
	calm.output("demo", "--encounters", "60", "--seed", "4")
	killed := newPractice(t, 7)
	killed.survive("demo", "--encounters", "60", "--seed", "4", "--keep")
	if killed.kills < 3 {
		t.Errorf("only %d kills hit the demo: the test proves nothing", killed.kills)
	}
	if want, got := calm.output("export", "journal"), killed.output("export", "journal"); !bytes.Equal(want, got) {
		t.Errorf("after %d kills the journal differs:\n--- undisturbed\n%.3000s\n--- killed\n%.3000s", killed.kills, want, got)
	}
	killed.output("verify")
}

// practice is a practice of a test, worked by the command line.
type practice struct {
	t      *testing.T
	dir    string
	env    []string
	random *rand.Rand // nil: nobody is killed
	kills  int
}

func newPractice(t *testing.T, seed uint64) *practice {
	dir := t.TempDir()
	p := &practice{t: t, dir: dir, env: append(os.Environ(),
		"DATABASE_URL="+pgtest.URL(t), "CLAIMBOOK_DATA_DIR="+filepath.Join(dir, ".claimbook"), "USER=tester")}
	if seed > 0 {
		p.random = rand.New(rand.NewPCG(seed, 0))
	}
	return p
}

func (p *practice) day() {
	p.output("sandbox", "world", "--seed", "3", "--encounters", "90", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	p.survive(append([]string{"intake"}, p.glob("day/encounters-*")...)...)
	p.survive("submit")
	p.output(append([]string{"sandbox", "adjudicate", "--seed", "3", "--today", "2022-03-01", "--setup", "day/practice.yaml", "--out", "answers"}, p.glob(".claimbook/outbound/*/*.x12")...)...)
	p.survive(append([]string{"receive"}, p.glob("answers/*")...)...)
	p.survive("submit")
}

func (p *practice) glob(pattern string) []string {
	p.t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir, pattern))
	if err != nil || len(paths) == 0 {
		p.t.Fatalf("%s matches nothing (%v)", pattern, err)
	}
	return paths
}

func (p *practice) command(ctx context.Context, args ...string) *exec.Cmd {
	path, err := exec.LookPath("claimbook")
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = p.dir, p.env
	return cmd
}

// output runs a command to its end and returns what it printed.
func (p *practice) output(args ...string) []byte {
	p.t.Helper()
	var errs bytes.Buffer
	cmd := p.command(p.t.Context(), args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("claimbook %v: %v\n%s%s", args, err, out, errs.String())
	}
	return out
}

// survive kills the command at random moments until it ends by itself. The
// moments move outwards, so that it always does.
func (p *practice) survive(args ...string) {
	p.t.Helper()
	if p.random == nil {
		p.output(args...)
		return
	}
	for attempt := 1; ; attempt++ {
		limit := time.Duration(20+p.random.IntN(60+60*attempt)) * time.Millisecond
		ctx, cancel := context.WithTimeout(p.t.Context(), limit) // CommandContext kills with SIGKILL
		out, err := p.command(ctx, args...).CombinedOutput()
		killed := ctx.Err() != nil
		cancel()
		switch {
		case err == nil:
			return
		case killed:
			p.kills++
		default:
			p.t.Fatalf("claimbook %v: %v\n%s", args, err, out)
		}
	}
}
