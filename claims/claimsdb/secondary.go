package claimsdb

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// PriorClaim is a claim that its payer decided, seen from the payer that is
// asked next.
type PriorClaim struct {
	ID             int64
	Number         string
	EncounterID    int64
	PatientID      int64
	PatientAccount string
	RenderingID    int64
	Rank           int16
	ServiceDate    date.Date
	Snapshot       claims.Claim
	ServiceLineIDs []int64 // of the snapshot's lines, in order
}

// PriorClaims returns claims that were decided, by number, and locks them.
func PriorClaims(ctx context.Context, tx pgx.Tx, practiceID int64, ids []int64) ([]PriorClaim, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.number, c.encounter_id, c.patient_id, t.account, c.rendering_provider_id, c.payer_rank, c.service_date, c.snapshot,
			(SELECT array_agg(l.service_line_id ORDER BY l.line_no) FROM claim_line l WHERE l.practice_id = c.practice_id AND l.claim_id = c.id)
		FROM claim c JOIN patient t ON t.practice_id = c.practice_id AND t.id = c.patient_id
		WHERE c.practice_id = $1 AND c.id = ANY($2) ORDER BY c.number FOR UPDATE OF c`, practiceID, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c PriorClaim, err error) {
		var snapshot []byte
		if err = row.Scan(&c.ID, &c.Number, &c.EncounterID, &c.PatientID, &c.PatientAccount, &c.RenderingID, &c.Rank, &c.ServiceDate, &snapshot, &c.ServiceLineIDs); err != nil {
			return c, err
		}
		return c, json.Unmarshal(snapshot, &c.Snapshot)
	})
}

// FindDecision returns what a remittance decided about a claim: its last answer
// that is no reversal. It reports false when there is none.
func FindDecision(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, prior PriorClaim) (claims.Decision, bool, error) {
	var d claims.Decision
	var seq int
	err := tx.QueryRow(ctx, `SELECT c.seq, c.charge, c.paid, c.payer_claim_number, coalesce(r.check_date, r.received_on)
		FROM remittance_claim c JOIN remittance r ON r.practice_id = c.practice_id AND r.id = c.remittance_id
		WHERE c.practice_id = $1 AND c.remittance_id = $2 AND c.claim_id = $3 AND c.status <> '22' ORDER BY c.seq DESC LIMIT 1`,
		practiceID, remittanceID, prior.ID).Scan(&seq, &d.Charge, &d.Paid, &d.PayerClaimNumber, &d.On)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, err
	}
	lines, err := lineDecisions(ctx, tx, practiceID, remittanceID, seq, prior)
	if err != nil {
		return d, false, err
	}
	rows, err := tx.Query(ctx, `SELECT line_seq, group_code, carc, amount, quantity::text FROM remittance_adjustment
		WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 ORDER BY line_seq, seq`, practiceID, remittanceID, seq)
	if err != nil {
		return d, false, err
	}
	var line int
	var group, carc string
	var amount money.Cents
	var quantity *string
	_, err = pgx.ForEachRow(rows, []any{&line, &group, &carc, &amount, &quantity}, func() error {
		a := claims.Adjustment{Group: group, CARC: carc, Amount: amount}
		if quantity != nil {
			n, err := decimal.NewFromString(*quantity)
			if err != nil {
				return err
			}
			a.Quantity = &n
		}
		if line == 0 {
			d.Adjustments = append(d.Adjustments, a)
		} else if at, known := lines.places[line]; known {
			lines.list[at].Adjustments = append(lines.list[at].Adjustments, a)
		}
		return nil
	})
	d.Lines = lines.list
	return d, true, err
}

type decidedLines struct {
	list   []claims.LineDecision
	places map[int]int // line_seq → index in list
}

func lineDecisions(ctx context.Context, tx pgx.Tx, practiceID, remittanceID int64, seq int, prior PriorClaim) (decidedLines, error) {
	out := decidedLines{places: map[int]int{}}
	rows, err := tx.Query(ctx, `SELECT line_seq, procedure_code, modifiers, charge, paid, coalesce(units, 1)::text, coalesce(service_line_id, 0)
		FROM remittance_line WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 ORDER BY line_seq`, practiceID, remittanceID, seq)
	if err != nil {
		return out, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var lineSeq int
		var serviceLineID int64
		var l claims.LineDecision
		err := row.Scan(&lineSeq, &l.Procedure, &l.Modifiers, &l.Charge, &l.Paid, &l.Units, &serviceLineID)
		for i, id := range prior.ServiceLineIDs {
			if id == serviceLineID {
				l.ServiceLine = i + 1
			}
		}
		out.places[lineSeq] = len(out.list)
		out.list = append(out.list, l)
		return struct{}{}, err
	})
	return out, err
}

// RankClaim is the live claim of an encounter to a payer of some rank.
type RankClaim struct {
	ID     int64
	Number string
	State  claims.State
}

// ClaimsOfRank returns the claims of an encounter to the payer of a rank, the
// live one first.
func ClaimsOfRank(ctx context.Context, tx pgx.Tx, practiceID, encounterID int64, rank int16) ([]RankClaim, error) {
	rows, err := tx.Query(ctx, `SELECT id, number, state FROM claim WHERE practice_id = $1 AND encounter_id = $2 AND payer_rank = $3
		ORDER BY (state IN ('replaced', 'voided')), id DESC`, practiceID, encounterID, rank)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[RankClaim])
}
