//! The document at `.well-known/smart-configuration` (SMART App Launch 2.2, "Conformance").

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a SMART server promises (SMART App Launch 2.2, "SMART on FHIR Core Capabilities"), in the order they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Launch from inside an EHR.
    LaunchEhr,
    /// Launch from outside.
    LaunchStandalone,
    /// POST at the authorization endpoint.
    AuthorizePost,
    /// Clients without a credential.
    ClientPublic,
    /// Clients with a secret.
    ClientConfidentialSymmetric,
    /// Clients with a key.
    ClientConfidentialAsymmetric,
    /// Sign-in by OpenID Connect.
    SsoOpenidConnect,
    /// `need_patient_banner`.
    ContextBanner,
    /// `smart_style_url`.
    ContextStyle,
    /// `patient` in an EHR launch.
    ContextEhrPatient,
    /// `encounter` in an EHR launch.
    ContextEhrEncounter,
    /// `launch/patient` in a standalone launch.
    ContextStandalonePatient,
    /// `launch/encounter` in a standalone launch.
    ContextStandaloneEncounter,
    /// `offline_access`.
    PermissionOffline,
    /// `online_access`.
    PermissionOnline,
    /// `patient/` scopes.
    PermissionPatient,
    /// `user/` scopes.
    PermissionUser,
    /// Scopes of version 1.
    PermissionV1,
    /// Scopes of version 2, granular ones included.
    PermissionV2,
    /// App state (experimental).
    SmartAppState,
}

/// What a tenant really offers, as plain facts. The document is computed from these, so it cannot promise more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one independent fact, named as SMART names the capability"
)]
pub struct Offer {
    /// The EHR can launch apps.
    pub ehr_launch: bool,
    /// Apps can launch by themselves.
    pub standalone_launch: bool,
    /// Authorization requests may be posted.
    pub authorize_post: bool,
    /// Public clients are accepted.
    pub public_clients: bool,
    /// Clients with a secret are accepted.
    pub symmetric_clients: bool,
    /// Clients with a key are accepted.
    pub asymmetric_clients: bool,
    /// Client assertion algorithms, such as `RS384`; used with `asymmetric_clients`.
    pub assertion_algorithms: Vec<String>,
    /// The client credentials grant is open to backend services; takes effect with `asymmetric_clients`.
    pub backend_services: bool,
    /// id_tokens are issued.
    pub open_id: bool,
    /// The EHR says whether a patient banner is needed.
    pub banner: bool,
    /// The EHR has a style document.
    pub style: bool,
    /// An EHR launch can carry a patient.
    pub ehr_patient: bool,
    /// An EHR launch can carry an encounter.
    pub ehr_encounter: bool,
    /// A patient can be chosen in a standalone launch.
    pub standalone_patient: bool,
    /// An encounter can be chosen in a standalone launch.
    pub standalone_encounter: bool,
    /// `offline_access` can be granted.
    pub offline_access: bool,
    /// `online_access` can be granted.
    pub online_access: bool,
    /// `patient/` scopes can be granted.
    pub patient_scopes: bool,
    /// `user/` scopes can be granted.
    pub user_scopes: bool,
    /// Version 1 scopes are understood.
    pub scopes_v1: bool,
    /// Version 2 scopes are understood.
    pub scopes_v2: bool,
    /// App state can be kept at this FHIR server.
    pub app_state: bool,
    /// Scopes that really work; need not be all.
    pub scopes: Vec<String>,
    /// Other FHIR endpoints behind the same authorization server.
    pub associated_endpoints: Vec<AssociatedEndpoint>,
    /// The user-access brand bundle, if one is published.
    pub brand_bundle: Option<String>,
    /// Which brand in that bundle is this server's.
    pub brand_identifier: Option<BrandIdentifier>,
}

/// The absolute URLs of a tenant's authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// The issuer, byte for byte as in id_tokens.
    pub issuer: String,
    /// The public keys.
    pub jwks: String,
    /// The authorization endpoint.
    pub authorization: String,
    /// The token endpoint.
    pub token: String,
    /// Introspection, if offered.
    pub introspection: Option<String>,
    /// Revocation, if offered.
    pub revocation: Option<String>,
    /// Where users see and withdraw what they granted, if offered.
    pub management: Option<String>,
    /// Dynamic registration, if offered.
    pub registration: Option<String>,
}

