package ledgerdb

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// SeedAccounts gives the practice the chart that every practice starts with.
// Accounts that it has already, changed by it or not, stay as they are.
func SeedAccounts(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	batch := &pgx.Batch{}
	for _, a := range ledger.SeededAccounts() {
		keyedBy := a.KeyedBy
		if keyedBy == nil {
			keyedBy = []string{}
		}
		batch.Queue(`insert into account (practice_id, code, name, class, keyed_by) values ($1, $2, $3, $4, $5)
			on conflict (practice_id, code) do nothing`, practiceID, a.Code, a.Name, string(a.Class), keyedBy)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// ClassifyBadDebt says whether bad debt and its recoveries are an expense or,
// as an implicit price concession, lower revenue. It changes where reports and
// exports show the accounts, for the past too, and no amount.
func ClassifyBadDebt(ctx context.Context, tx pgx.Tx, practiceID int64, as ledger.Class) error {
	_, err := tx.Exec(ctx, `update account set class = $2 where practice_id = $1 and code in ($3, $4) and class <> $2`, practiceID, string(as), ledger.BadDebt, ledger.BadDebtRecoveries)
	return err
}

// Chart reads the practice's accounts.
func Chart(ctx context.Context, tx pgx.Tx, practiceID int64) (ledger.Chart, error) {
	rows, err := tx.Query(ctx, `select code, name, class, keyed_by from account where practice_id = $1 order by code`, practiceID)
	if err != nil {
		return nil, err
	}
	accounts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ledger.Account, err error) {
		return a, row.Scan(&a.Code, &a.Name, (*string)(&a.Class), &a.KeyedBy)
	})
	return ledger.NewChart(accounts), err
}

// PostingDate returns the day on which something of the day `want` posts: that
// day if its period is open, else the first day of the next open period. The
// period stays open until the transaction ends.
func PostingDate(ctx context.Context, tx pgx.Tx, practiceID int64, want date.Date) (date.Date, error) {
	if want.IsZero() {
		return date.Date{}, fault.Invalidf("CB-LEDGER-DATE", "a posting date is needed")
	}
	var month date.Date
	err := tx.QueryRow(ctx, `
		with recursive closed as (
			select month from period where practice_id = $1 and state = 'closed' and month >= $2
		), candidate (month) as (
			select $2::date
			union all
			select (month + interval '1 month')::date from candidate where month <= (select max(month) from closed)
		)
		select c.month from candidate c left join period p on p.practice_id = $1 and p.month = c.month
		where p.state = 'open' or (p.state is null and not exists (select 1 from closed where closed.month > c.month))
		order by 1 limit 1`, practiceID, want.FirstOfMonth()).Scan(&month)
	if err != nil {
		return date.Date{}, err
	}
	if _, err := tx.Exec(ctx, `select 1 from period where practice_id = $1 and month = $2 for share`, practiceID, month); err != nil {
		return date.Date{}, err
	}
	if month == want.FirstOfMonth() {
		return want, nil
	}
	return month, nil
}

// FirstMonth returns the first month of the book; zero: nothing was posted yet.
func FirstMonth(ctx context.Context, tx pgx.Tx, practiceID int64) (month date.Date, err error) {
	var first *date.Date
	if err = tx.QueryRow(ctx, `select min(month) from period where practice_id = $1`, practiceID).Scan(&first); err == nil && first != nil {
		month = *first
	}
	return month, err
}

// Balances reads what the keys hold, debits less credits. A key that was never
// posted to holds nothing. Accounts without a sub-ledger have no balance here:
// see TrialBalance.
func Balances(ctx context.Context, tx pgx.Tx, practiceID int64, keys []ledger.Key) (map[ledger.Key]money.Cents, error) {
	return balances(ctx, tx, practiceID, keys, "")
}

// LockBalances is Balances that keeps every other poster off those balances
// until the transaction ends. It takes the rows in the order of their keys. A
// balance that was never posted to has no row to lock; two posters that create
// it add up all the same.
func LockBalances(ctx context.Context, tx pgx.Tx, practiceID int64, keys []ledger.Key) (map[ledger.Key]money.Cents, error) {
	return balances(ctx, tx, practiceID, keys, " for update of b")
}

