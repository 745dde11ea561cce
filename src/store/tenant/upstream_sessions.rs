//! Which session here came from which session at an identity provider.

use crate::kernel::id::IdentityProviderId;
use crate::kernel::{Entropy, Secret, Sha256Hash, Timestamp};
use crate::keys::{Place, Sealed};
use crate::store::transaction::on_tx;
use crate::store::{StoreError, TenantTx};
use sqlx::FromRow;
use std::fmt;

/// Separates this index from every other.
const DOMAIN: &str = "upstream_sessions.subject";

/// The session at the provider behind a session here.
pub struct UpstreamSession {
    /// Where the user signed in.
    pub provider: IdentityProviderId,
    /// The user's name there and the session's, as the protocol has them, in JSON.
    pub name: Secret<Vec<u8>>,
}

impl fmt::Debug for UpstreamSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UpstreamSession({})", self.provider)
    }
}

/// Which sessions at a provider are over.
#[derive(Clone, Copy)]
pub enum UpstreamSessions<'a> {
    /// Those of this subject: the named ones, or all when none is named.
    Of {
        /// The subject.
        subject: &'a str,
        /// The names of the sessions.
        named: &'a [String],
    },
    /// The one of this name, whoever's it is.
    Named(&'a str),
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

    /// Takes the note of the session at the provider behind a session here that ends.
    pub async fn take_upstream_session(
        &mut self,
        session_key: Sha256Hash,
    ) -> Result<Option<UpstreamSession>, StoreError> {
        let tenant = self.tenant;
        let row = on_tx!(self, |connection| sqlx::query_as::<_, Row>(
            "DELETE FROM upstream_sessions WHERE tenant_id = $1 AND session_key = $2 \
             RETURNING identity_provider_id, sealed_name",
        )
        .bind(tenant)
        .bind(session_key)
        .fetch_optional(connection)
        .await)?;
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

    /// Ends the sessions here that came from these sessions at `provider`, and returns their keys. What was granted in them is
    /// the caller's to revoke.
    pub async fn end_upstream_sessions(
        &mut self,
        provider: IdentityProviderId,
        which: UpstreamSessions<'_>,
    ) -> Result<Vec<Sha256Hash>, StoreError> {
        let tenant = self.tenant;
        let hash = |name: &str| Sha256Hash::of(name.as_bytes());
        let keys: Vec<Sha256Hash> = match which {
            UpstreamSessions::Of { subject, named } => {
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
                let named: Vec<Sha256Hash> = named.iter().map(|name| hash(name)).collect();
                rows.into_iter()
                    .filter(|(_, index)| named.is_empty() || index.is_some_and(|index| named.contains(&index)))
                    .map(|(key, _)| key)
                    .collect()
            }
            UpstreamSessions::Named(name) => on_tx!(self, |connection| sqlx::query_scalar(
                "SELECT session_key FROM upstream_sessions \
                 WHERE tenant_id = $1 AND identity_provider_id = $2 AND session_index_hash = $3",
            )
            .bind(tenant)
            .bind(provider)
            .bind(hash(name))
            .fetch_all(connection)
            .await)?,
        };
        for key in &keys {
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
        }
        Ok(keys)
    }
}
