//! `Users` (RFC 7644 section 3): listed, made, changed, shut out.

use super::connection::Connection;
use super::error::{ScimError, json_response};
use super::filter::{Filter, IndexKey};
use super::listing::{MOST_OPENED, list_response, too_many};
use super::patch;
use super::projection::Projection;
use super::request::{ListRequest, check_precondition, check_schema, is_known, read, tag};
use super::schema::{ResourceKind, USER};
use super::user::{DescribedUser, shown};
use crate::federation::provisioning;
use crate::kernel::id::AccountId;
use crate::session::{self, backchannel_logout};
use crate::store::tenant::{AuditEvent, ScimGroup, ScimUser, ScimUserDetails, ScimUserKey};
use crate::store::{StoreError, TenantTx};
use axum::extract::{Path, RawQuery, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

const KIND: ResourceKind = ResourceKind::User;
/// Why grants and sessions ended.
const BECAUSE: &str = "deprovisioned";

type Answer = Result<Response, ScimError>;

fn answer(answer: Answer) -> Response {
    answer.unwrap_or_else(ScimError::into_response)
}

#[derive(serde::Deserialize)]
pub(super) struct OneUser {
    id: String,
}

impl OneUser {
    /// What is not the id of an account is the id of none.
    fn account(&self) -> Result<AccountId, ScimError> {
        self.id.parse().map_err(|_| ScimError::not_found())
    }
}

/// `GET Users`.
pub(super) async fn list(connection: Connection, RawQuery(query): RawQuery) -> Response {
    let request = ListRequest::of_query(KIND, query.as_deref().unwrap_or_default());
    answer(async { list_users(&connection, request?).await }.await)
}

/// `POST Users/.search` (RFC 7644 section 3.4.3).
pub(super) async fn search(connection: Connection, request: Request) -> Response {
    answer(
        async {
            let body = read(request).await?;
            list_users(&connection, ListRequest::of_body(KIND, &body)?).await
        }
        .await,
    )
}

async fn list_users(connection: &Connection, request: ListRequest) -> Answer {
    let filter = request.filter(KIND)?;
    let provider = connection.provider.id;
    let mut tx = connection.cx.read().await?;
    let (total, page) = match &filter {
        None => {
            let total = tx.count_scim_users(provider).await?;
            let page = match request.page() {
                0 => Vec::new(),
                page => tx.list_scim_users(provider, request.skip(), page).await?,
            };
            (total, page)
        }
        Some(filter) => {
            let found = candidates(connection, &mut tx, filter).await?;
            let matching = found
                .into_iter()
                .filter(|user| filter.matches(&shown(connection, user, &[])));
            request.page_of(matching.collect())
        }
    };
    let mut resources = Vec::with_capacity(page.len());
    for user in &page {
        let groups = groups_of(connection, &mut tx, user, &request.projection).await?;
        let mut resource = shown(connection, user, &groups);
        request.projection.apply(KIND, &mut resource);
        resources.push(resource);
    }
    Ok(list_response(total, request.start_index, &resources))
}

/// The users among whom everything that matches is: by a key, or all of them if they are not too many.
async fn candidates(connection: &Connection, tx: &mut TenantTx, filter: &Filter) -> Result<Vec<ScimUser>, ScimError> {
    let provider = connection.provider.id;
    let by = match filter.index_key(KIND) {
        Some(IndexKey::Id(id)) => {
            let Ok(account) = id.parse::<AccountId>() else {
                return Ok(Vec::new());
            };
            return Ok(tx.find_scim_user(provider, account).await?.into_iter().collect());
        }
        Some(IndexKey::UserName(text)) => Some(
            tx.find_scim_users_by(provider, ScimUserKey::UserName(&text.to_lowercase()))
                .await?,
        ),
        Some(IndexKey::Email(text)) => Some(
            tx.find_scim_users_by(provider, ScimUserKey::Email(&text.to_lowercase()))
                .await?,
        ),
        Some(IndexKey::ExternalId(text)) => Some(tx.find_scim_users_by(provider, ScimUserKey::ExternalId(text)).await?),
        _ => None,
    };
    if let Some(found) = by {
        return Ok(found);
    }
    if tx.count_scim_users(provider).await? > MOST_OPENED {
        return Err(too_many());
    }
    Ok(tx.list_scim_users(provider, 0, MOST_OPENED).await?)
}

async fn groups_of(
    connection: &Connection,
    tx: &mut TenantTx,
    user: &ScimUser,
    projection: &Projection,
) -> Result<Vec<ScimGroup>, StoreError> {
    if projection.shows("groups") {
        tx.list_scim_groups_of(connection.provider.id, user.account).await
    } else {
        Ok(Vec::new())
    }
}

/// A user in an answer, with its version and, when it was made, its address.
async fn respond(
    connection: &Connection,
    tx: &mut TenantTx,
    account: AccountId,
    status: StatusCode,
    projection: &Projection,
) -> Answer {
    let user = tx.find_scim_user(connection.provider.id, account).await?;
    let user = user.ok_or_else(ScimError::not_found)?;
    let groups = groups_of(connection, tx, &user, projection).await?;
    let mut resource = shown(connection, &user, &groups);
    projection.apply(KIND, &mut resource);
    let mut response = json_response(status, &Value::Object(resource));
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag(user.version)) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(location) = HeaderValue::from_str(&connection.location(KIND.endpoint(), &account.to_string())) {
        headers.insert(
            if status == StatusCode::CREATED {
                header::LOCATION
            } else {
                header::CONTENT_LOCATION
            },
            location,
        );
    }
    Ok(response)
}

