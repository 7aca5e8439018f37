package billingdb

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// FindPayee says whose payment it is by the payee's NPIs and tax ids: this
// practice's own, or that of another practice of this book (its code).
func FindPayee(ctx context.Context, tx pgx.Tx, practiceID int64, npis, tins []string) (mine bool, other string, err error) {
	err = tx.QueryRow(ctx, `
		WITH payee AS (
			SELECT id AS practice_id FROM practice WHERE npi = ANY($2) OR tin = ANY($3)
			UNION SELECT practice_id FROM provider WHERE role IN ('billing', 'both') AND (npi = ANY($2) OR tin <> '' AND tin = ANY($3)))
		SELECT EXISTS (SELECT 1 FROM payee WHERE practice_id = $1),
		       coalesce((SELECT min(p.code) FROM payee JOIN practice p ON p.id = payee.practice_id WHERE payee.practice_id <> $1), '')`,
		practiceID, npis, tins).Scan(&mine, &other)
	return mine, other, err
}

// FindPayer returns the payer with one of the tax ids (TRN03, BPR10 without the
// leading 1) or identifiers (N104, REF*2U); 0 when the practice knows none. The
// name decides between several, then an identifier; a tax id that several payers
// share decides nothing by itself.
func FindPayer(ctx context.Context, tx pgx.Tx, practiceID int64, tins, identifiers []string, name string) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		SELECT id FROM (
			SELECT id, code, upper(name) = upper($4) AS named, payer_identifier = ANY($3) AS identified, count(*) OVER () AS payers
			FROM payer WHERE practice_id = $1 AND (payer_identifier = ANY($3) OR tin <> '' AND tin = ANY($2))) p
		WHERE named OR identified OR payers = 1
		ORDER BY named DESC, identified DESC, code LIMIT 1`,
		practiceID, tins, identifiers, name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// Rules returns the practice's treatment map and its classification of PLB codes.
func Rules(ctx context.Context, tx pgx.Tx, practiceID int64) (billing.Treatments, []billing.ProviderRule, error) {
	rows, err := tx.Query(ctx, `SELECT payer_id, kind, group_code, code, treatment FROM payer_rule
		WHERE practice_id = $1 AND kind IN ('treatment', 'protected', 'plb') ORDER BY payer_id, kind, group_code, code`, practiceID)
	if err != nil {
		return billing.Treatments{}, nil, err
	}
	var rules []billing.Rule
	var provider []billing.ProviderRule
	var payerID int64
	var kind, group, code, treatment string
	_, err = pgx.ForEachRow(rows, []any{&payerID, &kind, &group, &code, &treatment}, func() error {
		if kind == "plb" {
			provider = append(provider, billing.ProviderRule{PayerID: payerID, Code: code, Account: treatment})
		} else {
			rules = append(rules, billing.Rule{PayerID: payerID, Group: group, CARC: code, Treatment: billing.Treatment(treatment), Protected: kind == "protected"})
		}
		return nil
	})
	return billing.NewTreatments(rules), provider, err
}

// AppealDays returns the days that each payer gives for an appeal.
func AppealDays(ctx context.Context, tx pgx.Tx, practiceID int64) (map[int64]int, error) {
	rows, err := tx.Query(ctx, `SELECT id, appeal_days FROM payer WHERE practice_id = $1`, practiceID)
	if err != nil {
		return nil, err
	}
	days := map[int64]int{}
	var id int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { days[id] = n; return nil })
	return days, err
}

// ContractedAmounts returns what the contracts with the first payers allow for
// service lines: the rate of the procedure and its first modifier that was in
// force on the day, times the units. Lines without a rate are absent.
func ContractedAmounts(ctx context.Context, tx pgx.Tx, practiceID int64, claimIDs []int64) (map[int64]money.Cents, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.service_line_id, round(r.allowed * l.units)::bigint
		FROM claim_line l
		JOIN claim c ON c.practice_id = l.practice_id AND c.id = l.claim_id AND c.payer_rank = 1
		JOIN LATERAL (
			SELECT allowed FROM contract_rate
			WHERE practice_id = l.practice_id AND payer_id = c.payer_id AND procedure_code = l.procedure_code
			  AND modifier IN (coalesce(l.modifiers[1], ''), '') AND effective_from <= l.service_date
			ORDER BY modifier DESC, effective_from DESC LIMIT 1) r ON true
		WHERE l.practice_id = $1 AND l.claim_id = ANY($2)`, practiceID, claimIDs)
	if err != nil {
		return nil, err
	}
	amounts := map[int64]money.Cents{}
	var id int64
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&id, &amount}, func() error { amounts[id] = amount; return nil })
	return amounts, err
}

