package work_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/jobs"
)

// submit builds and sends what is ready.
func (w *world) submit() {
	w.t.Helper()
	w.run("submit", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		return w.jobs.Enqueue(ctx, tx, jobs.BatchBuildArgs{PracticeID: w.practice.ID, RunID: runID, Today: today})
	})
}

// sent reads the files in the partner's outbound folder.
func (w *world) sent() map[string]string {
	w.t.Helper()
	files := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(w.dir, "outbound", "CLEAR", "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		files[filepath.Base(path)] = string(content)
	}
	return files
}

const threeClaims = csvHeader +
	"E1,P1,2022-03-11,DR1,OAK,MAIN,I10 E11.9,99213,25,1 2,1,120.00\nE1,P1,2022-03-11,DR1,OAK,MAIN,,85025,,1,1,30.00\n" +
	"E2,P2,2022-03-11,DR1,OAK,HOSP,J02.9,99213,,1,1,120.00\n" +
	"E3,P3,2022-03-11,DR1,OAK,MAIN,I10,99213,,1,1,120.00\n"

func TestSubmit(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	w.submit()
	w.want("batches", w.text(`SELECT number, claims, charge, state, isa_control, gs_control, sent_on FROM batch`), "1 3 39000 sent 1 1 2022-03-14\n")
	w.want("claims", w.text(`SELECT number, state, st_control, sent_on FROM claim ORDER BY 1`),
		"C00000001 sent 0001 2022-03-14\nC00000002 sent 0001 2022-03-14\nC00000003 sent 0002 2022-03-14\n") // two claims a transaction set
	files := w.sent()
	content, there := files["OAK-CLEAR-837P-000000001.x12"]
	if !there || len(files) != 1 {
		t.Fatalf("files %v", files)
	}
	want := strings.ReplaceAll(`ISA*00*          *00*          *ZZ*OAKSTREET      *ZZ*CLEARHOUSE     *220314*1200*^*00501*000000001*1*P*:~
GS*HC*OAKSTREET*CLEARHOUSE*20220314*1200*1*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*OAKB1S0001*20220314*1200*CH~
NM1*41*2*Oak Street Family Practice*****46*OAKSTREET~
PER*IC*Ann Example*TE*2175550100~
NM1*40*2*Clear House*****46*CLEARHOUSE~
HL*1**20*1~
PRV*BI*PXC*207Q00000X~
NM1*85*2*Oak Street Family Practice*****XX*1234567893~
N3*1 Oak Street~
N4*Springfield*IL*627010001~
REF*EI*123456789~
HL*2*1*22*0~
SBR*P*18*******BL~
NM1*IL*1*Doe*Jo****MI*XYZ123456789~
N3*5 Pine Road~
N4*Springfield*IL*62704~
DMG*D8*19800102*F~
NM1*PR*2*Blue Plan*****PI*54321~
CLM*C00000001*150***11:B:1*Y*A*Y*Y~
HI*ABK:I10*ABF:E119~
NM1*82*1*Roe*Alex****XX*1003000126~
PRV*PE*PXC*207Q00000X~
LX*1~
SV1*HC:99213:25*120*UN*1***1:2~
DTP*472*D8*20220311~
REF*6R*C00000001L1~
LX*2~
SV1*HC:85025*30*UN*1***1~
DTP*472*D8*20220311~
REF*6R*C00000001L2~
HL*3*1*22*1~
SBR*P********BL~
NM1*IL*1*Doe*Jo****MI*XYZ123456789~
NM1*PR*2*Blue Plan*****PI*54321~
HL*4*3*23*0~
PAT*19~
NM1*QC*1*Doe*Max~
N3*5 Pine Road~
N4*Springfield*IL*62704~
DMG*D8*20150607*M~
CLM*C00000002*120***22:B:1*Y*A*Y*Y~
HI*ABK:J029~
NM1*82*1*Roe*Alex****XX*1003000126~
PRV*PE*PXC*207Q00000X~
NM1*77*2*Mercy Hospital*****XX*1234567893~
N3*9 Elm Street~
N4*Springfield*IL*627020002~
LX*1~
SV1*HC:99213*120*UN*1***1~
DTP*472*D8*20220311~
REF*6R*C00000002L1~
SE*52*0001~
`, "\n", "")
	if !strings.HasPrefix(strings.ReplaceAll(content, "\n", ""), want) {
		t.Errorf("file:\n%s", strings.ReplaceAll(content, "~", "~\n"))
	}
	read, err := claim837.ReadAll(strings.NewReader(content))
	if err != nil || len(read[0].Groups[0].Transactions) != 2 {
		t.Errorf("our own reader: %v", err)
	}
	w.valid(content)
	w.want("second reader", w.text(`SELECT second_reader FROM batch`), "moov-io/x12 v0.1.0 reads 2 of 3 claims and agrees; 1 not asked: it cannot read professional claims of a dependent, which is a limit of that reader\n")
	w.want("nothing is wrong with the file", w.text(`SELECT count(*) FROM work_item`), "0\n")
	w.want("place of the claims in the file", w.text(`SELECT c.number FROM claim_event v JOIN claim c ON c.id = v.claim_id
		WHERE event = 'batched' AND convert_from(substr((SELECT bytes FROM edi_file_chunk k WHERE k.file_id = v.edi_file_id),
			v.byte_offset::int + 1, 13), 'UTF8') = 'CLM*' || c.number ORDER BY 1`), "C00000001\nC00000002\nC00000003\n")
}

