ALTER TABLE sign_in_traces ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_traces FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON sign_in_traces
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE fhir_user_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE fhir_user_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON fhir_user_entries
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
