package replay

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing/billingdb"
	billingwork "github.com/claimbook/claimbook/billing/work"
	claimswork "github.com/claimbook/claimbook/claims/work"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
	ledgerwork "github.com/claimbook/claimbook/ledger/work"
)

// decision is a row of the live book's decisions.
type decision struct {
	Kind, Subject string
	Payload       json.RawMessage
	Reason, Actor string
	On            date.Date
}

// decisions carries out again each kind that billing's own Replay does not. A
// kind that is missing in both cannot be rebuilt; a test looks for kinds in the
// source that nobody listed.
var decisions = map[string]func(r *replayer, tx pgx.Tx, d decision) error{
	exchangedb.DecisionHold: func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p claimswork.ClaimsDecision) error {
			return claimswork.HoldClaims(r.ctx, tx, r.practiceID, p.Claims, d.Reason, d.On, d.Actor)
		})
	},
	exchangedb.DecisionReleaseClaims: func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p claimswork.ClaimsDecision) error {
			_, err := claimswork.ReleaseClaims(r.ctx, tx, r.practiceID, p.Claims, p.Batch, d.On, d.Actor)
			return err
		})
	},
	exchangedb.DecisionReleaseEncounters: func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p claimswork.ClaimsDecision) error {
			_, _, err := claimswork.Release(r.ctx, tx, r.practiceID, p.Encounters, d.On, d.Actor)
			return err
		})
	},
	exchangedb.DecisionMatchDeposits: func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p ledgerwork.DepositDecision) error {
			_, err := ledgerwork.MatchDeposits(r.ctx, tx, r.practiceID, p.Days, d.On, d.Actor)
			return err
		})
	},
	"period-close": func(r *replayer, tx pgx.Tx, d decision) error {
		month, err := date.ParseLayout("2006-01", d.Subject)
		if err != nil {
			return err
		}
		_, err = ledgerdb.ClosePeriod(r.ctx, tx, r.practiceID, month, d.On, d.Actor, d.Reason)
		return err
	},
	"period-reopen": func(r *replayer, tx pgx.Tx, d decision) error {
		month, err := date.ParseLayout("2006-01", d.Subject)
		if err != nil {
			return err
		}
		_, err = ledgerdb.ReopenPeriod(r.ctx, tx, r.practiceID, month, d.On, d.Actor, d.Reason)
		return err
	},
	"refund": func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p billingdb.RefundDecision) error {
			_, err := billingdb.RefundPatient(r.ctx, tx, r.practiceID, billingdb.PatientRefund{Key: strings.TrimPrefix(d.Subject, "refund|"),
				Account: p.Patient, Amount: p.Amount, Sent: p.Sent, Cancel: p.Cancel, Reason: d.Reason, On: d.On, Actor: d.Actor})
			return err
		})
	},
	"returned-payment": func(r *replayer, tx pgx.Tx, d decision) error {
		return withPayload(d, func(p billingdb.ReturnDecision) error {
			_, err := billingdb.ReturnPayment(r.ctx, tx, r.practiceID, billingdb.ReturnedPayment{Key: strings.TrimPrefix(d.Subject, "payment|"),
				Deposited: p.Deposited, InDrawer: !p.Deposited, BankFee: p.Fee, Charge: p.Charge, Reason: d.Reason, On: d.On, Actor: d.Actor})
			return err
		})
	},
	billingwork.DecideMatch:      matchAgain,
	ledgerwork.DecideMatchByHand: aboutTheBank, ledgerwork.DecideUndoMatch: aboutTheBank,
	ledgerwork.DecideSlip: aboutTheBank, ledgerwork.DecideVoidSlip: aboutTheBank,
}

func aboutTheBank(r *replayer, tx pgx.Tx, d decision) error {
	return ledgerwork.Replay(r.ctx, tx, r.practiceID, d.Kind, d.Subject, d.Payload, ledgerwork.By{Reason: d.Reason, Actor: d.Actor, On: d.On})
}

// aboutMoney has billing carry the decision out. To dismiss an item moves
// nothing, so one that the rebuilt book never had (a step that failed, a silence
// found by a submission of nothing) is no difference.
func aboutMoney(r *replayer, tx pgx.Tx, d decision) error {
	err := billingwork.Replay(r.ctx, tx, r.scratch.Jobs, r.practiceID, billingwork.Recorded{Kind: d.Kind, Subject: d.Subject, Payload: d.Payload,
		By: billingwork.By{Reason: d.Reason, Actor: d.Actor, On: d.On}})
	if d.Kind == billingwork.DecideDismiss && fault.CodeOf(err) != "" && fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// matchAgain finds the payment by its source key: "835|TRN03|TRN02|CLP|n".
func matchAgain(r *replayer, tx pgx.Tx, d decision) error {
	source, number, found := cutLast(d.Subject, "|CLP|")
	seq, err := strconv.Atoi(number)
	if !found || err != nil {
		return fmt.Errorf("the decision %q names no claim of a payment", d.Subject)
	}
	return withPayload(d, func(p billingwork.MatchPayload) error {
		var remittanceID int64
		if err := tx.QueryRow(r.ctx, `select id from remittance where practice_id = $1 and source_key = $2`, r.practiceID, source).Scan(&remittanceID); err != nil {
			return fault.Invalidf("CB-REBUILD-REMITTANCE", "the rebuilt book has no payment %s", source).Because(err)
		}
		return billingwork.MatchClaim(r.ctx, tx, r.scratch.Jobs, r.practiceID, billingwork.Match{RemittanceID: remittanceID, Seq: seq,
			ClaimNumber: p.Claim, Remember: p.Remember, Reason: d.Reason, Actor: d.Actor, On: d.On})
	})
}

// decision carries out again what a person decided, and logs it as the command
// did.
func (r *replayer) decision(in Input) error {
	var d decision
	err := r.live.QueryRow(r.ctx, `select kind, subject, payload, reason, actor, decided_on from decision where practice_id = $1 and id = $2`, in.PracticeID, in.RefID).
		Scan(&d.Kind, &d.Subject, &d.Payload, &d.Reason, &d.Actor, &d.On)
	if err != nil {
		return err
	}
	again := decisions[d.Kind]
	if billingwork.Replays(d.Kind) {
		again = aboutMoney
	}
	if again == nil {
		return fault.Environmentf("CB-REBUILD-DECISION", "the book holds a kind of decision that this program cannot carry out again: %s", d.Kind).WithFix("use a newer program")
	}
	return r.write(func(tx pgx.Tx) error { return again(r, tx, d) })
}

// withPayload reads the decision's payload into what its kind keeps there.
func withPayload[T any](d decision, carryOut func(T) error) error {
	var payload T
	if err := json.Unmarshal(d.Payload, &payload); err != nil {
		return fmt.Errorf("the payload of the decision %s cannot be read: %w", d.Kind, err)
	}
	return carryOut(payload)
}

// cutLast is strings.Cut around the last instance of sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
