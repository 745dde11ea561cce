//! The control database: which tenants exist, their state, placement and wrapped data keys.

mod brands;
mod data_keys;
mod directory_apps;
mod fleet;
mod onboarding;
mod provider_upkeep;
mod tenant_counts;
mod tenants;
mod traffic;

pub use brands::{BrandPublicationState, BrandsRecord, PublishedBrands};
pub use directory_apps::{DirectoryAppRecord, DirectoryState};
pub use fleet::{NodeRecord, OpenBreaker, ProviderHealth, TenantProviderHealth};
pub use onboarding::{OnboardingStep, StepRecord, StepState};
pub use provider_upkeep::DueProvider;
pub use tenant_counts::{SchemaProgress, TenantCount};
pub use tenants::{Placement, TenantRecord, TenantStatus, Tier};
pub use traffic::{FleetHour, LATENCY_BOUNDS, StandsOut, TenantHour, Traffic};

use super::{ControlTx, Database, StoreError};

/// The only door to the control database.
#[derive(Clone, Debug)]
pub struct ControlStore(Database);

impl ControlStore {
    /// Over an open database with [`super::Schema::Control`].
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Begins a write transaction.
    pub async fn begin(&self) -> Result<ControlTx, StoreError> {
        ControlTx::write(&self.0).await
    }

    /// Begins reading. Writes through it fail.
    pub async fn read(&self) -> Result<ControlTx, StoreError> {
        ControlTx::read(&self.0).await
    }

    /// Answers whether the database responds.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.check().await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
