package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// answered is the state of a claim that a payer has paid.
var answered = regexp.MustCompile(`"state":"(paid|partly-paid|closed)"`)

// TestDailyWork: a worker that stays takes in what a partner drops, and proves
// and seals the book once a day, without being asked.
func TestDailyWork(t *testing.T) {
	p := newPractice(t, 0)
	p.output("sandbox", "world", "--seed", "3", "--encounters", "20", "--out", "day")
	p.output("practice", "import", "day/practice.yaml")
	p.output(append([]string{"intake"}, p.glob("day/encounters-*")...)...)
	p.output("submit")
	p.output(append([]string{"sandbox", "adjudicate", "--seed", "3", "--setup", "day/practice.yaml", "--out", ".claimbook/inbound/CLEARWAY"}, p.glob(".claimbook/outbound/*/*.x12")...)...)
	if out := p.output("verify"); !bytes.Contains(out, []byte("wait for their seal")) {
		t.Fatalf("the book is sealed before anybody did it:\n%s", out)
	}
	worker := p.command(t.Context(), "work")
	var said bytes.Buffer
	worker.Stdout, worker.Stderr = &said, &said
	if err := worker.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(60 * time.Second)
	for {
		sealed := sealedEntries(t, p.output("verify", "--json")) > 0
		paid := answered.Match(p.output("claims", "list", "--json"))
		if sealed && paid || time.Now().After(deadline) {
			if !paid || !sealed {
				t.Errorf("the partner's files were taken in: %v; the book was sealed: %v", paid, sealed)
			}
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err := worker.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := worker.Wait(); err != nil {
		t.Errorf("the worker ended with %v: %s", err, said.String())
	}
	// What came in after the day's proof waits for tomorrow's, or is sealed on
	// demand. Steps that the worker left may post while it is being sealed: what they
	// add is the next block's.
	for deadline = time.Now().Add(60 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		out := p.output("verify", "--seal")
		if !bytes.Contains(out, []byte("wait for their seal")) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("verify --seal leaves entries unsealed:\n%s", out)
		}
	}
}

func sealedEntries(t *testing.T, out []byte) (rows int64) {
	t.Helper()
	var v struct{ Proofs []ledgerdb.Proof }
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	for _, proof := range v.Proofs {
		if proof.Name == "seals" {
			rows = proof.Rows
		}
	}
	return rows
}
