ALTER TABLE configuration_changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE configuration_changes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON configuration_changes
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE applied_configuration ENABLE ROW LEVEL SECURITY;
ALTER TABLE applied_configuration FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON applied_configuration
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
