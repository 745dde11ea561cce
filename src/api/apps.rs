//! Apps: registered, approved, changed, switched off, removed; their secrets.

use super::ApiState;
use super::answer::{Answer, done, page, shown, status_of, tagged, with_members, with_status};
use super::entry::Admin;
use super::input::{Body, Paging, Preconditions, Query, Segments};
use super::operation::{Operation, OperationTable};
use super::problem::Problem;
use crate::control::clients::{RegisteredClient, SecretPolicy};
use crate::control::{ControlError, Precondition};
use crate::oauth::Client;
use crate::oauth::client::ClientStatus;
use crate::oauth::client_registration::ClientRegistration;
use crate::tenant::roles::Permission;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

const LIST: &str = "/api/v1/tenants/{tenant}/apps";
const ONE: &str = "/api/v1/tenants/{tenant}/apps/{client_id}";
const STATUS: &str = "/api/v1/tenants/{tenant}/apps/{client_id}/status";
const KEYS: &str = "/api/v1/tenants/{tenant}/apps/{client_id}/keys/check";
const SECRET: &str = "/api/v1/tenants/{tenant}/apps/{client_id}/secret";

pub(super) fn operations() -> OperationTable {
    OperationTable::default()
        .on(
            Operation::get(LIST, "listApps", "Search apps")
                .needs(Permission::ReadApps)
                .says("In order of id. The approval queue is `?status=awaiting_approval`.")
                .query("q", "SearchText", "Part of the id or the name, whatever the case.")
                .query("status", "AppStatus", "Only apps in this state.")
                .paged("AppPage"),
            list,
        )
        .on(
            Operation::post(LIST, "createApp", "Register an app")
                .needs(Permission::ManageApps)
                .says(
                    "Members are those of RFC 7591 section 2 and OpenID Connect Dynamic Client Registration. A new secret is in \
                     the answer, this once.",
                )
                .takes(
                    "NewApp",
                    json!({
                        "client_id": "vaccination-card", "client_name": "Growth chart", "token_endpoint_auth_method": "none",
                        "redirect_uris": ["https://app.example/callback"], "scope": "openid fhirUser launch/patient patient/*.rs",
                    }),
                )
                .answers(201, Some("App"), "It was registered.")
                .tagged(),
            create,
        )
        .on(
            Operation::get(ONE, "getApp", "Show an app")
                .needs(Permission::ReadApps)
                .gives("App")
                .tagged(),
            get,
        )
        .on(
            Operation::put(ONE, "replaceApp", "Register an app under this id, or replace its registration")
                .needs(Permission::ManageApps)
                .says("Its state and its secrets stay. With `If-None-Match: *` it is only registered.")
                .takes(
                    "AppRegistration",
                    json!({
                        "client_name": "Growth chart", "token_endpoint_auth_method": "none",
                        "redirect_uris": ["https://app.example/callback"], "scope": "openid fhirUser launch/patient patient/*.rs",
                    }),
                )
                .answers(200, Some("App"), "It is as described.")
                .answers(201, Some("App"), "It was registered.")
                .tagged(),
            replace,
        )
        .on(
            Operation::delete(ONE, "deleteApp", "Remove an app")
                .needs(Permission::ManageApps)
                .says("Everything that users allowed it falls with it.")
                .tagged(),
            delete,
        )
        .on(
            Operation::post(KEYS, "checkAppKeys", "Look at an app's keys")
                .needs(Permission::ManageApps)
                .says(
                    "As this server finds them: those that it registered, else those at its `jwks_uri`, fetched now. Of each its \
                     size, the algorithms for which it is accepted, and what is wrong with it. Changes nothing.",
                )
                .gives("AppKeys"),
            check_keys,
        )
        .on(
            Operation::put(STATUS, "setAppStatus", "Approve an app, or switch it off or on")
                .needs(Permission::ManageApps)
                .says(
                    "Switched off, its tokens stop working at once. An app that awaits approval is approved by `enabled`: send the \
                     `ETag` of what you have looked at as `If-Match`, because until then the app can change what it asks for.",
                )
                .takes("AppStatusChange", json!({ "status": "enabled" }))
                .gives("App")
                .tagged(),
            set_status,
        )
        .on(
            Operation::post(SECRET, "rotateAppSecret", "Make a new secret for an app")
                .needs(Permission::ManageApps)
                .says("The secret is in the answer, this once. Those before work beside it for `overlap` seconds.")
                .takes("SecretRotation", json!({ "overlap": 3600 }))
                .answers(201, Some("App"), "The new secret is `client_secret`."),
            rotate_secret,
        )
}

