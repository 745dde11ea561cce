//! An OpenID Connect provider: its discovery document, its keys, what it supports.

use super::exchange::{Probe, Visitor, findings};
use super::{CheckItem, CheckSubject, certificates};
use crate::federation::oidc::{CLOCK_SKEW, ClientAuthentication, OidcProviderConfig, usable_keys};
use crate::federation::provider::OidcProvider;
use crate::federation::{Federation, IdentityProvider};
use crate::outbound::{Outbound, OutboundRequest};
use crate::store::StoreError;
use crate::tenant::TenantCx;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

const ENTER_AGAIN: &str = "Compare the issuer with what the provider publishes, to the letter: the scheme, the host, the path, and \
                           whether there is a slash at its end.";

pub(super) async fn check(
    federation: &Federation,
    cx: &TenantCx,
    provider: &IdentityProvider,
    oidc: &OidcProvider,
) -> Result<Vec<CheckItem>, StoreError> {
    let config = &oidc.config;
    let outbound = federation.outbound();
    let mut items = vec![CheckItem::ok(
        CheckSubject::Settings,
        "the settings and the mapping rules are usable",
    )];
    let (discovery, document) = discover(outbound, config, &mut items).await;
    let mut probes: Vec<Probe> = discovery.into_iter().collect();
    if let Some(document) = &document {
        supported(config, document, &mut items);
    }
    let endpoint = |name: &str| endpoint(config, document.as_ref(), name);
    let (keys, token, browser) = tokio::join!(
        ask(
            outbound,
            "the key set",
            Visitor::Server,
            endpoint("jwks_uri").map(OutboundRequest::get)
        ),
        ask(
            outbound,
            "the token endpoint",
            Visitor::Server,
            endpoint("token_endpoint").map(without_code)
        ),
        ask(
            outbound,
            "the sign-in page",
            Visitor::Browser,
            endpoint("authorization_endpoint").map(OutboundRequest::get)
        ),
    );
    if let Some(keys) = &keys
        && let Ok(answer) = &keys.answer
        && answer.status.is_success()
    {
        items.push(key_set(config, &answer.body));
    }
    if let Some(token) = &token {
        items.push(federation.breaker_item(cx, provider, &token.address));
    }
    probes.extend([keys, token, browser].into_iter().flatten());
    let all: Vec<&Probe> = probes.iter().collect();
    items.extend(findings(&all, CLOCK_SKEW, cx.now()));
    if config.authentication == ClientAuthentication::PrivateKeyJwt {
        items.extend(certificates::ours(cx, provider).await?);
    }
    Ok(items)
}

async fn ask(
    outbound: &Outbound,
    purpose: &'static str,
    visitor: Visitor,
    request: Option<OutboundRequest>,
) -> Option<Probe> {
    Some(Probe::send(outbound, purpose, visitor, request?).await)
}

/// A token request without code and without credentials. Asked in any other way, some products say that there is nothing (RFC 6749
/// section 3.2: the method is POST).
fn without_code(address: Url) -> OutboundRequest {
    let mut request = OutboundRequest::get_json(address);
    request.method = Method::POST;
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(CONTENT_TYPE, form);
    request.body = b"grant_type=authorization_code".to_vec();
    request
}

/// The discovery document, when there is one and it is this issuer's (OpenID Connect Discovery 1.0 section 4).
async fn discover(
    outbound: &Outbound,
    config: &OidcProviderConfig,
    items: &mut Vec<CheckItem>,
) -> (Option<Probe>, Option<Map<String, Value>>) {
    if config.endpoints.is_some() {
        items.push(CheckItem::ok(
            CheckSubject::Metadata,
            "the endpoints were entered by hand: there is no discovery document",
        ));
        return (None, None);
    }
    let address = format!(
        "{}/.well-known/openid-configuration",
        config.issuer.trim_end_matches('/')
    );
    let Ok(address) = Url::parse(&address) else {
        return (None, None);
    };
    let request = OutboundRequest::get(address);
    let probe = Probe::send(outbound, "the discovery document", Visitor::Server, request).await;
    let Ok(answer) = &probe.answer else {
        return (Some(probe), None);
    };
    if !answer.status.is_success() {
        let finding = format!(
            "the discovery document is not there: the answer is {}",
            answer.status.as_u16()
        );
        items.push(CheckItem::failed(CheckSubject::Metadata, finding, ENTER_AGAIN));
        return (Some(probe), None);
    }
    let document: Option<Map<String, Value>> = serde_json::from_slice(&answer.body).ok();
    let Some(document) = document else {
        items.push(CheckItem::failed(
            CheckSubject::Metadata,
            "the discovery document is not a JSON object",
            ENTER_AGAIN,
        ));
        return (Some(probe), None);
    };
    let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    // OpenID Connect Discovery 1.0 section 4.3.
    if named != config.issuer {
        // What upstream says is shown to the administrator alone, and shortened: it is what they have to enter.
        let named: String = named.chars().filter(|c| !c.is_control()).take(200).collect();
        let finding = format!("the discovery document names another issuer: {named}");
        items.push(CheckItem::failed(CheckSubject::Metadata, finding, ENTER_AGAIN));
        return (Some(probe), None);
    }
    let missing: Vec<&str> = ["authorization_endpoint", "token_endpoint", "jwks_uri"]
        .into_iter()
        .filter(|name| {
            document
                .get(*name)
                .and_then(Value::as_str)
                .and_then(|text| Url::parse(text).ok())
                .is_none()
        })
        .collect();
    if missing.is_empty() {
        items.push(CheckItem::ok(
            CheckSubject::Metadata,
            "the discovery document is this issuer's and names every endpoint",
        ));
    } else {
        items.push(CheckItem::failed(
            CheckSubject::Metadata,
            format!("the discovery document lacks {}", missing.join(", ")),
            "Ask who runs the provider, or enter its endpoints by hand.",
        ));
    }
    (Some(probe), Some(document))
}

