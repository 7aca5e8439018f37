package claimsdb

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/postgres"
)

// Transition records moves on the timelines of their claims, in the order
// given, and sets the states that they lead to. A transition that the table of
// package claims does not have is refused, and nothing is recorded.
func Transition(ctx context.Context, tx pgx.Tx, practiceID int64, moves []claims.Move) error {
	if len(moves) == 0 {
		return nil
	}
	state, number, err := lockStates(ctx, tx, practiceID, moves)
	if err != nil {
		return err
	}
	changed := map[int64]bool{}
	from := make([]string, len(moves))
	to := make([]string, len(moves))
	for i, move := range moves {
		before, known := state[move.ClaimID]
		if !known {
			return fault.NotFoundf("CB-CLAIM-001", "claim %d is not in this practice's book", move.ClaimID)
		}
		after := before
		if move.To != "" {
			if err := claims.CheckMove(number[move.ClaimID], before, move.To); err != nil {
				return err
			}
			after = move.To
		}
		if after != before {
			state[move.ClaimID], changed[move.ClaimID] = after, true
		}
		from[i], to[i] = string(before), string(after)
	}
	if err := saveStates(ctx, tx, practiceID, state, changed); err != nil {
		return err
	}
	// The table numbers the events in the order of the moves, so that a timeline
	// read by id is in order.
	return postgres.Load(ctx, tx, "claim_event", []string{"practice_id", "claim_id", "event", "from_state", "to_state", "message", "actor",
		"occurred_on", "edi_file_id", "byte_offset", "remittance_id"}, len(moves), func(i int) ([]any, error) {
		m := &moves[i]
		var file, offset, remittance any
		if m.EDIFileID != 0 {
			file, offset = m.EDIFileID, m.ByteOffset
		}
		if m.RemittanceID != 0 {
			remittance = m.RemittanceID
		}
		return []any{practiceID, m.ClaimID, m.Event, from[i], to[i], m.Message, m.Actor, m.On, file, offset, remittance}, nil
	})
}

// lockStates locks the claims of the moves in the order of their ids, so that
// two jobs never wait for each other in a circle.
func lockStates(ctx context.Context, tx pgx.Tx, practiceID int64, moves []claims.Move) (map[int64]claims.State, map[int64]string, error) {
	ids := make([]int64, 0, len(moves))
	for _, move := range moves {
		ids = append(ids, move.ClaimID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	rows, err := tx.Query(ctx, `SELECT id, number, state FROM claim
		WHERE practice_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE`, practiceID, ids)
	if err != nil {
		return nil, nil, err
	}
	state, number := make(map[int64]claims.State, len(ids)), make(map[int64]string, len(ids))
	var id int64
	var name, at string
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &at}, func() error {
		state[id], number[id] = claims.State(at), name
		return nil
	})
	return state, number, err
}

func saveStates(ctx context.Context, tx pgx.Tx, practiceID int64, state map[int64]claims.State, changed map[int64]bool) error {
	if len(changed) == 0 {
		return nil
	}
	ids, states := make([]int64, 0, len(changed)), make([]string, 0, len(changed))
	for id := range changed {
		ids, states = append(ids, id), append(states, string(state[id]))
	}
	_, err := tx.Exec(ctx, `UPDATE claim c SET state = u.state
		FROM unnest($2::bigint[], $3::text[]) AS u (id, state)
		WHERE c.practice_id = $1 AND c.id = u.id`, practiceID, ids, states)
	return err
}
