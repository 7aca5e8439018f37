package billingdb

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// PatientRefund pays a patient's free credit back.
type PatientRefund struct {
	Key     string // of this refund's own
	Account string // of the patient
	Amount  money.Cents
	Sent    bool // the money has left the bank already; false: it is owed (2200)
	Cancel  bool // it is not paid: what a returned check has left of it is a credit again
	Reason  string
	On      date.Date
	Actor   string
}

// RefundDecision is what the decision about a refund says; its subject is
// refund|key.
type RefundDecision struct {
	Patient string      `json:"patient"` // account
	Amount  money.Cents `json:"amount"`
	Sent    bool        `json:"sent"`
	Cancel  bool        `json:"cancel,omitempty"`
}

// RefundPatient posts a refund: Dr 2000 / Cr 2200, and Dr 2200 / Cr 1000 once it
// is sent, at once or by a second call under the same key; one that is owed can be
// cancelled instead. known means that the same was posted before.
func RefundPatient(ctx context.Context, tx pgx.Tx, practiceID int64, r PatientRefund) (known bool, err error) {
	if r.Key == "" || r.Amount <= 0 || r.Reason == "" {
		return false, fault.Usagef("CB-REFUND-001", "a refund needs a key of its own, an amount above zero and a reason")
	}
	var patientID int64
	err = tx.QueryRow(ctx, `SELECT id FROM patient WHERE practice_id = $1 AND account = $2`, practiceID, r.Account).Scan(&patientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.NotFoundf("CB-PAYMENT-005", "no patient has the account %s", r.Account)
	}
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, "refund "+r.Key, practiceID); err != nil {
		return false, err
	}
	source := "refund|" + r.Key
	if done, err := entryOf(ctx, tx, practiceID, source); err != nil || done != nil {
		if err != nil {
			return false, err
		}
		t := done.Transfers[0]
		if t.Amount != r.Amount || t.Debit.PatientID != patientID {
			return false, fault.Invalidf("CB-REFUND-002", "the key %s belongs to another refund", r.Key).WithFix("give this one a key of its own; nothing was posted")
		}
		if r.Cancel {
			return r.cancel(ctx, tx, practiceID, done, patientID)
		}
		return r.pay(ctx, tx, practiceID, source, patientID, t.GuarantorID)
	}
	if r.Cancel {
		return false, fault.NotFoundf("CB-REFUND-006", "no refund has the key %s", r.Key)
	}
	accounts, err := Accounts(ctx, tx, practiceID, []int64{patientID})
	if err != nil {
		return false, err
	}
	e, covered := billing.Refund(&accounts[0], r.Amount)
	if !covered {
		return false, fault.Invalidf("CB-REFUND-003", "the patient's free credit does not cover %s", r.Amount.Dollars()).WithFix("look at the account: claimbook explain patient")
	}
	if r.Sent { // what is owed to the patient already, and this one, must be covered
		if err := r.blocked(ctx, tx, practiceID, patientID, 0); err != nil {
			return false, err
		}
	}
	if err := r.decide(ctx, tx, practiceID, source); err != nil {
		return false, err
	}
	if e.PostingDate, err = ledgerdb.PostingDate(ctx, tx, practiceID, r.On); err != nil {
		return false, err
	}
	e.SourceKey, e.Memo, e.Actor = source, r.Reason, r.Actor
	entries := []ledger.Entry{e}
	if r.Sent {
		entries = append(entries, r.sent(source, e.PostingDate, accounts[0].GuarantorID))
	}
	_, err = ledgerdb.Post(ctx, tx, practiceID, entries)
	return false, err
}

// pay posts that a refund which was owed so far has been sent.
func (r *PatientRefund) pay(ctx context.Context, tx pgx.Tx, practiceID int64, source string, patientID, guarantorID int64) (known bool, err error) {
	if !r.Sent {
		return true, nil
	}
	if done, err := entryOf(ctx, tx, practiceID, source+"|sent"); err != nil || done != nil {
		return done != nil, err
	}
	if done, err := entryOf(ctx, tx, practiceID, source+"|cancelled"); err != nil || done != nil {
		if err != nil {
			return false, err
		}
		return false, fault.Invalidf("CB-REFUND-005", "the refund %s was cancelled on %s", r.Key, done.PostingDate).WithFix("refund the credit under a key of its own; nothing was posted")
	}
	if err := r.blocked(ctx, tx, practiceID, patientID, r.Amount); err != nil {
		return false, err
	}
	if err := r.decide(ctx, tx, practiceID, source); err != nil {
		return false, err
	}
	on, err := ledgerdb.PostingDate(ctx, tx, practiceID, r.On)
	if err != nil {
		return false, err
	}
	_, err = ledgerdb.Post(ctx, tx, practiceID, []ledger.Entry{r.sent(source, on, guarantorID)})
	return false, err
}

