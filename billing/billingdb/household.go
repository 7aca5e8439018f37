package billingdb

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/billing"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Open is a balance that is open, and whom it concerns.
type Open struct {
	Account       string // 1100, 1110 or 2000
	ServiceLineID int64
	Reference     string
	Amount        money.Cents
	PatientID     int64
	GuarantorID   int64
}

// OpenBalances returns what patients and insurers owe and what patients hold, by
// the account of the guarantor. What a payer reported for a claim and no line is
// kept under the claim's number. The parts are joined apart and kept, so that
// the plan does not depend on statistics that a new book has not got yet.
func OpenBalances(ctx context.Context, tx pgx.Tx, practiceID int64) ([]Open, error) {
	rows, err := tx.Query(ctx, `
		WITH insurance AS MATERIALIZED (
			SELECT account, service_line_id, reference, amount FROM subledger_balance
			WHERE practice_id = $1 AND account = '1100' AND amount <> 0
		), open AS MATERIALIZED (
			SELECT account, service_line_id, reference, amount, patient_id FROM subledger_balance
			WHERE practice_id = $1 AND account IN ('1110', '2000') AND amount <> 0
			UNION ALL
			SELECT i.account, i.service_line_id, i.reference, i.amount, e.patient_id FROM insurance i
			JOIN service_line l ON l.practice_id = $1 AND l.id = i.service_line_id
			JOIN encounter e ON e.practice_id = $1 AND e.id = l.encounter_id
			UNION ALL
			SELECT i.account, i.service_line_id, i.reference, i.amount, c.patient_id FROM insurance i
			JOIN claim c ON c.practice_id = $1 AND c.number = i.reference
			WHERE i.service_line_id = 0
		)
		SELECT o.account, o.service_line_id, o.reference, o.amount, p.id, g.id FROM open o
		JOIN patient p ON p.practice_id = $1 AND p.id = o.patient_id
		JOIN guarantor g ON g.practice_id = $1 AND g.id = p.guarantor_id
		ORDER BY g.account, o.account, o.service_line_id, o.reference`, practiceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Open, err error) {
		return o, row.Scan(&o.Account, &o.ServiceLineID, &o.Reference, &o.Amount, &o.PatientID, &o.GuarantorID)
	})
}

// ToSettle returns the patients of whom something is owed while they hold
// credits, or who were billed for more than they owe.
func ToSettle(open []Open) []int64 {
	owes, holds, settle := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, o := range open {
		switch {
		case o.Account == "1110" && o.Amount < 0:
			settle[o.PatientID] = true
		case o.Account == "1110":
			owes[o.PatientID] = true
		case o.Account == "2000":
			holds[o.PatientID] = true
		}
	}
	for id := range owes {
		if holds[id] {
			settle[id] = true
		}
	}
	return slices.Sorted(maps.Keys(settle))
}

// Households returns what decides the statements of guarantors, of whom open
// holds everything that is open, in the order in which they first appear there.
func Households(ctx context.Context, tx pgx.Tx, practiceID int64, open []Open) ([]*billing.Household, error) {
	var ids []int64
	for i, o := range open {
		if i == 0 || open[i-1].GuarantorID != o.GuarantorID {
			ids = append(ids, o.GuarantorID)
		}
	}
	byID, list, err := guarantors(ctx, tx, practiceID, ids)
	if err != nil {
		return nil, err
	}
	owed := map[int64]money.Cents{}            // by service line
	pending := map[int64]money.Cents{}         // by service line
	loose := map[int64]map[int64]money.Cents{} // by guarantor and patient: owed for no line
	lineOf, pendingPatients := map[int64]int64{}, []int64{}
	for _, o := range open {
		h := byID[o.GuarantorID]
		switch {
		case o.Account == "1100":
			h.Pending += o.Amount
			pending[o.ServiceLineID] += o.Amount
			pendingPatients = append(pendingPatients, o.PatientID)
		case o.Account == "2000" && o.Reference == "":
			h.Credits -= o.Amount
		case o.Account == "2000": // reserved for a visit
		case o.ServiceLineID == 0:
			if loose[o.GuarantorID] == nil {
				loose[o.GuarantorID] = map[int64]money.Cents{}
			}
			loose[o.GuarantorID][o.PatientID] += o.Amount
		default:
			owed[o.ServiceLineID] += o.Amount
			lineOf[o.ServiceLineID] = o.GuarantorID
		}
	}
	if err := protect(ctx, tx, practiceID, pendingPatients, byID); err != nil {
		return nil, err
	}
	var lines []int64
	for _, line := range slices.Sorted(maps.Keys(owed)) {
		// While an insurer has paid too much for a line, its answer is being
		// corrected: what the patient owes is not known yet.
		if pending[line] >= 0 {
			lines = append(lines, line)
		}
	}
	if err := visits(ctx, tx, practiceID, lines, lineOf, owed, pending, byID); err != nil {
		return nil, err
	}
	for _, h := range list {
		patients := loose[h.GuarantorID]
		for _, patient := range slices.Sorted(maps.Keys(patients)) {
			h.Visits = append(h.Visits, billing.Visit{Patient: h.Recipient.Name, Lines: []billing.StatementLine{{PatientID: patient,
				Description: "A charge to your account, or part of an earlier claim that your plan leaves to you", Amounts: billing.Amounts{Owed: patients[patient]}}}})
		}
	}
	return list, dunned(ctx, tx, practiceID, list)
}

