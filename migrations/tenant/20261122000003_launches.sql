-- EHR launches: the context that an EHR registered under a one-time handle (SMART App Launch 2.2, "EHR launch").
CREATE TABLE launches (
    tenant_id      UUID   NOT NULL,
    launch_hash    BYTEA  NOT NULL,
    client_id      TEXT,
    sealed_context BYTEA  NOT NULL,
    expires_at     BIGINT NOT NULL,
    taken_at       BIGINT,
    PRIMARY KEY (tenant_id, launch_hash)
);
CREATE INDEX launches_expiry ON launches (tenant_id, expires_at);
