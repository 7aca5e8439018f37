package work_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

const isaFromClear = "ISA*00*          *00*          *ZZ*CLEARHOUSE     *ZZ*OAKSTREET      *220314*1300*^*00501*000000077*0*P*:~"

// fa is a 999 for group 1 with the given segments between AK1 and AK9.
func fa(ak9 string, segments ...string) string {
	return isaFromClear + "GS*FA*CLEARHOUSE*OAKSTREET*20220314*1300*77*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*1*005010X222A1~" +
		strings.Join(segments, "") + fmt.Sprintf("AK9*%s~SE*%d*0001~GE*1*77~IEA*1*000000077~", ak9, 4+strings.Count(strings.Join(segments, ""), "~"))
}

// hn is a 277CA with a status segment (and what follows it) for each claim, by number.
func hn(source string, statuses ...[2]string) string {
	var b strings.Builder
	b.WriteString("ST*277*0001*005010X214~BHT*0085*08*77*20220314*1300*TH~" +
		"HL*1**20*1~NM1*" + source + "*2*Somebody*****46*CLEARHOUSE~TRN*1*X77~DTP*050*D8*20220314~DTP*009*D8*20220314~" +
		"HL*2*1*21*1~NM1*41*2*Oak Street Family Practice*****46*OAKSTREET~TRN*2*OAKB1S0001~STC*A1:19:PR*20220314*WQ*390~" +
		"HL*3*2*19*1~NM1*85*2*Oak Street Family Practice*****XX*1234567893~TRN*2*0~")
	for i, s := range statuses {
		fmt.Fprintf(&b, "HL*%d*3*PT~NM1*QC*1*Doe*Jo****MI*XYZ123456789~TRN*2*%s~%sDTP*472*D8*20220311~", i+4, s[0], s[1])
	}
	set := b.String()
	return isaFromClear + "GS*HN*CLEARHOUSE*OAKSTREET*20220314*1300*77*X*005010X214~" + set +
		fmt.Sprintf("SE*%d*0001~GE*1*77~IEA*1*000000077~", strings.Count(set, "~")+1)
}

