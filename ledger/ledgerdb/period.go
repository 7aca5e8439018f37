package ledgerdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger"
)

// Periods lists the months that were ever posted into or closed.
func Periods(ctx context.Context, tx pgx.Tx, practiceID int64) ([]ledger.Period, error) {
	rows, err := tx.Query(ctx, `
		select p.month, p.state = 'closed', p.changed_by, p.reason, p.changed_at,
			(select count(*) from journal_entry e where e.practice_id = p.practice_id and e.posting_date >= p.month and e.posting_date < p.month + interval '1 month')
		from period p where p.practice_id = $1 order by p.month`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ledger.Period, err error) {
		return p, row.Scan(&p.Month, &p.Closed, &p.ChangedBy, &p.Reason, &p.ChangedAt, &p.Entries)
	})
}

// ReceivedOn reads the business day of what entries post, by their source key,
// as far as a remittance, a patient's payment or a person's decision says it. An
// entry of a closed month stands in the next open one; this day links the two.
func ReceivedOn(ctx context.Context, tx pgx.Tx, practiceID int64, sources []string) (map[string]date.Date, error) {
	rows, err := tx.Query(ctx, `
		select s.source_key, coalesce(r.received_on, p.received_on, d.decided_on)
		from (select source_key, `+remittanceOf+` as payment from unnest($2::text[]) source_key) s
		left join remittance r on r.practice_id = $1 and r.source_key = s.payment
		left join patient_payment p on p.practice_id = $1 and s.source_key like 'payment|%' and p.idempotency_key = substr(s.source_key, 9)
		left join lateral (select min(d.decided_on) as decided_on from decision d
			where d.practice_id = $1 and s.source_key like 'decision|%' and s.source_key = 'decision|' || d.kind || '|' || d.subject) d on true
		where coalesce(r.received_on, p.received_on, d.decided_on) is not null`, practiceID, sources)
	if err != nil {
		return nil, err
	}
	received := make(map[string]date.Date, len(sources))
	var source string
	var day date.Date
	_, err = pgx.ForEachRow(rows, []any{&source, &day}, func() error {
		received[source] = day
		return nil
	})
	return received, err
}

// Checklist says what is open at the end of the month. An empty list is a clean
// month.
func Checklist(ctx context.Context, tx pgx.Tx, practiceID int64, month date.Date) ([]ledger.Point, error) {
	last := month.AddMonths(1).AddDays(-1)
	rows, err := tx.Query(ctx, `
		with held as (
			select account, reference, sum(amount)::bigint as amount from (
				select t.debit_account as account, t.debit_payer_id as payer, t.debit_reference as reference, t.amount
				from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
				where t.practice_id = $1 and e.posting_date <= $2 and t.debit_account in ('1010', '1050', '2010', '2190')
				union all
				select t.credit_account, t.credit_payer_id, t.credit_reference, -t.amount
				from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
				where t.practice_id = $1 and e.posting_date <= $2 and t.credit_account in ('1010', '1050', '2010', '2190')
			) s group by account, payer, reference having sum(amount) <> 0
		)
		select code, message, count(*), coalesce(sum(amount), 0)::bigint from (
			select 'undeposited' as code, 'receipts in the drawer are not deposited' as message, amount from held where account = '1010'
			union all select 'clearing', 'payments of insurers are not matched to a deposit', amount from held where account = '1050'
			union all select 'unidentified', 'cash of insurers is not identified', -amount from held where account = '2010'
			union all select 'suspense', 'provider-level adjustments are not classified', amount from held where account = '2190'
			union all select 'quarantine', 'remittances are in quarantine', amount from work_item
				where practice_id = $1 and state = 'open' and kind = 'quarantine' and opened_on <= $2
			union all select 'unmatched', 'payments wait for their claim', amount from work_item
				where practice_id = $1 and state = 'open' and kind = 'unmatched' and opened_on <= $2
			union all select 'files', 'files that came in are not worked to the end', 0 from edi_file
				where practice_id = $1 and state = 'stored' and direction = 'in' and kind = 'x12' and received_on <= $2
		) p group by 1, 2 order by 1`, practiceID, last)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ledger.Point, err error) {
		return p, row.Scan(&p.Code, &p.Message, &p.Count, &p.Amount)
	})
}