func guarantors(ctx context.Context, tx pgx.Tx, practiceID int64, ids []int64) (map[int64]*billing.Household, []*billing.Household, error) {
	rows, err := tx.Query(ctx, `
		SELECT g.id, g.account, g.first_name, g.last_name, g.address1, g.address2, g.city, g.state, g.zip, g.hold,
		       EXISTS (SELECT 1 FROM payment_plan n WHERE n.practice_id = g.practice_id AND n.guarantor_id = g.id AND n.state = 'current'),
		       (SELECT max(statement_date) FROM statement s WHERE s.practice_id = g.practice_id AND s.guarantor_id = g.id)
		FROM unnest($2::bigint[]) WITH ORDINALITY AS u (id, n)
		JOIN guarantor g ON g.practice_id = $1 AND g.id = u.id ORDER BY u.n`, practiceID, ids)
	if err != nil {
		return nil, nil, err
	}
	byID := map[int64]*billing.Household{}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*billing.Household, error) {
		h := &billing.Household{History: map[int64]billing.VisitHistory{}}
		var first, last string
		a := &h.Recipient.Address
		err := row.Scan(&h.GuarantorID, &h.Account, &first, &last, &a.Line1, &a.Line2, &a.City, &a.State, &a.ZIP, &h.Hold, &h.PlanCurrent, &h.LastStatement)
		h.Recipient.Name = strings.TrimSpace(first + " " + last)
		byID[h.GuarantorID] = h
		return h, err
	})
	return byID, list, err
}

