//! The metadata document of a tenant's authorization server (RFC 8414, OpenID Connect Discovery).

use super::client::TokenEndpointAuthMethod;
use super::grant_type::GrantType;
use super::jose::SigningAlgorithm;
use super::jose::encryption::{ContentEncryption, KeyEncryption};
use super::prompt::PROMPT_VALUES;
use super::response_type::ResponseMode;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a tenant really offers. Nothing reaches the document that is not in here.
///
/// All addresses are absolute. An endpoint that is `None` does not exist.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an offer of its own")]
pub struct Offer {
    /// The issuer.
    pub issuer: String,
    /// The authorization endpoint.
    pub authorization_endpoint: String,
    /// The token endpoint.
    pub token_endpoint: String,
    /// The key set.
    pub jwks_uri: String,
    /// The UserInfo endpoint.
    pub userinfo_endpoint: Option<String>,
    /// The registration endpoint.
    pub registration_endpoint: Option<String>,
    /// The revocation endpoint.
    pub revocation_endpoint: Option<String>,
    /// The introspection endpoint.
    pub introspection_endpoint: Option<String>,
    /// The logout endpoint.
    pub end_session_endpoint: Option<String>,
    /// The device authorization endpoint.
    pub device_authorization_endpoint: Option<String>,
    /// The endpoint for pushed requests.
    pub pushed_authorization_request_endpoint: Option<String>,
    /// Whether every request has to be pushed.
    pub require_pushed_authorization_requests: bool,
    /// Grant types.
    pub grant_types: BTreeSet<GrantType>,
    /// Authentication methods of the token endpoint.
    pub auth_methods: Vec<TokenEndpointAuthMethod>,
    /// Algorithms of client assertions.
    pub assertion_algorithms: Vec<SigningAlgorithm>,
    /// Algorithms with a published key, for ID tokens.
    pub id_token_algorithms: BTreeSet<SigningAlgorithm>,
    /// Algorithms of DPoP proofs; empty when DPoP is not offered.
    pub dpop_algorithms: BTreeSet<SigningAlgorithm>,
    /// Scopes worth telling.
    pub scopes: Vec<String>,
    /// Claims worth telling.
    pub claims: Vec<String>,
    /// `acr` values the tenant can assert.
    pub acr_values: Vec<String>,
    /// Languages of the pages, as BCP 47 tags.
    pub ui_locales: Vec<String>,
    /// Whether the `claims` parameter is honoured.
    pub claims_parameter: bool,
    /// Types of `authorization_details` (RFC 9396); empty when they are not offered.
    pub authorization_details_types: Vec<&'static str>,
    /// Whether signed request objects are honoured (RFC 9101).
    pub request_parameter: bool,
    /// Whether they are fetched from registered addresses.
    pub request_uri_parameter: bool,
    /// Their algorithms; empty when there are none.
    pub request_object_algorithms: Vec<SigningAlgorithm>,
    /// Whether answers are signed for those who ask (JARM).
    pub signed_responses: bool,
    /// Whether subjects can differ by sector.
    pub pairwise_subjects: bool,
    /// Whether ID tokens and userinfo can be encrypted.
    pub encrypted_tokens: bool,
    /// Whether clients are told of logouts (OpenID Connect Back-Channel Logout).
    pub backchannel_logout: bool,
    /// Apps are told of ended sessions through the browser.
    pub frontchannel_logout: bool,
    /// Endpoints for clients that have certificates, by name (RFC 8705 section 5).
    pub mtls_endpoint_aliases: BTreeMap<&'static str, String>,
    /// Whether access tokens can be bound to certificates (RFC 8705 section 3.3).
    pub certificate_bound_access_tokens: bool,
    /// A page for developers.
    pub service_documentation: Option<String>,
    /// The tenant's policy page.
    pub op_policy_uri: Option<String>,
    /// The tenant's terms.
    pub op_tos_uri: Option<String>,
}

impl Offer {
    /// Everything is signed with the keys that sign ID tokens.
    fn signing(&self) -> Vec<SigningAlgorithm> {
        self.id_token_algorithms.iter().copied().collect()
    }

    fn subject_types(&self) -> Vec<&'static str> {
        let pairwise = self.pairwise_subjects.then_some("pairwise");
        ["public"].into_iter().chain(pairwise).collect()
    }

    /// How something that `exists` can be encrypted.
    fn encryption(&self, exists: bool) -> (Vec<KeyEncryption>, Vec<ContentEncryption>) {
        if exists && self.encrypted_tokens {
            (KeyEncryption::ALL.to_vec(), ContentEncryption::ALL.to_vec())
        } else {
            (Vec::new(), Vec::new())
        }
    }
}