// Histories returns what the book knows of the claims' earlier answers, by claim.
func Histories(ctx context.Context, tx pgx.Tx, practiceID int64, claimIDs []int64) (map[int64]billing.History, error) {
	histories := map[int64]billing.History{}
	if len(claimIDs) == 0 {
		return histories, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT c.claim_id, c.remittance_id, c.seq, r.source_key || '|CLP|' || c.seq, coalesce(m.id, e.id, 0), c.payer_claim_number, c.status,
		       c.outcome, c.charge, c.paid, c.remarks, coalesce(r.payer_id, 0), r.payer_name, r.edi_file_id, coalesce(v.remittance_id, 0), coalesce(v.seq, 0)
		FROM remittance_claim c
		JOIN remittance r ON r.practice_id = c.practice_id AND r.id = c.remittance_id AND r.state = 'posted'
		LEFT JOIN remittance_claim v ON v.practice_id = c.practice_id AND v.reverses_remittance_id = c.remittance_id AND v.reverses_seq = c.seq
		LEFT JOIN journal_entry e ON e.practice_id = c.practice_id AND e.source_key = r.source_key || '|CLP|' || c.seq
		LEFT JOIN journal_entry m ON m.practice_id = c.practice_id AND m.source_key = r.source_key || '|CLP|' || c.seq || '`+billing.MatchSuffix+`'
		WHERE c.practice_id = $1 AND c.claim_id = ANY($2) AND c.outcome NOT IN ('unmatched', 'returned', 'informational')
		ORDER BY c.claim_id, r.recorded_at, r.id, c.seq`, practiceID, claimIDs)
	if err != nil {
		return nil, err
	}
	type place struct {
		remittanceID int64
		seq          int
	}
	var entryIDs, remittanceIDs []int64
	var keys []string
	where := map[place]int64{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var claimID int64
		var a billing.Adjudication
		err := row.Scan(&claimID, &a.RemittanceID, &a.Seq, &a.Key, &a.EntryID, &a.PayerClaimNumber, &a.Status, &a.Outcome, &a.Charge, &a.Paid, &a.Remarks,
			&a.PayerID, &a.PayerName, &a.EDIFileID, &a.ReversedByRemittance, &a.ReversedBySeq)
		a.Reversed = a.ReversedByRemittance != 0
		keys = append(keys, a.Key)
		h := histories[claimID]
		h.Adjudications = append(h.Adjudications, a)
		histories[claimID] = h
		where[place{a.RemittanceID, a.Seq}] = claimID
		remittanceIDs = append(remittanceIDs, a.RemittanceID)
		if a.EntryID != 0 {
			entryIDs = append(entryIDs, a.EntryID)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `
		SELECT a.remittance_id, a.claim_seq, a.line_seq, a.seq, coalesce(l.service_line_id, 0), a.group_code, a.carc, a.amount, a.posted, a.byte_offset
		FROM remittance_adjustment a
		JOIN remittance_claim c ON c.practice_id = a.practice_id AND c.remittance_id = a.remittance_id AND c.seq = a.claim_seq
		LEFT JOIN remittance_line l ON l.practice_id = a.practice_id AND l.remittance_id = a.remittance_id
		     AND l.claim_seq = a.claim_seq AND l.line_seq = a.line_seq
		WHERE a.practice_id = $1 AND a.remittance_id = ANY($3) AND c.claim_id = ANY($2)
		ORDER BY a.remittance_id, a.claim_seq, a.line_seq, a.seq`, practiceID, claimIDs, remittanceIDs)
	if err != nil {
		return nil, err
	}
	recorded := map[place][]billing.RecordedAdjustment{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var at place
		var a billing.RecordedAdjustment
		err := row.Scan(&at.remittanceID, &at.seq, &a.LineSeq, &a.Seq, &a.ServiceLineID, &a.Group, &a.CARC, &a.Amount, &a.Posted, &a.ByteOffset)
		recorded[at] = append(recorded[at], a)
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	rows, err = tx.Query(ctx, `
		SELECT l.remittance_id, l.claim_seq, l.line_seq, coalesce(l.service_line_id, 0), l.charge, l.paid, l.remarks
		FROM remittance_line l
		JOIN remittance_claim c ON c.practice_id = l.practice_id AND c.remittance_id = l.remittance_id AND c.seq = l.claim_seq
		WHERE l.practice_id = $1 AND l.remittance_id = ANY($3) AND c.claim_id = ANY($2)
		ORDER BY l.remittance_id, l.claim_seq, l.line_seq`, practiceID, claimIDs, remittanceIDs)
	if err != nil {
		return nil, err
	}
	lines := map[place][]billing.RecordedLine{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var at place
		var l billing.RecordedLine
		err := row.Scan(&at.remittanceID, &at.seq, &l.Seq, &l.ServiceLineID, &l.Charge, &l.Paid, &l.Remarks)
		lines[at] = append(lines[at], l)
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	later, err := laterEntries(ctx, tx, practiceID, keys)
	if err != nil {
		return nil, err
	}
	for _, ids := range later {
		entryIDs = append(entryIDs, ids...)
	}
	entries, err := ledgerdb.EntriesByID(ctx, tx, practiceID, entryIDs)
	if err != nil {
		return nil, err
	}
	transfers := map[int64][]ledger.Transfer{}
	for _, e := range entries {
		transfers[e.ID] = e.Transfers
	}
	for claimID, h := range histories {
		for i := range h.Adjudications {
			a := &h.Adjudications[i]
			a.Adjustments = recorded[place{a.RemittanceID, a.Seq}]
			a.Lines = lines[place{a.RemittanceID, a.Seq}]
			a.Transfers = slices.Clone(transfers[a.EntryID])
			for _, id := range later[a.Key] {
				a.Transfers = append(a.Transfers, transfers[id]...)
			}
		}
		histories[claimID] = h
	}
	return histories, dispositions(ctx, tx, practiceID, histories)
}

// laterEntries returns the entries of adjustments that had waited, by the source
// key of their answer.
func laterEntries(ctx context.Context, tx pgx.Tx, practiceID int64, keys []string) (map[string][]int64, error) {
	rows, err := tx.Query(ctx, `SELECT k.key, e.id FROM unnest($2::text[]) AS k (key)
		JOIN journal_entry e ON e.practice_id = $1 AND e.source_key >= (k.key || '`+billing.LaterInfix+`') COLLATE "C" AND e.source_key < (k.key || '|LATER}') COLLATE "C"
		ORDER BY e.id`, practiceID, keys)
	if err != nil {
		return nil, err
	}
	of := map[string][]int64{}
	var key string
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&key, &id}, func() error { of[key] = append(of[key], id); return nil })
	return of, err
}

// AnsweredByLaterPayers returns, of those encounters to which a payer behind the
// first one has answered, the numbers of all their claims.
func AnsweredByLaterPayers(ctx context.Context, tx pgx.Tx, practiceID int64, encounterIDs []int64) (map[int64][]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.encounter_id, a.number FROM claim a
		WHERE a.practice_id = $1 AND a.encounter_id IN (
			SELECT c.encounter_id FROM claim c
			JOIN remittance_claim m ON m.practice_id = c.practice_id AND m.claim_id = c.id
				AND m.outcome NOT IN ('unmatched', 'returned', 'informational', 'reversed')
			JOIN remittance r ON r.practice_id = m.practice_id AND r.id = m.remittance_id AND r.state = 'posted'
			WHERE c.practice_id = $1 AND c.encounter_id = ANY($2) AND (c.payer_rank > 1 OR r.payer_id <> c.payer_id))
		ORDER BY a.encounter_id, a.payer_rank, a.id`, practiceID, encounterIDs)
	if err != nil {
		return nil, err
	}
	found := map[int64][]string{}
	var encounterID int64
	var number string
	_, err = pgx.ForEachRow(rows, []any{&encounterID, &number}, func() error {
		found[encounterID] = append(found[encounterID], number)
		return nil
	})
	return found, err
}

