-- +goose Up
-- Why: a newer or licensed code list changes what the edits find, so it belongs
-- to the book: every worker on any machine uses the same, and a rebuild replays
-- the import at its place in the input log. Lists are the nation's, not a
-- practice's: the table has no practice. The last import of a list is in use;
-- earlier ones stay.
CREATE TABLE code_list_import (
    id          bigint PRIMARY KEY DEFAULT nextval('object_id'),
    list        text NOT NULL, -- key of the list: icd10cm, hcpcs, cpt …
    as_of       date NOT NULL, -- the list's own date; findings name it
    sha256      bytea NOT NULL CHECK (octet_length(sha256) = 32), -- of content
    content     bytea NOT NULL, -- lines: code, label, first and last day, separated by tabs
    imported_on date NOT NULL, -- business date
    actor       text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX code_list_import_latest ON code_list_import (list, id DESC);
CREATE TRIGGER code_list_import_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON code_list_import
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON code_list_import TO claimbook_work;
GRANT SELECT ON code_list_import TO claimbook_web;

ALTER TABLE input_log DROP CONSTRAINT input_log_kind_check;
ALTER TABLE input_log ADD CONSTRAINT input_log_kind_check
    CHECK (kind IN ('setup', 'codes', 'intake', 'batch', 'inbound', 'bank', 'payment', 'decision', 'statement'));

-- +goose Down
ALTER TABLE input_log DROP CONSTRAINT input_log_kind_check;
ALTER TABLE input_log ADD CONSTRAINT input_log_kind_check
    CHECK (kind IN ('setup', 'intake', 'batch', 'inbound', 'bank', 'payment', 'decision', 'statement'));
DROP TABLE code_list_import;
