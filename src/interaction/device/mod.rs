//! The user's side of device authorization (RFC 8628 section 3.3): the code is typed in, the app confirmed, and then it goes on
//! as for any app, up to consent, which is always asked.
//!
//! Nothing here happens by following a link alone: somebody else may have sent it (RFC 8628 section 5.4). The code is shown again
//! beside the app's name, so that it can be compared with the device.

mod confirm;
mod enter;

use super::apps::Visitor;
use super::open::OpenInteraction;
use super::own_page::{DEVICE, page};
use crate::kernel::Sha256Hash;
use crate::oauth::claims_request::ClaimsRequest;
use crate::oauth::prompt::Prompt;
use crate::oauth::response_type::ResponseMode;
use crate::oauth::{AuthorizationRequest, Client, RedirectUri, UserCode};
use crate::smart::AuthorizationDetails;
use crate::store::StoreError;
use crate::store::tenant::PendingDeviceCode;
use crate::tenant::{TenantCx, TenantDirectory};
use crate::web::pages::{DeviceDone, DeviceOutcome};
use crate::web::route_table::RouteTable;
use crate::web::{AppLook, Chrome, Href};
use axum::extract::FromRef;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

/// What a device asked for. Sealed at rest.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The requested scope, literally.
    pub scope: String,
    /// The FHIR base, as the tenant spells it.
    pub audience: String,
    /// Every FHIR base that it names (RFC 8707).
    #[serde(default)]
    pub resources: Vec<String>,
    /// What it asks for at single FHIR servers (RFC 9396).
    #[serde(default)]
    pub authorization_details: AuthorizationDetails,
}

impl DeviceRequest {
    /// Under what a user code is found. A code is short, so its plain hash would tell it.
    pub fn index(cx: &TenantCx, code: &UserCode) -> Sha256Hash {
        cx.store()
            .keyring()
            .blind_index("device-user-code", code.as_str().as_bytes())
    }
}

/// The device that an interaction is for: where its answer ends instead of a redirect URI.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceSignIn {
    /// Hash of the device code, base64url.
    code: String,
}

impl DeviceSignIn {
    /// Hash of the device code.
    pub(super) fn code(&self) -> Result<Sha256Hash, StoreError> {
        Sha256Hash::from_base64url(&self.code)
            .ok_or_else(|| StoreError::corrupt("interactions", "sealed_state", "not a device code"))
    }
}

/// The routes.
pub(super) fn routes<S>() -> RouteTable<S>
where
    S: Clone + Send + Sync + 'static,
    TenantDirectory: FromRef<S>,
{
    RouteTable::new()
        .get("/{tenant}/auth/device", enter::get)
        .post("/{tenant}/auth/device", enter::post)
        .post("/{tenant}/auth/device/confirm", confirm::post)
}

/// The path of the page, or of a step below it.
fn path(cx: &TenantCx, step: &str) -> String {
    DEVICE.path(cx, step)
}

fn chrome(cx: &TenantCx, app: Option<AppLook>) -> Chrome {
    DEVICE.chrome(cx, "", app)
}

fn look(client: &Client) -> AppLook {
    AppLook {
        name: client.client_name.clone(),
        publisher: client.publisher.clone(),
        verified: client.verified,
    }
}

/// The request as an authorization request, whose answer ends at a page of ours.
fn authorization_request(cx: &TenantCx, client: &Client, request: DeviceRequest) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: RedirectUri::of_our_own(cx.urls().endpoint("device")),
        response_mode: ResponseMode::Query,
        state: None,
        scope: request.scope,
        code_challenge: None,
        nonce: None,
        dpop_jkt: None,
        resources: request.resources,
        authorization_details: request.authorization_details,
        audience: request.audience,
        claims: ClaimsRequest::default(),
        response_signing_alg: client.id_token_signed_response_alg,
        // RFC 8628 section 5.4: an explicit answer, whatever was answered before.
        prompt: Prompt {
            consent: true,
            ..Prompt::default()
        },
        max_age: None,
        login_hint: None,
        idp_hint: None,
        hinted_subject: None,
        acr_values: None,
        ui_locales: None,
        pushed: None,
    }
}

/// The request and its client, when both can still be used.
async fn find(
    cx: &TenantCx,
    code: &UserCode,
) -> Result<Option<(PendingDeviceCode, std::sync::Arc<Client>)>, StoreError> {
    let index = DeviceRequest::index(cx, code);
    let Some(pending) = cx.read().await?.find_pending_device_code(index, cx.now()).await? else {
        return Ok(None);
    };
    let client = cx.find_client(&pending.client_id).await?;
    Ok(client.map(|client| (pending, client)))
}

/// The last page: the device has its answer, and so has the user.
pub(super) fn done(cx: &TenantCx, open: &OpenInteraction, outcome: DeviceOutcome) -> Response {
    ended(cx, open.app(), outcome)
}

fn ended(cx: &TenantCx, app: AppLook, outcome: DeviceOutcome) -> Response {
    let done = DeviceDone {
        chrome: Chrome {
            language_switch: None,
            ..cx.chrome(Some(app))
        },
        outcome,
        apps: Href::local(&super::apps::path(cx, "")),
    };
    page(cx, &done).into_response()
}
