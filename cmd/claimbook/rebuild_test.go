package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/config"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/replay"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// TestRebuild lives through everything that moves a book, in an order that
// people could choose, and makes the book again after each part.
func TestRebuild(t *testing.T) {
	p := newPractice(t, 0)
	p.output("sandbox", "world", "--seed", "3", "--encounters", "60", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	p.output("payment", "record", "--patient", "P0001", "--amount", "25", "--method", "cash", "--key", "R-1", "--copay", "--visit", "E-LATER")
	p.output(append([]string{"intake"}, p.glob("day/encounters-*")...)...)

	// Two claims are held, the others go; one is released and goes alone.
	ready := p.claims("--state", "ready")
	p.output("claims", "hold", ready[0], ready[1], "--reason", "the note is missing")
	p.output("submit")
	p.output("claims", "release", ready[1])
	p.output("submit")
	_ = p.try("claims", "release", "--encounter", "all") // they stay as they are
	p.equal("batch", "decision")

	p.output(append([]string{"sandbox", "adjudicate", "--seed", "3", "--today", "2022-08-08", "--setup", "day/practice.yaml", "--out", "answers"}, p.glob(".claimbook/outbound/*/*")...)...)
	p.output(append([]string{"receive", "--today", "2022-08-08"}, p.glob("answers/*")...)...)
	_ = p.try(append([]string{"claims", "release", "--today", "2022-08-09"}, p.claims("--state", "rejected")...)...)
	p.output("submit", "--today", "2022-08-09") // the next payers' claims, and what was rejected
	p.equal("inbound")

	// A payment too many, a refund of it, a check that bounces, a card payout, the statements.
	p.output("payment", "record", "--patient", "P0002", "--amount", "40", "--method", "check", "--key", "R-2", "--today", "2022-08-10")
	p.output("payment", "record", "--patient", "P0003", "--amount", "500", "--method", "card", "--key", "R-3", "--today", "2022-08-10")
	p.output("payment", "refund", "--patient", "P0003", "--amount", "10", "--key", "F-1", "--reason", "paid too much", "--sent", "--today", "2022-08-11")
	p.output("statements", "run", "--today", "2022-08-12")
	p.output("payment", "return", "--key", "R-2", "--reason", "insufficient funds", "--fee", "12", "--today", "2022-08-15")
	var drawer struct {
		Receipts []ledgerdb.Receipt `json:"receipts"`
	}
	if err := json.Unmarshal(p.output("deposit", "slip", "--json", "--today", "2022-08-15"), &drawer); err != nil {
		t.Fatal(err)
	}
	for _, r := range drawer.Receipts {
		if r.Source == "payment|R-3" {
			p.output("deposit", "slip", "--key", "CARD-1", "--receipt", fmt.Sprint(r.Number), "--fee", "14.50", "--today", "2022-08-15")
		}
	}
	p.equal("payment", "statement", "decision")

	// The bank's file, the end of two months, what comes too late for them.
	p.bankFile("2022-08-16")
	p.output("deposit", "import", "bank.csv", "--days", "60", "--today", "2022-08-16")
	p.output("period", "close", "2022-07", "--explain", "test", "--today", "2022-09-01")
	p.output("period", "close", "2022-08", "--explain", "test", "--today", "2022-09-01")
	p.output("payment", "record", "--patient", "P0004", "--amount", "5", "--method", "cash", "--key", "R-4", "--date", "2022-08-31", "--today", "2022-09-02")
	p.output("period", "reopen", "2022-08", "--reason", "a payment was missing", "--today", "2022-09-02")
	p.output("payment", "record", "--patient", "P0004", "--amount", "6", "--method", "cash", "--key", "R-5", "--date", "2022-08-31", "--today", "2022-09-02")
	p.output("period", "close", "2022-08", "--explain", "test again", "--today", "2022-09-02")
	p.output("practice", "import", "day/practice.yaml")
	p.output("statements", "run", "--as-of", "2022-09-15", "--today", "2022-09-15")
	r := p.equal("bank")

	// The same files again are no inputs and change nothing.
	p.output(append([]string{"intake", "--today", "2022-09-16"}, p.glob("day/encounters-*")...)...)
	p.output(append([]string{"receive", "--today", "2022-09-16"}, p.glob("answers/*")...)...)
	p.output("deposit", "import", "bank.csv", "--today", "2022-09-16")
	again := p.equal()
	if fmt.Sprint(r.Inputs) != fmt.Sprint(again.Inputs) {
		t.Errorf("the same files again were logged as inputs: %v, then %v", r.Inputs, again.Inputs)
	}
	for _, c := range again.Compared {
		if c.Rows == 0 {
			t.Errorf("no %s were compared: the test proves nothing about them", c.What)
		}
	}
	p.tampered()
	if left := p.scratchDatabases(); len(left) > 0 {
		t.Errorf("these scratch databases are left: %v", left)
	}
}

// tampered changes the book behind the program's back: the rebuild says where.
func (p *practice) tampered() {
	p.t.Helper()
	for _, change := range []struct{ sql, back, want string }{
		{"update transfer set amount = amount + 1 where (entry_id, line_no) = (select entry_id, line_no from transfer where credit_account = '1010' or debit_account = '1010' order by 1 limit 1)",
			"update transfer set amount = amount - 1 where (entry_id, line_no) = (select entry_id, line_no from transfer where credit_account = '1010' or debit_account = '1010' order by 1 limit 1)", "journal entries"},
		{"update claim set state = 'closed', ready_on = '1999-01-01' where number = 'C00000001'", "", "claims"},
		{"update statement set balance = balance + 1 where number = '00000001'", "update statement set balance = balance - 1 where number = '00000001'", "statements"},
		{"delete from remittance_claim; delete from remittance where source_key = (select min(source_key) from remittance)", "", "remittances"},
	} {
		p.sql("set session_replication_role = replica; " + change.sql + "; reset session_replication_role")
		out := string(p.try("rebuild", "--check", "--json"))
		var report rebuildReport
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			p.t.Fatalf("%v\n%s", err, out)
		}
		found := false
		for _, c := range report.Compared {
			if c.What == change.want {
				found = c.Differences == 1 && len(c.Examples) == 1 && c.Examples[0] != ""
			}
		}
		if !found || report.Equal {
			p.t.Errorf("after %s: %s", change.sql, out)
		}
		if change.back != "" {
			p.sql("set session_replication_role = replica; " + change.back + "; reset session_replication_role")
		}
	}
}

