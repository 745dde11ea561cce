//! Removing what has expired, a bounded number of rows at a time.

use crate::kernel::Timestamp;
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};

/// Each deletes at most a thousand rows, so that no transaction grows with the backlog.
const EXPIRED: &[&str] = &[
    "DELETE FROM sessions WHERE tenant_id = $1 AND session_hash IN \
     (SELECT session_hash FROM sessions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM console_sessions WHERE tenant_id = $1 AND console_hash IN \
     (SELECT console_hash FROM console_sessions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM interactions WHERE tenant_id = $1 AND interaction_hash IN \
     (SELECT interaction_hash FROM interactions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM upstream_sign_ins WHERE tenant_id = $1 AND state_hash IN \
     (SELECT state_hash FROM upstream_sign_ins WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM saml_replays WHERE tenant_id = $1 AND expires_at < $2 AND message_hash IN \
     (SELECT message_hash FROM saml_replays WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM upstream_sessions WHERE tenant_id = $1 AND session_key IN \
     (SELECT session_key FROM upstream_sessions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM authorization_codes WHERE tenant_id = $1 AND code_hash IN \
     (SELECT code_hash FROM authorization_codes WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM refresh_tokens WHERE tenant_id = $1 AND token_hash IN \
     (SELECT token_hash FROM refresh_tokens WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM revoked_access_tokens WHERE tenant_id = $1 AND jti IN \
     (SELECT jti FROM revoked_access_tokens WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM launches WHERE tenant_id = $1 AND launch_hash IN \
     (SELECT launch_hash FROM launches WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM access_tokens WHERE tenant_id = $1 AND token_hash IN \
     (SELECT token_hash FROM access_tokens WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM device_codes WHERE tenant_id = $1 AND device_code_hash IN \
     (SELECT device_code_hash FROM device_codes WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM dpop_proofs WHERE tenant_id = $1 AND proof_hash IN \
     (SELECT proof_hash FROM dpop_proofs WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM token_decisions WHERE tenant_id = $1 AND jti IN \
     (SELECT jti FROM token_decisions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM initial_access_tokens WHERE tenant_id = $1 AND token_hash IN \
     (SELECT token_hash FROM initial_access_tokens WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM scim_tokens WHERE tenant_id = $1 AND token_hash IN \
     (SELECT token_hash FROM scim_tokens WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM logout_notices WHERE tenant_id = $1 AND notice_id IN \
     (SELECT notice_id FROM logout_notices WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM pushed_requests WHERE tenant_id = $1 AND handle_hash IN \
     (SELECT handle_hash FROM pushed_requests WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM account_links WHERE tenant_id = $1 AND token_hash IN \
     (SELECT token_hash FROM account_links WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM setup_links WHERE tenant_id = $1 AND link_id IN \
     (SELECT link_id FROM setup_links WHERE tenant_id = $1 AND kept_until < $2 LIMIT 1000)",
    "DELETE FROM sign_in_tests WHERE tenant_id = $1 AND test_id IN \
     (SELECT test_id FROM sign_in_tests WHERE tenant_id = $1 AND kept_until < $2 LIMIT 1000)",
    "DELETE FROM ceremonies WHERE tenant_id = $1 AND ceremony_hash IN \
     (SELECT ceremony_hash FROM ceremonies WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM mail_outbox WHERE tenant_id = $1 AND mail_id IN \
     (SELECT mail_id FROM mail_outbox WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key_hash IN \
     (SELECT key_hash FROM idempotency_keys WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM usage_days WHERE tenant_id = $1 AND expires_at < $2 AND day IN \
     (SELECT day FROM usage_days WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM provider_notices WHERE tenant_id = $1 AND expires_at < $2 AND notice IN \
     (SELECT notice FROM provider_notices WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    "DELETE FROM budgets WHERE tenant_id = $1 AND spent_until < $2 AND budget_key IN \
     (SELECT budget_key FROM budgets WHERE tenant_id = $1 AND spent_until < $2 LIMIT 1000)",
    // A slot may have been taken again since.
    "DELETE FROM refusals WHERE tenant_id = $1 AND expires_at < $2 AND request_id IN \
     (SELECT request_id FROM refusals WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    // A slot may have been taken again since.
    "DELETE FROM sign_in_traces WHERE tenant_id = $1 AND expires_at < $2 AND trace_id IN \
     (SELECT trace_id FROM sign_in_traces WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
    // A client's jti may be another client's too, so the expiry is asked again.
    "DELETE FROM client_assertions WHERE tenant_id = $1 AND expires_at < $2 AND jti IN \
     (SELECT jti FROM client_assertions WHERE tenant_id = $1 AND expires_at < $2 LIMIT 1000)",
];

impl TenantTx {
    /// Removes rows that expired before `before`. Returns how many; call again while it is not zero.
    pub async fn delete_expired(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant;
        let mut removed = 0;
        for statement in EXPIRED.iter().copied() {
            removed += on_tx!(self, |connection| sqlx::query(statement)
                .bind(tenant)
                .bind(before)
                .execute(connection)
                .await
                .map(|done| done.rows_affected()))?;
        }
        Ok(removed)
    }
}
