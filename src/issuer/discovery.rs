//! What the tenant offers, computed from what it really has.

use super::cors;
use crate::oauth::client::TokenEndpointAuthMethod;
use crate::oauth::dpop;
use crate::oauth::grant_type::GrantType;
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::metadata::{AuthorizationServerMetadata, Offer};
use crate::smart;
use crate::tenant::TenantCx;
use crate::web::Language;
use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeSet;

/// How clients can authenticate here.
const AUTH_METHODS: [TokenEndpointAuthMethod; 4] = [
    TokenEndpointAuthMethod::ClientSecretBasic,
    TokenEndpointAuthMethod::ClientSecretPost,
    TokenEndpointAuthMethod::PrivateKeyJwt,
    TokenEndpointAuthMethod::None,
];
/// Grants that the token endpoint answers.
const GRANTS: [GrantType; 3] = GrantType::ALL;
/// Claims that ID tokens and userinfo can carry.
const CLAIMS: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "fhirUser",
    "profile",
    "name",
];

/// A public document: open to all origins, cacheable for a short time.
fn document(body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    cors::open(response)
}

/// Authorization server metadata (RFC 8414, OpenID Connect Discovery): the same body at every address.
pub(super) async fn metadata(cx: TenantCx) -> Response {
    let urls = cx.urls();
    document(&AuthorizationServerMetadata::from(Offer {
        issuer: cx.issuer().to_owned(),
        authorization_endpoint: urls.endpoint("authorize"),
        token_endpoint: urls.endpoint("token"),
        jwks_uri: urls.endpoint("jwks"),
        userinfo_endpoint: Some(urls.endpoint("userinfo")),
        revocation_endpoint: Some(urls.endpoint("revoke")),
        introspection_endpoint: Some(urls.endpoint("introspect")),
        grant_types: BTreeSet::from(GRANTS),
        auth_methods: AUTH_METHODS.to_vec(),
        id_token_algorithms: cx.keys().algorithms().into_iter().collect(),
        dpop_algorithms: dpop::ALGORITHMS.into_iter().collect(),
        scopes: cx.document().scopes_supported.clone(),
        claims: CLAIMS.map(str::to_owned).to_vec(),
        ui_locales: Language::ALL.iter().map(|language| language.tag().to_owned()).collect(),
        ..Offer::default()
    }))
}

/// SMART discovery (SMART App Launch 2.2, "Using .well-known"): JSON whatever the `Accept` header says.
pub(super) async fn smart(cx: TenantCx) -> Response {
    document(&smart_configuration(&cx))
}

/// The tenant's SMART configuration, for the document and for a FHIR server's CapabilityStatement.
pub fn smart_configuration(cx: &TenantCx) -> smart::SmartConfiguration {
    let urls = cx.urls();
    let addresses = smart::Addresses {
        issuer: cx.issuer().to_owned(),
        jwks: urls.endpoint("jwks"),
        authorization: urls.endpoint("authorize"),
        token: urls.endpoint("token"),
        introspection: Some(urls.endpoint("introspect")),
        revocation: Some(urls.endpoint("revoke")),
        management: None,
        registration: None,
    };
    let offer = smart::Offer {
        ehr_launch: true,
        banner: true,
        ehr_patient: true,
        ehr_encounter: true,
        standalone_launch: true,
        authorize_post: true,
        public_clients: true,
        symmetric_clients: true,
        asymmetric_clients: true,
        assertion_algorithms: SigningAlgorithm::ALL
            .iter()
            .map(|algorithm| algorithm.as_str().to_owned())
            .collect(),
        backend_services: true,
        open_id: true,
        standalone_patient: true,
        offline_access: true,
        online_access: true,
        patient_scopes: true,
        user_scopes: true,
        scopes_v1: true,
        scopes_v2: true,
        scopes: cx.document().scopes_supported.clone(),
        ..smart::Offer::default()
    };
    smart::SmartConfiguration::of(&addresses, &offer)
}
