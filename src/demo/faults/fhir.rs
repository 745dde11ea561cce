//! Requests to the FHIR server whose token is spoilt before the hospital sees it.

use super::{Scene, damaged, handed_on};
use crate::demo::backstage::{BackstageError, bearer};
use crate::oauth::access_token::AccessTokenClaims;
use crate::oauth::jose::JwtType;
use crate::outbound::OutboundRequest;
use crate::web::pages::DemoFault;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

/// The largest page of a search.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Answers for the hospital's FHIR server. `form` is the body of a posted search.
pub(super) async fn answer(
    scene: Scene<'_>,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    form: Option<String>,
) -> Response {
    let forwarded = forward(scene, path, query, headers, form).await;
    forwarded.unwrap_or_else(|error| {
        tracing::warn!(%error, "a request to the FHIR server could not be passed on");
        out_of_order()
    })
}

fn out_of_order() -> Response {
    let issue = json!({ "severity": "error", "code": "transient", "diagnostics": "The demonstration's FHIR server is out of order." });
    let body = json!({ "resourceType": "OperationOutcome", "issue": [issue] });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

async fn forward(
    scene: Scene<'_>,
    path: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    form: Option<String>,
) -> Result<Response, BackstageError> {
    let population = &scene.backstage.population;
    let base = format!("{}/", population.fhir_base(scene.slug));
    let mut address = Url::parse(&format!("{base}{path}"))?;
    address.set_query(query);
    // Some faults send a token of the EHR's: it goes to the FHIR server, and not by way of `..` to an endpoint where it is worth
    // something.
    if !address.as_str().starts_with(&base) {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let mut request = OutboundRequest::get(address);
    request.max_body = Some(LARGEST_ANSWER);
    for name in [header::ACCEPT, header::CONTENT_TYPE] {
        if let Some(value) = headers.get(&name) {
            request.headers.insert(name, value.clone());
        }
    }
    if let Some(form) = form {
        request.method = Method::POST;
        request.body = form.into_bytes();
    }
    if let Some(sent) = headers.get(header::AUTHORIZATION) {
        if scene.fault == DemoFault::FhirDown {
            return Ok(out_of_order());
        }
        request.headers.insert(header::AUTHORIZATION, spoil(scene, sent).await?);
    }
    let public = matches!(path, ".well-known/smart-configuration" | "metadata");
    let mut answer = scene.backstage.send(request).await?;
    if public {
        answer.body = redirected(scene, &answer.body);
    }
    Ok(handed_on(answer))
}

/// A discovery document that names our endpoints where they spoil something.
fn redirected(scene: Scene<'_>, document: &[u8]) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<Value>(document) else {
        return document.to_vec();
    };
    let population = &scene.backstage.population;
    let names = ["authorize", "token"].map(|endpoint| {
        let real = match endpoint {
            "token" => population.token_endpoint(scene.slug),
            _ => population.authorization_endpoint(scene.slug),
        };
        (real, population.faulty(scene.fault, scene.slug, endpoint))
    });
    rename(&mut document, &names);
    document.to_string().into_bytes()
}

fn rename(value: &mut Value, names: &[(String, String)]) {
    match value {
        Value::String(text) => {
            if let Some((_, ours)) = names.iter().find(|(real, _)| real == text) {
                text.clone_from(ours);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(members) => members.values_mut().for_each(|member| rename(member, names)),
        _ => {}
    }
}

/// The header that the hospital gets instead.
async fn spoil(scene: Scene<'_>, sent: &HeaderValue) -> Result<HeaderValue, BackstageError> {
    let token = sent.to_str().unwrap_or_default();
    let token = token.strip_prefix("Bearer ").unwrap_or(token);
    let other = match scene.fault {
        DemoFault::DamagedToken => Some(damaged(token)),
        DemoFault::ExpiredToken => Some(expired(scene, token).await.unwrap_or_else(|| damaged(token))),
        DemoFault::ForeignScope => Some(scene.backstage.ehr_token(scene.slug).await?),
        DemoFault::ForeignToken => Some(scene.backstage.ehr_token(scene.elsewhere()).await?),
        _ => None,
    };
    Ok(other.and_then(|token| bearer(&token)).unwrap_or_else(|| sent.clone()))
}

/// The app's token as it will be once it has expired: signed with the hospital's key, like the real one.
async fn expired(scene: Scene<'_>, token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let mut claims: AccessTokenClaims = serde_json::from_slice(&payload).ok()?;
    claims.exp = scene.backstage.now().seconds() - 24 * 60 * 60;
    claims.iat = claims.exp - 60 * 60;
    let admin = scene.backstage.platform.tenant(scene.slug).await.ok()?;
    let keys = admin.cx().keys();
    let signer = keys.signer(*keys.algorithms().first()?).ok()?;
    signer.sign(JwtType::AccessToken, &claims).ok()
}
