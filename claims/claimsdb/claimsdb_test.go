package claimsdb_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/internal/postgres/pgtest"
)

var today = date.MustParse("2022-03-14")

func setup(t *testing.T) claims.Setup {
	t.Helper()
	file, err := os.Open("../work/testdata/practice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := claims.ReadSetup(file, "practice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type book struct {
	t        *testing.T
	db       *postgres.DB
	practice claims.Practice
}

func (b *book) try(fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return b.db.Tx(ctx, postgres.RoleWork, b.practice.ID, func(tx pgx.Tx) error { return fn(ctx, tx) })
}

func (b *book) do(fn func(ctx context.Context, tx pgx.Tx) error) {
	b.t.Helper()
	if err := b.try(fn); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) number(query string) (n int64) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, query).Scan(&n) })
	return n
}

func newBook(t *testing.T) (*book, claimsdb.Counts) {
	t.Helper()
	b := &book{t: t, db: pgtest.New(t)}
	var counts claimsdb.Counts
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		b.practice, counts, err = claimsdb.ImportSetup(ctx, tx, setup(t), "tester")
		return err
	})
	return b, counts
}

func TestImportSetup(t *testing.T) {
	b, counts := newBook(t)
	if want := (claimsdb.Counts{Partners: 1, Payers: 3, Rates: 1, Providers: 2, Facilities: 2, Fees: 2, Guarantors: 1, Patients: 4, Coverages: 4}); counts != want {
		t.Errorf("counts %+v", counts)
	}
	if b.practice.FixedDate != today || b.practice.MinimumBill != 5_00 || b.practice.TimeZone != "America/Chicago" {
		t.Errorf("practice %+v", b.practice)
	}
	tables := `SELECT (SELECT count(*) FROM practice) + (SELECT count(*) FROM trading_partner) + (SELECT count(*) FROM payer) + (SELECT count(*) FROM provider) +
		(SELECT count(*) FROM facility) + (SELECT count(*) FROM fee_schedule) + (SELECT count(*) FROM contract_rate) + (SELECT count(*) FROM guarantor) +
		(SELECT count(*) FROM patient) + (SELECT count(*) FROM coverage) + (SELECT count(*) FROM account) + (SELECT count(*) FROM edi_file)`
	rows := b.number(tables)
	ids := b.number(`SELECT sum(id)::bigint FROM patient`)
	changed := setup(t)
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := claimsdb.ImportSetup(ctx, tx, changed, "tester")
		return err
	})
	if again := b.number(tables); again != rows {
		t.Errorf("importing twice makes %d rows of %d", again, rows)
	}
	changed.Patients[0].LastName, changed.FeeSchedule[0].Charge = "Smith", 130_00
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := claimsdb.ImportSetup(ctx, tx, changed, "tester")
		return err
	})
	if n := b.number(`SELECT count(*) FROM patient WHERE last_name = 'Smith'`) + b.number(`SELECT charge FROM fee_schedule WHERE procedure_code = '99213'`); n != 1+130_00 {
		t.Error("a changed set-up does not update")
	}
	if b.number(`SELECT sum(id)::bigint FROM patient`) != ids {
		t.Error("patients changed their ids")
	}
	if n := b.number(`SELECT count(*) FROM input_log WHERE kind = 'setup'`); n != 3 {
		t.Errorf("%d inputs logged", n)
	}
	if n := b.number(`SELECT count(*) FROM payer WHERE kind = 'medicaid' AND bills_patient`); n != 0 {
		t.Error("Medicaid patients would be billed")
	}
}

