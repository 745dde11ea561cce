-- How sign-ins at identity providers went: what was said and what the mapping rules made of it, sealed. As many rows as there
-- are outcomes and slots: a later one takes an earlier one's place, so no flood of requests fills the disk or hides others.
CREATE TABLE sign_in_traces (
    tenant_id            UUID   NOT NULL,
    identity_provider_id UUID   NOT NULL,
    outcome              TEXT   NOT NULL,
    slot                 BIGINT NOT NULL,
    trace_id             UUID   NOT NULL,
    request_id           UUID   NOT NULL,
    recorded_at          BIGINT NOT NULL,
    expires_at           BIGINT NOT NULL,
    sealed_trace         BYTEA  NOT NULL,
    PRIMARY KEY (tenant_id, identity_provider_id, outcome, slot)
);
CREATE UNIQUE INDEX sign_in_traces_by_id ON sign_in_traces (tenant_id, trace_id);
CREATE INDEX sign_in_traces_expiry ON sign_in_traces (tenant_id, expires_at);

-- Which FHIR resource a user is, as the tenant itself says it: by list, and by a keyed hash of what names the user in it.
CREATE TABLE fhir_user_entries (
    tenant_id    UUID   NOT NULL,
    list_name    TEXT   NOT NULL,
    value_index  BYTEA  NOT NULL,
    sealed_entry BYTEA  NOT NULL,
    changed_at   BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, list_name, value_index)
);
