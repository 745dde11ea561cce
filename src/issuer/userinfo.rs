//! Userinfo (OpenID Connect Core section 5.3).

use super::access_token::{self, BearerRefusal, VerifiedAccessToken};
use super::form::Form;
use super::token::{fhir_user, has};
use super::{cors, dpop, reply::private_json};
use crate::tenant::TenantCx;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// `GET I/userinfo`. The token travels in the header only (RFC 6750 section 2.3 warns of query strings, and RFC 9700
/// section 4.3.2 forbids them).
pub(super) async fn get(cx: TenantCx, headers: HeaderMap) -> Response {
    let token = access_token::authorise(&cx, &headers, "GET", &cx.urls().endpoint("userinfo")).await;
    respond(&cx, &headers, token).await
}

/// `POST I/userinfo`, with the token in the header or in the form (RFC 6750 section 2.2), not in both.
pub(super) async fn post(cx: TenantCx, request: Request) -> Response {
    let headers = request.headers().clone();
    let token = token_of_post(&cx, request).await;
    respond(&cx, &headers, token).await
}

async fn token_of_post(cx: &TenantCx, request: Request) -> Result<VerifiedAccessToken, BearerRefusal> {
    let headers = request.headers().clone();
    let in_header = access_token::presented(&headers)?.is_some();
    let is_form = headers.contains_key(header::CONTENT_TYPE);
    let in_form = match Form::from_request(request, &()).await {
        Ok(Form(form)) => form
            .one("access_token")
            .map_err(|_| BearerRefusal::Malformed("Send one access_token."))?
            .map(str::to_owned),
        // A body that is no form carries no token; a POST needs none.
        Err(_) if in_header || !is_form => None,
        Err(_) => return Err(BearerRefusal::Malformed("The body has to be a form with access_token.")),
    };
    match in_form {
        Some(_) if in_header => Err(BearerRefusal::Malformed(
            "Send the access token once, in the header or in the form.",
        )),
        Some(token) => {
            let verified = access_token::verify(cx, &token).await?;
            // RFC 9449 section 7.1: a bound token is presented in the header, with its proof.
            if verified.claims.cnf.is_some() {
                return Err(BearerRefusal::NotProven);
            }
            Ok(verified)
        }
        None => access_token::authorise(cx, &headers, "POST", &cx.urls().endpoint("userinfo")).await,
    }
}

async fn respond(cx: &TenantCx, headers: &HeaderMap, token: Result<VerifiedAccessToken, BearerRefusal>) -> Response {
    let claims = match token {
        Ok(token) => claims(cx, token).await,
        Err(refusal) => Err(refusal),
    };
    let response = claims.map_or_else(IntoResponse::into_response, |claims| private_json(&claims));
    cors::answer(cx, headers, None, dpop::with_nonce(cx, headers, false, response)).await
}

async fn claims(cx: &TenantCx, token: VerifiedAccessToken) -> Result<Map<String, Value>, BearerRefusal> {
    let VerifiedAccessToken { claims, grant } = token;
    if !has(&claims.scope, "openid") {
        return Err(BearerRefusal::InsufficientScope("openid"));
    }
    // A client that acts for itself has no user to tell of.
    let grant = grant.ok_or(BearerRefusal::Invalid("token_without_user"))?;
    let account = cx
        .read()
        .await?
        .find_account(grant.account)
        .await?
        .ok_or(BearerRefusal::Invalid("token_user_gone"))?;
    let mut answer = Map::new();
    answer.insert("sub".into(), Value::String(claims.sub.clone()));
    let mut add = |scope: &str, name: &str, value: Option<String>| {
        // Claims without a value are left out (OpenID Connect Core section 5.3.2).
        if let Some(value) = value.filter(|value| has(&claims.scope, scope) && !value.is_empty()) {
            answer.insert(name.to_owned(), Value::String(value));
        }
    };
    let fhir_user = fhir_user(&grant);
    add("profile", "name", account.profile.name);
    add("profile", "profile", fhir_user.clone());
    add("fhirUser", "fhirUser", fhir_user);
    add("email", "email", account.profile.email);
    Ok(answer)
}
