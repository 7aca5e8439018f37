package work_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/guide"
	"github.com/claimbook/claimbook/internal/jobs"
)

// remit records what Medicare said of claim C00000003: 60.00 paid of 120.00,
// 40.00 contractual, 15.00 deductible, 5.00 coinsurance. detail says whether it
// answered by line.
func (w *world) remit(trace string, detail bool) (remittanceID int64) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO edi_file (practice_id, direction, kind, name, sha256, size, received_on)
			VALUES ($1, 'in', 'x12', $2::text, sha256($2::text::bytea), 0, '2022-03-20') RETURNING id`, w.practice.ID, trace).Scan(&remittanceID)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, method, handling, amount,
			check_date, st_control, byte_offset, state, received_on)
			VALUES ($1, $2, $3, sha256('x'), $3, '1', 'ACH', 'I', 6000, '2022-03-18', '0001', 0, 'posted', '2022-03-20') RETURNING id`,
			w.practice.ID, remittanceID, trace).Scan(&remittanceID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, patient_responsibility, payer_claim_number, claim_id, byte_offset)
			SELECT $1, $2, 1, number, '1', 12000, 6000, 2000, 'ICN777', id, 0 FROM claim WHERE number = 'C00000003'`, w.practice.ID, remittanceID); err != nil {
			return err
		}
		line := 0
		if detail {
			line = 1
			if _, err := tx.Exec(ctx, `INSERT INTO remittance_line (practice_id, remittance_id, claim_seq, line_seq, procedure_code, charge, paid, units, service_line_id, byte_offset)
				SELECT $1, $2, 1, 1, '99213', 12000, 6000, 1, l.service_line_id, 0 FROM claim c JOIN claim_line l ON l.claim_id = c.id WHERE c.number = 'C00000003'`,
				w.practice.ID, remittanceID); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO remittance_adjustment (practice_id, remittance_id, claim_seq, line_seq, seq, group_code, carc, amount, byte_offset)
			VALUES ($1, $2, 1, $3, 1, 'PR', '1', 1500, 0), ($1, $2, 1, $3, 2, 'CO', '45', 4000, 0), ($1, $2, 1, $3, 3, 'PR', '2', 500, 0)`, w.practice.ID, remittanceID, line)
		return err
	})
	return remittanceID
}

func (w *world) buildSecondary(remittanceID int64) {
	w.t.Helper()
	w.run("receive", func(ctx context.Context, tx pgx.Tx, runID int64) error {
		var claimID int64
		if err := tx.QueryRow(ctx, `SELECT id FROM claim WHERE number = 'C00000003'`).Scan(&claimID); err != nil {
			return err
		}
		return w.jobs.Enqueue(ctx, tx, jobs.COBBuildArgs{PracticeID: w.practice.ID, RunID: runID, RemittanceID: remittanceID, ClaimIDs: []int64{claimID}, Today: today})
	})
}

// segments returns the segments from the first that begins with from up to the
// first after it that begins with to, one a line.
func segments(content, from, to string) string {
	_, rest, _ := strings.Cut(content, "~"+from)
	part, _, _ := strings.Cut(rest, "~"+to)
	return from + strings.ReplaceAll(part, "~", "\n")
}

func TestSecondary(t *testing.T) {
	for name, c := range map[string]struct {
		detail bool
		want   string
	}{
		"by line": {true, `CLM*C00000003S*120***11:B:1*Y*A*Y*Y
HI*ABK:I10
NM1*82*1*Roe*Alex****XX*1003000126
PRV*PE*PXC*207Q00000X
SBR*P*18*******MB
AMT*D*60
OI***Y***Y
NM1*IL*1*Doe*Nan****MI*1EG4TE5MK73
N3*7 Pine Road
N4*Springfield*IL*62704
NM1*PR*2*Medicare Part B*****PI*00123
REF*F8*ICN777
LX*1
SV1*HC:99213*120*UN*1***1
DTP*472*D8*20220311
REF*6R*C00000003SL1
SVD*00123*60*HC:99213**1
CAS*PR*1*15**2*5
CAS*CO*45*40
DTP*573*D8*20220318`},
		"claim level only": {false, `CLM*C00000003S*120***11:B:1*Y*A*Y*Y
HI*ABK:I10
NM1*82*1*Roe*Alex****XX*1003000126
PRV*PE*PXC*207Q00000X
SBR*P*18*******MB
CAS*PR*1*15**2*5
CAS*CO*45*40
AMT*D*60
OI***Y***Y
NM1*IL*1*Doe*Nan****MI*1EG4TE5MK73
N3*7 Pine Road
N4*Springfield*IL*62704
NM1*PR*2*Medicare Part B*****PI*00123
DTP*573*D8*20220318
REF*F8*ICN777
LX*1
SV1*HC:99213*120*UN*1***1
DTP*472*D8*20220311
REF*6R*C00000003SL1`},
	} {
		t.Run(name, func(t *testing.T) {
			w := sentWorld(t)
			remittance := w.remit("T1", c.detail)
			w.buildSecondary(remittance)
			w.want("claims", w.text(`SELECT number, state, payer_rank, previous_claim_id IS NOT NULL, timely_by FROM claim WHERE payer_rank = 2`), "C00000003S ready 2 true 2023-03-18\n")
			before := w.book()
			w.buildSecondary(remittance)
			w.want("book after the job ran twice", w.book(), before)
			w.submit()
			content := w.sent()["OAK-CLEAR-837P-000000002.x12"]
			w.want("secondary", segments(content, "CLM*", "SE*"), c.want)
			w.want("subscriber", segments(content, "SBR*S", "N3*"), "SBR*S*18*******MC\nNM1*IL*1*Doe*Nan****MI*987654321")
			w.valid(content)
		})
	}
}

// A payer that changes its mind before the next claim was sent changes that claim.
func TestSecondaryRevised(t *testing.T) {
	w := sentWorld(t)
	w.buildSecondary(w.remit("T1", true))
	w.buildSecondary(w.remit("T2", false))
	w.want("claims", w.text(`SELECT number, state FROM claim WHERE payer_rank = 2`), "C00000003S ready\n")
	w.want("snapshot", w.text(`SELECT snapshot #>> '{others,0,adjustments,0,carc}' FROM claim WHERE payer_rank = 2`), "1\n")
	w.submit()
	w.buildSecondary(w.remit("T3", true))
	w.want("items", w.text(`SELECT kind, reason FROM work_item`),
		"secondary Medicare Part B decided claim C00000003 anew after claim C00000003S to the next payer was sent.\n")
}

// A claim that no further payer covers is a work item, not a failure.
func TestSecondaryWithoutCoverage(t *testing.T) {
	w := sentWorld(t)
	remittance := w.remit("T1", true)
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE coverage SET effective_to = '2020-01-01' WHERE rank = 2`)
		return err
	})
	w.buildSecondary(remittance)
	w.want("items", w.text(`SELECT kind, amount FROM work_item`), "secondary 12000\n")
}

// valid fails the test on any error that our own validator finds: a claim that
// passes the edits and fails the guide is a defect of the edits.
func (w *world) valid(content string) {
	w.t.Helper()
	report, err := check.Run(bytes.NewReader([]byte(content)), "sent", check.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	report.Findings(func(f *guide.Finding) {
		if f.Severity == guide.Error {
			w.t.Errorf("the validator finds: %s", fmt.Sprint(*f))
		}
	})
}
