package claimsdb

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"gopkg.in/yaml.v3"

	"github.com/claimbook/claimbook/claims"
	"github.com/claimbook/claimbook/edi/exchange/exchangedb"
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
	"github.com/claimbook/claimbook/internal/money"
	"github.com/claimbook/claimbook/ledger"
	"github.com/claimbook/claimbook/ledger/ledgerdb"
)

// Counts says how much of each kind a set-up held.
type Counts struct {
	Partners   int `json:"partners"`
	Payers     int `json:"payers"`
	Rules      int `json:"rules"`
	Rates      int `json:"contract_rates"`
	Providers  int `json:"providers"`
	Facilities int `json:"facilities"`
	Fees       int `json:"fees"`
	Guarantors int `json:"guarantors"`
	Patients   int `json:"patients"`
	Coverages  int `json:"coverages"`
}

// always is the first day of what a set-up dates by nothing.
var always = date.New(2000, time.January, 1)

// ImportSetup writes a practice's set-up, adding what is new and updating what
// is known by its code; nothing is removed. The set-up is kept as a file and
// entered in the input log, so that the book can be built again from its inputs.
func ImportSetup(ctx context.Context, tx pgx.Tx, setup claims.Setup, actor string) (claims.Practice, Counts, error) {
	if err := setup.Validate(); err != nil {
		return claims.Practice{}, Counts{}, err
	}
	i := setupImport{ctx: ctx, tx: tx, setup: setup}
	for _, step := range []func() error{
		i.practice, i.partners, i.payers, i.rules, i.rates, i.providers, i.facilities, i.fees,
		i.guarantors, i.patients, i.coverages,
	} {
		if err := step(); err != nil {
			return claims.Practice{}, Counts{}, err
		}
	}
	if err := ledgerdb.SeedAccounts(ctx, tx, i.practiceID); err != nil {
		return claims.Practice{}, Counts{}, err
	}
	if err := ledgerdb.ClassifyBadDebt(ctx, tx, i.practiceID, ledger.Class(or(setup.Practice.BadDebtAs, string(ledger.Expense)))); err != nil {
		return claims.Practice{}, Counts{}, err
	}
	practice, err := PracticeByID(ctx, tx, i.practiceID)
	if err != nil {
		return claims.Practice{}, Counts{}, err
	}
	return practice, i.counts, i.log(practice, actor)
}

type setupImport struct {
	ctx        context.Context
	tx         pgx.Tx
	setup      claims.Setup
	counts     Counts
	practiceID int64
	partnerIDs map[string]int64 // by code; so are the others
	payerIDs   map[string]int64
	guarantor  map[string]int64
	patient    map[string]int64
}

func (i *setupImport) practice() error {
	p := i.setup.Practice
	zone := or(p.TimeZone, "America/Chicago")
	return i.tx.QueryRow(i.ctx, `
		INSERT INTO practice (code, name, npi, tin, address1, address2, city, state, zip, phone, billing_hours, payment_url,
		                      time_zone, fixed_date, statement_minimum, statement_due_days, statement_cycle_days, bad_debt_as)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, npi = EXCLUDED.npi, tin = EXCLUDED.tin,
			address1 = EXCLUDED.address1, address2 = EXCLUDED.address2, city = EXCLUDED.city, state = EXCLUDED.state,
			zip = EXCLUDED.zip, phone = EXCLUDED.phone, billing_hours = EXCLUDED.billing_hours,
			payment_url = EXCLUDED.payment_url, time_zone = EXCLUDED.time_zone, fixed_date = EXCLUDED.fixed_date,
			statement_minimum = EXCLUDED.statement_minimum, statement_due_days = EXCLUDED.statement_due_days,
			statement_cycle_days = EXCLUDED.statement_cycle_days, bad_debt_as = EXCLUDED.bad_debt_as
		RETURNING id`,
		p.Code, p.Name, p.NPI, p.TIN, p.Address.Line1, p.Address.Line2, p.Address.City, p.Address.State, p.Address.ZIP,
		p.Phone, p.BillingHours, p.PaymentURL, zone, p.FixedDate, or(p.StatementMinimum, money.Cents(5_00)),
		or(p.StatementDueDays, 21), or(p.StatementCycle, 28), or(p.BadDebtAs, string(ledger.Expense))).Scan(&i.practiceID)
}

