ALTER TABLE account_security ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_security FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON account_security
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkeys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON passkeys
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON recovery_codes
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE account_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON account_links
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE ceremonies ENABLE ROW LEVEL SECURITY;
ALTER TABLE ceremonies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON ceremonies
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE mail_outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON mail_outbox
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
