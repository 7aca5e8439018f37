package work

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/ack"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/edi/x12"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/money"
)

// applyAcknowledgment is the job ack.apply: one TA1, or one 999 or 277CA
// transaction set, moves the claims that it answers. Applied once: the row in
// acknowledgment is the gate. Answers come in any order, so one that is behind
// what is known already is an event on the timeline and moves nothing.
func applyAcknowledgment(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.AckApplyArgs]) error {
	response, err := readResponse(ctx, tx, job.PracticeID, job.Args.FileID, job.Args.ByteOffset)
	if err != nil {
		return err
	}
	a := &answering{
		practiceID: job.PracticeID, sender: response.Interchange.Sender, on: job.Args.Today,
		ack: claimsdb.Acknowledgment{EDIFileID: job.Args.FileID, ByteOffset: job.Args.ByteOffset, ReceivedOn: job.Args.Today},
	}
	apply := a.envelope
	switch {
	case response.Envelope != nil:
		a.ack.Kind, a.ack.Control = "TA1", response.Envelope.Control
	case response.Implementation != nil:
		a.ack.Kind, a.ack.Control, apply = "999", response.Implementation.Header.Control, a.implementation
	default:
		a.ack.Kind, a.ack.Control, apply = "277CA", response.Claims.Header.Control, a.claimAck
	}
	id, first, err := claimsdb.BeginAcknowledgment(ctx, tx, job.PracticeID, a.ack)
	if err != nil {
		return err
	}
	if !first {
		return a.finish(ctx, tx, "applied before")
	}
	if err := apply(ctx, tx, response); err != nil {
		return err
	}
	if err := a.save(ctx, tx); err != nil {
		return err
	}
	if err := claimsdb.FinishAcknowledgment(ctx, tx, job.PracticeID, id, a.ack); err != nil {
		return err
	}
	return a.finish(ctx, tx, a.ack.Outcome)
}

// finish says what became of this part of the file; with the last part the file
// is finished. It locks the file's row, so it comes last.
func (a *answering) finish(ctx context.Context, tx pgx.Tx, outcome string) error {
	return exchangedb.FinishTransaction(ctx, tx, a.practiceID, a.ack.EDIFileID, a.ack.ByteOffset, exchangedb.Done, outcome)
}

// readResponse reads the acknowledgment that begins at an offset of a stored file.
func readResponse(ctx context.Context, tx pgx.Tx, practiceID, fileID, offset int64) (*ack.Response, error) {
	content, err := exchangedb.OpenFile(ctx, tx, practiceID, fileID)
	if err != nil {
		return nil, err
	}
	decoder := ack.NewDecoder(x12.NewReader(content))
	for {
		response, err := decoder.Next()
		if err == io.EOF {
			return nil, fault.Invalidf("CB-ACK-PLACE", "no acknowledgment that can be read begins at byte %d", offset).
				WithFix("look at the file with: claimbook edi check")
		}
		if err != nil {
			if decoder.Fatal() {
				return nil, fault.Invalidf("CB-ACK-READ", "the acknowledgment cannot be read").Because(err).
					WithFix("ask the partner to send it again")
			}
			continue // of another transaction set, or of ours: then the end is reached
		}
		if begin(response) == offset {
			return response, nil
		}
	}
}

func begin(r *ack.Response) int64 {
	switch {
	case r.Envelope != nil:
		return r.Envelope.ByteOffset
	case r.Implementation != nil:
		return r.Implementation.ByteOffset
	default:
		return r.Claims.ByteOffset
	}
}

// answering applies one acknowledgment.
type answering struct {
	practiceID int64
	sender     string // ISA06 of who answers
	on         date.Date
	ack        claimsdb.Acknowledgment
	batch      claimsdb.Batch

	moves    []claims.Move
	items    []claims.WorkItem
	answered []int64          // claims that have an answer now
	numbers  map[int64]string // claim → the payer's number of it
}

