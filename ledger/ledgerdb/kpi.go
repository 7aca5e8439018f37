package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
)

// KPI measures the claims sent and answered, and the book, from one day to
// another, both included; what a later day changed is not counted.
func KPI(ctx context.Context, tx pgx.Tx, practiceID int64, from, to date.Date) (ledger.KPIReport, error) {
	f := ledger.Figures{From: from, To: to}
	for _, read := range [...]func(context.Context, pgx.Tx, int64, *ledger.Figures) error{sentFigures, answerFigures, bookFigures} {
		if err := read(ctx, tx, practiceID, &f); err != nil {
			return ledger.KPIReport{}, err
		}
	}
	return ledger.NewKPIReport(&f), nil
}

// sentFigures follows the claims that were sent for the first time in the span:
// what held them before, and what their partner said first.
func sentFigures(ctx context.Context, tx pgx.Tx, practiceID int64, f *ledger.Figures) error {
	return tx.QueryRow(ctx, `
		with sent as materialized (
			select claim_id, min(id) as id from claim_event
			where practice_id = $1 and event = 'sent' and occurred_on <= $3
			group by 1 having min(occurred_on) >= $2
		), told as (
			select s.claim_id,
				(select v.to_state from claim_event v where v.practice_id = $1 and v.claim_id = s.claim_id and v.id > s.id and v.occurred_on <= $3
					and (v.to_state in ('accepted', 'rejected', 'paid', 'partly-paid', 'denied', 'forwarded')) order by v.id limit 1) as answer,
				exists (select from claim_event v where v.practice_id = $1 and v.claim_id = s.claim_id and v.occurred_on <= $3
					and (v.to_state = 'held' or v.to_state = 'rejected')) as touched,
				exists (select from claim c join intake_record i on i.practice_id = c.practice_id and i.encounter_id = c.encounter_id
					where c.practice_id = $1 and c.id = s.claim_id and i.outcome = 'held') as held
			from sent s
		)
		select count(*)::int, (count(*) filter (where not touched and not held))::int, count(answer)::int, (count(answer) filter (where answer <> 'rejected'))::int
		from told`, practiceID, f.From, f.To).Scan(&f.Sent, &f.Clean, &f.Answered, &f.FirstPass)
}

// answerFigures counts the claims that remittances of the span answered.
// Reversals (22) take an answer back and predeterminations (25) are none.
func answerFigures(ctx context.Context, tx pgx.Tx, practiceID int64, f *ledger.Figures) error {
	return tx.QueryRow(ctx, `
		select count(distinct s.claim_id)::int, (count(distinct s.claim_id) filter (where exists (
			select from remittance_adjustment a where a.practice_id = s.practice_id and a.remittance_id = s.remittance_id and a.claim_seq = s.seq
				and a.treatment = 'denial' and a.amount > 0)))::int
		from remittance r join remittance_claim s on s.practice_id = r.practice_id and s.remittance_id = r.id
		where r.practice_id = $1 and r.state = 'posted' and r.posting_date between $2 and $3
			and s.claim_id is not null and s.status not in ('22', '25')`, practiceID, f.From, f.To).Scan(&f.Adjudicated, &f.Denied)
}

// bookFigures reads the reports that the accountant reads.
func bookFigures(ctx context.Context, tx pgx.Tx, practiceID int64, f *ledger.Figures) error {
	aging, err := Aging(ctx, tx, practiceID, f.To, ledger.ByService)
	if err != nil {
		return err
	}
	f.Receivables, f.Over90 = aging.Total.Total, aging.Total.Amounts[3]+aging.Total.Amounts[4]
	span, err := DaySheet(ctx, tx, practiceID, f.From, f.To)
	if err != nil {
		return err
	}
	f.Charges, f.Payments = span.Charges, span.Payments
	for _, row := range span.Rows {
		switch row.Account {
		case ledger.Contractual, ledger.OtherReductions, ledger.CapitationAdjustments:
			if row.Section == ledger.Adjustments {
				f.Contractual += row.Amount
			}
		}
	}
	var first date.Date
	if err := tx.QueryRow(ctx, `select min(posting_date) from journal_entry where practice_id = $1`, practiceID).Scan(&first); err != nil {
		return err
	}
	if first.IsZero() || first.After(f.To) {
		return nil
	}
	f.ChargeDays = min(ledger.KPIDays, f.To.DaysSince(first)+1)
	recent, err := DaySheet(ctx, tx, practiceID, f.To.AddDays(1-f.ChargeDays), f.To)
	f.Charged = recent.Charges
	return err
}
