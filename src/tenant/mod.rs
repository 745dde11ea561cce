//! Who is asked: the path names a tenant, and the tenant's context is the only door to its rows, keys and policy.

pub mod administrators;
mod brand_publication;
mod context;
mod directory;
pub mod document;
mod fhir_server;
mod issuer_urls;
pub mod local_accounts;
pub mod patient_directory;
pub mod profile;
mod refusal;
pub mod refusal_log;
pub mod refused;
pub mod registration;
pub mod roles;
pub mod sign_in_traces;
pub mod signing_keys;
mod slug;
mod spending;
mod subject;
mod traffic;

pub use brand_publication::BrandBundle;
pub use context::TenantCx;
pub use directory::{DirectoryParts, Tenant, TenantBrands, TenantDirectory};
pub use document::TenantDocument;
pub use issuer_urls::{IssuerUrls, PublicUrl};
pub use local_accounts::LocalAccountsDocument;
pub use patient_directory::PatientDirectoryDocument;
pub use refusal::TenantRefusal;
pub use refusal_log::RefusalLog;
pub use refused::{AboutRequest, RefusalMark};
pub use sign_in_traces::SignInTracesDocument;
pub use slug::{InvalidSlug, Slug};
pub use spending::Spending;
pub use traffic::{Counted, TrafficLog, Whose, hour_of};
