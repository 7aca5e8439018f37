package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/ledger"
)

// Aging lists the receivables at the end of the day asOf by who owes them and
// for how long. As of the last posting day or later it reads the sub-ledger;
// as of an earlier day it sums the journal.
func Aging(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date, by ledger.AgeBy) (ledger.Aging, error) {
	since := sinceService
	switch by {
	case ledger.ByService:
	case ledger.ByResponsibility:
		since = sinceResponsibility
	default:
		return ledger.Aging{}, fault.Usagef("CB-REPORT-BASIS", "an aging counts by %q or %q, not by %q", ledger.ByService, ledger.ByResponsibility, by)
	}
	later, err := postedAfter(ctx, tx, practiceID, asOf)
	if err != nil {
		return ledger.Aging{}, err
	}
	open := openNow
	if later {
		open = openThen
	}
	// First the sums, then the names of the few who owe them.
	rows, err := tx.Query(ctx, `
		with aged as materialized (
			select o.account, case o.account when '1100' then o.payer_id else coalesce(n.guarantor_id, 0) end as party,
				`+since+` as since, count(*)::int as items, sum(o.amount)::bigint as amount
			from (`+open+`) o
			left join patient n on o.account = '1110' and n.practice_id = $1 and n.id = o.patient_id
			left join service_line l on o.service_line_id <> 0 and l.practice_id = $1 and l.id = o.service_line_id
			left join claim c on o.service_line_id = 0 and o.reference <> '' and c.practice_id = $1 and c.number = o.reference
			group by 1, 2, 3
		)
		select a.account, a.party,
			case a.account when '1100' then coalesce(p.code, 'unknown') else coalesce(g.account, 'unknown') end,
			case a.account when '1100' then coalesce(p.name, 'unknown payer') else coalesce(g.last_name || ', ' || g.first_name, 'unknown guarantor') end,
			a.since, a.items, a.amount
		from aged a
		left join payer p on a.account = '1100' and p.practice_id = $1 and p.id = a.party
		left join guarantor g on a.account = '1110' and g.practice_id = $1 and g.id = a.party`, practiceID, asOf)
	if err != nil {
		return ledger.Aging{}, err
	}
	items, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (i ledger.OpenItem, err error) {
		return i, row.Scan(&i.Account, &i.PartyID, &i.Code, &i.Name, &i.Since, &i.Items, &i.Amount)
	})
	return ledger.Age(asOf, by, items), err
}

// The parts of the aging's query.
const (
	openNow = `
		select account, service_line_id, payer_id, payer_rank, patient_id, reference, amount
		from subledger_balance where practice_id = $1 and account in ('1100', '1110') and amount <> 0`
	openThen = `
		select account, service_line_id, payer_id, payer_rank, patient_id, reference, sum(p.amount)::bigint as amount
		from posting p join journal_entry e on e.practice_id = p.practice_id and e.id = p.entry_id
		where p.practice_id = $1 and p.account in ('1100', '1110') and e.posting_date <= $2
		group by 1, 2, 3, 4, 5, 6 having sum(p.amount) <> 0`
)

// A receivable is as old as the service; where no line or claim says when that
// was, the journal does. The party came to owe it on the day of the first debit,
// or, of a credit that was never a debit, of the first credit. Both are looked
// up balance by balance, and only where they are needed: the open ones are few
// beside the journal.
var (
	sinceService        = `coalesce(l.service_date, c.service_date, ` + first("s.service_date") + `, ` + first("e.posting_date") + `, $2)`
	sinceResponsibility = `coalesce(` + first("e.posting_date") + `, c.service_date, l.service_date, $2)`
)

// first is the smallest value of an expression over the lines under the key of
// the open balance o: of its debits, else of its credits. Balances of a line, of
// a patient's account, and of a claim as a whole are found by an index of their
// own.
func first(value string) string {
	side := func(side, place string) string {
		return `(select min(` + value + `) from transfer s join journal_entry e on e.practice_id = s.practice_id and e.id = s.entry_id and e.posting_date <= $2
			where s.practice_id = $1 and ` + place + ` and s.` + side + `_account = o.account and s.` + side + `_service_line_id = o.service_line_id
				and s.` + side + `_payer_id = o.payer_id and s.` + side + `_payer_rank = o.payer_rank and s.` + side + `_patient_id = o.patient_id
				and s.` + side + `_reference = o.reference)`
	}
	both := func(place func(side string) string) string {
		return `coalesce(` + side("debit", place("debit")) + `, ` + side("credit", place("credit")) + `)`
	}
	return `case when o.service_line_id <> 0 then ` + both(func(side string) string {
		return `s.` + side + `_service_line_id = o.service_line_id and s.` + side + `_service_line_id <> 0`
	}) + `
		when o.patient_id <> 0 then ` + both(func(side string) string {
		return `s.` + side + `_patient_id = o.patient_id and s.` + side + `_patient_id <> 0`
	}) + `
		else ` + both(func(string) string { return `s.claim_id = c.id and s.claim_id <> 0` }) + ` end`
}
