package exchangedb

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
)

// Kinds of decisions about claims and encounters. Those about money are with
// billing and the ledger.
const (
	DecisionHold              = "hold"               // ready claims are kept from being sent
	DecisionReleaseClaims     = "release-claims"     // held and rejected claims go out
	DecisionReleaseEncounters = "release-encounters" // held encounters are judged again
	DecisionMatchDeposits     = "deposit-match"      // bank lines were matched, within some days
)

// Decision is what a person decided. Payload holds all that carrying it out
// again needs, in the practice's own codes and numbers, never in ids.
type Decision struct {
	Kind, Subject string
	Payload       any
	Reason        string
	Actor         string
	On            date.Date
}

// Decide records what a person decided, before it moves anything, and puts it
// into the order of inputs.
func Decide(ctx context.Context, tx pgx.Tx, practiceID int64, d Decision) (id int64, err error) {
	payload, err := json.Marshal(d.Payload)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `insert into decision (practice_id, kind, subject, payload, reason, actor, decided_on) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		practiceID, d.Kind, d.Subject, payload, d.Reason, d.Actor, d.On).Scan(&id)
	if err != nil {
		return 0, err
	}
	return id, LogInput(ctx, tx, practiceID, InputDecision, id, d.On, d.Actor)
}
