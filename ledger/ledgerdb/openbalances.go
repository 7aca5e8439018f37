package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
)

// Unapplied lists the money that waits for its purpose at the end of a day,
// oldest first: patient credits, unidentified cash, recoupments announced,
// suspense, and refunds to patients and payers that were not sent.
func Unapplied(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date) ([]ledger.OpenBalance, error) {
	return openSince(ctx, tx, practiceID, asOf, []string{ledger.PatientCredits, ledger.UnidentifiedCash, ledger.PayerRecoupment, ledger.PLBSuspense, ledger.PatientRefunds, ledger.PayerRefunds}, false)
}

// CreditBalances lists the receivables that are credits at the end of a day,
// oldest first: somebody paid too much, and for Medicare and Medicaid a clock
// runs.
func CreditBalances(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date) ([]ledger.OpenBalance, error) {
	return openSince(ctx, tx, practiceID, asOf, []string{ledger.ARInsurance, ledger.ARPatient}, true)
}

// openSince sums the balances of some accounts at the end of a day, with the
// day since which each was never settled: for a credit, never zero or a debit.
func openSince(ctx context.Context, tx pgx.Tx, practiceID int64, asOf date.Date, accounts []string, creditsOnly bool) ([]ledger.OpenBalance, error) {
	rows, err := tx.Query(ctx, `
		with moved as (
			select p.account, p.service_line_id, p.payer_id, p.payer_rank, p.patient_id, p.reference, e.posting_date, sum(p.amount)::bigint as amount
			from posting p join journal_entry e on e.practice_id = p.practice_id and e.id = p.entry_id
			where p.practice_id = $1 and e.posting_date <= $2 and p.account = any($3)
			group by 1, 2, 3, 4, 5, 6, 7
		), run as (
			select *, sum(amount) over w as held, sum(amount) over (partition by account, service_line_id, payer_id, payer_rank, patient_id, reference) as final
			from moved window w as (partition by account, service_line_id, payer_id, payer_rank, patient_id, reference order by posting_date)
		), open as (
			select account, service_line_id, payer_id, payer_rank, patient_id, reference, final::bigint as amount,
				min(posting_date) filter (where posting_date > settled or settled is null) as since
			from (
				select *, max(posting_date) filter (where held = 0 or sign(held) <> sign(final))
					over (partition by account, service_line_id, payer_id, payer_rank, patient_id, reference) as settled
				from run where final <> 0 and ($4 = false or final < 0)
			) s group by 1, 2, 3, 4, 5, 6, 7
		)
		select o.account, coalesce(a.name, ''), coalesce(p.code, ''), coalesce(p.kind, ''), coalesce(n.account, ''),
			coalesce(v.external_id || '/' || l.line_no, ''), o.reference, o.since, o.amount
		from open o
		left join account a on a.practice_id = $1 and a.code = o.account
		left join payer p on p.practice_id = $1 and p.id = o.payer_id
		left join patient n on n.practice_id = $1 and n.id = o.patient_id
		left join service_line l on l.practice_id = $1 and l.id = o.service_line_id
		left join encounter v on v.practice_id = $1 and v.id = l.encounter_id
		order by o.since, 1, 3, 5, 6, 7`, practiceID, asOf, accounts, creditsOnly)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b ledger.OpenBalance, err error) {
		if err = row.Scan(&b.Account, &b.Name, &b.Payer, &b.PayerKind, &b.Patient, &b.Line, &b.Reference, &b.Since, &b.Amount); err == nil {
			b.SetClock(asOf)
		}
		return b, err
	})
}

// BalancesAsOf reads what each balance of an account held at the end of a day,
// as far as it was not zero. An account without a sub-ledger has one balance.
func BalancesAsOf(ctx context.Context, tx pgx.Tx, practiceID int64, account string, asOf date.Date) ([]ledger.Balance, error) {
	rows, err := tx.Query(ctx, `
		select account, service_line_id, payer_id, payer_rank, patient_id, reference, sum(p.amount)::bigint
		from posting p join journal_entry e on e.practice_id = p.practice_id and e.id = p.entry_id
		where p.practice_id = $1 and p.account = $2 and e.posting_date <= $3
		group by 1, 2, 3, 4, 5, 6 having sum(p.amount) <> 0 order by 1, 2, 3, 4, 5, 6`, practiceID, account, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanBalance)
}
