//! The EHR's side of an EHR launch: it registers the context and gets a one-time handle (SMART App Launch 2.2, "EHR
//! launch"; how an EHR does this is left to each product).

use super::access_token::{self, BearerRefusal};
use super::client_keys::ClientKeys;
use super::launch_user;
use super::reply::{Refusal, do_not_store};
use super::token::has;
use crate::interaction::EhrLaunch;
use crate::kernel::Sha256Hash;
use crate::kernel::credential::{self, Kind};
use crate::oauth::{Client, OAuthError, limits};
use crate::smart::{LaunchContext, Scope};
use crate::tenant::TenantCx;
use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a handle may wait to be taken.
const LIFETIME: Duration = Duration::from_mins(5);

/// `POST I/launch`, JSON. Members: `client_id` (the app the launch is for), `launch_uri` (one it registered), `login_hint`,
/// `user` or `user_assertion`, and the launch context parameters as the token response will carry them.
pub(super) async fn post(cx: TenantCx, State(keys): State<ClientKeys>, request: Request) -> Response {
    let headers = request.headers().clone();
    let ehr = match authorise(&cx, &headers).await {
        Ok(ehr) => ehr,
        Err(refusal) => return refusal.into_response(),
    };
    let body = to_bytes(request.into_body(), limits::FORM_BODY)
        .await
        .unwrap_or_default();
    match register(&cx, &keys, &ehr, &body).await {
        Ok(answer) => do_not_store((StatusCode::CREATED, Json(answer)).into_response()),
        Err(refusal) => refusal.into_response(),
    }
}

/// The EHR's own client, by its access token.
async fn authorise(cx: &TenantCx, headers: &HeaderMap) -> Result<Arc<Client>, BearerRefusal> {
    let token = access_token::authorise(cx, headers, "POST", &cx.urls().endpoint("launch")).await?;
    if !has(&token.claims.scope, Scope::REGISTER_LAUNCH) {
        return Err(BearerRefusal::InsufficientScope(Scope::REGISTER_LAUNCH));
    }
    let client = cx.find_client(token.claims.client_id.as_str()).await?;
    client.ok_or(BearerRefusal::Invalid("token_client_gone"))
}

fn bad(reason: &'static str, description: String) -> Refusal {
    OAuthError::invalid_request(reason, description).into()
}

/// Takes a text member out of the body.
fn take_text(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(bad("launch_member", format!("Member {name} has to be a text."))),
    }
}

async fn register(cx: &TenantCx, keys: &ClientKeys, ehr: &Client, body: &[u8]) -> Result<Value, Refusal> {
    let mut members: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| bad("launch_body", "The body has to be a JSON object.".to_owned()))?;
    let client_id = take_text(&mut members, "client_id")?;
    let launch_uri = take_text(&mut members, "launch_uri")?;
    let login_hint = take_text(&mut members, "login_hint")?;
    let user = take_text(&mut members, "user")?;
    let user_assertion = take_text(&mut members, "user_assertion")?;
    // The rest is the context; the error names the member that is wrong.
    let context = LaunchContext::from_members(members)
        .map_err(|error| bad("launch_context", format!("Member {} {}.", error.member, error.problem)))?;
    let address = match &client_id {
        Some(client_id) => launch_address(cx, client_id, launch_uri.as_deref()).await?,
        None if launch_uri.is_some() => {
            return Err(bad("launch_uri", "Member launch_uri needs a client_id.".to_owned()));
        }
        None => None,
    };
    let (user, vouched) = match (user, user_assertion) {
        (None, None) => (None, None),
        (Some(user), None) => (Some(launch_user::expected(cx, &user).await?), None),
        (None, Some(assertion)) => {
            // A sign-in without a form is for one app; whoever finds the handle cannot use it with another.
            if client_id.is_none() {
                let description = "Member user_assertion needs a client_id: it is good for one app.".to_owned();
                return Err(bad("launch_user_without_client", description));
            }
            let vouched = launch_user::vouched(cx, keys, ehr, &assertion).await?;
            (Some(vouched.user()), Some(vouched))
        }
        (Some(_), Some(_)) => {
            let description =
                "Members user and user_assertion exclude each other: an assertion names the user.".to_owned();
            return Err(bad("launch_user_twice", description));
        }
    };
    let handle = credential::generate(Kind::LaunchHandle, cx.entropy());
    let launch = EhrLaunch {
        context,
        login_hint,
        user,
        signed_in: vouched.as_ref().map(|vouched| vouched.signed_in(cx)),
    };
    let launch = serde_json::to_vec(&launch).map_err(|_| OAuthError::server_error("launch_context_json"))?;
    let mut tx = cx.begin().await?;
    if let Some(vouched) = &vouched {
        vouched.use_up(cx, ehr, &mut tx).await?;
    }
    let hash = Sha256Hash::of(handle.expose().as_bytes());
    tx.insert_launch(hash, client_id.as_deref(), &launch, cx.now() + LIFETIME, cx.entropy())
        .await?;
    tx.commit().await?;
    let mut answer = json!({ "launch": handle.expose(), "expires_in": LIFETIME.as_secs() });
    if let (Some(address), Some(base), Some(answer)) = (address, cx.tenant().fhir_bases.first(), answer.as_object_mut())
    {
        let ready = launch_url(address, base.as_str(), handle.expose());
        answer.insert("launch_url".to_owned(), Value::String(ready));
    }
    Ok(answer)
}

/// The launch URI of the app: the one that was asked for, if it registered it, else its first.
async fn launch_address(cx: &TenantCx, client_id: &str, wanted: Option<&str>) -> Result<Option<Url>, Refusal> {
    let client = cx.find_client(client_id).await?.ok_or_else(|| {
        bad(
            "launch_client",
            "Member client_id is not an app of this tenant.".to_owned(),
        )
    })?;
    let uri = match wanted {
        // SMART App Launch 2.2: the EHR launches registered addresses only.
        Some(wanted) => Some(
            client
                .launch_uris
                .iter()
                .find(|uri| uri.as_str() == wanted)
                .ok_or_else(|| {
                    bad(
                        "launch_uri",
                        "Member launch_uri is not one that the app registered.".to_owned(),
                    )
                })?,
        ),
        None => client.launch_uris.first(),
    };
    Ok(uri.and_then(|uri| Url::parse(uri).ok()))
}

/// The address with `iss` and `launch`, beside a query that it may have already.
fn launch_url(mut address: Url, iss: &str, handle: &str) -> String {
    address
        .query_pairs_mut()
        .append_pair("iss", iss)
        .append_pair("launch", handle);
    address.into()
}
