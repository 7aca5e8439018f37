package billingdb

import (
	"context"
	"errors"
	"slices"

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
}

// RefundPatient posts a refund: Dr 2000 / Cr 2200, and Dr 2200 / Cr 1000 once it
// is sent, at once or by a second call under the same key. known means that the
// same was posted before.
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
		return r.pay(ctx, tx, practiceID, source, patientID, t.GuarantorID)
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

// blocked refuses to send a refund whose money has gone: a returned check took
// it back out of what is owed to the patient. need is what must still be owed;
// what a returned check left owed to us counts against every later refund.
func (r *PatientRefund) blocked(ctx context.Context, tx pgx.Tx, practiceID, patientID int64, need money.Cents) error {
	if err := lockRefunds(ctx, tx, practiceID, patientID); err != nil {
		return err
	}
	var owed money.Cents
	err := tx.QueryRow(ctx, `
		WITH accrued AS MATERIALIZED (
			SELECT e.source_key, sum(t.amount) AS amount FROM transfer t
			JOIN journal_entry e ON e.practice_id = t.practice_id AND e.id = t.entry_id AND e.kind = 'patient-refund'
			WHERE t.practice_id = $1 AND t.debit_patient_id = $2 AND t.debit_patient_id <> 0 AND t.credit_account = '2200' GROUP BY e.source_key
		)
		SELECT coalesce((SELECT sum(amount) FROM accrued), 0)
		     - coalesce((SELECT sum(t.amount) FROM accrued a
		                 JOIN journal_entry e ON e.practice_id = $1 AND e.source_key = a.source_key || '|sent'
		                 JOIN transfer t ON t.practice_id = $1 AND t.entry_id = e.id), 0)
		     - coalesce((SELECT sum(t.amount) FROM patient_payment p
		                 JOIN journal_entry e ON e.practice_id = $1 AND e.source_key = 'payment|' || p.idempotency_key || '|returned'
		                 JOIN transfer t ON t.practice_id = $1 AND t.entry_id = e.id AND t.debit_account = '2200'
		                 WHERE p.practice_id = $1 AND p.patient_id = $2 AND p.state = 'returned'), 0)`, practiceID, patientID).Scan(&owed)
	if err != nil || owed >= need {
		return err
	}
	return fault.Invalidf("CB-REFUND-004", "the refund %s is blocked: a check of patient %s came back, and %s of what was to be refunded is owed to them", r.Key, r.Account,
		max(owed, 0).Dollars()).WithFix("do not send it; see what the patient owes: claimbook explain patient " + r.Account)
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
		Payload: RefundDecision{Patient: r.Account, Amount: r.Amount, Sent: r.Sent}, Reason: r.Reason, Actor: r.Actor, On: r.On})
	return err
}

// ReturnedPayment is a payment that the bank did not honor.
type ReturnedPayment struct {
	Key       string      // of the payment
	Deposited bool        // it had been deposited: the money is missing at the bank
	BankFee   money.Cents // what the bank charges the practice
	Charge    money.Cents // what the practice charges the patient for it
	Reason    string
	On        date.Date
	Actor     string
}

// ReturnDecision is what the decision about a returned payment says; its
// subject is payment|key.
type ReturnDecision struct {
	Deposited bool        `json:"deposited"`
	Fee       money.Cents `json:"fee"`
	Charge    money.Cents `json:"charge,omitempty"`
}