/// `GET Users/{id}`.
pub(super) async fn get(
    connection: Connection,
    Path(path): Path<OneUser>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let got = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let account = path.account()?;
        let mut tx = connection.cx.read().await?;
        let user = tx.find_scim_user(connection.provider.id, account).await?;
        let user = user.ok_or_else(ScimError::not_found)?;
        if is_known(&headers, user.version) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            if let Ok(tag) = HeaderValue::from_str(&tag(user.version)) {
                response.headers_mut().insert(header::ETAG, tag);
            }
            return Ok(response);
        }
        respond(&connection, &mut tx, account, StatusCode::OK, &projection).await
    };
    answer(got.await)
}

/// `POST Users` (RFC 7644 section 3.3).
pub(super) async fn create(connection: Connection, RawQuery(query): RawQuery, request: Request) -> Response {
    let created = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let body = read(request).await?;
        check_schema(&body, USER)?;
        let mut attributes = KIND.canonical(&body)?;
        attributes.entry("active").or_insert(json!(true));
        create_user(&connection, attributes, &projection).await
    };
    answer(created.await)
}

async fn create_user(connection: &Connection, attributes: Map<String, Value>, projection: &Projection) -> Answer {
    let (cx, provider) = (&connection.cx, &connection.provider);
    let described = DescribedUser::check(attributes, provider.provisioning.subject)?;
    let mut tx = cx.begin().await?;
    // Somebody who signed in before the directory came has an account already: it is that one.
    let account = tx
        .provision_account(provider.id, &described.subject, cx.now(), cx.entropy())
        .await?;
    let details = ScimUserDetails {
        attributes: described.attributes.clone(),
        given_roles: Vec::new(),
    };
    let inserted = tx
        .insert_scim_user(
            provider.id,
            account.id,
            &described.keys,
            &details,
            cx.now(),
            cx.entropy(),
        )
        .await?;
    if !inserted {
        return Err(ScimError::taken("userName or externalId"));
    }
    let profile = described.profile(&account.profile);
    tx.replace_account_profile(&account, &profile, cx.entropy()).await?;
    let event = AuditEvent {
        event: "user.saved",
        account: Some(account.id),
        detail: Some("created"),
        ..AuditEvent::default()
    };
    connection.record(&mut tx, event).await?;
    let ended = set_active(connection, &mut tx, account.id, described.active()).await?;
    let response = respond(connection, &mut tx, account.id, StatusCode::CREATED, projection).await?;
    tx.commit().await?;
    tell(connection, ended);
    Ok(response)
}

/// `PUT Users/{id}` (RFC 7644 section 3.5.1).
pub(super) async fn replace(
    connection: Connection,
    Path(path): Path<OneUser>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let replaced = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let account = path.account()?;
        let body = read(request).await?;
        check_schema(&body, USER)?;
        let mut attributes = KIND.canonical(&body)?;
        update(&connection, account, &headers, &projection, |before| {
            // A replacement that does not say whether somebody may sign in does not decide it.
            if let Some(active) = before.get("active") {
                attributes.entry("active").or_insert(active.clone());
            }
            Ok(attributes)
        })
        .await
    };
    answer(replaced.await)
}

/// `PATCH Users/{id}` (RFC 7644 section 3.5.2).
pub(super) async fn change(
    connection: Connection,
    Path(path): Path<OneUser>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let changed = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let account = path.account()?;
        let body = read(request).await?;
        update(&connection, account, &headers, &projection, |before| {
            let mut attributes = before.clone();
            patch::apply(KIND, &mut attributes, &body)?;
            Ok(attributes)
        })
        .await
    };
    answer(changed.await)
}

