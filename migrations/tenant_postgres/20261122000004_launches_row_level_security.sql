ALTER TABLE launches ENABLE ROW LEVEL SECURITY;
ALTER TABLE launches FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON launches
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
