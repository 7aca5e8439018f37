package billingdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// PatientPayment is money that a patient has paid, as a person took it in.
type PatientPayment struct {
	Key        string // idempotency key: the same key is the same payment, two equal amounts are not
	Account    string // of the patient
	Amount     money.Cents
	Method     string // cash, check, card
	Reference  string // check number, card processor's id
	Purpose    billing.Purpose
	Visit      string // external id of the encounter it is meant for; empty: none
	ReceivedOn date.Date
	Actor      string
}

// hash identifies the request, whatever the day on which it is repeated.
func (p *PatientPayment) hash() [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q %q %q", p.Account, p.Amount, p.Method, p.Reference, p.Purpose, p.Visit))
}

// Receipt says what became of a payment.
type Receipt struct {
	Number  int64
	Known   bool // the same request came before: nothing was done
	Applied money.Cents
	// Held is what waits: for the visit where one is named and the money is ahead
	// of its bill, else as a free credit.
	Held       money.Cents
	Recovered  money.Cents // of bad debt
	ReceivedOn date.Date
}

// RecordPayment takes a patient's payment into the book: to a chosen visit or
// the oldest balance, the rest as a credit, or reserved for the visit that it
// was paid ahead for. The same request under the same key does nothing; another
// one under the same key is refused.
func RecordPayment(ctx context.Context, tx pgx.Tx, practiceID int64, p PatientPayment) (Receipt, error) {
	patientID, err := p.check(ctx, tx, practiceID)
	if err != nil {
		return Receipt{}, err
	}
	// Who comes first with a key wins; a second one waits here.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, "payment "+p.Key, practiceID); err != nil {
		return Receipt{}, err
	}
	if known, err := knownPayment(ctx, tx, practiceID, &p); err != nil || known != nil {
		if known == nil {
			return Receipt{}, err
		}
		return *known, err
	}
	number, err := exchangedb.NextNumbers(ctx, tx, practiceID, 0, exchangedb.NumberReceipt, 1)
	if err != nil {
		return Receipt{}, err
	}
	hash := p.hash()
	var id int64
	if err := tx.QueryRow(ctx, `
		INSERT INTO patient_payment (practice_id, idempotency_key, request_hash, receipt_number, patient_id, amount, method, reference, purpose, visit, received_on, actor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		practiceID, p.Key, hash[:], number, patientID, p.Amount, p.Method, p.Reference, string(p.Purpose), p.Visit, p.ReceivedOn, p.Actor).Scan(&id); err != nil {
		return Receipt{}, err
	}
	accounts, err := Accounts(ctx, tx, practiceID, []int64{patientID})
	if err != nil {
		return Receipt{}, err
	}
	givenUp, err := p.givenUp(ctx, tx, practiceID, patientID)
	if err != nil {
		return Receipt{}, err
	}
	e := billing.Receive(&accounts[0], p.Amount, p.Purpose, p.Visit, givenUp)
	if e.PostingDate, err = ledgerdb.PostingDate(ctx, tx, practiceID, p.ReceivedOn); err != nil {
		return Receipt{}, err
	}
	e.SourceKey, e.RequestHash, e.Actor, e.Memo = "payment|"+p.Key, hash, p.Actor, fmt.Sprintf("receipt %d, %s", number, p.Method)
	if _, err := ledgerdb.Post(ctx, tx, practiceID, []ledger.Entry{e}); err != nil {
		return Receipt{}, err
	}
	if err := CloseSettledClaims(ctx, tx, practiceID, []int64{patientID}, p.ReceivedOn, p.Actor); err != nil {
		return Receipt{}, err
	}
	return receipt(number, p.ReceivedOn, e.Transfers), exchangedb.LogInput(ctx, tx, practiceID, "payment", id, p.ReceivedOn, p.Actor)
}

func receipt(number int64, on date.Date, transfers []ledger.Transfer) Receipt {
	r := Receipt{Number: number, ReceivedOn: on}
	for _, t := range transfers {
		switch t.Credit.Account {
		case ledger.PatientCredits:
			r.Held += t.Amount
		case ledger.BadDebtRecoveries:
			r.Recovered += t.Amount
		default:
			r.Applied += t.Amount
		}
	}
	return r
}

// givenUp returns what of the patient's bad debt has not come back. A recovery of
// nothing is refused.
func (p *PatientPayment) givenUp(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) (money.Cents, error) {
	if p.Purpose != billing.ForRecovery {
		return 0, nil
	}
	left, err := BadDebtLeft(ctx, tx, practiceID, patientID)
	if err == nil && left <= 0 {
		return 0, fault.Invalidf("CB-PAYMENT-010", "nothing that patient %s owed is written off as bad debt, or it has all come back", p.Account).
			WithFix("record it as an ordinary payment; nothing was recorded")
	}
	return left, err
}

// check refuses a payment that cannot be what was meant, and finds its patient.
func (p *PatientPayment) check(ctx context.Context, tx pgx.Tx, practiceID int64) (patientID int64, err error) {
	switch {
	case p.Key == "":
		return 0, fault.Usagef("CB-PAYMENT-001", "a payment needs a key of its own, so that it is taken once").WithFix("give --key, for example the number of the receipt book")
	case p.Amount <= 0 || p.Amount > money.Max:
		return 0, fault.Usagef("CB-PAYMENT-002", "the amount must be more than zero")
	case p.Method != "cash" && p.Method != "check" && p.Method != "card":
		return 0, fault.Usagef("CB-PAYMENT-003", "the method must be cash, check or card")
	case p.Purpose == billing.ForCopay && p.Visit == "":
		return 0, fault.Usagef("CB-PAYMENT-004", "money ahead of a bill needs the visit that it is for").WithFix("give --visit with the encounter's id")
	}
	err = tx.QueryRow(ctx, `SELECT id FROM patient WHERE practice_id = $1 AND account = $2`, practiceID, p.Account).Scan(&patientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.NotFoundf("CB-PAYMENT-005", "no patient has the account %s", p.Account).WithFix("look the account up on the patient's statement or in the workbench")
	}
	if err != nil || p.Visit == "" {
		return patientID, err
	}
	var whose *int64
	err = tx.QueryRow(ctx, `SELECT patient_id FROM encounter WHERE practice_id = $1 AND external_id = $2`, practiceID, p.Visit).Scan(&whose)
	if errors.Is(err, pgx.ErrNoRows) {
		if p.Purpose != billing.ForCopay {
			return 0, fault.NotFoundf("CB-PAYMENT-006", "there is no visit %s", p.Visit).WithFix("check the encounter's id, or use --copay for a visit that is still to come")
		}
		return patientID, nil
	}
	if err == nil && whose != nil && *whose != patientID {
		return 0, fault.Invalidf("CB-PAYMENT-007", "visit %s is another patient's", p.Visit)
	}
	return patientID, err
}

// knownPayment returns the receipt of a payment that came under the same key;
// another request under it is refused.
func knownPayment(ctx context.Context, tx pgx.Tx, practiceID int64, p *PatientPayment) (*Receipt, error) {
	var number int64
	var on date.Date
	var hash []byte
	err := tx.QueryRow(ctx, `SELECT receipt_number, received_on, request_hash FROM patient_payment WHERE practice_id = $1 AND idempotency_key = $2`,
		practiceID, p.Key).Scan(&number, &on, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if want := p.hash(); string(want[:]) != string(hash) {
		return nil, fault.Invalidf("CB-PAYMENT-008", "the key %s belongs to another payment: receipt %d of %s", p.Key, number, on).
			WithFix("give this payment a key of its own; nothing was recorded")
	}
	entries, err := ledgerdb.EntriesBySource(ctx, tx, practiceID, "payment|"+p.Key)
	if err != nil {
		return nil, err
	}
	r := Receipt{Number: number, ReceivedOn: on}
	for _, e := range entries {
		if e.SourceKey == "payment|"+p.Key {
			r = receipt(number, on, e.Transfers)
		}
	}
	r.Known = true
	return &r, nil
}
