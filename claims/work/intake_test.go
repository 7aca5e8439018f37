package work_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

func TestIntake(t *testing.T) {
	w := newWorld(t)
	files := w.intake(csvHeader +
		encounter("E1", "P1", "99213", "120.00") + encounter("E1", "P1", "85025", "30.00") + // two lines of one encounter
		encounter("E2", "P2", "99213", "120.00") + // a dependent
		encounter("E3", "P4", "99213", "120.00") + // nobody but the patient
		encounter("E4", "P1", "99213", "120.00") + // the same service as E1
		encounter("E5", "NOBODY", "99213", "120.00") +
		encounter("E6", "P3", "99213", "0") +
		strings.Replace(encounter("E7", "P3", "99213", "120.00"), "2022-03-11", "2022-13-11", 1) +
		encounter("E2", "P2", "99213", "120.00")) // twice in the file
	f := files[0]
	if f.State != "finished" || f.Records != 8 || f.Accepted != 3 || f.Held != 3 || f.Refused != 1 || f.Duplicate != 1 {
		t.Errorf("file %+v", f)
	}
	w.want("records", w.records(f), `2 E1 accepted 
4 E2 accepted 
5 E3 accepted 
6 E4 held CB-DUP-001 line 1: 99213 on 2022-03-11 was charged already by encounter E1
7 E5 held CB-PAT-001 no patient has the account "NOBODY"
8 E6 held CB-CHG-001 line 1: the charge is $0.00
9 E7 refused line 9: service_date "2022-13-11" is not a date such as 2022-03-14
10 E2 duplicate line 10: the same encounter is on line 4 of this file
`)
	w.want("claims", w.text(`SELECT number, state, charge, payer_rank, timely_by FROM claim ORDER BY number`),
		"C00000001 ready 15000 1 2022-09-07\nC00000002 ready 12000 1 2022-09-07\n")
	w.want("encounters", w.text(`SELECT external_id, state FROM encounter ORDER BY 1`),
		"E1 claimed\nE2 claimed\nE3 self-pay\nE4 held\nE5 held\nE6 held\n")
	w.want("ledger", w.text(`SELECT source_key, debit_account, credit_account, amount FROM journal_entry e JOIN transfer t
		ON t.practice_id = e.practice_id AND t.entry_id = e.id ORDER BY 1`),
		"charge|E1|1|1 1100 4000 12000\ncharge|E1|2|1 1100 4000 3000\ncharge|E2|1|1 1100 4000 12000\ncharge|E3|1|1 1110 4000 12000\n")
	w.want("work items", w.text(`SELECT dedupe_key, kind, amount, coalesce(due_on::text, '-') FROM work_item ORDER BY 1`),
		"held|E4|1 held 12000 2022-09-07\nheld|E5|1 held 12000 -\nheld|E6|1 held 0 2023-03-11\n")
	w.want("events", w.text(`SELECT event, from_state, to_state FROM claim_event ORDER BY id`), "built draft ready\nbuilt draft ready\n")
	w.want("description", w.text(`SELECT DISTINCT procedure_code, description FROM service_line ORDER BY 1`), "85025 Blood count\n99213 Office visit\n")
}

// The same file again, or the same encounter in the other format, moves nothing.
func TestIntakeTwice(t *testing.T) {
	w := newWorld(t)
	csv := csvHeader + encounter("E1", "P1", "99213", "120.00") + encounter("E2", "NOBODY", "99213", "120.00")
	w.intake(csv)
	before := w.book()
	again := w.intake(csv)
	if again[0].State != "finished" || again[0].Records != 2 {
		t.Errorf("the same file again: %+v", again[0])
	}
	json := `{"encounters": [{"encounter_id": "E1", "patient": "P1", "rendering_provider": "DR1", "billing_provider": "OAK",
		"facility": "MAIN", "diagnoses": ["I10", "E11.9"],
		"lines": [{"service_date": "2022-03-11", "procedure": "99213", "pointers": [1, 2], "units": 1, "charge": "120.00"}]}]}`
	if f := w.intake(json)[0]; f.Format != "json" || f.Duplicate != 1 {
		t.Errorf("the same encounter as JSON: %+v %s", f, w.records(f))
	}
	w.want("book", w.book(), before)
}

