package claimsdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Directory is what encounters refer to beside their patients: providers,
// facilities, payers, fees, and the practice's own switches of edits.
type Directory struct {
	Providers  []claims.Provider
	Facilities map[string]*claims.Facility // by code
	Payers     map[int64]claims.Payer      // by id
	Switches   map[string]claims.Severity  // by code of edit
	fees       map[feeKey][]fee            // latest first
}

type feeKey struct{ procedure, modifier string }

type fee struct {
	from        date.Date
	charge      money.Cents
	description string
}

// LoadDirectory reads a practice's directory.
func LoadDirectory(ctx context.Context, tx pgx.Tx, practiceID int64) (*Directory, error) {
	d := &Directory{
		Facilities: map[string]*claims.Facility{}, Payers: map[int64]claims.Payer{},
		Switches: map[string]claims.Severity{}, fees: map[feeKey][]fee{},
	}
	for _, load := range []func(context.Context, pgx.Tx, int64) error{d.loadProviders, d.loadFacilities, d.loadPayers, d.loadSwitches, d.loadFees} {
		if err := load(ctx, tx, practiceID); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Rendering finds who treated, by code or NPI.
func (d *Directory) Rendering(codeOrNPI string) *claims.Provider {
	return d.provider(codeOrNPI, claims.Provider.Renders)
}

// Billing finds who bills, by code or NPI; named by nothing it is the only one
// of the practice.
func (d *Directory) Billing(codeOrNPI string) *claims.Provider {
	if codeOrNPI != "" {
		return d.provider(codeOrNPI, claims.Provider.Bills)
	}
	var only *claims.Provider
	for i := range d.Providers {
		if d.Providers[i].Bills() {
			if only != nil {
				return nil
			}
			only = &d.Providers[i]
		}
	}
	return only
}

// provider prefers one that has the role: a doctor who bills for herself may
// have two entries of one NPI.
func (d *Directory) provider(codeOrNPI string, has func(claims.Provider) bool) *claims.Provider {
	if codeOrNPI == "" {
		return nil
	}
	var other *claims.Provider
	for i := range d.Providers {
		p := &d.Providers[i]
		if p.Code == codeOrNPI {
			return p
		}
		if p.NPI == codeOrNPI && (other == nil || (has(*p) && !has(*other))) {
			other = p
		}
	}
	return other
}

// Fee is the practice's charge for a procedure on a day.
func (d *Directory) Fee(procedure, modifier string, on date.Date) (money.Cents, bool) {
	for _, f := range d.fees[feeKey{procedure, modifier}] {
		if !on.Before(f.from) {
			return f.charge, true
		}
	}
	return 0, false
}

// Description is the practice's own wording for a service on a day; "" when it
// has none.
func (d *Directory) Description(procedure string, modifiers []string, on date.Date) string {
	keys := []feeKey{{procedure, ""}}
	if len(modifiers) > 0 {
		keys = []feeKey{{procedure, modifiers[0]}, {procedure, ""}}
	}
	for _, key := range keys {
		for _, f := range d.fees[key] {
			if !on.Before(f.from) && f.description != "" {
				return f.description
			}
		}
	}
	return ""
}

func (d *Directory) loadProviders(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	rows, err := tx.Query(ctx, `SELECT id, code, role, organization, last_name, first_name, npi, tin, taxonomy,
		address1, address2, city, state, zip, phone FROM provider WHERE practice_id = $1 ORDER BY code`, practiceID)
	if err != nil {
		return err
	}
	d.Providers, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p claims.Provider, err error) {
		err = row.Scan(&p.ID, &p.Code, &p.Role, &p.Organization, &p.LastName, &p.FirstName, &p.NPI, &p.TIN, &p.Taxonomy,
			&p.Address.Line1, &p.Address.Line2, &p.Address.City, &p.Address.State, &p.Address.ZIP, &p.Phone)
		return p, err
	})
	return err
}

func (d *Directory) loadFacilities(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	rows, err := tx.Query(ctx, `SELECT id, code, name, npi, place_of_service, address1, address2, city, state, zip
		FROM facility WHERE practice_id = $1`, practiceID)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		f := &claims.Facility{}
		err := row.Scan(&f.ID, &f.Code, &f.Name, &f.NPI, &f.PlaceOfService, &f.Address.Line1, &f.Address.Line2,
			&f.Address.City, &f.Address.State, &f.Address.ZIP)
		d.Facilities[f.Code] = f
		return struct{}{}, err
	})
	return err
}

