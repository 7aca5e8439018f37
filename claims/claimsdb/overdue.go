package claimsdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Overdue finds what a trading partner or payer should have answered by today:
// batches without a 999, claims without a 277CA, and claims without a payment
// or denial. Each is an item to open; those that are open stay as they are.
func Overdue(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date) ([]claims.WorkItem, error) {
	var items []claims.WorkItem
	for _, find := range []func(context.Context, pgx.Tx, int64, date.Date) ([]claims.WorkItem, error){unreadBatches, unacknowledgedClaims, unansweredClaims} {
		found, err := find(ctx, tx, practiceID, today)
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
	}
	return items, nil
}

func unreadBatches(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date) ([]claims.WorkItem, error) {
	rows, err := tx.Query(ctx, `SELECT b.id, b.number, p.name, b.claims, b.charge, b.sent_on, b.file_name
		FROM batch b JOIN trading_partner p ON p.practice_id = b.practice_id AND p.id = b.partner_id
		WHERE b.practice_id = $1 AND b.state = 'sent' AND b.sent_on + p.ack_999_days < $2 ORDER BY b.number`, practiceID, today)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (claims.WorkItem, error) {
		item := claims.WorkItem{Kind: claims.WorkNoResponse, OpenedOn: today, DueOn: today}
		var number int64
		var partner, file string
		var n int
		var sent date.Date
		err := row.Scan(&item.BatchID, &number, &partner, &n, &item.Amount, &sent, &file)
		item.DedupeKey = BatchSilenceKey(number)
		item.Reason = fmt.Sprintf("Batch %d to %s (%d claims, file %s) was sent on %s and nobody has acknowledged it.", number, partner, n, file, sent)
		item.Action = "Ask the partner whether the file arrived. If it did not, its claims can be released and sent again; if it did, ask for the 999."
		return item, err
	})
}

// BatchSilenceKey is the dedupe key of the item about a batch that nobody
// acknowledged.
func BatchSilenceKey(number int64) string { return fmt.Sprintf("no-response|999|%d", number) }

func unacknowledgedClaims(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date) ([]claims.WorkItem, error) {
	return overdueClaims(ctx, tx, practiceID, today, "277ca", `c.state = 'received' AND c.sent_on + t.ack_277ca_days < $2`,
		"Claim %s to %s was sent on %s; the file was read, but no 277CA says what became of the claim.",
		"Look the claim up in the partner's portal, or ask for the 277CA of the file.")
}

func unansweredClaims(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date) ([]claims.WorkItem, error) {
	return overdueClaims(ctx, tx, practiceID, today, "835", `c.state IN ('sent', 'received', 'accepted-clearinghouse', 'accepted') AND c.sent_on + t.response_days < $2`,
		"Claim %s to %s was sent on %s; the payer has neither paid nor denied it.",
		"Ask the payer for the status of the claim; if it is not on file, send it again before timely filing ends.")
}

func overdueClaims(ctx context.Context, tx pgx.Tx, practiceID int64, today date.Date, what, where, reason, action string) ([]claims.WorkItem, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.patient_id, c.payer_id, c.number, p.name, c.sent_on, c.charge, c.timely_by, coalesce(c.batch_id, 0)
		FROM claim c JOIN payer p ON p.practice_id = c.practice_id AND p.id = c.payer_id
		JOIN trading_partner t ON t.practice_id = p.practice_id AND t.id = p.partner_id
		WHERE c.practice_id = $1 AND `+where+` ORDER BY c.number`, practiceID, today)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (claims.WorkItem, error) {
		item := claims.WorkItem{Kind: claims.WorkNoResponse, OpenedOn: today, Action: action}
		var number, payer string
		var sent date.Date
		var charge money.Cents
		err := row.Scan(&item.ClaimID, &item.PatientID, &item.PayerID, &number, &payer, &sent, &charge, &item.DueOn, &item.BatchID)
		item.Amount, item.Reason = charge, fmt.Sprintf(reason, number, payer, sent)
		item.DedupeKey = fmt.Sprintf("no-response|%s|%s|%s", what, number, sent)
		return item, err
	})
}
