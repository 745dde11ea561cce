-- One tenant's own data. Every primary key begins with tenant_id, whatever the placement.
-- Times are microseconds since 1970 UTC. Columns named sealed_* hold ciphertext under the tenant's data key.

CREATE TABLE tenant_settings (
    tenant_id  UUID   NOT NULL PRIMARY KEY,
    document   TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The tenant's own credentials at other systems.
CREATE TABLE tenant_secrets (
    tenant_id    UUID   NOT NULL,
    name         TEXT   NOT NULL,
    sealed_value BYTEA  NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, name)
);

CREATE TABLE signing_keys (
    tenant_id          UUID   NOT NULL,
    signing_key_id     UUID   NOT NULL,
    kid                TEXT   NOT NULL,
    algorithm          TEXT   NOT NULL,
    state              TEXT   NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
    public_jwk         TEXT   NOT NULL,
    sealed_private_key BYTEA  NOT NULL,
    created_at         BIGINT NOT NULL,
    published_until    BIGINT,
    PRIMARY KEY (tenant_id, signing_key_id)
);
-- One signer per algorithm at any time: rotation is one statement that this index keeps honest.
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (tenant_id, algorithm) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_kid ON signing_keys (tenant_id, kid);

CREATE TABLE clients (
    tenant_id  UUID   NOT NULL,
    client_id  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    document   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
);

-- The web origins of the tenant's apps, to answer a CORS preflight, which names no client.
CREATE TABLE client_origins (
    tenant_id UUID NOT NULL,
    origin    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, origin, client_id)
);

CREATE TABLE identity_providers (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    alias                TEXT   NOT NULL,
    kind                 TEXT   NOT NULL CHECK (kind IN ('oidc', 'local')),
    display_name         TEXT   NOT NULL,
    document             TEXT   NOT NULL,
    sealed_secret        BYTEA,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id)
);
CREATE UNIQUE INDEX identity_providers_alias ON identity_providers (tenant_id, alias);

-- One account per (tenant, identity provider, subject). The subject is found by a keyed hash, never read.
CREATE TABLE accounts (
    tenant_id            UUID   NOT NULL,
    account_id           UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    subject_index        BYTEA  NOT NULL,
    sealed_profile       BYTEA  NOT NULL,
    password_hash        TEXT,
    created_at           BIGINT NOT NULL,
    last_sign_in_at      BIGINT,
    disabled_at          BIGINT,
    PRIMARY KEY (tenant_id, account_id)
);
CREATE UNIQUE INDEX accounts_subject ON accounts (tenant_id, identity_provider_id, subject_index);

CREATE TABLE sessions (
    tenant_id    UUID   NOT NULL,
    session_hash BYTEA  NOT NULL,
    sealed_record BYTEA NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, session_hash)
);
CREATE INDEX sessions_expiry ON sessions (tenant_id, expires_at);

-- A browser's way from authorization request to code; resumable until it expires or is completed.
CREATE TABLE interactions (
    tenant_id        UUID   NOT NULL,
    interaction_hash BYTEA  NOT NULL,
    binding_hash     BYTEA,
    sealed_state     BYTEA  NOT NULL,
    version          BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    completed_at     BIGINT,
    PRIMARY KEY (tenant_id, interaction_hash)
);
CREATE INDEX interactions_expiry ON interactions (tenant_id, expires_at);

-- A sign-in under way at an upstream provider, found again by its state; used once.
CREATE TABLE upstream_sign_ins (
    tenant_id            UUID   NOT NULL,
    state_hash           BYTEA  NOT NULL,
    identity_provider_id UUID   NOT NULL,
    binding_hash         BYTEA  NOT NULL,
    sealed_pending       BYTEA  NOT NULL,
    expires_at           BIGINT NOT NULL,
    consumed_at          BIGINT,
    PRIMARY KEY (tenant_id, state_hash)
);
CREATE INDEX upstream_sign_ins_expiry ON upstream_sign_ins (tenant_id, expires_at);

CREATE TABLE consents (
    tenant_id  UUID   NOT NULL,
    account_id UUID   NOT NULL,
    client_id  TEXT   NOT NULL,
    scope      TEXT   NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, client_id)
);

-- What one user gave one client at one time. Codes, refresh tokens and access tokens belong to a grant and fall with it.
CREATE TABLE grants (
    tenant_id       UUID   NOT NULL,
    grant_id        UUID   NOT NULL,
    client_id       TEXT   NOT NULL,
    account_id      UUID   NOT NULL,
    session_hash    BYTEA,
    scope           TEXT   NOT NULL,
    audience        TEXT   NOT NULL,
    sealed_context  BYTEA  NOT NULL,
    authenticated_at BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    revoked_at      BIGINT,
    revoked_because TEXT,
    PRIMARY KEY (tenant_id, grant_id)
);
CREATE INDEX grants_by_account ON grants (tenant_id, account_id, client_id);

CREATE TABLE authorization_codes (
    tenant_id      UUID   NOT NULL,
    code_hash      BYTEA  NOT NULL,
    grant_id       UUID   NOT NULL,
    client_id      TEXT   NOT NULL,
    redirect_uri   TEXT   NOT NULL,
    code_challenge TEXT,
    nonce          TEXT,
    expires_at     BIGINT NOT NULL,
    redeemed_at    BIGINT,
    PRIMARY KEY (tenant_id, code_hash)
);
CREATE INDEX authorization_codes_expiry ON authorization_codes (tenant_id, expires_at);

CREATE TABLE refresh_tokens (
    tenant_id      UUID   NOT NULL,
    token_hash     BYTEA  NOT NULL,
    grant_id       UUID   NOT NULL,
    client_id      TEXT   NOT NULL,
    successor_hash BYTEA,
    issued_at      BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    rotated_at     BIGINT,
    PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (tenant_id, grant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (tenant_id, expires_at);

-- Single access tokens that were revoked before their end; read at introspection, kept until they would have expired.
CREATE TABLE revoked_access_tokens (
    tenant_id  UUID   NOT NULL,
    jti        TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, jti)
);

-- Append only. Ids and codes, never names, claims or patient identifiers.
CREATE TABLE audit_events (
    tenant_id   UUID   NOT NULL,
    event_id    UUID   NOT NULL,
    occurred_at BIGINT NOT NULL,
    event       TEXT   NOT NULL,
    outcome     TEXT   NOT NULL,
    client_id   TEXT,
    account_id  UUID,
    grant_id    UUID,
    request_id  TEXT,
    detail      TEXT,
    PRIMARY KEY (tenant_id, event_id)
);