func TestFindPractice(t *testing.T) {
	b := &book{t: t, db: pgtest.New(t)}
	find := func(code string) (p claims.Practice, err error) {
		err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			p, err = claimsdb.FindPractice(ctx, tx, code)
			return err
		})
		return p, err
	}
	if _, err := find(""); fault.CodeOf(err) != "CB-PRACTICE-003" {
		t.Errorf("an empty book: %v", err)
	}
	for _, code := range []string{"OAK", "ELM"} {
		s := setup(t)
		s.Practice.Code = code
		b.do(func(ctx context.Context, tx pgx.Tx) error {
			_, _, err := claimsdb.ImportSetup(ctx, tx, s, "tester")
			return err
		})
		if p, err := find(code); err != nil || p.Code != code {
			t.Errorf("%s: %+v, %v", code, p, err)
		}
	}
	if _, err := find(""); fault.ExitCode(err) != 2 {
		t.Errorf("two practices and none named: %v", err)
	}
	if _, err := find("ASH"); fault.ExitCode(err) != 1 {
		t.Errorf("an unknown practice: %v", err)
	}
}

// addClaim puts a claim of the patient with two coverages into the book.
func (b *book) addClaim(number string, rank int16, state claims.State) (id int64) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		d, err := claimsdb.LoadDirectory(ctx, tx, b.practice.ID)
		if err != nil {
			return err
		}
		files, err := d.PatientsByAccount(ctx, tx, b.practice.ID, []string{"P3"})
		if err != nil {
			return err
		}
		file := files["P3"]
		day := date.MustParse("2022-03-11")
		s := &claims.Subject{Today: today, Patient: &file.Patient, Coverages: file.Coverages, Billing: d.Billing("OAK"), Rendering: d.Rendering("DR1"),
			Record: claims.EncounterRecord{ExternalID: "E-" + number, Patient: "P3", Diagnoses: []string{"I10"}, Lines: []claims.EncounterLine{
				{ServiceDate: day, Procedure: "99213", Modifiers: []string{"25"}, Pointers: []int{1}, Units: decimal.NewFromInt(1), Charge: 120_00}}}}
		encounterIDs, err := claimsdb.PutEncounters(ctx, tx, b.practice.ID, []claimsdb.NewEncounter{{Version: 1, Record: s.Record, Hash: s.Record.Hash()}}, today)
		if err != nil {
			return err
		}
		lines := []claimsdb.ServiceLine{{EncounterID: encounterIDs[0], LineNo: 1, Version: 1, Line: s.Record.Lines[0], Description: "Office visit"}}
		if err := claimsdb.PutServiceLines(ctx, tx, b.practice.ID, map[int64][]string{encounterIDs[0]: {"I10"}}, lines); err != nil {
			return err
		}
		coverage := &file.Coverages[rank-1]
		snapshot := claims.BuildClaim(s, coverage)
		snapshot.SetNumber(number)
		list := []claimsdb.NewClaim{{EncounterID: encounterIDs[0], PatientID: file.Patient.ID, CoverageID: coverage.ID, RenderingID: s.Rendering.ID,
			ServiceDate: day, Snapshot: snapshot, ServiceLineIDs: []int64{lines[0].ID}, Event: "built", Actor: "tester"}}
		if err := claimsdb.AddClaims(ctx, tx, b.practice.ID, list, today); err != nil {
			return err
		}
		id = list[0].ID
		_, err = tx.Exec(ctx, `UPDATE claim SET state = $2 WHERE id = $1`, id, string(state))
		return err
	})
	return id
}

