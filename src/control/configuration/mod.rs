//! A tenant's configuration as a whole: its history, and configuration that is declared in files.
//!
//! A file is read ([`file`]), checked ([`desired`]), compared with what is there ([`current`], [`plan`]) and carried out
//! ([`apply`]). What an apply left is kept, so that the next one can tell its own work from that of others.

mod apply;
mod current;
mod desired;
mod difference;
mod export;
mod file;
mod history;
mod plan;

pub use apply::{Applied, ApplyOptions};
pub use desired::Fault;
pub use difference::{MemberChange, difference};
pub use export::{ExportedApp, ExportedProvider, ExportedTenant};
pub use file::{DeclaredPlacement, DeclaredProvider, FileError, Reference, TenantFile, TextOrReference, read};
pub use history::{ChangeSummary, Rollback, changing};
pub use plan::{Action, ApplyError, Drift, Plan, Step};
