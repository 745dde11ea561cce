//! Where a tenant's rows live: opening dedicated databases lazily, closing idle ones, and leaving broken ones alone.

use super::{Database, DatabaseUrl, Schema, StoreError};
use crate::kernel::id::TenantId;
use crate::kernel::{Clock, Timestamp};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use std::sync::Arc;
use std::time::Duration;

/// How many dedicated databases stay open, for how long, and when a broken one is tried again.
#[derive(Clone, Debug)]
pub struct PlacementSettings {
    /// The most databases open at once; the least recently used is closed first.
    pub max_open: u64,
    /// An unused database is closed after this time.
    pub close_after_idle: Duration,
    /// Connections per dedicated PostgreSQL database.
    pub connections_each: u32,
    /// Failures in a row after which a database is left alone.
    pub failures_to_open_breaker: u32,
    /// How long it is then left alone.
    pub breaker_pause: Duration,
}

impl Default for PlacementSettings {
    fn default() -> Self {
        Self {
            max_open: 256,
            close_after_idle: Duration::from_mins(30),
            connections_each: 4,
            failures_to_open_breaker: 3,
            breaker_pause: Duration::from_secs(10),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    in_a_row: u32,
    last: Timestamp,
}

/// The open dedicated databases, at most one opening per tenant at a time.
#[derive(Clone, Debug)]
pub struct DedicatedStores {
    open: Cache<TenantId, Database>,
    failures: Cache<TenantId, Failures>,
    settings: PlacementSettings,
    clock: Arc<dyn Clock>,
}

impl DedicatedStores {
    /// With nothing open yet.
    pub fn new(settings: PlacementSettings, clock: Arc<dyn Clock>) -> Self {
        let open = Cache::builder()
            .max_capacity(settings.max_open)
            .time_to_idle(settings.close_after_idle)
            // The default policy may refuse, and so close, the database that was just opened.
            .eviction_policy(EvictionPolicy::lru())
            .async_eviction_listener(|_tenant, database: Database, _cause| {
                Box::pin(async move { database.close().await })
            })
            .build();
        let failures = Cache::builder()
            .max_capacity(settings.max_open.saturating_mul(16))
            .build();
        Self {
            open,
            failures,
            settings,
            clock,
        }
    }

    /// The tenant's own database, opened and migrated if it was not.
    ///
    /// # Errors
    /// [`StoreError::BreakerOpen`] without an attempt while the breaker is open; else what opening said.
    pub async fn get(&self, tenant: TenantId, url: &DatabaseUrl) -> Result<Database, StoreError> {
        if let Some(database) = self.open.get(&tenant).await {
            return Ok(database);
        }
        self.check_breaker(tenant).await?;
        let connections = self.settings.connections_each;
        let opened = self
            .open
            .try_get_with(tenant, Database::open(url, Schema::Tenant, connections))
            .await;
        match opened {
            Ok(database) => {
                self.failures.invalidate(&tenant).await;
                Ok(database)
            }
            Err(error) => {
                self.record_failure(tenant).await;
                Err(StoreError::Unfit(format!(
                    "the dedicated database could not be opened: {error}"
                )))
            }
        }
    }

    /// Forgets an open database whose connections turned out to be dead; the next caller opens it anew.
    pub async fn reopen(&self, tenant: TenantId) {
        self.open.invalidate(&tenant).await;
    }

    /// Notes that a statement could not reach the database.
    pub async fn record_failure(&self, tenant: TenantId) {
        let in_a_row = self.failures.get(&tenant).await.map_or(0, |failures| failures.in_a_row) + 1;
        self.failures
            .insert(
                tenant,
                Failures {
                    in_a_row,
                    last: self.clock.now(),
                },
            )
            .await;
    }

    /// How many databases are open.
    pub async fn open_count(&self) -> u64 {
        self.open.run_pending_tasks().await;
        self.open.entry_count()
    }

    /// After enough failures in a row one attempt is let through per pause, and refused in between.
    async fn check_breaker(&self, tenant: TenantId) -> Result<(), StoreError> {
        match self.failures.get(&tenant).await {
            Some(failures)
                if failures.in_a_row >= self.settings.failures_to_open_breaker
                    && self.clock.now().since(failures.last) < self.settings.breaker_pause =>
            {
                Err(StoreError::BreakerOpen)
            }
            _ => Ok(()),
        }
    }

    /// Closes every open database.
    pub async fn close(&self) {
        self.open.invalidate_all();
        self.open.run_pending_tasks().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{ManualClock, SeededEntropy};

    fn tenant(seed: u64) -> TenantId {
        TenantId::new(Timestamp::EPOCH, &SeededEntropy::new(seed))
    }

    #[tokio::test]
    async fn a_broken_database_is_left_alone_after_three_failures_and_tried_again_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not-a-folder");
        std::fs::write(&file, b"x").unwrap();
        let broken = DatabaseUrl::Sqlite(file.join("tenant.db"));
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(100)));
        let stores = DedicatedStores::new(PlacementSettings::default(), clock.clone());
        for _ in 0..3 {
            assert!(matches!(
                stores.get(tenant(1), &broken).await,
                Err(StoreError::Unfit(_))
            ));
        }
        assert!(matches!(
            stores.get(tenant(1), &broken).await,
            Err(StoreError::BreakerOpen)
        ));
        let healthy = DatabaseUrl::Sqlite(folder.path().join("other.db"));
        assert!(stores.get(tenant(2), &healthy).await.is_ok());
        clock.advance(Duration::from_secs(11));
        assert!(matches!(
            stores.get(tenant(1), &broken).await,
            Err(StoreError::Unfit(_))
        ));
    }

    #[tokio::test]
    async fn the_number_of_open_databases_is_capped() {
        let folder = tempfile::tempdir().unwrap();
        let settings = PlacementSettings {
            max_open: 2,
            ..PlacementSettings::default()
        };
        let stores = DedicatedStores::new(settings, Arc::new(ManualClock::new(Timestamp::EPOCH)));
        for number in 0..5 {
            let url = DatabaseUrl::Sqlite(folder.path().join(format!("{number}.db")));
            stores.get(tenant(number), &url).await.unwrap();
        }
        assert!(stores.open_count().await <= 2);
    }
}