func TestClaimsByNumber(t *testing.T) {
	b, _ := newBook(t)
	b.addClaim("C1", 1, claims.Sent)
	b.addClaim("C2", 2, claims.Sent)
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE coverage SET qmb = true WHERE rank = 2`)
		return err
	})
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		found, err := claimsdb.ClaimsByNumber(ctx, tx, b.practice.ID, []string{"C1", "C2", "NOBODY"})
		if err != nil {
			return err
		}
		if len(found) != 2 {
			t.Fatalf("found %d", len(found))
		}
		c := found["C1"]
		if c.Charge != 120_00 || c.PayerKind != "medicare" || !c.PayerBillsPatient || !c.QMB || c.Rank != 1 || c.EncounterExternalID != "E-C1" {
			t.Errorf("C1 %+v", c)
		}
		if c.Next == nil || c.Next.Rank != 2 || c.Next.PayerKind != "medicaid" || c.Next.BillsPatient {
			t.Errorf("next of C1 %+v", c.Next)
		}
		l := c.Lines[0]
		if fmt.Sprintln(l.LineNo, l.ControlNumber, l.Procedure, l.Modifiers, l.Units, l.Charge, l.Description) != "1 C1L1 99213 [25] 1 120.00 Office visit\n" {
			t.Errorf("line %+v", l)
		}
		if found["C2"].Next != nil {
			t.Errorf("next of C2 %+v", found["C2"].Next)
		}
		return nil
	})
}

func TestTransition(t *testing.T) {
	b, _ := newBook(t)
	id := b.addClaim("C1", 1, claims.Sent)
	move := func(to claims.State, event string) claims.Move {
		return claims.Move{ClaimID: id, To: to, Event: event, Message: "why", Actor: "tester", On: today}
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		return claimsdb.Transition(ctx, tx, b.practice.ID, []claims.Move{move("", "note"), move(claims.Received, "999"), move(claims.Paid, "835")})
	})
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		return claimsdb.Transition(ctx, tx, b.practice.ID, []claims.Move{move(claims.Denied, "835"), move(claims.Batched, "batched")})
	})
	if err == nil || !strings.Contains(err.Error(), "claim C1: a claim that is denied cannot become batched") {
		t.Errorf("a transition that is not in the table: %v", err)
	}
	if err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		return claimsdb.Transition(ctx, tx, b.practice.ID, []claims.Move{{ClaimID: 1, Event: "note", On: today}})
	}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a claim that is not there: %v", err)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		events, err := claimsdb.Timeline(ctx, tx, b.practice.ID, id)
		var got []string
		for _, e := range events {
			got = append(got, fmt.Sprintf("%s %s→%s", e.Event, e.From, e.To))
		}
		if want := "[built draft→ready note sent→sent 999 sent→received 835 received→paid]"; fmt.Sprint(got) != want {
			t.Errorf("timeline %v", got)
		}
		return err
	})
	if n := b.number(`SELECT count(*) FROM claim WHERE state = 'paid'`); n != 1 {
		t.Error("the refused moves left something")
	}
}

// The timeline is made of facts: nobody changes it, not even the owner.
func TestTimelineIsAppendOnly(t *testing.T) {
	b, _ := newBook(t)
	b.addClaim("C1", 1, claims.Sent)
	for _, statement := range []string{`UPDATE claim_event SET message = ''`, `DELETE FROM claim_event`, `TRUNCATE claim_event`} {
		for _, role := range []postgres.Role{postgres.RoleWork, postgres.RoleOwner} {
			err := b.db.Tx(context.Background(), role, b.practice.ID, func(tx pgx.Tx) error {
				_, err := tx.Exec(context.Background(), statement)
				return err
			})
			if err == nil {
				t.Errorf("%s as %s was not refused", statement, role)
			}
		}
	}
}

func TestWorkItems(t *testing.T) {
	b, _ := newBook(t)
	item := claims.WorkItem{Kind: claims.WorkHeld, DedupeKey: "held|E1|1", Reason: "why", Action: "what", Amount: 12_00, OpenedOn: today}
	open := func() {
		b.do(func(ctx context.Context, tx pgx.Tx) error {
			return claimsdb.OpenWorkItems(ctx, tx, b.practice.ID, []claims.WorkItem{item, item})
		})
	}
	open()
	open()
	if n := b.number(`SELECT count(*) FROM work_item WHERE state = 'open'`); n != 1 {
		t.Errorf("%d items", n)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		return claimsdb.CloseWorkItems(ctx, tx, b.practice.ID, []string{"held|E1|1", "nothing"}, today, "done")
	})
	open()
	if n := b.number(`SELECT count(*) FROM work_item WHERE state = 'done' AND closed_on = '2022-03-14'`); n != 1 {
		t.Error("an item that is done was opened again")
	}
}
