//! Which session here came from which session at an identity provider.

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;

/// Separates this index from every other.
const DOMAIN: &str = "upstream_sessions.subject";

/// The session at the provider behind a session here.
pub struct UpstreamSession {
    /// Where the user signed in.
    pub provider: IdentityProviderId,
    /// The user's name there and the session's, as the protocol has them, in JSON.
    pub name: Secret<Vec<u8>>,
}

#[derive(FromRow)]
struct Row {
    identity_provider_id: IdentityProviderId,
    sealed_name: Vec<u8>,
}

const fn place(row: &[u8]) -> Place<'_> {
    Place {
        table: "upstream_sessions",
        column: "sealed_name",
        row,
    }
}

impl TenantTx {
    /// Notes that the session with `session_key` came from a session of `subject` at `provider`.
    #[expect(clippy::too_many_arguments, reason = "one row, column by column")]
    pub async fn save_upstream_session(
        &mut self,
        session_key: Sha256Hash,
        provider: IdentityProviderId,
        subject: &str,
        session_index: Option<&str>,
        name: &[u8],
        expires_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let subject = self.keyring.blind_index(DOMAIN, subject.as_bytes());
        let sealed = self.keyring.seal(place(session_key.as_bytes()), name, entropy)?;
        on_tx!(self, |connection| sqlx::query(
            "INSERT INTO upstream_sessions (tenant_id, session_key, identity_provider_id, subject_index, \
             session_index_hash, sealed_name, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (tenant_id, session_key) DO UPDATE SET identity_provider_id = excluded.identity_provider_id, \
             subject_index = excluded.subject_index, session_index_hash = excluded.session_index_hash, \
             sealed_name = excluded.sealed_name, expires_at = excluded.expires_at",
        )
        .bind(tenant)
        .bind(session_key)
        .bind(provider)
        .bind(subject)
        .bind(session_index.map(|index| Sha256Hash::of(index.as_bytes())))
        .bind(&sealed)
        .bind(expires_at)
        .execute(connection)
        .await
        .map(drop))?;
        Ok(())
    }

    /// The session at the provider behind a session here.
    pub async fn find_upstream_session(
        &mut self,
        session_key: Sha256Hash,
    ) -> Result<Option<UpstreamSession>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| {
            sqlx::query_as::<_, Row>(
            "SELECT identity_provider_id, sealed_name FROM upstream_sessions WHERE tenant_id = $1 AND session_key = $2",
        )
        .bind(tenant)
        .bind(session_key)
        .fetch_optional(connection)
        .await
        })?;
        row.map(|row| {
            Ok(UpstreamSession {
                provider: row.identity_provider_id,
                name: self
                    .keyring
                    .open(place(session_key.as_bytes()), &Sealed::from_bytes(row.sealed_name))?,
            })
        })
        .transpose()
    }

    /// Ends the sessions here that came from `subject`'s sessions at `provider`: those of `session_indexes`, or all when
    /// there are none. What was granted in them and not for offline use ends with them. Returns how many ended.
    pub async fn end_upstream_sessions(
        &mut self,
        provider: IdentityProviderId,
        subject: &str,
        session_indexes: &[String],
        because: &'static str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let tenant = self.tenant;
        let subject = self.keyring.blind_index(DOMAIN, subject.as_bytes());
        let rows: Vec<(Sha256Hash, Option<Sha256Hash>)> = on_tx!(self, |connection| sqlx::query_as(
            "SELECT session_key, session_index_hash FROM upstream_sessions \
             WHERE tenant_id = $1 AND identity_provider_id = $2 AND subject_index = $3",
        )
        .bind(tenant)
        .bind(provider)
        .bind(subject)
        .fetch_all(connection)
        .await)?;
        let named: Vec<Sha256Hash> = session_indexes
            .iter()
            .map(|index| Sha256Hash::of(index.as_bytes()))
            .collect();
        let mut ended = 0;
        for (key, index) in rows {
            if !named.is_empty() && !index.is_some_and(|index| named.contains(&index)) {
                continue;
            }
            for statement in [
                "DELETE FROM sessions WHERE tenant_id = $1 AND session_key = $2",
                "DELETE FROM upstream_sessions WHERE tenant_id = $1 AND session_key = $2",
            ] {
                on_tx!(self, |connection| sqlx::query(statement)
                    .bind(tenant)
                    .bind(key)
                    .execute(connection)
                    .await
                    .map(drop))?;
            }
            self.revoke_grants_of_session(key, because, now).await?;
            ended += 1;
        }
        Ok(ended)
    }

    /// The sessions here that came from a provider, in no particular order.
    pub async fn list_upstream_session_keys(&mut self) -> Result<Vec<Sha256Hash>, StoreError> {
        let tenant = self.tenant;
        Ok(on_tx!(self, |connection| sqlx::query_scalar(
            "SELECT session_key FROM upstream_sessions WHERE tenant_id = $1",
        )
        .bind(tenant)
        .fetch_all(connection)
        .await)?)
    }
}
