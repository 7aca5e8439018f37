-- +goose Up
-- Why: what patients pay and what they are told. Their balance is the ledger's,
-- there is no second book here: a payment row is what a person took in, a
-- statement row is what was said.
CREATE TABLE patient_payment (
    practice_id     bigint NOT NULL REFERENCES practice (id),
    id              bigint NOT NULL DEFAULT nextval('object_id'),
    idempotency_key text NOT NULL CHECK (idempotency_key <> ''), -- two equal payments on a day are two payments
    request_hash    bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    receipt_number  bigint NOT NULL,
    patient_id      bigint NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    method          text NOT NULL CHECK (method IN ('cash', 'check', 'card')),
    reference       text NOT NULL DEFAULT '', -- check number, processor's id
    purpose         text NOT NULL DEFAULT 'balance' CHECK (purpose IN ('balance', 'copay', 'prepayment')),
    visit           text NOT NULL DEFAULT '', -- external id of the encounter it is meant for
    received_on     date NOT NULL,
    actor           text NOT NULL,
    state           text NOT NULL DEFAULT 'recorded' CHECK (state IN ('recorded', 'returned', 'voided')),
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, idempotency_key),
    UNIQUE (practice_id, receipt_number),
    FOREIGN KEY (practice_id, patient_id) REFERENCES patient (practice_id, id)
);
CREATE INDEX patient_payment_patient ON patient_payment (practice_id, patient_id);

CREATE TABLE payment_plan (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    guarantor_id bigint NOT NULL,
    installment  bigint NOT NULL CHECK (installment > 0),
    next_due     date NOT NULL,
    state        text NOT NULL DEFAULT 'current' CHECK (state IN ('current', 'missed', 'finished', 'cancelled')),
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, guarantor_id) REFERENCES guarantor (practice_id, id)
);

CREATE TABLE statement (
    practice_id       bigint NOT NULL REFERENCES practice (id),
    id                bigint NOT NULL DEFAULT nextval('object_id'),
    number            text NOT NULL,
    run_id            bigint NOT NULL,
    guarantor_id      bigint NOT NULL,
    statement_date    date NOT NULL,
    due_date          date NOT NULL,
    balance           bigint NOT NULL, -- what is owed now
    insurance_pending bigint NOT NULL DEFAULT 0, -- shown apart, never billed
    dunning_level     smallint NOT NULL CHECK (dunning_level BETWEEN 1 AND 5), -- the gentlest of its visits
    content           jsonb NOT NULL, -- billing.Statement as frozen
    state             text NOT NULL DEFAULT 'selected' CHECK (state IN ('selected', 'rendered', 'delivered')),
    pages             integer NOT NULL DEFAULT 0,
    pdf               bytea,
    pdf_sha256        bytea,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, number),
    UNIQUE (practice_id, guarantor_id, statement_date), -- one a day at most
    CHECK ((state = 'selected') = (pdf IS NULL)),
    FOREIGN KEY (practice_id, guarantor_id) REFERENCES guarantor (practice_id, id)
);
CREATE INDEX statement_guarantor ON statement (practice_id, guarantor_id, statement_date);

CREATE TABLE statement_line (
    practice_id     bigint NOT NULL,
    statement_id    bigint NOT NULL,
    line_no         integer NOT NULL CHECK (line_no >= 1),
    encounter_id    bigint NOT NULL,
    service_line_id bigint NOT NULL,
    patient_id      bigint NOT NULL,
    service_date    date NOT NULL,
    description     text NOT NULL,
    charge          bigint NOT NULL,
    insurance_paid  bigint NOT NULL,
    adjustments     bigint NOT NULL,
    patient_paid    bigint NOT NULL,
    owed            bigint NOT NULL,
    dunning_level   smallint NOT NULL,
    PRIMARY KEY (practice_id, statement_id, line_no),
    FOREIGN KEY (practice_id, statement_id) REFERENCES statement (practice_id, id)
);
CREATE INDEX statement_line_encounter ON statement_line (practice_id, encounter_id);

-- Why each guarantor was included or left out of a run.
CREATE TABLE statement_selection (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    run_id       bigint NOT NULL,
    guarantor_id bigint NOT NULL,
    included     boolean NOT NULL,
    reason       text NOT NULL,
    balance      bigint NOT NULL,
    statement_id bigint,
    PRIMARY KEY (practice_id, run_id, guarantor_id)
);

-- The bank's side: lines of a bank file, and the deposits they are matched to.
CREATE TABLE bank_line (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    edi_file_id bigint NOT NULL,
    line_no     integer NOT NULL,
    booked_on   date NOT NULL,
    amount      bigint NOT NULL,
    reference   text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, edi_file_id, line_no),
    FOREIGN KEY (practice_id, edi_file_id) REFERENCES edi_file (practice_id, id)
);
CREATE TABLE deposit (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    kind         text NOT NULL CHECK (kind IN ('eft', 'check', 'counter')),
    deposited_on date NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    trace        text NOT NULL DEFAULT '',
    bank_line_id bigint,
    decision_id  bigint,
    PRIMARY KEY (practice_id, id),
    FOREIGN KEY (practice_id, bank_line_id) REFERENCES bank_line (practice_id, id)
);

-- +goose Down
DROP TABLE deposit, bank_line, statement_selection, statement_line, statement, payment_plan, patient_payment;