func (a *answering) save(ctx context.Context, tx pgx.Tx) error {
	if err := claimsdb.Transition(ctx, tx, a.practiceID, a.moves); err != nil {
		return err
	}
	if err := claimsdb.SetPayerClaimNumbers(ctx, tx, a.practiceID, a.numbers); err != nil {
		return err
	}
	if err := claimsdb.CloseClaimItems(ctx, tx, a.practiceID, claims.WorkNoResponse, a.answered, a.on, "an answer came in"); err != nil {
		return err
	}
	if a.batch.ID != 0 {
		if err := claimsdb.CloseWorkItems(ctx, tx, a.practiceID, []string{claimsdb.BatchSilenceKey(a.batch.Number)}, a.on, "an acknowledgment came in"); err != nil {
			return err
		}
	}
	return claimsdb.OpenWorkItems(ctx, tx, a.practiceID, a.items)
}

// move puts an event on a claim's timeline, and moves the claim where that is
// a step forward; it reports whether the claim moved.
func (a *answering) move(c claimsdb.ClaimState, to claims.State, event, message string, offset int64) bool {
	m := claims.Move{ClaimID: c.ID, Event: event, Message: message, Actor: a.sender, On: a.on, EDIFileID: a.ack.EDIFileID, ByteOffset: offset}
	if c.State.Advances(to) || (to == claims.Rejected && c.State != claims.Rejected && c.State.May(claims.Rejected)) {
		m.To = to
	}
	a.moves = append(a.moves, m)
	a.answered = append(a.answered, c.ID)
	return m.To != ""
}

// unmatched opens a work item for an answer to nothing that we sent.
func (a *answering) unmatched(what string) {
	a.ack.Outcome, a.ack.Message = "unmatched", what
	a.items = append(a.items, claims.WorkItem{
		Kind: claims.WorkUnmatched, DedupeKey: fmt.Sprintf("unmatched|%s|%s|%s|%d", a.sender, a.ack.Kind, a.ack.Control, a.ack.ByteOffset),
		EDIFileID: a.ack.EDIFileID, OpenedOn: a.on, Reason: what,
		Action: "Check whether the file was meant for this practice; if so, ask the partner which file it answers.",
	})
}

// envelope applies a TA1.
func (a *answering) envelope(ctx context.Context, tx pgx.Tx, r *ack.Response) (err error) {
	control, err := strconv.ParseInt(r.Envelope.Control, 10, 64)
	if err == nil {
		if a.batch, err = claimsdb.AnsweredBatch(ctx, tx, a.practiceID, a.sender, control, 0); err != nil {
			return err
		}
	}
	if a.batch.ID == 0 {
		a.unmatched(fmt.Sprintf("A TA1 from %s answers interchange %s, which was not sent.", a.sender, r.Envelope.Control))
		return nil
	}
	a.ack.BatchID = a.batch.ID
	list, err := claimsdb.ClaimsOfBatch(ctx, tx, a.practiceID, a.batch.ID)
	if err != nil {
		return err
	}
	if r.Envelope.Code != "R" {
		a.ack.Outcome, a.ack.Accepted, a.ack.Message = "accepted", len(list), "The envelope was taken."
		if r.Envelope.Code == "E" {
			a.ack.Outcome, a.ack.Message = "accepted with errors", "The envelope was taken with errors: "+claims.ExplainTA1(r.Envelope.Note)+"."
		}
		for _, c := range list {
			a.move(c, "", "ta1", a.ack.Message, r.Envelope.ByteOffset)
		}
		a.answered = nil // the envelope says nothing of a claim yet
		return nil
	}
	reason := fmt.Sprintf("The whole file was refused: %s (TA1 note %s).", claims.ExplainTA1(r.Envelope.Note), r.Envelope.Note)
	a.rejectAll(list, "ta1", reason, "", r.Envelope.ByteOffset)
	return claimsdb.SetBatchState(ctx, tx, a.practiceID, a.batch.ID, claimsdb.BatchRejected)
}

