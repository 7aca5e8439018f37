package ledgerdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Receipt is money in the drawer: what a patient paid, or a paper check of an
// insurer.
type Receipt struct {
	Source     string      `json:"source"`    // of the entry that put it there
	Number     int64       `json:"receipt"`   // of a patient's receipt; 0: an insurer's check
	Method     string      `json:"method"`    // cash, check, card
	Reference  string      `json:"reference"` // the check's number or trace, the processor's id
	ReceivedOn date.Date   `json:"received_on"`
	Day        date.Date   `json:"-"` // of posting: the drawer counts by it
	Amount     money.Cents `json:"amount"`
	Slip       string      `json:"slip,omitempty"` // key of the slip that it is on
	// InDrawer is what the drawer of its day still holds: less than the amount
	// means that it was deposited with its day.
	InDrawer money.Cents `json:"-"`
}

// Receipts reads receipts, by day: of a slip, or, without one, all that lie in
// the drawer.
func Receipts(ctx context.Context, tx pgx.Tx, practiceID int64, slip string) ([]Receipt, error) {
	where := `c.slip = $2`
	if slip == "" {
		where = `$2 = '' and c.slip = '' and coalesce(d.amount, 0) >= c.amount`
	}
	return receipts(ctx, tx, practiceID, where, slip)
}

// ReceiptsBySource reads the receipts that came by these entries, wherever they
// are now.
func ReceiptsBySource(ctx context.Context, tx pgx.Tx, practiceID int64, sources []string) ([]Receipt, error) {
	return receipts(ctx, tx, practiceID, `c.source = any($2)`, sources)
}

func receipts(ctx context.Context, tx pgx.Tx, practiceID int64, where string, arg any) ([]Receipt, error) {
	rows, err := tx.Query(ctx, `
		with came as (
			select e.source_key as source, e.id, e.posting_date as day, coalesce(y.receipt_number, 0) as number, coalesce(y.method, 'check') as method,
				coalesce(y.reference, min(t.credit_reference), '') as reference, coalesce(y.received_on, e.posting_date) as received_on, sum(t.amount)::bigint as amount,
				coalesce((select s.key from deposit_slip_receipt i join deposit_slip s on s.practice_id = i.practice_id and s.id = i.slip_id
					where i.practice_id = $1 and i.source_key = e.source_key and not i.voided), '') as slip
			from journal_entry e join transfer t on t.practice_id = e.practice_id and t.entry_id = e.id and t.debit_account = '1010'
			left join patient_payment y on y.practice_id = e.practice_id and 'payment|' || y.idempotency_key = e.source_key
			where e.practice_id = $1 and e.kind in ('patient-payment', 'check')
				and not exists (select from journal_entry r where r.practice_id = e.practice_id and r.reverses = e.id)
			group by e.source_key, e.id, e.posting_date, y.receipt_number, y.method, y.reference, y.received_on
		), d as (`+drawer+`)
		select c.source, c.number, c.method, c.reference, c.received_on, c.day, c.amount, c.slip, coalesce(d.amount, 0)::bigint
		from came c left join d on d.day = c.day where `+where+` order by c.day, c.number, c.source`, practiceID, arg)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Receipt])
}

// Slip is a list of receipts that leave the drawer together.
type Slip struct {
	ID       int64
	Key      string
	Kind     string // counter, card
	MadeOn   date.Date
	Amount   money.Cents
	Fee      money.Cents // that the card processor keeps
	Voided   bool
	Deposits int // bank lines that it reached by now
}

// FindSlip finds a slip by its key; nil: there is none.
func FindSlip(ctx context.Context, tx pgx.Tx, practiceID int64, key string) (*Slip, error) {
	rows, err := tx.Query(ctx, `select id, key, kind, made_on, amount, fee, voided_by is not null,
			(select count(*) from deposit d where d.practice_id = s.practice_id and d.kind = 'slip' and d.trace = s.key and d.undone_by is null)::int
		from deposit_slip s where practice_id = $1 and key = $2`, practiceID, key)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Slip])
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// InsertSlip keeps a slip with its receipts.
func InsertSlip(ctx context.Context, tx pgx.Tx, practiceID int64, s Slip, list []Receipt) error {
	if err := tx.QueryRow(ctx, `insert into deposit_slip (practice_id, key, kind, made_on, amount, fee) values ($1, $2, $3, $4, $5, $6) returning id`,
		practiceID, s.Key, s.Kind, s.MadeOn, s.Amount, s.Fee).Scan(&s.ID); err != nil {
		return err
	}
	sources, amounts := make([]string, len(list)), make([]int64, len(list))
	for i := range list {
		sources[i], amounts[i] = list[i].Source, int64(list[i].Amount)
	}
	_, err := tx.Exec(ctx, `insert into deposit_slip_receipt (practice_id, slip_id, source_key, amount) select $1, $2, * from unnest($3::text[], $4::bigint[])`,
		practiceID, s.ID, sources, amounts)
	return err
}

// VoidSlip puts the receipts of a slip back into the drawer.
func VoidSlip(ctx context.Context, tx pgx.Tx, practiceID, slipID, decisionID int64) error {
	if _, err := tx.Exec(ctx, `update deposit_slip set voided_by = $3 where practice_id = $1 and id = $2`, practiceID, slipID, decisionID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update deposit_slip_receipt set voided = true where practice_id = $1 and slip_id = $2`, practiceID, slipID)
	return err
}
