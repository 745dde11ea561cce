-- How the platform fares, for its operators: sums that each node writes once a minute, so that no page goes through the tenants.

-- Running processes. One that has not been seen for some minutes has ended.
CREATE TABLE nodes (
    node_id    UUID   NOT NULL PRIMARY KEY,
    version    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX nodes_by_seen_at ON nodes (seen_at);

-- What a node answered in an hour (hours since 1970), by contract. A node replaces its own rows, so that writing twice counts once.
-- latency: how many answers took at most so long, one number for each bound, separated by commas.
CREATE TABLE fleet_traffic (
    hour     BIGINT NOT NULL,
    tier     TEXT   NOT NULL,
    node_id  UUID   NOT NULL,
    requests BIGINT NOT NULL,
    refused  BIGINT NOT NULL,
    failed   BIGINT NOT NULL,
    slow     BIGINT NOT NULL,
    sign_ins BIGINT NOT NULL,
    tokens   BIGINT NOT NULL,
    latency  TEXT   NOT NULL,
    PRIMARY KEY (hour, tier, node_id)
);

-- The same by tenant, for two days. The indexes lead to the few tenants that fail or are slow.
CREATE TABLE tenant_traffic (
    tenant_id UUID   NOT NULL REFERENCES tenants (tenant_id),
    hour      BIGINT NOT NULL,
    node_id   UUID   NOT NULL,
    requests  BIGINT NOT NULL,
    refused   BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    slow      BIGINT NOT NULL,
    sign_ins  BIGINT NOT NULL,
    tokens    BIGINT NOT NULL,
    latency   TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, hour, node_id)
);
CREATE INDEX tenant_traffic_by_failed ON tenant_traffic (hour, failed);
CREATE INDEX tenant_traffic_by_slow ON tenant_traffic (hour, slow);

-- Servers that a node leaves alone because they kept failing.
CREATE TABLE open_breakers (
    node_id   UUID   NOT NULL,
    tenant_id UUID   NOT NULL,
    host      TEXT   NOT NULL,
    opened_at BIGINT NOT NULL,
    PRIMARY KEY (node_id, tenant_id, host)
);

-- What was found when an identity provider was last looked after.
CREATE TABLE provider_health (
    tenant_id            UUID   NOT NULL REFERENCES tenants (tenant_id),
    identity_provider_id UUID   NOT NULL,
    alias                TEXT   NOT NULL,
    failed_check         TEXT,
    ends_at              BIGINT,
    end_kind             TEXT,
    checked_at           BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id)
);
CREATE INDEX provider_health_by_end ON provider_health (ends_at) WHERE ends_at IS NOT NULL;
CREATE INDEX provider_health_failing ON provider_health (checked_at) WHERE failed_check IS NOT NULL;

-- The newest schema with which the tenant's own database was opened; none for those that share one.
ALTER TABLE tenants ADD COLUMN schema_version BIGINT;
-- Counting tenants by state reads this and nothing else.
CREATE INDEX tenants_by_state ON tenants (status, tier, placement, activated_at, schema_version);
