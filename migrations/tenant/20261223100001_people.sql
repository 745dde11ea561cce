-- Whose wrong sign-ins a budget counts, as a keyed hash, so that an administrator can let somebody try again at once.
ALTER TABLE budgets ADD COLUMN account_index BYTEA;
CREATE INDEX budgets_by_account ON budgets (tenant_id, account_index);

-- Sessions are listed with the newest first.
CREATE INDEX sessions_by_start ON sessions (tenant_id, started_at, session_hash);
