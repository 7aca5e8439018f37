package billingdb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/claims/claimsdb"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// ReturnedPayment is a payment that the bank did not honor.
type ReturnedPayment struct {
	Key string // of the payment
	// Deposited says that it had been deposited, so that the money is missing at the
	// bank; InDrawer, that it still lies in the drawer. Neither: as the book knows it.
	// A deposit that the book does not know yet is for the person to say.
	Deposited, InDrawer bool
	BankFee             money.Cents // what the bank charges the practice
	Charge              money.Cents // what the practice charges the patient for it
	Reason              string
	On                  date.Date
	Actor               string
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
	var account, state string
	var received date.Date
	err = tx.QueryRow(ctx, `SELECT y.patient_id, p.account, y.state, y.received_on FROM patient_payment y JOIN patient p ON p.practice_id = y.practice_id AND p.id = y.patient_id
		WHERE y.practice_id = $1 AND y.idempotency_key = $2 FOR UPDATE OF y`, practiceID, r.Key).Scan(&patientID, &account, &state, &received)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.NotFoundf("CB-RETURN-001", "no payment has the key %s", r.Key)
	}
	if err != nil || state == "returned" {
		return state == "returned", err
	}
	if r.On.Before(received) {
		return false, fault.Usagef("CB-RETURN-004", "payment %s was received on %s: it cannot have come back on %s", r.Key, received, r.On).WithFix("give the day on which the bank returned it")
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
	since, err := movesSince(ctx, tx, practiceID, patientID, original.ID)
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
	e, refunded := billing.Returned(&accounts[0], original.Transfers, since, from)
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
	if err := claimsdb.OpenWorkItems(ctx, tx, practiceID, r.tell(e, refunded, patientID, account)); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE patient_payment SET state = 'returned' WHERE practice_id = $1 AND idempotency_key = $2`, practiceID, r.Key)
	return false, err
}

// tell asks a person about money that a refund has carried away: one that waits is
// blocked, one that was sent has to come back.
func (r *ReturnedPayment) tell(e ledger.Entry, refunded money.Cents, patientID int64, account string) []claims.WorkItem {
	var pending money.Cents
	for _, t := range e.Transfers {
		if t.Debit.Account == ledger.PatientRefunds {
			pending += t.Amount
		}
	}
	var items []claims.WorkItem
	if pending > 0 {
		items = append(items, claims.WorkItem{Kind: claims.WorkCredit, DedupeKey: "credit|payment|" + r.Key + "|returned|refund", PatientID: patientID, Amount: pending, OpenedOn: r.On,
			Reason: fmt.Sprintf("payment %s of patient %s came back: %s of it was to be refunded, and that refund is blocked", r.Key, account, pending.Dollars()),
			Action: "Do not send the refund; what is left of it is a credit again by: claimbook payment refund --cancel"})
	}
	if refunded > 0 {
		items = append(items, claims.WorkItem{Kind: claims.WorkCredit, DedupeKey: "credit|payment|" + r.Key + "|returned|sent", PatientID: patientID, Amount: refunded, OpenedOn: r.On,
			Reason: fmt.Sprintf("payment %s of patient %s came back after %s of it had been refunded: the patient owes that again, for no service", r.Key, account, refunded.Dollars()),
			Action: "Tell the patient; the next statement asks for it"})
	}
	return items
}

// where settles whether the money is missing at the bank or in the drawer. What
// the book knows to have left the drawer is missing at the bank: to say that it
// lies in the drawer is refused. The other way round the person may know of a
// deposit that the bank's file has not shown yet; what reaches the bank later is
// still its deposit.
func (r *ReturnedPayment) where(ctx context.Context, tx pgx.Tx, practiceID int64, original *ledgerdb.StoredEntry) error {
	if r.Deposited && r.InDrawer {
		return fault.Usagef("CB-RETURN-005", "a payment is not at the bank and in the drawer at once")
	}
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
	var gone string
	switch {
	case list[0].Slip != "":
		gone = "it is on slip " + list[0].Slip
	case list[0].InDrawer < list[0].Amount:
		gone = "the receipts of " + list[0].Day.String() + " have been deposited"
	default:
		return nil
	}
	if r.InDrawer {
		return fault.Invalidf("CB-RETURN-003", "payment %s does not lie in the drawer: %s", r.Key, gone).WithFix("leave --no-deposited out: the money is missing at the bank")
	}
	r.Deposited = true
	return nil
}

// movesSince returns what became of a patient's money after an entry, less what
// earlier returned payments have followed of it.
func movesSince(ctx context.Context, tx pgx.Tx, practiceID, patientID, after int64) (billing.Since, error) {
	var since billing.Since
	rows, err := tx.Query(ctx, `SELECT DISTINCT entry_id FROM transfer
		WHERE practice_id = $1 AND debit_patient_id = $2 AND debit_patient_id <> 0
		  AND (debit_account = '1110' AND credit_account = '2000' OR debit_account = '2000' AND credit_account = '1110')`, practiceID, patientID)
	if err != nil {
		return since, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return since, err
	}
	entries, err := ledgerdb.EntriesByID(ctx, tx, practiceID, ids)
	if err != nil {
		return since, err
	}
	slices.SortFunc(entries, func(a, b ledgerdb.StoredEntry) int { return int(a.ID - b.ID) })
	if err := followed(ctx, tx, practiceID, patientID, entries); err != nil {
		return since, err
	}
	for i := range entries {
		if entries[i].ID > after {
			since.Moves = append(since.Moves, entries[i].Transfers...)
		}
	}
	if since.ToRefund, err = toRefund(ctx, tx, practiceID, patientID); err != nil {
		return since, err
	}
	var unsent money.Cents // of refunds that were decided after the payment had come
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(t.amount), 0)::bigint FROM transfer t JOIN journal_entry e ON e.practice_id = t.practice_id AND e.id = t.entry_id
		WHERE t.practice_id = $1 AND t.debit_patient_id = $2 AND t.debit_patient_id <> 0 AND t.credit_account = '2200' AND e.id > $3
		  AND NOT EXISTS (SELECT 1 FROM journal_entry s WHERE s.practice_id = $1 AND s.source_key IN (e.source_key || '|sent', e.source_key || '|cancelled'))`, practiceID, patientID, after).Scan(&unsent)
	since.ToRefund = max(min(since.ToRefund, unsent), 0)
	return since, err
}

