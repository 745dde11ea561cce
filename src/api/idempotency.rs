//! `Idempotency-Key`: a request that is sent again, because its answer was lost, is answered again and not done again.
//!
//! A key belongs to whoever sends it, for a day. What failed is not kept: the same key serves the next attempt.

use super::ApiState;
use super::entry::{Entry, Found};
use super::input;
use super::problem::Problem;
use crate::kernel::{Secret, Sha256Hash};
use crate::store::tenant::{IdempotencyAnswer, IdempotencyClaim};
use crate::tenant::TenantCx;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an answer is kept.
const KEPT: Duration = Duration::from_hours(24);
/// A request that was begun this long ago was cut off: no request is allowed to take as long.
const ABANDONED: Duration = Duration::from_mins(2);
/// Longest key, in bytes.
const LONGEST_KEY: usize = 255;

/// An answer, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    kind: Option<String>,
    tag: Option<String>,
    location: Option<String>,
    body: String,
}

/// Operations that change nothing and show what people said at a sign-in. Asked again they show it again, and who saw it is
/// recorded again: an answer of theirs that is kept would be personal data that outlives its trace.
const SHOWING: [&str; 2] = ["/reveal", "/mapping/dry-run"];

/// Middleware around every operation.
pub(super) async fn once(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let shows = SHOWING.iter().any(|ending| path.ends_with(ending));
    if request.method() != Method::POST || shows || !request.headers().contains_key("idempotency-key") {
        return next.run(request).await;
    }
    Box::pin(run(&state, request, next))
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn run(state: &ApiState, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let key = parts.headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| Problem::malformed_parameter("Idempotency-Key", "has 1 to 255 visible ASCII characters"))?
        .to_owned();
    if input::dry_run(&parts)? {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    // Where the key is kept: at the tenant of the path, else at the issuer that vouches.
    let (cx, actor) = if parts.uri.path().starts_with("/api/v1/tenants/") {
        let found = Box::pin(Found::from_request_parts(&mut parts, state)).await?;
        (found.cx, found.actor)
    } else {
        let entry = Box::pin(Entry::from_request_parts(&mut parts, state)).await?;
        (entry.issuer, entry.actor)
    };
    let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state)
        .await
        .map_err(|refusal| input::too_long(&refusal))?;
    // A kept answer may hold a secret: it is for the same somebody with the same powers.
    let place = serde_json::json!([actor, key]).to_string();
    let key = Sha256Hash::of(place.as_bytes());
    let address = parts.uri.path_and_query().map_or("", |address| address.as_str());
    let fingerprint = Sha256Hash::of(&[address.as_bytes(), b"\0", &bytes].concat());
    match claim(&cx, key, fingerprint).await? {
        IdempotencyClaim::Mine => {}
        IdempotencyClaim::Done(answer) => return again(&answer),
        IdempotencyClaim::UnderWay => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "under_way",
                "The request is being done",
                "The first request with this Idempotency-Key has not ended yet. Send it again in a moment.",
            ));
        }
        IdempotencyClaim::OtherRequest => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key_reused",
                "The key was used for another request",
                "This Idempotency-Key was used for another request. Make a new one for each.",
            ));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(&cx, key, response).await
}

async fn claim(cx: &TenantCx, key: Sha256Hash, fingerprint: Sha256Hash) -> Result<IdempotencyClaim, Problem> {
    let now = cx.now();
    let mut rows = cx.begin().await?;
    let claim = rows
        .claim_idempotency_key(key, fingerprint, now - ABANDONED, now + KEPT, now)
        .await?;
    rows.commit().await?;
    Ok(claim)
}

/// Keeps an answer of success; gives the key back otherwise.
async fn keep(cx: &TenantCx, key: Sha256Hash, response: Response) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::malformed("the answer was cut off"))?;
    let mut rows = cx.begin().await?;
    if parts.status.is_success() {
        let text = |name: header::HeaderName| {
            let value = parts.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let kept = Kept {
            kind: text(header::CONTENT_TYPE),
            tag: text(header::ETAG),
            location: text(header::LOCATION),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        let kept = serde_json::to_vec(&kept).map_err(crate::control::ControlError::from)?;
        let answer = IdempotencyAnswer {
            status: parts.status.as_u16(),
            answer: Secret::new(kept),
        };
        rows.answer_idempotency_key(key, &answer, cx.entropy()).await?;
    } else {
        rows.release_idempotency_key(key).await?;
    }
    rows.commit().await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(answer: &IdempotencyAnswer) -> Result<Response, Problem> {
    let kept: Kept = serde_json::from_slice(answer.answer.expose()).map_err(crate::control::ControlError::from)?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let pairs = [
        (header::CONTENT_TYPE, kept.kind),
        (header::ETAG, kept.tag),
        (header::LOCATION, kept.location),
        (header::CACHE_CONTROL, Some("no-store".to_owned())),
    ];
    for (name, value) in pairs {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
