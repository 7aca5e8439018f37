-- +goose Up
-- Why: who bills, who pays, who is treated, and for how much. Set-up data
-- changes seldom and is imported from files; every row has a short code of the
-- practice's own by which files refer to it.
CREATE TABLE trading_partner (
    practice_id        bigint NOT NULL REFERENCES practice (id),
    id                 bigint NOT NULL DEFAULT nextval('object_id'),
    code               text NOT NULL CHECK (code ~ '^[A-Za-z0-9_-]{1,20}$'),
    name               text NOT NULL,
    usage              text NOT NULL DEFAULT 'P' CHECK (usage IN ('P', 'T')), -- ISA15
    sender_qualifier   text NOT NULL DEFAULT 'ZZ', -- ISA05
    sender_id          text NOT NULL,              -- ISA06, GS02
    receiver_qualifier text NOT NULL DEFAULT 'ZZ', -- ISA07
    receiver_id        text NOT NULL,              -- ISA08, GS03
    receiver_name      text NOT NULL,              -- 1000B NM103
    contact_name       text NOT NULL,              -- 1000A PER02
    contact_phone      text NOT NULL,              -- 1000A PER04
    outbound_dir       text NOT NULL DEFAULT '',   -- empty: <data-dir>/outbound/<code>
    inbound_dir        text NOT NULL DEFAULT '',   -- empty: <data-dir>/inbound/<code>
    max_claims         integer NOT NULL DEFAULT 5000 CHECK (max_claims BETWEEN 1 AND 5000), -- per transaction set
    ack_999_days       integer NOT NULL DEFAULT 1,
    ack_277ca_days     integer NOT NULL DEFAULT 2,
    response_days      integer NOT NULL DEFAULT 30,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, code)
);

-- The last number given out. Numbers are assigned in the transaction that
-- freezes what carries them: unique, never reused, gaps allowed.
-- partner_id is 0 for the practice's own numbers (CLAIM, STATEMENT, BATCH).
CREATE TABLE control_number (
    practice_id bigint NOT NULL REFERENCES practice (id),
    partner_id  bigint NOT NULL DEFAULT 0,
    kind        text NOT NULL CHECK (kind IN ('ISA', 'GS', 'ST', 'CLAIM', 'STATEMENT', 'BATCH', 'RECEIPT')),
    last        bigint NOT NULL DEFAULT 0 CHECK (last >= 0),
    PRIMARY KEY (practice_id, partner_id, kind)
);

CREATE TABLE provider (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    code         text NOT NULL,
    role         text NOT NULL CHECK (role IN ('billing', 'rendering', 'both')),
    organization boolean NOT NULL,
    last_name    text NOT NULL, -- or the organization's name
    first_name   text NOT NULL DEFAULT '',
    npi          text NOT NULL,
    tin          text NOT NULL DEFAULT '',
    taxonomy     text NOT NULL DEFAULT '',
    address1     text NOT NULL DEFAULT '', address2 text NOT NULL DEFAULT '',
    city         text NOT NULL DEFAULT '', state text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, code)
);
CREATE INDEX provider_npi ON provider (practice_id, npi);

CREATE TABLE facility (
    practice_id      bigint NOT NULL REFERENCES practice (id),
    id               bigint NOT NULL DEFAULT nextval('object_id'),
    code             text NOT NULL,
    name             text NOT NULL,
    npi              text NOT NULL DEFAULT '',
    place_of_service text NOT NULL DEFAULT '11',
    address1         text NOT NULL DEFAULT '', address2 text NOT NULL DEFAULT '',
    city             text NOT NULL DEFAULT '', state text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, code)
);

CREATE TABLE payer (
    practice_id        bigint NOT NULL REFERENCES practice (id),
    id                 bigint NOT NULL DEFAULT nextval('object_id'),
    code               text NOT NULL,
    name               text NOT NULL,
    payer_identifier   text NOT NULL, -- 2010BB NM109, 835 1000A REF or TRN03 without the leading 1
    tin                text NOT NULL DEFAULT '', -- TRN03 = '1' + tin
    filing_code        text NOT NULL, -- SBR09: CI, MB, MC, BL, HM …
    kind               text NOT NULL CHECK (kind IN ('commercial', 'medicare', 'medicaid', 'blue', 'hmo', 'other')),
    partner_id         bigint NOT NULL,
    timely_filing_days integer NOT NULL DEFAULT 365 CHECK (timely_filing_days > 0),
    appeal_days        integer NOT NULL DEFAULT 120 CHECK (appeal_days > 0),
    member_id_pattern  text NOT NULL DEFAULT '', -- a regular expression; empty: any
    takes_replacement  boolean NOT NULL DEFAULT true, -- frequency 7 and 8 accepted
    bills_patient      boolean NOT NULL DEFAULT true, -- false: Medicaid, only its own stated copay goes to the patient
    address1           text NOT NULL DEFAULT '', city text NOT NULL DEFAULT '', state text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, code),
    FOREIGN KEY (practice_id, partner_id) REFERENCES trading_partner (practice_id, id)
);
CREATE INDEX payer_by_identifier ON payer (practice_id, payer_identifier);

