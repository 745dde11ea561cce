//! Which rules hold for which client of a tenant, and what the tenant offers beyond the basics.

use super::TenantDocument;
use crate::oauth::Client;
use crate::oauth::client::{AssertionAudience, TokenEndpointAuthMethod};
use crate::oauth::client_registration::{ClientRegistration, Invalid};
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::openid_metadata::SubjectType;
use crate::oauth::profile::ProfileRules;
use serde::{Deserialize, Serialize};

/// Parts of OAuth and OpenID Connect that a tenant may switch off. What is off is refused, and not in discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an offer of its own")]
pub struct OffersDocument {
    /// Signed request objects in the parameter `request` (RFC 9101).
    pub request_objects: bool,
    /// Request objects that are fetched from a registered `request_uri` (OpenID Connect Core section 6.2).
    pub request_uris: bool,
    /// Signed authorization responses (JARM).
    pub signed_responses: bool,
    /// The parameter `claims` (OpenID Connect Core section 5.5).
    pub claims_parameter: bool,
    /// The parameter `authorization_details` (RFC 9396) with the type `smart_on_fhir`.
    pub authorization_details: bool,
    /// Subjects that differ by sector (OpenID Connect Core section 8.1).
    pub pairwise_subjects: bool,
    /// ID tokens and userinfo encrypted to the client (RFC 7516).
    pub encrypted_tokens: bool,
}

impl Default for OffersDocument {
    /// Each is of use only to clients that are registered for it.
    fn default() -> Self {
        Self {
            request_objects: true,
            request_uris: true,
            signed_responses: true,
            claims_parameter: true,
            authorization_details: true,
            pairwise_subjects: true,
            encrypted_tokens: true,
        }
    }
}

