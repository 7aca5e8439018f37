package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// started is a command that runs until it is told to stop.
type started struct {
	t    *testing.T
	cmd  *exec.Cmd
	line string // the first that it printed
	errs *bytes.Buffer
}

// start runs a command in the background and waits for its first line.
func (p *practice) start(args ...string) *started {
	p.t.Helper()
	s := &started{t: p.t, cmd: p.command(p.t.Context(), args...), errs: &bytes.Buffer{}}
	s.cmd.Stderr = s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	reader := bufio.NewReader(out)
	if s.line, err = reader.ReadString('\n'); err != nil {
		_ = s.cmd.Wait()
		p.t.Fatalf("claimbook %v: %v\n%s", args, err, s.errs)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	return s
}

// stop asks the command to stop and requires that it does so well, and soon.
func (s *started) stop(signal syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			s.t.Errorf("stopped by %v: %v\n%s", signal, err, s.errs)
		}
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("does not stop on %v\n%s", signal, s.errs)
	}
}

// A secretary signs in to the day that the commands made, and the server stops
// when it is told to.
func TestServe(t *testing.T) {
	p := newPractice(t, 0)
	p.day()
	password := regexp.MustCompile(`password (\S+)`).FindSubmatch(p.output("user", "add", "rosa", "--display", "Rosa Elm", "--role", "biller"))
	if password == nil {
		t.Fatal("user add prints no password")
	}
	server := p.start("serve", "--listen", "127.0.0.1:0")
	defer server.stop(syscall.SIGTERM)
	base := regexp.MustCompile(`http://\S+`).FindString(server.line)

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	fetch := func(path string, form url.Values) string {
		t.Helper()
		var resp *http.Response
		var err error
		if form == nil {
			resp, err = client.Get(base + path)
		} else {
			resp, err = client.PostForm(base+path, form)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", resp.Request.URL.Path, resp.StatusCode, err)
		}
		return string(body)
	}
	if body := fetch("/claims", nil); !strings.Contains(body, "Sign in") {
		t.Fatal("the claims are shown to anybody")
	}
	fetch("/login", url.Values{"username": {"rosa"}, "password": {string(password[1])}})

	// Every record that the lists lead to opens, on what the commands really wrote.
	link := regexp.MustCompile(`href="(/(?:claims|remittances|encounters|patients|files|batches|entries|accounts)/[0-9]+)"`)
	for _, list := range []string{"/", "/work", "/claims", "/remittances", "/patients", "/statements", "/files", "/reports/trial-balance", "/reports/aging"} {
		body := fetch(list, nil)
		seen := map[string]int{}
		for _, m := range link.FindAllStringSubmatch(body, -1) {
			kind, _, _ := strings.Cut(m[1][1:], "/")
			if seen[kind]++; seen[kind] <= 3 {
				fetch(m[1], nil)
			}
		}
		if (list == "/claims" || list == "/remittances" || list == "/files") && len(seen) == 0 {
			t.Errorf("%s leads nowhere", list)
		}
	}
}

func TestServeNeedsItsAddress(t *testing.T) {
	p := newPractice(t, 0)
	p.output("sandbox", "world", "--seed", "3", "--encounters", "20", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	out, err := p.command(t.Context(), "serve", "--listen", taken.Addr().String()).CombinedOutput()
	if code := exitCode(err); code != 3 || !strings.Contains(string(out), taken.Addr().String()) || !strings.Contains(string(out), "--listen") {
		t.Errorf("exit %d: %s", code, out)
	}
	// Workers alone: they start, and stop when told to; a queue that is none is refused.
	p.start("work", "--queues", "posting,statements", "--concurrency", "2").stop(syscall.SIGINT)
	out, err = p.command(t.Context(), "work", "--queues", "nonsense").CombinedOutput()
	if code := exitCode(err); code != 2 || !strings.Contains(string(out), "nonsense") {
		t.Errorf("a queue that is none: exit %d: %s", code, out)
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}
