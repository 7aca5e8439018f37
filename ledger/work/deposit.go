package work

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/jobs"
	"github.com/claimbook/claimbook/ledger/bank"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// depositDays is how many days after a payment's date the bank may book it,
// when no person says otherwise.
const depositDays = 7

// ImportedBank is what became of a bank's file.
type ImportedBank struct {
	Known bool // the same bytes were taken before: nothing was done
	Added int  // lines that are new
	Twice int  // lines that an earlier file had
}

// ImportBank stores a bank's file, takes its lines in and logs it among the
// book's inputs. parsed is what bank.Read made of the content.
func ImportBank(ctx context.Context, tx pgx.Tx, practiceID int64, name string, content []byte, parsed bank.File, on date.Date, actor string) (ImportedBank, error) {
	var done ImportedBank
	file, existed, err := exchangedb.StoreFile(ctx, tx, practiceID, exchangedb.StoreParams{
		Direction: exchangedb.In, Kind: "bank", Name: name, ReceivedOn: on}, bytes.NewReader(content))
	if done.Known = existed; err != nil || existed {
		return done, err
	}
	if done.Added, done.Twice, err = ledgerdb.ImportBankLines(ctx, tx, practiceID, file.ID, parsed.Lines); err != nil {
		return done, err
	}
	outcome := fmt.Sprintf("%d bank lines", done.Added)
	if done.Added == 1 {
		outcome = "1 bank line"
	}
	if err := exchangedb.FinishFile(ctx, tx, practiceID, file.ID, exchangedb.Finished, outcome); err != nil {
		return done, err
	}
	return done, exchangedb.LogInput(ctx, tx, practiceID, exchangedb.InputBank, file.ID, on, actor)
}

// DepositDecision is what a decision to match deposits says.
type DepositDecision struct {
	Days int `json:"days"` // after the payment's date, that the bank may book it
}

// MatchDeposits matches bank lines with what the book awaits and posts it. That
// it was done is a decision among the book's inputs, unless nothing was found.
func MatchDeposits(ctx context.Context, tx pgx.Tx, practiceID int64, days int, on date.Date, actor string) (ledgerdb.Reconciliation, error) {
	r, err := ledgerdb.MatchDeposits(ctx, tx, practiceID, days, actor)
	if err != nil || len(r.Deposits) == 0 {
		return r, err
	}
	_, err = exchangedb.Decide(ctx, tx, practiceID, exchangedb.Decision{Kind: exchangedb.DecisionMatchDeposits, Subject: on.String(),
		Payload: DepositDecision{days}, Actor: actor, On: on})
	return r, err
}

// matchDeposits matches new bank lines with what the book awaits. Run again it
// finds nothing that is left to match.
func matchDeposits(ctx context.Context, tx pgx.Tx, job *jobs.Job[jobs.DepositMatchArgs]) error {
	var today date.Date
	if err := tx.QueryRow(ctx, `select coalesce(fixed_date, (now() at time zone time_zone)::date) from practice where id = $1`, job.PracticeID).Scan(&today); err != nil {
		return err
	}
	_, err := MatchDeposits(ctx, tx, job.PracticeID, depositDays, today, job.Args.Kind())
	return err
}
