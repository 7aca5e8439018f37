package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

type verifyCmd struct {
	Seal bool `help:"Then seal what is proved: hash the entries that no block holds yet."`
}

// Help shows an example.
func (verifyCmd) Help() string {
	return "Derives everything again from what was posted: that entries are complete, that sub-ledgers, control accounts and reports agree, that the cash of every remittance is what it says, that closed claims owe nothing, that nothing was changed. Exit code 1 with the counter-examples if something does not hold. With --seal the entries proved are chained into a block, so that a later change of any byte shows.\n\nExample:\n  claimbook verify --seal"
}

func (c verifyCmd) Run(ctx context.Context, app *App) error {
	b, err := app.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	progress := app.Progress("Verifying")
	if c.Seal {
		// A book that does not hold is not sealed: the proofs below say why.
		if err := sealBook(ctx, app, b); err != nil && fault.KindOf(err) != fault.Invalid {
			return err
		}
	}
	var proofs []ledgerdb.Proof
	var unsealed int64
	if err := b.read(ctx, func(tx pgx.Tx) (err error) {
		if proofs, err = ledgerdb.Verify(ctx, tx, b.Practice.ID, progress); err != nil {
			return err
		}
		unsealed, err = ledgerdb.Unsealed(ctx, tx, b.Practice.ID)
		return err
	}); err != nil {
		return err
	}
	broken := 0
	for i := range proofs {
		if !proofs[i].Holds() {
			broken++
		}
	}
	if app.JSON {
		if err := writeJSON(app.Stdout, struct {
			Holds    bool             `json:"holds"`
			Unsealed int64            `json:"unsealed_entries"`
			Proofs   []ledgerdb.Proof `json:"proofs"`
		}{broken == 0, unsealed, proofs}); err != nil {
			return err
		}
	} else {
		fmt.Fprint(app.Stdout, proofText(proofs, broken, unsealed))
	}
	if broken > 0 {
		return errReported
	}
	return nil
}

// sealBook has the job ledger.audit prove the book and seal it.
func sealBook(ctx context.Context, app *App, b *Book) error {
	var run int64
	if err := b.DB.Tx(ctx, postgres.RoleWork, b.Practice.ID, func(tx pgx.Tx) (err error) {
		if run, err = jobs.StartRun(ctx, tx, b.Practice.ID, "audit"); err != nil {
			return err
		}
		return b.Jobs.Enqueue(ctx, tx, jobs.LedgerAuditArgs{PracticeID: b.Practice.ID, RunID: run})
	}); err != nil {
		return err
	}
	return b.Wait(ctx, run, app.Progress("Sealing"))
}

// proofText says for each invariant what was proved over how much, and what
// speaks against it.
func proofText(proofs []ledgerdb.Proof, broken int, unsealed int64) string {
	var out strings.Builder
	for i := range proofs {
		p := &proofs[i]
		mark := "holds "
		if !p.Holds() {
			mark = "BROKEN"
		}
		fmt.Fprintf(&out, "%s  %-17s  %8d %s\n        %s\n", mark, p.Name, p.Rows, p.Unit, p.Statement)
		for _, e := range p.Examples {
			fmt.Fprintf(&out, "        -> %s\n", e)
		}
		if more := p.Failures - int64(len(p.Examples)); more > 0 {
			fmt.Fprintf(&out, "        -> and %d more\n", more)
		}
	}
	switch {
	case broken > 0:
		fmt.Fprintf(&out, "\nThe book does not hold: %d of %d invariants are broken.\n", broken, len(proofs))
	default:
		fmt.Fprintf(&out, "\nThe book holds: %d invariants are proved", len(proofs))
		if unsealed > 0 {
			fmt.Fprintf(&out, "; %d entries wait for their seal", unsealed)
		}
		out.WriteString(".\n")
	}
	return out.String()
}
