//! The tenant's sessions as a [`SessionStore`]: ids stored as hashes, records sealed.

use crate::kernel::{Secret, Sha256Hash};
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

fn encode(record: &Record) -> Result<Secret<Vec<u8>>> {
    serde_json::to_vec(record)
        .map(Secret::new)
        .map_err(|error| Error::Encode(error.to_string()))
}

impl TenantSessions {
    /// Whatever the library thinks of expiry by the machine's clock, a row ends by ours.
    fn expires_at(&self) -> crate::kernel::Timestamp {
        self.0.now() + self.0.document().lifetimes.session_absolute
    }
}

#[async_trait]
impl SessionStore for TenantSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut tx = self.0.begin().await.map_err(backend)?;
        // Ids have 128 random bits; a collision means another id, never another's session.
        loop {
            let bytes = encode(record)?;
            let inserted = tx
                .insert_session(hash_of(record.id), bytes.expose(), self.expires_at(), self.0.entropy())
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
        tx.update_session(hash_of(record.id), bytes.expose(), self.expires_at(), self.0.entropy())
            .await
            .map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut rows = self.0.read().await.map_err(backend)?;
        let stored = rows.find_session(hash_of(*id), self.0.now()).await.map_err(backend)?;
        let Some(stored) = stored else { return Ok(None) };
        serde_json::from_slice(stored.expose())
            .map(Some)
            .map_err(|error| Error::Decode(error.to_string()))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.0.begin().await.map_err(backend)?;
        tx.delete_session(hash_of(*id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