// rejectAll rejects claims of which none is to blame by name: one work item for
// the batch, or for one of its transaction sets.
func (a *answering) rejectAll(list []claimsdb.ClaimState, event, reason, set string, offset int64) {
	var total money.Cents
	var due date.Date
	n := 0
	for _, c := range list {
		if !a.move(c, claims.Rejected, event, reason, offset) {
			continue
		}
		n++
		total += c.Charge
		if due.IsZero() || (!c.TimelyBy.IsZero() && c.TimelyBy.Before(due)) {
			due = c.TimelyBy
		}
	}
	a.ack.Outcome, a.ack.Message = "rejected", reason
	a.ack.Rejected += n
	if n == 0 {
		return
	}
	place := fmt.Sprintf("Batch %d", a.batch.Number)
	if set != "" {
		place += ", transaction set " + set
	}
	a.items = append(a.items, claims.WorkItem{
		Kind: claims.WorkRejected, DedupeKey: fmt.Sprintf("rejected-file|%d|%s", a.batch.Number, set), BatchID: a.batch.ID, EDIFileID: a.ack.EDIFileID,
		Reason: fmt.Sprintf("%s: %s Its %d claims never reached a payer.", place, reason, n),
		Action: fmt.Sprintf("Correct what the reason names, then release the claims: claimbook claims release --batch %d; they go out with the next submission.", a.batch.Number),
		Amount: total, DueOn: due, OpenedOn: a.on,
	})
}

// reject rejects one claim and says what to correct.
func (a *answering) reject(c claimsdb.ClaimState, event string, answer claims.Answer, offset int64) {
	message := strings.TrimPrefix(answer.Message, "Rejected: ") // the sentence around it says so
	if answer.Field != "" {
		message += ". To correct: " + answer.Field
	}
	if !a.move(c, claims.Rejected, event, "Rejected: "+message+".", offset) {
		return // of an earlier submission, or told before
	}
	a.items = append(a.items, claims.WorkItem{
		Kind: claims.WorkRejected, DedupeKey: fmt.Sprintf("rejected|%s|%d", c.Number, c.BatchID), ClaimID: c.ID, PatientID: c.PatientID,
		PayerID: c.PayerID, BatchID: c.BatchID, EDIFileID: a.ack.EDIFileID, Reason: fmt.Sprintf("Claim %s was rejected: %s.", c.Number, message),
		Action: answer.Action, Amount: c.Charge, DueOn: c.TimelyBy, OpenedOn: a.on,
	})
}

// claimAck applies a 277CA.
func (a *answering) claimAck(ctx context.Context, tx pgx.Tx, r *ack.Response) error {
	var numbers []string
	for c := range r.Claims.Claims() {
		numbers = append(numbers, c.ControlNumber())
	}
	known, err := claimsdb.ClaimStates(ctx, tx, a.practiceID, numbers)
	if err != nil {
		return err
	}
	a.numbers = map[int64]string{}
	strangers := 0
	batches := map[string]claimsdb.Batch{}
	for c, path := range r.Claims.Claims() {
		state, ours := known[c.ControlNumber()]
		if !ours {
			strangers++
			continue
		}
		answer := claims.AnswerOf(c)
		batch, err := a.answeredBatch(ctx, tx, batches, path.Receiver.Trace.Number)
		if err != nil {
			return err
		}
		if batch.ID != 0 && state.BatchID != 0 && batch.ID != state.BatchID {
			a.late(state, batch, answer, c.ByteOffset)
			continue
		}
		a.ack.BatchID = state.BatchID
		if number := c.PayerControlNumber(); number != "" {
			a.numbers[state.ID] = number
		}
		switch {
		case !answer.Rejected:
			a.ack.Accepted++
			a.move(state, answer.State, "277ca", answer.Message+".", c.ByteOffset)
		case state.State.Adjudicated():
			a.ack.Rejected++
			a.move(state, "", "277ca", "Rejected, after the payer had decided it: "+answer.Message+".", c.ByteOffset)
		default:
			a.ack.Rejected++
			a.reject(state, "277ca", answer, c.ByteOffset)
		}
		if last := len(a.moves) - 1; a.moves[last].To != "" { // the same claim may be answered twice
			state.State = a.moves[last].To
			known[c.ControlNumber()] = state
		}
	}
	if err := a.rejectedSets(ctx, tx, r.Claims, len(numbers)); err != nil {
		return err
	}
	switch {
	case a.ack.Outcome != "":
	case a.ack.Accepted+a.ack.Rejected == 0:
		a.unmatched(fmt.Sprintf("A 277CA from %s answers %d claims, none of which is in this book.", a.sender, strangers))
	case a.ack.Rejected == 0:
		a.ack.Outcome = "accepted"
	case a.ack.Accepted == 0:
		a.ack.Outcome = "rejected"
	default:
		a.ack.Outcome = "partly accepted"
	}
	if strangers > 0 && a.ack.Outcome != "unmatched" {
		a.ack.Message = strings.TrimSpace(fmt.Sprintf("%s %d of its claims are not in this book.", a.ack.Message, strangers))
	}
	return nil
}