// followed takes off the patient's moves, oldest first, what earlier returned
// payments have followed of them: a balance that such a payment had paid and that
// it did not make owed again as far as it had paid it, or a balance that it made
// owed though a credit had paid it.
func followed(ctx context.Context, tx pgx.Tx, practiceID, patientID int64, entries []ledgerdb.StoredEntry) error {
	type back struct {
		Payment, Line int64
		Amount        money.Cents
	}
	rows, err := tx.Query(ctx, `
		WITH back AS MATERIALIZED (
			SELECT e.id, e.reverses FROM patient_payment p
			JOIN journal_entry e ON e.practice_id = p.practice_id AND e.source_key = 'payment|' || p.idempotency_key || '|returned'
			WHERE p.practice_id = $1 AND p.patient_id = $2 AND p.state = 'returned'
		), moved AS (
			SELECT back.id, back.reverses AS payment, t.debit_service_line_id AS line, t.amount FROM back JOIN transfer t ON t.practice_id = $1 AND t.entry_id = back.id WHERE t.debit_account = '1110'
			UNION ALL
			SELECT back.id, back.reverses, t.credit_service_line_id, -t.amount FROM back JOIN transfer t ON t.practice_id = $1 AND t.entry_id = back.reverses WHERE t.credit_account = '1110'
		)
		SELECT payment, line, sum(amount)::bigint FROM moved GROUP BY id, payment, line HAVING sum(amount) <> 0 ORDER BY id, line`, practiceID, patientID)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[back])
	for _, b := range list {
		for i := range entries {
			at := i
			if b.Amount > 0 { // a return takes back the newest application first
				at = len(entries) - 1 - i
			}
			if entries[at].ID <= b.Payment {
				continue
			}
			for n := range entries[at].Transfers {
				if b.Amount > 0 {
					n = len(entries[at].Transfers) - 1 - n
				}
				t := &entries[at].Transfers[n]
				switch {
				case b.Amount > 0 && t.Credit.Account == ledger.ARPatient && t.Credit.ServiceLineID == b.Line:
					part := min(b.Amount, t.Amount)
					b.Amount -= part
					t.Amount -= part
				case b.Amount < 0 && t.Debit.Account == ledger.ARPatient && t.Debit.ServiceLineID == b.Line:
					part := min(-b.Amount, t.Amount)
					b.Amount += part
					t.Amount -= part
				}
			}
		}
	}
	return err
}
