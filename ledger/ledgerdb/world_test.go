package ledgerdb_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
)

// world is a book with what its entries speak of: two payers, two patients of
// one guarantor, a provider, and encounters with lines and claims.
type world struct {
	book
	blue, medicare int64 // payers
	ann, ben       int64 // patients
	smith          int64 // their guarantor
	provider       int64
	coverage       int64
	file           int64
	encounters     int64
}

// visit is one encounter with a line, and its claim.
type visit struct {
	external       string
	line, claim    int64
	number         string
	payer, patient int64
	served         date.Date
}

func newWorld(t testing.TB) *world { return newWorldIn(t, newBook(t)) }

func newWorldIn(t testing.TB, b book) *world {
	t.Helper()
	w := &world{book: b}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		one := func(into *int64, sql string, args ...any) {
			if err := tx.QueryRow(ctx, sql, append([]any{w.practice}, args...)...).Scan(into); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		var partner int64
		one(&partner, `insert into trading_partner (practice_id, code, name, sender_id, receiver_id, receiver_name, contact_name, contact_phone)
			values ($1, 'CH', 'Clearing House', 'S', 'R', 'CLEARING HOUSE', 'OFFICE', '2175550100') returning id`)
		payer := `insert into payer (practice_id, code, name, payer_identifier, filing_code, kind, partner_id) values ($1, $2, $3, $2, $4, $5, $6) returning id`
		one(&w.blue, payer, "BLUE", "Blue Plan", "BL", "blue", partner)
		one(&w.medicare, payer, "MCARE", "Medicare", "MB", "medicare", partner)
		one(&w.smith, `insert into guarantor (practice_id, account, last_name, first_name) values ($1, 'G100', 'Smith', 'Carol') returning id`)
		patient := `insert into patient (practice_id, account, guarantor_id, last_name, first_name, birth_date, sex) values ($1, $2, $3, 'Smith', $4, '1980-05-05', 'F') returning id`
		one(&w.ann, patient, "P100", w.smith, "Ann")
		one(&w.ben, patient, "P101", w.smith, "Ben")
		one(&w.provider, `insert into provider (practice_id, code, role, organization, last_name, npi) values ($1, 'DR1', 'both', false, 'Jones', '1234567893') returning id`)
		one(&w.coverage, `insert into coverage (practice_id, patient_id, payer_id, rank, member_id, effective_from) values ($1, $2, $3, 1, 'M1', '2020-01-01') returning id`, w.ann, w.blue)
		one(&w.file, `insert into edi_file (practice_id, direction, kind, name, sha256, size, received_on) values ($1, 'in', 'x12', 'monday.835', sha256('x'), 40, $2) returning id`, monday)
		content := "ISA*00~ST*835*0001~CLP*C1*1*100*60~SE*3*1~"
		_, err := tx.Exec(ctx, `insert into edi_file_chunk (practice_id, file_id, chunk_no, bytes) values ($1, $2, 0, $3)`, w.practice, w.file, []byte(content))
		return err
	})
	return w
}

// visit adds an encounter of a patient with one line and a claim to the payer.
func (w *world) visit(t testing.TB, payer, patient int64, served date.Date, charge money.Cents) visit {
	t.Helper()
	w.encounters++
	v := visit{external: fmt.Sprintf("E%d", w.encounters), number: fmt.Sprintf("C%d", w.encounters), payer: payer, patient: patient, served: served}
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var encounter int64
		err := tx.QueryRow(ctx, `insert into encounter (practice_id, external_id, content_hash, content, state, patient_id, service_date, charge, received_on)
			values ($1, $2, sha256('e'), '{}', 'claimed', $3, $4, $5, $4) returning id`, w.practice, v.external, patient, served, charge).Scan(&encounter)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `insert into service_line (practice_id, encounter_id, line_no, procedure_code, units, charge, service_date, charge_version)
			values ($1, $2, 1, '99213', 1, $3, $4, 1) returning id`, w.practice, encounter, charge, served).Scan(&v.line); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `insert into claim (practice_id, number, encounter_id, patient_id, payer_id, coverage_id, payer_rank, state, charge, service_date, rendering_provider_id, snapshot)
			values ($1, $2, $3, $4, $5, $6, 1, 'sent', $7, $8, $9, '{}') returning id`,
			w.practice, v.number, encounter, patient, payer, w.coverage, charge, served, w.provider).Scan(&v.claim); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into claim_line (practice_id, claim_id, line_no, service_line_id, control_number, procedure_code, units, charge, service_date)
			values ($1, $2, 1, $3, '1', '99213', 1, $4, $5)`, w.practice, v.claim, v.line, charge, served)
		return err
	})
	return v
}

func (w *world) dimensions(v visit) ledger.Dimensions {
	return ledger.Dimensions{ClaimID: v.claim, GuarantorID: w.smith, ProviderID: w.provider, ServiceDate: v.served, ByteOffset: -1}
}

// charge posts the visit's charge on a day.
func (w *world) charge(t testing.TB, v visit, on date.Date, amount money.Cents) {
	t.Helper()
	e := ledger.Entry{PostingDate: on, Kind: "charge", SourceKey: "charge|" + v.external + "|1|1", Actor: "encounter.validate"}
	e.Move(insurance(v.line, v.payer), account(ledger.GrossCharges), amount, w.dimensions(v))
	w.post(t, e)
}

// remit posts a payer's answer to the visit's claim, with its remittance rows.
func (w *world) remit(t testing.TB, v visit, on date.Date, trace string, paid, contractual, share money.Cents) {
	t.Helper()
	key := "835|1987654321|" + trace
	e := ledger.Entry{PostingDate: on, Kind: "remittance", SourceKey: key + "|CLP|1", Actor: "remit.post", Memo: "Blue Plan, claim " + v.number}
	d := w.dimensions(v)
	d.EDIFileID, d.ByteOffset = w.file, 19
	e.Move(clearing(v.payer, trace), insurance(v.line, v.payer), paid, d)
	d.GroupCode, d.CARC = "CO", "45"
	e.Move(account(ledger.Contractual), insurance(v.line, v.payer), contractual, d)
	d.GroupCode, d.CARC, d.RARCs = "PR", "2", []string{"N130"}
	e.Move(patient(v.line, v.patient), insurance(v.line, v.payer), share, d)
	w.do(t, func(ctx context.Context, tx pgx.Tx) error {
		var remittance int64
		if err := tx.QueryRow(ctx, `insert into remittance (practice_id, edi_file_id, source_key, request_hash, trace, originator, payer_id, method, handling, amount, st_control, byte_offset, state, claims, posted, received_on, posting_date)
			values ($1, $2, $3, sha256('r'), $4, '1987654321', $5, 'ACH', 'I', $6, '0001', 7, 'posted', 1, 1, $7, $7) returning id`,
			w.practice, w.file, key, trace, v.payer, paid, on).Scan(&remittance); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into remittance_claim (practice_id, remittance_id, seq, claim_number, status, charge, paid, claim_id, outcome, byte_offset)
			values ($1, $2, 1, $3, '1', $4, $5, $6, 'paid', 19)`, w.practice, remittance, v.number, paid+contractual+share, paid, v.claim)
		return err
	})
	w.post(t, e)
}
