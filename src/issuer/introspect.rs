//! Introspection (RFC 7662; SMART App Launch 2.2, "Token Introspection"), signed for those who ask (RFC 9701).

use super::access_token::{self, BearerRefusal, VerifiedAccessToken};
use super::client_auth;
use super::client_keys::ClientKeys;
use super::cors;
use super::form::Form;
use super::reply::{Refusal, do_not_store, private_json};
use super::token::has;
use crate::oauth::jose::{JwtType, SigningAlgorithm};
use crate::oauth::{OAuthError, Parameters};
use crate::smart::Scope;
use crate::tenant::TenantCx;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The media type of a signed answer (RFC 9701 section 4).
const SIGNED: &str = "application/token-introspection+jwt";

/// Who asks.
struct Caller {
    client_id: String,
    /// A resource server knows every token of the tenant, any other confidential client its own.
    is_resource_server: bool,
}

/// A signed answer (RFC 9701 section 5).
#[derive(Serialize)]
struct SignedAnswer<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    token_introspection: &'a Map<String, Value>,
}

/// `POST I/introspect`.
pub(super) async fn post(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    headers: HeaderMap,
    form: Result<Form, Refusal>,
) -> Response {
    let response = match form {
        Ok(Form(form)) => answer(&cx, &keys, &headers, &form)
            .await
            .unwrap_or_else(|response| response),
        Err(refusal) => refusal.into_response(),
    };
    cors::answer(&cx, &headers, None, response).await
}

async fn answer(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Response, Response> {
    let caller = authorise(cx, keys, headers, form).await?;
    let token = form
        .required("token")
        .map_err(|error| Refusal::from(error).into_response())?;
    let body = match access_token::verify(cx, token).await {
        Ok(token) if caller.may_know(&token) => active(cx, &token),
        // RFC 7662 section 2.2: whatever the reason, nothing but this.
        Ok(_) | Err(BearerRefusal::Invalid(_) | BearerRefusal::TenantMismatch) => inactive(),
        Err(other) => return Err(other.into_response()),
    };
    if wants_signed(headers) {
        signed(cx, &caller, &body).map_err(IntoResponse::into_response)
    } else {
        Ok(private_json(&body))
    }
}

/// Whether the caller asks for a signed answer, which it can keep as evidence.
fn wants_signed(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted.filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|kind| {
            kind.split(';')
                .next()
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(SIGNED))
        })
    })
}

/// RFC 9701 section 6: RS256 unless something else is agreed.
fn signed(cx: &TenantCx, caller: &Caller, body: &Map<String, Value>) -> Result<Response, Refusal> {
    let answer = SignedAnswer {
        iss: cx.issuer(),
        aud: &caller.client_id,
        iat: cx.now().seconds(),
        token_introspection: body,
    };
    let fault = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "an introspection answer could not be signed");
        OAuthError::server_error("signing_failed")
    };
    let key = cx
        .keys()
        .signer(SigningAlgorithm::RS256)
        .map_err(|error| fault(&error))?;
    let jwt = key
        .sign(JwtType::Introspection, &answer)
        .map_err(|error| fault(&error))?;
    Ok(do_not_store(([(header::CONTENT_TYPE, SIGNED)], jwt).into_response()))
}

/// RFC 7662 section 2.1 demands authorization: a bearer token with our scope, or a client that authenticates.
async fn authorise(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Caller, Response> {
    // Any other scheme is a client's own.
    if let Ok(Some(_)) = access_token::presented(headers) {
        let caller = access_token::authorise(cx, headers, "POST", &cx.urls().endpoint("introspect"))
            .await
            .map_err(IntoResponse::into_response)?;
        return if has(&caller.claims.scope, Scope::INTROSPECT) {
            Ok(Caller {
                client_id: caller.claims.client_id.as_str().to_owned(),
                is_resource_server: true,
            })
        } else {
            Err(BearerRefusal::InsufficientScope(Scope::INTROSPECT).into_response())
        };
    }
    let client = client_auth::authenticate(cx, keys, headers, form)
        .await
        .map_err(IntoResponse::into_response)?;
    if client.is_public() {
        return Err(Refusal::from(OAuthError::invalid_client("introspection_by_public_client")).into_response());
    }
    Ok(Caller {
        client_id: client.client_id.as_str().to_owned(),
        is_resource_server: client.introspection,
    })
}

impl Caller {
    fn may_know(&self, token: &VerifiedAccessToken) -> bool {
        self.is_resource_server || token.claims.client_id.as_str() == self.client_id
    }
}

fn inactive() -> Map<String, Value> {
    Map::from_iter([("active".to_owned(), Value::Bool(false))])
}

/// What the token response said, mirrored: SMART demands every launch context parameter here again.
fn active(cx: &TenantCx, token: &VerifiedAccessToken) -> Map<String, Value> {
    let claims = &token.claims;
    let mut body = token
        .grant
        .as_ref()
        .map(|grant| grant.context.launch.to_members())
        .unwrap_or_default();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("active", Value::Bool(true));
    put("scope", json!(claims.scope));
    put("client_id", json!(claims.client_id));
    put(
        "token_type",
        json!(if claims.cnf.as_ref().is_some_and(|key| key.jkt.is_some()) {
            "DPoP"
        } else {
            "Bearer"
        }),
    );
    if let Some(key) = &claims.cnf {
        put("cnf", json!(key)); // RFC 9449 section 6.2
    }
    put("exp", json!(claims.exp));
    put("iat", json!(claims.iat));
    put("sub", json!(claims.sub));
    put("aud", json!(claims.aud));
    put("iss", json!(cx.issuer()));
    put("jti", json!(claims.jti));
    put("tenant_id", json!(claims.tenant_id));
    if let Some(actor) = &claims.act {
        put("act", json!(actor)); // RFC 8693 section 4.1
    }
    if !claims.authorization_details.is_empty() {
        put("authorization_details", json!(claims.authorization_details)); // RFC 9396 section 9.2
    }
    if let Some(fhir_user) = &claims.fhir_user {
        put("fhirUser", json!(fhir_user));
    }
    body
}