// SaveLater records what has posted of adjustments that had waited.
func SaveLater(ctx context.Context, tx pgx.Tx, practiceID int64, rows []billing.LaterRow) error {
	batch := &pgx.Batch{}
	for _, r := range rows {
		batch.Queue(`UPDATE remittance_adjustment SET posted = posted + $6, treatment = $7
			WHERE practice_id = $1 AND remittance_id = $2 AND claim_seq = $3 AND line_seq = $4 AND seq = $5`,
			practiceID, r.RemittanceID, r.ClaimSeq, r.LineSeq, r.Seq, r.Posted, string(r.Treatment))
	}
	return tx.SendBatch(ctx, batch).Close()
}

// disposing are the kinds of entries that dispose of what a payer's answer left,
// or that owe the payer what its answer had overpaid.
var disposing = []string{billing.KindWriteOff, billing.KindSmallBalance, billing.KindBadDebt, billing.KindCharity, billing.KindDiscount,
	billing.KindTransferToPatient, billing.KindTransferToPayer, billing.KindAssignLine, billing.KindPayerRefund, billing.KindCoverageEnded}

// Disposes reports whether an entry of that kind is taken back with the answer
// that it relied on, unless a person lets it stand.
func Disposes(kind string) bool { return slices.Contains(disposing, kind) }