// ClosePeriod closes a month: from then on nothing posts into it, and a poster
// in flight is waited for. Months close in order, once they are over. What the
// checklist still shows must be explained; the explanation is kept with the
// decision. It returns the decision's id.
func ClosePeriod(ctx context.Context, tx pgx.Tx, practiceID int64, month, today date.Date, by, explanation string) (decisionID int64, err error) {
	name := month.Format("2006-01")
	if !month.AddMonths(1).Before(today.AddDays(1)) {
		return 0, fault.Invalidf("CB-PERIOD-NOT-OVER", "%s is not over: the practice's day is %s", name, today)
	}
	// The row that posters hold FOR SHARE; it may not exist yet.
	if _, err := tx.Exec(ctx, `insert into period (practice_id, month) values ($1, $2) on conflict do nothing`, practiceID, month); err != nil {
		return 0, err
	}
	var state string
	if err := tx.QueryRow(ctx, `select state from period where practice_id = $1 and month = $2 for update`, practiceID, month).Scan(&state); err != nil {
		return 0, err
	}
	if state == "closed" {
		return 0, fault.Invalidf("CB-PERIOD-CLOSED", "period %s is closed already", name)
	}
	var earlier date.Date
	err = tx.QueryRow(ctx, `select month from period where practice_id = $1 and month < $2 and state = 'open' order by month limit 1`, practiceID, month).Scan(&earlier)
	if err == nil {
		return 0, fault.Invalidf("CB-PERIOD-ORDER", "period %s is still open: months close in order", earlier.Format("2006-01")).
			WithFix("claimbook period close " + earlier.Format("2006-01"))
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	points, err := Checklist(ctx, tx, practiceID, month)
	if err != nil {
		return 0, err
	}
	if len(points) > 0 && explanation == "" {
		return 0, openPoints(name, points)
	}
	decisionID, err = decide(ctx, tx, practiceID, "period-close", name, map[string]any{"open": points}, explanation, by, today)
	if err != nil {
		return 0, err
	}
	// The time of the lock, not of the transaction's start: whatever was
	// recorded in the month is older.
	_, err = tx.Exec(ctx, `update period set state = 'closed', changed_by = $3, reason = $4, changed_at = clock_timestamp() where practice_id = $1 and month = $2`,
		practiceID, month, by, explanation)
	return decisionID, err
}

func openPoints(month string, points []ledger.Point) error {
	text := ""
	for _, p := range points {
		text += fmt.Sprintf("\n  %s: %d", p.Message, p.Count)
		if p.Amount != 0 {
			text += ", " + p.Amount.Dollars()
		}
	}
	return fault.Invalidf("CB-PERIOD-OPEN-POINTS", "%s has open points:%s", month, text).
		WithFix("settle them, or say with --explain why the month closes as it is")
}

// ReopenPeriod opens a closed month again, with a reason. Later months must be
// open: they build on it. It returns the decision's id.
func ReopenPeriod(ctx context.Context, tx pgx.Tx, practiceID int64, month, today date.Date, by, reason string) (decisionID int64, err error) {
	name := month.Format("2006-01")
	if reason == "" {
		return 0, fault.Usagef("CB-PERIOD-REASON", "reopening %s needs a reason", name)
	}
	var state string
	err = tx.QueryRow(ctx, `select state from period where practice_id = $1 and month = $2 for update`, practiceID, month).Scan(&state)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && state == "open" {
		return 0, fault.Invalidf("CB-PERIOD-OPEN", "period %s is not closed", name)
	} else if err != nil {
		return 0, err
	}
	var later date.Date
	err = tx.QueryRow(ctx, `select month from period where practice_id = $1 and month > $2 and state = 'closed' order by month desc limit 1`, practiceID, month).Scan(&later)
	if err == nil {
		return 0, fault.Invalidf("CB-PERIOD-ORDER", "period %s is closed: months reopen from the last one back", later.Format("2006-01")).
			WithFix("claimbook period reopen " + later.Format("2006-01") + " --reason …")
	} else if !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	if decisionID, err = decide(ctx, tx, practiceID, "period-reopen", name, map[string]any{}, reason, by, today); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `update period set state = 'open', changed_by = $3, reason = $4, changed_at = clock_timestamp() where practice_id = $1 and month = $2`,
		practiceID, month, by, reason)
	return decisionID, err
}

// decide records what a person decided, before it moves anything.
func decide(ctx context.Context, tx pgx.Tx, practiceID int64, kind, subject string, payload any, reason, by string, on date.Date) (id int64, err error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `insert into decision (practice_id, kind, subject, payload, reason, actor, decided_on) values ($1, $2, $3, $4, $5, $6, $7) returning id`,
		practiceID, kind, subject, raw, reason, by, on).Scan(&id)
	return id, err
}
