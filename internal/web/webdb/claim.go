package webdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Claim is one claim with the facts that a biller asks for on the telephone.
type Claim struct {
	ID               int64
	Number           string
	State            string
	ClaimType        string
	Frequency        string
	PayerRank        int16
	Charge           money.Cents
	ServiceDate      date.Date
	ReadyOn          date.Date
	SentOn           date.Date
	TimelyBy         date.Date
	PayerClaimNumber string
	StControl        string
	EncounterID      int64
	Encounter        string // external id
	Authorization    string
	PlaceOfService   string
	PatientID        int64
	PatientAccount   string
	PatientName      string
	BirthDate        date.Date
	PayerID          int64
	PayerName        string
	PayerIdentifier  string
	MemberID         string
	GroupNumber      string
	PlanName         string
	Rendering        string
	RenderingNPI     string
	Facility         string
	BatchID          int64
	BatchNumber      int64
	PartnerName      string
	BatchFileID      int64
	Diagnoses        []string
}

// FindClaim returns a claim.
func FindClaim(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Claim, error) {
	return one[Claim](ctx, tx, "claim", `
		SELECT c.id, c.number, c.state, c.claim_type, c.frequency, c.payer_rank, c.charge, c.service_date, c.ready_on, c.sent_on,
		       c.timely_by, c.payer_claim_number, c.st_control, c.encounter_id, e.external_id AS encounter,
		       e.authorization_number AS authorization, e.place_of_service,
		       p.id AS patient_id, p.account AS patient_account,
		       concat_ws(' ', p.first_name, nullif(p.middle_name, ''), p.last_name) AS patient_name, p.birth_date,
		       y.id AS payer_id, y.name AS payer_name, y.payer_identifier,
		       v.member_id, v.group_number, v.plan_name,
		       coalesce(concat_ws(' ', nullif(d.first_name, ''), d.last_name), '') AS rendering, coalesce(d.npi, '') AS rendering_npi,
		       coalesce(fa.name, '') AS facility,
		       coalesce(b.id, 0) AS batch_id, coalesce(b.number, 0) AS batch_number, coalesce(tp.name, '') AS partner_name,
		       coalesce(b.edi_file_id, 0) AS batch_file_id,
		       ARRAY(SELECT code FROM encounter_diagnosis g WHERE g.practice_id = c.practice_id AND g.encounter_id = c.encounter_id
		             ORDER BY seq) AS diagnoses
		FROM claim c
		JOIN encounter e ON e.practice_id = c.practice_id AND e.id = c.encounter_id
		JOIN patient p ON p.practice_id = c.practice_id AND p.id = c.patient_id
		JOIN payer y ON y.practice_id = c.practice_id AND y.id = c.payer_id
		JOIN coverage v ON v.practice_id = c.practice_id AND v.id = c.coverage_id
		LEFT JOIN provider d ON d.practice_id = c.practice_id AND d.id = c.rendering_provider_id
		LEFT JOIN facility fa ON fa.practice_id = c.practice_id AND fa.id = e.facility_id
		LEFT JOIN batch b ON b.practice_id = c.practice_id AND b.id = c.batch_id
		LEFT JOIN trading_partner tp ON tp.practice_id = b.practice_id AND tp.id = b.partner_id
		WHERE c.practice_id = $1 AND c.id = $2`, practiceID, id)
}

// ClaimLine is a service line as the claim states it.
type ClaimLine struct {
	LineNo        int16
	ServiceLineID int64
	ControlNumber string
	Procedure     string
	Modifiers     []string
	Units         string
	Charge        money.Cents
	ServiceDate   date.Date
	Description   string
}

