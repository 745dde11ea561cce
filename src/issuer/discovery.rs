//! What the tenant offers, computed from what it really has.

use super::offer::{self, Facts, Limits, scopes_supported};
use super::public_document;
use super::reply::Refusal;
use crate::oauth::dpop;
use crate::oauth::grant_type::GrantType;
use crate::oauth::jose::SigningAlgorithm;
use crate::oauth::metadata::{AuthorizationServerMetadata, Offer};
use crate::smart::authorization_details::SMART_ON_FHIR;
use crate::smart::configuration::BrandIdentifier;
use crate::smart::{Addresses, FhirBase, SmartConfiguration};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use crate::tenant::document::FhirServerDocument;
use crate::tenant::registration::RegistrationPolicy;
use crate::web::Language;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Grants that the token endpoint answers.
const GRANTS: [GrantType; 5] = GrantType::ALL;
/// Claims that ID tokens and userinfo can carry.
const CLAIMS: [&str; 14] = [
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
    "email",
];

/// Authorization server metadata (RFC 8414, OpenID Connect Discovery): the same body at every address.
pub(super) async fn metadata(cx: TenantCx, headers: HeaderMap) -> Response {
    let (urls, offers, rules) = (cx.urls(), cx.document().offers, cx.document().profile.rules());
    let permitted = |algorithm: &SigningAlgorithm| rules.permitted.contains(algorithm);
    let device = cx.document().device_authorization;
    let document = AuthorizationServerMetadata::from(Offer {
        issuer: cx.issuer().to_owned(),
        authorization_endpoint: urls.endpoint("authorize"),
        token_endpoint: urls.endpoint("token"),
        jwks_uri: urls.endpoint("jwks"),
        userinfo_endpoint: Some(urls.endpoint("userinfo")),
        revocation_endpoint: Some(urls.endpoint("revoke")),
        introspection_endpoint: Some(urls.endpoint("introspect")),
        registration_endpoint: registration_endpoint(&cx),
        pushed_authorization_request_endpoint: Some(urls.endpoint("par")),
        require_pushed_authorization_requests: cx.document().require_pushed_authorization_requests
            || rules.pushed_requests,
        device_authorization_endpoint: device.then(|| urls.endpoint("device_authorization")),
        mtls_endpoint_aliases: mtls_endpoint_aliases(&cx),
        certificate_bound_access_tokens: cx.mtls_url().is_some(),
        end_session_endpoint: Some(urls.endpoint("logout")),
        backchannel_logout: true,
        frontchannel_logout: true,
        grant_types: GRANTS
            .into_iter()
            .filter(|grant| device || *grant != GrantType::DeviceCode)
            .collect(),
        auth_methods: cx.document().authentication_methods(),
        assertion_algorithms: cx.document().assertion_algorithms(),
        request_object_algorithms: if offers.request_objects || offers.request_uris {
            cx.document().assertion_algorithms()
        } else {
            Vec::new()
        },
        id_token_algorithms: cx.keys().algorithms().into_iter().filter(permitted).collect(),
        dpop_algorithms: dpop::ALGORITHMS.into_iter().filter(permitted).collect(),
        claims_parameter: offers.claims_parameter,
        authorization_details_types: offers
            .authorization_details
            .then_some(SMART_ON_FHIR)
            .into_iter()
            .collect(),
        request_parameter: offers.request_objects,
        request_uri_parameter: offers.request_uris,
        signed_responses: offers.signed_responses,
        pairwise_subjects: offers.pairwise_subjects,
        encrypted_tokens: offers.encrypted_tokens,
        acr_values: cx.document().acr_values.clone(),
        scopes: scopes_supported(cx.document(), Limits::of(&cx)),
        claims: CLAIMS.map(str::to_owned).to_vec(),
        ui_locales: Language::ALL.iter().map(|language| language.tag().to_owned()).collect(),
        ..Offer::default()
    });
    public_document::json(&headers, &document)
}

/// Where clients that have certificates connect, when that is another address (RFC 8705 section 5).
fn mtls_endpoint_aliases(cx: &TenantCx) -> BTreeMap<&'static str, String> {
    let elsewhere = cx.mtls_url().filter(|url| *url != cx.urls().base());
    let device = cx.document().device_authorization;
    let endpoints = [
        ("token_endpoint", "token", true),
        ("introspection_endpoint", "introspect", true),
        ("revocation_endpoint", "revoke", true),
        ("userinfo_endpoint", "userinfo", true),
        ("pushed_authorization_request_endpoint", "par", true),
        ("device_authorization_endpoint", "device_authorization", device),
    ];
    let offered = endpoints.into_iter().filter(|(.., offered)| *offered);
    elsewhere
        .into_iter()
        .flat_map(|url| {
            offered
                .clone()
                .map(|(member, name, _)| (member, cx.urls().alias(url, name)))
        })
        .collect()
}

