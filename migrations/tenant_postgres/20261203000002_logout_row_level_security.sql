ALTER TABLE logout_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE logout_notices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON logout_notices
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
