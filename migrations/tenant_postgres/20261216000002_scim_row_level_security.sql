ALTER TABLE scim_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON scim_tokens
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE scim_users ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON scim_users
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE scim_user_emails ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_user_emails FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON scim_user_emails
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE scim_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON scim_groups
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
ALTER TABLE scim_group_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE scim_group_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON scim_group_members
    USING (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid)
    WITH CHECK (tenant_id = NULLIF(current_setting('wardkey.tenant', true), '')::uuid);
