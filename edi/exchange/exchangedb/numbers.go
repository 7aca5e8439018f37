package exchangedb

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// Kinds of numbers. ISA, GS and ST belong to a trading partner; the others are
// the practice's own and use partner 0.
const (
	NumberISA       = "ISA"
	NumberGS        = "GS"
	NumberST        = "ST"
	NumberClaim     = "CLAIM"
	NumberStatement = "STATEMENT"
	NumberBatch     = "BATCH"
	NumberReceipt   = "RECEIPT"
)

// NextNumbers takes n consecutive numbers and returns the first. The row stays
// locked until tx ends, so numbers follow the order of commits and none is ever
// given twice; a transaction that rolls back gives its numbers back.
func NextNumbers(ctx context.Context, tx pgx.Tx, practiceID, partnerID int64, kind string, n int) (first int64, err error) {
	if n < 1 {
		return 0, fault.Invalidf("CB-NUMBER-COUNT", "%d numbers of kind %s cannot be taken", n, kind)
	}
	err = tx.QueryRow(ctx, `
		insert into control_number as c (practice_id, partner_id, kind, last) values ($1, $2, $3, $4)
		on conflict (practice_id, partner_id, kind) do update set last = c.last + excluded.last
		returning last`,
		practiceID, partnerID, kind, int64(n)).Scan(&first)
	return first - int64(n) + 1, err
}

// Kinds of inputs: everything that ever moved the book came in as one of these.
const (
	InputSetup     = "setup"
	InputIntake    = "intake"
	InputBatch     = "batch"
	InputInbound   = "inbound"
	InputPayment   = "payment"
	InputDecision  = "decision"
	InputStatement = "statement"
	InputBank      = "bank"
	InputCodes     = "codes"
)

// LogInput adds to the order in which inputs came in, which a rebuild of the
// book replays. refID is the id of the file, batch, payment or decision; on is
// the business date that was used; actor is a person's user name or a job kind.
func LogInput(ctx context.Context, tx pgx.Tx, practiceID int64, kind string, refID int64, on date.Date, actor string) error {
	_, err := tx.Exec(ctx, `insert into input_log (practice_id, kind, ref_id, business_date, actor) values ($1, $2, $3, $4, $5)`,
		practiceID, kind, refID, on, actor)
	return err
}

// StoreInbound stores a file that a partner sent, and logs it as an input when
// it is new. The same bytes again give the earlier row.
func StoreInbound(ctx context.Context, tx pgx.Tx, practiceID, partnerID int64, name string, on date.Date, actor string, r io.Reader) (File, bool, error) {
	f, existed, err := StoreFile(ctx, tx, practiceID, StoreParams{Direction: In, Kind: Unknown, Name: name, PartnerID: partnerID, ReceivedOn: on}, r)
	if err != nil || existed {
		return f, existed, err
	}
	// Until this transaction ends nobody else gets a place behind this one: whoever
	// has a later place sees this file, and its payments wait for this one's.
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('inbound', $1))`, practiceID); err != nil {
		return f, false, err
	}
	return f, false, LogInput(ctx, tx, practiceID, InputInbound, f.ID, on, actor)
}
