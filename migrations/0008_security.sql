-- +goose Up
-- Why: three roles, and row-level security for the one that faces the web.
-- claimbook_work runs jobs and commands; the ledger is SELECT and INSERT only for
-- it. claimbook_web reads, signs people in, and sees one practice: the policy
-- takes nullif(…, '') because after a transaction the setting is '', not NULL.
-- +goose StatementBegin
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT LIKE 'goose%' AND c.relname NOT LIKE 'river%'
             ORDER BY 1 LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO claimbook_work', t.relname);
        IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = t.relname
                   AND column_name = 'practice_id') OR t.relname = 'practice' THEN
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.relname);
            EXECUTE format('CREATE POLICY work ON %I TO claimbook_work USING (true) WITH CHECK (true)', t.relname);
            EXECUTE format('CREATE POLICY web ON %1$I TO claimbook_web USING (%2$I = nullif(current_setting(''claimbook.practice_id'', true), '''')::bigint) WITH CHECK (%2$I = nullif(current_setting(''claimbook.practice_id'', true), '''')::bigint)',
                t.relname, CASE t.relname WHEN 'practice' THEN 'id' ELSE 'practice_id' END);
            EXECUTE format('GRANT SELECT ON %I TO claimbook_web', t.relname);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd
GRANT USAGE ON SEQUENCE object_id TO claimbook_work, claimbook_web;
GRANT SELECT ON posting TO claimbook_work, claimbook_web;
-- Facts are only ever added.
REVOKE UPDATE, DELETE ON journal_entry, transfer, seal_block, sealed_entry, edi_file_chunk, input_log, decision, claim_event, audit_event FROM claimbook_work;
REVOKE DELETE ON period FROM claimbook_work;
REVOKE DELETE ON subledger_balance, edi_file, claim, claim_line, remittance, remittance_claim, remittance_line, remittance_adjustment, provider_adjustment, patient_payment, statement, statement_line, encounter, batch FROM claimbook_work;
-- Signing in happens before a practice is chosen: these are global.
GRANT SELECT ON app_user TO claimbook_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO claimbook_web;
GRANT INSERT ON audit_event, note TO claimbook_web;
CREATE POLICY web_own_memberships ON membership FOR SELECT TO claimbook_web
    USING (user_id = nullif(current_setting('claimbook.user_id', true), '')::bigint);

-- +goose Down
SELECT 1; -- privileges and policies leave with their tables
