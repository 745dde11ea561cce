-- Sessions of the consoles: a cookie of their own, known by its hash, bound to the browser session in which somebody entered.
CREATE TABLE console_sessions (
    tenant_id    UUID   NOT NULL,
    console_hash BYTEA  NOT NULL,
    session_key  BYTEA  NOT NULL,
    started_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, console_hash)
);
CREATE INDEX console_sessions_expiry ON console_sessions (tenant_id, expires_at);
CREATE INDEX console_sessions_by_key ON console_sessions (tenant_id, session_key);