/// The document. Absent members are left out: `null` or an empty array would mean "none supported" (RFC 8414 section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the members are those of the standards")]
#[expect(
    missing_docs,
    reason = "the members are those of RFC 8414 section 2 and OpenID Connect Discovery section 3"
)]
pub struct AuthorizationServerMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pushed_authorization_requests: Option<bool>,
    pub response_types_supported: Vec<&'static str>,
    pub response_modes_supported: Vec<&'static str>,
    pub grant_types_supported: Vec<GrantType>,
    pub subject_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_alg_values_supported: Vec<KeyEncryption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub id_token_encryption_enc_values_supported: Vec<ContentEncryption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub userinfo_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_alg_values_supported: Vec<KeyEncryption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub userinfo_encryption_enc_values_supported: Vec<ContentEncryption>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub token_endpoint_auth_methods_supported: Vec<TokenEndpointAuthMethod>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub code_challenge_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims_supported: Vec<String>,
    pub claim_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acr_values_supported: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ui_locales_supported: Vec<String>,
    pub prompt_values_supported: Vec<&'static str>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_uri_parameter_supported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_request_uri_registration: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_object_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_session_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_session_supported: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mtls_endpoint_aliases: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_certificate_bound_access_tokens: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_tos_uri: Option<String>,
}

