package claims

import (
	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/money"
)

// Setup is everything that a practice knows before its first encounter: one
// YAML file that `claimbook practice import` reads. Importing it again updates
// what it names by code and leaves the rest alone.
type Setup struct {
	Practice    SetupPractice    `yaml:"practice" validate:"required"`
	Partners    []SetupPartner   `yaml:"partners" validate:"unique=Code,dive"`
	Payers      []SetupPayer     `yaml:"payers" validate:"unique=Code,dive"`
	Rules       []SetupRule      `yaml:"rules,omitempty" validate:"dive"` // for every payer, and switches of edits
	Providers   []SetupProvider  `yaml:"providers" validate:"unique=Code,dive"`
	Facilities  []SetupFacility  `yaml:"facilities" validate:"unique=Code,dive"`
	FeeSchedule []SetupFee       `yaml:"fee_schedule" validate:"dive"`
	Guarantors  []SetupGuarantor `yaml:"guarantors" validate:"unique=Account,dive"`
	Patients    []SetupPatient   `yaml:"patients" validate:"unique=Account,dive"`
}

// SetupPractice is the practice itself.
type SetupPractice struct {
	Code             string      `yaml:"code" validate:"required,max=20,practice_code"`
	Name             string      `yaml:"name" validate:"required,max=60"`
	NPI              string      `yaml:"npi" validate:"required,len=10,number"`
	TIN              string      `yaml:"tin" validate:"required,len=9,number"`
	Address          Address     `yaml:",inline"`
	Phone            string      `yaml:"phone,omitempty" validate:"max=30"`
	BillingHours     string      `yaml:"billing_hours,omitempty" validate:"max=60"`
	PaymentURL       string      `yaml:"payment_url,omitempty" validate:"omitempty,url"`
	TimeZone         string      `yaml:"time_zone,omitempty" validate:"omitempty,timezone"` // default America/Chicago
	FixedDate        date.Date   `yaml:"fixed_date,omitempty"`                              // a training practice's only day
	StatementMinimum money.Cents `yaml:"statement_minimum,omitempty" validate:"gte=0"`      // default 5.00
	StatementDueDays int         `yaml:"statement_due_days,omitempty" validate:"omitempty,min=1,max=120"`
	StatementCycle   int         `yaml:"statement_cycle_days,omitempty" validate:"omitempty,min=1,max=120"`
	// BadDebtAs says what bad debt (5000, 5010) is to the practice: an expense, the
	// default, or, as an implicit price concession, less revenue.
	BadDebtAs string `yaml:"bad_debt_as,omitempty" validate:"omitempty,oneof=expense contra-revenue"`
}

// SetupPartner is a trading partner: the clearinghouse or payer that takes files.
type SetupPartner struct {
	Code              string `yaml:"code" validate:"required,max=20,code"`
	Name              string `yaml:"name" validate:"required,max=60"`
	Usage             string `yaml:"usage,omitempty" validate:"omitempty,oneof=P T"` // ISA15; default P
	SenderQualifier   string `yaml:"sender_qualifier,omitempty" validate:"omitempty,len=2"`
	SenderID          string `yaml:"sender_id" validate:"required,max=15"`
	ReceiverQualifier string `yaml:"receiver_qualifier,omitempty" validate:"omitempty,len=2"`
	ReceiverID        string `yaml:"receiver_id" validate:"required,max=15"`
	ReceiverName      string `yaml:"receiver_name,omitempty" validate:"max=60"` // default: name
	ContactName       string `yaml:"contact_name" validate:"required,max=60"`
	ContactPhone      string `yaml:"contact_phone" validate:"required,len=10,number"`
	OutboundDir       string `yaml:"outbound_dir,omitempty"`
	InboundDir        string `yaml:"inbound_dir,omitempty"`
	MaxClaims         int    `yaml:"max_claims,omitempty" validate:"omitempty,min=1,max=5000"` // per transaction set; default 5000
	Ack999Days        int    `yaml:"ack_999_days,omitempty" validate:"min=0,max=60"`
	Ack277CADays      int    `yaml:"ack_277ca_days,omitempty" validate:"min=0,max=60"`
	ResponseDays      int    `yaml:"response_days,omitempty" validate:"min=0,max=365"`
}

