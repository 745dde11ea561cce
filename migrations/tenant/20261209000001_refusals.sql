-- Refused requests, so that an operator can be told which check failed. As many rows as there are checks and slots: a later
-- refusal by the same check takes an earlier one's place, so no flood of requests fills the disk or hides other refusals.
CREATE TABLE refusals (
    tenant_id    UUID     NOT NULL,
    failed_check TEXT     NOT NULL,
    slot         BIGINT   NOT NULL,
    request_id   UUID     NOT NULL,
    refused_at   BIGINT   NOT NULL,
    expires_at   BIGINT   NOT NULL,
    shown        TEXT     NOT NULL,
    error        TEXT,
    route        TEXT     NOT NULL,
    status       BIGINT   NOT NULL,
    client_id    TEXT,
    PRIMARY KEY (tenant_id, failed_check, slot)
);
CREATE INDEX refusals_request ON refusals (tenant_id, request_id);
CREATE INDEX refusals_expiry ON refusals (tenant_id, expires_at);
