package work

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
)

// Taken is what became of a file that was given to intake.
type Taken struct {
	IntakeFileID int64
	RunID        int64 // the run that reads it: the caller's, or one that was reading already
	Known        bool  // the same bytes were read before, to the end
	Continued    bool  // the same bytes were begun before and are not finished
}

// Intake stores a file of encounters, byte for byte, and enqueues its reading:
// both in the caller's transaction. Files of one run are read in the order in
// which they were given.
func Intake(ctx context.Context, tx pgx.Tx, queue jobs.Enqueuer, practiceID, runID int64, name string, content io.Reader, today date.Date, actor string) (Taken, error) {
	in := bufio.NewReaderSize(content, 1<<16)
	head, err := in.Peek(1)
	if err == io.EOF || (err == nil && len(head) == 0) {
		return Taken{}, fault.Invalidf("CB-INTAKE-EMPTY", "the file is empty").At(name).
			WithFix("a CSV file needs a header and a row for each service line")
	}
	if err != nil {
		return Taken{}, fault.Environmentf("CB-INTAKE-READ", "the file cannot be read").At(name).Because(err)
	}
	format := claims.FormatCSV
	head, _ = in.Peek(64)
	switch head = bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"); {
	case bytes.HasPrefix(head, []byte("{")), bytes.HasPrefix(head, []byte("[")):
		format = claims.FormatJSON
	case bytes.HasPrefix(head, []byte("ISA")) && !bytes.Contains(head, []byte(",")):
		// Not even stored: as a refused file its bytes could never be received.
		return Taken{}, fault.Invalidf("CB-INTAKE-X12", "this is an X12 file, not a file of encounters").At(name).
			WithFix("take it in with: claimbook receive FILE")
	}
	file, existed, err := exchangedb.StoreFile(ctx, tx, practiceID, exchangedb.StoreParams{
		Direction: exchangedb.In, Kind: exchangedb.Intake, Name: name, ReceivedOn: today,
	}, in)
	if err != nil {
		return Taken{}, err
	}
	if existed {
		return continueIntake(ctx, tx, queue, practiceID, runID, file, format, today, actor)
	}
	return beginIntake(ctx, tx, queue, practiceID, runID, file.ID, format, today, actor)
}

// beginIntake logs the file among the book's inputs and enqueues the reading of
// the run's first file. While files of another run are being read (a killed
// command's, or one at work beside this) it joins that run: files are read in
// the order of the log. The lock keeps the end of the file before out, which
// looks for this one.
func beginIntake(ctx context.Context, tx pgx.Tx, queue jobs.Enqueuer, practiceID, runID, fileID int64, format string, today date.Date, actor string) (Taken, error) {
	if err := claimsdb.LockIntake(ctx, tx, practiceID); err != nil {
		return Taken{}, err
	}
	if err := exchangedb.LogInput(ctx, tx, practiceID, exchangedb.InputIntake, fileID, today, actor); err != nil {
		return Taken{}, err
	}
	reading, err := claimsdb.ReadingRun(ctx, tx, practiceID)
	if err != nil {
		return Taken{}, err
	}
	if reading != 0 {
		runID = reading
	}
	f, err := claimsdb.AddIntakeFile(ctx, tx, practiceID, fileID, runID, format)
	if err != nil {
		return Taken{}, err
	}
	first, _, err := claimsdb.NextIntakeFile(ctx, tx, practiceID, runID, 0)
	if err != nil {
		return Taken{}, err
	}
	if first == f.ID { // the others follow when it is finished
		err = queue.Enqueue(ctx, tx, jobs.IntakeParseArgs{PracticeID: practiceID, RunID: runID, IntakeFileID: f.ID, Today: today})
	}
	return Taken{IntakeFileID: f.ID, RunID: runID}, err
}

// continueIntake decides about bytes that are known. A run that still has jobs
// goes on by itself; one whose jobs were parked is taken up by the new run, on
// the business date of the day on which the file came.
func continueIntake(ctx context.Context, tx pgx.Tx, queue jobs.Enqueuer, practiceID, runID int64, file exchangedb.File, format string, today date.Date, actor string) (Taken, error) {
	f, err := claimsdb.IntakeFileOf(ctx, tx, practiceID, file.ID)
	if errors.Is(err, pgx.ErrNoRows) { // the bytes came in another way
		return beginIntake(ctx, tx, queue, practiceID, runID, file.ID, format, today, actor)
	}
	if err != nil {
		return Taken{}, err
	}
	if f.State != claimsdb.IntakeStored {
		return Taken{IntakeFileID: f.ID, RunID: f.RunID, Known: true}, nil
	}
	unfinished, err := jobs.UnfinishedRuns(ctx, tx, practiceID)
	if err != nil {
		return Taken{}, err
	}
	for _, run := range unfinished {
		if run.ID == f.RunID {
			return Taken{IntakeFileID: f.ID, RunID: f.RunID, Continued: true}, nil
		}
	}
	if err := claimsdb.MoveIntakeFile(ctx, tx, practiceID, f.ID, runID); err != nil {
		return Taken{}, err
	}
	err = queue.Enqueue(ctx, tx, jobs.IntakeParseArgs{PracticeID: practiceID, RunID: runID, IntakeFileID: f.ID, Today: file.ReceivedOn})
	return Taken{IntakeFileID: f.ID, RunID: runID, Continued: true}, err
}

