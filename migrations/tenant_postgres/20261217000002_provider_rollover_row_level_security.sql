ALTER TABLE oidc_metadata ENABLE ROW LEVEL SECURITY;
ALTER TABLE oidc_metadata FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON oidc_metadata
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE provider_notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_notices FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON provider_notices
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