// protect marks the households of patients who have something open with an
// insurer and may not be billed for it.
func protect(ctx context.Context, tx pgx.Tx, practiceID int64, patientIDs []int64, byID map[int64]*billing.Household) error {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT p.guarantor_id FROM coverage v
		JOIN payer y ON y.practice_id = v.practice_id AND y.id = v.payer_id
		JOIN patient p ON p.practice_id = v.practice_id AND p.id = v.patient_id
		WHERE v.practice_id = $1 AND v.patient_id = ANY($2) AND (v.qmb OR NOT y.bills_patient)`, practiceID, patientIDs)
	if err != nil {
		return err
	}
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error { byID[id].Protected = true; return nil })
	return err
}

// Accounts on the other side of a receivable, by what they mean to a patient;
// every other one is an adjustment.
const (
	insurerAccounts = `('1050', '2010', '2100', '2190', '2210')`
	patientAccounts = `('1000', '1010', '2000', '2200')`
)

// visits adds the lines with a patient balance to their households, visit by
// visit, with where the charge went.
func visits(ctx context.Context, tx pgx.Tx, practiceID int64, lines []int64, guarantorOf map[int64]int64, owed, pending map[int64]money.Cents,
	byID map[int64]*billing.Household) error {
	if len(lines) == 0 {
		return nil
	}
	amounts, shares, err := whereItWent(ctx, tx, practiceID, lines)
	if err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `
		SELECT l.id, e.id, e.external_id, e.service_date, p.id, p.first_name || ' ' || p.last_name,
		       coalesce(nullif(trim(d.first_name || ' ' || d.last_name), ''), ''), l.service_date, l.description, l.procedure_code
		FROM service_line l
		JOIN encounter e ON e.practice_id = l.practice_id AND e.id = l.encounter_id
		JOIN patient p ON p.practice_id = e.practice_id AND p.id = e.patient_id
		LEFT JOIN provider d ON d.practice_id = e.practice_id AND d.id = e.rendering_provider_id
		WHERE l.practice_id = $1 AND l.id = ANY($2) ORDER BY e.service_date, e.external_id, l.line_no`, practiceID, lines)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var l billing.StatementLine
		var v billing.Visit
		var procedure string
		if err := row.Scan(&l.ServiceLineID, &v.EncounterID, &v.Visit, &v.Date, &l.PatientID, &v.Patient, &v.Provider, &l.Date, &l.Description, &procedure); err != nil {
			return struct{}{}, err
		}
		if l.Description == "" {
			l.Description = "Service " + procedure
		}
		l.Amounts, l.Shares = amounts[l.ServiceLineID], shares[l.ServiceLineID]
		l.Owed, l.Pending = owed[l.ServiceLineID], pending[l.ServiceLineID]
		h := byID[guarantorOf[l.ServiceLineID]]
		if n := len(h.Visits); n == 0 || h.Visits[n-1].EncounterID != v.EncounterID {
			h.Visits = append(h.Visits, v)
		}
		last := &h.Visits[len(h.Visits)-1]
		last.Lines = append(last.Lines, l)
		return struct{}{}, nil
	})
	return err
}

// whereItWent adds up each line's transfers by what stands on the other side,
// and the patient's shares by their reason.
func whereItWent(ctx context.Context, tx pgx.Tx, practiceID int64, lines []int64) (map[int64]billing.Amounts, map[int64][]billing.PatientShare, error) {
	rows, err := tx.Query(ctx, `
		WITH moves AS MATERIALIZED (
			SELECT debit_service_line_id AS line, credit_account AS other, amount FROM transfer
			WHERE practice_id = $1 AND debit_service_line_id <> 0 AND debit_service_line_id = ANY($2) AND credit_account NOT IN ('1100', '1110')
			UNION ALL
			SELECT credit_service_line_id, debit_account, -amount FROM transfer
			WHERE practice_id = $1 AND credit_service_line_id <> 0 AND credit_service_line_id = ANY($2) AND debit_account NOT IN ('1100', '1110'))
		SELECT line, coalesce(sum(amount) FILTER (WHERE other = '4000'), 0)::bigint,
		       -coalesce(sum(amount) FILTER (WHERE other IN `+insurerAccounts+`), 0)::bigint,
		       -coalesce(sum(amount) FILTER (WHERE other IN `+patientAccounts+`), 0)::bigint,
		       -coalesce(sum(amount) FILTER (WHERE other <> '4000' AND other NOT IN `+insurerAccounts+` AND other NOT IN `+patientAccounts+`), 0)::bigint
		FROM moves GROUP BY line`, practiceID, lines)
	if err != nil {
		return nil, nil, err
	}
	amounts := map[int64]billing.Amounts{}
	var line int64
	var a billing.Amounts
	if _, err = pgx.ForEachRow(rows, []any{&line, &a.Charge, &a.InsurancePaid, &a.PatientPaid, &a.Adjustments}, func() error {
		amounts[line] = a
		return nil
	}); err != nil {
		return nil, nil, err
	}
	rows, err = tx.Query(ctx, `
		WITH moves AS MATERIALIZED (
			SELECT debit_service_line_id AS line, carc, amount FROM transfer
			WHERE practice_id = $1 AND debit_service_line_id <> 0 AND debit_service_line_id = ANY($2) AND debit_account = '1110' AND credit_account = '1100' AND group_code = 'PR'
			UNION ALL
			SELECT credit_service_line_id, carc, -amount FROM transfer
			WHERE practice_id = $1 AND credit_service_line_id <> 0 AND credit_service_line_id = ANY($2) AND credit_account = '1110' AND debit_account = '1100' AND group_code = 'PR')
		SELECT line, carc, sum(amount)::bigint FROM moves GROUP BY line, carc HAVING sum(amount) > 0 ORDER BY line, carc`, practiceID, lines)
	if err != nil {
		return nil, nil, err
	}
	shares := map[int64][]billing.PatientShare{}
	var carc string
	var amount money.Cents
	_, err = pgx.ForEachRow(rows, []any{&line, &carc, &amount}, func() error {
		shares[line] = append(shares[line], billing.PatientShare{Reason: billing.Why(carc), Amount: amount})
		return nil
	})
	return amounts, shares, err
}

// dunned adds how each visit was dunned so far.
func dunned(ctx context.Context, tx pgx.Tx, practiceID int64, list []*billing.Household) error {
	var encounters []int64
	for _, h := range list {
		for i := range h.Visits {
			if id := h.Visits[i].EncounterID; id != 0 { // what belongs to no visit stays a first notice
				encounters = append(encounters, id)
			}
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT l.encounter_id, min(s.statement_date), (array_agg(l.dunning_level ORDER BY s.statement_date DESC))[1]
		FROM statement_line l JOIN statement s ON s.practice_id = l.practice_id AND s.id = l.statement_id
		WHERE l.practice_id = $1 AND l.encounter_id = ANY($2) GROUP BY 1`, practiceID, encounters)
	if err != nil {
		return err
	}
	histories := map[int64]billing.VisitHistory{}
	var id int64
	var first date.Date
	var level int16
	if _, err := pgx.ForEachRow(rows, []any{&id, &first, &level}, func() error {
		histories[id] = billing.VisitHistory{First: first, LastLevel: int(level)}
		return nil
	}); err != nil {
		return err
	}
	for _, h := range list {
		for i := range h.Visits {
			if known, ok := histories[h.Visits[i].EncounterID]; ok {
				h.History[h.Visits[i].EncounterID] = known
			}
		}
	}
	return nil
}
