//! Rules of the wire: OAuth 2.0, OpenID Connect and JOSE. Pure: no I/O, no store, no clock of its own.

pub mod client;
pub mod client_registration;
pub mod error;
pub mod jose;
pub mod parameters;
pub mod pkce;
pub mod redirect_uri;

pub use client::{Client, ClientId};
pub use error::{ErrorCode, OAuthError};
pub use parameters::Parameters;
pub use redirect_uri::{RedirectUri, RegisteredRedirectUri};
