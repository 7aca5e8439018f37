-- +goose Up
-- Why: from what happened (encounter) to what one payer is asked to pay for it
-- (claim). A claim is a frozen snapshot: an encounter edited afterwards does not
-- move what was sent.
CREATE TABLE intake_file (
    practice_id bigint NOT NULL,
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    edi_file_id bigint NOT NULL, -- the stored bytes
    run_id      bigint NOT NULL,
    format      text NOT NULL CHECK (format IN ('csv', 'json', 'hl7', 'fhir')),
    state       text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'finished', 'refused')),
    records     integer NOT NULL DEFAULT 0,
    accepted    integer NOT NULL DEFAULT 0,
    held        integer NOT NULL DEFAULT 0,
    duplicate   integer NOT NULL DEFAULT 0,
    refused     integer NOT NULL DEFAULT 0,
    notices     jsonb NOT NULL DEFAULT '[]', -- unknown columns and the like
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, edi_file_id),
    FOREIGN KEY (practice_id, edi_file_id) REFERENCES edi_file (practice_id, id)
);

CREATE TABLE encounter (
    practice_id           bigint NOT NULL REFERENCES practice (id),
    id                    bigint NOT NULL DEFAULT nextval('object_id'),
    external_id           text NOT NULL, -- the sending system's encounter id
    version               integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    content_hash          bytea NOT NULL CHECK (octet_length(content_hash) = 32),
    content               jsonb NOT NULL, -- the record as read (claims.EncounterRecord)
    state                 text NOT NULL CHECK (state IN ('received', 'held', 'ready', 'claimed', 'self-pay', 'void')),
    patient_id            bigint, -- NULL while the record names nobody we know
    billing_provider_id   bigint,
    rendering_provider_id bigint,
    facility_id           bigint,
    place_of_service      text NOT NULL DEFAULT '',
    service_date          date, -- first day
    authorization_number  text NOT NULL DEFAULT '',
    charge                bigint NOT NULL DEFAULT 0, -- cents, sum of its lines
    findings              jsonb NOT NULL DEFAULT '[]', -- of the edits: code, severity, field, message, hint
    received_on           date NOT NULL,
    recorded_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, external_id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX encounter_state ON encounter (practice_id, state);
CREATE INDEX encounter_patient ON encounter (practice_id, patient_id, service_date);

CREATE TABLE encounter_diagnosis (
    practice_id  bigint NOT NULL,
    encounter_id bigint NOT NULL,
    seq          smallint NOT NULL CHECK (seq BETWEEN 1 AND 12),
    code         text NOT NULL, -- ICD-10-CM without the dot
    PRIMARY KEY (practice_id, encounter_id, seq),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES encounter (practice_id, id)
);

CREATE TABLE service_line (
    practice_id    bigint NOT NULL,
    id             bigint NOT NULL DEFAULT nextval('object_id'),
    encounter_id   bigint NOT NULL,
    line_no        smallint NOT NULL CHECK (line_no BETWEEN 1 AND 50),
    procedure_code text NOT NULL,
    modifiers      text[] NOT NULL DEFAULT '{}',
    pointers       smallint[] NOT NULL DEFAULT '{}',
    units          numeric(12, 3) NOT NULL CHECK (units > 0),
    unit           text NOT NULL DEFAULT 'UN' CHECK (unit IN ('UN', 'MJ')),
    charge         bigint NOT NULL CHECK (charge > 0),
    service_date   date NOT NULL,
    description    text NOT NULL DEFAULT '', -- the practice's plain wording at that time
    charge_version integer NOT NULL DEFAULT 0, -- of the charge posted to the ledger; 0: none yet
    deleted        boolean NOT NULL DEFAULT false,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, encounter_id, line_no),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES encounter (practice_id, id)
);

