-- What proves who the holder of a local account is, beside the password.
CREATE TABLE account_security (
    tenant_id           UUID   NOT NULL,
    account_id          UUID   NOT NULL,
    break_glass_since   BIGINT,
    password_changed_at BIGINT,
    sealed_totp         BYTEA,
    -- The newest time step whose code was accepted; only later ones are.
    totp_last_step      BIGINT NOT NULL DEFAULT -1,
    PRIMARY KEY (tenant_id, account_id)
);

-- WebAuthn credentials, found by the hash of their id.
CREATE TABLE passkeys (
    tenant_id         UUID   NOT NULL,
    credential_hash   BYTEA  NOT NULL,
    account_id        UUID   NOT NULL,
    sealed_credential BYTEA  NOT NULL,
    sealed_label      BYTEA  NOT NULL,
    sign_count        BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    last_used_at      BIGINT,
    PRIMARY KEY (tenant_id, credential_hash)
);
CREATE INDEX passkeys_account ON passkeys (tenant_id, account_id);

-- Codes for the day when the telephone is lost. Each works once.
CREATE TABLE recovery_codes (
    tenant_id  UUID   NOT NULL,
    account_id UUID   NOT NULL,
    code_hash  BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    PRIMARY KEY (tenant_id, account_id, code_hash)
);

-- One-time links to a page where a password is chosen: invitations and resets.
CREATE TABLE account_links (
    tenant_id  UUID   NOT NULL,
    token_hash BYTEA  NOT NULL,
    account_id UUID   NOT NULL,
    purpose    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX account_links_account ON account_links (tenant_id, account_id);
CREATE INDEX account_links_expiry ON account_links (tenant_id, expires_at);

-- Challenges and secrets between one page and the next. Each is taken once.
CREATE TABLE ceremonies (
    tenant_id     UUID   NOT NULL,
    ceremony_hash BYTEA  NOT NULL,
    sealed_state  BYTEA  NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, ceremony_hash)
);
CREATE INDEX ceremonies_expiry ON ceremonies (tenant_id, expires_at);

-- Mail on its way.
CREATE TABLE mail_outbox (
    tenant_id   UUID   NOT NULL,
    mail_id     UUID   NOT NULL,
    sealed_mail BYTEA  NOT NULL,
    attempts    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, mail_id)
);
CREATE INDEX mail_outbox_due ON mail_outbox (tenant_id, due_at);
CREATE INDEX mail_outbox_expiry ON mail_outbox (tenant_id, expires_at);

-- Whose session a row is, so that somebody can see and end their own.
ALTER TABLE sessions ADD COLUMN account_id UUID;
ALTER TABLE sessions ADD COLUMN started_at BIGINT;
CREATE INDEX sessions_account ON sessions (tenant_id, account_id);
