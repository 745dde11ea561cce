//! Who is asked: the path names a tenant, and the tenant's context is the only door to its rows, keys and policy.

mod context;
mod directory;
pub mod document;
mod fhir_server;
mod issuer_urls;
mod refusal;
mod slug;

pub use context::TenantCx;
pub use directory::{DirectoryParts, Tenant, TenantDirectory};
pub use document::TenantDocument;
pub use issuer_urls::{IssuerUrls, PublicUrl};
pub use refusal::TenantRefusal;
pub use slug::{InvalidSlug, Slug};
