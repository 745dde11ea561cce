//! The device authorization endpoint (RFC 8628 section 3.1): a device without a browser of its own asks, and a user answers
//! with another.

use super::client_auth::{self, AuthenticatedClient};
use super::client_keys::ClientKeys;
use super::form::Form;
use super::reply::{Refusal, private_json};
use super::{authorize, cors};
use crate::interaction::DeviceRequest;
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{self, Kind};
use crate::oauth::grant_type::GrantType;
use crate::oauth::{OAuthError, Parameters, UserCode};
use crate::store::StoreError;
use crate::store::tenant::NewDeviceCode;
use crate::tenant::TenantCx;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;

/// Shortest time between two polls (RFC 8628 section 3.2).
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// User codes drawn before giving up; even two in a row are in use next to never.
const DRAWS: usize = 5;

/// RFC 8628 section 3.2.
#[derive(Serialize)]
struct Answer {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

/// `POST I/device_authorization`.
pub(super) async fn post(
    cx: TenantCx,
    State(keys): State<ClientKeys>,
    headers: HeaderMap,
    form: Result<Form, Refusal>,
) -> Response {
    if !cx.document().device_authorization {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (client, outcome) = match form {
        Ok(Form(form)) => match client_auth::authenticate(&cx, &keys, &headers, &form).await {
            Ok(client) => {
                let outcome = begin(&cx, &client, &form).await;
                (Some(client), outcome)
            }
            Err(refusal) => (None, Err(refusal)),
        },
        Err(refusal) => (None, Err(refusal)),
    };
    let response = outcome.map_or_else(IntoResponse::into_response, |answer| private_json(&answer));
    cors::answer(&cx, &headers, client.as_deref(), response).await
}

async fn begin(cx: &TenantCx, client: &AuthenticatedClient, form: &Parameters) -> Result<Answer, Refusal> {
    if !client.may_use(GrantType::DeviceCode) {
        let description = "The client is not registered for the device code grant.";
        return Err(OAuthError::unauthorized_client("device_grant_not_allowed", description).into());
    }
    let request = authorize::check_device_request(cx, client, form)?;
    let request =
        serde_json::to_vec(&request).map_err(|error| StoreError::corrupt("device_codes", "sealed_request", error))?;
    let device_code = credential::generate(Kind::DeviceCode, cx.entropy());
    let lifetime = cx.document().lifetimes.device_code;
    let mut tx = cx.begin().await?;
    for _ in 0..DRAWS {
        let user_code = UserCode::generate(cx.entropy());
        let new = NewDeviceCode {
            device_code: Sha256Hash::of(device_code.expose().as_bytes()),
            user_code: DeviceRequest::index(cx, &user_code),
            client_id: client.client_id.as_str(),
            request: &request,
            poll_interval: POLL_INTERVAL,
            expires_at: cx.now() + lifetime,
        };
        if tx.insert_device_code(&new, cx.now(), cx.entropy()).await? {
            tx.commit().await?;
            let verification_uri = cx.urls().endpoint("device");
            return Ok(Answer {
                device_code: device_code.expose().clone(),
                verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
                user_code: user_code.to_string(),
                verification_uri,
                expires_in: lifetime.as_secs(),
                interval: POLL_INTERVAL.as_secs(),
            });
        }
    }
    Err(OAuthError::temporarily_unavailable("user_codes_exhausted").into())
}
