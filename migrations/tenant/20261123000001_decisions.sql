-- What was asked for beside what was allowed, and which rule took what: to remember a narrowed consent, and to explain a grant.

ALTER TABLE consents ADD COLUMN asked TEXT;

ALTER TABLE grants ADD COLUMN sealed_decision BYTEA;

ALTER TABLE interactions ADD COLUMN outcome TEXT;
ALTER TABLE interactions ADD COLUMN grant_id UUID;
ALTER TABLE interactions ADD COLUMN sealed_decision BYTEA;

-- Tokens of backend services that got less than they asked for. They have no grant.
CREATE TABLE token_decisions (
    tenant_id       UUID   NOT NULL,
    jti             TEXT   NOT NULL,
    sealed_decision BYTEA  NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, jti)
);
CREATE INDEX token_decisions_expiry ON token_decisions (tenant_id, expires_at);
