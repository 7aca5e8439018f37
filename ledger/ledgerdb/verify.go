package ledgerdb

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
)

// Proof is what verify found out about one invariant.
type Proof struct {
	Name      string   `json:"name"`
	Statement string   `json:"statement"` // what is proved, in plain words
	Rows      int64    `json:"rows"`      // over how many of what
	Unit      string   `json:"unit"`      // entries, lines, balances …
	Failures  int64    `json:"failures"`
	Examples  []string `json:"examples,omitempty"` // the first counter-examples, as a person can look them up
}

// Holds reports whether the invariant holds over the whole book.
func (p *Proof) Holds() bool { return p.Failures == 0 }

// invariant is proved by two queries over one practice ($1): how many rows it
// speaks of, and the counter-examples, each as a line of text.
type invariant struct {
	name, statement, unit string
	rows, against         string
}

// examples bounds how many counter-examples of an invariant are shown.
const examples = 5

// Verify proves every invariant of the ledger over the whole book of a
// practice, by queries that share nothing with posting: what posting maintains
// is derived again from the transfers. It reads only; give it a transaction on
// one snapshot. progress, if not nil, is told how many invariants are proved.
func Verify(ctx context.Context, tx pgx.Tx, practiceID int64, progress func(done, total int)) ([]Proof, error) {
	total := len(invariants) + 3
	proofs := make([]Proof, 0, total)
	told := func(p Proof) {
		proofs = append(proofs, p)
		if progress != nil {
			progress(len(proofs), total)
		}
	}
	for _, inv := range invariants {
		p, err := inv.prove(ctx, tx, practiceID)
		if err != nil {
			return proofs, fmt.Errorf("verify %s: %w", inv.name, err)
		}
		if inv.name == depositsProof {
			if err := reconcileAccounts(ctx, tx, practiceID, &p); err != nil {
				return proofs, fmt.Errorf("verify %s: %w", inv.name, err)
			}
		}
		told(p)
	}
	p, err := proveControls(ctx, tx, practiceID)
	if err != nil {
		return proofs, fmt.Errorf("verify control accounts: %w", err)
	}
	told(p)
	if p, err = proveRollForward(ctx, tx, practiceID); err != nil {
		return proofs, fmt.Errorf("verify roll-forward: %w", err)
	}
	told(p)
	if p, err = proveSeals(ctx, tx, practiceID); err != nil {
		return proofs, fmt.Errorf("verify seals: %w", err)
	}
	told(p)
	return proofs, nil
}

func (inv *invariant) prove(ctx context.Context, tx pgx.Tx, practiceID int64) (Proof, error) {
	p := Proof{Name: inv.name, Statement: inv.statement, Unit: inv.unit}
	if err := tx.QueryRow(ctx, inv.rows, practiceID).Scan(&p.Rows); err != nil {
		return p, err
	}
	rows, err := tx.Query(ctx, `with counter (example) as materialized (`+inv.against+`)
		select example, count(*) over () from counter order by 1 limit `+fmt.Sprint(examples), practiceID)
	if err != nil {
		return p, err
	}
	var example string
	_, err = pgx.ForEachRow(rows, []any{&example, &p.Failures}, func() error {
		p.Examples = append(p.Examples, example)
		return nil
	})
	return p, err
}

// fail adds a counter-example.
func (p *Proof) fail(format string, args ...any) {
	if p.Failures++; len(p.Examples) < examples {
		p.Examples = append(p.Examples, fmt.Sprintf(format, args...))
	}
}

// end is a day that no posting date is after.
var end = date.New(9999, 12, 31)

// reconcileAccounts adds to the proof of deposits that what is open at payers,
// in the drawer, at the bank and in the book alone explains 1050, 1010 and 1000.
func reconcileAccounts(ctx context.Context, tx pgx.Tx, practiceID int64, p *Proof) error {
	r, err := ReconcileDeposits(ctx, tx, practiceID, end, end)
	if err != nil {
		return err
	}
	for i := range r.Accounts {
		if a := &r.Accounts[i]; !a.Ties() {
			p.fail("account %s %s holds %s, what is open explains %s", a.Account, a.Name, a.Balance, a.Items)
		}
	}
	return nil
}

// proveControls compares the control accounts with their sub-ledgers, the trial
// balance and the aging: four ways to the same number.
func proveControls(ctx context.Context, tx pgx.Tx, practiceID int64) (Proof, error) {
	p := Proof{Name: "control-accounts", Unit: "accounts",
		Statement: "a control account equals its sub-ledger and the trial balance, whose columns agree; A/R equals the aging, by service and by responsibility"}
	tb, err := TrialBalance(ctx, tx, practiceID, end)
	if err != nil {
		return p, err
	}
	if tb.Debit != tb.Credit {
		p.fail("the trial balance has debits of %s and credits of %s", tb.Debit, tb.Credit)
	}
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return p, err
	}
	for code, a := range chart {
		p.Rows++
		if !a.Keyed() {
			continue
		}
		var sub int64
		if err := tx.QueryRow(ctx, `select coalesce(sum(amount), 0)::bigint from subledger_balance where practice_id = $1 and account = $2`, practiceID, code).Scan(&sub); err != nil {
			return p, err
		}
		if control := tb.Balance(code); int64(control) != sub {
			p.fail("account %s %s holds %s, its sub-ledger adds up to %d.%02d", code, a.Name, control, sub/100, sub%100)
		}
	}
	for _, by := range [...]ledger.AgeBy{ledger.ByService, ledger.ByResponsibility} {
		aging, err := Aging(ctx, tx, practiceID, end, by)
		if err != nil {
			return p, err
		}
		if control := tb.Balance(ledger.ARInsurance); aging.InsuranceTotal.Total != control {
			p.fail("A/R insurance holds %s, its aging by %s says %s", control, by, aging.InsuranceTotal.Total)
		}
		if control := tb.Balance(ledger.ARPatient); aging.PatientTotal.Total != control {
			p.fail("A/R patient holds %s, its aging by %s says %s", control, by, aging.PatientTotal.Total)
		}
	}
	return p, nil
}

// proveRollForward goes through the months: what a month opens with, its
// charges, payments and adjustments, and what it closes with.
func proveRollForward(ctx context.Context, tx pgx.Tx, practiceID int64) (Proof, error) {
	p := Proof{Name: "roll-forward", Unit: "months",
		Statement: "every month opens with what the one before closed with; A/R opening + charges - payments - adjustments = closing = control accounts"}
	months, err := RollForward(ctx, tx, practiceID, date.Date{}, end)
	if err != nil {
		return p, err
	}
	p.Rows = int64(len(months))
	for i, m := range months {
		if i > 0 && m.Opening != months[i-1].Closing {
			p.fail("%s opens with %s, %s closed with %s", m.From.Format("2006-01"), m.Opening, months[i-1].From.Format("2006-01"), months[i-1].Closing)
		}
		tb, err := TrialBalance(ctx, tx, practiceID, m.To)
		if err != nil {
			return p, err
		}
		if held := tb.Balance(ledger.ARInsurance) + tb.Balance(ledger.ARPatient); held != m.Closing {
			p.fail("%s rolls forward to %s, the control accounts hold %s", m.From.Format("2006-01"), m.Closing, held)
		}
	}
	return p, nil
}
