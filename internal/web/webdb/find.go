package webdb

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Hit is something that a search found.
type Hit struct {
	Kind   string // claim, patient, remittance, statement, encounter
	ID     int64
	Title  string
	Detail string
}

// findLimit bounds how many hits a search shows of each kind.
const findLimit = 20

// Find looks a text up among claim numbers, payers' claim numbers, patient and
// guarantor accounts, names of patients, traces, statement numbers and
// encounter ids. Numbers match from their beginning; a name is "last" or
// "last, first".
func Find(ctx context.Context, tx pgx.Tx, practiceID int64, text string) ([]Hit, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	last, first, _ := strings.Cut(text, ",")
	like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	return many[Hit](ctx, tx, `
		(SELECT 'claim' AS kind, c.id, c.number AS title, p.last_name || ', ' || p.first_name || ' · ' || y.name AS detail
		 FROM claim c
		 JOIN patient p ON p.practice_id = c.practice_id AND p.id = c.patient_id
		 JOIN payer y ON y.practice_id = c.practice_id AND y.id = c.payer_id
		 WHERE c.practice_id = $1 AND (c.number ILIKE $2 || '%' OR c.payer_claim_number <> '' AND c.payer_claim_number ILIKE $2 || '%')
		 ORDER BY c.number LIMIT $5)
		UNION ALL
		(SELECT 'patient', p.id, p.last_name || ', ' || p.first_name, 'Account ' || p.account
		 FROM patient p JOIN guarantor g ON g.practice_id = p.practice_id AND g.id = p.guarantor_id
		 WHERE p.practice_id = $1 AND (p.account ILIKE $2 || '%' OR g.account ILIKE $2
		       OR p.last_name ILIKE $3 || '%' AND p.first_name ILIKE $4 || '%')
		 ORDER BY p.last_name, p.first_name LIMIT $5)
		UNION ALL
		(SELECT 'remittance', m.id, m.trace, m.payer_name FROM remittance m
		 WHERE m.practice_id = $1 AND m.trace ILIKE $2 || '%' ORDER BY m.trace LIMIT $5)
		UNION ALL
		(SELECT 'statement', s.id, s.number, 'Statement of ' || to_char(s.statement_date, 'Mon FMDD, YYYY') FROM statement s
		 WHERE s.practice_id = $1 AND s.number ILIKE $2 || '%' ORDER BY s.number LIMIT $5)
		UNION ALL
		(SELECT 'encounter', e.id, e.external_id, 'Encounter' FROM encounter e
		 WHERE e.practice_id = $1 AND e.external_id ILIKE $2 || '%' ORDER BY e.external_id LIMIT $5)`,
		practiceID, like.Replace(text), like.Replace(strings.TrimSpace(last)), like.Replace(strings.TrimSpace(first)), findLimit)
}
