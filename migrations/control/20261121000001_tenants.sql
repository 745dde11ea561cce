-- The registry of tenants: who exists, in which state, and where their rows live. Nothing of a tenant's own data.
-- Type names are PostgreSQL's; SQLite accepts them, since its columns hold what is bound.
CREATE TABLE tenants (
    tenant_id           UUID    NOT NULL PRIMARY KEY,
    slug                TEXT    NOT NULL UNIQUE,
    display_name        TEXT    NOT NULL,
    status              TEXT    NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
    tier                TEXT    NOT NULL,
    placement           TEXT    NOT NULL CHECK (placement IN ('shared', 'dedicated')),
    sealed_database_url BYTEA,
    generation          BIGINT  NOT NULL,
    created_at          BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL
);

-- Data encryption keys, wrapped by the master key. One 'sealing' key is active per tenant, older ones still open what
-- they sealed; the 'index' key never changes, since blind indexes must keep finding their rows.
CREATE TABLE tenant_data_keys (
    tenant_id     UUID   NOT NULL REFERENCES tenants (tenant_id),
    data_key_id   UUID   NOT NULL,
    purpose       TEXT   NOT NULL CHECK (purpose IN ('sealing', 'index')),
    master_key_id TEXT   NOT NULL,
    wrapped_key   BYTEA  NOT NULL,
    created_at    BIGINT NOT NULL,
    retired_at    BIGINT,
    PRIMARY KEY (tenant_id, data_key_id)
);

-- Lists are searched and paged by name without reading the whole estate.
CREATE INDEX tenants_by_display_name ON tenants (display_name, tenant_id);