/// Another FHIR endpoint that takes this server's tokens (experimental).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssociatedEndpoint {
    /// Its base URL.
    pub url: String,
    /// What it can do.
    pub capabilities: Vec<String>,
}

/// A FHIR Identifier of a brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandIdentifier {
    /// The namespace; recommended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The value.
    pub value: String,
}

/// The document. Members that do not apply are left out, never null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmartConfiguration {
    /// Present exactly with `sso-openid-connect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Always published, because clients and test kits expect it even without a launch capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// The token endpoint.
    pub token_endpoint: String,
    /// Token introspection (RFC 7662).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// Token revocation (RFC 7009).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// The user's own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_endpoint: Option<String>,
    /// Dynamic client registration (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// The grants SMART defines values for.
    pub grant_types_supported: Vec<String>,
    /// `code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// `S256`, never `plain`.
    pub code_challenge_methods_supported: Vec<String>,
    /// How confidential clients authenticate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// With which algorithms assertions may be signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// Scopes that work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// The promises. A list of texts, because servers may add full URIs of their own.
    pub capabilities: Vec<String>,
    /// Other endpoints (experimental).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associated_endpoints: Vec<AssociatedEndpoint>,
    /// Superseded by `associated_endpoints`; read from other servers, never written by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smart_app_state_endpoint: Option<String>,
    /// The brand bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_access_brand_bundle: Option<String>,
    /// The brand in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_access_brand_identifier: Option<BrandIdentifier>,
}

impl Capability {
    /// Every capability in the order of the document.
    pub const ALL: [Self; 20] = [
        Self::LaunchEhr,
        Self::LaunchStandalone,
        Self::AuthorizePost,
        Self::ClientPublic,
        Self::ClientConfidentialSymmetric,
        Self::ClientConfidentialAsymmetric,
        Self::SsoOpenidConnect,
        Self::ContextBanner,
        Self::ContextStyle,
        Self::ContextEhrPatient,
        Self::ContextEhrEncounter,
        Self::ContextStandalonePatient,
        Self::ContextStandaloneEncounter,
        Self::PermissionOffline,
        Self::PermissionOnline,
        Self::PermissionPatient,
        Self::PermissionUser,
        Self::PermissionV1,
        Self::PermissionV2,
        Self::SmartAppState,
    ];

    /// The text of the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LaunchEhr => "launch-ehr",
            Self::LaunchStandalone => "launch-standalone",
            Self::AuthorizePost => "authorize-post",
            Self::ClientPublic => "client-public",
            Self::ClientConfidentialSymmetric => "client-confidential-symmetric",
            Self::ClientConfidentialAsymmetric => "client-confidential-asymmetric",
            Self::SsoOpenidConnect => "sso-openid-connect",
            Self::ContextBanner => "context-banner",
            Self::ContextStyle => "context-style",
            Self::ContextEhrPatient => "context-ehr-patient",
            Self::ContextEhrEncounter => "context-ehr-encounter",
            Self::ContextStandalonePatient => "context-standalone-patient",
            Self::ContextStandaloneEncounter => "context-standalone-encounter",
            Self::PermissionOffline => "permission-offline",
            Self::PermissionOnline => "permission-online",
            Self::PermissionPatient => "permission-patient",
            Self::PermissionUser => "permission-user",
            Self::PermissionV1 => "permission-v1",
            Self::PermissionV2 => "permission-v2",
            Self::SmartAppState => "smart-app-state",
        }
    }
}

impl Offer {
    /// What is offered. A context capability counts only with its kind of launch.
    fn offers(&self, capability: Capability) -> bool {
        match capability {
            Capability::LaunchEhr => self.ehr_launch,
            Capability::LaunchStandalone => self.standalone_launch,
            Capability::AuthorizePost => self.authorize_post,
            Capability::ClientPublic => self.public_clients,
            Capability::ClientConfidentialSymmetric => self.symmetric_clients,
            // SMART App Launch 2.2, "Client Authentication: Asymmetric": the algorithms must be published with it.
            Capability::ClientConfidentialAsymmetric => {
                self.asymmetric_clients && !self.assertion_algorithms.is_empty()
            }
            Capability::SsoOpenidConnect => self.open_id,
            Capability::ContextBanner => self.banner && self.ehr_launch,
            Capability::ContextStyle => self.style && self.ehr_launch,
            Capability::ContextEhrPatient => self.ehr_patient && self.ehr_launch,
            Capability::ContextEhrEncounter => self.ehr_encounter && self.ehr_launch,
            Capability::ContextStandalonePatient => self.standalone_patient && self.standalone_launch,
            Capability::ContextStandaloneEncounter => self.standalone_encounter && self.standalone_launch,
            Capability::PermissionOffline => self.offline_access,
            Capability::PermissionOnline => self.online_access && self.ehr_launch,
            Capability::PermissionPatient => self.patient_scopes,
            Capability::PermissionUser => self.user_scopes,
            Capability::PermissionV1 => self.scopes_v1,
            Capability::PermissionV2 => self.scopes_v2,
            Capability::SmartAppState => self.app_state,
        }
    }

