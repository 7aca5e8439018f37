package claimsdb

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ClaimsByNumber returns the claims with these numbers (CLM01), with their
// lines and the coverage that is asked next; numbers that are nobody's are
// absent from the map.
func ClaimsByNumber(ctx context.Context, tx pgx.Tx, practiceID int64, numbers []string) (map[string]*PostingClaim, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id, c.number, c.state, c.payer_rank, c.payer_id, p.kind, p.bills_patient,
		       EXISTS (SELECT 1 FROM coverage q WHERE q.practice_id = c.practice_id AND q.patient_id = c.patient_id AND q.qmb
		               AND q.effective_from <= c.service_date AND (q.effective_to IS NULL OR q.effective_to >= c.service_date)),
		       c.patient_id, t.guarantor_id, c.coverage_id, c.encounter_id, e.external_id, c.rendering_provider_id,
		       c.charge, c.service_date, c.payer_claim_number,
		       coalesce(n.id, 0), coalesce(n.payer_id, 0), coalesce(n.rank, 0), coalesce(n.kind, ''), coalesce(n.bills_patient, false),
		       coalesce(m.id, 0), coalesce(m.payer_id, 0), coalesce(m.rank, 0), coalesce(m.kind, ''), coalesce(m.bills_patient, false)
		FROM claim c
		JOIN payer p ON p.practice_id = c.practice_id AND p.id = c.payer_id
		JOIN patient t ON t.practice_id = c.practice_id AND t.id = c.patient_id
		JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
		LEFT JOIN LATERAL (
			SELECT v.id, v.payer_id, v.rank, w.kind, w.bills_patient
			FROM coverage v JOIN payer w ON w.practice_id = v.practice_id AND w.id = v.payer_id
			WHERE v.practice_id = c.practice_id AND v.patient_id = c.patient_id AND v.rank > c.payer_rank
			  AND v.effective_from <= c.service_date AND (v.effective_to IS NULL OR v.effective_to >= c.service_date)
			ORDER BY v.rank, v.effective_from DESC LIMIT 1) n ON true
		LEFT JOIN LATERAL (
			SELECT v.id, v.payer_id, v.rank, w.kind, w.bills_patient
			FROM coverage v JOIN payer w ON w.practice_id = v.practice_id AND w.id = v.payer_id
			WHERE v.practice_id = c.practice_id AND v.patient_id = c.patient_id AND v.rank > n.rank
			  AND v.effective_from <= c.service_date AND (v.effective_to IS NULL OR v.effective_to >= c.service_date)
			ORDER BY v.rank, v.effective_from DESC LIMIT 1) m ON true
		WHERE c.practice_id = $1 AND c.number = ANY($2) ORDER BY c.id`, practiceID, numbers)
	if err != nil {
		return nil, err
	}
	found, byID := map[string]*PostingClaim{}, map[int64]*PostingClaim{}
	ids := []int64{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		c, next, then := &PostingClaim{}, NextCoverage{}, NextCoverage{}
		err := row.Scan(&c.ID, &c.Number, &c.State, &c.Rank, &c.PayerID, &c.PayerKind, &c.PayerBillsPatient, &c.QMB,
			&c.PatientID, &c.GuarantorID, &c.CoverageID, &c.EncounterID, &c.EncounterExternalID, &c.RenderingProviderID,
			&c.Charge, &c.ServiceDate, &c.PayerClaimNumber,
			&next.CoverageID, &next.PayerID, &next.Rank, &next.PayerKind, &next.BillsPatient,
			&then.CoverageID, &then.PayerID, &then.Rank, &then.PayerKind, &then.BillsPatient)
		if next.CoverageID != 0 {
			c.Next = &next
			if then.CoverageID != 0 {
				next.Next = &then
			}
		}
		found[c.Number], byID[c.ID] = c, c
		ids = append(ids, c.ID)
		return struct{}{}, err
	})
	if err != nil || len(ids) == 0 {
		return found, err
	}
	rows, err = tx.Query(ctx, `
		SELECT l.claim_id, l.service_line_id, l.line_no, l.control_number, l.procedure_code, l.modifiers, l.units::text,
		       l.charge, l.service_date, s.description
		FROM claim_line l
		JOIN service_line s ON s.practice_id = l.practice_id AND s.id = l.service_line_id
		WHERE l.practice_id = $1 AND l.claim_id = ANY($2) ORDER BY l.claim_id, l.line_no`, practiceID, ids)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var claimID int64
		var l PostingLine
		err := row.Scan(&claimID, &l.ServiceLineID, &l.LineNo, &l.ControlNumber, &l.Procedure, &l.Modifiers, &l.Units,
			&l.Charge, &l.ServiceDate, &l.Description)
		byID[claimID].Lines = append(byID[claimID].Lines, l)
		return struct{}{}, err
	})
	return found, err
}
