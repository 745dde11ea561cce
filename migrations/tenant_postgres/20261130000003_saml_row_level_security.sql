-- The kinds of identity providers are the program's to know.
ALTER TABLE identity_providers DROP CONSTRAINT identity_providers_kind_check;
ALTER TABLE saml_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE saml_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON saml_keys
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE saml_metadata ENABLE ROW LEVEL SECURITY;
ALTER TABLE saml_metadata FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON saml_metadata
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE saml_replays ENABLE ROW LEVEL SECURITY;
ALTER TABLE saml_replays FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON saml_replays
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE upstream_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE upstream_sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON upstream_sessions
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
