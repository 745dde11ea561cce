//! Userinfo (OpenID Connect Core section 5.3).

use super::access_token::{self, BearerRefusal, VerifiedAccessToken};
use super::client_keys::ClientKeys;
use super::form::Form;
use super::reply::{Refusal, do_not_store, private_json};
use super::token::{fhir_user, has};
use super::{cors, dpop};
use crate::oauth::OAuthError;
use crate::oauth::jose::JwtType;
use crate::tenant::TenantCx;
use axum::extract::FromRequest;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// `GET I/userinfo`. The token travels in the header only (RFC 6750 section 2.3 warns of query strings, and RFC 9700
/// section 4.3.2 forbids them).
pub(super) async fn get(cx: TenantCx, State(keys): State<ClientKeys>, headers: HeaderMap) -> Response {
    let token = access_token::authorise(&cx, &headers, "GET", &cx.urls().endpoint("userinfo")).await;
    Box::pin(respond(&cx, &keys, &headers, token)).await
}

/// `POST I/userinfo`, with the token in the header or in the form (RFC 6750 section 2.2), not in both.
pub(super) async fn post(cx: TenantCx, State(keys): State<ClientKeys>, request: Request) -> Response {
    let headers = request.headers().clone();
    let token = token_of_post(&cx, request).await;
    Box::pin(respond(&cx, &keys, &headers, token)).await
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

async fn respond(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    token: Result<VerifiedAccessToken, BearerRefusal>,
) -> Response {
    let answered = match token {
        Ok(token) => {
            let client_id = token.claims.client_id.clone();
            match claims(cx, token).await {
                Ok(claims) => sealed(cx, keys, client_id.as_str(), claims)
                    .await
                    .map_err(IntoResponse::into_response),
                Err(refusal) => Err(refusal.into_response()),
            }
        }
        Err(refusal) => Err(refusal.into_response()),
    };
    let response = answered.unwrap_or_else(|refusal| refusal);
    cors::answer(cx, headers, None, dpop::with_nonce(cx, headers, false, response)).await
}

/// The answer as the client registered it: JSON, a signed JWT, or one that is encrypted too (OpenID Connect Core section 5.3.2).
async fn sealed(
    cx: &TenantCx,
    keys: &ClientKeys,
    client_id: &str,
    mut claims: Map<String, Value>,
) -> Result<Response, Refusal> {
    let client = cx.find_client(client_id).await?;
    let Some(client) = client.filter(|client| client.openid.wants_userinfo_as_jwt()) else {
        return Ok(private_json(&claims));
    };
    let openid = &client.openid;
    // What is encrypted is signed too: otherwise anybody could have encrypted it.
    let algorithm = openid
        .userinfo_signed_response_alg
        .unwrap_or(client.id_token_signed_response_alg);
    claims.insert("iss".into(), json!(cx.issuer()));
    claims.insert("aud".into(), json!(client.client_id));
    let fault = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "userinfo could not be signed");
        OAuthError::server_error("signing_failed")
    };
    let key = cx.keys().signer(algorithm).map_err(|error| fault(&error))?;
    let jwt = key.sign(JwtType::UserInfo, &claims).map_err(|error| fault(&error))?;
    let (alg, enc) = (
        openid.userinfo_encrypted_response_alg,
        openid.userinfo_encrypted_response_enc,
    );
    let jwt = keys.encrypt_for(cx, &client, jwt, alg, enc).await?;
    Ok(do_not_store(
        ([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response(),
    ))
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
        let due = has(&claims.scope, scope) || grant.context.claims.userinfo.contains(name);
        if let Some(value) = value.filter(|value| due && !value.is_empty()) {
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
