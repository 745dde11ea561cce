-- Links with which somebody outside sets up one identity provider. Only the hash of the link is stored.
CREATE TABLE setup_links (
    tenant_id  UUID   NOT NULL,
    link_id    UUID   NOT NULL,
    token_hash BYTEA  NOT NULL,
    alias      TEXT   NOT NULL,
    label      TEXT   NOT NULL,
    product    TEXT,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Until when it is listed: longer than it works.
    kept_until BIGINT NOT NULL,
    opened_at  BIGINT,
    closed_at  BIGINT,
    -- used or revoked
    closed_by  TEXT,
    PRIMARY KEY (tenant_id, link_id)
);
CREATE UNIQUE INDEX setup_links_token ON setup_links (tenant_id, token_hash);
CREATE INDEX setup_links_expiry ON setup_links (tenant_id, kept_until);

-- Tests of identity providers: a whole sign-in by which nobody is signed in.
CREATE TABLE sign_in_tests (
    tenant_id            UUID   NOT NULL,
    test_id              UUID   NOT NULL,
    token_hash           BYTEA  NOT NULL,
    identity_provider_id UUID   NOT NULL,
    -- Which settings of the provider are tested.
    settings_version     TEXT   NOT NULL,
    created_at           BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL,
    -- Until when its outcome can be seen: longer than it works.
    kept_until           BIGINT NOT NULL,
    -- The browser that took it.
    binding_hash         BYTEA,
    finished_at          BIGINT,
    outcome              TEXT,
    sealed_trace         BYTEA,
    PRIMARY KEY (tenant_id, test_id)
);
CREATE UNIQUE INDEX sign_in_tests_token ON sign_in_tests (tenant_id, token_hash);
CREATE INDEX sign_in_tests_provider ON sign_in_tests (tenant_id, identity_provider_id);
CREATE INDEX sign_in_tests_expiry ON sign_in_tests (tenant_id, kept_until);