func (i *setupImport) partners() (err error) {
	i.partnerIDs, err = i.upsert(len(i.setup.Partners), func(n int) (string, string, []any) {
		p := i.setup.Partners[n]
		return p.Code, `
			INSERT INTO trading_partner (practice_id, code, name, usage, sender_qualifier, sender_id, receiver_qualifier,
			    receiver_id, receiver_name, contact_name, contact_phone, outbound_dir, inbound_dir, max_claims,
			    ack_999_days, ack_277ca_days, response_days)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
			ON CONFLICT (practice_id, code) DO UPDATE SET name = EXCLUDED.name, usage = EXCLUDED.usage,
			    sender_qualifier = EXCLUDED.sender_qualifier, sender_id = EXCLUDED.sender_id,
			    receiver_qualifier = EXCLUDED.receiver_qualifier, receiver_id = EXCLUDED.receiver_id,
			    receiver_name = EXCLUDED.receiver_name, contact_name = EXCLUDED.contact_name,
			    contact_phone = EXCLUDED.contact_phone, outbound_dir = EXCLUDED.outbound_dir,
			    inbound_dir = EXCLUDED.inbound_dir, max_claims = EXCLUDED.max_claims,
			    ack_999_days = EXCLUDED.ack_999_days, ack_277ca_days = EXCLUDED.ack_277ca_days,
			    response_days = EXCLUDED.response_days
			RETURNING id`, []any{i.practiceID, p.Code, p.Name, or(p.Usage, "P"), or(p.SenderQualifier, "ZZ"), p.SenderID,
				or(p.ReceiverQualifier, "ZZ"), p.ReceiverID, or(p.ReceiverName, p.Name), p.ContactName, p.ContactPhone,
				p.OutboundDir, p.InboundDir, or(p.MaxClaims, 5000), or(p.Ack999Days, 1), or(p.Ack277CADays, 2),
				or(p.ResponseDays, 30)}
	})
	i.counts.Partners = len(i.setup.Partners)
	return err
}

func (i *setupImport) payers() (err error) {
	i.payerIDs, err = i.upsert(len(i.setup.Payers), func(n int) (string, string, []any) {
		p := i.setup.Payers[n]
		takesReplacement, billsPatient := true, p.Kind != "medicaid"
		if p.TakesReplacement != nil {
			takesReplacement = *p.TakesReplacement
		}
		if p.BillsPatient != nil {
			billsPatient = *p.BillsPatient
		}
		return p.Code, `
			INSERT INTO payer (practice_id, code, name, payer_identifier, tin, filing_code, kind, partner_id,
			    timely_filing_days, appeal_days, member_id_pattern, takes_replacement, bills_patient, address1, city, state, zip)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
			ON CONFLICT (practice_id, code) DO UPDATE SET name = EXCLUDED.name, payer_identifier = EXCLUDED.payer_identifier,
			    tin = EXCLUDED.tin, filing_code = EXCLUDED.filing_code, kind = EXCLUDED.kind, partner_id = EXCLUDED.partner_id,
			    timely_filing_days = EXCLUDED.timely_filing_days, appeal_days = EXCLUDED.appeal_days,
			    member_id_pattern = EXCLUDED.member_id_pattern, takes_replacement = EXCLUDED.takes_replacement,
			    bills_patient = EXCLUDED.bills_patient, address1 = EXCLUDED.address1, city = EXCLUDED.city,
			    state = EXCLUDED.state, zip = EXCLUDED.zip
			RETURNING id`, []any{i.practiceID, p.Code, p.Name, p.PayerID, p.TIN, p.FilingCode, p.Kind,
				i.partnerIDs[p.Partner], or(p.TimelyFilingDays, 365), or(p.AppealDays, 120), p.MemberIDPattern,
				takesReplacement, billsPatient, p.Address.Line1, p.Address.City, p.Address.State, p.Address.ZIP}
	})
	i.counts.Payers = len(i.setup.Payers)
	return err
}

