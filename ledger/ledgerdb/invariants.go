package ledgerdb

// invariants are proved by SQL over the whole book. Each names its
// counter-examples by source keys, claim numbers and codes, never by patient
// names: they travel into logs.
var invariants = []invariant{
	{
		name:      "entries-complete",
		statement: "every entry has exactly the lines it declares, numbered from 1, and every line has its entry",
		unit:      "entries",
		rows:      `select count(*) from journal_entry where practice_id = $1`,
		against: `
		select case when e.id is null then 'transfer ' || t.entry_id || ' line ' || t.first || ' has no entry'
			else 'entry ' || e.source_key || ' declares ' || e.line_count || ' lines and has ' || coalesce(t.lines, 0) end
		from (select * from journal_entry where practice_id = $1) e
		full join (
			select entry_id, count(*) as lines, min(line_no) as first, max(line_no) as last, min(line_count) as low, max(line_count) as high
			from transfer where practice_id = $1 group by 1
		) t on t.entry_id = e.id
		where e.id is null or t.entry_id is null or t.lines <> e.line_count or t.first <> 1 or t.last <> e.line_count
			or t.low <> e.line_count or t.high <> e.line_count`,
	},
	{
		name:      "transfers-balance",
		statement: "every line moves one amount above zero between two different balances of accounts that exist and are divided that way, so the book sums to zero",
		unit:      "lines",
		rows:      `select count(*) from transfer where practice_id = $1`,
		against: `
		with sides as (
			select debit_account as account, bool_or(debit_service_line_id <> 0) as line, bool_or(debit_payer_id <> 0) as payer,
				bool_or(debit_payer_rank <> 0) as rank, bool_or(debit_patient_id <> 0) as patient, bool_or(debit_reference <> '') as reference
			from transfer where practice_id = $1 group by 1
			union all
			select credit_account, bool_or(credit_service_line_id <> 0), bool_or(credit_payer_id <> 0), bool_or(credit_payer_rank <> 0),
				bool_or(credit_patient_id <> 0), bool_or(credit_reference <> '')
			from transfer where practice_id = $1 group by 1
		)
		select 'entry ' || coalesce(e.source_key, t.entry_id::text) || ' line ' || t.line_no || ' moves ' || t.amount || ' cents from '
			|| t.credit_account || ' to ' || t.debit_account
		from transfer t left join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
		where t.practice_id = $1 and (t.amount <= 0 or
			(t.debit_account, t.debit_service_line_id, t.debit_payer_id, t.debit_payer_rank, t.debit_patient_id, t.debit_reference)
			= (t.credit_account, t.credit_service_line_id, t.credit_payer_id, t.credit_payer_rank, t.credit_patient_id, t.credit_reference))
		union all
		select distinct 'account ' || s.account || case when a.code is null then ' is not in the chart' else ' is divided by a key that the chart does not give it' end
		from sides s left join account a on a.practice_id = $1 and a.code = s.account
		where a.code is null or (s.line and not 'service_line' = any(a.keyed_by)) or (s.payer and not 'payer' = any(a.keyed_by))
			or (s.rank and not 'rank' = any(a.keyed_by)) or (s.patient and not 'patient' = any(a.keyed_by))
			or (s.reference and not 'reference' = any(a.keyed_by))`,
	},
	{
		name:      "append-only",
		statement: "the database still refuses to change what was posted: its triggers are on, and the application's roles may only read and add",
		unit:      "tables",
		rows:      `select 4 where $1::bigint is not null`,
		against: `
		select 'table ' || t || ' has lost the trigger that refuses changes'
		from unnest(array['journal_entry', 'transfer', 'seal_block', 'sealed_entry']) t
		where not exists (select from pg_trigger where tgrelid = t::regclass and tgfoid = 'refuse_change'::regproc and tgenabled in ('O', 'A')
			and (tgtype & 56) = 56 /* delete, update and truncate */ and $1::bigint is not null)
		union all
		select 'role ' || r || ' may ' || lower(p) || ' table ' || t
		from unnest(array['journal_entry', 'transfer', 'seal_block', 'sealed_entry']) t, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p,
			unnest(array['claimbook_work', 'claimbook_web']) r
		where has_table_privilege(r, t, p)
		union all
		select 'table ' || c || ' has lost the trigger ' || f from (values ('journal_entry', 'journal_entry_check'), ('transfer', 'transfer_check')) v (c, f)
		where not exists (select from pg_trigger where tgrelid = c::regclass and tgname = f and tgenabled in ('O', 'A'))`,
	},
	{
		name:      "sub-ledger",
		statement: "every balance of the sub-ledger is the sum of the lines under its key",
		unit:      "balances",
		rows:      `select count(*) from subledger_balance where practice_id = $1`,
		against: `
		with derived as (
			select account, service_line_id, payer_id, payer_rank, patient_id, reference, sum(amount)::bigint as amount from (
				select debit_account as account, debit_service_line_id as service_line_id, debit_payer_id as payer_id, debit_payer_rank as payer_rank,
					debit_patient_id as patient_id, debit_reference as reference, amount
				from transfer where practice_id = $1
				union all
				select credit_account, credit_service_line_id, credit_payer_id, credit_payer_rank, credit_patient_id, credit_reference, -amount
				from transfer where practice_id = $1
			) p join account a on a.practice_id = $1 and a.code = p.account and a.keyed_by <> '{}'
			group by 1, 2, 3, 4, 5, 6
		), kept as (select * from subledger_balance where practice_id = $1)
		select 'account ' || coalesce(d.account, k.account) || concat(
				', line ' || nullif(coalesce(d.service_line_id, k.service_line_id), 0), ', payer ' || nullif(coalesce(d.payer_id, k.payer_id), 0),
				', patient ' || nullif(coalesce(d.patient_id, k.patient_id), 0), ', reference ' || nullif(coalesce(d.reference, k.reference), ''))
			|| ' holds ' || coalesce(k.amount, 0) || ' cents, its lines add up to ' || coalesce(d.amount, 0)
		from derived d full join kept k on k.account = d.account and k.service_line_id = d.service_line_id and k.payer_id = d.payer_id
			and k.payer_rank = d.payer_rank and k.patient_id = d.patient_id and k.reference = d.reference
		where coalesce(d.amount, 0) <> coalesce(k.amount, 0)`,
	},
	{
		name:      "periods",
		statement: "every entry lies in a period, and no entry was recorded in one after it was closed",
		unit:      "entries",
		rows:      `select count(*) from journal_entry where practice_id = $1`,
		against: `
		select 'entry ' || e.source_key || ' of ' || e.posting_date || case when p.month is null then ' lies in no period'
			else ' was recorded at ' || e.recorded_at || ', after its period was closed' end
		from journal_entry e left join period p on p.practice_id = e.practice_id and p.month = date_trunc('month', e.posting_date)::date
		where e.practice_id = $1 and (p.month is null or p.state = 'closed' and e.recorded_at > p.changed_at)`,
	},
	{
		name:      "reversals",
		statement: "an entry that takes another one back names one that exists, is another, and is taken back once",
		unit:      "reversals",
		rows:      `select count(*) from journal_entry where practice_id = $1 and reverses is not null`,
		against: `
		select 'entry ' || e.source_key || case when r.id is null then ' takes back an entry that does not exist'
			when r.id = e.id then ' takes back itself' else ' is not the only one that takes back ' || r.source_key end
		from journal_entry e left join journal_entry r on r.practice_id = e.practice_id and r.id = e.reverses
		where e.practice_id = $1 and e.reverses is not null and (r.id is null or r.id = e.id or exists (
			select from journal_entry o where o.practice_id = e.practice_id and o.reverses = e.reverses and o.id <> e.id))`,
	},
	{
		name:      "sources",
		statement: "a source posts once, and what says it comes from a remittance belongs to one that was posted",
		unit:      "entries",
		rows:      `select count(*) from journal_entry where practice_id = $1`,
		against: `
		select 'source ' || source_key || ' posted ' || count(*) || ' times' from journal_entry where practice_id = $1 group by source_key having count(*) > 1
		union all
		select 'entry ' || e.source_key || case when r.id is null then ' belongs to no remittance' else ' belongs to a remittance that is ' || r.state end
		from (select source_key, ` + remittanceOf + ` as payment from journal_entry where practice_id = $1 and source_key like '835|%') e
		left join remittance r on r.practice_id = $1 and r.source_key = e.payment
		where r.state is distinct from 'posted'`,
	},
	{
		name:      "remittance-claims",
		statement: "the cash posted for every claim of a remittance is exactly what it says was paid (CLP04)",
		unit:      "claims of remittances",
		rows: `select count(*) from remittance_claim c join remittance r on r.practice_id = c.practice_id and r.id = c.remittance_id
			where c.practice_id = $1 and r.state = 'posted'`,
		against: `
		with said as (
			select r.source_key || '|CLP|' || c.seq as source, r.trace, c.paid
			from remittance_claim c join remittance r on r.practice_id = c.practice_id and r.id = c.remittance_id
			where c.practice_id = $1 and r.state = 'posted'
		), booked as (
			select e.source_key as source, sum(case when t.debit_account = '1050' then t.amount else -t.amount end)::bigint as cash
			from transfer t join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
			where t.practice_id = $1 and (t.debit_account = '1050') <> (t.credit_account = '1050') and e.source_key like '835|%|CLP|%'
			group by 1
		)
		select 'claim at ' || s.source || ' was paid ' || s.paid || ' cents, ' || coalesce(b.cash, 0) || ' are posted'
		from said s left join booked b on b.source = s.source where s.paid <> coalesce(b.cash, 0)`,
	},
	{
		name:      "remittance-totals",
		statement: "1050 of every payment's trace took exactly BPR02, and BPR02 = the claims' CLP04 less the PLB",
		unit:      "payments",
		rows:      `select count(*) from remittance where practice_id = $1 and state = 'posted'`,
		against: `
		with booked as (
			select ` + remittanceOf + ` as payment, t.reference, sum(t.amount)::bigint as cash
			from (
				select entry_id, debit_reference as reference, amount from transfer where practice_id = $1 and debit_account = '1050'
				union all
				select entry_id, credit_reference, -amount from transfer where practice_id = $1 and credit_account = '1050'
			) t join journal_entry e on e.practice_id = $1 and e.id = t.entry_id
			where e.source_key like '835|%' and e.kind <> 'check'
			group by 1, 2
		)
		select 'payment ' || r.source_key || ' says ' || r.amount || ' cents, 1050 took ' || coalesce(b.cash, 0)
		from remittance r left join booked b on b.payment = r.source_key and b.reference = r.trace
		where r.practice_id = $1 and r.state = 'posted' and r.amount <> coalesce(b.cash, 0)
		union all
		select 'payment ' || r.source_key || ' says ' || r.amount || ' cents, its claims less its PLB make ' || coalesce(c.paid, 0) - coalesce(p.amount, 0)
		from remittance r
		left join (select remittance_id, sum(paid)::bigint as paid from remittance_claim where practice_id = $1 group by 1) c on c.remittance_id = r.id
		left join (select remittance_id, sum(amount)::bigint as amount from provider_adjustment where practice_id = $1 group by 1) p on p.remittance_id = r.id
		where r.practice_id = $1 and r.state = 'posted' and r.amount <> coalesce(c.paid, 0) - coalesce(p.amount, 0)`,
	},
	{
		name: depositsProof,
		statement: "the deposits of a bank line add up to the line and are what its entry posted, to the bank and out of clearing and the drawer; " +
			"EFT clearing held nothing of a payment once it was deposited, a slip holds its receipts, and what is open explains 1050, 1010 and 1000",
		unit: "deposits",
		rows: `select count(*) from deposit where practice_id = $1`,
		against: `
		with line as ( -- what stands of a line's deposits
			select 'deposit|' || left(encode(f.sha256, 'hex'), 12) || '|' || b.line_no as source, b.amount, sum(d.amount) as matched,
				coalesce(sum(d.amount) filter (where d.kind = 'book'), 0) as booked_before, coalesce(sum(d.amount) filter (where d.kind = 'eft'), 0) as eft,
				coalesce(sum(d.amount) filter (where d.kind in ('counter', 'slip')), 0) as drawer
			from deposit d join bank_line b on b.practice_id = d.practice_id and b.id = d.bank_line_id
			join edi_file f on f.practice_id = b.practice_id and f.id = b.edi_file_id
			where d.practice_id = $1 and d.undone_by is null group by 1, 2
		), booked as ( -- its entries, with those that took one back
			select substring(e.source_key from '^deposit\|[^|]+\|\d+') as source,
				sum((t.debit_account = '1000')::int * t.amount - (t.credit_account = '1000')::int * t.amount) as bank,
				sum((t.credit_account = '1050')::int * t.amount - (t.debit_account = '1050')::int * t.amount) as eft,
				sum((t.credit_account = '1010')::int * t.amount - (t.debit_account = '1010')::int * t.amount) as drawer
			from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
			where e.practice_id = $1 and e.kind = 'deposit' group by 1
		)
		select coalesce(l.source, b.source) || ': the bank has ' || coalesce(l.amount, 0) || ' cents, ' || coalesce(l.matched, 0)
			|| ' are matched and ' || coalesce(b.bank, 0) || ' posted, ' || coalesce(b.eft, 0) || ' of ' || coalesce(l.eft, 0) || ' out of clearing and '
			|| coalesce(b.drawer, 0) || ' of ' || coalesce(l.drawer, 0) || ' out of the drawer'
		from line l full join booked b on b.source = l.source
		where coalesce(l.amount, 0) <> coalesce(l.matched, 0) or coalesce(l.matched - l.booked_before, 0) <> coalesce(b.bank, 0)
			or coalesce(l.eft, 0) <> coalesce(b.eft, 0) or coalesce(l.drawer, 0) <> coalesce(b.drawer, 0)
		union all
		select 'payment ' || t.credit_reference || ' is deposited, and EFT clearing still holds ' || s.amount || ' cents of it'
		from (select t.credit_payer_id, t.credit_reference, max(e.id) as last from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
			where e.practice_id = $1 and e.kind = 'deposit' and t.credit_account = '1050' and e.reverses is null
				and not exists (select from journal_entry r where r.practice_id = e.practice_id and r.reverses = e.id) group by 1, 2) t
		join subledger_balance s on s.practice_id = $1 and s.account = '1050' and s.service_line_id = 0 and s.payer_id = t.credit_payer_id
			and s.payer_rank = 0 and s.patient_id = 0 and s.reference = t.credit_reference
		where s.amount <> 0 and s.amount <> ( -- a payment of the same trace that was accepted since waits for its own deposit
			select coalesce(sum(case when u.debit_account = '1050' then u.amount else -u.amount end), 0) from transfer u
			where u.practice_id = $1 and u.entry_id > t.last
				and ((u.debit_account, u.debit_payer_id, u.debit_reference) = ('1050', t.credit_payer_id, t.credit_reference)
				  or (u.credit_account, u.credit_payer_id, u.credit_reference) = ('1050', t.credit_payer_id, t.credit_reference)))
		union all
		select 'slip ' || s.key || ' is of ' || s.amount || ' cents, its receipts make ' || coalesce(r.amount, 0) || ', in the book ' || coalesce(r.posted, 0)
			|| ', and ' || coalesce(d.amount, 0) || ' are deposited'
		from deposit_slip s
		left join lateral (
			select sum(i.amount) as amount, sum((select coalesce(sum(t.amount), 0) from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
				where e.practice_id = i.practice_id and e.source_key = i.source_key and t.debit_account = '1010')) as posted
			from deposit_slip_receipt i where i.practice_id = s.practice_id and i.slip_id = s.id
		) r on true
		left join lateral (select sum(d.amount) as amount from deposit d where d.practice_id = s.practice_id and d.kind = 'slip' and d.trace = s.key and d.undone_by is null) d on true
		where s.practice_id = $1 and (s.amount is distinct from r.amount or s.amount is distinct from r.posted
			or d.amount is not null and (d.amount <> s.amount or s.voided_by is not null))
		union all
		select 'bank line of ' || d.deposited_on || ' is said to be ' || d.trace || ', which moved ' || coalesce(k.amount, 0) || ' cents at the bank, not ' || d.amount
		from deposit d left join lateral (
			select sum((t.debit_account = '1000')::int * t.amount - (t.credit_account = '1000')::int * t.amount) as amount
			from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id
			where e.practice_id = d.practice_id and e.source_key = d.trace and e.kind <> 'deposit'
		) k on true
		where d.practice_id = $1 and d.kind = 'book' and d.undone_by is null and k.amount is distinct from d.amount`,
	},
	{
		name:      "closed-claims",
		statement: "a closed claim has no insurance balance",
		unit:      "closed claims",
		rows:      `select count(*) from claim where practice_id = $1 and state = 'closed'`,
		against: `
		select 'claim ' || c.number || ' is closed, and its payer owes ' || sum(b.amount) || ' cents'
		from claim c
		join lateral (
			select b.amount from claim_line l join subledger_balance b on b.practice_id = l.practice_id and b.account = '1100'
				and b.service_line_id = l.service_line_id and b.payer_id = c.payer_id and b.payer_rank = c.payer_rank
			where l.practice_id = c.practice_id and l.claim_id = c.id
			union all
			select b.amount from subledger_balance b where b.practice_id = c.practice_id and b.account = '1100' and b.service_line_id = 0
				and b.payer_id = c.payer_id and b.payer_rank = c.payer_rank and b.patient_id = 0 and b.reference = c.number
		) b on true
		where c.practice_id = $1 and c.state = 'closed'
		group by c.number having bool_or(b.amount <> 0)`,
	},
	{
		name:      "line-balances",
		statement: "the charge posted for every service line is its charge, and its balance = charge - payments - adjustments, split by who owes it",
		unit:      "service lines",
		rows:      `select count(*) from service_line where practice_id = $1`,
		against: `
		with moved as (
			select line, sum(amount) filter (where across = '4000') as charged,
				sum(amount) filter (where across <> '4000') as settled, sum(amount) as net
			from (
				select debit_service_line_id as line, credit_account as across, amount from transfer where practice_id = $1 and debit_service_line_id <> 0
				union all
				select credit_service_line_id, debit_account, -amount from transfer where practice_id = $1 and credit_service_line_id <> 0
			) s where across not in ('1100', '1110') group by 1
		), held as (
			select service_line_id as line, sum(amount) as amount from subledger_balance
			where practice_id = $1 and account in ('1100', '1110') and service_line_id <> 0 group by 1
		)
		select 'line ' || n.external_id || '/' || l.line_no || case
			when coalesce(m.charged, 0) <> case when l.charge_version > 0 and not l.deleted then l.charge else 0 end
			then ' is charged ' || l.charge || ' cents' || case when l.charge_version > 0 and not l.deleted then '' else ' (not yet, or no longer, to be posted)' end
				|| ', ' || coalesce(m.charged, 0) || ' are posted'
			else ' has a charge of ' || coalesce(m.charged, 0) || ' cents, ' || coalesce(-m.settled, 0) || ' paid and adjusted, and a balance of ' || coalesce(h.amount, 0) end
		from service_line l join encounter n on n.practice_id = l.practice_id and n.id = l.encounter_id
		left join moved m on m.line = l.id left join held h on h.line = l.id
		where l.practice_id = $1 and (
			coalesce(m.charged, 0) <> case when l.charge_version > 0 and not l.deleted then l.charge else 0 end
			or coalesce(m.charged, 0) + coalesce(m.settled, 0) <> coalesce(h.amount, 0))`,
	},
	{
		name:      "ids-exist",
		statement: "every claim, service line, payer, patient, guarantor, provider and file that a line names exists, and every byte offset lies in its file",
		unit:      "lines",
		rows:      `select count(*) from transfer where practice_id = $1`,
		against: `
		with named as (
			select 'service line' as what, id from (select debit_service_line_id as id from transfer where practice_id = $1 union select credit_service_line_id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from service_line x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'payer', id from (select debit_payer_id as id from transfer where practice_id = $1 union select credit_payer_id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from payer x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'patient', id from (select debit_patient_id as id from transfer where practice_id = $1 union select credit_patient_id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from patient x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'claim', id from (select distinct claim_id as id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from claim x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'guarantor', id from (select distinct guarantor_id as id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from guarantor x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'provider', id from (select distinct provider_id as id from transfer where practice_id = $1) s
				where id <> 0 and not exists (select from provider x where x.practice_id = $1 and x.id = s.id)
			union all
			select 'file, or a byte in it,', id from (select edi_file_id as id, max(byte_offset) as high from transfer where practice_id = $1 group by 1) s
				where id <> 0 and not exists (select from edi_file x where x.practice_id = $1 and x.id = s.id and s.high < x.size)
		)
		select 'a line names ' || what || ' ' || id || ', which does not exist' from named`,
	},
}

// depositsProof is the name of the proof that the deposit reconciliation is a
// part of.
const depositsProof = "deposits"

// remittanceOf is the source key of the remittance that an entry's key begins
// with.
const remittanceOf = `substring(source_key from '^(.*?)\|(?:CLP|PLB|APPLY|CHK)(?:\||$)')`
