package work

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/jobs"
)

// replays carries out a recorded decision again: its subject and its payload
// name everything in the practice's own keys, numbers and codes.
var replays = map[string]func(d *Desk, subject string, payload json.RawMessage) (Decided, error){
	DecideReturnCash: func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.ReturnCash(subject) },
	DecideAccept:     func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.Accept(subject) },
	DecideClose:      func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.CloseClaim(subject) },
	DecideStand:      func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.Stand(subject) },
	DecideUndo:       func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.Undo(subject) },
	DecideDismiss:    func(d *Desk, subject string, _ json.RawMessage) (Decided, error) { return d.Dismiss(subject) },
	DecideTreat: with(func(d *Desk, subject string, p treatPayload) (Decided, error) {
		if p.Code != "" {
			subject = subject[:len(subject)-len(p.Code)-1]
		}
		return d.Treat(Treat{Item: subject, As: p.As, Code: p.Code, Remember: p.Remember})
	}),
	DecideAssignLine: with(func(d *Desk, subject string, p linePayload) (Decided, error) { return d.AssignLine(subject, p.Line) }),
	DecideClassify: with(func(d *Desk, subject string, p classifyPayload) (Decided, error) {
		return d.Classify(Classify{Item: subject, Account: p.Account, Reference: p.Reference, Remember: p.Remember})
	}),
	DecideRefundPayer: with(func(d *Desk, _ string, p refundPayload) (Decided, error) {
		return d.RefundPayer(RefundPayer(p))
	}),
	DecideRefundPaid: with(func(d *Desk, _ string, p refundPayload) (Decided, error) {
		return d.RefundPaid(RefundPayer{Payer: p.Payer, Reference: p.Reference, Amount: p.Amount})
	}),
	DecideOffset: with(func(d *Desk, _ string, p refundPayload) (Decided, error) { return d.OffsetRefund(p.Payer, p.Reference) }),
	DecideCoverageEnded: with(func(d *Desk, subject string, p endedPayload) (Decided, error) {
		return d.CoverageEnded(EndedCoverage{Claim: subject, On: p.Ended})
	}),
	DecideCoverageFound: with(func(d *Desk, subject string, p foundPayload) (Decided, error) {
		return d.CoverageFound(FoundCoverage{Visit: subject, Payer: p.Payer})
	}),
	DecideWriteOff: with(func(d *Desk, subject string, p writeOffPayload) (Decided, error) {
		return d.WriteOffPatient(PatientWriteOff{Key: subject, Account: p.Patient, As: p.As, Amount: p.Amount, Visit: p.Visit})
	}),
	DecideApply: with(func(d *Desk, subject string, p applyPayload) (Decided, error) {
		return d.ApplyCredit(CreditToApply{Key: subject, Account: p.Patient, Amount: p.Amount, Reserved: p.Reserved, Visit: p.Visit})
	}),
}

// Recorded is a row of the table decision.
type Recorded struct {
	Kind, Subject string
	Payload       json.RawMessage
	By
}

// Replays reports whether Replay carries out decisions of the kind. Matches
// ("match") are replayed by MatchClaim, which needs the payment's id.
func Replays(kind string) bool { return replays[kind] != nil }

// Replay carries out a recorded decision again in another copy of the book, and
// records it there.
func Replay(ctx context.Context, tx pgx.Tx, enqueue jobs.Enqueuer, practiceID int64, r Recorded) error {
	again := replays[r.Kind]
	if again == nil {
		return fmt.Errorf("decisions of the kind %s are not replayed here", r.Kind)
	}
	_, err := again(NewDesk(ctx, tx, enqueue, practiceID, r.By), r.Subject, r.Payload)
	return err
}

// with reads the payload into what its kind keeps there.
func with[T any](again func(d *Desk, subject string, p T) (Decided, error)) func(*Desk, string, json.RawMessage) (Decided, error) {
	return func(d *Desk, subject string, payload json.RawMessage) (Decided, error) {
		var p T
		if err := json.Unmarshal(payload, &p); err != nil {
			return Decided{}, fmt.Errorf("the payload of a decision cannot be read: %w", err)
		}
		return again(d, subject, p)
	}
}