func (i *setupImport) rules() error {
	type owned struct {
		payerID int64 // 0: every payer
		rule    claims.SetupRule
	}
	var all []owned
	for _, rule := range i.setup.Rules {
		all = append(all, owned{0, rule})
	}
	for _, payer := range i.setup.Payers {
		for _, rule := range payer.Rules {
			all = append(all, owned{i.payerIDs[payer.Code], rule})
		}
	}
	_, err := i.upsert(len(all), func(n int) (string, string, []any) {
		o := all[n]
		return "", `
			INSERT INTO payer_rule (practice_id, payer_id, kind, group_code, code, treatment) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (practice_id, payer_id, kind, group_code, code) DO UPDATE SET treatment = EXCLUDED.treatment
			RETURNING id`, []any{i.practiceID, o.payerID, or(o.rule.Kind, "treatment"), o.rule.Group, o.rule.Code, o.rule.Treatment}
	})
	i.counts.Rules = len(all)
	return err
}

func (i *setupImport) rates() error {
	type owned struct {
		payerID int64
		rate    claims.SetupRate
	}
	var all []owned
	for _, payer := range i.setup.Payers {
		for _, rate := range payer.Rates {
			all = append(all, owned{i.payerIDs[payer.Code], rate})
		}
	}
	_, err := i.upsert(len(all), func(n int) (string, string, []any) {
		o := all[n]
		return "", `
			INSERT INTO contract_rate (practice_id, payer_id, procedure_code, modifier, effective_from, allowed)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (practice_id, payer_id, procedure_code, modifier, effective_from) DO UPDATE SET allowed = EXCLUDED.allowed
			RETURNING payer_id`, []any{i.practiceID, o.payerID, o.rate.Procedure, o.rate.Modifier, or(o.rate.From, always), o.rate.Allowed}
	})
	i.counts.Rates = len(all)
	return err
}

func (i *setupImport) providers() error {
	_, err := i.upsert(len(i.setup.Providers), func(n int) (string, string, []any) {
		p := i.setup.Providers[n]
		return p.Code, `
			INSERT INTO provider (practice_id, code, role, organization, last_name, first_name, npi, tin, taxonomy,
			    address1, address2, city, state, zip, phone)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
			ON CONFLICT (practice_id, code) DO UPDATE SET role = EXCLUDED.role, organization = EXCLUDED.organization,
			    last_name = EXCLUDED.last_name, first_name = EXCLUDED.first_name, npi = EXCLUDED.npi, tin = EXCLUDED.tin,
			    taxonomy = EXCLUDED.taxonomy, address1 = EXCLUDED.address1, address2 = EXCLUDED.address2,
			    city = EXCLUDED.city, state = EXCLUDED.state, zip = EXCLUDED.zip, phone = EXCLUDED.phone
			RETURNING id`, []any{i.practiceID, p.Code, p.Role, p.Organization, p.LastName, p.FirstName, p.NPI, p.TIN, p.Taxonomy,
				p.Address.Line1, p.Address.Line2, p.Address.City, p.Address.State, p.Address.ZIP, p.Phone}
	})
	i.counts.Providers = len(i.setup.Providers)
	return err
}

func (i *setupImport) facilities() error {
	_, err := i.upsert(len(i.setup.Facilities), func(n int) (string, string, []any) {
		f := i.setup.Facilities[n]
		return f.Code, `
			INSERT INTO facility (practice_id, code, name, npi, place_of_service, address1, address2, city, state, zip)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (practice_id, code) DO UPDATE SET name = EXCLUDED.name, npi = EXCLUDED.npi,
			    place_of_service = EXCLUDED.place_of_service, address1 = EXCLUDED.address1, address2 = EXCLUDED.address2,
			    city = EXCLUDED.city, state = EXCLUDED.state, zip = EXCLUDED.zip
			RETURNING id`, []any{i.practiceID, f.Code, f.Name, f.NPI, or(f.PlaceOfService, "11"),
				f.Address.Line1, f.Address.Line2, f.Address.City, f.Address.State, f.Address.ZIP}
	})
	i.counts.Facilities = len(i.setup.Facilities)
	return err
}

