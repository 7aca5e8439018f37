-- +goose Up
-- Why: the book. An entry is made of transfers, each of one amount from a credit
-- account to a debit account, so an entry that does not balance cannot be
-- written down. Nothing here is ever changed; corrections are new entries.
CREATE TABLE account (
    practice_id bigint NOT NULL REFERENCES practice (id),
    code        text NOT NULL CHECK (code ~ '^[0-9]{4}$'),
    name        text NOT NULL,
    class       text NOT NULL CHECK (class IN ('asset', 'liability', 'revenue', 'contra-revenue', 'expense')),
    -- The keys that divide the account into balances of their own; empty for
    -- busy accounts such as cash: many updates of one row in one transaction
    -- cost quadratically.
    keyed_by    text[] NOT NULL DEFAULT '{}' CHECK (keyed_by <@ ARRAY['service_line', 'payer', 'rank', 'patient', 'reference']),
    PRIMARY KEY (practice_id, code)
);

CREATE TABLE period (
    practice_id bigint NOT NULL REFERENCES practice (id),
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    changed_by  text NOT NULL DEFAULT '',
    reason      text NOT NULL DEFAULT '',
    changed_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, month)
);

CREATE TABLE journal_entry (
    practice_id  bigint NOT NULL REFERENCES practice (id),
    id           bigint NOT NULL DEFAULT nextval('object_id'),
    posting_date date NOT NULL,
    kind         text NOT NULL CHECK (kind ~ '^[a-z][a-z-]*$'), -- charge, remittance, plb, patient-payment, apply, reversal …
    source_key   text COLLATE "C" NOT NULL CHECK (source_key <> ''), -- 835|TRN03|TRN02|CLP|n, charge|line|version, payment|key, decision|id
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    line_count   integer NOT NULL CHECK (line_count >= 1),
    reverses     bigint, -- the entry that this one takes back
    memo         text NOT NULL DEFAULT '',
    actor        text NOT NULL DEFAULT '',
    made_in      xid8 NOT NULL DEFAULT pg_current_xact_id(), -- its transaction, so that a late entry cannot pose as an early one
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, id, line_count),
    UNIQUE (practice_id, source_key), -- a source posts at most once
    UNIQUE (practice_id, reverses),
    FOREIGN KEY (practice_id, reverses) REFERENCES journal_entry (practice_id, id)
);
CREATE INDEX journal_entry_by_date ON journal_entry (practice_id, posting_date, id);

-- Ids of claims, lines and patients are plain numbers: the ledger knows nothing
-- of claims. 0 and '' mean "does not apply", so that keys compare without NULLs.
-- The only foreign key is the entry's: five of them made bulk posting five times
-- slower; accounts are checked once a statement, other ids by `verify`.
CREATE TABLE transfer (
    practice_id            bigint NOT NULL,
    entry_id               bigint NOT NULL,
    line_no                integer NOT NULL,
    line_count             integer NOT NULL,
    debit_account          text NOT NULL,
    credit_account         text NOT NULL,
    amount                 bigint NOT NULL CHECK (amount > 0), -- cents
    debit_service_line_id  bigint NOT NULL DEFAULT 0, debit_payer_id bigint NOT NULL DEFAULT 0,
    debit_payer_rank       smallint NOT NULL DEFAULT 0, debit_patient_id bigint NOT NULL DEFAULT 0,
    debit_reference        text NOT NULL DEFAULT '',
    credit_service_line_id bigint NOT NULL DEFAULT 0, credit_payer_id bigint NOT NULL DEFAULT 0,
    credit_payer_rank      smallint NOT NULL DEFAULT 0, credit_patient_id bigint NOT NULL DEFAULT 0,
    credit_reference       text NOT NULL DEFAULT '',
    claim_id               bigint NOT NULL DEFAULT 0,
    guarantor_id           bigint NOT NULL DEFAULT 0,
    provider_id            bigint NOT NULL DEFAULT 0, -- rendering provider
    service_date           date,
    group_code             text NOT NULL DEFAULT '',
    carc                   text NOT NULL DEFAULT '',
    rarcs                  text[] NOT NULL DEFAULT '{}',
    edi_file_id            bigint NOT NULL DEFAULT 0,
    byte_offset            bigint NOT NULL DEFAULT -1, -- of the source segment in that file; -1: not from a file
    PRIMARY KEY (practice_id, entry_id, line_no),
    CHECK (line_no BETWEEN 1 AND line_count),
    CHECK ((debit_account, debit_service_line_id, debit_payer_id, debit_payer_rank, debit_patient_id, debit_reference)
        IS DISTINCT FROM
           (credit_account, credit_service_line_id, credit_payer_id, credit_payer_rank, credit_patient_id, credit_reference)),
    FOREIGN KEY (practice_id, entry_id, line_count) REFERENCES journal_entry (practice_id, id, line_count)
);
CREATE INDEX transfer_claim ON transfer (practice_id, claim_id) WHERE claim_id <> 0;
CREATE INDEX transfer_debit_line ON transfer (practice_id, debit_service_line_id) WHERE debit_service_line_id <> 0;
CREATE INDEX transfer_credit_line ON transfer (practice_id, credit_service_line_id) WHERE credit_service_line_id <> 0;
CREATE INDEX transfer_debit_patient ON transfer (practice_id, debit_patient_id) WHERE debit_patient_id <> 0;
CREATE INDEX transfer_credit_patient ON transfer (practice_id, credit_patient_id) WHERE credit_patient_id <> 0;