    /// The capabilities in their fixed order.
    pub fn capabilities(&self) -> Vec<Capability> {
        Capability::ALL
            .into_iter()
            .filter(|capability| self.offers(*capability))
            .collect()
    }
}

impl SmartConfiguration {
    /// The document of a tenant.
    pub fn of(addresses: &Addresses, offer: &Offer) -> Self {
        let asymmetric = offer.offers(Capability::ClientConfidentialAsymmetric);
        let launches = offer.ehr_launch || offer.standalone_launch;
        let texts = |pairs: &[(bool, &str)]| -> Vec<String> {
            pairs
                .iter()
                .filter(|(offered, _)| *offered)
                .map(|(_, text)| (*text).to_owned())
                .collect()
        };
        Self {
            issuer: offer.open_id.then(|| addresses.issuer.clone()),
            jwks_uri: Some(addresses.jwks.clone()),
            authorization_endpoint: Some(addresses.authorization.clone()),
            token_endpoint: addresses.token.clone(),
            introspection_endpoint: addresses.introspection.clone(),
            revocation_endpoint: addresses.revocation.clone(),
            management_endpoint: addresses.management.clone(),
            registration_endpoint: addresses.registration.clone(),
            grant_types_supported: texts(&[
                (launches || offer.open_id, "authorization_code"),
                (offer.backend_services && asymmetric, "client_credentials"),
            ]),
            response_types_supported: texts(&[(launches || offer.open_id, "code")]),
            // SMART App Launch 2.2, "Considerations for PKCE Support": S256 must be there, plain must not.
            code_challenge_methods_supported: vec!["S256".to_owned()],
            token_endpoint_auth_methods_supported: texts(&[
                (offer.symmetric_clients, "client_secret_basic"),
                (asymmetric, "private_key_jwt"),
            ]),
            token_endpoint_auth_signing_alg_values_supported: if asymmetric {
                offer.assertion_algorithms.clone()
            } else {
                Vec::new()
            },
            scopes_supported: offer.scopes.clone(),
            capabilities: offer
                .capabilities()
                .into_iter()
                .map(|capability| capability.as_str().to_owned())
                .collect(),
            associated_endpoints: offer.associated_endpoints.clone(),
            smart_app_state_endpoint: None,
            user_access_brand_bundle: offer.brand_bundle.clone(),
            user_access_brand_identifier: offer.brand_identifier.clone(),
        }
    }

