//! The claims of an ID token (OpenID Connect Core section 2).

use super::client::ClientId;
use super::jose::{SigningAlgorithm, encode};
use crate::kernel::Timestamp;
use crate::kernel::id::TenantId;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Hard cap of an ID token's life.
const LIFETIME_CAP: Duration = Duration::from_hours(1);

/// The claims of an ID token. Absent members are left out, never `null`; profile claims belong to UserInfo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// The tenant's issuer.
    pub iss: String,
    /// The user: stable, never reassigned, not an e-mail address.
    pub sub: String,
    /// The client, as one string; so there is no `azp`.
    pub aud: ClientId,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// When the user signed in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The request's `nonce`, unchanged; absent when there was none, and on refresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How strongly the user signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what methods the user signed in (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Binds the access token issued beside it; see [`at_hash`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The session, for clients that registered a logout address (OpenID Connect Back-Channel Logout section 2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The user's FHIR resource, as an absolute URL (SMART App Launch 2.2, Scopes for requesting identity data).
    #[serde(rename = "fhirUser", default, skip_serializing_if = "Option::is_none")]
    pub fhir_user: Option<String>,
    /// The same value as `fhirUser`, for older SMART apps, which read the user's resource from `profile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The user's name, for clients that ask for it here (OpenID Connect Core section 5.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user's e-mail address, for clients that ask for it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The tenant, for clients that ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
}

impl IdTokenClaims {
    /// The claims every ID token has; the others are set on the result. The life is cut at one hour.
    pub fn new(issuer: &str, subject: &str, client: &ClientId, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            iss: issuer.to_owned(),
            sub: subject.to_owned(),
            aud: client.clone(),
            iat: now.seconds(),
            exp: (now + lifetime.min(LIFETIME_CAP)).seconds(),
            auth_time: None,
            nonce: None,
            acr: None,
            amr: Vec::new(),
            at_hash: None,
            sid: None,
            fhir_user: None,
            profile: None,
            name: None,
            email: None,
            tenant_id: None,
        }
    }
}

/// The left half of the access token's hash, by the hash of the ID token's algorithm (OpenID Connect Core section 3.1.3.6).
pub fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let full = digest::digest(algorithm.hash(), access_token.as_bytes());
    let bytes = full.as_ref();
    encode(bytes.get(..bytes.len() / 2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(lifetime: Duration) -> IdTokenClaims {
        let client = ClientId::parse("app").unwrap();
        IdTokenClaims::new(
            "https://host/t/auth",
            "acc_1",
            &client,
            Timestamp::from_seconds(1_800_000_000),
            lifetime,
        )
    }

    #[test]
    fn a_bare_token_has_exactly_the_required_claims() {
        assert_eq!(
            serde_json::to_value(claims(Duration::from_mins(10))).unwrap(),
            json!({"iss": "https://host/t/auth", "sub": "acc_1", "aud": "app", "iat": 1_800_000_000, "exp": 1_800_000_600})
        );
    }

    #[test]
    fn claims_have_the_names_of_the_standards() {
        let mut token = claims(Duration::from_mins(10));
        token.fhir_user = Some("https://host/t/fhir/Patient/1".into());
        token.nonce = Some("n".into());
        token.at_hash = Some("h".into());
        let value = serde_json::to_value(token).unwrap();
        assert_eq!(value["fhirUser"], "https://host/t/fhir/Patient/1");
        assert_eq!(value["nonce"], "n");
        assert_eq!(value["at_hash"], "h");
    }

    #[test]
    fn no_token_outlives_an_hour() {
        let token = claims(Duration::from_hours(5));
        assert_eq!(token.exp - token.iat, 3600);
    }

    #[test]
    fn at_hash_matches_the_example_of_the_standard() {
        // OpenID Connect Core appendix A.4: access token and at_hash of its RS256 ID token.
        assert_eq!(
            at_hash(SigningAlgorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }

    #[test]
    fn at_hash_is_half_the_hash_of_the_algorithm() {
        for (algorithm, length) in [
            (SigningAlgorithm::PS256, 22),
            (SigningAlgorithm::ES256, 22),
            (SigningAlgorithm::RS384, 32),
            (SigningAlgorithm::ES384, 32),
            (SigningAlgorithm::EdDSA, 43),
        ] {
            assert_eq!(at_hash(algorithm, "token").len(), length, "{algorithm}");
        }
    }
}