// TestRebuildKilled: a rebuild that is killed leaves its database for the next
// one, which drops it. Another one that is at work is left alone.
func TestRebuildKilled(t *testing.T) {
	p := newPractice(t, 0)
	p.output("demo", "--encounters", "60")
	kill := func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		cmd := p.command(ctx, "rebuild", "--check")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for len(p.scratchDatabases()) == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		cancel() // SIGKILL
		_ = cmd.Wait()
	}
	kill()
	left := p.scratchDatabases()
	if len(left) != 1 {
		t.Fatalf("the killed rebuild left %v: the test proves nothing", left)
	}
	alive, err := replay.NewScratch(t.Context(), p.databaseURL(), func(reg *jobs.Registry, db *postgres.DB, _ string) {
		registerWorkers(reg, db, config.Settings{})
	})
	if err != nil {
		t.Fatal(err)
	}
	during := p.scratchDatabases()
	if len(during) != 1 || during[0] == left[0] {
		t.Errorf("beside the rebuild at work there is %v; the killed one was %v", during, left)
	}
	p.equal()
	if after := p.scratchDatabases(); len(after) != 1 || after[0] != during[0] {
		t.Errorf("a rebuild dropped the database of another one at work: %v, then %v", during, after)
	}
	if err := alive.Close(); err != nil {
		t.Fatal(err)
	}
	if left := p.scratchDatabases(); len(left) != 0 {
		t.Errorf("these are left: %v", left)
	}
}

