ALTER TABLE setup_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE setup_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON setup_links
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE sign_in_tests ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_tests FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON sign_in_tests
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
