package work_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

func (w *world) release(batch int64, numbers ...string) (list []work.Released) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		list, err = work.ReleaseClaims(ctx, tx, w.practice.ID, numbers, batch, today, "tester")
		return err
	})
	return list
}

// A rejected claim goes out again with what was corrected, under its own number.
func TestReleaseRejectedClaim(t *testing.T) {
	w := sentWorld(t)
	w.receive(hn("PR", [2]string{"C00000001", "STC*A3:33:IL*20220314*U*150~"}))
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE coverage SET member_id = 'WRONG' WHERE patient_id = (SELECT id FROM patient WHERE account = 'P1')`)
		return err
	})
	if got := w.release(0, "C00000001"); got[0].Ready || !strings.HasPrefix(got[0].Reasons[0], "CB-MBR-002") {
		t.Errorf("a claim that the edits would hold: %+v", got)
	}
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE coverage SET member_id = 'XYZ999999999' WHERE patient_id = (SELECT id FROM patient WHERE account = 'P1')`)
		return err
	})
	if got := w.release(0, "C00000001"); !got[0].Ready {
		t.Errorf("released %+v", got)
	}
	w.want("items", w.text(`SELECT state, closed_why FROM work_item`), "done the claim was released\n")
	w.submit()
	content := w.sent()["OAK-CLEAR-837P-000000002.x12"]
	if !strings.Contains(content, "MI*XYZ999999999~") || !strings.Contains(content, "CLM*C00000001*150***11:B:1*") {
		t.Errorf("sent again as %s", content)
	}
	if got := w.release(0, "C00000001"); got[0].Ready {
		t.Error("a claim that is on its way was released")
	}
}

// After a refused file all of its claims are released at once.
func TestReleaseBatch(t *testing.T) {
	w := sentWorld(t)
	w.receive(isaFromClear + "TA1*000000001*220314*1200*R*006~IEA*0*000000077~")
	if got := w.release(1); len(got) != 3 {
		t.Errorf("released %+v", got)
	}
	w.want("states", w.states(), "ready ready ready ")
	w.want("items", w.text(`SELECT count(*) FROM work_item WHERE state = 'open'`), "0\n")
}

func TestHold(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		if err := work.HoldClaims(ctx, tx, w.practice.ID, []string{"C99999999"}, "why", today, "tester"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an unknown claim: %v", err)
		}
		return work.HoldClaims(ctx, tx, w.practice.ID, []string{"C00000002"}, "the note is missing", today, "tester")
	})
	w.submit()
	w.want("states", w.states(), "sent held sent ")
	w.release(0, "C00000002")
	w.submit()
	w.want("states", w.states(), "sent sent sent ")
}

// A new version of an encounter whose claim was rejected takes its place.
func TestNewVersionAfterRejection(t *testing.T) {
	w := sentWorld(t)
	w.receive(hn("PR", [2]string{"C00000003", "STC*A7:454*20220314*U*120~"}))
	w.intake(csvHeader + "E3,P3,2022-03-11,DR1,OAK,MAIN,I10,99212,,1,1,90.00\n")
	w.want("claims", w.text(`SELECT number, state, charge FROM claim WHERE charge < 15000 AND patient_id = (SELECT id FROM patient WHERE account = 'P3') ORDER BY 1`),
		"C00000003 voided 12000\nC00000004 ready 9000\n")
	w.want("items", w.text(`SELECT state FROM work_item`), "done\n")
	w.want("charged", w.text(`SELECT sum(amount)::bigint FROM subledger_balance WHERE payer_id = (SELECT id FROM payer WHERE code = 'MEDICARE')`), "9000\n")
}

// An encounter that changes once its claim was sent does not move what was sent.
func TestNewVersionAfterSending(t *testing.T) {
	w := sentWorld(t)
	f := w.intake(csvHeader + "E3,P3,2022-03-11,DR1,OAK,MAIN,I10,99212,,1,1,90.00\n")[0]
	w.want("record", w.records(f), "2 E3 held line 2: this encounter has changed, but its claim has already been sent\n")
	w.want("states", w.states(), "sent sent sent ")
	w.want("items", w.text(`SELECT kind, amount FROM work_item`), "held 9000\n")
}

func TestDeadlines(t *testing.T) {
	w := sentWorld(t)
	sweep := func(day string) {
		w.run("sweep", func(ctx context.Context, tx pgx.Tx, runID int64) error {
			return w.jobs.Enqueue(ctx, tx, jobs.DeadlineSweepArgs{PracticeID: w.practice.ID, RunID: runID, Today: date.MustParse(day)})
		})
	}
	items := func() string {
		return w.text(`SELECT dedupe_key, state, amount FROM work_item WHERE kind = 'no-response' ORDER BY 1`)
	}
	sweep("2022-03-15")
	w.want("a day later", items(), "")
	sweep("2022-03-16")
	sweep("2022-03-16")
	w.want("two days later", items(), "no-response|999|1 open 39000\n")
	w.receive(fa("A*2*2*2", "AK2*837*0001*005010X222A1~IK5*A~", "AK2*837*0002*005010X222A1~IK5*A~"))
	w.want("after the 999", items(), "no-response|999|1 done 39000\n")
	w.receive(hn("PR", [2]string{"C00000001", "STC*A2:20:PR*20220314*WQ*150~"}, [2]string{"C00000002", "STC*A2:20:PR*20220314*WQ*120~"}))
	sweep("2022-03-17")
	w.want("without its 277CA", items(), "no-response|277ca|C00000003|2022-03-14 open 12000\nno-response|999|1 done 39000\n")
	sweep("2022-04-14")
	w.want("after 31 days", items(), "no-response|277ca|C00000003|2022-03-14 open 12000\nno-response|835|C00000001|2022-03-14 open 15000\n"+
		"no-response|835|C00000002|2022-03-14 open 12000\nno-response|835|C00000003|2022-03-14 open 12000\nno-response|999|1 done 39000\n")
}
