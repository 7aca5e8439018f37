package ledgerdb

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/ledger"
)

// JournalFilter selects lines of the journal. Zero fields select nothing by
// themselves; an empty filter is the whole journal. What is set is joined by
// "and"; ClaimIDs, ServiceLineIDs and PatientID among themselves by "or",
// because a patient's payment of a claim's line names the line alone.
type JournalFilter struct {
	From, To       date.Date // posting dates, both included
	ClaimIDs       []int64
	ServiceLineIDs []int64
	PatientID      int64  // lines that move a balance of the patient
	Account        string // lines with the account on either side
	PayerID        int64  // lines with the payer on either side
	GuarantorID    int64  // lines with one of the guarantor's patients on either side
	Reference      string // lines with the reference on either side
	GroupCode      string // lines with the reason; CARC too, or CARC alone for a PLB code
	CARC           string
	Kind           string // of the entries
	EntryIDs       []int64
	SourcePrefix   string
}

// Journal reads the journal in the order of posting date and source, entry by
// entry, with every id replaced by the practice's own code. An entry handed to
// each is not kept: it may be of any number of lines, but only one is held at
// a time.
func Journal(ctx context.Context, tx pgx.Tx, practiceID int64, f JournalFilter, each func(*ledger.JournalEntry) error) error {
	rows, err := tx.Query(ctx, journalQuery(&f), pgx.NamedArgs{"practice": practiceID, "from": f.From, "to": f.To, "claims": f.ClaimIDs,
		"lines": f.ServiceLineIDs, "patient": f.PatientID, "account": f.Account, "entries": f.EntryIDs, "source": likePrefix(f.SourcePrefix),
		"payer": f.PayerID, "guarantor": f.GuarantorID, "reference": f.Reference, "group": f.GroupCode, "carc": f.CARC, "kind": f.Kind})
	if err != nil {
		return err
	}
	defer rows.Close()
	var current *ledger.JournalEntry
	for rows.Next() {
		var e ledger.JournalEntry
		var l ledger.JournalLine
		var sum []byte
		d, c := &l.Debit, &l.Credit
		if err := rows.Scan(&e.ID, &e.Date, &e.Source, &e.Kind, &e.Memo, &e.Actor, &e.Reverses, &e.LineCount,
			&l.LineNo, &l.Amount, &l.Claim, &l.Guarantor, &l.Provider, &l.ServiceDate, &l.GroupCode, &l.CARC, &l.RARCs,
			&l.EDIFileID, &l.File, &sum, &l.ByteOffset,
			&d.Account, &d.Name, &d.Line, &d.Payer, &d.Rank, &d.Patient, &d.Reference, &d.Key.ServiceLineID, &d.Key.PayerID, &d.Key.PatientID,
			&c.Account, &c.Name, &c.Line, &c.Payer, &c.Rank, &c.Patient, &c.Reference, &c.Key.ServiceLineID, &c.Key.PayerID, &c.Key.PatientID); err != nil {
			return err
		}
		for _, s := range [...]*ledger.JournalSide{d, c} {
			s.Key.Account, s.Key.PayerRank, s.Key.Reference = s.Account, s.Rank, s.Reference
		}
		l.FileSHA256 = hex.EncodeToString(sum)
		if current == nil || current.ID != e.ID {
			if current != nil {
				if err := each(current); err != nil {
					return err
				}
			}
			current = &e
		}
		current.Lines = append(current.Lines, l)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if current == nil {
		return nil
	}
	return each(current)
}

// journalQuery writes only the conditions that are set: each then has its own
// index, and the whole journal is read without any.
func journalQuery(f *JournalFilter) string {
	where, with, from := `t.practice_id = @practice`, ``, `transfer t`
	and := func(condition string) { where += "\n\t\tand " + condition }
	if !f.From.IsZero() {
		and(`e.posting_date >= @from`)
	}
	if !f.To.IsZero() {
		and(`e.posting_date <= @to`)
	}
	if f.Account != "" {
		and(`(t.debit_account = @account or t.credit_account = @account)`)
	}
	if f.PayerID != 0 {
		and(`(t.debit_payer_id = @payer or t.credit_payer_id = @payer)`)
	}
	if f.GuarantorID != 0 {
		const patients = `(select id from patient where practice_id = @practice and guarantor_id = @guarantor)`
		and(`(t.debit_patient_id in ` + patients + ` or t.credit_patient_id in ` + patients + `)`)
	}
	if f.Reference != "" {
		and(`(t.debit_reference = @reference or t.credit_reference = @reference)`)
	}
	if f.GroupCode != "" || f.CARC != "" {
		and(`t.group_code = @group and t.carc = @carc`)
	}
	if f.Kind != "" {
		and(`e.kind = @kind`)
	}
	if len(f.EntryIDs) > 0 {
		and(`t.entry_id = any(@entries)`)
	}
	if f.SourcePrefix != "" {
		and(`e.source_key like @source`)
	}
	if f.PatientID != 0 || len(f.ClaimIDs) > 0 || len(f.ServiceLineIDs) > 0 {
		const lines = `select entry_id, line_no from transfer where practice_id = @practice and `
		// First the few lines, then their names: with as many joins as below the
		// planner would begin with the whole journal.
		with = `with line as materialized (select * from transfer where practice_id = @practice and (entry_id, line_no) in (
			` + lines + `claim_id <> 0 and claim_id = any(@claims)
			union ` + lines + `debit_service_line_id <> 0 and debit_service_line_id = any(@lines)
			union ` + lines + `credit_service_line_id <> 0 and credit_service_line_id = any(@lines)
			union ` + lines + `debit_patient_id <> 0 and debit_patient_id = @patient
			union ` + lines + `credit_patient_id <> 0 and credit_patient_id = @patient))`
		from = `line t`
	}
	side := func(s string) string {
		return `t.` + s + `_account, coalesce(` + s + `a.name, ''),
			case when t.` + s + `_service_line_id = 0 then '' else coalesce(` + s + `n.external_id || '/' || ` + s + `l.line_no, 'unknown') end,
			case when t.` + s + `_payer_id = 0 then '' else coalesce(` + s + `p.code, 'unknown') end, t.` + s + `_payer_rank,
			case when t.` + s + `_patient_id = 0 then '' else coalesce(` + s + `t.account, 'unknown') end, t.` + s + `_reference,
			t.` + s + `_service_line_id, t.` + s + `_payer_id, t.` + s + `_patient_id`
	}
	names := func(s string) string {
		return `
		left join account ` + s + `a on ` + s + `a.practice_id = @practice and ` + s + `a.code = t.` + s + `_account
		left join service_line ` + s + `l on ` + s + `l.practice_id = @practice and ` + s + `l.id = t.` + s + `_service_line_id
		left join encounter ` + s + `n on ` + s + `n.practice_id = @practice and ` + s + `n.id = ` + s + `l.encounter_id
		left join payer ` + s + `p on ` + s + `p.practice_id = @practice and ` + s + `p.id = t.` + s + `_payer_id
		left join patient ` + s + `t on ` + s + `t.practice_id = @practice and ` + s + `t.id = t.` + s + `_patient_id`
	}
	return with + `
		select e.id, e.posting_date, e.source_key, e.kind, e.memo, e.actor, coalesce(r.source_key, ''), e.line_count,
			t.line_no, t.amount, case when t.claim_id = 0 then '' else coalesce(c.number, 'unknown') end,
			case when t.guarantor_id = 0 then '' else coalesce(g.account, 'unknown') end,
			case when t.provider_id = 0 then '' else coalesce(v.code, 'unknown') end,
			t.service_date, t.group_code, t.carc, t.rarcs, t.edi_file_id, coalesce(f.name, ''), f.sha256, t.byte_offset,
			` + side("debit") + `,
			` + side("credit") + `
		from ` + from + ` join journal_entry e on e.practice_id = t.practice_id and e.id = t.entry_id
		left join journal_entry r on r.practice_id = e.practice_id and r.id = e.reverses
		left join claim c on c.practice_id = @practice and c.id = t.claim_id
		left join guarantor g on g.practice_id = @practice and g.id = t.guarantor_id
		left join provider v on v.practice_id = @practice and v.id = t.provider_id
		left join edi_file f on f.practice_id = @practice and f.id = t.edi_file_id` + names("debit") + names("credit") + `
		where ` + where + `
		order by e.posting_date, e.source_key, t.line_no`
}
