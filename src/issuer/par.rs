//! Pushed authorization requests (RFC 9126): a client sends the request itself, and the browser only carries a handle.

use super::authorize::{self, pushed::PREFIX, request_object};
use super::client_auth::{self, AuthenticatedClient};
use super::client_keys::ClientKeys;
use super::form::Form;
use super::reply::{Refusal, do_not_store};
use super::{cors, dpop};
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{self, Kind};
use crate::oauth::dpop::Target;
use crate::oauth::{ErrorCode, OAuthError, Parameters};
use crate::tenant::TenantCx;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::form_urlencoded::Serializer;

/// RFC 9126 section 2.2.
#[derive(Serialize)]
struct Answer {
    request_uri: String,
    expires_in: u64,
}

/// `POST I/par`.
pub(super) async fn post(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    headers: HeaderMap,
    form: Result<Form, Refusal>,
) -> Response {
    let (client, outcome) = match form {
        Ok(Form(form)) => match client_auth::authenticate(&cx, &keys, &headers, &form).await {
            Ok(client) => {
                let outcome = push(&cx, &keys, &client, &headers, &form).await;
                (Some(client), outcome)
            }
            Err(refusal) => (None, Err(refusal)),
        },
        Err(refusal) => (None, Err(refusal)),
    };
    let nonce_demanded = matches!(&outcome, Err(refusal) if refusal.is(ErrorCode::UseDpopNonce));
    let response = match outcome {
        Ok(answer) => do_not_store((StatusCode::CREATED, Json(answer)).into_response()),
        Err(refusal) => refusal.into_response(),
    };
    let response = dpop::with_nonce(&cx, &headers, nonce_demanded, response);
    cors::answer(&cx, &headers, client.as_deref(), response).await
}

async fn push(
    cx: &TenantCx,
    keys: &ClientKeys,
    client: &AuthenticatedClient,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Answer, Refusal> {
    // RFC 9126 section 2.1: a pushed request does not refer to another one.
    if form.contains("request_uri") {
        let description = "Parameter request_uri must not be pushed.";
        return Err(OAuthError::invalid_request("request_uri_pushed", description).into());
    }
    let sent = request_parameters(client, form, None);
    let sent = Parameters::parse_form(sent.as_bytes()).map_err(OAuthError::from)?;
    // RFC 9126 section 3: of a request object, what is inside counts and nothing beside it.
    let request_object::Opened { parameters, signed } = request_object::open(cx, keys, &sent).await??;
    let bound_to = bound_key(cx, headers, &parameters).await?;
    let parameters = request_parameters(client, &parameters, bound_to.as_deref());
    let parameters = Parameters::parse_form(parameters.as_bytes()).map_err(OAuthError::from)?;
    // RFC 9126 section 2.1: every check of the authorization endpoint, now, and answered here.
    authorize::check_pushed_request(cx, &parameters, signed).await?;
    let handle = credential::generate(Kind::PushedRequest, cx.entropy());
    let lifetime = cx.document().lifetimes.pushed_request;
    let hash = Sha256Hash::of(handle.expose().as_bytes());
    let mut tx = cx.begin().await?;
    tx.insert_pushed_request(
        hash,
        client.client_id.as_str(),
        parameters.encode().as_bytes(),
        cx.now() + lifetime,
        cx.entropy(),
    )
    .await?;
    tx.commit().await?;
    Ok(Answer {
        request_uri: format!("{PREFIX}{}", handle.expose()),
        expires_in: lifetime.as_secs(),
    })
}

/// RFC 9449 section 10.1: a proof at this endpoint binds the code to its key, like the parameter `dpop_jkt`.
async fn bound_key(cx: &TenantCx, headers: &HeaderMap, form: &Parameters) -> Result<Option<String>, Refusal> {
    let url = cx.urls().endpoint("par");
    let target = Target {
        method: "POST",
        url: &url,
        access_token: None,
    };
    let proof = match dpop::find_proof(cx, headers, target).await {
        Ok(proof) => proof,
        Err(refusal) => return Err(refusal.into_oauth_error()?.into()),
    };
    let named = form.one("dpop_jkt").map_err(OAuthError::from)?;
    match (proof, named) {
        (Some(proof), Some(named)) if proof.thumbprint != named => {
            let description = "Parameter dpop_jkt is not the key of the DPoP proof.";
            Err(OAuthError::new(ErrorCode::InvalidDpopProof, "dpop_jkt_differs", description).into())
        }
        (Some(proof), _) => Ok(Some(proof.thumbprint)),
        (None, named) => Ok(named.map(str::to_owned)),
    }
}

/// The request without the client's credentials, with the client and, once it is known, the key that are proven.
fn request_parameters(client: &AuthenticatedClient, form: &Parameters, bound_to: Option<&str>) -> String {
    const NOT_OF_THE_REQUEST: [&str; 4] = [
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ];
    let kept = |name: &str| !NOT_OF_THE_REQUEST.contains(&name) && (name != "dpop_jkt" || bound_to.is_none());
    let mut pairs = Serializer::new(String::new());
    pairs.append_pair("client_id", client.client_id.as_str());
    pairs.extend_pairs(form.iter().filter(|(name, _)| kept(name)));
    if let Some(thumbprint) = bound_to {
        pairs.append_pair("dpop_jkt", thumbprint);
    }
    pairs.finish()
}
