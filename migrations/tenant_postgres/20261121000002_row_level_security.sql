-- The second wall between tenants: without wardkey.tenant set for the transaction no row is visible or writable,
-- with it set only that tenant's. Forced, so that it binds the owner of the tables too.

ALTER TABLE tenant_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant_settings
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE signing_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON signing_keys
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE clients ENABLE ROW LEVEL SECURITY;
ALTER TABLE clients FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON clients
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE identity_providers ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity_providers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON identity_providers
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON accounts
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON sessions
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE interactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE interactions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON interactions
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE upstream_sign_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE upstream_sign_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON upstream_sign_ins
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON consents
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE grants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON grants
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE authorization_codes ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorization_codes FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON authorization_codes
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON refresh_tokens
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE revoked_access_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE revoked_access_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON revoked_access_tokens
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON audit_events
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE client_origins ENABLE ROW LEVEL SECURITY;
ALTER TABLE client_origins FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON client_origins
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);

ALTER TABLE tenant_secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant_secrets
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