-- An entry without lines does not outlive its transaction.
ALTER TABLE journal_entry ADD CONSTRAINT journal_entry_last_line
    FOREIGN KEY (practice_id, id, line_count) REFERENCES transfer (practice_id, entry_id, line_no)
    DEFERRABLE INITIALLY DEFERRED;

-- Entries lie in open periods. The period row is locked FOR SHARE here and FOR
-- UPDATE by closing, so that a poster in flight cannot slip into a closing
-- period. A month that was never used opens itself, unless a later one is closed.
-- +goose StatementBegin
CREATE FUNCTION journal_entry_check() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE bad record;
BEGIN
    IF EXISTS (SELECT 1 FROM added WHERE made_in <> pg_current_xact_id()) THEN
        RAISE EXCEPTION 'an entry belongs to the transaction that makes it' USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO period (practice_id, month)
    SELECT DISTINCT a.practice_id, date_trunc('month', a.posting_date)::date FROM added a
    WHERE NOT EXISTS (SELECT 1 FROM period p WHERE p.practice_id = a.practice_id
                      AND p.month = date_trunc('month', a.posting_date)::date)
      AND NOT EXISTS (SELECT 1 FROM period p WHERE p.practice_id = a.practice_id AND p.state = 'closed'
                      AND p.month > date_trunc('month', a.posting_date)::date)
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    PERFORM 1 FROM period p
    WHERE (p.practice_id, p.month) IN (SELECT DISTINCT practice_id, date_trunc('month', posting_date)::date FROM added)
    ORDER BY p.practice_id, p.month FOR SHARE;
    SELECT a.practice_id, to_char(a.posting_date, 'YYYY-MM') AS month INTO bad
    FROM added a LEFT JOIN period p ON p.practice_id = a.practice_id AND p.month = date_trunc('month', a.posting_date)::date
    WHERE p.state IS DISTINCT FROM 'open' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'period % is closed: nothing posts into it, reopen it or post into the open period', bad.month
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transfer_check() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE bad record;
BEGIN
    SELECT u.practice_id, u.code INTO bad
    FROM (SELECT DISTINCT practice_id, debit_account AS code FROM added
          UNION SELECT DISTINCT practice_id, credit_account FROM added) u
    WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.practice_id = u.practice_id AND a.code = u.code)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account % is not in the chart of accounts', bad.code USING ERRCODE = 'foreign_key_violation';
    END IF;
    -- The lines of an entry come in one statement, so that none is missing and
    -- none can join later: their numbers are distinct and lie within 1..count.
    SELECT entry_id, max(line_count) AS declared, count(*) AS came INTO bad
    FROM added GROUP BY practice_id, entry_id HAVING count(*) <> max(line_count) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'an entry declares % lines and came with %: the lines of an entry are written together', bad.declared, bad.came
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER journal_entry_check AFTER INSERT ON journal_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_check();
CREATE TRIGGER transfer_check AFTER INSERT ON transfer
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfer_check();
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The only table of the ledger that is ever updated, and only by the posting
-- function. amount = debits - credits. verify derives it again from transfer.
CREATE TABLE subledger_balance (
    practice_id     bigint NOT NULL REFERENCES practice (id),
    account         text NOT NULL,
    service_line_id bigint NOT NULL DEFAULT 0,
    payer_id        bigint NOT NULL DEFAULT 0,
    payer_rank      smallint NOT NULL DEFAULT 0,
    patient_id      bigint NOT NULL DEFAULT 0,
    reference       text NOT NULL DEFAULT '',
    amount          bigint NOT NULL,
    PRIMARY KEY (practice_id, account, service_line_id, payer_id, payer_rank, patient_id, reference)
);
CREATE INDEX subledger_open ON subledger_balance (practice_id, account) WHERE amount <> 0;
CREATE INDEX subledger_patient ON subledger_balance (practice_id, patient_id) WHERE patient_id <> 0;
CREATE INDEX subledger_line ON subledger_balance (practice_id, service_line_id) WHERE service_line_id <> 0;

