// Package hledgertest has hledger, a program that we did not write, read a
// book's exported journal and compares what it adds up with our own reports.
// Tests of whole books end with it.
package hledgertest

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/internal/postgres"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Compare exports the journal of a practice and returns an error if hledger
// finds fault with it, if any account differs from the trial balance as of the
// first, a middle and the last posting day, or if A/R by payer differs from the
// aging. A book without an entry has nothing to compare.
func Compare(ctx context.Context, db *postgres.DB, practiceID int64) error {
	file, err := os.CreateTemp("", "claimbook-*.journal")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	ours, err := read(ctx, db, practiceID, file)
	if err = errors.Join(err, file.Close()); err != nil || len(ours) == 0 {
		return err
	}
	journal := journal(file.Name())
	if _, err := journal.run(ctx, "check", "--strict", "ordereddates"); err != nil {
		return err
	}
	for i := range ours {
		day := &ours[i]
		theirs, err := journal.balances(ctx, day.on, "--flat")
		if err != nil {
			return err
		}
		if err := differ(fmt.Sprintf("as of %s", day.on), day.accounts, theirs, account); err != nil {
			return err
		}
		if theirs, err = journal.balances(ctx, day.on, "1100 A/R insurance", "--pivot", "payer"); err != nil {
			return err
		}
		if err := differ(fmt.Sprintf("A/R by payer as of %s", day.on), day.payers, theirs, func(s string) string { return s }); err != nil {
			return err
		}
	}
	return nil
}

// ours is what our reports say at the end of a day.
type ours struct {
	on               date.Date
	accounts, payers map[string]money.Cents // by code
}

func read(ctx context.Context, db *postgres.DB, practiceID int64, journal *os.File) (list []ours, err error) {
	err = db.TxReadOnly(ctx, postgres.RoleWork, practiceID, func(tx pgx.Tx) error {
		list = nil
		if _, err := journal.Seek(0, 0); err != nil { // the transaction may be tried again
			return err
		}
		chart, err := ledgerdb.Chart(ctx, tx, practiceID)
		if err != nil {
			return err
		}
		w, err := ledger.NewJournalWriter("hledger", journal, chart)
		if err != nil {
			return err
		}
		if err := ledgerdb.Journal(ctx, tx, practiceID, ledgerdb.JournalFilter{}, w.Write); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select distinct posting_date from journal_entry where practice_id = $1 order by 1`, practiceID)
		if err != nil {
			return err
		}
		days, err := pgx.CollectRows(rows, pgx.RowTo[date.Date])
		if err != nil || len(days) == 0 {
			return err
		}
		for _, n := range []int{0, len(days) / 2, len(days) - 1} {
			if len(list) > 0 && list[len(list)-1].on == days[n] {
				continue
			}
			o := ours{on: days[n], accounts: map[string]money.Cents{}, payers: map[string]money.Cents{}}
			tb, err := ledgerdb.TrialBalance(ctx, tx, practiceID, o.on)
			if err != nil {
				return err
			}
			for _, row := range tb.Rows {
				o.accounts[row.Account] = row.Balance()
			}
			aging, err := ledgerdb.Aging(ctx, tx, practiceID, o.on, ledger.ByResponsibility)
			if err != nil {
				return err
			}
			for _, row := range aging.Insurance {
				o.payers[row.Code] = row.Total
			}
			list = append(list, o)
		}
		return nil
	})
	return list, err
}

// journal is the name of a file for hledger.
type journal string

func (j journal) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "hledger", append([]string{"-f", string(j)}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("hledger %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out.Bytes(), nil
}

// balances are what hledger adds up until the end of a day, by the name it has
// for an account or for what it pivots by.
func (j journal) balances(ctx context.Context, on date.Date, args ...string) (map[string]money.Cents, error) {
	out, err := j.run(ctx, append([]string{"balance", "--no-total", "--end", on.AddDays(1).String(), "--output-format", "csv"}, args...)...)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		return nil, err
	}
	found := map[string]money.Cents{}
	for i, row := range rows {
		if i == 0 {
			continue // the header
		}
		if found[row[0]], err = money.ParseString(strings.NewReplacer("$", "", ",", "").Replace(row[1])); err != nil {
			return nil, fmt.Errorf("hledger says %q of %q", row[1], row[0])
		}
	}
	return found, nil
}

// account is the code in the name that the export gives an account:
// "assets:1100 A/R insurance".
func account(name string) string {
	_, name, _ = strings.Cut(name, ":")
	code, _, _ := strings.Cut(name, " ")
	return code
}

// differ compares what we say with what hledger says; what is zero may be left
// out by either.
func differ(what string, ours, theirs map[string]money.Cents, code func(string) string) error {
	var differences []string
	seen := map[string]bool{}
	for name, amount := range theirs {
		c := code(name)
		seen[c] = true
		if ours[c] != amount {
			differences = append(differences, fmt.Sprintf("%s: we say %s, hledger says %s", name, ours[c], amount))
		}
	}
	for c, amount := range ours {
		if !seen[c] && amount != 0 {
			differences = append(differences, fmt.Sprintf("%s: we say %s, hledger says nothing", c, amount))
		}
	}
	if len(differences) > 0 {
		return fmt.Errorf("hledger and our reports differ %s:\n%s", what, strings.Join(differences, "\n"))
	}
	return nil
}
