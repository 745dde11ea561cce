-- Tokens with which an administrator lets somebody register apps (RFC 7591 section 3).
CREATE TABLE initial_access_tokens (
    tenant_id  UUID   NOT NULL,
    token_hash BYTEA  NOT NULL,
    label      TEXT   NOT NULL,
    uses_left  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX initial_access_tokens_expiry ON initial_access_tokens (tenant_id, expires_at);

-- Apps that registered themselves, and the token with which each manages its registration (RFC 7592).
CREATE TABLE registrations (
    tenant_id     UUID   NOT NULL,
    client_id     TEXT   NOT NULL,
    token_hash    BYTEA  NOT NULL,
    registered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id)
);