-- What a payer's group code + CARC, or PLB code, means for the book; also a
-- practice's own switches of edits. payer_id 0 is every payer. The safe default
-- is in code: what no row covers stays in A/R with a work item.
CREATE TABLE payer_rule (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    payer_id    bigint NOT NULL DEFAULT 0,
    kind        text NOT NULL CHECK (kind IN ('treatment', 'plb', 'edit')),
    group_code  text NOT NULL DEFAULT '',
    code        text NOT NULL, -- CARC, PLB code, or edit code
    treatment   text NOT NULL, -- contractual, reduction, withhold, tax, capitation, patient, denial, stay; an account for plb; hold, warn, off for edit
    decision_id bigint,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, payer_id, kind, group_code, code)
);

CREATE TABLE guarantor (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    account     text NOT NULL, -- the account number on statements
    last_name   text NOT NULL, first_name text NOT NULL,
    address1    text NOT NULL DEFAULT '', address2 text NOT NULL DEFAULT '',
    city        text NOT NULL DEFAULT '', state text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '',
    phone       text NOT NULL DEFAULT '', email text NOT NULL DEFAULT '',
    hold        text NOT NULL DEFAULT '' CHECK (hold IN ('', 'hold', 'dispute', 'bankruptcy', 'deceased', 'bad-address')),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, account)
);

CREATE TABLE patient (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    account      text NOT NULL, -- the practice's patient number, how files name the patient
    guarantor_id bigint NOT NULL,
    last_name    text NOT NULL, first_name text NOT NULL, middle_name text NOT NULL DEFAULT '',
    birth_date   date NOT NULL,
    sex          text NOT NULL CHECK (sex IN ('F', 'M', 'U')),
    address1     text NOT NULL DEFAULT '', address2 text NOT NULL DEFAULT '',
    city         text NOT NULL DEFAULT '', state text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    deceased_on  date,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, account),
    FOREIGN KEY (practice_id, guarantor_id) REFERENCES guarantor (practice_id, id)
);
CREATE INDEX patient_guarantor ON patient (practice_id, guarantor_id);
CREATE INDEX patient_name ON patient (practice_id, last_name, first_name);

CREATE TABLE coverage (
    practice_id     bigint NOT NULL REFERENCES practice (id),
    id              bigint NOT NULL DEFAULT nextval('object_id'),
    patient_id      bigint NOT NULL,
    payer_id        bigint NOT NULL,
    rank            smallint NOT NULL CHECK (rank BETWEEN 1 AND 3), -- 1 primary, 2 secondary, 3 tertiary
    member_id       text NOT NULL,
    group_number    text NOT NULL DEFAULT '',
    plan_name       text NOT NULL DEFAULT '',
    relationship    text NOT NULL DEFAULT '18', -- SBR02 / PAT01: 18 self, 01 spouse, 19 child, G8 other
    insurance_type  text NOT NULL DEFAULT '',   -- SBR05, Medicare secondary reason
    subscriber_last_name  text NOT NULL DEFAULT '', subscriber_first_name text NOT NULL DEFAULT '',
    subscriber_birth_date date, subscriber_sex text NOT NULL DEFAULT '',
    subscriber_address1 text NOT NULL DEFAULT '', subscriber_city text NOT NULL DEFAULT '',
    subscriber_state text NOT NULL DEFAULT '', subscriber_zip text NOT NULL DEFAULT '',
    effective_from  date NOT NULL,
    effective_to    date,
    copay           bigint NOT NULL DEFAULT 0 CHECK (copay >= 0), -- cents
    qmb             boolean NOT NULL DEFAULT false, -- Qualified Medicare Beneficiary: never billed for Medicare cost sharing
    PRIMARY KEY (practice_id, id),
    CHECK (effective_to IS NULL OR effective_to >= effective_from),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, payer_id) REFERENCES payer (practice_id, id)
);
CREATE UNIQUE INDEX coverage_rank ON coverage (practice_id, patient_id, rank, effective_from);

-- description is the practice's own plain wording: what a statement says.
CREATE TABLE fee_schedule (
    practice_id    bigint NOT NULL REFERENCES practice (id),
    procedure_code text NOT NULL,
    modifier       text NOT NULL DEFAULT '',
    effective_from date NOT NULL,
    charge         bigint NOT NULL CHECK (charge > 0),
    description    text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, procedure_code, modifier, effective_from)
);

CREATE TABLE contract_rate (
    practice_id    bigint NOT NULL REFERENCES practice (id),
    payer_id       bigint NOT NULL,
    procedure_code text NOT NULL,
    modifier       text NOT NULL DEFAULT '',
    effective_from date NOT NULL,
    allowed        bigint NOT NULL CHECK (allowed >= 0),
    PRIMARY KEY (practice_id, payer_id, procedure_code, modifier, effective_from),
    FOREIGN KEY (practice_id, payer_id) REFERENCES payer (practice_id, id)
);

-- +goose Down
DROP TABLE contract_rate, fee_schedule, coverage, patient, guarantor, payer_rule, payer, facility, provider, control_number, trading_partner;
