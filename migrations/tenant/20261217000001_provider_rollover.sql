-- Since when a key of ours at an identity provider is what it is; when the next one takes over; when the provider last encrypted
-- to it.
ALTER TABLE saml_keys ADD COLUMN state_since BIGINT;
ALTER TABLE saml_keys ADD COLUMN switch_at BIGINT;
ALTER TABLE saml_keys ADD COLUMN used_at BIGINT;

-- The last good discovery document and key set of an OpenID Connect provider.
CREATE TABLE oidc_metadata (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    issuer               TEXT   NOT NULL,
    metadata             TEXT,
    keys                 TEXT   NOT NULL,
    fetched_at           BIGINT NOT NULL,
    failed_check         TEXT,
    PRIMARY KEY (tenant_id, identity_provider_id)
);

-- What was announced about an identity provider, so that it is announced once.
CREATE TABLE provider_notices (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    notice               TEXT   NOT NULL,
    expires_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id, notice)
);
CREATE INDEX provider_notices_expiry ON provider_notices (tenant_id, expires_at);
