-- +goose Up
-- Why: what a payer said it paid, as it said it, before and beside what the
-- ledger made of it. The remittance row is the gate of posting: it is inserted
-- first, ON CONFLICT DO NOTHING, in the posting transaction.
CREATE TABLE remittance (
    practice_id   bigint NOT NULL,
    id            bigint NOT NULL DEFAULT nextval('object_id'),
    edi_file_id   bigint NOT NULL,
    source_key    text NOT NULL, -- 835|TRN03|TRN02; with the hash behind it for NON and for what is quarantined
    request_hash  bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    trace         text NOT NULL, -- TRN02
    originator    text NOT NULL, -- TRN03
    payer_id      bigint, -- NULL: a payer unknown to this practice
    payer_name    text NOT NULL DEFAULT '',
    payee_npi     text NOT NULL DEFAULT '',
    method        text NOT NULL, -- BPR04: ACH, CHK, NON …
    handling      text NOT NULL, -- BPR01
    amount        bigint NOT NULL CHECK (amount >= 0), -- BPR02, cents
    check_date    date, -- BPR16
    st_control    text NOT NULL,
    byte_offset   bigint NOT NULL, -- of its ST
    state         text NOT NULL CHECK (state IN ('posted', 'quarantined', 'informational')),
    reason        text NOT NULL DEFAULT '', -- why quarantined: the equation and the numbers
    claims        integer NOT NULL DEFAULT 0,
    posted        integer NOT NULL DEFAULT 0,
    unmatched     integer NOT NULL DEFAULT 0,
    received_on   date NOT NULL,
    posting_date  date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, source_key),
    FOREIGN KEY (practice_id, edi_file_id) REFERENCES edi_file (practice_id, id)
);
CREATE INDEX remittance_file ON remittance (practice_id, edi_file_id);

CREATE TABLE remittance_claim (
    practice_id        bigint NOT NULL,
    remittance_id      bigint NOT NULL,
    seq                integer NOT NULL CHECK (seq >= 1),
    claim_number       text NOT NULL, -- CLP01 as reported
    status             text NOT NULL, -- CLP02
    charge             bigint NOT NULL, -- CLP03
    paid               bigint NOT NULL, -- CLP04
    patient_responsibility bigint NOT NULL DEFAULT 0, -- CLP05
    payer_claim_number text NOT NULL DEFAULT '', -- CLP07
    claim_id           bigint, -- NULL: unmatched
    match_reason       text NOT NULL DEFAULT '',
    outcome            text NOT NULL DEFAULT '', -- paid, partly-paid, denied, reversed, forwarded, unmatched, informational
    service_date       date,
    remarks            text[] NOT NULL DEFAULT '{}', -- MOA/MIA RARCs
    byte_offset        bigint NOT NULL,
    segment_no         integer NOT NULL DEFAULT 0,
    -- What a reversal takes back. An answer is taken back at most once, also one
    -- that moved no money and so has no entry that could be linked.
    reverses_remittance_id bigint,
    reverses_seq       integer,
    PRIMARY KEY (practice_id, remittance_id, seq),
    FOREIGN KEY (practice_id, remittance_id) REFERENCES remittance (practice_id, id)
);
CREATE UNIQUE INDEX remittance_claim_reverses ON remittance_claim (practice_id, reverses_remittance_id, reverses_seq) WHERE reverses_remittance_id IS NOT NULL;
CREATE INDEX remittance_claim_claim ON remittance_claim (practice_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE TABLE remittance_line (
    practice_id     bigint NOT NULL,
    remittance_id   bigint NOT NULL,
    claim_seq       integer NOT NULL,
    line_seq        integer NOT NULL CHECK (line_seq >= 1),
    procedure_code  text NOT NULL DEFAULT '', -- SVC01-2
    modifiers       text[] NOT NULL DEFAULT '{}',
    charge          bigint NOT NULL, -- SVC02
    paid            bigint NOT NULL, -- SVC03
    units           numeric,
    allowed         bigint, -- AMT*B6
    service_date    date,
    control_number  text NOT NULL DEFAULT '', -- REF*6R
    remarks         text[] NOT NULL DEFAULT '{}', -- LQ*HE
    service_line_id bigint, -- NULL: unmatched
    match_reason    text NOT NULL DEFAULT '',
    byte_offset     bigint NOT NULL,
    PRIMARY KEY (practice_id, remittance_id, claim_seq, line_seq),
    FOREIGN KEY (practice_id, remittance_id, claim_seq) REFERENCES remittance_claim (practice_id, remittance_id, seq)
);
CREATE INDEX remittance_line_service_line ON remittance_line (practice_id, service_line_id) WHERE service_line_id IS NOT NULL;

CREATE TABLE remittance_adjustment (
    practice_id   bigint NOT NULL,
    remittance_id bigint NOT NULL,
    claim_seq     integer NOT NULL,
    line_seq      integer NOT NULL, -- 0: at claim level
    seq           integer NOT NULL CHECK (seq >= 1),
    group_code    text NOT NULL, -- CO, PR, OA, PI
    carc          text NOT NULL,
    amount        bigint NOT NULL,
    quantity      numeric,
    treatment     text NOT NULL DEFAULT '', -- what the book did with it, and
    posted        bigint NOT NULL DEFAULT 0, -- how much of it moved (a secondary repeats what a prior payer adjusted)
    byte_offset   bigint NOT NULL,
    PRIMARY KEY (practice_id, remittance_id, claim_seq, line_seq, seq),
    FOREIGN KEY (practice_id, remittance_id, claim_seq) REFERENCES remittance_claim (practice_id, remittance_id, seq)
);

CREATE TABLE provider_adjustment (
    practice_id   bigint NOT NULL,
    remittance_id bigint NOT NULL,
    seq           integer NOT NULL CHECK (seq >= 1),
    provider_npi  text NOT NULL, -- PLB01
    fiscal_date   date, -- PLB02
    code          text NOT NULL, -- PLB03-1
    reference     text NOT NULL DEFAULT '', -- PLB03-2
    amount        bigint NOT NULL, -- a positive one lowers the payment
    treatment     text NOT NULL DEFAULT '',
    byte_offset   bigint NOT NULL,
    PRIMARY KEY (practice_id, remittance_id, seq),
    FOREIGN KEY (practice_id, remittance_id) REFERENCES remittance (practice_id, id)
);

-- +goose Down
DROP TABLE provider_adjustment, remittance_adjustment, remittance_line, remittance_claim, remittance;
