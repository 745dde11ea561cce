-- Grants name the session they were given in by a key that stays when the session's cookie is renewed, and know whether they
-- end when it expires.
ALTER TABLE sessions ADD COLUMN session_key BYTEA;
CREATE INDEX sessions_by_key ON sessions (tenant_id, session_key);
ALTER TABLE grants ADD COLUMN ends_with_session BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX grants_by_session ON grants (tenant_id, session_hash);
