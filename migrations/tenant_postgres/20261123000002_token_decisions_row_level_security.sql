ALTER TABLE token_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_decisions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON token_decisions
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
