package claimsdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
)

// Acknowledgment is one TA1, 999 transaction set or 277CA transaction set that
// came in.
type Acknowledgment struct {
	EDIFileID  int64
	Kind       string // TA1, 999, 277CA
	Control    string // ST02; ISA13 for a TA1
	ByteOffset int64
	BatchID    int64  // 0: it answers nothing that we sent
	Outcome    string // accepted, accepted with errors, partly accepted, rejected
	Accepted   int    // claims
	Rejected   int
	Message    string
	ReceivedOn date.Date
}

// BeginAcknowledgment is the gate of applying an acknowledgment: it reports
// false when the same one, of the same file, was applied before.
func BeginAcknowledgment(ctx context.Context, tx pgx.Tx, practiceID int64, a Acknowledgment) (id int64, first bool, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO acknowledgment (practice_id, edi_file_id, kind, control, byte_offset, outcome, received_on)
		VALUES ($1, $2, $3, $4, $5, '', $6) ON CONFLICT (practice_id, edi_file_id, kind, byte_offset) DO NOTHING RETURNING id`,
		practiceID, a.EDIFileID, a.Kind, a.Control, a.ByteOffset, a.ReceivedOn).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// FinishAcknowledgment records what an acknowledgment came to.
func FinishAcknowledgment(ctx context.Context, tx pgx.Tx, practiceID, id int64, a Acknowledgment) error {
	_, err := tx.Exec(ctx, `UPDATE acknowledgment SET batch_id = nullif($3::bigint, 0), outcome = $4, accepted = $5, rejected = $6, message = $7
		WHERE practice_id = $1 AND id = $2`, practiceID, id, a.BatchID, a.Outcome, a.Accepted, a.Rejected, a.Message)
	return err
}

// AnsweredBatch finds the batch that an acknowledgment answers, by interchange
// or group control number. Partners number apart from each other, so the sender
// of the answer decides where it is one of them; the latest wins, because a
// partner's numbers come round again after a billion files. The batch is
// locked; one without an id is none.
func AnsweredBatch(ctx context.Context, tx pgx.Tx, practiceID int64, sender string, isa, gs int64) (Batch, error) {
	var id int64
	err := tx.QueryRow(ctx, `SELECT b.id FROM batch b JOIN trading_partner p ON p.practice_id = b.practice_id AND p.id = b.partner_id
		WHERE b.practice_id = $1 AND ($3 = 0 OR b.isa_control = $3) AND ($4 = 0 OR b.gs_control = $4)
		  AND (p.receiver_id = $2 OR NOT EXISTS (SELECT 1 FROM trading_partner o WHERE o.practice_id = $1 AND o.receiver_id = $2))
		ORDER BY b.id DESC LIMIT 1`, practiceID, sender, isa, gs).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Batch{}, nil
	}
	if err != nil {
		return Batch{}, err
	}
	return FindBatch(ctx, tx, practiceID, id)
}

// BatchByNumber returns the batch with the practice's own number; one without
// an id is none.
func BatchByNumber(ctx context.Context, tx pgx.Tx, practiceID, number int64) (Batch, error) {
	list, err := batches(ctx, tx, practiceID, `b.number = $2 FOR UPDATE OF b`, number)
	if err != nil || len(list) == 0 {
		return Batch{}, err
	}
	return list[0], nil
}

// BatchOfPractice returns the batch with the number if the code is the
// practice's own; one without an id is none. Nothing is locked: what is asked is
// only whether a claim is still in it.
func BatchOfPractice(ctx context.Context, tx pgx.Tx, practiceID int64, code string, number int64) (Batch, error) {
	list, err := batches(ctx, tx, practiceID, `b.number = $2 AND EXISTS (SELECT FROM practice o WHERE o.id = b.practice_id AND o.code = $3)`, number, code)
	if err != nil || len(list) == 0 {
		return Batch{}, err
	}
	return list[0], nil
}

// SetPayerClaimNumbers keeps what payers call the claims (REF*1K).
func SetPayerClaimNumbers(ctx context.Context, tx pgx.Tx, practiceID int64, byClaim map[int64]string) error {
	var claimIDs []int64
	var numbers []string
	for id, number := range byClaim {
		claimIDs, numbers = append(claimIDs, id), append(numbers, number)
	}
	if len(claimIDs) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE claim c SET payer_claim_number = u.number FROM unnest($2::bigint[], $3::text[]) AS u (id, number)
		WHERE c.practice_id = $1 AND c.id = u.id`, practiceID, claimIDs, numbers)
	return err
}
