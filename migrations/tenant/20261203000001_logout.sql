-- The session in which a grant was given, whatever becomes of the grant: its apps are told when the session ends.
ALTER TABLE grants ADD COLUMN logout_session BYTEA;
CREATE INDEX grants_by_logout_session ON grants (tenant_id, logout_session);

-- News of ended sessions on their way to apps (OpenID Connect Back-Channel Logout), kept until delivered or given up.
CREATE TABLE logout_notices (
    tenant_id  UUID   NOT NULL,
    notice_id  UUID   NOT NULL,
    client_id  TEXT   NOT NULL,
    account_id UUID   NOT NULL,
    sid        TEXT   NOT NULL,
    attempts   BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, notice_id)
);
CREATE INDEX logout_notices_due ON logout_notices (tenant_id, due_at);
