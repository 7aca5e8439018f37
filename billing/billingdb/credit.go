package billingdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// TellCredits brings the work items about what insurers have overpaid in line
// with the book: one for each payer of a visit, with what it is now, closed when
// nothing is overpaid any more. visits are all that may have an item, below those
// that may need one; source names what has posted and begins the keys of new items.
func TellCredits(ctx context.Context, tx pgx.Tx, practiceID int64, visits, below []int64, source string, opened claims.WorkItem) error {
	told, err := creditItems(ctx, tx, practiceID, visits)
	if err != nil {
		return err
	}
	for _, item := range told {
		below = append(below, item.EncounterID)
	}
	if len(below) == 0 {
		return nil
	}
	held, err := belowZero(ctx, tx, practiceID, below)
	if err != nil {
		return err
	}
	var items []claims.WorkItem
	for i := range held {
		h := &held[i]
		amount := h.Overpaid()
		if amount == 0 {
			continue
		}
		item := opened
		item.Kind, item.DedupeKey = claims.WorkCredit, fmt.Sprintf("credit|%s|%s|%d", source, h.Number, h.Rank)
		item.ClaimID, item.PatientID, item.PayerID, item.Amount = h.ClaimID, h.PatientID, h.PayerID, amount
		item.Reason = fmt.Sprintf("claim %s is overpaid by %s", h.Number, amount.Dollars())
		item.Action = "Find out who paid too much; refund the payer, or wait for its recoupment if it has announced one"
		known := false
		for k := range told {
			t := &told[k]
			if known || t.stands || t.EncounterID != h.EncounterID || t.PayerID != h.PayerID {
				continue
			}
			known, t.stands = true, true
			if t.Amount == amount {
				continue
			}
			if _, err := tx.Exec(ctx, `UPDATE work_item SET amount = $3, reason = $4, claim_id = $5 WHERE practice_id = $1 AND id = $2`, practiceID, t.ID, int64(amount), item.Reason, h.ClaimID); err != nil {
				return err
			}
		}
		if !known && amount != h.Dismissed {
			items = append(items, item)
		}
	}
	var gone []string
	for _, t := range told {
		if !t.stands {
			gone = append(gone, t.Key)
		}
	}
	if err := claimsdb.CloseWorkItems(ctx, tx, practiceID, gone, opened.OpenedOn, "nothing is overpaid any more"); err != nil {
		return err
	}
	return claimsdb.OpenWorkItems(ctx, tx, practiceID, items)
}

// creditItem is an open work item about a credit.
type creditItem struct {
	ID, EncounterID, PayerID int64
	Key                      string
	Amount                   money.Cents
	OpenedOn                 date.Date
	stands                   bool
}

func creditItems(ctx context.Context, tx pgx.Tx, practiceID int64, visits []int64) ([]creditItem, error) {
	rows, err := tx.Query(ctx, `SELECT w.id, c.encounter_id, coalesce(w.payer_id, 0), w.dedupe_key, w.amount, w.opened_on FROM work_item w
		JOIN claim c ON c.practice_id = w.practice_id AND c.id = w.claim_id AND c.encounter_id = ANY($2)
		WHERE w.practice_id = $1 AND w.kind = 'credit' AND w.state = 'open' ORDER BY w.id`, practiceID, visits)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t creditItem, err error) {
		return t, row.Scan(&t.ID, &t.EncounterID, &t.PayerID, &t.Key, &t.Amount, &t.OpenedOn)
	})
}

// belowZero returns what the payers of the visits hold that have a balance below
// zero. A person is told of the payer's own claim, or of the first one where the
// payer behind it got it by crossover.
func belowZero(ctx context.Context, tx pgx.Tx, practiceID int64, visits []int64) ([]billing.Held, error) {
	rows, err := tx.Query(ctx, `
		WITH visit AS (SELECT id, number, encounter_id, patient_id, payer_id, payer_rank FROM claim WHERE practice_id = $1 AND encounter_id = ANY($2)),
		held AS (
			SELECT l.encounter_id, b.payer_id, b.payer_rank, b.amount, false AS whole FROM service_line l
			JOIN subledger_balance b ON b.practice_id = l.practice_id AND b.service_line_id = l.id AND b.account = '1100'
			WHERE l.practice_id = $1 AND l.encounter_id = ANY($2)
			UNION ALL
			SELECT v.encounter_id, b.payer_id, b.payer_rank, b.amount, true FROM visit v
			JOIN subledger_balance b ON b.practice_id = $1 AND b.account = '1100' AND b.service_line_id = 0 AND b.reference = v.number)
		SELECT h.encounter_id, h.payer_id, h.payer_rank, h.below, h.above, h.whole,
		       c.id, c.patient_id, c.number,
		       coalesce((SELECT CASE WHEN w.state = 'done' AND EXISTS (SELECT FROM decision d WHERE d.practice_id = $1 AND d.kind = 'dismiss' AND d.subject = w.dedupe_key) THEN w.amount END
		                 FROM work_item w WHERE w.practice_id = $1 AND w.kind = 'credit' AND w.claim_id = c.id AND w.payer_id = h.payer_id ORDER BY w.id DESC LIMIT 1), 0)
		FROM (SELECT encounter_id, payer_id, payer_rank, coalesce(sum(-least(amount, 0)) FILTER (WHERE NOT whole), 0)::bigint AS below,
		             coalesce(sum(greatest(amount, 0)) FILTER (WHERE NOT whole), 0)::bigint AS above, coalesce(sum(amount) FILTER (WHERE whole), 0)::bigint AS whole
		      FROM held GROUP BY 1, 2, 3 HAVING min(amount) < 0) h
		JOIN LATERAL (SELECT v.id, v.patient_id, v.number FROM visit v WHERE v.encounter_id = h.encounter_id
		              ORDER BY (v.payer_id = h.payer_id AND v.payer_rank = h.payer_rank) DESC, v.payer_rank, v.id DESC LIMIT 1) c ON true
		ORDER BY c.number, h.payer_rank, h.payer_id`, practiceID, visits)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[billing.Held])
}