// ClaimLines returns the service lines of a claim in their order.
func ClaimLines(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]ClaimLine, error) {
	return many[ClaimLine](ctx, tx, `
		SELECT l.line_no, l.service_line_id, l.control_number, l.procedure_code AS procedure, l.modifiers,
		       trim_scale(l.units)::text AS units, l.charge, l.service_date, s.description
		FROM claim_line l JOIN service_line s ON s.practice_id = l.practice_id AND s.id = l.service_line_id
		WHERE l.practice_id = $1 AND l.claim_id = $2 ORDER BY l.line_no`, practiceID, claimID)
}

// LineBalance is what one party owes for one service line.
type LineBalance struct {
	ServiceLineID int64
	Account       string // 1100 or 1110
	PayerID       int64
	PayerName     string
	PayerRank     int16
	Amount        money.Cents
}

// LineBalances returns the open balances of service lines, split by who owes them.
func LineBalances(ctx context.Context, tx pgx.Tx, practiceID int64, serviceLines []int64) ([]LineBalance, error) {
	return many[LineBalance](ctx, tx, `
		SELECT b.service_line_id, b.account, b.payer_id, coalesce(y.name, '') AS payer_name, b.payer_rank, b.amount
		FROM subledger_balance b LEFT JOIN payer y ON y.practice_id = b.practice_id AND y.id = b.payer_id
		WHERE b.practice_id = $1 AND b.service_line_id = ANY($2) AND b.service_line_id <> 0
		  AND b.account IN ('1100', '1110') AND b.amount <> 0
		ORDER BY b.service_line_id, b.account, b.payer_rank`, practiceID, serviceLines)
}

// Event is one step of a claim's timeline.
type Event struct {
	ID           int64
	Event        string
	FromState    string
	ToState      string
	Message      string
	Actor        string
	OccurredOn   date.Date
	FileID       int64
	FileName     string
	ByteOffset   int64 // -1: not from a file
	RemittanceID int64
	Trace        string
}

// ClaimEvents returns a claim's timeline, oldest first.
func ClaimEvents(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]Event, error) {
	return many[Event](ctx, tx, `
		SELECT v.id, v.event, v.from_state, v.to_state, v.message, v.actor, v.occurred_on,
		       coalesce(v.edi_file_id, 0) AS file_id, coalesce(f.name, '') AS file_name, coalesce(v.byte_offset, -1) AS byte_offset,
		       coalesce(v.remittance_id, 0) AS remittance_id, coalesce(r.trace, '') AS trace
		FROM claim_event v
		LEFT JOIN edi_file f ON f.practice_id = v.practice_id AND f.id = v.edi_file_id
		LEFT JOIN remittance r ON r.practice_id = v.practice_id AND r.id = v.remittance_id
		WHERE v.practice_id = $1 AND v.claim_id = $2 ORDER BY v.occurred_on, v.id`, practiceID, claimID)
}

// RelatedClaim is another claim for the same encounter.
type RelatedClaim struct {
	ID        int64
	Number    string
	State     string
	PayerRank int16
	PayerName string
	Charge    money.Cents
}

// EncounterClaims returns the claims of an encounter, the primary first.
func EncounterClaims(ctx context.Context, tx pgx.Tx, practiceID, encounterID int64) ([]RelatedClaim, error) {
	return many[RelatedClaim](ctx, tx, `
		SELECT c.id, c.number, c.state, c.payer_rank, y.name AS payer_name, c.charge
		FROM claim c JOIN payer y ON y.practice_id = c.practice_id AND y.id = c.payer_id
		WHERE c.practice_id = $1 AND c.encounter_id = $2 ORDER BY c.payer_rank, c.id`, practiceID, encounterID)
}

// ClaimAnswer is what one remittance said of a claim.
type ClaimAnswer struct {
	RemittanceID int64
	Trace        string
	PayerName    string
	ReceivedOn   date.Date
	Seq          int32
	Status       string // CLP02
	Outcome      string
	Charge       money.Cents
	Paid         money.Cents
	Patient      money.Cents
}