func (i *setupImport) fees() error {
	_, err := i.upsert(len(i.setup.FeeSchedule), func(n int) (string, string, []any) {
		f := i.setup.FeeSchedule[n]
		return "", `
			INSERT INTO fee_schedule (practice_id, procedure_code, modifier, effective_from, charge, description)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (practice_id, procedure_code, modifier, effective_from)
			DO UPDATE SET charge = EXCLUDED.charge, description = EXCLUDED.description
			RETURNING practice_id`, []any{i.practiceID, f.Procedure, f.Modifier, or(f.From, always), f.Charge, f.Description}
	})
	i.counts.Fees = len(i.setup.FeeSchedule)
	return err
}

func (i *setupImport) guarantors() (err error) {
	i.guarantor, err = i.upsert(len(i.setup.Guarantors), func(n int) (string, string, []any) {
		g := i.setup.Guarantors[n]
		return g.Account, `
			INSERT INTO guarantor (practice_id, account, last_name, first_name, address1, address2, city, state, zip, phone, email, hold)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (practice_id, account) DO UPDATE SET last_name = EXCLUDED.last_name, first_name = EXCLUDED.first_name,
			    address1 = EXCLUDED.address1, address2 = EXCLUDED.address2, city = EXCLUDED.city, state = EXCLUDED.state,
			    zip = EXCLUDED.zip, phone = EXCLUDED.phone, email = EXCLUDED.email, hold = EXCLUDED.hold
			RETURNING id`, []any{i.practiceID, g.Account, g.LastName, g.FirstName, g.Address.Line1, g.Address.Line2,
				g.Address.City, g.Address.State, g.Address.ZIP, g.Phone, g.Email, g.Hold}
	})
	i.counts.Guarantors = len(i.setup.Guarantors)
	return err
}

func (i *setupImport) patients() (err error) {
	i.patient, err = i.upsert(len(i.setup.Patients), func(n int) (string, string, []any) {
		p := i.setup.Patients[n]
		return p.Account, `
			INSERT INTO patient (practice_id, account, guarantor_id, last_name, first_name, middle_name, birth_date, sex,
			    address1, address2, city, state, zip, phone, deceased_on)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
			ON CONFLICT (practice_id, account) DO UPDATE SET guarantor_id = EXCLUDED.guarantor_id,
			    last_name = EXCLUDED.last_name, first_name = EXCLUDED.first_name, middle_name = EXCLUDED.middle_name,
			    birth_date = EXCLUDED.birth_date, sex = EXCLUDED.sex, address1 = EXCLUDED.address1, address2 = EXCLUDED.address2,
			    city = EXCLUDED.city, state = EXCLUDED.state, zip = EXCLUDED.zip, phone = EXCLUDED.phone,
			    deceased_on = EXCLUDED.deceased_on
			RETURNING id`, []any{i.practiceID, p.Account, i.guarantor[p.Guarantor], p.LastName, p.FirstName, p.MiddleName,
				p.BirthDate, p.Sex, p.Address.Line1, p.Address.Line2, p.Address.City, p.Address.State, p.Address.ZIP, p.Phone,
				p.DeceasedOn}
	})
	i.counts.Patients = len(i.setup.Patients)
	return err
}