/// Brings a user to what `change` makes of its attributes, in one transaction that holds the user.
async fn update(
    connection: &Connection,
    id: AccountId,
    headers: &HeaderMap,
    projection: &Projection,
    change: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, ScimError> + Send,
) -> Answer {
    let (cx, provider) = (&connection.cx, &connection.provider);
    let mut tx = cx.begin().await?;
    let user = tx.hold_scim_user(provider.id, id).await?;
    let mut user = user.ok_or_else(ScimError::not_found)?;
    check_precondition(headers, user.version)?;
    let attributes = change(&user.details.attributes)?;
    let described = DescribedUser::check(attributes, provider.provisioning.subject)?;
    let account = tx.find_account(id).await?.ok_or_else(ScimError::not_found)?;
    let profile = described.profile(&account.profile);
    if described.attributes != user.details.attributes {
        user.details.attributes = described.attributes.clone();
        let taken = |error| match error {
            StoreError::Exists => ScimError::taken("userName or externalId"),
            other => other.into(),
        };
        tx.replace_scim_user(provider.id, id, &described.keys, &user.details, cx.now(), cx.entropy())
            .await
            .map_err(taken)?;
        if profile != account.profile {
            tx.replace_account_profile(&account, &profile, cx.entropy())
                .await
                .map_err(taken)?;
        }
        let event = AuditEvent {
            event: "user.saved",
            account: Some(id),
            detail: Some("updated"),
            ..AuditEvent::default()
        };
        connection.record(&mut tx, event).await?;
    }
    let ended = set_active(connection, &mut tx, id, described.active()).await?;
    let response = respond(connection, &mut tx, id, StatusCode::OK, projection).await?;
    tx.commit().await?;
    tell(connection, ended);
    Ok(response)
}

/// `DELETE Users/{id}` (RFC 7644 section 3.6). The account stays, shut out: what it did remains its own, and nobody gets it by the
/// same subject unless the directory brings them again.
pub(super) async fn delete(connection: Connection, Path(path): Path<OneUser>, headers: HeaderMap) -> Response {
    let deleted = async {
        let id = path.account()?;
        let (cx, provider) = (&connection.cx, connection.provider.id);
        let mut tx = cx.begin().await?;
        let user = tx.hold_scim_user(provider, id).await?;
        let user = user.ok_or_else(ScimError::not_found)?;
        check_precondition(&headers, user.version)?;
        let ended = set_active(&connection, &mut tx, id, Some(false)).await?;
        if let Some(account) = tx.find_account(id).await? {
            let mut profile = account.profile.clone();
            provisioning::take_given_roles(&mut profile, &user);
            tx.replace_account_profile(&account, &profile, cx.entropy()).await?;
        }
        tx.delete_scim_user(provider, id).await?;
        let event = AuditEvent {
            event: "user.deprovisioned",
            account: Some(id),
            ..AuditEvent::default()
        };
        connection.record(&mut tx, event).await?;
        tx.commit().await?;
        tell(&connection, ended);
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(deleted.await)
}

/// Lets the user in or shuts them out, if the directory says which and it is not so. Shut out, their sessions end, and every
/// grant with its tokens, for good: whoever comes back signs in again. Returns whether apps are to be told.
async fn set_active(
    connection: &Connection,
    tx: &mut TenantTx,
    account: AccountId,
    active: Option<bool>,
) -> Result<bool, StoreError> {
    let cx = &connection.cx;
    let mut has_notices = false;
    let event = match active {
        Some(true) if tx.enable_by_directory(account).await? => "user.enabled",
        Some(false) if tx.disable_by_directory(account, cx.now()).await? => {
            tx.revoke_grants_of_account(account, BECAUSE, cx.now()).await?;
            loop {
                // A part of them at a time.
                let ended = session::end_all(cx, tx, account, None, BECAUSE).await?;
                has_notices |= ended.has_notices;
                if ended.count == 0 {
                    break;
                }
            }
            "user.disabled"
        }
        _ => return Ok(false),
    };
    let event = AuditEvent {
        event,
        account: Some(account),
        ..AuditEvent::default()
    };
    connection.record(tx, event).await?;
    Ok(has_notices)
}

/// Tells apps of sessions that ended.
fn tell(connection: &Connection, has_notices: bool) {
    if has_notices {
        backchannel_logout::deliver_soon(&connection.cx, connection.federation.outbound());
    }
}