// SetupPayer is who pays, with its contract and its reading of adjustments.
type SetupPayer struct {
	Code             string      `yaml:"code" validate:"required,max=20,code"`
	Name             string      `yaml:"name" validate:"required,max=60"`
	PayerID          string      `yaml:"payer_id" validate:"required,max=20"` // 2010BB NM109
	TIN              string      `yaml:"tin,omitempty" validate:"omitempty,len=9,number"`
	FilingCode       string      `yaml:"filing_code" validate:"required,max=2"` // SBR09
	Kind             string      `yaml:"kind" validate:"required,oneof=commercial medicare medicaid blue hmo other"`
	Partner          string      `yaml:"partner" validate:"required"` // code of the trading partner
	TimelyFilingDays int         `yaml:"timely_filing_days,omitempty" validate:"min=0,max=3650"`
	AppealDays       int         `yaml:"appeal_days,omitempty" validate:"min=0,max=3650"`
	MemberIDPattern  string      `yaml:"member_id_pattern,omitempty" validate:"omitempty,regexp"`
	TakesReplacement *bool       `yaml:"takes_replacement,omitempty"` // default true
	BillsPatient     *bool       `yaml:"bills_patient,omitempty"`     // default true, false for medicaid
	Address          Address     `yaml:",inline"`
	Rules            []SetupRule `yaml:"rules,omitempty" validate:"dive"`
	Rates            []SetupRate `yaml:"rates,omitempty" validate:"dive"`
}

// SetupRule says what a group code and CARC, or a PLB code, means for the book,
// or switches an edit.
type SetupRule struct {
	Kind      string `yaml:"kind,omitempty" validate:"omitempty,oneof=treatment protected plb edit"` // default treatment
	Group     string `yaml:"group,omitempty" validate:"omitempty,oneof=CO PR OA PI CR"`
	Code      string `yaml:"code" validate:"required,max=20"` // CARC, PLB code, or edit code
	Treatment string `yaml:"treatment" validate:"required,max=20"`
}

// SetupRate is what a payer's contract allows for a procedure.
type SetupRate struct {
	Procedure string      `yaml:"procedure" validate:"required,max=5"`
	Modifier  string      `yaml:"modifier,omitempty" validate:"omitempty,len=2"`
	From      date.Date   `yaml:"from,omitempty"` // default 2000-01-01
	Allowed   money.Cents `yaml:"allowed" validate:"gte=0"`
}

// SetupProvider is who bills, who treats, or both.
type SetupProvider struct {
	Code         string  `yaml:"code" validate:"required,max=20,code"`
	Role         string  `yaml:"role" validate:"required,oneof=billing rendering both"`
	Organization bool    `yaml:"organization,omitempty"`
	LastName     string  `yaml:"last_name" validate:"required,max=60"` // or the organization's name
	FirstName    string  `yaml:"first_name,omitempty" validate:"max=35"`
	NPI          string  `yaml:"npi" validate:"required,max=20"` // its check digit is an edit's business: the claim is held, not the import refused
	TIN          string  `yaml:"tin,omitempty" validate:"omitempty,len=9,number"`
	Taxonomy     string  `yaml:"taxonomy,omitempty" validate:"omitempty,len=10,alphanum"`
	Address      Address `yaml:",inline"`
	Phone        string  `yaml:"phone,omitempty" validate:"max=30"`
}

// SetupFacility is a place where services are rendered.
type SetupFacility struct {
	Code           string  `yaml:"code" validate:"required,max=20,code"`
	Name           string  `yaml:"name" validate:"required,max=60"`
	NPI            string  `yaml:"npi,omitempty" validate:"max=20"`
	PlaceOfService string  `yaml:"place_of_service,omitempty" validate:"omitempty,len=2,number"` // default 11
	Address        Address `yaml:",inline"`
}

