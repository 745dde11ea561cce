//! All SQL: the two drivers, where a tenant's rows live, and one file per aggregate.
//!
//! Tenant rows are reached through [`TenantTx`] only, which is made from a [`TenantStore`] and binds the tenant itself.
//! The registry of tenants is reached through [`ControlStore`].

pub mod control;
mod driver;
mod error;
mod migrate;
mod placement;
mod sqlite_writer;
pub mod tenant;
mod transaction;

pub use control::ControlStore;
pub use driver::{Database, DatabaseUrl};
pub use error::StoreError;
pub use migrate::Schema;
pub use placement::{DedicatedStores, PlacementSettings};
pub use tenant::TenantStore;
pub use transaction::{ControlTx, TenantTx};