/// The registration without the hashes of its secrets.
fn view(client: &Client) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(client).map_err(ControlError::from)?;
    if let Some(object) = value.as_object_mut() {
        object.remove("secrets");
        let secrets: Vec<Value> = client
            .secrets
            .iter()
            .map(|secret| {
                json!({
                    "created_at": secret.created_at.to_rfc3339(),
                    "expires_at": secret.expires_at.map(crate::kernel::Timestamp::to_rfc3339),
                })
            })
            .collect();
        object.insert("secrets".into(), secrets.into());
    }
    Ok(value)
}

/// With the change, and the new secret if one was made.
pub(super) fn registered(registered: &RegisteredClient) -> Result<Value, Problem> {
    let mut members = json!({ "change": registered.change });
    if let (Some(secret), Some(object)) = (&registered.secret, members.as_object_mut()) {
        object.insert("client_secret".into(), secret.expose().clone().into());
    }
    with_members(&view(&registered.client)?, &members)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    q: Option<String>,
    status: Option<ClientStatus>,
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list(Admin(admin): Admin, Query(filter): Query<Filter>) -> Answer {
    let paging = Paging::new(filter.cursor, filter.limit);
    let limit = paging.limit()?;
    let after: String = paging.after()?;
    let clients = admin
        .search_clients(filter.q.as_deref(), filter.status, &after, limit + 1)
        .await?;
    let views: Vec<Value> = clients.iter().map(view).collect::<Result<_, _>>()?;
    page(views, limit, |client| client.get("client_id").cloned())
}

#[derive(Deserialize)]
struct NewApp {
    client_id: String,
    #[serde(flatten)]
    registration: ClientRegistration,
}

async fn create(Admin(admin): Admin, Body(new): Body<NewApp>) -> Answer {
    let made = admin
        .save_client_if(
            &new.client_id,
            new.registration,
            SecretPolicy::KeepOrCreate,
            &Precondition::Absent,
        )
        .await;
    let made = made.map_err(|error| match error {
        ControlError::Outdated => ControlError::Conflict(format!("there is an app {} already", new.client_id)),
        other => other,
    })?;
    let mut response = tagged(StatusCode::CREATED, &registered(&made)?, &made.client)?;
    let slug = &admin.cx().tenant().slug;
    if let Ok(address) = HeaderValue::from_str(&format!("/api/v1/tenants/{slug}/apps/{}", new.client_id)) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(response)
}

#[derive(Deserialize)]
struct OneApp {
    client_id: String,
}

async fn get(Admin(admin): Admin, headers: HeaderMap, Segments(path): Segments<OneApp>) -> Answer {
    let client = admin.get_client(&path.client_id).await?;
    shown(&headers, &view(&client)?, &client)
}

async fn replace(
    Admin(admin): Admin,
    Segments(path): Segments<OneApp>,
    Preconditions(precondition): Preconditions,
    Body(registration): Body<ClientRegistration>,
) -> Answer {
    let policy = SecretPolicy::KeepOrCreate;
    let made = admin
        .save_client_if(&path.client_id, registration, policy, &precondition)
        .await?;
    tagged(status_of(made.change), &registered(&made)?, &made.client)
}

async fn delete(
    Admin(admin): Admin,
    Segments(path): Segments<OneApp>,
    Preconditions(precondition): Preconditions,
) -> Answer {
    admin.delete_client_if(&path.client_id, &precondition).await?;
    Ok(done())
}

async fn check_keys(Admin(admin): Admin, State(state): State<ApiState>, Segments(path): Segments<OneApp>) -> Answer {
    let report = admin.check_client_keys(&state.federation, &path.client_id).await?;
    super::answer::ok(&report)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusChange {
    status: ClientStatus,
}

async fn set_status(
    Admin(admin): Admin,
    Segments(path): Segments<OneApp>,
    Preconditions(precondition): Preconditions,
    Body(wanted): Body<StatusChange>,
) -> Answer {
    if wanted.status == ClientStatus::AwaitingApproval {
        return Err(ControlError::invalid("status", "is enabled or disabled").into());
    }
    let change = admin
        .set_client_status_if(&path.client_id, wanted.status, &precondition)
        .await?;
    let client = Client {
        status: wanted.status,
        ..admin.get_client(&path.client_id).await?
    };
    let body = with_members(&view(&client)?, &json!({ "change": change }))?;
    tagged(StatusCode::OK, &body, &client)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretRotation {
    #[serde(default)]
    overlap: u32,
}

async fn rotate_secret(
    Admin(admin): Admin,
    Segments(path): Segments<OneApp>,
    Body(wanted): Body<SecretRotation>,
) -> Answer {
    let overlap = Duration::from_secs(u64::from(wanted.overlap));
    let made = admin.rotate_client_secret(&path.client_id, overlap).await?;
    with_status(StatusCode::CREATED, &registered(&made)?)
}
