package work

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/codeset/codesetdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// validateEncounters judges one chunk of a file's records and enqueues the
// next: chunks follow each other, never run side by side, so that duplicates
// and claim numbers follow the file.
func validateEncounters(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.EncounterValidateArgs]) error {
	if err := claimsdb.LockIntake(ctx, tx, job.PracticeID); err != nil {
		return err
	}
	pending, err := claimsdb.PendingRecords(ctx, tx, job.PracticeID, job.Args.IntakeFileID, job.Args.FirstRecord, chunkSize)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		judged, err := judge(ctx, tx, job.PracticeID, pending, job.Args.Today, "encounter.validate")
		if err != nil {
			return err
		}
		if err := saveOutcomes(ctx, tx, job.PracticeID, job.Args.IntakeFileID, pending, judged); err != nil {
			return err
		}
	}
	if len(pending) == chunkSize {
		next := job.Args
		next.FirstRecord = pending[len(pending)-1].RecordNo + 1
		job.Enqueue(next)
		return nil
	}
	return finishIntake(ctx, tx, job)
}

func saveOutcomes(ctx context.Context, tx pgx.Tx, practiceID, intakeFileID int64, pending []claimsdb.PendingRecord, judged []claimsdb.JudgedEncounter) error {
	records := make([]claimsdb.IntakeRecord, len(pending))
	for i, p := range pending {
		records[i] = claimsdb.IntakeRecord{No: p.RecordNo, Outcome: claimsdb.OutcomeAccepted}
		if judged[i].State == claimsdb.EncounterHeld {
			records[i].Outcome = claimsdb.OutcomeHeld
		}
		for _, f := range judged[i].Findings {
			if f.Severity == claims.Hold || judged[i].State != claimsdb.EncounterHeld {
				records[i].Reasons = append(records[i].Reasons, f.String())
			}
		}
	}
	return claimsdb.SetOutcomes(ctx, tx, practiceID, intakeFileID, records)
}

func finishIntake(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.EncounterValidateArgs]) error {
	f, err := claimsdb.FinishIntakeFile(ctx, tx, job.PracticeID, job.Args.IntakeFileID)
	if err != nil {
		return err
	}
	outcome := fmt.Sprintf("%d encounters: %d accepted, %d held, %d duplicate, %d refused", f.Records, f.Accepted, f.Held, f.Duplicate, f.Refused)
	if err := exchangedb.FinishFile(ctx, tx, job.PracticeID, f.EDIFileID, exchangedb.Finished, outcome); err != nil {
		return err
	}
	return enqueueNextFile(ctx, tx, job.PracticeID, job.RunID, f.ID, job.Enqueue)
}

// Release judges held encounters again, after the set-up was corrected: those
// that pass now get their claims. It returns how many passed and how many are
// still held.
func Release(ctx context.Context, tx pgx.Tx, practiceID int64, externalIDs []string, today date.Date, actor string) (released, held int, err error) {
	if err := claimsdb.LockIntake(ctx, tx, practiceID); err != nil {
		return 0, 0, err
	}
	pending, err := claimsdb.PendingEncounters(ctx, tx, practiceID, externalIDs)
	if err != nil || len(pending) == 0 {
		return 0, 0, err
	}
	if _, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: exchangedb.DecisionReleaseEncounters, Subject: subjectOf(externalIDs),
		Payload: ClaimsDecision{Encounters: externalIDs}, Actor: actor, On: today}); err != nil {
		return 0, 0, err
	}
	judged, err := judge(ctx, tx, practiceID, pending, today, actor)
	for _, j := range judged {
		if j.State == claimsdb.EncounterHeld {
			held++
		} else {
			released++
		}
	}
	return released, held, err
}

// judge runs the edits over encounters in their order, charges the ledger for
// those that pass, and builds their claims.
func judge(ctx context.Context, tx pgx.Tx, practiceID int64, pending []claimsdb.PendingRecord, today date.Date, actor string) ([]claimsdb.JudgedEncounter, error) {
	if err := codesetdb.Use(ctx, tx); err != nil {
		return nil, err
	}
	j := &judgment{practiceID: practiceID, today: today, actor: actor, pending: pending}
	for _, step := range []func(context.Context, pgx.Tx) error{j.load, j.scrub, j.saveEncounters, j.saveLines, j.buildClaims, j.charge} {
		if err := step(ctx, tx); err != nil {
			return nil, err
		}
	}
	return j.judged, nil
}

type judgment struct {
	practiceID int64
	today      date.Date
	actor      string
	pending    []claimsdb.PendingRecord
	directory  *claimsdb.Directory
	subjects   []*claims.Subject
	judged     []claimsdb.JudgedEncounter
	charged    map[int64][]claimsdb.ChargedLine // by encounter: what an earlier version charged
	lines      []claimsdb.ServiceLine           // of those that passed, in order
	claimOf    map[int64]int64                  // encounter → its new claim
}