// dispositions adds to the histories what still stands of what was disposed of
// after the claims' answers.
func dispositions(ctx context.Context, tx pgx.Tx, practiceID int64, histories map[int64]billing.History) error {
	claimIDs := make([]int64, 0, len(histories))
	for id := range histories {
		claimIDs = append(claimIDs, id)
	}
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT e.id, t.claim_id FROM transfer t
		JOIN journal_entry e ON e.practice_id = t.practice_id AND e.id = t.entry_id
		WHERE t.practice_id = $1 AND t.claim_id <> 0 AND t.claim_id = ANY($2) AND e.kind = ANY($3)
		  AND NOT EXISTS (SELECT 1 FROM journal_entry v WHERE v.practice_id = e.practice_id AND v.reverses = e.id)
		  -- taken back for this claim alone: such an entry names what it takes back in its key
		  AND NOT EXISTS (SELECT 1 FROM transfer u JOIN journal_entry v ON v.practice_id = u.practice_id AND v.id = u.entry_id
		                  WHERE u.practice_id = t.practice_id AND u.claim_id = t.claim_id AND u.claim_id <> 0 AND v.kind = 'reversal'
		                    AND right(v.source_key, length(e.source_key) + 6) = '|UNDO|' || e.source_key)
		  AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.practice_id = e.practice_id AND d.kind = 'stand' AND d.subject = e.source_key)
		ORDER BY e.id`, practiceID, claimIDs, disposing)
	if err != nil {
		return err
	}
	type disposed struct{ entryID, claimID int64 }
	standing := map[disposed]bool{}
	var ids []int64
	var at disposed
	if _, err := pgx.ForEachRow(rows, []any{&at.entryID, &at.claimID}, func() error {
		standing[at] = true
		ids = append(ids, at.entryID)
		return nil
	}); err != nil || len(ids) == 0 {
		return err
	}
	entries, err := ledgerdb.EntriesByID(ctx, tx, practiceID, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, e := range entries {
		byClaim := map[int64][]ledger.Transfer{}
		for _, t := range e.Transfers {
			byClaim[t.ClaimID] = append(byClaim[t.ClaimID], t)
		}
		for claimID, list := range byClaim {
			if !standing[disposed{e.ID, claimID}] {
				continue
			}
			h := histories[claimID]
			h.Dispositions = append(h.Dispositions, billing.Disposition{EntryID: e.ID, Key: e.SourceKey, Kind: e.Kind,
				Transfers: list, Whole: len(list) == len(e.Transfers)})
			histories[claimID] = h
		}
	}
	return nil
}

// Accounts returns what the patients owe and hold now, for Settle and Receive.
// It keeps every other poster off those balances until the transaction ends.
func Accounts(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs []int64) ([]billing.Account, error) {
	if len(patientIDs) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT id, guarantor_id, account FROM patient WHERE practice_id = $1 AND id = ANY($2) ORDER BY account`, practiceID, patientIDs)
	if err != nil {
		return nil, err
	}
	at := map[int64]int{}
	accounts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a billing.Account, err error) {
		return a, row.Scan(&a.PatientID, &a.GuarantorID, &a.Number)
	})
	if err != nil {
		return nil, err
	}
	for i := range accounts {
		at[accounts[i].PatientID] = i
	}
	open, err := ledgerdb.PatientBalances(ctx, tx, practiceID, patientIDs)
	if err != nil {
		return nil, err
	}
	keys := make([]ledger.Key, len(open))
	for i := range open {
		keys[i] = open[i].Key
	}
	balances, err := ledgerdb.LockBalances(ctx, tx, practiceID, keys)
	if err != nil {
		return nil, err
	}
	var lineIDs []int64
	var visits []string
	for _, key := range keys {
		switch {
		case key.ServiceLineID != 0:
			lineIDs = append(lineIDs, key.ServiceLineID)
		case key.Account == ledger.PatientCredits && key.Reference != "":
			visits = append(visits, key.Reference)
		}
	}
	lines, err := openLines(ctx, tx, practiceID, lineIDs)
	if err != nil {
		return nil, err
	}
	answered, err := answeredVisits(ctx, tx, practiceID, visits)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		amount := balances[key]
		a := &accounts[at[key.PatientID]]
		switch {
		case amount == 0:
		case key.Account == ledger.ARPatient:
			line := lines[key.ServiceLineID] // zero for an amount that belongs to no line
			line.ServiceLineID, line.Balance = key.ServiceLineID, amount
			a.Lines = append(a.Lines, line)
		case key.Account == ledger.PatientCredits && amount < 0:
			a.Credits = append(a.Credits, billing.Credit{Visit: key.Reference, Amount: -amount, Answered: answered[key.Reference]})
		}
	}
	return accounts, nil
}

