package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// PatientRow is a patient in a list, with what is owed for them.
type PatientRow struct {
	ID        int64
	Account   string
	Name      string
	BirthDate date.Date
	Insurance money.Cents
	Patient   money.Cents
	Credits   money.Cents // as a positive amount
	LastVisit date.Date
}

const patientBalances = `
	SELECT p.id AS patient_id,
	       coalesce((SELECT sum(b.amount) FROM encounter e
	            JOIN service_line s ON s.practice_id = e.practice_id AND s.encounter_id = e.id
	            JOIN subledger_balance b ON b.practice_id = s.practice_id AND b.service_line_id = s.id AND b.service_line_id <> 0 AND b.account = '1100'
	            WHERE e.practice_id = p.practice_id AND e.patient_id = p.id), 0)::bigint AS insurance,
	       coalesce((SELECT sum(amount) FROM subledger_balance b WHERE b.practice_id = p.practice_id AND b.patient_id = p.id
	            AND b.patient_id <> 0 AND b.account = '1110'), 0)::bigint AS patient,
	       coalesce((SELECT -sum(amount) FROM subledger_balance b WHERE b.practice_id = p.practice_id AND b.patient_id = p.id
	            AND b.patient_id <> 0 AND b.account = '2000'), 0)::bigint AS credits`

// Patients returns a page of the patients: those who owe most first.
func Patients(ctx context.Context, tx pgx.Tx, practiceID int64, page Page) ([]PatientRow, Page, error) {
	var err error
	if page.Total, err = scalar[int64](ctx, tx, `SELECT count(*) FROM patient WHERE practice_id = $1`, practiceID); err != nil {
		return nil, page, err
	}
	rows, err := many[PatientRow](ctx, tx, `
		WITH owed AS (
			SELECT patient_id, sum(amount) FILTER (WHERE account = '1110') AS patient, -sum(amount) FILTER (WHERE account = '2000') AS credits
			FROM subledger_balance WHERE practice_id = $1 AND patient_id <> 0 AND account IN ('1110', '2000') AND amount <> 0
			GROUP BY patient_id),
		insured AS (
			SELECT e.patient_id, sum(b.amount) AS insurance
			FROM subledger_balance b
			JOIN service_line s ON s.practice_id = b.practice_id AND s.id = b.service_line_id
			JOIN encounter e ON e.practice_id = s.practice_id AND e.id = s.encounter_id
			WHERE b.practice_id = $1 AND b.account = '1100' AND b.amount <> 0 AND b.service_line_id <> 0
			GROUP BY e.patient_id)
		SELECT p.id, p.account, p.last_name || ', ' || p.first_name AS name, p.birth_date,
		       coalesce(i.insurance, 0)::bigint AS insurance, coalesce(o.patient, 0)::bigint AS patient, coalesce(o.credits, 0)::bigint AS credits,
		       (SELECT max(service_date) FROM encounter e WHERE e.practice_id = p.practice_id AND e.patient_id = p.id) AS last_visit
		FROM patient p
		LEFT JOIN owed o ON o.patient_id = p.id
		LEFT JOIN insured i ON i.patient_id = p.id
		WHERE p.practice_id = $1
		ORDER BY coalesce(o.patient, 0) DESC, coalesce(i.insurance, 0) DESC, p.last_name, p.first_name, p.id
		LIMIT $2 OFFSET $3`, practiceID, PageSize, page.Offset())
	return rows, page, err
}

// Patient is one patient with the guarantor who pays for them.
type Patient struct {
	ID               int64
	Account          string
	Name             string
	BirthDate        date.Date
	Sex              string
	Address          []string
	Phone            string
	DeceasedOn       date.Date
	GuarantorID      int64
	GuarantorAccount string
	GuarantorName    string
	GuarantorHold    string
	Insurance        money.Cents
	Patient          money.Cents
	Credits          money.Cents
}

// FindPatient returns a patient with their balances.
func FindPatient(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Patient, error) {
	return one[Patient](ctx, tx, "patient", `
		SELECT p.id, p.account, concat_ws(' ', p.first_name, nullif(p.middle_name, ''), p.last_name) AS name, p.birth_date, p.sex,
		       array_remove(ARRAY[p.address1, p.address2, concat_ws(' ', nullif(p.city, '') || ',', nullif(p.state, ''), regexp_replace(nullif(p.zip, ''), '^(\d{5})(\d{4})$', '\1-\2'))], '') AS address,
		       p.phone, p.deceased_on, g.id AS guarantor_id, g.account AS guarantor_account,
		       g.first_name || ' ' || g.last_name AS guarantor_name, g.hold AS guarantor_hold, b.insurance, b.patient, b.credits
		FROM patient p
		JOIN guarantor g ON g.practice_id = p.practice_id AND g.id = p.guarantor_id
		CROSS JOIN LATERAL (`+patientBalances+`) b
		WHERE p.practice_id = $1 AND p.id = $2`, practiceID, id)
}

