-- When an identity provider is looked after next: its metadata and keys fetched, our keys there rolled over. Beside the registry,
-- so that the nodes find what is due by one index, whatever tenant it is of and wherever that tenant's rows lie.
CREATE TABLE provider_upkeep (
    tenant_id            UUID   NOT NULL REFERENCES tenants (tenant_id),
    identity_provider_id UUID   NOT NULL,
    due_at               BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id)
);
CREATE INDEX provider_upkeep_due ON provider_upkeep (due_at);