impl From<Offer> for AuthorizationServerMetadata {
    fn from(offer: Offer) -> Self {
        // Algorithms are listed exactly where a method that signs is listed (RFC 8414 section 2).
        let algorithms_of = |methods: &[TokenEndpointAuthMethod]| {
            let signs = methods.contains(&TokenEndpointAuthMethod::PrivateKeyJwt);
            if signs {
                offer.assertion_algorithms.clone()
            } else {
                Vec::new()
            }
        };
        let methods_if = |exists: bool, public: bool| -> Vec<TokenEndpointAuthMethod> {
            let wanted =
                |method: &TokenEndpointAuthMethod| exists && (public || *method != TokenEndpointAuthMethod::None);
            offer.auth_methods.iter().copied().filter(wanted).collect()
        };
        let revocation_methods = methods_if(offer.revocation_endpoint.is_some(), true);
        // RFC 7662 section 2.1: a caller without authentication could scan for tokens.
        let introspection_methods = methods_if(offer.introspection_endpoint.is_some(), false);
        let pushed = offer.pushed_authorization_request_endpoint.is_some();
        let logout = offer.backchannel_logout.then_some(true);
        let userinfo = offer.userinfo_endpoint.is_some();
        let (signing, subject_types) = (offer.signing(), offer.subject_types());
        let (userinfo_alg, userinfo_enc) = offer.encryption(userinfo);
        let (id_token_alg, id_token_enc) = offer.encryption(true);
        Self {
            revocation_endpoint_auth_signing_alg_values_supported: algorithms_of(&revocation_methods),
            revocation_endpoint_auth_methods_supported: revocation_methods,
            introspection_endpoint_auth_signing_alg_values_supported: algorithms_of(&introspection_methods),
            introspection_endpoint_auth_methods_supported: introspection_methods,
            // RFC 9701 section 7.
            introspection_signing_alg_values_supported: offer
                .introspection_endpoint
                .iter()
                .map(|_| SigningAlgorithm::RS256)
                .collect(),
            token_endpoint_auth_signing_alg_values_supported: algorithms_of(&offer.auth_methods),
            token_endpoint_auth_methods_supported: offer.auth_methods,
            issuer: offer.issuer,
            authorization_endpoint: offer.authorization_endpoint,
            token_endpoint: offer.token_endpoint,
            jwks_uri: offer.jwks_uri,
            userinfo_endpoint: offer.userinfo_endpoint,
            registration_endpoint: offer.registration_endpoint,
            revocation_endpoint: offer.revocation_endpoint,
            introspection_endpoint: offer.introspection_endpoint,
            end_session_endpoint: offer.end_session_endpoint,
            device_authorization_endpoint: offer.device_authorization_endpoint,
            pushed_authorization_request_endpoint: offer.pushed_authorization_request_endpoint,
            require_pushed_authorization_requests: pushed.then_some(offer.require_pushed_authorization_requests),
            response_types_supported: vec!["code"],
            response_modes_supported: ResponseMode::names(offer.signed_responses),
            grant_types_supported: offer.grant_types.into_iter().collect(),
            subject_types_supported: subject_types,
            id_token_encryption_alg_values_supported: id_token_alg,
            id_token_encryption_enc_values_supported: id_token_enc,
            userinfo_signing_alg_values_supported: signing.iter().copied().filter(|_| userinfo).collect(),
            userinfo_encryption_alg_values_supported: userinfo_alg,
            userinfo_encryption_enc_values_supported: userinfo_enc,
            authorization_signing_alg_values_supported: signing
                .iter()
                .copied()
                .filter(|_| offer.signed_responses)
                .collect(),
            id_token_signing_alg_values_supported: signing,
            code_challenge_methods_supported: vec!["S256"],
            scopes_supported: offer.scopes,
            claims_supported: offer.claims,
            claim_types_supported: vec!["normal"],
            acr_values_supported: offer.acr_values,
            ui_locales_supported: offer.ui_locales,
            prompt_values_supported: PROMPT_VALUES.to_vec(),
            claims_parameter_supported: offer.claims_parameter,
            request_parameter_supported: offer.request_parameter,
            // Absent would mean true (OpenID Connect Discovery section 3).
            request_uri_parameter_supported: offer.request_uri_parameter,
            require_request_uri_registration: offer.request_uri_parameter.then_some(true),
            request_object_signing_alg_values_supported: offer.request_object_algorithms,
            authorization_response_iss_parameter_supported: true, // RFC 9207 section 3
            authorization_details_types_supported: offer.authorization_details_types, // RFC 9396 section 10
            dpop_signing_alg_values_supported: offer.dpop_algorithms.into_iter().collect(),
            frontchannel_logout_supported: offer.frontchannel_logout.then_some(true),
            frontchannel_logout_session_supported: offer.frontchannel_logout.then_some(true),
            backchannel_logout_supported: logout,
            backchannel_logout_session_supported: logout,
            mtls_endpoint_aliases: offer.mtls_endpoint_aliases,
            tls_client_certificate_bound_access_tokens: offer.certificate_bound_access_tokens.then_some(true),
            service_documentation: offer.service_documentation,
            op_policy_uri: offer.op_policy_uri,
            op_tos_uri: offer.op_tos_uri,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn offer() -> Offer {
        Offer {
            issuer: "https://host/t/auth".into(),
            authorization_endpoint: "https://host/t/auth/authorize".into(),
            token_endpoint: "https://host/t/auth/token".into(),
            jwks_uri: "https://host/t/auth/jwks".into(),
            grant_types: BTreeSet::from([GrantType::AuthorizationCode]),
            auth_methods: vec![
                TokenEndpointAuthMethod::None,
                TokenEndpointAuthMethod::ClientSecretBasic,
            ],
            assertion_algorithms: vec![SigningAlgorithm::RS384, SigningAlgorithm::ES384],
            id_token_algorithms: BTreeSet::from([SigningAlgorithm::RS256]),
            ..Offer::default()
        }
    }

    fn document(offer: Offer) -> Value {
        serde_json::to_value(AuthorizationServerMetadata::from(offer)).unwrap()
    }

    #[test]
    fn no_member_is_null_or_an_empty_array() {
        for (name, value) in document(offer()).as_object().unwrap() {
            assert!(
                !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_not_offered_is_not_mentioned() {
        let document = document(offer());
        for name in [
            "userinfo_endpoint",
            "introspection_endpoint",
            "introspection_endpoint_auth_methods_supported",
            "revocation_endpoint_auth_methods_supported",
            "require_pushed_authorization_requests",
            "token_endpoint_auth_signing_alg_values_supported",
            "request_object_signing_alg_values_supported",
            "dpop_signing_alg_values_supported",
            "backchannel_logout_supported",
        ] {
            assert!(document.get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn members_whose_absence_means_something_else_are_always_there() {
        let document = document(offer());
        assert_eq!(document["grant_types_supported"], json!(["authorization_code"]));
        assert_eq!(document["response_modes_supported"], json!(["query", "form_post"]));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["request_uri_parameter_supported"], json!(false));
        assert_eq!(document["authorization_response_iss_parameter_supported"], json!(true));
        assert_eq!(
            document["token_endpoint_auth_methods_supported"],
            json!(["none", "client_secret_basic"])
        );
        assert_eq!(document["subject_types_supported"], json!(["public"]));
    }

    #[test]
    fn signature_algorithms_are_listed_with_a_method_that_signs() {
        let mut with_keys = offer();
        with_keys.auth_methods.push(TokenEndpointAuthMethod::PrivateKeyJwt);
        with_keys.introspection_endpoint = Some("https://host/t/auth/introspect".into());
        let document = document(with_keys);
        for name in [
            "token_endpoint_auth_signing_alg_values_supported",
            "introspection_endpoint_auth_signing_alg_values_supported",
        ] {
            assert_eq!(document[name], json!(["RS384", "ES384"]), "{name}");
        }
    }

    #[test]
    fn introspection_is_never_offered_without_authentication() {
        let mut open = offer();
        open.introspection_endpoint = Some("https://host/t/auth/introspect".into());
        open.revocation_endpoint = Some("https://host/t/auth/revoke".into());
        let document = document(open);
        assert_eq!(
            document["introspection_endpoint_auth_methods_supported"],
            json!(["client_secret_basic"])
        );
        assert_eq!(
            document["revocation_endpoint_auth_methods_supported"],
            json!(["none", "client_secret_basic"])
        );
    }

    #[test]
    fn no_list_of_signature_algorithms_holds_none() {
        let mut full = offer();
        full.auth_methods.push(TokenEndpointAuthMethod::PrivateKeyJwt);
        full.request_parameter = true;
        full.request_object_algorithms = SigningAlgorithm::ALL.to_vec();
        full.signed_responses = true;
        full.dpop_algorithms = SigningAlgorithm::ALL.into_iter().collect();
        let document = document(full);
        let members = document.as_object().unwrap();
        let lists: Vec<_> = members
            .iter()
            .filter(|(name, _)| name.contains("_alg_values_"))
            .collect();
        assert_eq!(lists.len(), 5);
        for (name, list) in lists {
            assert!(!list.as_array().unwrap().contains(&json!("none")), "{name}");
        }
    }
}