// Coverage is a patient's insurance.
type Coverage struct {
	Rank          int16
	PayerName     string
	MemberID      string
	PlanName      string
	GroupNumber   string
	EffectiveFrom date.Date
	EffectiveTo   date.Date
	Copay         money.Cents
	QMB           bool
}

// Coverages returns a patient's insurance by rank.
func Coverages(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) ([]Coverage, error) {
	return many[Coverage](ctx, tx, `
		SELECT v.rank, y.name AS payer_name, v.member_id, v.plan_name, v.group_number, v.effective_from, v.effective_to, v.copay, v.qmb
		FROM coverage v JOIN payer y ON y.practice_id = v.practice_id AND y.id = v.payer_id
		WHERE v.practice_id = $1 AND v.patient_id = $2 ORDER BY v.rank, v.effective_from DESC`, practiceID, patientID)
}

// Relative is another patient of the same guarantor.
type Relative struct {
	ID      int64
	Account string
	Name    string
	Owed    money.Cents
}

// Household returns the other patients of a guarantor.
func Household(ctx context.Context, tx pgx.Tx, practiceID, guarantorID, except int64) ([]Relative, error) {
	return many[Relative](ctx, tx, `
		SELECT p.id, p.account, p.last_name || ', ' || p.first_name AS name,
		       coalesce((SELECT sum(amount) FROM subledger_balance b WHERE b.practice_id = p.practice_id AND b.patient_id = p.id
		            AND b.patient_id <> 0 AND b.account = '1110'), 0)::bigint AS owed
		FROM patient p WHERE p.practice_id = $1 AND p.guarantor_id = $2 AND p.id <> $3 ORDER BY p.last_name, p.first_name`,
		practiceID, guarantorID, except)
}

// Visit is an encounter of a patient with what is owed for it.
type Visit struct {
	EncounterID int64
	Encounter   string
	State       string
	ServiceDate date.Date
	Rendering   string
	Charge      money.Cents
	Insurance   money.Cents
	Patient     money.Cents
	ClaimIDs    []int64
	Claims      []string
}

// Visits returns a patient's encounters, latest first.
func Visits(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) ([]Visit, error) {
	return many[Visit](ctx, tx, `
		SELECT e.id AS encounter_id, e.external_id AS encounter, e.state, e.service_date,
		       coalesce(concat_ws(' ', nullif(d.first_name, ''), d.last_name), '') AS rendering, e.charge,
		       coalesce(b.insurance, 0)::bigint AS insurance, coalesce(b.patient, 0)::bigint AS patient,
		       coalesce(c.ids, '{}') AS claim_ids, coalesce(c.numbers, '{}') AS claims
		FROM encounter e
		LEFT JOIN provider d ON d.practice_id = e.practice_id AND d.id = e.rendering_provider_id
		LEFT JOIN LATERAL (
			SELECT sum(b.amount) FILTER (WHERE b.account = '1100') AS insurance, sum(b.amount) FILTER (WHERE b.account = '1110') AS patient
			FROM service_line s JOIN subledger_balance b ON b.practice_id = s.practice_id AND b.service_line_id = s.id AND b.service_line_id <> 0
			WHERE s.practice_id = e.practice_id AND s.encounter_id = e.id) b ON true
		LEFT JOIN LATERAL (
			SELECT array_agg(id ORDER BY payer_rank, id) AS ids, array_agg(number ORDER BY payer_rank, id) AS numbers
			FROM claim c WHERE c.practice_id = e.practice_id AND c.encounter_id = e.id) c ON true
		WHERE e.practice_id = $1 AND e.patient_id = $2 ORDER BY e.service_date DESC NULLS LAST, e.id DESC`, practiceID, patientID)
}

// Payment is money taken from a patient.
type Payment struct {
	ID            int64
	ReceiptNumber int64
	Amount        money.Cents
	Method        string
	Reference     string
	Purpose       string
	Visit         string
	ReceivedOn    date.Date
	Actor         string
	State         string
}

// Payments returns what a patient paid, latest first.
func Payments(ctx context.Context, tx pgx.Tx, practiceID, patientID int64) ([]Payment, error) {
	return many[Payment](ctx, tx, `
		SELECT id, receipt_number, amount, method, reference, purpose, visit, received_on, actor, state
		FROM patient_payment WHERE practice_id = $1 AND patient_id = $2 ORDER BY received_on DESC, id DESC`, practiceID, patientID)
}