// receive stores a file of acknowledgments and applies each of them.
func (w *world) receive(content string) {
	w.t.Helper()
	w.run("receive", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		file, _, err := exchangedb.StoreFile(ctx, tx, w.practice.ID, exchangedb.StoreParams{
			Direction: exchangedb.In, Kind: exchangedb.X12, Name: "ack.x12", ReceivedOn: today}, strings.NewReader(content))
		if err != nil {
			return err
		}
		for _, kind := range []struct{ begins, name string }{{"~TA1*", "TA1"}, {"~ST*999*", "999"}, {"~ST*277*", "277CA"}} {
			if at := strings.Index(content, kind.begins); at >= 0 {
				err = w.jobs.Enqueue(ctx, tx, jobs.AckApplyArgs{PracticeID: w.practice.ID, RunID: runID, FileID: file.ID, AckKind: kind.name,
					ByteOffset: int64(at + 1), Today: today})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// sentWorld has three claims on their way: two in transaction set 0001, one in 0002.
func sentWorld(t *testing.T) *world {
	w := newWorld(t)
	w.intake(threeClaims)
	w.submit()
	return w
}

func (w *world) states() string {
	w.t.Helper()
	return strings.ReplaceAll(w.text(`SELECT state FROM claim ORDER BY number`), "\n", " ")
}

func TestAcknowledgmentsInOrder(t *testing.T) {
	w := sentWorld(t)
	w.receive(isaFromClear + "TA1*000000001*220314*1200*A*000~IEA*0*000000077~")
	w.want("after the TA1", w.states(), "sent sent sent ")
	w.receive(fa("A*2*2*2", "AK2*837*0001*005010X222A1~IK5*A~", "AK2*837*0002*005010X222A1~IK5*E*5~"))
	w.want("after the 999", w.states(), "received received received ")
	w.want("batch", w.text(`SELECT state FROM batch`), "acknowledged\n")
	w.receive(hn("AY", [2]string{"C00000001", "STC*A1:19:AY*20220314*WQ*150~"}, [2]string{"C00000002", "STC*A1:19:AY*20220314*WQ*120~"},
		[2]string{"C00000003", "STC*A7:562:82*20220314*U*120~REF*1K*PAYER3~"}))
	w.want("after the clearinghouse's 277CA", w.states(), "accepted-clearinghouse accepted-clearinghouse rejected ")
	w.receive(hn("PR", [2]string{"C00000001", "STC*A2:20:PR*20220314*WQ*150~REF*1K*PAYER1~"}, [2]string{"C00000002", "STC*A3:33:IL*20220314*U*120~"}))
	w.want("after the payer's 277CA", w.states(), "accepted rejected rejected ")
	w.want("payer's numbers", w.text(`SELECT payer_claim_number FROM claim ORDER BY number`), "PAYER1\n\nPAYER3\n")
	w.want("acknowledgments", w.text(`SELECT kind, outcome, accepted, rejected, batch_id IS NOT NULL FROM acknowledgment ORDER BY id`),
		"TA1 accepted 3 0 true\n999 accepted 3 0 true\n277CA partly accepted 2 1 true\n277CA partly accepted 1 1 true\n")
	w.want("work items", w.text(`SELECT kind, dedupe_key, amount, due_on, reason, action FROM work_item ORDER BY dedupe_key`),
		"rejected rejected|C00000002|"+w.batchID()+" 12000 2022-09-07 Claim C00000002 was rejected: Returned as unprocessable: not in adjudication: "+
			"Subscriber and subscriber id not found (A3:33:IL). To correct: member id. Check eligibility; compare name and member id with the card, "+
			"correct the coverage in the set-up, then release the claim.\n"+
			"rejected rejected|C00000003|"+w.batchID()+" 12000 2023-03-11 Claim C00000003 was rejected: information invalid: "+
			"the rendering provider's national provider identifier (A7:562:82). To correct: rendering provider npi. Correct the NPI in the set-up, then release the claim.\n")
	w.want("the segment behind an event", w.text(`SELECT convert_from(substr((SELECT bytes FROM edi_file_chunk k WHERE k.file_id = v.edi_file_id),
		v.byte_offset::int + 1, 15), 'UTF8') FROM claim_event v WHERE event = '277ca' ORDER BY id`),
		"TRN*2*C00000001\nTRN*2*C00000002\nTRN*2*C00000003\nTRN*2*C00000001\nTRN*2*C00000002\n")
}

func (w *world) batchID() string {
	w.t.Helper()
	return strings.TrimSpace(w.text(`SELECT max(id) FROM batch`))
}

// Files arrive in any order, and twice: a late answer is an event, and the
// same file again is nothing.
func TestAcknowledgmentsOutOfOrderAndTwice(t *testing.T) {
	w := sentWorld(t)
	payer := hn("PR", [2]string{"C00000001", "STC*A2:20:PR*20220314*WQ*150~"})
	house := hn("AY", [2]string{"C00000001", "STC*A1:19:AY*20220314*WQ*150~"})
	read := fa("A*2*2*2", "AK2*837*0001*005010X222A1~IK5*A~", "AK2*837*0002*005010X222A1~IK5*A~")
	w.receive(payer)
	w.receive(house)
	w.receive(read)
	w.want("states", w.states(), "accepted received received ")
	before := w.book()
	w.receive(payer)
	w.receive(house)
	w.receive(read)
	w.want("book", w.book(), before)
}

// Of a rejected transaction set the claim that is named is to be corrected; the
// others go out again by themselves. The accepted set stays where it is.
func TestPartlyRejectedFile(t *testing.T) {
	for name, error := range map[string]string{
		"the claim is named":      "IK3*CLM*22*2300*8~CTX*CLM01:C00000002~IK4*5:3*1325*7*9~",
		"the segment is the hint": fmt.Sprintf("IK3*CLM*%d*2300*8~IK4*5:3*1325*7*9~", 42),
	} {
		t.Run(name, func(t *testing.T) {
			w := sentWorld(t)
			w.receive(fa("P*2*2*1*5", "AK2*837*0001*005010X222A1~"+error+"IK5*R*5~", "AK2*837*0002*005010X222A1~IK5*A~"))
			w.want("states", w.states(), "ready rejected received ")
			w.want("items", w.text(`SELECT claim_id IS NOT NULL, amount, reason FROM work_item`),
				"true 12000 Claim C00000002 was rejected: CLM05-3 in loop 2300 is not a valid code.\n")
			w.want("acknowledgment", w.text(`SELECT outcome, accepted, rejected FROM acknowledgment`), "partly accepted 1 2\n")
			w.want("batch", w.text(`SELECT state FROM batch`), "acknowledged\n")
			w.submit() // the claim that had nothing wrong goes out again
			w.want("after the next submission", w.states(), "sent rejected received ")
			w.want("its batch", w.text(`SELECT b.number, c.st_control FROM claim c JOIN batch b ON b.id = c.batch_id ORDER BY c.number`), "2 0003\n1 0001\n1 0002\n")
		})
	}
}

// Some partners list only the sets that they reject.
func TestPartlyRejectedFileThatListsOnlyTheRejected(t *testing.T) {
	w := sentWorld(t)
	w.receive(fa("P*2*2*1*5", "AK2*837*0001*005010X222A1~IK3*CLM*22*2300*8~CTX*CLM01:C00000002~IK4*5:3*1325*7*9~IK5*R*5~"))
	w.want("states", w.states(), "ready rejected received ")
}

// A refused file is told apart from a refused claim: one item for the batch.
func TestRejectedFile(t *testing.T) {
	for name, content := range map[string]string{
		"TA1":                  isaFromClear + "TA1*000000001*220314*1200*R*006~IEA*0*000000077~",
		"group":                fa("R*2*2*0*1"),
		"set without a reason": fa("R*2*2*0*1", "AK2*837*0001*005010X222A1~IK5*R~", "AK2*837*0002*005010X222A1~IK5*R~"),
		"a segment of all":     fa("R*2*2*0*1", "AK2*837*0001*005010X222A1~IK3*NM1*3*1000A*8~IK4*9*67*1~IK5*R~", "AK2*837*0002*005010X222A1~IK5*R~"),
	} {
		t.Run(name, func(t *testing.T) {
			w := sentWorld(t)
			w.receive(content)
			w.want("states", w.states(), "rejected rejected rejected ")
			w.want("batch", w.text(`SELECT state FROM batch`), "rejected\n")
			w.want("items", w.text(`SELECT kind, sum(amount)::bigint, bool_and(claim_id IS NULL AND batch_id IS NOT NULL) FROM work_item GROUP BY 1`), "rejected 39000 true\n")
		})
	}
}

func TestAnswersToNothing(t *testing.T) {
	w := sentWorld(t)
	w.receive(hn("PR", [2]string{"NOTOURS", "STC*A2:20:PR*20220314*WQ*150~"}))
	w.receive(strings.Replace(fa("A*1*1*1", "AK2*837*0001*005010X222A1~IK5*A~"), "AK1*HC*1*", "AK1*HC*999*", 1))
	w.want("states", w.states(), "sent sent sent ")
	w.want("items", w.text(`SELECT kind, count(*) FROM work_item GROUP BY 1`), "unmatched 2\n")
	w.want("acknowledgments", w.text(`SELECT outcome, batch_id FROM acknowledgment`), "unmatched <nil>\nunmatched <nil>\n")
}

// A claim that was rejected and has gone out again: a late 277CA of the first
// submission is an event on its timeline and moves nothing, whatever it says.
func TestLateAnswerToAnEarlierSubmission(t *testing.T) {
	w := sentWorld(t)
	w.receive(hn("AY", [2]string{"C00000002", "STC*A7:562:82*20220314*U*120~"}))
	w.want("rejected", w.states(), "sent rejected sent ")
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := work.ReleaseClaims(ctx, tx, w.practice.ID, []string{"C00000002"}, 0, today, "tester")
		return err
	})
	w.submit()
	w.want("sent again", w.states()+w.text(`SELECT b.number FROM claim c JOIN batch b ON b.id = c.batch_id ORDER BY c.number`), "sent sent sent 1\n2\n1\n")
	w.receive(hn("PR", [2]string{"C00000002", "STC*A3:33:IL*20220315*U*120~"}))
	w.receive(hn("AY", [2]string{"C00000002", "STC*A1:19:AY*20220315*WQ*120~"}))
	w.want("after the late answers", w.states(), "sent sent sent ")
	w.want("items", w.text(`SELECT count(*) FROM work_item WHERE kind = 'rejected' AND state = 'open'`), "0\n")
	w.want("its timeline", w.text(`SELECT message FROM claim_event v JOIN claim c ON c.id = v.claim_id WHERE c.number = 'C00000002' AND v.event = '277ca' ORDER BY v.id OFFSET 1`),
		"A late answer to its submission in batch 1; it has gone out again since: Returned as unprocessable: not in adjudication: Subscriber and subscriber id not found (A3:33:IL).\n"+
			"A late answer to its submission in batch 1; it has gone out again since: Received, not yet accepted for processing: the clearinghouse acknowledges receipt (A1:19:AY).\n")
	// The answer to the second one counts, and so does one that does not say which.
	w.receive(strings.ReplaceAll(hn("PR", [2]string{"C00000002", "STC*A2:20:PR*20220315*WQ*120~"}), "OAKB1S0001", "OAKB2S0003"))
	w.want("accepted", w.states(), "sent accepted sent ")
	w.receive(strings.ReplaceAll(hn("PR", [2]string{"C00000002", "STC*A3:33:IL*20220316*U*120~"}), "OAKB1S0001", "CH4711"))
	w.want("rejected by a trace that is not ours", w.states(), "sent rejected sent ")
}
