-- Every change of a tenant's configuration, as it was and as it became: for history, and to take it back.
CREATE TABLE configuration_changes (
    tenant_id     UUID   NOT NULL,
    change_id     UUID   NOT NULL,
    made_at       BIGINT NOT NULL,
    actor         TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    sealed_reason BYTEA,
    sealed_before BYTEA,
    sealed_after  BYTEA,
    PRIMARY KEY (tenant_id, change_id)
);
CREATE INDEX configuration_changes_by_resource ON configuration_changes (tenant_id, kind, name, change_id);

-- What the last apply of declared configuration left, to tell later changes made elsewhere from those it made itself.
CREATE TABLE applied_configuration (
    tenant_id       UUID   NOT NULL,
    sealed_document BYTEA  NOT NULL,
    applied_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);
