package billingdb

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
)

// Waiting is a work item as it stands: what waits for a person.
type Waiting struct {
	ID           int64       `json:"id"`
	Key          string      `json:"key"` // names its cause in every copy of the book
	Kind         string      `json:"kind"`
	State        string      `json:"state"` // open, done
	Reason       string      `json:"reason"`
	Action       string      `json:"action"`
	Amount       money.Cents `json:"amount"`
	OpenedOn     date.Date   `json:"opened_on"`
	DueOn        date.Date   `json:"due_on"`
	Claim        string      `json:"claim"` // number
	Payer        string      `json:"payer"` // code
	ClaimID      int64       `json:"-"`
	PayerID      int64       `json:"-"`
	RemittanceID int64       `json:"-"`
	ClosedOn     date.Date   `json:"-"`
	ClosedWhy    string      `json:"-"`
}

// WaitingFilter chooses open items; zero is all of them.
type WaitingFilter struct {
	Kind  string
	Claim string    // number
	DueBy date.Date // due on that day or earlier
}

const waitingColumns = `SELECT w.id, w.dedupe_key, w.kind, w.state, w.reason, w.action, w.amount, w.opened_on, w.due_on,
		coalesce(c.number, ''), coalesce(p.code, ''), coalesce(w.claim_id, 0), coalesce(w.payer_id, 0), coalesce(w.remittance_id, 0), w.closed_on, w.closed_why
	FROM work_item w
	LEFT JOIN claim c ON c.practice_id = w.practice_id AND c.id = w.claim_id
	LEFT JOIN payer p ON p.practice_id = w.practice_id AND p.id = coalesce(w.payer_id, c.payer_id)
	WHERE w.practice_id = $1 AND `

// Worklist returns what waits for a person: what is due first, then by amount.
func Worklist(ctx context.Context, tx pgx.Tx, practiceID int64, f WaitingFilter) ([]Waiting, error) {
	rows, err := tx.Query(ctx, waitingColumns+`w.state = 'open' AND ($2 = '' OR w.kind = $2) AND ($3 = '' OR c.number = $3)
		AND ($4::date IS NULL OR w.due_on <= $4) ORDER BY w.due_on NULLS LAST, w.amount DESC, w.dedupe_key COLLATE "C"`, practiceID, f.Kind, f.Claim, f.DueBy)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting])
}

// LockWaiting finds a work item by its id or its key, and keeps everybody else
// from deciding it.
func LockWaiting(ctx context.Context, tx pgx.Tx, practiceID int64, item string) (Waiting, error) {
	where, arg := `w.dedupe_key = $2`, any(item)
	if id, err := strconv.ParseInt(item, 10, 64); err == nil {
		where, arg = `w.id = $2`, id
	}
	rows, err := tx.Query(ctx, waitingColumns+where+` FOR UPDATE OF w`, practiceID, arg)
	if err != nil {
		return Waiting{}, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Waiting])
	if err == nil && len(list) == 0 {
		return Waiting{}, fault.NotFoundf("CB-DECIDE-001", "there is no work item %s", item).WithFix("list them with: claimbook worklist")
	}
	if err != nil {
		return Waiting{}, err
	}
	return list[0], nil
}

// Decided is a decision that stands, and whether it says the same as another.
type Decided struct {
	Kind, Actor string
	On          date.Date
	Same        bool
}

// DecisionOn returns the last decision of one of the kinds about a subject that
// was not taken back, nil if there is none, and keeps everybody else from deciding about it.
func DecisionOn(ctx context.Context, tx pgx.Tx, practiceID int64, subject string, kinds []string, kind string, payload []byte) (*Decided, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, $2))`, "decide "+subject, practiceID); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT kind, actor, decided_on, kind = $4 AND payload = $5::jsonb FROM decision
		WHERE practice_id = $1 AND subject = $2 AND kind = ANY($3)
		  AND NOT EXISTS (SELECT 1 FROM decision u WHERE u.practice_id = $1 AND u.kind = 'undo' AND u.id > decision.id
		                  AND u.payload->>'kind' = decision.kind AND u.payload->>'subject' = decision.subject)
		ORDER BY id DESC LIMIT 1`, practiceID, subject, kinds, kind, payload)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Decided])
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// PayerRule is what a person wants to hold from now on for a payer.
type PayerRule struct {
	PayerID     int64
	Kind        string // treatment, plb
	Group, Code string // CAS01 and CAS02; "" and the PLB's code
	Treatment   string // or the account of a PLB
	DecisionID  int64
}

// Remember keeps a rule, in place of the one that the payer had for the code.
func Remember(ctx context.Context, tx pgx.Tx, practiceID int64, r PayerRule) error {
	_, err := tx.Exec(ctx, `INSERT INTO payer_rule (practice_id, payer_id, kind, group_code, code, treatment, decision_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (practice_id, payer_id, kind, group_code, code) DO UPDATE SET treatment = excluded.treatment, decision_id = excluded.decision_id`,
		practiceID, r.PayerID, r.Kind, r.Group, r.Code, r.Treatment, r.DecisionID)
	return err
}

// PayerByCode finds a payer's id.
func PayerByCode(ctx context.Context, tx pgx.Tx, practiceID int64, code string) (int64, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM payer WHERE practice_id = $1 AND code = $2`, practiceID, code)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(ids) == 0 {
		return 0, fault.NotFoundf("CB-DECIDE-PAYER", "no payer has the code %s", code)
	}
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}