impl TenantDocument {
    /// The rules of a client: its own profile's, else the tenant's.
    pub fn rules_of(&self, client: &Client) -> &'static ProfileRules {
        client.profile.unwrap_or(self.profile).rules()
    }

    /// The algorithms in which client assertions may be signed where the client has no profile of its own.
    pub fn assertion_algorithms(&self) -> Vec<SigningAlgorithm> {
        self.profile.rules().algorithms(&self.additional_assertion_algorithms)
    }

    /// The algorithms in which a client may sign.
    pub fn algorithms_of(&self, client: &Client) -> Vec<SigningAlgorithm> {
        self.rules_of(client).algorithms(&self.additional_assertion_algorithms)
    }

    /// The ways of authenticating that are accepted where the client has no profile of its own.
    pub fn authentication_methods(&self) -> Vec<TokenEndpointAuthMethod> {
        let within = |method: &TokenEndpointAuthMethod| self.profile.rules().methods.contains(method);
        self.client_authentication_methods
            .iter()
            .copied()
            .filter(within)
            .collect()
    }

    /// Whether a client may authenticate the way it is registered for: the tenant accepts it, and so does its profile.
    pub fn accepts_authentication_of(&self, client: &Client) -> bool {
        let method = client.token_endpoint_auth_method;
        self.client_authentication_methods.contains(&method) && self.rules_of(client).methods.contains(&method)
    }

    /// Puts into a registration what its profile settles when it says nothing.
    pub fn complete_registration(&self, registration: &mut ClientRegistration) {
        let profile = registration.profile.unwrap_or(self.profile);
        let rules = profile.rules();
        let answers = || rules.answers.as_str().to_owned();
        registration.id_token_signed_response_alg.get_or_insert_with(answers);
        if rules.issuer_audience_only {
            registration.assertion_audience = Some(AssertionAudience::IssuerOnly);
        }
    }

    /// What profile and offers ask of a client.
    pub(super) fn check_client_profile(&self, client: &Client) -> Vec<Invalid> {
        let mut faults = Vec::new();
        let mut add = |member, problem: String| faults.push(Invalid { member, problem });
        let profile = client.profile.unwrap_or(self.profile);
        let (rules, openid) = (profile.rules(), &client.openid);
        if !rules.methods.contains(&client.token_endpoint_auth_method) {
            let names: Vec<_> = rules.methods.iter().map(|method| method.as_str()).collect();
            let problem = format!(
                "is not part of the profile {}; use {}",
                profile.as_str(),
                names.join(", ")
            );
            add("token_endpoint_auth_method", problem);
        }
        let secure = |uri: &str| {
            ["https://", "http://127.0.0.1", "http://[::1]"]
                .iter()
                .any(|start| uri.starts_with(start))
        };
        if rules.https_redirects && !client.redirect_uris.iter().all(|uri| secure(uri.as_str())) {
            add(
                "redirect_uris",
                format!("has to be https in the profile {}", profile.as_str()),
            );
        }
        for (member, algorithm) in [
            (
                "id_token_signed_response_alg",
                Some(client.id_token_signed_response_alg),
            ),
            (
                "token_endpoint_auth_signing_alg",
                client.token_endpoint_auth_signing_alg,
            ),
            ("request_object_signing_alg", openid.request_object_signing_alg),
            (
                "authorization_signed_response_alg",
                openid.authorization_signed_response_alg,
            ),
            ("userinfo_signed_response_alg", openid.userinfo_signed_response_alg),
        ] {
            if algorithm.is_some_and(|algorithm| !rules.permitted.contains(&algorithm)) {
                let names: Vec<_> = rules.permitted.iter().map(|algorithm| algorithm.as_str()).collect();
                add(
                    member,
                    format!(
                        "is not part of the profile {}; use {}",
                        profile.as_str(),
                        names.join(", ")
                    ),
                );
            }
        }
        let offers = &self.offers;
        let off = [
            (
                "request_object_signing_alg",
                openid.require_signed_request_object || openid.request_object_signing_alg.is_some(),
                offers.request_objects || offers.request_uris,
            ),
            ("request_uris", !openid.request_uris.is_empty(), offers.request_uris),
            (
                "authorization_signed_response_alg",
                openid.authorization_signed_response_alg.is_some(),
                offers.signed_responses,
            ),
            (
                "authorization_details_types",
                !openid.authorization_details_types.is_empty(),
                offers.authorization_details,
            ),
            (
                "subject_type",
                openid.subject_type == SubjectType::Pairwise,
                offers.pairwise_subjects,
            ),
            (
                "id_token_encrypted_response_alg",
                openid.wants_encryption(),
                offers.encrypted_tokens,
            ),
        ];
        for (member, wanted, offered) in off {
            if wanted && !offered {
                add(member, "is not offered at this tenant".to_owned());
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::ClientId;
    use crate::oauth::redirect_uri::RegisteredBy;
    use serde_json::{Value, json};

    fn faults(settings: Value, change: &Value) -> Vec<&'static str> {
        let document: TenantDocument = serde_json::from_value(settings).unwrap();
        let mut metadata = json!({
            "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://app.example/jwks",
        });
        for (name, value) in change.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        let mut registration: ClientRegistration = serde_json::from_value(metadata).unwrap();
        document.complete_registration(&mut registration);
        let client = registration
            .validate(ClientId::parse("app").unwrap(), RegisteredBy::Administrator)
            .unwrap();
        document
            .check_client_profile(&client)
            .into_iter()
            .map(|fault| fault.member)
            .collect()
    }

    #[test]
    fn fapi_takes_clients_with_keys_at_https_addresses_and_its_algorithms() {
        let fapi = || json!({ "profile": "fapi2" });
        assert_eq!(faults(fapi(), &json!({})), [""; 0]);
        assert_eq!(
            faults(fapi(), &json!({ "token_endpoint_auth_method": "client_secret_basic" })),
            ["token_endpoint_auth_method"]
        );
        assert_eq!(
            faults(fapi(), &json!({ "id_token_signed_response_alg": "RS256" })),
            ["id_token_signed_response_alg"]
        );
        let native = json!({ "application_type": "native", "redirect_uris": ["com.example.app:/cb"] });
        assert_eq!(faults(fapi(), &native), ["redirect_uris"]);
        let local = json!({ "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"] });
        assert_eq!(faults(fapi(), &local), [""; 0]);
    }

    #[test]
    fn a_client_may_have_a_profile_of_its_own() {
        let strict = json!({ "profile": "fapi2", "token_endpoint_auth_method": "client_secret_basic" });
        assert_eq!(faults(json!({}), &strict), ["token_endpoint_auth_method"]);
        let open = json!({ "profile": "oidc", "token_endpoint_auth_method": "client_secret_basic" });
        assert_eq!(faults(json!({ "profile": "fapi2" }), &open), [""; 0]);
    }

    #[test]
    fn what_the_tenant_does_not_offer_cannot_be_registered() {
        let off = |name: &str| json!({ "offers": { name: false } });
        for (offer, member, value) in [
            ("request_uris", "request_uris", json!(["https://app.example/r"])),
            ("signed_responses", "authorization_signed_response_alg", json!("ES256")),
            (
                "authorization_details",
                "authorization_details_types",
                json!(["smart_on_fhir"]),
            ),
            ("pairwise_subjects", "subject_type", json!("pairwise")),
            ("encrypted_tokens", "id_token_encrypted_response_alg", json!("ECDH-ES")),
        ] {
            assert_eq!(faults(off(offer), &json!({ member: value })), [member]);
            assert_eq!(faults(json!({}), &json!({ member: value })), [""; 0]);
        }
    }
}