CREATE TABLE intake_record (
    practice_id    bigint NOT NULL,
    intake_file_id bigint NOT NULL,
    record_no      integer NOT NULL CHECK (record_no >= 1),
    line_no        integer NOT NULL, -- where it begins in the file
    external_id    text NOT NULL DEFAULT '',
    content_hash   bytea,
    outcome        text NOT NULL CHECK (outcome IN ('stored', 'accepted', 'held', 'duplicate', 'refused')),
    reasons        jsonb NOT NULL DEFAULT '[]',
    encounter_id   bigint,
    PRIMARY KEY (practice_id, intake_file_id, record_no),
    FOREIGN KEY (practice_id, intake_file_id) REFERENCES intake_file (practice_id, id)
);

-- One interchange sent to one partner.
CREATE TABLE batch (
    practice_id   bigint NOT NULL,
    id            bigint NOT NULL DEFAULT nextval('object_id'),
    number        bigint NOT NULL, -- the practice's own, for people
    partner_id    bigint NOT NULL,
    claim_type    text NOT NULL CHECK (claim_type IN ('837P', '837I', '837D')),
    usage         text NOT NULL CHECK (usage IN ('P', 'T')),
    isa_control   bigint NOT NULL,
    gs_control    bigint NOT NULL,
    claims        integer NOT NULL CHECK (claims > 0),
    charge        bigint NOT NULL CHECK (charge >= 0),
    state         text NOT NULL CHECK (state IN ('built', 'sent', 'acknowledged', 'rejected')),
    edi_file_id   bigint,
    file_name     text NOT NULL DEFAULT '',
    second_reader text NOT NULL DEFAULT '', -- what the independent parser said of it
    built_on      date NOT NULL,
    sent_on       date,
    run_id        bigint,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, number),
    UNIQUE (practice_id, partner_id, isa_control),
    FOREIGN KEY (practice_id, partner_id) REFERENCES trading_partner (practice_id, id),
    FOREIGN KEY (practice_id, edi_file_id) REFERENCES edi_file (practice_id, id)
);
CREATE INDEX batch_state ON batch (practice_id, state);

CREATE TABLE claim (
    practice_id         bigint NOT NULL,
    id                  bigint NOT NULL DEFAULT nextval('object_id'),
    number              text NOT NULL CHECK (number ~ '^[A-Z0-9]{1,14}$'), -- CLM01
    encounter_id        bigint NOT NULL,
    patient_id          bigint NOT NULL,
    payer_id            bigint NOT NULL,
    coverage_id         bigint NOT NULL,
    payer_rank          smallint NOT NULL CHECK (payer_rank BETWEEN 1 AND 3),
    frequency           text NOT NULL DEFAULT '1' CHECK (frequency IN ('1', '7', '8')),
    claim_type          text NOT NULL DEFAULT '837P' CHECK (claim_type IN ('837P', '837I', '837D')),
    state               text NOT NULL CHECK (state IN ('draft', 'held', 'ready', 'batched', 'sent', 'received', 'accepted-clearinghouse',
                            'accepted', 'rejected', 'paid', 'partly-paid', 'denied', 'forwarded', 'closed', 'replaced', 'voided')),
    charge              bigint NOT NULL CHECK (charge >= 0),
    service_date        date NOT NULL,
    rendering_provider_id bigint NOT NULL,
    snapshot            jsonb NOT NULL, -- claims.Claim as frozen: everything that the 837 says
    payer_claim_number  text NOT NULL DEFAULT '', -- CLP07 / REF*1K
    replaces_id         bigint, -- the claim that a 7 or 8 replaces
    previous_claim_id   bigint, -- the prior payer's claim, for a secondary
    batch_id            bigint,
    st_control          text NOT NULL DEFAULT '', -- transaction set within the batch
    ready_on            date,
    sent_on             date,
    timely_by           date, -- last day of timely filing
    recorded_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, number),
    FOREIGN KEY (practice_id, encounter_id) REFERENCES encounter (practice_id, id),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id),
    FOREIGN KEY (practice_id, payer_id) REFERENCES payer (practice_id, id),
    FOREIGN KEY (practice_id, coverage_id) REFERENCES coverage (practice_id, id),
    FOREIGN KEY (practice_id, batch_id) REFERENCES batch (practice_id, id)
);
CREATE INDEX claim_state ON claim (practice_id, state, id);
CREATE INDEX claim_encounter ON claim (practice_id, encounter_id);
CREATE INDEX claim_patient ON claim (practice_id, patient_id, service_date);
CREATE INDEX claim_batch ON claim (practice_id, batch_id) WHERE batch_id IS NOT NULL;
-- One live original per encounter and rank: a job run twice builds no second one.
CREATE UNIQUE INDEX claim_live ON claim (practice_id, encounter_id, payer_rank)
    WHERE state NOT IN ('replaced', 'voided') AND frequency = '1';