// answeredBatch finds the batch that a 277CA speaks of by its 2200B TRN02, where
// that repeats BHT03 of our 837; one without an id when it does not.
func (a *answering) answeredBatch(ctx context.Context, tx pgx.Tx, known map[string]claimsdb.Batch, trace string) (claimsdb.Batch, error) {
	if batch, asked := known[trace]; asked {
		return batch, nil
	}
	var batch claimsdb.Batch
	code, number, _, ok := splitTrace(trace)
	if ok {
		var err error
		if batch, err = claimsdb.BatchOfPractice(ctx, tx, a.practiceID, code, number); err != nil {
			return batch, err
		}
	}
	known[trace] = batch
	return batch, nil
}

// splitTrace takes BHT03 of our 837 apart: <practice>B<batch>S<transaction set>.
func splitTrace(trace string) (practice string, batch int64, set string, ok bool) {
	at := strings.LastIndexByte(trace, 'B')
	if at < 0 {
		return "", 0, "", false
	}
	number, set, found := strings.Cut(trace[at+1:], "S")
	batch, err := strconv.ParseInt(number, 10, 64)
	return trace[:at], batch, set, found && err == nil
}

// late puts the answer to an earlier submission on the timeline of a claim that
// has gone out again since: it says nothing of the one that is under way.
func (a *answering) late(c claimsdb.ClaimState, of claimsdb.Batch, answer claims.Answer, offset int64) {
	if a.ack.BatchID == 0 {
		a.ack.BatchID = of.ID
	}
	if answer.Rejected {
		a.ack.Rejected++
	} else {
		a.ack.Accepted++
	}
	a.moves = append(a.moves, claims.Move{ClaimID: c.ID, Event: "277ca", Actor: a.sender, On: a.on, EDIFileID: a.ack.EDIFileID, ByteOffset: offset,
		Message: fmt.Sprintf("A late answer to its submission in batch %d; it has gone out again since: %s.", of.Number, answer.Message)})
}

// rejectedSets handles a 277CA that rejects a whole transaction set at the
// receiver's level (2200B) and lists no claims.
func (a *answering) rejectedSets(ctx context.Context, tx pgx.Tx, v *ack.ClaimAck, listed int) error {
	if listed > 0 {
		return nil
	}
	for _, source := range v.Sources {
		for _, receiver := range source.Receivers {
			for i := range receiver.Statuses {
				if !receiver.Statuses[i].Rejected() {
					continue
				}
				_, batch, set, ok := splitTrace(receiver.Trace.Number)
				if !ok {
					continue
				}
				var err error
				if a.batch, err = claimsdb.BatchByNumber(ctx, tx, a.practiceID, batch); err != nil {
					return err
				}
				if a.batch.ID == 0 {
					continue
				}
				a.ack.BatchID = a.batch.ID
				list, err := a.claimsOfSet(ctx, tx, set)
				if err != nil {
					return err
				}
				answer := claims.AnswerOf(&ack.ClaimStatus{Statuses: receiver.Statuses[i : i+1]})
				a.rejectAll(list, "277ca", "The transaction set was rejected: "+answer.Message+".", set, receiver.Statuses[i].ByteOffset)
				break
			}
		}
	}
	return nil
}

func (a *answering) claimsOfSet(ctx context.Context, tx pgx.Tx, set string) ([]claimsdb.ClaimState, error) {
	all, err := claimsdb.ClaimsOfBatch(ctx, tx, a.practiceID, a.batch.ID)
	var list []claimsdb.ClaimState
	for _, c := range all {
		if c.SetControl == set {
			list = append(list, c)
		}
	}
	return list, err
}
