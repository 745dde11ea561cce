//! The tenant's sessions as a [`SessionStore`]: ids stored as hashes, records sealed.

use super::{SESSION_KEY, SIGNED_IN, SignedIn};
use crate::kernel::{Secret, Sha256Hash, Timestamp};
use crate::store::tenant::NewSession;
use crate::tenant::TenantCx;
use async_trait::async_trait;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The sessions of one tenant, for one request.
#[derive(Clone, Debug)]
pub(super) struct TenantSessions(pub(super) TenantCx);

pub(super) fn hash_of(id: Id) -> Sha256Hash {
    Sha256Hash::of(&id.0.to_be_bytes())
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

pub(super) fn encode(record: &Record) -> Result<Secret<Vec<u8>>> {
    serde_json::to_vec(record)
        .map(Secret::new)
        .map_err(|error| Error::Encode(error.to_string()))
}

pub(super) fn decode(record: &Secret<Vec<u8>>) -> Result<Record> {
    serde_json::from_slice(record.expose()).map_err(|error| Error::Decode(error.to_string()))
}

pub(super) fn signed_in(record: &Record) -> Option<SignedIn> {
    let value = record.data.get(SIGNED_IN)?;
    serde_json::from_value(value.clone()).ok()
}

/// Whatever the library thinks of expiry by the machine's clock, a row ends by ours, and exactly when the session does:
/// grants that end with it are measured against the row.
pub(super) fn ends_at_of(cx: &TenantCx, record: &Record) -> Timestamp {
    signed_in(record).map_or_else(
        || cx.now() + cx.document().lifetimes.session_idle,
        |signed_in| signed_in.ends_at(cx),
    )
}

fn row<'a>(cx: &TenantCx, record: &Record, bytes: &'a Secret<Vec<u8>>) -> NewSession<'a> {
    let signed_in = signed_in(record);
    NewSession {
        key: key_hash(record),
        record: bytes.expose(),
        expires_at: ends_at_of(cx, record),
        account: signed_in.as_ref().map(|signed_in| signed_in.account),
        started_at: signed_in.map(|signed_in| signed_in.started_at),
    }
}

fn key_hash(record: &Record) -> Option<Sha256Hash> {
    let key = record.data.get(SESSION_KEY)?.as_str()?;
    Some(Sha256Hash::of(key.as_bytes()))
}

#[async_trait]
impl SessionStore for TenantSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut tx = self.0.begin().await.map_err(backend)?;
        // Ids have 128 random bits; a collision means another id, never another's session.
        loop {
            let bytes = encode(record)?;
            let inserted = tx
                .insert_session(hash_of(record.id), row(&self.0, record, &bytes), self.0.entropy())
                .await
                .map_err(backend)?;
            if inserted {
                break;
            }
            record.id = Id::default();
        }
        tx.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let bytes = encode(record)?;
        let mut tx = self.0.begin().await.map_err(backend)?;
        tx.update_session(hash_of(record.id), row(&self.0, record, &bytes), self.0.entropy())
            .await
            .map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut rows = self.0.read().await.map_err(backend)?;
        let stored = rows.find_session(hash_of(*id), self.0.now()).await.map_err(backend)?;
        let Some(stored) = stored else { return Ok(None) };
        decode(&stored).map(Some)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.0.begin().await.map_err(backend)?;
        tx.delete_session(hash_of(*id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