// cancel makes a refund that was not sent a credit again: Dr 2200 / Cr 2000, less
// what a returned check has taken of it.
func (r *PatientRefund) cancel(ctx context.Context, tx pgx.Tx, practiceID int64, accrued *ledgerdb.StoredEntry, patientID int64) (known bool, err error) {
	if done, err := entryOf(ctx, tx, practiceID, accrued.SourceKey+"|cancelled"); err != nil || done != nil {
		return done != nil, err
	}
	if done, err := entryOf(ctx, tx, practiceID, accrued.SourceKey+"|sent"); err != nil || done != nil {
		if err != nil {
			return false, err
		}
		return false, fault.Invalidf("CB-REFUND-005", "the refund %s was sent on %s: it cannot be cancelled", r.Key, done.PostingDate)
	}
	if err := lockRefunds(ctx, tx, practiceID, patientID); err != nil {
		return false, err
	}
	owed, err := toRefund(ctx, tx, practiceID, patientID)
	if err != nil {
		return false, err
	}
	if owed <= 0 {
		return false, fault.Invalidf("CB-REFUND-005", "nothing is left of the refund %s: a returned check has taken it", r.Key).WithFix("it is blocked as it is; nothing was posted")
	}
	if err := r.decide(ctx, tx, practiceID, accrued.SourceKey); err != nil {
		return false, err
	}
	t := accrued.Transfers[0]
	e := ledger.Entry{Kind: "patient-refund", SourceKey: accrued.SourceKey + "|cancelled", Reverses: accrued.ID, Memo: r.Reason, Actor: r.Actor}
	e.Move(t.Credit, t.Debit, min(r.Amount, owed), t.Dimensions())
	if e.PostingDate, err = ledgerdb.PostingDate(ctx, tx, practiceID, r.On); err != nil {
		return false, err
	}
	_, err = ledgerdb.Post(ctx, tx, practiceID, []ledger.Entry{e})
	return false, err
}

// blocked refuses to send a refund whose money has gone: a returned check took
// it back out of what is owed to the patient. need is what must still be owed;
// what a returned check left owed to us counts against every later refund.
func (r *PatientRefund) blocked(ctx context.Context, tx pgx.Tx, practiceID, patientID int64, need money.Cents) error {
	if err := lockRefunds(ctx, tx, practiceID, patientID); err != nil {
		return err
	}
	owed, err := toRefund(ctx, tx, practiceID, patientID)
	if err != nil || owed >= need {
		return err
	}
	return fault.Invalidf("CB-REFUND-004", "the refund %s is blocked: a check of patient %s came back, and %s of what was to be refunded is owed to them", r.Key, r.Account,
		max(owed, 0).Dollars()).WithFix("do not send it; see what the patient owes: claimbook explain patient " + r.Account)
}

// toRefund returns what is owed to a patient out of refunds that were neither sent
// nor cancelled, less what returned payments have taken of it.
func toRefund(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (owed money.Cents, err error) {
	err = tx.QueryRow(ctx, `
		WITH accrued AS MATERIALIZED (
			SELECT e.source_key, sum(t.amount) AS amount FROM transfer t
			JOIN journal_entry e ON e.practice_id = t.practice_id AND e.id = t.entry_id AND e.kind = 'patient-refund'
			WHERE t.practice_id = $1 AND t.debit_patient_id = $2 AND t.debit_patient_id <> 0 AND t.credit_account = '2200' GROUP BY e.source_key
		)
		SELECT coalesce((SELECT sum(amount) FROM accrued), 0)
		     - coalesce((SELECT sum(t.amount) FROM accrued a
		                 JOIN journal_entry e ON e.practice_id = $1 AND e.source_key IN (a.source_key || '|sent', a.source_key || '|cancelled')
		                 JOIN transfer t ON t.practice_id = $1 AND t.entry_id = e.id), 0)
		     - coalesce((SELECT sum(t.amount) FROM patient_payment p
		                 JOIN journal_entry e ON e.practice_id = $1 AND e.source_key = 'payment|' || p.idempotency_key || '|returned'
		                 JOIN transfer t ON t.practice_id = $1 AND t.entry_id = e.id AND t.debit_account = '2200'
		                 WHERE p.practice_id = $1 AND p.patient_id = $2 AND p.state = 'returned'), 0)`, practiceID, patientID).Scan(&owed)
	return owed, err
}

// lockRefunds lets a refund be sent only before or after a check of the patient
// is taken back, never meanwhile.
func lockRefunds(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('refunds of ' || $1::bigint, $2))`, patientID, practiceID)
	return err
}

// sent is the entry of the money leaving the bank.
func (r *PatientRefund) sent(source string, on date.Date, guarantorID int64) ledger.Entry {
	e := ledger.Entry{PostingDate: on, Kind: "patient-refund", SourceKey: source + "|sent", Memo: r.Reason, Actor: r.Actor}
	e.Move(ledger.Key{Account: ledger.PatientRefunds}, ledger.Key{Account: ledger.Bank}, r.Amount, ledger.Dimensions{GuarantorID: guarantorID, ByteOffset: -1})
	return e
}

func (r *PatientRefund) decide(ctx context.Context, tx pgx.Tx, practiceID int64, source string) error {
	_, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: "refund", Subject: source,
		Payload: RefundDecision{Patient: r.Account, Amount: r.Amount, Sent: r.Sent, Cancel: r.Cancel}, Reason: r.Reason, Actor: r.Actor, On: r.On})
	return err
}

// entryOf returns the entry with exactly that source key, or nil.
func entryOf(ctx context.Context, tx pgx.Tx, practiceID int64, source string) (*ledgerdb.StoredEntry, error) {
	entries, err := ledgerdb.EntriesBySource(ctx, tx, practiceID, source)
	for i := range entries {
		if entries[i].SourceKey == source {
			return &entries[i], err
		}
	}
	return nil, err
}
