-- What tenants publish of themselves for patients' apps (SMART App Launch 2.2, "User-access Brands"). It is public, and one
-- bundle shows that of all tenants, so it lies here and not with each tenant's rows.
CREATE TABLE brands (
    tenant_id  UUID   NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    document   TEXT   NOT NULL,
    entries    TEXT   NOT NULL,
    generation BIGINT NOT NULL UNIQUE,
    updated_at BIGINT NOT NULL
);

-- One row. Every change of published content takes the next generation from it; the row's lock makes generations become
-- visible in order, so that who read up to one has missed nothing before it.
CREATE TABLE brand_publication (
    publication BIGINT NOT NULL PRIMARY KEY CHECK (publication = 1),
    generation  BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL
);
INSERT INTO brand_publication (publication, generation, changed_at) VALUES (1, 0, 0);