CREATE TABLE claim_line (
    practice_id     bigint NOT NULL,
    claim_id        bigint NOT NULL,
    line_no         smallint NOT NULL CHECK (line_no BETWEEN 1 AND 50), -- LX01
    service_line_id bigint NOT NULL,
    control_number  text NOT NULL, -- REF*6R, unique in the claim
    procedure_code  text NOT NULL,
    modifiers       text[] NOT NULL DEFAULT '{}',
    units           numeric(12, 3) NOT NULL,
    charge          bigint NOT NULL CHECK (charge > 0),
    service_date    date NOT NULL,
    PRIMARY KEY (practice_id, claim_id, line_no),
    UNIQUE (practice_id, claim_id, control_number),
    FOREIGN KEY (practice_id, claim_id) REFERENCES claim (practice_id, id),
    FOREIGN KEY (practice_id, service_line_id) REFERENCES service_line (practice_id, id)
);
CREATE INDEX claim_line_service_line ON claim_line (practice_id, service_line_id);

-- The claim's timeline: every transition with its time, actor, reason and source.
CREATE TABLE claim_event (
    practice_id bigint NOT NULL,
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    claim_id    bigint NOT NULL,
    event       text NOT NULL, -- built, held, batched, sent, ta1, 999, 277ca, 835, secondary-built, statement …
    from_state  text NOT NULL DEFAULT '',
    to_state    text NOT NULL DEFAULT '',
    message     text NOT NULL DEFAULT '', -- plain words
    actor       text NOT NULL, -- a job kind, a person, or a partner
    occurred_on date NOT NULL,
    edi_file_id bigint, -- the segment that says so
    byte_offset bigint,
    remittance_id bigint,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, claim_id) REFERENCES claim (practice_id, id)
);
CREATE INDEX claim_event_claim ON claim_event (practice_id, claim_id, id);
CREATE TRIGGER claim_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One TA1, one 999 transaction set, or one 277CA transaction set that came in.
CREATE TABLE acknowledgment (
    practice_id bigint NOT NULL,
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    edi_file_id bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('TA1', '999', '277CA')),
    control     text NOT NULL DEFAULT '', -- ST02; ISA13 for a TA1
    byte_offset bigint NOT NULL,
    batch_id    bigint, -- NULL: it answers nothing that we sent
    outcome     text NOT NULL, -- accepted, accepted with errors, partly accepted, rejected
    accepted    integer NOT NULL DEFAULT 0,
    rejected    integer NOT NULL DEFAULT 0,
    message     text NOT NULL DEFAULT '',
    received_on date NOT NULL,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, edi_file_id, kind, byte_offset),
    FOREIGN KEY (practice_id, edi_file_id) REFERENCES edi_file (practice_id, id),
    FOREIGN KEY (practice_id, batch_id) REFERENCES batch (practice_id, id)
);

-- A practice's own edits, as data: field, operator, value, action.
CREATE TABLE rule (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    code        text NOT NULL,
    definition  jsonb NOT NULL,
    active      boolean NOT NULL DEFAULT true,
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, code)
);

-- +goose Down
DROP TABLE rule, acknowledgment, claim_event, claim_line, claim, batch, intake_record, service_line, encounter_diagnosis, encounter, intake_file;
