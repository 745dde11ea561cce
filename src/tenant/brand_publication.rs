//! The brands of all tenants in one document, kept assembled on every node and renewed by what changed.

use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use crate::smart::brands;
use crate::store::{ControlStore, StoreError};
use axum::body::Bytes;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// For so long the assembled document is used without asking whether anything changed.
const REVALIDATE_AFTER: Duration = Duration::from_secs(1);
/// Changes that are read at a time.
const PAGE: u32 = 500;

/// The document at one moment.
#[derive(Clone, Debug)]
pub struct BrandBundle {
    /// The FHIR Bundle.
    pub body: Bytes,
    /// Its weak entity tag (SMART App Launch 2.2, "User-access Brands").
    pub etag: String,
}

#[derive(Default)]
struct Parts {
    /// Up to which change the parts are known.
    generation: i64,
    by_tenant: BTreeMap<TenantId, String>,
}

struct Held {
    bundle: Arc<BrandBundle>,
    checked_at: Timestamp,
}

/// The publication on this node.
#[derive(Default)]
pub(super) struct BrandPublication {
    held: RwLock<Option<Held>>,
    parts: Mutex<Parts>,
}

impl fmt::Debug for BrandPublication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrandPublication")
    }
}

impl BrandPublication {
    /// The document, no older than a second.
    pub(super) async fn current(&self, control: &ControlStore, now: Timestamp) -> Result<Arc<BrandBundle>, StoreError> {
        if let Some(bundle) = self.fresh(now) {
            return Ok(bundle);
        }
        // One request renews; those beside it wait for it and then find the document fresh.
        let mut parts = self.parts.lock().await;
        if let Some(bundle) = self.fresh(now) {
            return Ok(bundle);
        }
        let mut rows = control.read().await?;
        let state = rows.brand_publication().await?;
        loop {
            let changes = rows.list_brand_changes(parts.generation, PAGE).await?;
            let last = changes.len() < PAGE as usize;
            for change in changes {
                parts.generation = parts.generation.max(change.generation);
                match change.entries {
                    Some(entries) => parts.by_tenant.insert(change.tenant, entries),
                    None => parts.by_tenant.remove(&change.tenant),
                };
            }
            if last {
                break;
            }
        }
        rows.commit().await?;
        let etag = format!("W/\"{}-{}\"", parts.generation, state.changed_at.micros());
        let known = self.held().filter(|bundle| bundle.etag == etag);
        let bundle = known.unwrap_or_else(|| {
            let text = brands::bundle(parts.by_tenant.values().map(String::as_str), state.changed_at);
            let body = Bytes::from(text);
            Arc::new(BrandBundle { body, etag })
        });
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Held {
            bundle: bundle.clone(),
            checked_at: now,
        });
        Ok(bundle)
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<BrandBundle>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref()
            .filter(|held| now.since(held.checked_at) < REVALIDATE_AFTER)
            .map(|held| held.bundle.clone())
    }

    fn held(&self) -> Option<Arc<BrandBundle>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|held| held.bundle.clone())
    }
}
