package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Day is what happened on one business day.
type Day struct {
	Encounters      int64
	EncounterCharge money.Cents
	Held            int64 // of the day's encounters, still held
	HeldCharge      money.Cents
	Batches         int64
	Claims          int64 // sent
	ClaimCharge     money.Cents
	Acknowledgments int64
	Accepted        int64 // claims that a payer took into adjudication
	Rejected        int64 // claims that never will be
	Remittances     int64
	Remitted        money.Cents
	Quarantined     int64
	Payments        int64 // patients'
	PatientPaid     money.Cents
	Statements      int64
	StatementSum    money.Cents
	Entries         int64       // journal entries posted
	InsurersPaid    money.Cents // posted to EFT clearing, whether it came by EFT or by check
}

// FindDay counts one business day. It reads a date and an amount of each row,
// by the indexes of the day's tables.
func FindDay(ctx context.Context, tx pgx.Tx, practiceID int64, on date.Date) (Day, error) {
	return one[Day](ctx, tx, "day", `
		SELECT e.encounters, e.encounter_charge, e.held, e.held_charge, b.batches, c.claims, c.claim_charge,
		       a.acknowledgments, v.accepted, v.rejected, r.remittances, r.remitted, r.quarantined,
		       p.payments, p.patient_paid, s.statements, s.statement_sum, j.entries, i.insurers_paid
		FROM (SELECT count(*) AS encounters, coalesce(sum(charge), 0)::bigint AS encounter_charge,
		             count(*) FILTER (WHERE state = 'held') AS held,
		             coalesce(sum(charge) FILTER (WHERE state = 'held'), 0)::bigint AS held_charge
		      FROM encounter WHERE practice_id = $1 AND received_on = $2) e,
		     (SELECT count(*) AS batches FROM batch WHERE practice_id = $1 AND sent_on = $2) b,
		     (SELECT count(*) AS claims, coalesce(sum(charge), 0)::bigint AS claim_charge
		      FROM claim WHERE practice_id = $1 AND sent_on = $2) c,
		     (SELECT count(*) AS acknowledgments FROM acknowledgment WHERE practice_id = $1 AND received_on = $2) a,
		     -- By claim: a clearinghouse and a payer both acknowledge the same one.
		     (SELECT count(DISTINCT claim_id) FILTER (WHERE to_state = 'accepted') AS accepted,
		             count(DISTINCT claim_id) FILTER (WHERE to_state = 'rejected') AS rejected
		      FROM claim_event WHERE practice_id = $1 AND occurred_on = $2 AND to_state IN ('accepted', 'rejected')) v,
		     (SELECT count(*) AS remittances, coalesce(sum(amount), 0)::bigint AS remitted,
		             count(*) FILTER (WHERE state = 'quarantined') AS quarantined
		      FROM remittance WHERE practice_id = $1 AND received_on = $2) r,
		     (SELECT count(*) AS payments, coalesce(sum(amount), 0)::bigint AS patient_paid
		      FROM patient_payment WHERE practice_id = $1 AND received_on = $2 AND state = 'recorded') p,
		     (SELECT count(*) AS statements, coalesce(sum(balance), 0)::bigint AS statement_sum
		      FROM statement WHERE practice_id = $1 AND statement_date = $2) s,
		     (SELECT count(*) AS entries FROM journal_entry WHERE practice_id = $1 AND posting_date = $2) j,
		     -- A deposit moves clearing too; what insurers paid is the rest.
		     (SELECT coalesce(sum(CASE t.debit_account WHEN '1050' THEN t.amount ELSE -t.amount END), 0)::bigint AS insurers_paid
		      FROM journal_entry e JOIN transfer t ON t.practice_id = e.practice_id AND t.entry_id = e.id
		      WHERE e.practice_id = $1 AND e.posting_date = $2
		        AND (t.debit_account = '1050' AND t.credit_account NOT IN ('1000', '1010', '1050')
		             OR t.credit_account = '1050' AND t.debit_account NOT IN ('1000', '1010', '1050'))) i`,
		practiceID, on)
}

// AccountMove is what one account did over some days: debits less credits.
type AccountMove struct {
	Account string
	Amount  money.Cents
}

// DayMoves returns what the day's entries did to each account.
func DayMoves(ctx context.Context, tx pgx.Tx, practiceID int64, on date.Date) (map[string]money.Cents, error) {
	moves, err := many[AccountMove](ctx, tx, `
		SELECT p.account, sum(p.amount)::bigint AS amount
		FROM journal_entry e JOIN posting p ON p.practice_id = e.practice_id AND p.entry_id = e.id
		WHERE e.practice_id = $1 AND e.posting_date = $2
		GROUP BY p.account`, practiceID, on)
	if err != nil {
		return nil, err
	}
	byAccount := make(map[string]money.Cents, len(moves))
	for _, m := range moves {
		byAccount[m.Account] = m.Amount
	}
	return byAccount, nil
}

// Receivables is what is owed now, and by whom.
type Receivables struct {
	Insurance money.Cents // 1100
	Patient   money.Cents // 1110
	Credits   money.Cents // 2000, as a positive amount: what is owed to patients
	Unmatched money.Cents // 2010, as a positive amount: cash of payers that no claim explains yet
}

// FindReceivables reads the balances that the ledger keeps.
func FindReceivables(ctx context.Context, tx pgx.Tx, practiceID int64) (Receivables, error) {
	return one[Receivables](ctx, tx, "balance", `
		SELECT coalesce(sum(amount) FILTER (WHERE account = '1100'), 0)::bigint AS insurance,
		       coalesce(sum(amount) FILTER (WHERE account = '1110'), 0)::bigint AS patient,
		       coalesce(-sum(amount) FILTER (WHERE account = '2000'), 0)::bigint AS credits,
		       coalesce(-sum(amount) FILTER (WHERE account = '2010'), 0)::bigint AS unmatched
		FROM subledger_balance WHERE practice_id = $1 AND account IN ('1100', '1110', '2000', '2010') AND amount <> 0`, practiceID)
}

// StateCount is the claims of one state.
type StateCount struct {
	State  string
	Claims int64
	Charge money.Cents
}

// ClaimStates counts the claims by state.
func ClaimStates(ctx context.Context, tx pgx.Tx, practiceID int64) ([]StateCount, error) {
	return many[StateCount](ctx, tx, `
		SELECT state, count(*) AS claims, coalesce(sum(charge), 0)::bigint AS charge
		FROM claim WHERE practice_id = $1 GROUP BY state ORDER BY state`, practiceID)
}

// Neighbours are the nearest days before and after one on which anything came
// in, went out or was posted; zero when there is none.
type Neighbours struct{ Before, After date.Date }

// FindNeighbours looks for the busy days around a day.
func FindNeighbours(ctx context.Context, tx pgx.Tx, practiceID int64, on date.Date) (Neighbours, error) {
	return one[Neighbours](ctx, tx, "day", `
		SELECT greatest((SELECT max(posting_date) FROM journal_entry WHERE practice_id = $1 AND posting_date < $2),
		                (SELECT max(received_on) FROM edi_file WHERE practice_id = $1 AND received_on < $2)) AS before,
		       least((SELECT min(posting_date) FROM journal_entry WHERE practice_id = $1 AND posting_date > $2),
		             (SELECT min(received_on) FROM edi_file WHERE practice_id = $1 AND received_on > $2)) AS after`, practiceID, on)
}
