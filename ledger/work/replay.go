package work

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// replays carries out a recorded decision about the bank again.
var replays = map[string]func(ctx context.Context, tx pgx.Tx, practiceID int64, subject string, payload json.RawMessage, by By) error{
	DecideMatchByHand: func(ctx context.Context, tx pgx.Tx, practiceID int64, _ string, payload json.RawMessage, by By) error {
		var m HandMatch
		if err := json.Unmarshal(payload, &m); err != nil {
			return err
		}
		_, err := MatchByHand(ctx, tx, practiceID, m, by)
		return err
	},
	DecideUndoMatch: func(ctx context.Context, tx pgx.Tx, practiceID int64, subject string, _ json.RawMessage, by By) error {
		_, err := UndoMatch(ctx, tx, practiceID, subject, by)
		return err
	},
	DecideSlip: func(ctx context.Context, tx pgx.Tx, practiceID int64, subject string, payload json.RawMessage, by By) error {
		var p slipPayload
		if err := json.Unmarshal(payload, &p); err != nil {
			return err
		}
		_, err := MakeSlip(ctx, tx, practiceID, NewSlip{Key: subject, Receipts: p.Receipts, Checks: p.Checks, Fee: p.Fee}, by)
		return err
	},
	DecideVoidSlip: func(ctx context.Context, tx pgx.Tx, practiceID int64, subject string, _ json.RawMessage, by By) error {
		_, err := VoidSlip(ctx, tx, practiceID, subject, by)
		return err
	},
}

// Replays reports whether Replay carries out decisions of the kind.
func Replays(kind string) bool { return replays[kind] != nil }

// Replay carries out a recorded decision about the bank again in another copy of
// the book, and records it there.
func Replay(ctx context.Context, tx pgx.Tx, practiceID int64, kind, subject string, payload json.RawMessage, by By) error {
	again := replays[kind]
	if again == nil {
		return fmt.Errorf("decisions of the kind %s are not replayed here", kind)
	}
	return again(ctx, tx, practiceID, subject, payload, by)
}