func openLines(ctx context.Context, tx pgx.Tx, practiceID int64, ids []int64) (map[int64]billing.OpenLine, error) {
	found := map[int64]billing.OpenLine{}
	rows, err := tx.Query(ctx, `
		SELECT l.id, e.external_id, l.service_date, l.line_no, coalesce(e.rendering_provider_id, 0)
		FROM service_line l JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
		WHERE l.practice_id = $1 AND l.id = ANY($2)`, practiceID, ids)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var l billing.OpenLine
		err := row.Scan(&l.ServiceLineID, &l.Visit, &l.ServiceDate, &l.LineNo, &l.ProviderID)
		found[l.ServiceLineID] = l
		return struct{}{}, err
	})
	return found, err
}

// answeredVisits says which visits have been charged and are owed by no insurer
// any more, so that what was reserved for them and is left is free.
func answeredVisits(ctx context.Context, tx pgx.Tx, practiceID int64, visits []string) (map[string]bool, error) {
	answered := map[string]bool{}
	if len(visits) == 0 {
		return answered, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT e.external_id FROM encounter e
		WHERE e.practice_id = $1 AND e.external_id = ANY($2)
		  AND EXISTS (SELECT 1 FROM service_line l WHERE l.practice_id = e.practice_id AND l.encounter_id = e.id AND l.charge_version > 0)
		  AND NOT EXISTS (SELECT 1 FROM service_line l
		                  JOIN subledger_balance b ON b.practice_id = l.practice_id AND b.service_line_id = l.id AND b.account = '1100' AND b.amount <> 0
		                  WHERE l.practice_id = e.practice_id AND l.encounter_id = e.id)`, practiceID, visits)
	if err != nil {
		return nil, err
	}
	var visit string
	_, err = pgx.ForEachRow(rows, []any{&visit}, func() error { answered[visit] = true; return nil })
	return answered, err
}

// SettleAccounts applies what the patients hold to what they owe, and posts it
// under the source key that key makes of the patient's number. It returns how
// many accounts changed.
func SettleAccounts(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs []int64, on date.Date, actor string, key func(account string) string) (int, error) {
	accounts, err := Accounts(ctx, tx, practiceID, patientIDs)
	if err != nil {
		return 0, err
	}
	var entries []ledger.Entry
	for i := range accounts {
		e := billing.Settle(&accounts[i])
		if len(e.Transfers) == 0 {
			continue
		}
		e.SourceKey, e.PostingDate, e.Actor = key(accounts[i].Number), on, actor
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return 0, nil
	}
	_, err = ledgerdb.Post(ctx, tx, practiceID, entries)
	return len(entries), err
}

// LockClaims keeps every other poster off what the claims with these numbers,
// their lines and their patients hold, and off the claims, until the transaction
// ends: balances first, then claims, each in order, so that two large payments
// about the same claims never wait for each other in a circle. It returns the
// balances, and for which service lines they are complete; for the claims as a
// whole they are.
func LockClaims(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string) (balances map[ledger.Key]money.Cents, lines map[int64]bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id, c.patient_id, l.service_line_id
		FROM claim c JOIN claim_line l ON l.practice_id = c.practice_id AND l.claim_id = c.id
		WHERE c.practice_id = $1 AND c.number = ANY($2)`, practiceID, numbers)
	if err != nil {
		return nil, nil, err
	}
	lines = make(map[int64]bool, 2*len(numbers))
	var claimIDs, patientIDs, lineIDs []int64
	var claimID, patientID, lineID int64
	if _, err := pgx.ForEachRow(rows, []any{&claimID, &patientID, &lineID}, func() error {
		claimIDs, patientIDs = append(claimIDs, claimID), append(patientIDs, patientID)
		lineIDs, lines[lineID] = append(lineIDs, lineID), true
		return nil
	}); err != nil {
		return nil, nil, err
	}
	for _, list := range []*[]int64{&claimIDs, &patientIDs, &lineIDs} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if balances, err = ledgerdb.LockLines(ctx, tx, practiceID, lineIDs, numbers, patientIDs); err != nil {
		return nil, nil, err
	}
	_, err = tx.Exec(ctx, `SELECT 1 FROM claim WHERE practice_id = $1 AND id = ANY($2) ORDER BY id FOR UPDATE`, practiceID, claimIDs)
	return balances, lines, err
}