// chunkSize is how many encounters are written or judged at a time.
const chunkSize = 400

// parseIntake reads one stored file into encounters. The whole file is one
// transaction: a kill leaves nothing of it, and the next attempt begins anew.
func parseIntake(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.IntakeParseArgs]) error {
	if err := claimsdb.LockIntake(ctx, tx, job.PracticeID); err != nil {
		return err
	}
	file, err := claimsdb.FindIntakeFile(ctx, tx, job.PracticeID, job.Args.IntakeFileID)
	if err != nil {
		return err
	}
	if file.State != claimsdb.IntakeStored {
		return nil
	}
	known, err := claimsdb.RecordsRead(ctx, tx, job.PracticeID, file.ID)
	if err != nil {
		return err
	}
	if known == 0 { // else only the edits are left to do
		p := &parser{practiceID: job.PracticeID, file: file, today: job.Args.Today, seen: map[string]seenRecord{}}
		if err := p.parse(ctx, tx); err != nil {
			var refused *fault.Error
			if !errors.As(err, &refused) || refused.Kind != fault.Invalid {
				return err
			}
			return refuseIntake(ctx, tx, job, file, refused)
		}
	}
	job.Enqueue(jobs.EncounterValidateArgs{PracticeID: job.PracticeID, RunID: job.RunID, IntakeFileID: file.ID, FirstRecord: 1, Today: job.Args.Today})
	return nil
}

func refuseIntake(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.IntakeParseArgs], file claimsdb.IntakeFile, refused *fault.Error) error {
	if err := claimsdb.RefuseIntakeFile(ctx, tx, job.PracticeID, file.ID); err != nil {
		return err
	}
	if err := exchangedb.FinishFile(ctx, tx, job.PracticeID, file.EDIFileID, exchangedb.Refused, refused.Error()); err != nil {
		return err
	}
	return enqueueNextFile(ctx, tx, job.PracticeID, job.RunID, file.ID, job.Enqueue)
}

func enqueueNextFile(ctx context.Context, tx pgx.Tx, practiceID, runID, after int64, enqueue func(...jobs.Args)) error {
	next, receivedOn, err := claimsdb.NextIntakeFile(ctx, tx, practiceID, runID, after)
	if err == nil && next != 0 {
		enqueue(jobs.IntakeParseArgs{PracticeID: practiceID, RunID: runID, IntakeFileID: next, Today: receivedOn})
	}
	return err
}

// parser turns one file into encounters and intake records.
type parser struct {
	practiceID int64
	file       claimsdb.IntakeFile
	today      date.Date
	number     int                   // of the last record
	seen       map[string]seenRecord // by external id: the same id twice in one file
}

type seenRecord struct {
	hash [32]byte
	line int
}

func (p *parser) parse(ctx context.Context, tx pgx.Tx) error {
	content, err := exchangedb.OpenFile(ctx, tx, p.practiceID, p.file.EDIFileID)
	if err != nil {
		return err
	}
	reader, err := claims.OpenEncounters(content)
	if err != nil {
		return err
	}
	chunk := make([]*claims.ReadEncounter, 0, chunkSize)
	for {
		read, err := reader.Next()
		if err != nil && err != io.EOF {
			return err
		}
		if read != nil {
			chunk = append(chunk, read)
		}
		if len(chunk) == chunkSize || err == io.EOF {
			if err := p.save(ctx, tx, chunk); err != nil {
				return err
			}
			chunk = chunk[:0]
		}
		if err == io.EOF {
			break
		}
	}
	if p.number == 0 {
		return fault.Invalidf("CB-INTAKE-NONE", "the file has no encounter").
			WithFix("it has a header but no rows, or an empty array: export it again")
	}
	return claimsdb.SetNotices(ctx, tx, p.practiceID, p.file.ID, reader.Format(), reader.Notices())
}

