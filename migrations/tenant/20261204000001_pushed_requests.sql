-- Authorization requests that clients pushed (RFC 9126), under a handle that is good for one of them.
CREATE TABLE pushed_requests (
    tenant_id         UUID   NOT NULL,
    handle_hash       BYTEA  NOT NULL,
    client_id         TEXT   NOT NULL,
    sealed_parameters BYTEA  NOT NULL,
    expires_at        BIGINT NOT NULL,
    consumed_at       BIGINT,
    PRIMARY KEY (tenant_id, handle_hash)
);
CREATE INDEX pushed_requests_expiry ON pushed_requests (tenant_id, expires_at);
