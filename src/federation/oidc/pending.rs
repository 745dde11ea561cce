//! What is asked of the provider, and what is remembered until the browser comes back.

use crate::kernel::{Secret, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use url::Url;

/// Prompts that are passed on (OpenID Connect Core 1.0 section 3.1.2.1). `consent` is ours and not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// No page may be shown.
    None,
    /// The user chooses an account.
    SelectAccount,
}

/// What this sign-in asks for beyond the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignInOptions {
    /// The user must prove who they are again: sends `prompt=login` and `max_age=0`, and checks `auth_time`.
    pub force: bool,
    /// Another prompt; ignored when `force` is set.
    pub prompt: Option<Prompt>,
    /// Greatest age of the last authentication in seconds.
    pub max_age: Option<u64>,
    /// Who is expected to sign in. Left out when longer than 256 bytes.
    pub login_hint: Option<String>,
    /// Contexts to prefer, in the provider's own words.
    pub acr_values: Vec<String>,
    /// Contexts of which one must be reached; empty for any.
    pub required_acr: Vec<String>,
    /// Languages for the provider's pages.
    pub ui_locales: Option<String>,
}

impl SignInOptions {
    pub(super) const fn upstream_prompt(&self) -> Option<&'static str> {
        match (self.force, self.prompt) {
            (true, _) => Some("login"),
            (false, Some(Prompt::None)) => Some("none"),
            (false, Some(Prompt::SelectAccount)) => Some("select_account"),
            (false, None) => None,
        }
    }
}

/// A sign-in under way. Its serialised form holds secrets: seal it before storing.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingSignIn {
    /// `state`; the store finds the sign-in by its hash.
    #[serde(serialize_with = "exposed")]
    pub state: Secret<String>,
    /// `nonce` that the ID token must repeat.
    #[serde(serialize_with = "exposed")]
    pub nonce: Secret<String>,
    /// The PKCE verifier.
    #[serde(serialize_with = "exposed")]
    pub pkce_verifier: Secret<String>,
    /// The issuer it was started at.
    pub issuer: String,
    /// The client id it was started with.
    pub client_id: String,
    /// The redirect URI sent, repeated in the token request.
    pub redirect_uri: Url,
    /// When it was started.
    pub started_at: Timestamp,
    /// `max_age` as sent: zero for a forced sign-in.
    pub max_age: Option<u64>,
    /// Contexts of which one must be reached; empty for any.
    pub required_acr: Vec<String>,
}

impl fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignIn")
            .field("issuer", &self.issuer)
            .field("started_at", &self.started_at)
            .finish_non_exhaustive()
    }
}

fn exposed<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}