// TestRebuildMayNot: a login that may not create databases is told what to do.
func TestRebuildMayNot(t *testing.T) {
	p := newPractice(t, 0)
	p.output("sandbox", "world", "--encounters", "1", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	login := fmt.Sprintf("limited_%d", os.Getpid())
	p.sql("create role " + login + " login inherit; grant claimbook_owner, claimbook_work, claimbook_web to " + login)
	t.Cleanup(func() { p.sql("drop role " + login) })
	u, err := url.Parse(p.databaseURL())
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("user", login)
	u.RawQuery = query.Encode()
	var errs bytes.Buffer
	cmd := p.command(t.Context(), "rebuild", "--check", "--database-url", u.String())
	cmd.Stderr = &errs
	_ = cmd.Run()
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(errs.String(), "CREATEDB") {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), errs.String())
	}
}

// equal rebuilds and requires an equal book; the kinds of inputs were replayed.
func (p *practice) equal(kinds ...string) rebuildReport {
	p.t.Helper()
	out := p.try("rebuild", "--check", "--json")
	var report rebuildReport
	if err := json.Unmarshal(out, &report); err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	if !report.Equal {
		p.t.Fatalf("the rebuilt book does not equal the live one:\n%s", out)
	}
	for _, kind := range kinds {
		if report.Inputs[kind] == 0 {
			p.t.Errorf("no input of the kind %s was replayed: %v", kind, report.Inputs)
		}
	}
	return report
}

// try runs a command that may end with exit code 1, and returns what it printed.
func (p *practice) try(args ...string) []byte {
	p.t.Helper()
	var errs bytes.Buffer
	cmd := p.command(p.t.Context(), args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 {
		p.t.Fatalf("claimbook %v: %v\n%s%s", args, err, out, errs.String())
	}
	return out
}

// claims lists the numbers of the claims.
func (p *practice) claims(filter ...string) (numbers []string) {
	p.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(p.output(append([]string{"claims", "list", "--json"}, filter...)...)))
	for decoder.More() {
		var c struct {
			Claim string `json:"claim"`
		}
		if err := decoder.Decode(&c); err != nil {
			p.t.Fatal(err)
		}
		numbers = append(numbers, c.Claim)
	}
	if len(numbers) == 0 {
		p.t.Fatalf("no claim is there: %v", filter)
	}
	return numbers
}

// bankFile writes a bank's file with every second payment that waits, on the day.
func (p *practice) bankFile(on string) {
	p.t.Helper()
	var r reconciled
	if err := json.Unmarshal(p.output("deposit", "match", "--json"), &r); err != nil {
		p.t.Fatal(err)
	}
	text := "Date,Amount,Description\n"
	for i, w := range r.Waiting {
		if i%2 == 0 {
			text += fmt.Sprintf("%s,%s,EFT TRN*1*%s*1\n", on, w.Amount, w.Trace)
		}
	}
	if err := os.WriteFile(filepath.Join(p.dir, "bank.csv"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// databaseURL is the practice's own: the last of its environment counts.
func (p *practice) databaseURL() (found string) {
	for _, v := range p.env {
		if value, ok := strings.CutPrefix(v, "DATABASE_URL="); ok {
			found = value
		}
	}
	return found
}

func (p *practice) connect() *pgx.Conn {
	p.t.Helper()
	conn, err := pgx.Connect(context.Background(), p.databaseURL())
	if err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// sql runs statements as the superuser.
func (p *practice) sql(statements string) {
	p.t.Helper()
	conn := p.connect()
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(context.Background(), statements); err != nil {
		p.t.Fatal(err)
	}
}

// scratchDatabases lists the databases that rebuilds of this book have made.
func (p *practice) scratchDatabases() []string {
	p.t.Helper()
	conn := p.connect()
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(context.Background(), `select datname from pg_database
		where datname like 'claimbook\_rebuild\_' || (select oid from pg_database where datname = current_database()) || '\_%'`)
	if err != nil {
		p.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}
