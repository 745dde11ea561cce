//! The token endpoint (RFC 6749 section 3.2; SMART App Launch 2.2, "Obtain access token").

mod authorization_code;
mod client_credentials;
mod device_code;
mod issue;
mod refresh_token;
mod rehearse;
mod resource;
mod token_exchange;

pub use issue::{Issuance, TokenReply, token_id_of};
pub(super) use issue::{fhir_user, has};
pub use rehearse::{RehearsedTokens, rehearse};

use super::client_auth::{self, AuthenticatedClient};
use super::client_certificate;
use super::client_keys::ClientKeys;
use super::form::Form;
use super::reply::{Refusal, private_json};
use super::{cors, dpop};
use crate::kernel::credential::{Kind, recognise};
use crate::oauth::client_authentication::Presented;
use crate::oauth::dpop::{Proof, Target};
use crate::oauth::grant_type::GrantType;
use crate::oauth::{Client, ErrorCode, OAuthError, Parameters};
use crate::observe;
use crate::store::StoreError;
use crate::tenant::TenantCx;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// What a grant ends in. Both outcomes were committed: a refusal may have to leave a trace, as a replayed code does.
type Outcome = Result<Result<Issuance, OAuthError>, StoreError>;

/// `POST I/token`.
pub(super) async fn post(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    headers: HeaderMap,
    form: Result<Form, Refusal>,
) -> Response {
    let (client, reply) = match form {
        Ok(Form(form)) => answer(&cx, &keys, &headers, &form).await,
        Err(refusal) => (None, Err(refusal)),
    };
    let nonce_demanded = matches!(&reply, Err(refusal) if refusal.is(ErrorCode::UseDpopNonce));
    let response = reply.map_or_else(IntoResponse::into_response, |reply| private_json(&reply));
    let response = dpop::with_nonce(&cx, &headers, nonce_demanded, response);
    cors::answer(&cx, &headers, client.as_deref(), response).await
}

async fn answer(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> (Option<AuthenticatedClient>, Result<TokenReply, Refusal>) {
    let client = match authenticate(cx, keys, headers, form).await {
        Ok(client) => client,
        Err(refusal) => return (None, Err(refusal)),
    };
    let reply = Box::pin(issue(cx, keys, &client, headers, form)).await;
    (Some(client), reply)
}

/// Client authentication, with one addition: a public client may refresh without saying who it is, since the token says
/// it (the stock SMART JavaScript client omits `client_id` there).
async fn authenticate(
    cx: &TenantCx,
    keys: &ClientKeys,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<AuthenticatedClient, Refusal> {
    let refresh = form.one("grant_type").ok().flatten() == Some(GrantType::RefreshToken.as_str());
    match Presented::extract(headers, form) {
        Err(error) if refresh && error.reason == "client_authentication_missing" => {
            client_of_refresh_token(cx, form).await?.ok_or_else(|| error.into())
        }
        _ => client_auth::authenticate(cx, keys, headers, form).await,
    }
}

async fn client_of_refresh_token(cx: &TenantCx, form: &Parameters) -> Result<Option<AuthenticatedClient>, Refusal> {
    let presented = form.one("refresh_token").map_err(OAuthError::from)?.unwrap_or_default();
    let Some(token) = recognise(Kind::RefreshToken, presented) else {
        return Ok(None);
    };
    let Some(row) = cx.read().await?.find_refresh_token(token, cx.now()).await? else {
        return Ok(None);
    };
    let client = cx
        .find_client(&row.client_id)
        .await?
        .filter(|client| client.is_public());
    Ok(client.map(AuthenticatedClient))
}

async fn issue(
    cx: &TenantCx,
    keys: &ClientKeys,
    client: &AuthenticatedClient,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<TokenReply, Refusal> {
    let grant_type = check_grant_type(client, form)?;
    // Before anything that can be used only once.
    client_certificate::required(cx, client)?;
    let proof = find_proof(cx, client, headers).await?;
    let proof = proof.as_ref();
    // Signing takes longer than the transaction did, so it comes after the commit, with no lock held.
    let reply = match grant_type {
        GrantType::AuthorizationCode => {
            authorization_code::redeem(cx, client, form, proof)
                .await??
                .sign(cx, keys, client)
                .await?
        }
        GrantType::RefreshToken => {
            refresh_token::rotate(cx, client, form, proof)
                .await??
                .sign(cx, keys, client)
                .await?
        }
        GrantType::TokenExchange => {
            Box::pin(token_exchange::exchange(cx, client, form, proof))
                .await??
                .sign(cx, client)
                .await?
        }
        GrantType::DeviceCode => {
            device_code::redeem(cx, client, form, proof)
                .await??
                .sign(cx, keys, client)
                .await?
        }
        GrantType::ClientCredentials => {
            client_credentials::issue(cx, client, form, proof)
                .await??
                .sign(cx, client)
                .await?
        }
    };
    observe::count_token_issued(grant_type.as_str());
    cx.note_tokens();
    Ok(reply)
}

/// The proof of the client's key, which a client may be registered to need (RFC 9449 sections 5 and 5.2).
async fn find_proof(
    cx: &TenantCx,
    client: &AuthenticatedClient,
    headers: &HeaderMap,
) -> Result<Option<Proof>, Refusal> {
    let url = cx.urls().endpoint("token");
    let target = Target {
        method: "POST",
        url: &url,
        access_token: None,
    };
    match dpop::find_proof(cx, headers, target).await {
        // FAPI 2.0 Security Profile section 5.3.2.1: bound by a proof, or by a certificate.
        Ok(None)
            if client.dpop_bound_access_tokens
                || (cx.document().rules_of(client).bound_tokens
                    && !client.tls_client_certificate_bound_access_tokens) =>
        {
            let description = "This client's tokens are bound to a key: send a DPoP proof.";
            Err(OAuthError::new(ErrorCode::InvalidDpopProof, "dpop_missing", description).into())
        }
        Ok(proof) => Ok(proof),
        Err(refusal) => Err(refusal.into_oauth_error()?.into()),
    }
}

fn check_grant_type(client: &Client, form: &Parameters) -> Result<GrantType, OAuthError> {
    let name = form
        .one("grant_type")?
        .ok_or_else(|| OAuthError::invalid_request("grant_type_missing", "Parameter grant_type is missing."))?;
    let grant_type = GrantType::ALL
        .into_iter()
        .find(|known| known.as_str() == name)
        .ok_or_else(unsupported)?;
    if client.may_use(grant_type) {
        Ok(grant_type)
    } else {
        Err(OAuthError::unauthorized_client(
            "grant_type_not_allowed",
            "The client is not registered for this grant type.",
        ))
    }
}

fn unsupported() -> OAuthError {
    let description = "The grant type is not supported. Use one that the server's metadata lists.";
    OAuthError::new(ErrorCode::UnsupportedGrantType, "grant_type_unsupported", description)
}
