-- OpenID Connect providers may name the session that ended without its user.
CREATE INDEX upstream_sessions_by_name ON upstream_sessions (tenant_id, identity_provider_id, session_index_hash);