func balances(ctx context.Context, tx pgx.Tx, practiceID int64, keys []ledger.Key, lock string) (map[ledger.Key]money.Cents, error) {
	found := make(map[ledger.Key]money.Cents, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, ledger.Key.Compare)
	sorted = slices.Compact(sorted)
	c := newKeyColumns(len(sorted))
	for _, k := range sorted {
		c.add(k)
	}
	rows, err := tx.Query(ctx, `
		select b.account, b.service_line_id, b.payer_id, b.payer_rank, b.patient_id, b.reference, b.amount
		from unnest($2::text[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[], $7::text[]) with ordinality
			as k (account, service_line_id, payer_id, payer_rank, patient_id, reference, n)
		join subledger_balance b on b.practice_id = $1 and b.account = k.account and b.service_line_id = k.service_line_id
			and b.payer_id = k.payer_id and b.payer_rank = k.payer_rank and b.patient_id = k.patient_id and b.reference = k.reference
		order by k.n`+lock,
		practiceID, c.account, c.serviceLine, c.payer, c.rank, c.patient, c.reference)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanBalance)
	for _, b := range list {
		found[b.Key] = b.Amount
	}
	return found, err
}

// LineBalances reads the open balances (not zero) of service lines, insurance
// and patient alike, by key.
func LineBalances(ctx context.Context, tx pgx.Tx, practiceID int64, serviceLineIDs []int64) ([]ledger.Balance, error) {
	return openBalances(ctx, tx, `b.service_line_id <> 0 and b.service_line_id = any($2)`, practiceID, serviceLineIDs)
}

// PatientBalances reads the open balances (not zero) of patients, by key: what
// they owe (1110) and their credits (2000, negative).
func PatientBalances(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs []int64) ([]ledger.Balance, error) {
	return openBalances(ctx, tx, `b.patient_id <> 0 and b.patient_id = any($2)`, practiceID, patientIDs)
}

// ReferenceBalances reads the open balances (not zero) of one account under
// the given references, whatever the payer: a recoupment (2100), a refund
// (2210), cash that waits for its claim (2010), a trace not yet deposited (1050).
func ReferenceBalances(ctx context.Context, tx pgx.Tx, practiceID int64, account string, references []string) ([]ledger.Balance, error) {
	return openBalances(ctx, tx, `b.account = $2 and b.reference = any($3)`, practiceID, account, references)
}

// AccountBalances reads the open balances (not zero) of one account, by key.
func AccountBalances(ctx context.Context, tx pgx.Tx, practiceID int64, account string) ([]ledger.Balance, error) {
	return openBalances(ctx, tx, `b.account = $2`, practiceID, account)
}

func openBalances(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]ledger.Balance, error) {
	rows, err := tx.Query(ctx, `
		select b.account, b.service_line_id, b.payer_id, b.payer_rank, b.patient_id, b.reference, b.amount
		from subledger_balance b where b.practice_id = $1 and b.amount <> 0 and `+where+`
		order by 1, 2, 3, 4, 5, 6`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanBalance)
}

func scanBalance(row pgx.CollectableRow) (b ledger.Balance, err error) {
	return b, row.Scan(&b.Key.Account, &b.Key.ServiceLineID, &b.Key.PayerID, &b.Key.PayerRank, &b.Key.PatientID, &b.Key.Reference, &b.Amount)
}

// LockLines locks every balance of the service lines, every insurance balance of
// a whole claim (by its number), and every open one of the patients, in the
// order of their keys, and returns them. A transaction that
// posts in several calls takes all that it will touch by this first: two of
// them then wait for each other at the start or not at all.
func LockLines(ctx context.Context, tx pgx.Tx, practiceID int64, serviceLineIDs []int64, claimNumbers []string, patientIDs []int64) (map[ledger.Key]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		select b.account, b.service_line_id, b.payer_id, b.payer_rank, b.patient_id, b.reference, b.amount
		from subledger_balance b where b.practice_id = $1 and (b.service_line_id <> 0 and b.service_line_id = any($2)
			or b.account = $5 and b.service_line_id = 0 and b.reference = any($4)
			or b.patient_id <> 0 and b.patient_id = any($3) and b.amount <> 0)
		order by b.account collate "C", b.service_line_id, b.payer_id, b.payer_rank, b.patient_id, b.reference collate "C"
		for update of b`, practiceID, serviceLineIDs, patientIDs, claimNumbers, ledger.ARInsurance)
	if err != nil {
		return nil, err
	}
	found := make(map[ledger.Key]money.Cents, 2*len(serviceLineIDs))
	var b ledger.Balance
	_, err = pgx.ForEachRow(rows, []any{&b.Key.Account, &b.Key.ServiceLineID, &b.Key.PayerID, &b.Key.PayerRank, &b.Key.PatientID, &b.Key.Reference, &b.Amount}, func() error {
		found[b.Key] = b.Amount
		return nil
	})
	return found, err
}