// Nothing is ready twice: a second submission, and every job run again, send nothing.
func TestSubmitTwice(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	w.submit()
	before := w.book()
	w.submit()
	w.run("submit", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		var batch int64
		if err := tx.QueryRow(ctx, `SELECT id FROM batch`).Scan(&batch); err != nil {
			return err
		}
		return w.jobs.Enqueue(ctx, tx, jobs.ExchangeSendArgs{PracticeID: w.practice.ID, RunID: runID, BatchID: batch, Today: today})
	})
	w.want("book", w.book(), before)
	if n := len(w.sent()); n != 1 {
		t.Errorf("%d files", n)
	}
}

// A preview is what would be sent, and changes nothing; not even the numbers.
func TestSubmitPreview(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	before := w.book()
	var preview []byte
	err := w.db.DryRun(context.Background(), "claimbook_work", w.practice.ID, func(tx pgx.Tx) error {
		ctx := context.Background()
		built, err := work.BuildBatches(ctx, tx, w.practice.ID, 0, work.Selection{}, today)
		if err != nil || len(built) != 1 || built[0].Claims != 3 || built[0].Charge != 390_00 {
			t.Fatalf("built %+v, %v", built, err)
		}
		preview, err = exchangedb.ReadRange(ctx, tx, w.practice.ID, built[0].EDIFileID, 0, 1<<20)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.want("book", w.book(), before)
	w.submit()
	if w.sent()["OAK-CLEAR-837P-000000001.x12"] != string(preview) {
		t.Error("what was sent differs from the preview")
	}
}

// A folder that cannot be written is a failed upload: nothing is marked as
// sent, and the next submission delivers the very same batch.
func TestFailedUploadIsRetried(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	blocked := filepath.Join(w.dir, "outbound")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	submit := func(ctx context.Context, tx pgx.Tx, runID int64) error {
		return w.jobs.Enqueue(ctx, tx, jobs.BatchBuildArgs{PracticeID: w.practice.ID, RunID: runID, Today: today})
	}
	if err := w.tryRun("submit", submit); err == nil || !strings.Contains(err.Error(), "a file stands where a folder is needed") {
		t.Fatalf("a blocked folder: %v", err)
	}
	w.want("claims", w.text(`SELECT DISTINCT state FROM claim`), "batched\n")
	batch := w.text(`SELECT number, state, isa_control FROM batch`)
	w.want("batch", batch, "1 built 1\n")
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if err := w.tryRun("submit", submit); err != nil {
		t.Fatal(err)
	}
	w.want("claims", w.text(`SELECT DISTINCT state FROM claim`), "sent\n")
	w.want("batch", w.text(`SELECT number, state, isa_control FROM batch`), "1 sent 1\n")
}

func TestSubmitOnePayer(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	w.run("submit", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		var payer int64
		if err := tx.QueryRow(ctx, `SELECT id FROM payer WHERE code = 'MEDICARE'`).Scan(&payer); err != nil {
			return err
		}
		return w.jobs.Enqueue(ctx, tx, jobs.BatchBuildArgs{PracticeID: w.practice.ID, RunID: runID, PayerID: payer, Today: today})
	})
	w.want("claims", w.text(`SELECT number, state FROM claim ORDER BY 1`), "C00000001 ready\nC00000002 ready\nC00000003 sent\n")
}

// A claim that breaks the guide is held, and does not take the file with it.
func TestSubmitHoldsWhatBreaksTheGuide(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	w.do(func(ctx context.Context, tx pgx.Tx) error { // as a defect of the edits would
		_, err := tx.Exec(ctx, `UPDATE claim SET snapshot = jsonb_set(snapshot, '{diagnoses,0}', '"401.9"') WHERE number = 'C00000002'`)
		return err
	})
	w.submit()
	w.want("states", w.states(), "sent held sent ")
	w.want("batch", w.text(`SELECT claims, charge FROM batch`), "2 27000\n")
	w.want("items", w.text(`SELECT kind, amount FROM work_item`), "held 12000\n")
}

// Two submissions at once send each claim once.
func TestSubmissionsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	done := make(chan error)
	for range 3 {
		go func() {
			done <- w.tryRun("submit", func(ctx context.Context, tx pgx.Tx, runID int64) error {
				return w.jobs.Enqueue(ctx, tx, jobs.BatchBuildArgs{PracticeID: w.practice.ID, RunID: runID, Today: today})
			})
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	w.want("batches", w.text(`SELECT count(*)::int, sum(claims)::int FROM batch`), "1 3\n")
	if n := len(w.sent()); n != 1 {
		t.Errorf("%d files", n)
	}
}

// An answer may come before we have recorded that the file was delivered: the
// process was killed in between. The delivery is repeated and harmless.
func TestAnswerBeforeDeliveryIsRecorded(t *testing.T) {
	w := newWorld(t)
	w.intake(threeClaims)
	var batchID int64
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		built, err := work.BuildBatches(ctx, tx, w.practice.ID, 0, work.Selection{}, today)
		if err == nil {
			batchID = built[0].ID
		}
		return err
	})
	w.receive(fa("A*2*2*2", "AK2*837*0001*005010X222A1~IK5*A~", "AK2*837*0002*005010X222A1~IK5*A~"))
	w.want("states", w.states(), "received received received ")
	w.run("submit", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		return w.jobs.Enqueue(ctx, tx, jobs.ExchangeSendArgs{PracticeID: w.practice.ID, RunID: runID, BatchID: batchID, Today: today})
	})
	w.want("states after the delivery", w.states(), "received received received ")
	w.want("batch", w.text(`SELECT state, sent_on FROM batch`), "acknowledged 2022-03-14\n")
}
