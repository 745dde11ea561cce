//! Signatures of a provider over what is no ID token: logout tokens and UserInfo answers.

use super::config::OidcProviderConfig;
use super::directory::Provider;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::{JsonWebKey as _, JsonWebKeyId};
use serde_json::{Map, Value};

/// Whether a key of the provider signed it, with an accepted algorithm: the key it names, or any when it names none.
pub(super) fn verifies(
    provider: &Provider,
    config: &OidcProviderConfig,
    header: &Map<String, Value>,
    raw: &str,
) -> bool {
    let member = |name: &str| header.get(name).and_then(Value::as_str);
    let Some((signed, signature)) = raw.rsplit_once('.') else {
        return false;
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    // The list is the tenant's, never the provider's own (RFC 8725 section 3.1).
    let accepted = config
        .id_token_algorithms
        .iter()
        .find(|allowed| Some(allowed.as_str()) == member("alg"));
    let Some(algorithm) = accepted else {
        return false;
    };
    let named = member("kid").map(str::to_owned).map(JsonWebKeyId::new);
    provider
        .keys
        .keys()
        .iter()
        .filter(|key| named.is_none() || key.key_id() == named.as_ref())
        .any(|key| {
            key.verify_signature(&algorithm.core(), signed.as_bytes(), &signature)
                .is_ok()
        })
}
