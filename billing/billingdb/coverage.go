package billingdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// EndCoverage records the last day of the coverage that a claim was made for. It
// says false when the coverage began later than that day.
func EndCoverage(ctx context.Context, tx pgx.Tx, practiceID, claimID int64, ended date.Date) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE coverage v SET effective_to = least($3, v.effective_to) FROM claim c
		WHERE v.practice_id = $1 AND c.practice_id = $1 AND c.id = $2 AND v.id = c.coverage_id AND v.effective_from <= $3`, practiceID, claimID, ended)
	return tag.RowsAffected() == 1, err
}

// MayNotBeBilled says why a claim's patient may not be billed although its
// coverage had ended: what protects them beside it. Empty: they may.
func MayNotBeBilled(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) (why string, err error) {
	rows, err := tx.Query(ctx, `
		SELECT CASE WHEN v.qmb THEN 'they are a Qualified Medicare Beneficiary by their coverage of rank ' || v.rank
		            ELSE 'their coverage of rank ' || v.rank || ' by ' || p.code || ' forbids it' END
		FROM claim c JOIN coverage v ON v.practice_id = c.practice_id AND v.patient_id = c.patient_id AND v.id <> c.coverage_id
			AND v.effective_from <= c.service_date AND (v.effective_to IS NULL OR v.effective_to >= c.service_date)
		JOIN payer p ON p.practice_id = v.practice_id AND p.id = v.payer_id
		WHERE c.practice_id = $1 AND c.id = $2 AND (v.qmb OR NOT p.bills_patient)
		UNION ALL
		SELECT 'the remark code ' || code || ' of the payer says so' FROM remittance_claim r
		LEFT JOIN remittance_line l ON l.practice_id = r.practice_id AND l.remittance_id = r.remittance_id AND l.claim_seq = r.seq
		CROSS JOIN LATERAL unnest(r.remarks || coalesce(l.remarks, '{}')) AS code
		WHERE r.practice_id = $1 AND r.claim_id = $2 AND code IN ('N781', 'N782', 'N783')
		UNION ALL
		SELECT 'the payer''s OA-209 says so' FROM remittance_claim r
		JOIN remittance_adjustment a ON a.practice_id = r.practice_id AND a.remittance_id = r.remittance_id AND a.claim_seq = r.seq
		WHERE r.practice_id = $1 AND r.claim_id = $2 AND a.group_code = 'OA' AND a.carc = '209'
		ORDER BY 1 LIMIT 1`, practiceID, claimID)
	if err != nil {
		return "", err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// VisitOf finds the encounter that a person names, by its own id or by the number
// of one of its claims.
func VisitOf(ctx context.Context, tx pgx.Tx, practiceID int64, ref string) (visit string, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(
		(SELECT external_id FROM encounter WHERE practice_id = $1 AND external_id = $2),
		(SELECT e.external_id FROM claim c JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id WHERE c.practice_id = $1 AND c.number = $2), '')`,
		practiceID, ref).Scan(&visit)
	return visit, err
}

// FoundLines reads what the patient owes and has paid for the lines of a claim:
// money that came in, or out of their credits, less what went back.
func FoundLines(ctx context.Context, tx pgx.Tx, practiceID int64, c *billing.Claim) ([]billing.FoundLine, error) {
	ids := make([]int64, len(c.Lines))
	for i := range c.Lines {
		ids[i] = c.Lines[i].ServiceLineID
	}
	rows, err := tx.Query(ctx, `
		SELECT u.id, coalesce((SELECT b.amount FROM subledger_balance b WHERE b.practice_id = $1 AND b.account = '1110' AND b.service_line_id = u.id AND b.patient_id = $3), 0)::bigint,
			coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.practice_id = $1 AND t.credit_service_line_id = u.id AND t.credit_account = '1110'
				AND t.credit_patient_id = $3 AND t.debit_account IN ('1000', '1010', '2000')), 0)::bigint
			- coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.practice_id = $1 AND t.debit_service_line_id = u.id AND t.debit_account = '1110'
				AND t.debit_patient_id = $3 AND t.credit_account IN ('1000', '1010', '2000')), 0)::bigint
		FROM unnest($2::bigint[]) WITH ORDINALITY AS u (id, n) ORDER BY u.n`, practiceID, ids, c.PatientID)
	if err != nil {
		return nil, err
	}
	list := make([]billing.FoundLine, 0, len(ids))
	var id int64
	var owed, paid money.Cents
	_, err = pgx.ForEachRow(rows, []any{&id, &owed, &paid}, func() error {
		list = append(list, billing.FoundLine{Line: c.Lines[len(list)], Owed: owed, Paid: paid})
		return nil
	})
	return list, err
}
