-- +goose Up
-- Why: what people say of the bank. A bank line may be less or more than what was
-- awaited (the rest goes to a named account), may be what the book has posted
-- already, or may turn out to be something else; receipts go to the bank on slips,
-- and a card processor keeps its fee.
ALTER TABLE deposit DROP CONSTRAINT deposit_kind_check, DROP CONSTRAINT deposit_amount_check,
    ADD CONSTRAINT deposit_kind_check CHECK (kind IN ('eft', 'check', 'counter', 'slip', 'book', 'difference')),
    -- What was awaited is more than zero. A withdrawal that the book has posted
    -- already ('book', its source key is the trace) and a difference (its account
    -- is the trace) may be less. The rows of a bank line add up to the line.
    ADD CONSTRAINT deposit_amount_check CHECK (amount > 0 OR amount < 0 AND kind IN ('book', 'difference')),
    ADD COLUMN match_no integer NOT NULL DEFAULT 1 CHECK (match_no >= 1), -- a line that was matched wrongly is matched again
    ADD COLUMN undone_by bigint; -- the decision that took the match back; NULL: it stands
CREATE INDEX deposit_line ON deposit (practice_id, bank_line_id);

-- Receipts that leave the drawer together: what a deposit slip lists, or what a
-- card processor pays out at once.
CREATE TABLE deposit_slip (
    practice_id bigint NOT NULL REFERENCES practice (id),
    id          bigint NOT NULL DEFAULT nextval('object_id'),
    key         text NOT NULL CHECK (key <> ''), -- the practice's own number of the slip
    kind        text NOT NULL CHECK (kind IN ('counter', 'card')),
    made_on     date NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0), -- of its receipts
    fee         bigint NOT NULL DEFAULT 0 CHECK (fee >= 0), -- what the card processor keeps
    voided_by   bigint, -- the decision that took the slip back; NULL: it stands
    PRIMARY KEY (practice_id, id),
    UNIQUE (practice_id, key),
    CHECK (fee < amount AND (fee = 0 OR kind = 'card'))
);
CREATE TABLE deposit_slip_receipt (
    practice_id bigint NOT NULL,
    slip_id     bigint NOT NULL,
    source_key  text COLLATE "C" NOT NULL, -- of the entry that put it into the drawer: payment|key, 835|TRN03|TRN02|CHK
    amount      bigint NOT NULL CHECK (amount > 0),
    voided      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (practice_id, slip_id, source_key),
    FOREIGN KEY (practice_id, slip_id) REFERENCES deposit_slip (practice_id, id)
);
-- A receipt goes to the bank once.
CREATE UNIQUE INDEX deposit_slip_receipt_once ON deposit_slip_receipt (practice_id, source_key) WHERE NOT voided;

-- Money that comes after a balance was written off as bad debt.
ALTER TABLE patient_payment DROP CONSTRAINT patient_payment_purpose_check,
    ADD CONSTRAINT patient_payment_purpose_check CHECK (purpose IN ('balance', 'copay', 'prepayment', 'recovery'));

-- Bad debt is an expense, or, as an implicit price concession (ASC 606), lowers
-- revenue: the practice says which.
ALTER TABLE practice ADD COLUMN bad_debt_as text NOT NULL DEFAULT 'expense' CHECK (bad_debt_as IN ('expense', 'contra-revenue'));

-- What becomes of a patient's share that may not be billed (Medicaid, Qualified
-- Medicare Beneficiaries) is a rule of its own: other patients of the payer owe it.
ALTER TABLE payer_rule DROP CONSTRAINT payer_rule_kind_check,
    ADD CONSTRAINT payer_rule_kind_check CHECK (kind IN ('treatment', 'protected', 'plb', 'edit'));

-- The new tables have the roles and policies of the others.
-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['deposit_slip', 'deposit_slip_receipt'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO claimbook_work', t);
        EXECUTE format('GRANT SELECT ON %I TO claimbook_web', t);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY work ON %I TO claimbook_work USING (true) WITH CHECK (true)', t);
        EXECUTE format('CREATE POLICY web ON %I TO claimbook_web USING (practice_id = nullif(current_setting(''claimbook.practice_id'', true), '''')::bigint) WITH CHECK (practice_id = nullif(current_setting(''claimbook.practice_id'', true), '''')::bigint)', t);
    END LOOP;
END $$;
-- +goose StatementEnd
REVOKE DELETE ON deposit FROM claimbook_work;

-- +goose Down
DELETE FROM payer_rule WHERE kind = 'protected';
ALTER TABLE payer_rule DROP CONSTRAINT payer_rule_kind_check, ADD CONSTRAINT payer_rule_kind_check CHECK (kind IN ('treatment', 'plb', 'edit'));
ALTER TABLE practice DROP COLUMN bad_debt_as;
ALTER TABLE patient_payment DROP CONSTRAINT patient_payment_purpose_check,
    ADD CONSTRAINT patient_payment_purpose_check CHECK (purpose IN ('balance', 'copay', 'prepayment'));
DROP TABLE deposit_slip_receipt, deposit_slip;
DROP INDEX deposit_line;
ALTER TABLE deposit DROP COLUMN undone_by, DROP COLUMN match_no,
    DROP CONSTRAINT deposit_kind_check, DROP CONSTRAINT deposit_amount_check,
    ADD CONSTRAINT deposit_kind_check CHECK (kind IN ('eft', 'check', 'counter')), ADD CONSTRAINT deposit_amount_check CHECK (amount > 0);
