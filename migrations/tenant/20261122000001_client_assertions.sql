-- Client assertions that were accepted, until they would have expired: a second one with the same jti is a replay.
-- In the database, because nodes must agree (SMART App Launch 2.2 asymmetric authentication; RFC 7523 section 3).
CREATE TABLE client_assertions (
    tenant_id  UUID   NOT NULL,
    client_id  TEXT   NOT NULL,
    jti        TEXT   NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, jti)
);
CREATE INDEX client_assertions_expiry ON client_assertions (tenant_id, expires_at);
