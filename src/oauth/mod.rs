//! Rules of the wire: OAuth 2.0, OpenID Connect and JOSE. Pure: no I/O, no store, no clock of its own.

pub mod access_token;
pub mod asking;
pub mod authorization_request;
pub mod claims_request;
pub mod client;
pub mod client_assertion;
pub mod client_authentication;
pub mod client_metadata;
pub mod client_registration;
pub mod dpop;
pub mod error;
pub mod grant_type;
pub mod id_token;
pub mod jose;
pub mod limits;
pub mod logout_token;
pub mod metadata;
pub mod openid_metadata;
pub mod parameters;
pub mod pkce;
pub mod profile;
pub mod prompt;
pub mod redirect_uri;
pub mod request_object;
pub mod response_type;
pub mod software_statement;
pub mod user_assertion;
mod user_code;

pub use asking::AskConsent;
pub use authorization_request::AuthorizationRequest;
pub use client::{Client, ClientId};
pub use error::{ErrorCode, OAuthError};
pub use parameters::Parameters;
pub use redirect_uri::{RedirectUri, RegisteredRedirectUri};
pub use user_code::UserCode;
