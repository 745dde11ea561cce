//! Sign-in from upstream: an identity provider's answer becomes an [`Assertion`], the tenant's rules make an
//! [`mapping::Identity`] of it. One account per (tenant, identity provider, subject), whatever the protocol.

pub mod assertion;
pub mod local;
pub mod mapping;
pub mod oidc;

pub use assertion::{Assertion, Protocol, UpstreamSubject};