func TestIntakeOfSeveralFilesIsDeterministic(t *testing.T) {
	var first string
	for range 2 {
		w := newWorld(t)
		var files []string
		for f := range 4 {
			var b strings.Builder
			b.WriteString(csvHeader)
			for i := range 450 { // more than a chunk
				id := fmt.Sprintf("F%dE%03d", f, i)
				b.WriteString(strings.Replace(encounter(id, "P1", "99213", "120.00"), "2022-03-11", today.AddDays(-f*30-i%30).String(), 1))
			}
			files = append(files, b.String())
		}
		w.intake(files...)
		numbers := w.text(`SELECT c.number, e.external_id FROM claim c JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id ORDER BY 1`)
		if first == "" {
			first = numbers
			if n := strings.Count(numbers, "\n"); n != 120 { // 30 days a file; the rest are duplicates of them
				t.Errorf("%d claims", n)
			}
			continue
		}
		w.want("numbers", numbers, first)
	}
}

func TestIntakeRefusesFiles(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ content, want string }{
		"missing columns": {"encounter_id,patient,colour\nE1,P1,red\n",
			`line 1: the header has no column service_date, rendering_provider, diagnoses, procedure, pointers, units, charge; it has these that are unknown: "colour"`},
		"header only":   {csvHeader, "the file has no encounter"},
		"noise":         {"\x00\x01\x02", "this is not a text file"},
		"json":          {`{"patients": []}`, "the file is JSON without an array of encounters"},
		"broken json":   {`{"encounters": {`, "the file is JSON without an array"},
		"a JSON scalar": {`[1, 2`, "an encounter is an object"},
	} {
		t.Run(name, func(t *testing.T) {
			f := w.intake(c.content)[0]
			if name == "a JSON scalar" {
				if got := w.records(f); !strings.Contains(got, c.want) || f.Refused != 3 {
					t.Errorf("records %s", got)
				}
				return
			}
			if f.State != "refused" || !strings.Contains(f.Reason, c.want) {
				t.Errorf("%s: %s", f.State, f.Reason)
			}
		})
	}
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := work.Intake(ctx, tx, w.jobs, w.practice.ID, 0, "empty.csv", strings.NewReader(""), today, "tester")
		if fault.CodeOf(err) != "CB-INTAKE-EMPTY" || fault.ExitCode(err) != 1 {
			t.Errorf("an empty file: %v", err)
		}
		// X12 is not even stored: receive must be able to take it in.
		_, err = work.Intake(ctx, tx, w.jobs, w.practice.ID, 0, "835.csv", strings.NewReader("\r\nISA*00*          *00*"), today, "tester")
		if fault.CodeOf(err) != "CB-INTAKE-X12" || fault.ExitCode(err) != 1 {
			t.Errorf("an X12 file: %v", err)
		}
		return nil
	})
}

// A bad record never stops the file, and unknown columns are reported.
func TestIntakeGoesOnBehindBadRecords(t *testing.T) {
	w := newWorld(t)
	f := w.intake("colour," + csvHeader +
		"red," + encounter("E1", "P1", "99213", "120.00") +
		"red,E2,P1,2022-03-11,DR1,OAK,MAIN,I10,99213,,x,1,12O\n" +
		"red,,P1,2022-03-11,DR1,OAK,MAIN,I10,99213,,1,1,120\n" +
		"short,row\n" +
		"red," + encounter("E3", "P2", "99213", "120.00"))[0]
	w.want("records", w.records(f), `2 E1 accepted 
3 E2 refused line 3: pointer "x" is not a number; line 3: charge "12O" is not an amount such as 125.00
4  refused line 4: encounter_id is empty
5 row refused line 5: the row has 2 values, the header 13 columns
6 E3 accepted 
`)
	if len(f.Notices) != 1 || f.Notices[0] != `unknown columns, not read: "colour"` {
		t.Errorf("notices %v", f.Notices)
	}
}

