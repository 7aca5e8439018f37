-- +goose Up
-- Why: what a person, or a line control number, has once found out about a claim
-- number that a payer returned instead of ours, so that a reversal and a
-- correction under it find the same claim. And where the envelopes of a
-- transaction set stand, so that a payment in the middle of a large file is read
-- without what comes before it.
CREATE TABLE claim_alias (
    practice_id        bigint NOT NULL,
    payer_id           bigint NOT NULL DEFAULT 0, -- 0: a payer unknown to the practice
    claim_number       text NOT NULL, -- CLP01 as the payer wrote it
    payer_claim_number text NOT NULL DEFAULT '', -- CLP07; '': a rule for the number whatever CLP07 says
    claim_id           bigint NOT NULL,
    decision_id        bigint, -- the match that said so; NULL: found by the lines' control numbers
    PRIMARY KEY (practice_id, payer_id, claim_number, payer_claim_number),
    FOREIGN KEY (practice_id, claim_id) REFERENCES claim (practice_id, id)
);
GRANT SELECT, INSERT, UPDATE ON claim_alias TO claimbook_work;
GRANT SELECT ON claim_alias TO claimbook_web;
ALTER TABLE claim_alias ENABLE ROW LEVEL SECURITY;
CREATE POLICY work ON claim_alias TO claimbook_work USING (true) WITH CHECK (true);
CREATE POLICY web ON claim_alias TO claimbook_web USING (practice_id = nullif(current_setting('claimbook.practice_id', true), '')::bigint)
    WITH CHECK (practice_id = nullif(current_setting('claimbook.practice_id', true), '')::bigint);

ALTER TABLE edi_transaction
    ADD COLUMN isa_offset bigint, -- byte offsets of the ISA and the GS around it; NULL: it stands in no group
    ADD COLUMN gs_offset bigint,
    ADD COLUMN interchange_no integer NOT NULL DEFAULT 0, -- 1 for the file's first interchange,
    ADD COLUMN group_no integer NOT NULL DEFAULT 0,       -- the interchange's first group,
    ADD COLUMN set_no integer NOT NULL DEFAULT 0;         -- the group's first transaction set

-- Each payment of a file asks for the next one: what is done is not looked through again.
CREATE INDEX edi_transaction_waiting ON edi_transaction (practice_id, file_id, seq) WHERE state = 'waiting';
-- A payment asks which files came in before its own and are still at work.
CREATE INDEX input_log_inbound ON input_log (practice_id, ref_id) WHERE kind = 'inbound';

-- +goose Down
DROP INDEX input_log_inbound, edi_transaction_waiting;
ALTER TABLE edi_transaction DROP COLUMN set_no, DROP COLUMN group_no, DROP COLUMN interchange_no, DROP COLUMN gs_offset, DROP COLUMN isa_offset;
DROP TABLE claim_alias;
