-- How many tenants there are, so that no page of the operators' goes through them. Every change of a tenant moves it from one row to another.

CREATE TABLE tenant_counts (
    state          TEXT   NOT NULL,
    tier           TEXT   NOT NULL,
    placement      TEXT   NOT NULL,
    -- The newest schema with which its own database was opened; 0 for none known.
    schema_version BIGINT NOT NULL,
    counted        BIGINT NOT NULL,
    PRIMARY KEY (state, tier, placement, schema_version)
);
INSERT INTO tenant_counts (state, tier, placement, schema_version, counted)
SELECT CASE WHEN status = 'active' AND activated_at IS NULL THEN 'preparing' ELSE status END,
       tier, placement, COALESCE(schema_version, 0), COUNT(*)
FROM tenants WHERE slug <> 'platform'
GROUP BY 1, 2, 3, 4;

-- Counting was what it was for.
DROP INDEX tenants_by_state;
-- A search among those that are suspended, deleted or being prepared.
CREATE INDEX tenants_by_status ON tenants (status, slug);
CREATE INDEX tenants_not_activated ON tenants (slug) WHERE activated_at IS NULL;
