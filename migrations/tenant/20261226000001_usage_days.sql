-- What happened on a day that is over, counted once: charts do not count the audit log each time. A row without an event says that
-- the day was counted.
CREATE TABLE usage_days (
    tenant_id  UUID   NOT NULL,
    day        BIGINT NOT NULL,
    client_id  TEXT   NOT NULL,
    event      TEXT   NOT NULL,
    succeeded  BIGINT NOT NULL,
    events     BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, day, client_id, event, succeeded)
);
CREATE INDEX usage_days_expiry ON usage_days (tenant_id, expires_at);
