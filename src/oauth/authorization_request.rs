//! An authorization request after every check that needs no user.

use super::claims_request::ClaimsRequest;
use super::client::default_id_token_algorithm;
use super::jose::SigningAlgorithm;
use super::prompt::Prompt;
use super::response_type::ResponseMode;
use super::{ClientId, RedirectUri};
use crate::smart::AuthorizationDetails;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A checked authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1, SMART App Launch 2.2
/// "Obtain authorization code"). Kept, sealed, for as long as the user is under way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: ClientId,
    /// The redirect URI, registered, literally as sent.
    pub redirect_uri: RedirectUri,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What a signed answer is signed with.
    #[serde(default = "default_id_token_algorithm")]
    pub response_signing_alg: SigningAlgorithm,
    /// Echoed byte for byte.
    pub state: Option<String>,
    /// The requested scope, literally.
    pub scope: String,
    /// The PKCE challenge (S256).
    pub code_challenge: Option<String>,
    /// Copied to the ID token.
    pub nonce: Option<String>,
    /// Thumbprint of the key that has to redeem the code (RFC 9449 section 10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    /// The FHIR base that `aud` or `resource` names, as the tenant spells it.
    pub audience: String,
    /// Every FHIR base that the request names (RFC 8707 section 2), of which each access token is for one.
    #[serde(default)]
    pub resources: Vec<String>,
    /// What is asked for at single FHIR servers (RFC 9396); its scopes are in `scope` too.
    #[serde(default)]
    pub authorization_details: AuthorizationDetails,
    /// Single claims that are asked for, and how strong a sign-in is demanded (OpenID Connect Core section 5.5).
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// Which interaction the client wants or forbids.
    pub prompt: Prompt,
    /// The oldest sign-in the client accepts.
    pub max_age: Option<Duration>,
    /// Who the client thinks signs in.
    pub login_hint: Option<String>,
    /// Where the client thinks they sign in: the alias of an identity provider (`idp_hint`, ours).
    #[serde(default)]
    pub idp_hint: Option<String>,
    /// The subject of `id_token_hint`.
    pub hinted_subject: Option<String>,
    /// Wanted authentication contexts.
    pub acr_values: Option<String>,
    /// Wanted languages.
    pub ui_locales: Option<String>,
    /// Names the pushed request that it came from (RFC 9126), which is used up by its code.
    #[serde(default)]
    pub pushed: Option<String>,
}