    /// `rest.security` of a CapabilityStatement, for clients of the first SMART release. The values are those of this
    /// document, because such clients may compare them.
    pub fn capability_statement_security(&self) -> Value {
        let endpoints = [
            ("authorize", self.authorization_endpoint.as_ref()),
            ("token", Some(&self.token_endpoint)),
            ("introspect", self.introspection_endpoint.as_ref()),
            ("manage", self.management_endpoint.as_ref()),
            ("register", self.registration_endpoint.as_ref()),
            ("revoke", self.revocation_endpoint.as_ref()),
        ];
        let nested: Vec<Value> = endpoints
            .into_iter()
            .filter_map(|(name, address)| Some(json!({ "url": name, "valueUri": address? })))
            .collect();
        json!({
            "cors": true,
            "extension": [{
                "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                "extension": nested,
            }],
            "service": [{
                "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "SMART-on-FHIR",
                }],
                "text": "OAuth 2 with the profile of SMART on FHIR",
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        let at = |path: &str| format!("https://auth.example.org/northside/auth/{path}");
        Addresses {
            issuer: "https://auth.example.org/northside/auth".to_owned(),
            jwks: at("jwks"),
            authorization: at("authorize"),
            token: at("token"),
            introspection: Some(at("introspect")),
            revocation: Some(at("revoke")),
            ..Addresses::default()
        }
    }

    fn launches() -> Offer {
        Offer {
            ehr_launch: true,
            standalone_launch: true,
            scopes_v2: true,
            public_clients: true,
            ..Offer::default()
        }
    }

    #[test]
    fn capability_texts_and_serde_agree() {
        for capability in Capability::ALL {
            assert_eq!(serde_json::to_value(capability).unwrap(), json!(capability.as_str()));
        }
    }

    #[test]
    fn capabilities_keep_their_order() {
        assert!(Capability::ALL.is_sorted());
        let texts = SmartConfiguration::of(&addresses(), &launches()).capabilities;
        assert_eq!(
            texts,
            ["launch-ehr", "launch-standalone", "client-public", "permission-v2"]
        );
    }

    #[test]
    fn issuer_is_there_exactly_with_open_id() {
        assert_eq!(SmartConfiguration::of(&addresses(), &launches()).issuer, None);
        let with = SmartConfiguration::of(
            &addresses(),
            &Offer {
                open_id: true,
                ..launches()
            },
        );
        assert_eq!(with.issuer.as_deref(), Some("https://auth.example.org/northside/auth"));
        assert!(with.capabilities.contains(&"sso-openid-connect".to_owned()));
    }

    #[test]
    fn plain_pkce_is_never_listed() {
        let document = SmartConfiguration::of(&addresses(), &launches());
        assert_eq!(document.code_challenge_methods_supported, ["S256"]);
    }

    #[test]
    fn asymmetric_clients_bring_method_and_algorithms() {
        let offer = Offer {
            asymmetric_clients: true,
            assertion_algorithms: vec!["RS384".to_owned(), "ES384".to_owned()],
            backend_services: true,
            ..launches()
        };
        let document = SmartConfiguration::of(&addresses(), &offer);
        assert_eq!(document.token_endpoint_auth_methods_supported, ["private_key_jwt"]);
        assert_eq!(
            document.token_endpoint_auth_signing_alg_values_supported,
            ["RS384", "ES384"]
        );
        assert_eq!(
            document.grant_types_supported,
            ["authorization_code", "client_credentials"]
        );
    }

    #[test]
    fn backend_services_are_not_promised_without_keys() {
        let document = SmartConfiguration::of(
            &addresses(),
            &Offer {
                backend_services: true,
                ..launches()
            },
        );
        assert_eq!(document.grant_types_supported, ["authorization_code"]);
    }

    #[test]
    fn contexts_are_not_promised_without_their_launch() {
        let offer = Offer {
            ehr_launch: false,
            standalone_launch: false,
            banner: true,
            style: true,
            ehr_patient: true,
            ehr_encounter: true,
            standalone_patient: true,
            standalone_encounter: true,
            online_access: true,
            ..launches()
        };
        assert_eq!(
            SmartConfiguration::of(&addresses(), &offer).capabilities,
            ["client-public", "permission-v2"]
        );
    }

    #[test]
    fn members_that_do_not_apply_are_left_out() {
        let document = serde_json::to_value(SmartConfiguration::of(&addresses(), &launches())).unwrap();
        let members = document.as_object().unwrap();
        assert!(members.values().all(|value| !value.is_null()));
        for absent in [
            "issuer",
            "registration_endpoint",
            "smart_app_state_endpoint",
            "user_access_brand_bundle",
            "scopes_supported",
        ] {
            assert!(!members.contains_key(absent), "{absent}");
        }
        for required in [
            "token_endpoint",
            "grant_types_supported",
            "capabilities",
            "code_challenge_methods_supported",
        ] {
            assert!(members.contains_key(required), "{required}");
        }
    }

    #[test]
    fn the_legacy_fragment_repeats_the_documents_endpoints() {
        let document = SmartConfiguration::of(&addresses(), &launches());
        let security = document.capability_statement_security();
        let nested = security["extension"][0]["extension"].as_array().unwrap();
        let names: Vec<&str> = nested.iter().map(|entry| entry["url"].as_str().unwrap()).collect();
        assert_eq!(names, ["authorize", "token", "introspect", "revoke"]);
        assert_eq!(nested[1]["valueUri"], json!(document.token_endpoint));
        assert_eq!(security["service"][0]["coding"][0]["code"], "SMART-on-FHIR");
    }
}