// A new version of an encounter whose claim was not sent takes its place, and
// the ledger holds the new charge only.
func TestNewVersion(t *testing.T) {
	w := newWorld(t)
	w.intake(csvHeader + encounter("E1", "P1", "99213", "120.00") + encounter("E1", "P1", "85025", "30.00"))
	w.intake(csvHeader + encounter("E1", "P1", "99213", "100.00"))
	w.want("claims", w.text(`SELECT number, state, charge FROM claim ORDER BY 1`), "C00000001 voided 15000\nC00000002 ready 10000\n")
	w.want("balances", w.text(`SELECT account, sum(amount)::bigint FROM subledger_balance GROUP BY 1 ORDER BY 1`), "1100 10000\n")
	w.want("lines", w.text(`SELECT line_no, charge, charge_version, deleted FROM service_line ORDER BY 1`), "1 10000 2 false\n2 3000 1 true\n")
	w.want("sources", w.text(`SELECT source_key, coalesce(reverses, 0) > 0 FROM journal_entry ORDER BY 1`),
		"charge|E1|1|1 false\ncharge|E1|1|1|replaced-by|2 true\ncharge|E1|1|2 false\ncharge|E1|2|1 false\ncharge|E1|2|1|replaced-by|2 true\n")
}

// Held encounters pass once what they lacked is there.
func TestRelease(t *testing.T) {
	w := newWorld(t)
	w.intake(csvHeader + encounter("E1", "P1", "99213", "120.00") + encounter("E2", "P9", "99213", "120.00"))
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		released, held, err := work.Release(ctx, tx, w.practice.ID, []string{"E2"}, today, "tester")
		if released != 0 || held != 1 {
			t.Errorf("released %d, held %d before the patient is known", released, held)
		}
		return err
	})
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE patient SET account = 'P9' WHERE account = 'P2'`)
		return err
	})
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		released, held, err := work.Release(ctx, tx, w.practice.ID, []string{"E2"}, today, "tester")
		if released != 1 || held != 0 {
			t.Errorf("released %d, held %d", released, held)
		}
		return err
	})
	w.want("claims", w.text(`SELECT number, state FROM claim ORDER BY 1`), "C00000001 ready\nC00000002 ready\n")
	w.want("items", w.text(`SELECT dedupe_key, state, closed_why FROM work_item`), "held|E2|1 done the encounter passes the edits now\n")
}

// A job that is enqueued again for a file that is finished does nothing.
func TestIntakeJobsRunTwice(t *testing.T) {
	w := newWorld(t)
	f := w.intake(csvHeader + encounter("E1", "P1", "99213", "120.00") + encounter("E2", "NOBODY", "99213", "120.00"))[0]
	before := w.book()
	w.run("intake", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		return w.jobs.Enqueue(ctx, tx,
			jobs.IntakeParseArgs{PracticeID: w.practice.ID, RunID: runID, IntakeFileID: f.ID, Today: today},
			jobs.EncounterValidateArgs{PracticeID: w.practice.ID, RunID: runID, IntakeFileID: f.ID, FirstRecord: 1, Today: today})
	})
	w.want("book", w.book(), before)
}

// The same file given to two processes at once is read once.
func TestSameFileAtOnce(t *testing.T) {
	w := newWorld(t)
	content := csvHeader + encounter("E1", "P1", "99213", "120.00") + encounter("E2", "P2", "99213", "120.00")
	done := make(chan []claimsdb.IntakeFile)
	for range 3 {
		go func() { done <- w.intake(content) }()
	}
	for range 3 {
		<-done
	}
	w.want("files", w.text(`SELECT state, records, accepted FROM intake_file`), "finished 2 2\n")
	w.want("claims", w.text(`SELECT number FROM claim ORDER BY 1`), "C00000001\nC00000002\n")
	w.want("charged", w.text(`SELECT sum(amount)::bigint FROM transfer`), "24000\n")
}
