-- +goose Up
-- Why: every file that enters or leaves is kept byte for byte before anything
-- reads it, so that each number can be traced to a byte, and a file dropped
-- twice is recognised by its content, never by its name.
CREATE TABLE edi_file (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    direction   text NOT NULL CHECK (direction IN ('in', 'out')),
    kind        text NOT NULL CHECK (kind IN ('intake', 'x12', 'bank', 'unknown')), -- what the content is
    name        text NOT NULL, -- as the sender called it; for people only
    partner_id  bigint, -- when known
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32),
    size        bigint NOT NULL CHECK (size >= 0),
    state       text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'finished', 'refused')),
    outcome     text NOT NULL DEFAULT '', -- plain words: what became of it, or why it was refused
    received_on date NOT NULL, -- the practice's local day
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, direction, sha256),
    FOREIGN KEY (practice_id, partner_id) REFERENCES trading_partner (practice_id, id)
);
CREATE TABLE edi_file_chunk (
    practice_id bigint NOT NULL,
    file_id     bigint NOT NULL,
    chunk_no    integer NOT NULL CHECK (chunk_no >= 0),
    bytes       bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 1048576),
    PRIMARY KEY (practice_id, file_id, chunk_no),
    FOREIGN KEY (practice_id, file_id) REFERENCES edi_file (practice_id, id)
);
ALTER TABLE edi_file_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL; -- byte ranges are read without decompressing
CREATE TRIGGER edi_file_chunk_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON edi_file_chunk
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a file holds: one row per TA1 and per transaction set, written when the
-- file is routed. A file is finished when none of its rows waits.
CREATE TABLE edi_transaction (
    practice_id bigint NOT NULL,
    file_id     bigint NOT NULL,
    byte_offset bigint NOT NULL CHECK (byte_offset >= 0), -- of the TA1 segment, or of the ST
    seq         integer NOT NULL CHECK (seq >= 1), -- in the file, TA1 segments counted too
    kind        text NOT NULL, -- TA1, 999, 277CA, 835, or the ST01 of what we do not take
    control     text NOT NULL DEFAULT '', -- ST02; TA101
    state       text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
    outcome     text NOT NULL DEFAULT '', -- plain words
    PRIMARY KEY (practice_id, file_id, byte_offset),
    FOREIGN KEY (practice_id, file_id) REFERENCES edi_file (practice_id, id)
);

-- What a command or a page asked for; its jobs count down here. It is the
-- fan-in: workflows are not in River's open version.
CREATE TABLE job_run (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    kind        text NOT NULL, -- intake, submit, receive, statements …
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'finished', 'failed')),
    total       integer NOT NULL DEFAULT 0,
    outstanding integer NOT NULL DEFAULT 0 CHECK (outstanding >= 0),
    done        integer NOT NULL DEFAULT 0,
    failed      integer NOT NULL DEFAULT 0,
    reason      text NOT NULL DEFAULT '',
    detail      jsonb NOT NULL DEFAULT '{}', -- ids and counts only, never patient data
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    PRIMARY KEY (practice_id, id)
);

-- The order in which everything that ever moved the book came in; what
-- `rebuild --check` replays.
CREATE TABLE input_log (
    practice_id   bigint NOT NULL REFERENCES practice (id),
    seq           bigint NOT NULL DEFAULT nextval('object_id'),
    kind          text NOT NULL CHECK (kind IN ('setup', 'intake', 'batch', 'inbound', 'bank', 'payment', 'decision', 'statement')),
    ref_id        bigint NOT NULL,
    business_date date NOT NULL,
    actor         text NOT NULL DEFAULT '',
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, seq)
);
CREATE TRIGGER input_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON input_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whatever a person decides is a row here before it moves anything.
CREATE TABLE decision (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    kind        text NOT NULL,
    subject     text NOT NULL,
    payload     jsonb NOT NULL DEFAULT '{}',
    reason      text NOT NULL DEFAULT '',
    actor       text NOT NULL,
    decided_on  date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id)
);
CREATE INDEX decision_subject ON decision (practice_id, subject);
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What waits for a person: why, what to do, what it is worth, by when.
CREATE TABLE work_item (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    kind         text NOT NULL CHECK (kind IN ('held', 'rejected', 'no-response', 'denied', 'underpaid', 'adjustment',
                                               'unmatched', 'quarantine', 'plb', 'credit', 'secondary', 'job', 'file', 'statement')),
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    dedupe_key   text NOT NULL, -- one open item per cause; a job run twice makes no second one
    encounter_id bigint, claim_id bigint, patient_id bigint, payer_id bigint, remittance_id bigint, edi_file_id bigint, batch_id bigint,
    reason       text NOT NULL, -- plain words
    action       text NOT NULL, -- what usually helps
    amount       bigint NOT NULL DEFAULT 0, -- cents at risk
    due_on       date,
    opened_on    date NOT NULL,
    owner_id     bigint REFERENCES app_user (id),
    snooze_until date,
    closed_on    date,
    closed_why   text NOT NULL DEFAULT '',
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, dedupe_key)
);
CREATE INDEX work_item_open ON work_item (practice_id, kind, amount DESC) WHERE state = 'open';
CREATE INDEX work_item_claim ON work_item (practice_id, claim_id) WHERE claim_id IS NOT NULL;

CREATE TABLE note (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    subject     text NOT NULL CHECK (subject IN ('claim', 'patient', 'work_item', 'remittance')),
    subject_id  bigint NOT NULL,
    body        text NOT NULL,
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id)
);
CREATE INDEX note_subject ON note (practice_id, subject, subject_id);

CREATE TABLE audit_event (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    actor       text NOT NULL,
    action      text NOT NULL,
    subject     text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id)
);
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit_event, note, work_item, decision, input_log, job_run, edi_transaction, edi_file_chunk, edi_file;