// ClaimAnswers returns what remittances said of a claim, in the order received.
func ClaimAnswers(ctx context.Context, tx pgx.Tx, practiceID, claimID int64) ([]ClaimAnswer, error) {
	return many[ClaimAnswer](ctx, tx, `
		SELECT m.id AS remittance_id, m.trace, m.payer_name, m.received_on, c.seq, c.status, c.outcome, c.charge, c.paid,
		       c.patient_responsibility AS patient
		FROM remittance_claim c JOIN remittance m ON m.practice_id = c.practice_id AND m.id = c.remittance_id
		WHERE c.practice_id = $1 AND c.claim_id = $2 ORDER BY m.received_on, m.id, c.seq`, practiceID, claimID)
}

// Encounter is what happened, before any payer is asked.
type Encounter struct {
	ID             int64
	ExternalID     string
	Version        int32
	State          string
	PatientID      int64
	PatientName    string
	PatientAccount string
	Billing        string
	Rendering      string
	Facility       string
	PlaceOfService string
	ServiceDate    date.Date
	ReceivedOn     date.Date
	Charge         money.Cents
	Findings       []byte // JSON
	Content        []byte // JSON: the record as it was read
	Diagnoses      []string
	FileID         int64 // where it came from
	FileName       string
	FileLine       int32
}

// FindEncounter returns an encounter.
func FindEncounter(ctx context.Context, tx pgx.Tx, practiceID, id int64) (Encounter, error) {
	return one[Encounter](ctx, tx, "encounter", `
		SELECT e.id, e.external_id, e.version, e.state, coalesce(e.patient_id, 0) AS patient_id,
		       coalesce(p.last_name || ', ' || p.first_name, '') AS patient_name, coalesce(p.account, '') AS patient_account,
		       coalesce(concat_ws(' ', nullif(pb.first_name, ''), pb.last_name), '') AS billing,
		       coalesce(concat_ws(' ', nullif(pr.first_name, ''), pr.last_name), '') AS rendering,
		       coalesce(f.name, '') AS facility, e.place_of_service, e.service_date, e.received_on, e.charge, e.findings, e.content,
		       ARRAY(SELECT code FROM encounter_diagnosis g WHERE g.practice_id = e.practice_id AND g.encounter_id = e.id ORDER BY seq) AS diagnoses,
		       coalesce(src.file_id, 0) AS file_id, coalesce(src.name, '') AS file_name, coalesce(src.line_no, 0) AS file_line
		FROM encounter e
		LEFT JOIN patient p ON p.practice_id = e.practice_id AND p.id = e.patient_id
		LEFT JOIN provider pb ON pb.practice_id = e.practice_id AND pb.id = e.billing_provider_id
		LEFT JOIN provider pr ON pr.practice_id = e.practice_id AND pr.id = e.rendering_provider_id
		LEFT JOIN facility f ON f.practice_id = e.practice_id AND f.id = e.facility_id
		LEFT JOIN LATERAL (
			SELECT d.id AS file_id, d.name, r.line_no
			FROM intake_record r
			JOIN intake_file i ON i.practice_id = r.practice_id AND i.id = r.intake_file_id
			JOIN edi_file d ON d.practice_id = i.practice_id AND d.id = i.edi_file_id
			WHERE r.practice_id = e.practice_id AND r.encounter_id = e.id AND r.outcome <> 'duplicate'
			ORDER BY i.id DESC LIMIT 1) src ON true
		WHERE e.practice_id = $1 AND e.id = $2`, practiceID, id)
}

// EncounterLines returns the service lines of an encounter as they are now.
func EncounterLines(ctx context.Context, tx pgx.Tx, practiceID, encounterID int64) ([]ClaimLine, error) {
	return many[ClaimLine](ctx, tx, `
		SELECT line_no, id AS service_line_id, '' AS control_number, procedure_code AS procedure, modifiers,
		       trim_scale(units)::text AS units, charge, service_date, description
		FROM service_line WHERE practice_id = $1 AND encounter_id = $2 AND NOT deleted ORDER BY line_no`, practiceID, encounterID)
}
