package work

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// BuildFound builds the first payer's claim of a visit that was charged to
// somebody else: its insurance was found later. The patient's coverage by the
// payer must be in the set-up, of rank 1 on the day of service, and the visit must
// pass the edits. The claim is ready and goes out with the next submission.
func BuildFound(ctx context.Context, tx pgx.Tx, practiceID int64, visit, payer string, today date.Date, actor string) (number string, claimID int64, err error) {
	if err := claimsdb.LockIntake(ctx, tx, practiceID); err != nil {
		return "", 0, err
	}
	if err := codesetdb.Use(ctx, tx); err != nil {
		return "", 0, err
	}
	s, encounterID, switches, err := subjectOfVisit(ctx, tx, practiceID, visit, today)
	if err != nil {
		return "", 0, err
	}
	coverage := s.Primary()
	if coverage == nil || coverage.Payer.Code != payer {
		return "", 0, notFirst(s, visit, payer)
	}
	existing, err := claimsdb.ClaimsOfRank(ctx, tx, practiceID, encounterID, coverage.Rank)
	if err != nil {
		return "", 0, err
	}
	for _, c := range existing {
		if c.State != claims.Voided && c.State != claims.Replaced && c.State != claims.Closed {
			return "", 0, fault.Invalidf("CB-FOUND-CLAIM", "claim %s of the visit is %s: its payer is asked already", c.Number, c.State).At("encounter " + visit).
				WithFix("if that coverage had ended: claimbook decide coverage-ended " + c.Number)
		}
	}
	if holds := claims.Holds(claims.Scrub(s, switches)); len(holds) > 0 {
		reasons := make([]string, len(holds))
		for i, f := range holds {
			reasons[i] = f.String()
		}
		return "", 0, fault.Invalidf("CB-FOUND-HELD", "a claim of it would be held: %s", strings.Join(reasons, "; ")).At("encounter " + visit).WithFix("correct the set-up or the encounter; nothing was moved")
	}
	rows, err := tx.Query(ctx, `select id from service_line where practice_id = $1 and encounter_id = $2 and not deleted order by line_no`, practiceID, encounterID)
	if err != nil {
		return "", 0, err
	}
	lineIDs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return "", 0, err
	}
	if len(lineIDs) != len(s.Record.Lines) {
		return "", 0, fault.Invalidf("CB-FOUND-LINES", "the visit is charged by %d lines and its record has %d", len(lineIDs), len(s.Record.Lines)).At("encounter " + visit)
	}
	list := []claimsdb.NewClaim{{
		EncounterID: encounterID, PatientID: s.Patient.ID, CoverageID: coverage.ID, RenderingID: s.Rendering.ID,
		ServiceDate: s.Record.ServiceDate(), TimelyBy: s.TimelyBy(), Snapshot: claims.BuildClaim(s, coverage),
		ServiceLineIDs: lineIDs, Event: "built", Actor: actor,
		Message: fmt.Sprintf("Built for %s, whose coverage was found later; it goes out with the next submission.", coverage.Payer.Name),
	}}
	if err := addNumberedClaims(ctx, tx, practiceID, list, today); err != nil {
		return "", 0, err
	}
	_, err = tx.Exec(ctx, `update encounter set state = 'claimed' where practice_id = $1 and id = $2`, practiceID, encounterID)
	return list[0].Snapshot.Number, list[0].ID, err
}

// notFirst says why a payer cannot be the one that was found, and what helps.
func notFirst(s *claims.Subject, visit, payer string) error {
	day := s.Record.ServiceDate()
	e := fault.Invalidf("CB-FOUND-COVERAGE", "%s is not the patient's first payer on %s: the set-up has no coverage by it on that day", payer, day).
		WithFix("import the coverage with rank 1, then decide again: claimbook practice import")
	for i := range s.Coverages {
		c := &s.Coverages[i]
		if c.Payer.Code != payer || !c.ActiveOn(day) {
			continue
		}
		e = fault.Invalidf("CB-FOUND-COVERAGE", "%s is not the patient's first payer on %s: the set-up has it as number %d", payer, day, c.Rank).
			WithFix("if it pays first, give it rank 1 and decide again (claimbook practice import); if another payer comes first, nothing is to be decided: " +
				"it is asked when that payer answers, and for an answer that was posted before, bill it yourself")
	}
	return e.At("encounter " + visit)
}

// subjectOfVisit gathers what a visit's claim says, as of now.
func subjectOfVisit(ctx context.Context, tx pgx.Tx, practiceID int64, visit string, today date.Date) (*claims.Subject, int64, map[string]claims.Severity, error) {
	var encounterID int64
	var content []byte
	err := tx.QueryRow(ctx, `select id, content from encounter where practice_id = $1 and external_id = $2 and state in ('claimed', 'self-pay') for update`, practiceID, visit).Scan(&encounterID, &content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, 0, nil, fault.NotFoundf("CB-FOUND-VISIT", "no visit %s is charged", visit)
	}
	if err != nil {
		return nil, 0, nil, err
	}
	var record claims.EncounterRecord
	if err := json.Unmarshal(content, &record); err != nil {
		return nil, 0, nil, err
	}
	record.SelfPay = false
	directory, err := claimsdb.LoadDirectory(ctx, tx, practiceID)
	if err != nil {
		return nil, 0, nil, err
	}
	patients, err := directory.PatientsByAccount(ctx, tx, practiceID, []string{record.Patient})
	if err != nil {
		return nil, 0, nil, err
	}
	s := &claims.Subject{Record: record, Today: today, Fee: directory.Fee, Billing: directory.Billing(record.BillingProvider),
		Rendering: directory.Rendering(record.RenderingProvider), Facility: directory.Facilities[record.Facility]}
	if file := patients[record.Patient]; file != nil {
		s.Patient, s.Coverages = &file.Patient, file.Coverages
	}
	return s, encounterID, directory.Switches, nil
}
