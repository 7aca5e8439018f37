package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/sandbox"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

// office is a practice that has sent a day of claims, on a database of its own.
type office struct {
	*testing.T
	dir, url string
}

// claimbook runs a command in this process and returns what it prints.
func (o *office) claimbook(args ...string) string {
	o.Helper()
	var out, errs bytes.Buffer
	args = append(args, "--database-url", o.url, "--data-dir", filepath.Join(o.dir, ".claimbook"))
	if code := run(args, strings.NewReader(""), &out, &errs); code != 0 {
		o.Fatalf("claimbook %s: exit code %d\n%s%s", strings.Join(args[:2], " "), code, out.String(), errs.String())
	}
	return out.String()
}

func (o *office) glob(pattern string) []string {
	o.Helper()
	list, err := filepath.Glob(filepath.Join(o.dir, pattern))
	if err != nil || len(list) == 0 {
		o.Fatalf("there is no %s: %v", pattern, err)
	}
	return list
}

// openOffice makes the practice and sends its claims.
func openOffice(t *testing.T) *office {
	t.Helper()
	o := &office{T: t, dir: t.TempDir(), url: pgtest.URL(t)}
	o.claimbook("sandbox", "world", "--seed", "5", "--encounters", "64", "--out", o.dir)
	o.claimbook("practice", "import", filepath.Join(o.dir, "practice.yaml"))
	o.claimbook(append([]string{"intake"}, o.glob("encounters-*")...)...)
	o.claimbook("submit")
	return o
}

