-- The platform's catalogue of apps: what their developers submitted and the platform reviewed. Public within the platform; which
-- tenant approved which app is in that tenant's own rows alone.
CREATE TABLE directory_apps (
    client_id    TEXT   NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL,
    summary      TEXT   NOT NULL,
    registration TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    note         TEXT,
    version      BIGINT NOT NULL,
    -- Hash of the secret link with which its developer sees what becomes of it.
    link_hash    BYTEA  UNIQUE,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX directory_apps_by_state ON directory_apps (state, client_id);