// SetupFee is the practice's charge for a procedure and its own plain wording,
// which is what a statement says.
type SetupFee struct {
	Procedure   string      `yaml:"procedure" validate:"required,max=5"`
	Modifier    string      `yaml:"modifier,omitempty" validate:"omitempty,len=2"`
	From        date.Date   `yaml:"from,omitempty"` // default 2000-01-01
	Charge      money.Cents `yaml:"charge" validate:"gt=0"`
	Description string      `yaml:"description,omitempty" validate:"max=80"`
}

// SetupGuarantor is who receives the statements.
type SetupGuarantor struct {
	Account   string  `yaml:"account" validate:"required,max=20"`
	LastName  string  `yaml:"last_name" validate:"required,max=60"`
	FirstName string  `yaml:"first_name" validate:"required,max=35"`
	Address   Address `yaml:",inline"`
	Phone     string  `yaml:"phone,omitempty" validate:"max=30"`
	Email     string  `yaml:"email,omitempty" validate:"omitempty,email"`
	Hold      string  `yaml:"hold,omitempty" validate:"omitempty,oneof=hold dispute bankruptcy deceased bad-address"`
}

// SetupPatient is who is treated, with the coverages that pay for it.
type SetupPatient struct {
	Account    string          `yaml:"account" validate:"required,max=20"`
	Guarantor  string          `yaml:"guarantor" validate:"required"` // account of the guarantor
	LastName   string          `yaml:"last_name" validate:"required,max=60"`
	FirstName  string          `yaml:"first_name" validate:"required,max=35"`
	MiddleName string          `yaml:"middle_name,omitempty" validate:"max=25"`
	BirthDate  date.Date       `yaml:"birth_date" validate:"required"`
	Sex        string          `yaml:"sex" validate:"required,oneof=F M U"`
	Address    Address         `yaml:",inline"`
	Phone      string          `yaml:"phone,omitempty" validate:"max=30"`
	DeceasedOn date.Date       `yaml:"deceased_on,omitempty"`
	Coverages  []SetupCoverage `yaml:"coverages,omitempty" validate:"dive"`
}

// SetupCoverage is one policy of a patient. Without a subscriber the patient
// is the subscriber.
type SetupCoverage struct {
	Payer         string           `yaml:"payer" validate:"required"` // code of the payer
	Rank          int16            `yaml:"rank" validate:"min=1,max=3"`
	MemberID      string           `yaml:"member_id" validate:"max=80"`
	GroupNumber   string           `yaml:"group_number,omitempty" validate:"max=50"`
	PlanName      string           `yaml:"plan_name,omitempty" validate:"max=60"`
	Relationship  string           `yaml:"relationship,omitempty" validate:"omitempty,oneof=18 01 19 20 21 39 40 53 G8"` // default 18, self
	InsuranceType string           `yaml:"insurance_type,omitempty" validate:"omitempty,max=3"`                          // SBR05
	Subscriber    *SetupSubscriber `yaml:"subscriber,omitempty"`
	From          date.Date        `yaml:"from" validate:"required"`
	To            date.Date        `yaml:"to,omitempty"`
	Copay         money.Cents      `yaml:"copay,omitempty" validate:"gte=0"`
	QMB           bool             `yaml:"qmb,omitempty"` // Qualified Medicare Beneficiary: never billed for Medicare cost sharing
}

// SetupSubscriber is the person who holds the policy when that is not the patient.
type SetupSubscriber struct {
	LastName  string    `yaml:"last_name" validate:"required,max=60"`
	FirstName string    `yaml:"first_name" validate:"required,max=35"`
	BirthDate date.Date `yaml:"birth_date" validate:"required"`
	Sex       string    `yaml:"sex" validate:"required,oneof=F M U"`
	Address   Address   `yaml:",inline"`
}
