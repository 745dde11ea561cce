//! Security profiles: named sets of rules, all of them here. Checks and metadata read them from here.

use super::client::TokenEndpointAuthMethod as Method;
use super::jose::SigningAlgorithm as Algorithm;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which set of rules a tenant or a client keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityProfile {
    /// SMART App Launch 2.2.
    #[default]
    Smart,
    /// OpenID Connect as relying parties outside health care know it: PKCE is a confidential client's choice, and assertions may
    /// be signed with any supported algorithm. What SMART demands of requests for FHIR data still holds.
    Oidc,
    /// FAPI 2.0 Security Profile.
    Fapi2,
}

/// The rules of a profile.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub struct ProfileRules {
    /// Whether confidential clients need PKCE unless their registration says otherwise. Public ones always do.
    pub pkce_for_all: bool,
    /// Whether every authorization request has to be pushed (FAPI 2.0 Security Profile section 5.3.2.2).
    pub pushed_requests: bool,
    /// Whether every access token has to be bound to its client's key (section 5.3.2.1).
    pub bound_tokens: bool,
    /// How clients may authenticate; the tenant may allow fewer.
    pub methods: &'static [Method],
    /// Algorithms of what clients sign that are accepted without being asked for.
    pub accepted: &'static [Algorithm],
    /// The only algorithms, for clients and for us: a setting cannot go beyond them (section 5.4.1).
    pub permitted: &'static [Algorithm],
    /// The algorithm in which a client's ID tokens and answers are signed unless it asks for another.
    pub answers: Algorithm,
    /// Whether the issuer is the only audience of a client assertion, whatever is registered (section 5.3.2.1).
    pub issuer_audience_only: bool,
    /// Whether redirect URIs are https, or on the loopback interface (section 5.3.2.2).
    pub https_redirects: bool,
    /// Whether a refresh token of a confidential client is replaced at every use; FAPI 2.0 forbids it (section 5.3.2.1).
    pub rotates_refresh_tokens: bool,
    /// The longest time between `nbf` and `exp` of a request object, both of which are then needed (FAPI 2.0 Message Signing
    /// section 5.3.1). `None`: both are optional.
    pub request_object_window: Option<Duration>,
}

/// SMART App Launch 2.2, asymmetric authentication: these two at least.
const SMART_ALGORITHMS: &[Algorithm] = &[Algorithm::RS384, Algorithm::ES384];
const ALL_METHODS: &[Method] = &[
    Method::None,
    Method::ClientSecretBasic,
    Method::ClientSecretPost,
    Method::PrivateKeyJwt,
    Method::TlsClientAuth,
    Method::SelfSignedTlsClientAuth,
];
/// FAPI 2.0 Security Profile section 5.4.1.
const FAPI_ALGORITHMS: &[Algorithm] = &[Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

static SMART: ProfileRules = ProfileRules {
    pkce_for_all: true,
    pushed_requests: false,
    bound_tokens: false,
    methods: ALL_METHODS,
    accepted: SMART_ALGORITHMS,
    permitted: &Algorithm::ALL,
    answers: Algorithm::RS256,
    issuer_audience_only: false,
    https_redirects: false,
    rotates_refresh_tokens: true,
    request_object_window: None,
};

static OIDC: ProfileRules = ProfileRules {
    pkce_for_all: false,
    pushed_requests: false,
    bound_tokens: false,
    methods: ALL_METHODS,
    accepted: &Algorithm::ALL,
    permitted: &Algorithm::ALL,
    answers: Algorithm::RS256, // OpenID Connect Dynamic Client Registration section 2
    issuer_audience_only: false,
    https_redirects: false,
    rotates_refresh_tokens: true,
    request_object_window: None,
};

static FAPI2: ProfileRules = ProfileRules {
    pkce_for_all: true,
    pushed_requests: true,
    bound_tokens: true,
    methods: &[
        Method::PrivateKeyJwt,
        Method::TlsClientAuth,
        Method::SelfSignedTlsClientAuth,
    ],
    accepted: FAPI_ALGORITHMS,
    permitted: FAPI_ALGORITHMS,
    answers: Algorithm::ES256,
    issuer_audience_only: true,
    https_redirects: true,
    rotates_refresh_tokens: false,
    request_object_window: Some(Duration::from_hours(1)),
};

impl SecurityProfile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::Smart, Self::Oidc, Self::Fapi2];

    /// The name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Smart => "smart",
            Self::Oidc => "oidc",
            Self::Fapi2 => "fapi2",
        }
    }

    /// Its rules.
    pub const fn rules(self) -> &'static ProfileRules {
        match self {
            Self::Smart => &SMART,
            Self::Oidc => &OIDC,
            Self::Fapi2 => &FAPI2,
        }
    }
}

impl ProfileRules {
    /// The algorithms accepted of clients where `additional` ones are allowed: those of the profile, and of the others what it
    /// permits.
    pub fn algorithms(&self, additional: &[Algorithm]) -> Vec<Algorithm> {
        let accepted = |algorithm: &Algorithm| self.accepted.contains(algorithm) || additional.contains(algorithm);
        self.permitted.iter().copied().filter(accepted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_cannot_go_beyond_fapi() {
        let list = SecurityProfile::Fapi2
            .rules()
            .algorithms(&[Algorithm::RS256, Algorithm::ES384]);
        assert_eq!(list, FAPI_ALGORITHMS);
    }

    #[test]
    fn smart_accepts_its_two_algorithms_and_others_by_choice() {
        let rules = SecurityProfile::Smart.rules();
        assert_eq!(rules.algorithms(&[]), SMART_ALGORITHMS);
        assert_eq!(
            rules.algorithms(&[Algorithm::PS256]),
            [Algorithm::RS384, Algorithm::PS256, Algorithm::ES384]
        );
    }

    #[test]
    fn names_are_those_of_the_settings() {
        for profile in SecurityProfile::ALL {
            assert_eq!(serde_json::to_value(profile).unwrap(), profile.as_str());
        }
    }
}
