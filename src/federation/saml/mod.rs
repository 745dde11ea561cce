//! SAML 2.0 service provider, towards a tenant's identity provider (SAML Profiles 2.0 sections 4.1 and 4.4).
//!
//! This room is pure: no input, no output, no clock. A message is parsed once ([`xml`]), must have the one legal shape
//! ([`shape`]) before any key is used, is verified on that same tree ([`crypto`]), and only what was verified can be read
//! ([`crypto::Proven`]). Each refusal names its [`Check`]. The endpoints are in [`super::saml_endpoints`].

mod assertion;
mod binding;
mod claims;
mod config;
mod crypto;
mod failure;
mod inspection;
mod logout;
mod metadata;
pub mod names;
pub mod policy;
mod response;
mod service_provider;
mod shape;
mod time;
mod xml;

pub use assertion::{AuthnStatement, NameId, SamlAttribute};
pub use binding::{MessageKind, RedirectMessage, decode_post, fits_relay_state, read_redirect, redirect_address};
pub use config::{IdpInitiated, InvalidSamlConfig, SamlProviderConfig};
pub use crypto::{KeyFault, PrivateKey, TrustedKey, TrustedKeys, end_of_certificate, sign_enveloped};
pub use failure::{Check, Refusal};
pub use inspection::{Inspection, Inspector};
pub use logout::{
    LogoutExpectation, LogoutMessage, LogoutRequest, LogoutResponse, Received, receive_post, receive_redirect,
};
pub use metadata::{Binding, Endpoint, IdpMetadata};
pub use response::{Accepted, Answers, Expectation, Require, accept, accept_xml};
pub use service_provider::{
    Comparison, Dispatch, Outgoing, RequestOptions, ServiceProvider, ServiceProviderKeys, new_id,
};

use super::Assertion;

/// `text` as it may stand in XML, as content or as the value of an attribute.
pub fn escape(text: &str) -> String {
    xml::escape(text)
}

/// The assertion as every protocol yields it. `subject_rule`: whether a mapping rule names the account, so that the NameID
/// need not.
pub fn assertion_of(accepted: Accepted, config: &SamlProviderConfig, subject_rule: bool) -> Result<Assertion, Refusal> {
    claims::assertion_of(accepted, config, subject_rule)
}