func (d *Directory) loadPayers(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	rows, err := tx.Query(ctx, `SELECT id, code, name, payer_identifier, filing_code, kind, partner_id, timely_filing_days,
		member_id_pattern, bills_patient, address1, city, state, zip FROM payer WHERE practice_id = $1`, practiceID)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var p claims.Payer
		err := row.Scan(&p.ID, &p.Code, &p.Name, &p.Identifier, &p.FilingCode, &p.Kind, &p.PartnerID, &p.FilingDays,
			&p.MemberIDPattern, &p.BillsPatient, &p.Address.Line1, &p.Address.City, &p.Address.State, &p.Address.ZIP)
		d.Payers[p.ID] = p
		return struct{}{}, err
	})
	return err
}

func (d *Directory) loadSwitches(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	rows, err := tx.Query(ctx, `SELECT code, treatment FROM payer_rule WHERE practice_id = $1 AND kind = 'edit' AND payer_id = 0`, practiceID)
	if err != nil {
		return err
	}
	var code, severity string
	_, err = pgx.ForEachRow(rows, []any{&code, &severity}, func() error {
		switch s := claims.Severity(severity); s {
		case claims.Hold, claims.Warn, claims.Off:
			d.Switches[code] = s
		}
		return nil
	})
	return err
}

func (d *Directory) loadFees(ctx context.Context, tx pgx.Tx, practiceID int64) error {
	rows, err := tx.Query(ctx, `SELECT procedure_code, modifier, effective_from, charge, description FROM fee_schedule
		WHERE practice_id = $1 ORDER BY procedure_code, modifier, effective_from DESC`, practiceID)
	if err != nil {
		return err
	}
	var key feeKey
	var f fee
	_, err = pgx.ForEachRow(rows, []any{&key.procedure, &key.modifier, &f.from, &f.charge, &f.description}, func() error {
		d.fees[key] = append(d.fees[key], f)
		return nil
	})
	return err
}

// PatientFile is a patient with all coverages, by rank.
type PatientFile struct {
	Patient   claims.Patient
	Coverages []claims.Coverage
}

// PatientsByAccount reads the patients with these accounts; unknown ones are
// absent from the map.
func (d *Directory) PatientsByAccount(ctx context.Context, tx pgx.Tx, practiceID int64, accounts []string) (map[string]*PatientFile, error) {
	rows, err := tx.Query(ctx, `SELECT id, account, guarantor_id, last_name, first_name, middle_name, birth_date, sex,
		address1, address2, city, state, zip, deceased_on FROM patient WHERE practice_id = $1 AND account = ANY($2)`, practiceID, accounts)
	if err != nil {
		return nil, err
	}
	files, byID, ids := map[string]*PatientFile{}, map[int64]*PatientFile{}, []int64{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		f := &PatientFile{}
		p := &f.Patient
		err := row.Scan(&p.ID, &p.Account, &p.GuarantorID, &p.Person.LastName, &p.Person.FirstName, &p.Person.MiddleName,
			&p.Person.BirthDate, &p.Person.Sex, &p.Person.Address.Line1, &p.Person.Address.Line2, &p.Person.Address.City,
			&p.Person.Address.State, &p.Person.Address.ZIP, &p.DeceasedOn)
		files[p.Account], byID[p.ID] = f, f
		ids = append(ids, p.ID)
		return struct{}{}, err
	})
	if err != nil || len(ids) == 0 {
		return files, err
	}
	rows, err = tx.Query(ctx, `SELECT patient_id, id, payer_id, rank, member_id, group_number, plan_name, relationship, insurance_type,
		subscriber_last_name, subscriber_first_name, subscriber_birth_date, subscriber_sex, subscriber_address1, subscriber_city,
		subscriber_state, subscriber_zip, effective_from, effective_to, copay, qmb
		FROM coverage WHERE practice_id = $1 AND patient_id = ANY($2) ORDER BY patient_id, rank, effective_from`, practiceID, ids)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var c claims.Coverage
		var patientID, payerID int64
		s := &c.Subscriber
		err := row.Scan(&patientID, &c.ID, &payerID, &c.Rank, &c.MemberID, &c.GroupNumber, &c.PlanName, &c.Relationship, &c.InsuranceType,
			&s.LastName, &s.FirstName, &s.BirthDate, &s.Sex, &s.Address.Line1, &s.Address.City, &s.Address.State, &s.Address.ZIP,
			&c.From, &c.To, &c.Copay, &c.QMB)
		c.Payer = d.Payers[payerID]
		byID[patientID].Coverages = append(byID[patientID].Coverages, c)
		return struct{}{}, err
	})
	return files, err
}