fn endpoint(config: &OidcProviderConfig, document: Option<&Map<String, Value>>, name: &str) -> Option<Url> {
    if let Some(manual) = &config.endpoints {
        return match name {
            "jwks_uri" => Some(manual.jwks_uri.clone()),
            "token_endpoint" => Some(manual.token_endpoint.clone()),
            _ => Some(manual.authorization_endpoint.clone()),
        };
    }
    Url::parse(document?.get(name)?.as_str()?).ok()
}

/// A list of the document; none when the provider does not say.
fn listed<'a>(document: &'a Map<String, Value>, name: &str) -> Option<Vec<&'a str>> {
    let list = document.get(name)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).collect())
}

/// Whether the provider supports what will be used (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).
fn supported(config: &OidcProviderConfig, document: &Map<String, Value>, items: &mut Vec<CheckItem>) {
    let wanted: Vec<&str> = config.id_token_algorithms.iter().map(|a| a.as_str()).collect();
    match listed(document, "id_token_signing_alg_values_supported") {
        Some(theirs) if !theirs.iter().any(|name| wanted.contains(name)) => items.push(CheckItem::failed(
            CheckSubject::Algorithms,
            format!(
                "ID tokens may be signed with {} here, and the provider offers none of these",
                wanted.join(", ")
            ),
            "Accept an algorithm that the provider signs with (`--id-token-algorithm`), or set another one for this client there.",
        )),
        _ => items.push(CheckItem::ok(
            CheckSubject::Algorithms,
            format!("ID tokens signed with {} are accepted", wanted.join(", ")),
        )),
    }
    let method = method_name(config.authentication);
    // Absent, it means client_secret_basic.
    let theirs =
        listed(document, "token_endpoint_auth_methods_supported").unwrap_or_else(|| vec!["client_secret_basic"]);
    if theirs.contains(&method) {
        items.push(CheckItem::ok(
            CheckSubject::Algorithms,
            format!("we prove who we are with {method}, which the provider supports"),
        ));
    } else {
        items.push(CheckItem::warning(
            CheckSubject::Algorithms,
            format!("we prove who we are with {method}, which the provider does not say it supports"),
            "Choose a method that the provider's document lists, and set the same one for this client there.",
        ));
    }
    // RFC 7636 section 4.3: a provider that does not know PKCE ignores it.
    if listed(document, "code_challenge_methods_supported").is_some_and(|theirs| theirs.contains(&"S256")) {
        items.push(CheckItem::ok(
            CheckSubject::Algorithms,
            "the provider supports PKCE with S256",
        ));
    } else {
        items.push(CheckItem::warning(
            CheckSubject::Algorithms,
            "the provider does not say that it supports PKCE with S256; it is used all the same",
            "Nothing has to be done here; ask who runs the provider to switch PKCE on.",
        ));
    }
    if listed(document, "response_types_supported").is_some_and(|theirs| !theirs.contains(&"code")) {
        items.push(CheckItem::failed(
            CheckSubject::Algorithms,
            "the provider does not offer the authorization code flow",
            "Switch the authorization code flow on for this client at the provider.",
        ));
    }
}

const fn method_name(method: ClientAuthentication) -> &'static str {
    match method {
        ClientAuthentication::ClientSecretBasic => "client_secret_basic",
        ClientAuthentication::ClientSecretPost => "client_secret_post",
        ClientAuthentication::ClientSecretJwt => "client_secret_jwt",
        ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        ClientAuthentication::None => "none",
    }
}

/// The provider's keys: some that verify what may be accepted (RFC 7517 section 5).
fn key_set(config: &OidcProviderConfig, body: &[u8]) -> CheckItem {
    let Some(usable) = usable_keys(body) else {
        return CheckItem::failed(
            CheckSubject::ProviderKeys,
            "the key set is not JSON with a member keys",
            "Ask who runs the provider: the address it names for its keys does not hold any.",
        );
    };
    let keys: Vec<Value> = serde_json::to_value(&usable)
        .ok()
        .and_then(|keys| keys.as_array().cloned())
        .unwrap_or_default();
    let fits = |key: &Value| {
        let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
        config.id_token_algorithms.iter().any(|algorithm| {
            kind == match algorithm.as_str() {
                name if name.starts_with("ES") => "EC",
                "EdDSA" => "OKP",
                _ => "RSA",
            }
        })
    };
    let fitting = keys.iter().filter(|key| fits(key)).count();
    if fitting == 0 {
        return CheckItem::failed(
            CheckSubject::ProviderKeys,
            format!(
                "of {} usable keys none fits an algorithm that is accepted here",
                keys.len()
            ),
            "Accept an algorithm of the provider's keys (`--id-token-algorithm`); keys below 2048 bits are never used.",
        );
    }
    CheckItem::ok(
        CheckSubject::ProviderKeys,
        match fitting {
            1 => "the provider publishes one key that can verify its ID tokens".to_owned(),
            several => format!("the provider publishes {several} keys that can verify its ID tokens"),
        },
    )
}