-- Each transfer as its debit and its credit line, for accountants and reports.
CREATE VIEW posting WITH (security_invoker = true) AS
SELECT t.practice_id, t.entry_id, t.line_no, 'debit' AS side, t.debit_account AS account, t.amount,
       t.debit_service_line_id AS service_line_id, t.debit_payer_id AS payer_id, t.debit_payer_rank AS payer_rank,
       t.debit_patient_id AS patient_id, t.debit_reference AS reference,
       t.claim_id, t.guarantor_id, t.provider_id, t.service_date, t.group_code, t.carc, t.rarcs, t.edi_file_id, t.byte_offset
FROM transfer t
UNION ALL
SELECT t.practice_id, t.entry_id, t.line_no, 'credit', t.credit_account, -t.amount,
       t.credit_service_line_id, t.credit_payer_id, t.credit_payer_rank,
       t.credit_patient_id, t.credit_reference,
       t.claim_id, t.guarantor_id, t.provider_id, t.service_date, t.group_code, t.carc, t.rarcs, t.edi_file_id, t.byte_offset
FROM transfer t;

-- Tamper evidence, after the fact: a job hashes blocks of committed entries and
-- chains them. A chain in the posting path costs more than half the throughput.
CREATE TABLE seal_block (
    practice_id bigint NOT NULL REFERENCES practice (id),
    block_no    bigint NOT NULL CHECK (block_no >= 1),
    previous    bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash        bytea NOT NULL CHECK (octet_length(hash) = 32),
    entries     integer NOT NULL CHECK (entries >= 1),
    sealed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (practice_id, block_no)
);
CREATE TABLE sealed_entry (
    practice_id bigint NOT NULL,
    entry_id    bigint NOT NULL,
    block_no    bigint NOT NULL,
    PRIMARY KEY (practice_id, entry_id),
    FOREIGN KEY (practice_id, block_no) REFERENCES seal_block (practice_id, block_no),
    FOREIGN KEY (practice_id, entry_id) REFERENCES journal_entry (practice_id, id)
);
CREATE TRIGGER seal_block_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_block
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sealed_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sealed_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE sealed_entry, seal_block;
DROP VIEW posting;
DROP TABLE subledger_balance;
ALTER TABLE journal_entry DROP CONSTRAINT journal_entry_last_line;
DROP TABLE transfer, journal_entry, period, account;
DROP FUNCTION journal_entry_check(), transfer_check();