// save decides about a chunk of records: refused, duplicate, held, or an
// encounter that waits for the edits.
func (p *parser) save(ctx context.Context, tx pgx.Tx, chunk []*claims.ReadEncounter) error {
	externalIDs := make([]string, 0, len(chunk))
	for _, read := range chunk {
		if len(read.Problems) == 0 {
			externalIDs = append(externalIDs, read.Record.ExternalID)
		}
	}
	heads, err := claimsdb.EncounterHeads(ctx, tx, p.practiceID, externalIDs)
	if err != nil {
		return err
	}
	records := make([]claimsdb.IntakeRecord, 0, len(chunk))
	var encounters []claimsdb.NewEncounter
	var places []int // of the encounters' records
	var withdrawn []claimsdb.EncounterHead
	var items []claims.WorkItem
	for _, read := range chunk {
		p.number++
		record := claimsdb.IntakeRecord{No: p.number, Line: read.Line, ExternalID: read.Record.ExternalID}
		decision := p.decide(read, heads)
		record.Outcome, record.Reasons, record.EncounterID = decision.outcome, decision.reasons, decision.head.ID
		if len(read.Problems) == 0 {
			hash := read.Record.Hash()
			record.Hash = hash[:]
			if decision.outcome == claimsdb.OutcomeStored {
				encounters = append(encounters, claimsdb.NewEncounter{
					ID: decision.head.ID, Version: decision.head.Version + 1, Record: read.Record, Hash: hash,
				})
				places = append(places, len(records))
			}
			if decision.withdraw {
				withdrawn = append(withdrawn, decision.head)
			}
			if decision.item != nil {
				items = append(items, *decision.item)
			}
		}
		records = append(records, record)
	}
	if err := p.withdraw(ctx, tx, withdrawn); err != nil {
		return err
	}
	encounterIDs, err := claimsdb.PutEncounters(ctx, tx, p.practiceID, encounters, p.today)
	if err != nil {
		return err
	}
	for i, id := range encounterIDs {
		records[places[i]].EncounterID = id
	}
	if err := claimsdb.OpenWorkItems(ctx, tx, p.practiceID, items); err != nil {
		return err
	}
	return claimsdb.AddRecords(ctx, tx, p.practiceID, p.file.ID, records)
}

type decision struct {
	outcome  string
	reasons  []string
	head     claimsdb.EncounterHead // of the encounter that is there; zero: none
	withdraw bool                   // its claim, unsent or rejected, gives way to the new version
	item     *claims.WorkItem
}

func (p *parser) decide(read *claims.ReadEncounter, heads map[string]claimsdb.EncounterHead) decision {
	if len(read.Problems) > 0 {
		return decision{outcome: claimsdb.OutcomeRefused, reasons: read.Problems}
	}
	record, hash := read.Record, read.Record.Hash()
	head, there := heads[record.ExternalID]
	if earlier, twice := p.seen[record.ExternalID]; twice {
		if earlier.hash == hash {
			return decision{outcome: claimsdb.OutcomeDuplicate, head: head,
				reasons: []string{fmt.Sprintf("line %d: the same encounter is on line %d of this file", read.Line, earlier.line)}}
		}
		return decision{outcome: claimsdb.OutcomeRefused, head: head, reasons: []string{fmt.Sprintf(
			"line %d: encounter %s is on line %d of this file with other content; the rows of an encounter follow each other", read.Line, record.ExternalID, earlier.line)}}
	}
	p.seen[record.ExternalID] = seenRecord{hash, read.Line}
	switch {
	case !there:
		return decision{outcome: claimsdb.OutcomeStored}
	case string(head.Hash) == string(hash[:]):
		return decision{outcome: claimsdb.OutcomeDuplicate, head: head,
			reasons: []string{fmt.Sprintf("line %d: this encounter was taken in before, with the same content", read.Line)}}
	case head.ClaimID == 0:
		return decision{outcome: claimsdb.OutcomeStored, head: head}
	case head.ClaimState == claims.Ready || head.ClaimState == claims.Held || head.ClaimState == claims.Draft || head.ClaimState == claims.Rejected:
		return decision{outcome: claimsdb.OutcomeStored, head: head, withdraw: true}
	}
	charge, err := record.Charge()
	if err != nil {
		charge = 0
	}
	return decision{outcome: claimsdb.OutcomeHeld, head: head,
		reasons: []string{fmt.Sprintf("line %d: this encounter has changed, but its claim has already been sent", read.Line)},
		item: &claims.WorkItem{
			Kind: claims.WorkHeld, DedupeKey: fmt.Sprintf("changed|%s|%x", record.ExternalID, hash[:8]),
			EncounterID: head.ID, ClaimID: head.ClaimID, Amount: charge, OpenedOn: p.today,
			Reason: fmt.Sprintf("Encounter %s came in again with other content after its claim was sent.", record.ExternalID),
			Action: "Compare the two. If the payer must know, send a replacement claim once the original is adjudicated; otherwise close this item.",
		}}
}

// withdraw voids claims that no payer has in adjudication, because a new
// version of their encounter came in.
func (p *parser) withdraw(ctx context.Context, tx pgx.Tx, heads []claimsdb.EncounterHead) error {
	moves := make([]claims.Move, 0, len(heads))
	claimIDs := make([]int64, 0, len(heads))
	for _, head := range heads {
		moves = append(moves, claims.Move{ClaimID: head.ClaimID, To: claims.Voided, Event: "withdrawn", Actor: "intake.parse", On: p.today,
			Message: "A new version of the encounter came in; no payer has this claim in adjudication, so a new one takes its place."})
		claimIDs = append(claimIDs, head.ClaimID)
	}
	for _, kind := range []claims.WorkItemKind{claims.WorkHeld, claims.WorkRejected} {
		if err := claimsdb.CloseClaimItems(ctx, tx, p.practiceID, kind, claimIDs, p.today, "a new version of the encounter came in"); err != nil {
			return err
		}
	}
	return claimsdb.Transition(ctx, tx, p.practiceID, moves)
}