func (i *setupImport) coverages() error {
	type owned struct {
		patientID int64
		coverage  claims.SetupCoverage
	}
	var all []owned
	for _, patient := range i.setup.Patients {
		for _, coverage := range patient.Coverages {
			all = append(all, owned{i.patient[patient.Account], coverage})
		}
	}
	_, err := i.upsert(len(all), func(n int) (string, string, []any) {
		c, s := all[n].coverage, claims.SetupSubscriber{}
		if c.Subscriber != nil {
			s = *c.Subscriber
		}
		return "", `
			INSERT INTO coverage (practice_id, patient_id, payer_id, rank, member_id, group_number, plan_name, relationship,
			    insurance_type, subscriber_last_name, subscriber_first_name, subscriber_birth_date, subscriber_sex,
			    subscriber_address1, subscriber_city, subscriber_state, subscriber_zip, effective_from, effective_to, copay, qmb)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
			ON CONFLICT (practice_id, patient_id, rank, effective_from) DO UPDATE SET payer_id = EXCLUDED.payer_id,
			    member_id = EXCLUDED.member_id, group_number = EXCLUDED.group_number, plan_name = EXCLUDED.plan_name,
			    relationship = EXCLUDED.relationship, insurance_type = EXCLUDED.insurance_type,
			    subscriber_last_name = EXCLUDED.subscriber_last_name, subscriber_first_name = EXCLUDED.subscriber_first_name,
			    subscriber_birth_date = EXCLUDED.subscriber_birth_date, subscriber_sex = EXCLUDED.subscriber_sex,
			    subscriber_address1 = EXCLUDED.subscriber_address1, subscriber_city = EXCLUDED.subscriber_city,
			    subscriber_state = EXCLUDED.subscriber_state, subscriber_zip = EXCLUDED.subscriber_zip,
			    effective_to = EXCLUDED.effective_to, copay = EXCLUDED.copay, qmb = EXCLUDED.qmb
			RETURNING id`, []any{i.practiceID, all[n].patientID, i.payerIDs[c.Payer], c.Rank, c.MemberID, c.GroupNumber, c.PlanName,
				or(c.Relationship, "18"), c.InsuranceType, s.LastName, s.FirstName, s.BirthDate, s.Sex,
				s.Address.Line1, s.Address.City, s.Address.State, s.Address.ZIP, c.From, c.To, c.Copay, c.QMB}
	})
	i.counts.Coverages = len(all)
	return err
}

// upsert sends n statements that each return an id in one round trip, and
// returns the ids by code.
func (i *setupImport) upsert(n int, statement func(n int) (code, sql string, arguments []any)) (map[string]int64, error) {
	ids := make(map[string]int64, n)
	if n == 0 {
		return ids, nil
	}
	batch := &pgx.Batch{}
	for row := range n {
		code, sql, arguments := statement(row)
		batch.Queue(sql, arguments...).QueryRow(func(result pgx.Row) error {
			var id int64
			if err := result.Scan(&id); err != nil {
				return fmt.Errorf("set-up entry %d: %w", row+1, err)
			}
			ids[code] = id
			return nil
		})
	}
	return ids, i.tx.SendBatch(i.ctx, batch).Close()
}

// log keeps the set-up as a file and enters it in the input log: the same set-up
// again is the same file, and one more input.
func (i *setupImport) log(practice claims.Practice, actor string) error {
	content, err := yaml.Marshal(i.setup)
	if err != nil {
		return fault.Invalidf("CB-SETUP-005", "the set-up cannot be written down").Because(err)
	}
	today := practice.Today(time.Now())
	file, existed, err := exchangedb.StoreFile(i.ctx, i.tx, practice.ID, exchangedb.StoreParams{
		Direction: exchangedb.In, Kind: exchangedb.Unknown, Name: "setup.yaml", ReceivedOn: today,
	}, bytes.NewReader(content))
	if err != nil {
		return err
	}
	if !existed {
		if err := exchangedb.FinishFile(i.ctx, i.tx, practice.ID, file.ID, exchangedb.Finished, "set-up imported"); err != nil {
			return err
		}
	}
	return exchangedb.LogInput(i.ctx, i.tx, practice.ID, "setup", file.ID, today, actor)
}

// or returns the value, or the default when it is the zero value.
func or[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
