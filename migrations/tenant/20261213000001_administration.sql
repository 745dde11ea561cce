-- Who may administer what. A principal is an account or a client, as `sub` names it in tokens.
CREATE TABLE role_assignments (
    tenant_id   UUID   NOT NULL,
    principal   TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    assigned_by TEXT   NOT NULL,
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, principal, role)
);

-- When somebody of the platform was last announced in this tenant's audit log.
CREATE TABLE operator_visits (
    tenant_id  UUID   NOT NULL,
    principal  TEXT   NOT NULL,
    entered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, principal)
);

-- Requests that came with a key, and how they were answered: the second of the same changes nothing.
CREATE TABLE idempotency_keys (
    tenant_id     UUID   NOT NULL,
    key_hash      BYTEA  NOT NULL,
    fingerprint   BYTEA  NOT NULL,
    status        BIGINT,
    sealed_answer BYTEA,
    begun_at      BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key_hash)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (tenant_id, expires_at);

-- Administrative events name who acted, in which role, and on what.
ALTER TABLE audit_events ADD COLUMN actor TEXT;
ALTER TABLE audit_events ADD COLUMN actor_role TEXT;
ALTER TABLE audit_events ADD COLUMN target TEXT;
CREATE INDEX audit_events_by_actor ON audit_events (tenant_id, actor, event_id);
CREATE INDEX audit_events_by_account ON audit_events (tenant_id, account_id, event_id);
CREATE INDEX audit_events_by_client ON audit_events (tenant_id, client_id, event_id);

CREATE INDEX consents_by_client ON consents (tenant_id, client_id);
