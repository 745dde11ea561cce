-- Device authorization requests (RFC 8628): polled by the device, decided by a user in a browser, redeemed once. The user code is short,
-- so only a keyed hash of it is kept.
CREATE TABLE device_codes (
    tenant_id        UUID   NOT NULL,
    device_code_hash BYTEA  NOT NULL,
    user_code_index  BYTEA  NOT NULL,
    client_id        TEXT   NOT NULL,
    sealed_request   BYTEA  NOT NULL,
    state            TEXT   NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeemed')),
    grant_id         UUID,
    poll_interval    BIGINT NOT NULL,
    poll_after       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_code_hash)
);
CREATE UNIQUE INDEX device_codes_user_code ON device_codes (tenant_id, user_code_index);
CREATE INDEX device_codes_expiry ON device_codes (tenant_id, expires_at);
