-- Sender-constrained tokens (RFC 9449): the key a code and a refresh token are bound to.
ALTER TABLE authorization_codes ADD COLUMN dpop_jkt TEXT;
ALTER TABLE refresh_tokens ADD COLUMN dpop_jkt TEXT;

-- Proofs that were accepted, until they would be too old: a second one is a replay. In the database, because nodes must agree.
CREATE TABLE dpop_proofs (
    tenant_id  UUID   NOT NULL,
    proof_hash BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, proof_hash)
);
CREATE INDEX dpop_proofs_expiry ON dpop_proofs (tenant_id, expires_at);

-- Opaque access tokens (RFC 6749 section 1.4): what a JWT would have said, sealed.
CREATE TABLE access_tokens (
    tenant_id     UUID   NOT NULL,
    token_hash    BYTEA  NOT NULL,
    sealed_claims BYTEA  NOT NULL,
    expires_at    BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX access_tokens_expiry ON access_tokens (tenant_id, expires_at);