// load gathers everyone the records name.
func (j *judgment) load(ctx context.Context, tx pgx.Tx) (err error) {
	if j.directory, err = claimsdb.LoadDirectory(ctx, tx, j.practiceID); err != nil {
		return err
	}
	accounts, encounterIDs := make([]string, len(j.pending)), make([]int64, len(j.pending))
	for i, p := range j.pending {
		accounts[i], encounterIDs[i] = p.Record.Patient, p.EncounterID
	}
	patients, err := j.directory.PatientsByAccount(ctx, tx, j.practiceID, accounts)
	if err != nil {
		return err
	}
	if j.charged, err = claimsdb.ChargedLines(ctx, tx, j.practiceID, encounterIDs); err != nil {
		return err
	}
	earlier, err := j.earlier(ctx, tx, patients, encounterIDs)
	if err != nil {
		return err
	}
	for _, p := range j.pending {
		s := &claims.Subject{
			Record: p.Record, Today: j.today, Fee: j.directory.Fee,
			Billing: j.directory.Billing(p.Record.BillingProvider), Rendering: j.directory.Rendering(p.Record.RenderingProvider),
			Facility: j.directory.Facilities[p.Record.Facility],
		}
		if file, known := patients[p.Record.Patient]; known {
			patient := file.Patient
			s.Patient, s.Coverages, s.Earlier = &patient, file.Coverages, earlier[patient.ID]
		}
		j.subjects = append(j.subjects, s)
	}
	return nil
}

func (j *judgment) earlier(ctx context.Context, tx pgx.Tx, patients map[string]*claimsdb.PatientFile, encounterIDs []int64) (map[int64][]claims.EarlierService, error) {
	var from, to date.Date
	for _, p := range j.pending {
		for _, line := range p.Record.Lines {
			if from.IsZero() || line.ServiceDate.Before(from) {
				from = line.ServiceDate
			}
			if line.ServiceDate.After(to) {
				to = line.ServiceDate
			}
		}
	}
	patientIDs := make([]int64, 0, len(patients))
	for _, file := range patients {
		patientIDs = append(patientIDs, file.Patient.ID)
	}
	return claimsdb.EarlierServices(ctx, tx, j.practiceID, patientIDs, encounterIDs, from, to)
}

// scrub runs the edits. An encounter that passes is earlier than those behind it.
func (j *judgment) scrub(ctx context.Context, tx pgx.Tx) error {
	passed := map[int64][]claims.EarlierService{} // by patient
	var items []claims.WorkItem
	var released []int64
	for i, s := range j.subjects {
		p := j.pending[i]
		if s.Patient != nil {
			s.Earlier = append(append([]claims.EarlierService(nil), s.Earlier...), passed[s.Patient.ID]...)
		}
		findings := claims.Scrub(s, j.directory.Switches)
		e := claimsdb.JudgedEncounter{ID: p.EncounterID, Subject: s, Findings: findings}
		switch holds := claims.Holds(findings); {
		case len(holds) > 0:
			e.State = claimsdb.EncounterHeld
			items = append(items, claims.HeldItem(s, p.EncounterID, p.Version, holds))
		case s.SelfPay():
			e.State = claimsdb.EncounterSelfPay
		default:
			e.State = claimsdb.EncounterClaimed
		}
		if e.State != claimsdb.EncounterHeld {
			for _, line := range s.Record.Lines {
				passed[s.Patient.ID] = append(passed[s.Patient.ID], claims.EarlierService{ExternalID: p.Record.ExternalID,
					ServiceDate: line.ServiceDate, Procedure: line.Procedure, Modifiers: line.Modifiers, RenderingID: s.Rendering.ID})
			}
			released = append(released, p.EncounterID)
		}
		j.judged = append(j.judged, e)
	}
	if err := claimsdb.CloseEncounterItems(ctx, tx, j.practiceID, released, j.today, "the encounter passes the edits now"); err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, j.practiceID, items)
}

func (j *judgment) saveEncounters(ctx context.Context, tx pgx.Tx) error {
	return claimsdb.SaveJudged(ctx, tx, j.practiceID, j.judged)
}

func (j *judgment) saveLines(ctx context.Context, tx pgx.Tx) error {
	diagnoses := map[int64][]string{}
	for i, e := range j.judged {
		if e.State == claimsdb.EncounterHeld {
			continue
		}
		diagnoses[e.ID] = e.Subject.Record.Diagnoses
		for n, line := range e.Subject.Record.Lines {
			description := line.Description
			if description == "" {
				description = j.directory.Description(line.Procedure, line.Modifiers, line.ServiceDate)
			}
			j.lines = append(j.lines, claimsdb.ServiceLine{EncounterID: e.ID, LineNo: n + 1, Version: j.pending[i].Version, Line: line, Description: description})
		}
	}
	return claimsdb.PutServiceLines(ctx, tx, j.practiceID, diagnoses, j.lines)
}