/// Only where apps may register themselves.
fn registration_endpoint(cx: &TenantCx) -> Option<String> {
    let open = cx.document().registration.policy != RegistrationPolicy::Closed;
    open.then(|| cx.urls().endpoint("register"))
}

/// A FHIR server by the name that the tenant's settings give it.
#[derive(Deserialize)]
pub(super) struct ServerPath {
    server: String,
}

/// The FHIR server whose document stands at the tenant's own addresses: the one at `B/<tenant>/fhir` if there is one, else
/// the first.
fn main_server(cx: &TenantCx) -> Option<&FhirBase> {
    cx.find_fhir_base(&cx.urls().default_fhir_base())
        .or_else(|| cx.tenant().fhir_bases.first())
}

fn described<'a>(cx: &'a TenantCx, base: &FhirBase) -> Option<&'a FhirServerDocument> {
    cx.document().fhir_servers.iter().find(|server| server.base == *base)
}

fn named<'a>(cx: &'a TenantCx, name: &str) -> Option<&'a FhirBase> {
    let mut servers = cx.document().fhir_servers.iter();
    let server = servers.find(|server| server.name.as_deref() == Some(name))?;
    cx.tenant().fhir_bases.iter().find(|base| **base == server.base)
}

/// SMART discovery (SMART App Launch 2.2, "Using .well-known") for the tenant's main FHIR server.
pub(super) async fn smart(cx: TenantCx, headers: HeaderMap) -> Response {
    smart_document(&cx, main_server(&cx), &headers).await
}

/// SMART discovery for one of several FHIR servers, each of which has its own document.
pub(super) async fn smart_of_server(cx: TenantCx, Path(path): Path<ServerPath>, headers: HeaderMap) -> Response {
    smart_document(&cx, named(&cx, &path.server), &headers).await
}

async fn smart_document(cx: &TenantCx, base: Option<&FhirBase>, headers: &HeaderMap) -> Response {
    let Some(base) = base else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match smart_configuration(cx, base).await {
        Ok(document) => public_document::json(headers, &document),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// The part of a CapabilityStatement that clients older than SMART discovery read, for the tenant's main FHIR server.
pub(super) async fn capability_statement(cx: TenantCx, headers: HeaderMap) -> Response {
    fragment_document(&cx, main_server(&cx), &headers).await
}

/// The same for one of several FHIR servers.
pub(super) async fn capability_statement_of_server(
    cx: TenantCx,
    Path(path): Path<ServerPath>,
    headers: HeaderMap,
) -> Response {
    fragment_document(&cx, named(&cx, &path.server), &headers).await
}

async fn fragment_document(cx: &TenantCx, base: Option<&FhirBase>, headers: &HeaderMap) -> Response {
    let Some(base) = base else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match capability_statement_fragment(cx, base).await {
        Ok(fragment) => public_document::json(headers, &fragment),
        Err(error) => Refusal::from(error).into_response(),
    }
}

/// The members of a CapabilityStatement that the operator of the FHIR server at `base` merges into its own.
pub async fn capability_statement_fragment(cx: &TenantCx, base: &FhirBase) -> Result<Value, StoreError> {
    let security = smart_configuration(cx, base).await?.capability_statement_security();
    Ok(json!({ "rest": [{ "mode": "server", "security": security }] }))
}

/// Where the brand of a FHIR server is published, and which it is (SMART App Launch 2.2, "User-access Brands").
fn brand(cx: &TenantCx, base: &FhirBase) -> Option<(String, BrandIdentifier)> {
    let brands = cx.tenant().brands.as_ref()?;
    let wanted = described(cx, base).and_then(|server| server.brand_identifier.as_ref());
    let identifier = brands.document.identifier_for(base, wanted)?;
    Some((format!("{}.json", cx.urls().brands()), identifier.clone()))
}

/// The SMART configuration of the tenant's FHIR server at `base`.
pub async fn smart_configuration(cx: &TenantCx, base: &FhirBase) -> Result<SmartConfiguration, StoreError> {
    let urls = cx.urls();
    let addresses = Addresses {
        issuer: cx.issuer().to_owned(),
        jwks: urls.endpoint("jwks"),
        authorization: urls.endpoint("authorize"),
        token: urls.endpoint("token"),
        introspection: Some(urls.endpoint("introspect")),
        revocation: Some(urls.endpoint("revoke")),
        management: Some(urls.endpoint("apps")),
        registration: registration_endpoint(cx),
    };
    let facts = Facts::of(cx).await?;
    let offer = offer::compute(
        cx.document(),
        Limits::of(cx),
        facts,
        described(cx, base),
        brand(cx, base),
    );
    Ok(SmartConfiguration::of(&addresses, &offer))
}
