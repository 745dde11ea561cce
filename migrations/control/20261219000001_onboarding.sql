-- A tenant is served from the moment on that the last step of its onboarding is done; until then its row says so by having no
-- time of activation. Tenants that were there before are served already.
ALTER TABLE tenants ADD COLUMN activated_at BIGINT;
UPDATE tenants SET activated_at = created_at;

-- What somebody asked for when they created the tenant, sealed under the tenant's key, for as long as it is not all done: the
-- next run needs nothing but the tenant's name.
CREATE TABLE onboardings (
    tenant_id   UUID   NOT NULL PRIMARY KEY REFERENCES tenants (tenant_id),
    sealed_plan BYTEA,
    begun_at    BIGINT NOT NULL,
    finished_at BIGINT
);

-- How far it is, for whoever watches.
CREATE TABLE onboarding_steps (
    tenant_id   UUID   NOT NULL REFERENCES onboardings (tenant_id),
    step        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    detail      TEXT,
    started_at  BIGINT,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, step)
);