// buildClaims freezes the claims of the primary payers, numbered in the order
// of the records.
func (j *judgment) buildClaims(ctx context.Context, tx pgx.Tx) error {
	lineIDs := map[int64][]int64{}
	for _, line := range j.lines {
		lineIDs[line.EncounterID] = append(lineIDs[line.EncounterID], line.ID)
	}
	var list []claimsdb.NewClaim
	for _, e := range j.judged {
		if e.State != claimsdb.EncounterClaimed {
			continue
		}
		s := e.Subject
		coverage := s.Primary()
		list = append(list, claimsdb.NewClaim{
			EncounterID: e.ID, PatientID: s.Patient.ID, CoverageID: coverage.ID, RenderingID: s.Rendering.ID,
			ServiceDate: s.Record.ServiceDate(), TimelyBy: s.TimelyBy(), Snapshot: claims.BuildClaim(s, coverage),
			ServiceLineIDs: lineIDs[e.ID], Event: "built", Actor: j.actor,
			Message: fmt.Sprintf("Built for %s from encounter %s; it goes out with the next submission.", coverage.Payer.Name, s.Record.ExternalID),
		})
	}
	j.claimOf = map[int64]int64{}
	if err := addNumberedClaims(ctx, tx, j.practiceID, list, j.today); err != nil {
		return err
	}
	for _, c := range list {
		j.claimOf[c.EncounterID] = c.ID
	}
	return nil
}

// addNumberedClaims gives claims the practice's next numbers, in their order,
// and adds them.
func addNumberedClaims(ctx context.Context, tx pgx.Tx, practiceID int64, list []claimsdb.NewClaim, today date.Date) error {
	if len(list) == 0 {
		return nil
	}
	first, err := exchangedb.NextNumbers(ctx, tx, practiceID, 0, exchangedb.NumberClaim, len(list))
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Snapshot.SetNumber(claims.ClaimNumber(first + int64(i)))
	}
	return claimsdb.AddClaims(ctx, tx, practiceID, list, today)
}

// charge posts each line once: to the primary payer, or to the patient where
// nobody else is billed. Of a new version the earlier charge is taken back first.
func (j *judgment) charge(ctx context.Context, tx pgx.Tx) error {
	if len(j.lines) == 0 {
		return nil
	}
	on, err := ledgerdb.PostingDate(ctx, tx, j.practiceID, j.today)
	if err != nil {
		return err
	}
	byEncounter := map[int64]*claimsdb.JudgedEncounter{}
	for i := range j.judged {
		byEncounter[j.judged[i].ID] = &j.judged[i]
	}
	var entries []ledger.Entry
	taken := map[int64]bool{}
	for _, line := range j.lines {
		e := byEncounter[line.EncounterID]
		s := e.Subject
		if !taken[e.ID] {
			taken[e.ID] = true
			mirrors, err := j.takeBack(ctx, tx, s.Record.ExternalID, j.charged[e.ID], line.Version, on)
			if err != nil {
				return err
			}
			entries = append(entries, mirrors...)
		}
		receivable := ledger.Key{Account: ledger.ARPatient, ServiceLineID: line.ID, PatientID: s.Patient.ID}
		if e.State == claimsdb.EncounterClaimed {
			receivable = ledger.Key{Account: ledger.ARInsurance, ServiceLineID: line.ID, PayerID: s.Primary().Payer.ID, PayerRank: 1}
		}
		entry := ledger.Entry{
			PostingDate: on, Kind: "charge", SourceKey: chargeKey(s.Record.ExternalID, line.LineNo, line.Version),
			Memo: fmt.Sprintf("Charge for %s on %s", line.Line.Procedure, line.Line.ServiceDate), Actor: j.actor,
		}
		entry.Move(receivable, ledger.Key{Account: ledger.GrossCharges}, line.Line.Charge, ledger.Dimensions{
			ClaimID: j.claimOf[e.ID], GuarantorID: s.Patient.GuarantorID, ProviderID: s.Rendering.ID,
			ServiceDate: line.Line.ServiceDate, ByteOffset: -1,
		})
		entries = append(entries, entry)
	}
	_, err = ledgerdb.Post(ctx, tx, j.practiceID, entries)
	return err
}

// takeBack mirrors the charges of an earlier version of an encounter.
func (j *judgment) takeBack(ctx context.Context, tx pgx.Tx, externalID string, charged []claimsdb.ChargedLine, version int, on date.Date) ([]ledger.Entry, error) {
	var mirrors []ledger.Entry
	for _, line := range charged {
		key := chargeKey(externalID, line.LineNo, line.Version)
		posted, err := ledgerdb.EntriesBySource(ctx, tx, j.practiceID, key)
		if err != nil {
			return nil, err
		}
		for _, old := range posted {
			if old.SourceKey != key || old.ReversedBy != 0 { // the prefix finds |1 and |10
				continue
			}
			mirror := old.Mirror()
			mirror.PostingDate, mirror.Kind, mirror.Reverses, mirror.Actor = on, "charge-reversal", old.ID, j.actor
			mirror.SourceKey = fmt.Sprintf("%s|replaced-by|%d", key, version)
			mirror.Memo = fmt.Sprintf("Encounter %s came in again", externalID)
			mirrors = append(mirrors, mirror)
		}
	}
	return mirrors, nil
}

func chargeKey(externalID string, line, version int) string {
	return fmt.Sprintf("charge|%s|%d|%d", externalID, line, version)
}
