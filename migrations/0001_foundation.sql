-- +goose Up
-- Why: what every other table leans on. One sequence numbers every object, so
-- that an id names one thing in the whole book and blocks of ids are fetched in
-- one round trip. Every business table leads its keys with practice_id: the
-- schema is multi-tenant from the first row and can later be distributed by it.
CREATE SEQUENCE object_id AS bigint START 1001;

CREATE TABLE practice (
    id                  bigint PRIMARY KEY DEFAULT nextval('object_id'),
    code                text NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9-]{1,20}$'),
    name                text NOT NULL,
    npi                 text NOT NULL CHECK (npi ~ '^[0-9]{10}$'),
    tin                 text NOT NULL CHECK (tin ~ '^[0-9]{9}$'),
    address1            text NOT NULL, address2 text NOT NULL DEFAULT '',
    city                text NOT NULL, state text NOT NULL, zip text NOT NULL,
    phone               text NOT NULL DEFAULT '',
    billing_hours       text NOT NULL DEFAULT '',
    payment_url         text NOT NULL DEFAULT '',
    time_zone           text NOT NULL DEFAULT 'America/Chicago',
    -- A training or demonstration practice lives on a day of its own; NULL is today.
    fixed_date          date,
    statement_minimum   bigint NOT NULL DEFAULT 500 CHECK (statement_minimum >= 0), -- cents
    statement_due_days  integer NOT NULL DEFAULT 21 CHECK (statement_due_days BETWEEN 1 AND 120),
    statement_cycle_days integer NOT NULL DEFAULT 28 CHECK (statement_cycle_days BETWEEN 0 AND 120),
    created_at          timestamptz NOT NULL DEFAULT now()
);

-- Global: a person may work for several practices.
CREATE TABLE app_user (
    id            bigint PRIMARY KEY DEFAULT nextval('object_id'),
    username      text NOT NULL UNIQUE CHECK (username ~ '^[a-z0-9._-]{1,40}$'),
    display_name  text NOT NULL,
    password_hash text NOT NULL,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE membership (
    practice_id bigint NOT NULL REFERENCES practice (id),
    user_id     bigint NOT NULL REFERENCES app_user (id),
    role        text NOT NULL CHECK (role IN ('owner', 'biller', 'accountant', 'viewer')),
    PRIMARY KEY (practice_id, user_id)
);

CREATE TABLE session (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session (expiry);

-- Refuses every change to a table of facts. It fires for the owner too: a
-- correction is a new row, never an edit.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: it is append-only, correct it by a new entry', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION refuse_change();
DROP TABLE session, membership, app_user, practice;
DROP SEQUENCE object_id;
