-- SAML 2.0 service provider.

-- Our keys at one identity provider. Current ones are used; next ones are published ahead; previous ones still decrypt.
CREATE TABLE saml_keys (
    tenant_id            UUID   NOT NULL,
    saml_key_id          UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    purpose              TEXT   NOT NULL CHECK (purpose IN ('signing', 'encryption')),
    state                TEXT   NOT NULL CHECK (state IN ('current', 'next', 'previous')),
    certificate          BYTEA  NOT NULL,
    sealed_private_key   BYTEA  NOT NULL,
    created_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, saml_key_id)
);
CREATE UNIQUE INDEX saml_keys_one_of_each ON saml_keys (tenant_id, identity_provider_id, purpose, state)
    WHERE state IN ('current', 'next');

-- The last good metadata of an identity provider.
CREATE TABLE saml_metadata (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    metadata             TEXT   NOT NULL,
    fetched_at           BIGINT NOT NULL,
    refresh_at           BIGINT NOT NULL,
    failed_check         TEXT,
    PRIMARY KEY (tenant_id, identity_provider_id)
);

-- Assertions and logout requests that were accepted, until they could not be presented again.
CREATE TABLE saml_replays (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    message_hash         BYTEA  NOT NULL,
    expires_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id, message_hash)
);
CREATE INDEX saml_replays_expiry ON saml_replays (tenant_id, expires_at);

-- Which session here came from which session at an identity provider, for single logout. Names are found by a keyed hash.
CREATE TABLE upstream_sessions (
    tenant_id            UUID   NOT NULL,
    session_key          BYTEA  NOT NULL,
    identity_provider_id UUID   NOT NULL,
    subject_index        BYTEA  NOT NULL,
    session_index_hash   BYTEA,
    sealed_name          BYTEA  NOT NULL,
    expires_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, session_key)
);
CREATE INDEX upstream_sessions_by_subject ON upstream_sessions (tenant_id, identity_provider_id, subject_index);
CREATE INDEX upstream_sessions_expiry ON upstream_sessions (tenant_id, expires_at);

-- An answer that came without the browser's cookie waits here for the request that brings it.
ALTER TABLE upstream_sign_ins ADD COLUMN sealed_answer BYTEA;
