package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
)

// Adjustments lists what reduced receivables from one day to another, both
// included, without being paid: by account, reason, payer and kind of entry.
func Adjustments(ctx context.Context, tx pgx.Tx, practiceID int64, from, to date.Date) (ledger.AdjustmentReport, error) {
	chart, err := Chart(ctx, tx, practiceID)
	if err != nil {
		return ledger.AdjustmentReport{}, err
	}
	rows, err := tx.Query(ctx, `
		with moved as materialized (
			select e.kind, t.debit_account, t.credit_account, t.group_code, t.carc,
				case when t.debit_account in ('1100', '1110') then t.debit_payer_id else t.credit_payer_id end as payer_id,
				count(*)::int as lines, sum(t.amount)::bigint as amount
			from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
			where e.practice_id = $1 and ($2::date is null or e.posting_date >= $2) and e.posting_date <= $3
				and (t.debit_account in ('1100', '1110')) <> (t.credit_account in ('1100', '1110'))
			group by 1, 2, 3, 4, 5, 6
		)
		select m.kind, m.debit_account, m.credit_account, m.lines, m.amount, coalesce(p.code, ''), m.group_code, m.carc
		from moved m left join payer p on p.practice_id = $1 and p.id = m.payer_id
		order by 1, 2, 3, 6, 7, 8`, practiceID, from, to)
	if err != nil {
		return ledger.AdjustmentReport{}, err
	}
	activity, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a ledger.ReasonedActivity, err error) {
		return a, row.Scan(&a.Kind, &a.Debit, &a.Credit, &a.Count, &a.Amount, &a.Payer, &a.GroupCode, &a.CARC)
	})
	return ledger.NewAdjustmentReport(from, to, chart, activity), err
}

// Denials lists what payers refused in answers posted from one day to another,
// both included, by payer and reason, and what became of the lines until the
// end of asOf.
func Denials(ctx context.Context, tx pgx.Tx, practiceID int64, from, to, asOf date.Date) (ledger.DenialReport, error) {
	r := ledger.DenialReport{From: from, To: to, AsOf: asOf, Rows: []ledger.DenialRow{}}
	rows, err := tx.Query(ctx, denials, practiceID, from, to, asOf)
	if err != nil {
		return r, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d ledger.DenialRow, err error) {
		return d, row.Scan(&d.Payer, &d.Name, &d.GroupCode, &d.CARC, &d.Denials, &d.Claims, &d.Denied, &d.TakenBack, &d.Recovered, &d.WrittenOff, &d.MovedOn, &d.Open)
	})
	for _, d := range list {
		if d.Payer == "" { // the grand total
			r.Total = d
		} else {
			r.Rows = append(r.Rows, d)
		}
	}
	return r, err
}

// denials finds the refusing adjustments of the answers, the lines they are
// about (a refusal of a claim as a whole is about all of its lines), and for
// each line and payer what was posted after the first refusal.
const denials = `
	with denied as materialized (
		select row_number() over () as n, r.posting_date, r.recorded_at, r.edi_file_id, r.source_key || '|CLP|' || a.claim_seq as source,
			a.line_seq, a.group_code, a.carc, a.amount, a.byte_offset, c.id as claim_id, c.payer_id, c.payer_rank, l.service_line_id,
			exists (select from remittance_claim b join remittance v on v.practice_id = b.practice_id and v.id = b.remittance_id
				where b.practice_id = $1 and b.reverses_remittance_id = a.remittance_id and b.reverses_seq = a.claim_seq
					and v.state = 'posted' and v.posting_date <= $4) as taken_back
		from remittance r
		join remittance_adjustment a on a.practice_id = r.practice_id and a.remittance_id = r.id
		join remittance_claim s on s.practice_id = a.practice_id and s.remittance_id = a.remittance_id and s.seq = a.claim_seq
		join claim c on c.practice_id = s.practice_id and c.id = s.claim_id
		left join remittance_line l on l.practice_id = a.practice_id and l.remittance_id = a.remittance_id and l.claim_seq = a.claim_seq and l.line_seq = a.line_seq
		where r.practice_id = $1 and r.state = 'posted' and r.posting_date between $2 and $3
			and a.treatment = 'denial' and a.amount > 0 and s.status <> '22'
	), about as (
		select n, service_line_id from denied where service_line_id is not null
		union all
		select d.n, l.service_line_id from denied d join claim_line l on l.practice_id = $1 and l.claim_id = d.claim_id
		where d.service_line_id is null and d.line_seq = 0
	), first as materialized (
		select distinct on (a.service_line_id, d.payer_id, d.payer_rank) a.service_line_id as line,
			d.n, d.payer_id, d.payer_rank, d.recorded_at, d.edi_file_id, d.byte_offset, d.source
		from about a join denied d on d.n = a.n
		order by a.service_line_id, d.payer_id, d.payer_rank, d.posting_date, d.recorded_at, d.amount desc, d.n
	), outcome as (
		select f.n, sum(m.paid)::bigint as paid, sum(m.moved)::bigint as moved, sum(m.adjusted)::bigint as adjusted, sum(m.held)::bigint as held
		from first f
		cross join lateral (
			select sum(x.amount) as held,
				-sum(x.amount) filter (where x.later and x.across in ('1000', '1010', '1050', '2000', '2010', '2100', '2190', '2210')) as paid,
				-sum(x.amount) filter (where x.later and x.across in ('1100', '1110')) as moved,
				-sum(x.amount) filter (where x.later and x.across not in ('1000', '1010', '1050', '2000', '2010', '2100', '2190', '2210', '1100', '1110', '4000')) as adjusted
			from (
				select s.amount, s.across, e.source_key <> f.source
					and (e.recorded_at > f.recorded_at or s.edi_file_id = f.edi_file_id and s.byte_offset > f.byte_offset) as later
				from (
					select entry_id, amount, credit_account as across, edi_file_id, byte_offset from transfer
					where practice_id = $1 and debit_service_line_id = f.line and debit_service_line_id <> 0
						and debit_account = '1100' and debit_payer_id = f.payer_id and debit_payer_rank = f.payer_rank
					union all
					select entry_id, -amount, debit_account, edi_file_id, byte_offset from transfer
					where practice_id = $1 and credit_service_line_id = f.line and credit_service_line_id <> 0
						and credit_account = '1100' and credit_payer_id = f.payer_id and credit_payer_rank = f.payer_rank
				) s join journal_entry e on e.practice_id = $1 and e.id = s.entry_id and e.posting_date <= $4
			) x
		) m group by 1
	)
	select coalesce(p.code, ''), coalesce(min(p.name), ''), coalesce(d.group_code, ''), coalesce(d.carc, ''), count(d.n)::int, count(distinct d.claim_id)::int,
		coalesce(sum(d.amount), 0)::bigint, coalesce(sum(d.amount) filter (where d.taken_back), 0)::bigint,
		coalesce(sum(o.paid), 0)::bigint, coalesce(sum(o.adjusted), 0)::bigint, coalesce(sum(o.moved), 0)::bigint, coalesce(sum(o.held), 0)::bigint
	from denied d join payer p on p.practice_id = $1 and p.id = d.payer_id
	left join outcome o on o.n = d.n
	group by grouping sets ((p.code, d.group_code, d.carc), ())
	order by 7 desc, 1, 3, 4`