// branch is the same office again, in a copy of its database: each scenario
// begins where the claims have just been sent.
func (o *office) branch(t *testing.T, n int) *office {
	t.Helper()
	u, err := url.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	from := strings.TrimPrefix(u.Path, "/")
	to := fmt.Sprintf("%s_scenario_%d", from, n)
	admin := func(statement string) {
		t.Helper()
		u := *u
		u.Path = "/postgres"
		conn, err := pgx.Connect(context.Background(), u.String())
		if err == nil {
			_, err = conn.Exec(context.Background(), statement)
			_ = conn.Close(context.Background())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	admin(fmt.Sprintf("create database %s template %s", to, from))
	t.Cleanup(func() { admin(fmt.Sprintf("drop database %s with (force)", to)) })
	u.Path = "/" + to
	return &office{T: t, dir: o.dir, url: u.String()}
}

// answerDay is two weeks after the claims of the test's world were sent.
const answerDay = "2022-05-02"

// answer lets the payer tell a story, takes its answers in, and proves the book.
func (o *office) answer(scenario string) {
	o.Helper()
	answers := o.TempDir()
	o.claimbook(append([]string{"sandbox", "adjudicate", "--seed", "5", "--scenario", scenario, "--setup", filepath.Join(o.dir, "practice.yaml"),
		"--today", answerDay, "--out", answers}, o.glob(".claimbook/outbound/*/*")...)...)
	files, err := filepath.Glob(filepath.Join(answers, "*"))
	if err != nil || len(files) == 0 {
		o.Fatalf("the payer answers nothing: %v", err)
	}
	o.claimbook(append([]string{"receive", "--today", answerDay}, files...)...)
	o.claimbook("verify")
	if scenario != sandbox.DefaultScenario && scenario != "recoupment" {
		return
	}
	// The same files again change nothing.
	before := o.claimbook("export", "journal")
	o.claimbook(append([]string{"receive", "--today", answerDay}, files...)...)
	if o.claimbook("export", "journal") != before {
		o.Error("the same answers again have changed the journal")
	}
}

// balances are the accounts' balances, debits positive.
func (o *office) balances() map[string]money.Cents {
	o.Helper()
	var report struct {
		Accounts []struct {
			Account       string
			Debit, Credit money.Cents
		}
	}
	text := o.claimbook("report", "trial-balance", "--json", "--today", answerDay)
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		o.Fatalf("%v in %s", err, text)
	}
	out := map[string]money.Cents{}
	for _, a := range report.Accounts {
		out[a.Account] = a.Debit - a.Credit
	}
	return out
}

func (o *office) count(query string) int {
	o.Helper()
	conn, err := pgx.Connect(context.Background(), o.url)
	if err != nil {
		o.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var n int
	if err := conn.QueryRow(context.Background(), query).Scan(&n); err != nil {
		o.Fatal(err)
	}
	return n
}

// TestSandboxScenarios receives the scenarios that differ in what they do to a
// book, each into a book of its own: the book holds afterwards, and it made of
// the story what docs/sandbox.md says. The others differ in a reason or a form
// that the packages' own tests cover.
func TestSandboxScenarios(t *testing.T) {
	o := openOffice(t)
	sent := o.balances()
	selfPay, insured := sent["1110"], sent["1100"]
	claims := o.count("select count(*) from claim")

	const (
		denied    = "select count(*) from work_item where kind = 'denied'"
		underpaid = "select count(*) from work_item where kind = 'underpaid'"
		trouble   = "select count(*) from work_item where kind in ('unmatched', 'quarantine', 'plb', 'job', 'file')"
		rejected  = "select count(*) from claim where state = 'rejected'"
		atPayer   = "select count(*) from claim where state not in ('ready', 'draft', 'held', 'rejected')"
		forwarded = "select count(*) from remittance_claim where outcome = 'forwarded' or status = '19'"
	)
	nothing := func(o *office, b map[string]money.Cents) bool {
		return b["1100"] == insured && b["1110"] == selfPay && b["1050"] == 0 && b["1010"] == 0 && b["4100"] == 0
	}
	deny := func(o *office, b map[string]money.Cents) bool { return nothing(o, b) && o.count(denied) > 0 }
	settled := func(o *office, b map[string]money.Cents) bool {
		return b["1100"] == 0 && b["4100"] > 0 && b["1110"] == selfPay
	}
	patient := func(o *office, b map[string]money.Cents) bool { return b["1110"] > selfPay && b["4100"] > 0 }
	correct := func(o *office, b map[string]money.Cents) bool { return b["1110"] > selfPay && b["2100"] == 0 }
	expect := map[string]func(*office, map[string]money.Cents) bool{
		"mix":                func(o *office, b map[string]money.Cents) bool { return patient(o, b) && o.count(denied) > 0 },
		"coinsurance":        patient,
		"claim-level":        patient,
		"line-split":         settled,
		"modifier-dropped":   settled,
		"underpaid":          func(o *office, b map[string]money.Cents) bool { return settled(o, b) && o.count(underpaid) > 0 },
		"partly-paid":        func(o *office, b map[string]money.Cents) bool { return b["1100"] > 0 && o.count(denied) > 0 },
		"deny-documentation": deny,
		"deny-not-covered":   deny,
		"reversal-two-files": correct,
		"recoupment":         correct,
		"forward-balance":    func(o *office, b map[string]money.Cents) bool { return b["2100"] < 0 },
		"interest":           func(o *office, b map[string]money.Cents) bool { return settled(o, b) && b["4200"] < 0 },
		"withhold":           func(o *office, b map[string]money.Cents) bool { return settled(o, b) && b["1160"] > 0 },
		"crossover":          func(o *office, b map[string]money.Cents) bool { return o.count(forwarded) > 0 },
		"capitation": func(o *office, b map[string]money.Cents) bool {
			return b["4160"] == insured && b["4210"] < 0 && b["4100"] == 0
		},
		"prenotification": func(o *office, b map[string]money.Cents) bool {
			return settled(o, b) && o.count("select count(*) from remittance where state = 'informational'") > 0
		},
		"claims-rejected":      func(o *office, b map[string]money.Cents) bool { return nothing(o, b) && o.count(rejected) == claims },
		"ack-rejected":         func(o *office, b map[string]money.Cents) bool { return nothing(o, b) && o.count(atPayer) == 0 },
		"interchange-rejected": func(o *office, b map[string]money.Cents) bool { return nothing(o, b) && o.count(atPayer) == 0 },
	}
	for n, s := range sandbox.Scenarios() {
		holds := expect[s.Name]
		if holds == nil {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			o := o.branch(t, n)
			o.answer(s.Name)
			b := o.balances()
			if !holds(o, b) {
				t.Errorf("the book is not what is expected: %s\n%v", s.Expect, b)
			}
			if n := o.count(trouble); n > 0 {
				t.Errorf("%d work items of kinds that no sound answer causes", n)
			}
			if n := o.count("select count(*) from edi_file where direction = 'in' and state = 'stored'"); n > 0 {
				t.Errorf("%d files are not finished", n)
			}
			if err := hledgerAgrees(t.Context(), o.url); err != nil {
				t.Error(err)
			}
		})
	}
}