// ReturnPayment takes a payment back: what it paid is owed again. The fee of the
// bank and the charge to the patient are entries of their own.
func ReturnPayment(ctx context.Context, tx pgx.Tx, practiceID int64, r ReturnedPayment) (known bool, err error) {
	var patientID int64
	var state string
	err = tx.QueryRow(ctx, `SELECT patient_id, state FROM patient_payment WHERE practice_id = $1 AND idempotency_key = $2 FOR UPDATE`, practiceID, r.Key).Scan(&patientID, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.NotFoundf("CB-RETURN-001", "no payment has the key %s", r.Key)
	}
	if err != nil || state == "returned" {
		return state == "returned", err
	}
	source := "payment|" + r.Key
	original, err := entryOf(ctx, tx, practiceID, source)
	if err != nil {
		return false, err
	}
	if original == nil {
		return false, fault.Invalidf("CB-RETURN-002", "the payment %s has no entry", r.Key)
	}
	if err := r.where(ctx, tx, practiceID, original); err != nil {
		return false, err
	}
	if err := lockRefunds(ctx, tx, practiceID, patientID); err != nil {
		return false, err
	}
	accounts, err := Accounts(ctx, tx, practiceID, []int64{patientID})
	if err != nil {
		return false, err
	}
	applied, err := applications(ctx, tx, practiceID, patientID, original.ID)
	if err != nil {
		return false, err
	}
	if _, err := exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: "returned-payment", Subject: source,
		Payload: ReturnDecision{Deposited: r.Deposited, Fee: r.BankFee, Charge: r.Charge}, Reason: r.Reason, Actor: r.Actor, On: r.On}); err != nil {
		return false, err
	}
	from := ledger.Undeposited
	if r.Deposited {
		from = ledger.Bank
	}
	e := billing.Returned(&accounts[0], original.Transfers, applied, from)
	if e.PostingDate, err = ledgerdb.PostingDate(ctx, tx, practiceID, r.On); err != nil {
		return false, err
	}
	e.SourceKey, e.Reverses, e.Memo, e.Actor = source+"|returned", original.ID, r.Reason, r.Actor
	entries := []ledger.Entry{e}
	if r.BankFee > 0 {
		fee := ledger.Entry{PostingDate: e.PostingDate, Kind: "bank-fee", SourceKey: source + "|fee", Memo: r.Reason, Actor: r.Actor}
		fee.Move(ledger.Key{Account: ledger.BankFees}, ledger.Key{Account: ledger.Bank}, r.BankFee, ledger.Dimensions{ByteOffset: -1})
		entries = append(entries, fee)
	}
	if r.Charge > 0 {
		charge := billing.ReturnCharge(&accounts[0], r.Charge)
		charge.PostingDate, charge.SourceKey, charge.Memo, charge.Actor = e.PostingDate, source+"|charge", r.Reason, r.Actor
		entries = append(entries, charge)
	}
	if _, err := ledgerdb.Post(ctx, tx, practiceID, entries); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE patient_payment SET state = 'returned' WHERE practice_id = $1 AND idempotency_key = $2`, practiceID, r.Key)
	return false, err
}

// where refuses a payment that is said to lie in the drawer when it has left it:
// the money is missing at the bank then. What reached the bank later than the
// check came back is still its deposit.
func (r *ReturnedPayment) where(ctx context.Context, tx pgx.Tx, practiceID int64, original *ledgerdb.StoredEntry) error {
	if r.Deposited {
		return nil
	}
	if err := ledgerdb.LockBank(ctx, tx, practiceID); err != nil { // nobody puts it on a slip meanwhile
		return err
	}
	list, err := ledgerdb.ReceiptsBySource(ctx, tx, practiceID, []string{original.SourceKey})
	if err != nil || len(list) == 0 {
		return err
	}
	gone := ""
	switch {
	case list[0].Slip != "":
		gone = "it is on slip " + list[0].Slip
	case list[0].InDrawer < list[0].Amount:
		gone = "the receipts of " + list[0].Day.String() + " have been deposited"
	default:
		return nil
	}
	return fault.Invalidf("CB-RETURN-003", "payment %s does not lie in the drawer: %s", r.Key, gone).WithFix("say --deposited: the money is missing at the bank")
}

// applications returns how the patient's credits paid balances after an entry,
// newest first.
func applications(ctx context.Context, tx pgx.Tx, practiceID, patientID, after int64) ([]ledger.Transfer, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT e.id FROM journal_entry e JOIN transfer t ON t.practice_id = e.practice_id AND t.entry_id = e.id
		WHERE e.practice_id = $1 AND e.kind = 'apply' AND t.debit_patient_id = $2 AND t.debit_patient_id <> 0 AND e.id > $3`, practiceID, patientID, after)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	entries, err := ledgerdb.EntriesByID(ctx, tx, practiceID, ids)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b ledgerdb.StoredEntry) int { return int(b.ID - a.ID) })
	back, err := takenFromLines(ctx, tx, practiceID, patientID)
	if err != nil {
		return nil, err
	}
	var list []ledger.Transfer
	for _, e := range entries {
		for i := len(e.Transfers) - 1; i >= 0; i-- {
			t := e.Transfers[i]
			if t.Credit.Account == ledger.ARPatient { // what an earlier returned payment took of it is gone
				part := min(t.Amount, back[t.Credit.ServiceLineID])
				back[t.Credit.ServiceLineID] -= part
				t.Amount -= part
			}
			list = append(list, t)
		}
	}
	return list, nil
}

// takenFromLines returns what returned payments of the patient have taken from
// lines that credits had paid: what they made owed again, less what the payments
// themselves had paid there.
func takenFromLines(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (map[int64]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		WITH back AS MATERIALIZED (
			SELECT e.id, e.reverses FROM patient_payment p
			JOIN journal_entry e ON e.practice_id = p.practice_id AND e.source_key = 'payment|' || p.idempotency_key || '|returned'
			WHERE p.practice_id = $1 AND p.patient_id = $2 AND p.state = 'returned'
		), moved AS (
			SELECT t.debit_service_line_id AS line, t.amount FROM back JOIN transfer t ON t.practice_id = $1 AND t.entry_id = back.id WHERE t.debit_account = '1110'
			UNION ALL
			SELECT t.credit_service_line_id, -t.amount FROM back JOIN transfer t ON t.practice_id = $1 AND t.entry_id = back.reverses WHERE t.credit_account = '1110'
		)
		SELECT line, sum(amount)::bigint FROM moved GROUP BY line HAVING sum(amount) > 0`, practiceID, patientID)
	if err != nil {
		return nil, err
	}
	taken := map[int64]money.Cents{}
	var line int64
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&line, &amount}, func() error { taken[line] = amount; return nil })
	return taken, err
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
