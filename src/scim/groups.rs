//! `Groups` (RFC 7644 section 3): listed, made, changed, removed. Their members' roles follow at once.

use super::connection::Connection;
use super::error::{ScimError, json_response};
use super::filter::{Filter, IndexKey};
use super::group::{DescribedGroup, attributes, no_such_member, shown};
use super::listing::{MOST_OPENED, list_response, too_many};
use super::patch;
use super::projection::Projection;
use super::request::{ListRequest, check_precondition, check_schema, is_known, read, tag};
use super::schema::{GROUP, MEMBERS, ResourceKind};
use crate::federation::provisioning;
use crate::kernel::id::{AccountId, ScimGroupId};
use crate::store::tenant::{AuditEvent, ScimGroup, ScimGroupKey};
use crate::store::{StoreError, TenantTx};
use axum::extract::{Path, RawQuery, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const KIND: ResourceKind = ResourceKind::Group;

type Answer = Result<Response, ScimError>;

fn answer(answer: Answer) -> Response {
    answer.unwrap_or_else(ScimError::into_response)
}

#[derive(serde::Deserialize)]
pub(super) struct OneGroup {
    id: String,
}

impl OneGroup {
    /// What is not the id of a group is the id of none.
    fn group(&self) -> Result<ScimGroupId, ScimError> {
        self.id.parse().map_err(|_| ScimError::not_found())
    }
}

/// `GET Groups`.
pub(super) async fn list(connection: Connection, RawQuery(query): RawQuery) -> Response {
    let request = ListRequest::of_query(KIND, query.as_deref().unwrap_or_default());
    answer(async { list_groups(&connection, request?).await }.await)
}

/// `POST Groups/.search` (RFC 7644 section 3.4.3).
pub(super) async fn search(connection: Connection, request: Request) -> Response {
    answer(
        async {
            let body = read(request).await?;
            list_groups(&connection, ListRequest::of_body(KIND, &body)?).await
        }
        .await,
    )
}

async fn list_groups(connection: &Connection, request: ListRequest) -> Answer {
    let filter = request.filter(KIND)?;
    let provider = connection.provider.id;
    let mut tx = connection.cx.read().await?;
    let (total, page) = match &filter {
        None => {
            let total = tx.count_scim_groups(provider).await?;
            let page = match request.page() {
                0 => Vec::new(),
                page => tx.list_scim_groups(provider, request.skip(), page).await?,
            };
            (total, page)
        }
        Some(filter) => {
            let mut found = Vec::new();
            for group in candidates(connection, &mut tx, filter).await? {
                let members = if filter.mentions(MEMBERS) {
                    tx.list_scim_members(group.id).await?
                } else {
                    Vec::new()
                };
                if filter.matches(&shown(connection, &group, &members)) {
                    found.push(group);
                }
            }
            request.page_of(found)
        }
    };
    let mut resources = Vec::with_capacity(page.len());
    for group in &page {
        let members = members_of(&mut tx, group, &request.projection).await?;
        let mut resource = shown(connection, group, &members);
        request.projection.apply(KIND, &mut resource);
        resources.push(resource);
    }
    Ok(list_response(total, request.start_index, &resources))
}

/// The groups among which everything that matches is: by a key, or all of them if they are not too many.
async fn candidates(connection: &Connection, tx: &mut TenantTx, filter: &Filter) -> Result<Vec<ScimGroup>, ScimError> {
    let provider = connection.provider.id;
    let key = match filter.index_key(KIND) {
        Some(IndexKey::Id(id)) => {
            let Ok(group) = id.parse::<ScimGroupId>() else {
                return Ok(Vec::new());
            };
            return Ok(tx.find_scim_group(provider, group).await?.into_iter().collect());
        }
        Some(IndexKey::Member(id)) => {
            let Ok(account) = id.parse::<AccountId>() else {
                return Ok(Vec::new());
            };
            Some(ScimGroupKey::Member(account))
        }
        Some(IndexKey::DisplayName(text)) => Some(ScimGroupKey::DisplayName(text)),
        Some(IndexKey::ExternalId(text)) => Some(ScimGroupKey::ExternalId(text)),
        _ => None,
    };
    if let Some(key) = key {
        return Ok(tx.find_scim_groups_by(provider, key).await?);
    }
    if tx.count_scim_groups(provider).await? > MOST_OPENED {
        return Err(too_many());
    }
    Ok(tx.list_scim_groups(provider, 0, MOST_OPENED).await?)
}

async fn members_of(
    tx: &mut TenantTx,
    group: &ScimGroup,
    projection: &Projection,
) -> Result<Vec<AccountId>, StoreError> {
    if projection.shows(MEMBERS) {
        tx.list_scim_members(group.id).await
    } else {
        Ok(Vec::new())
    }
}

async fn respond(
    connection: &Connection,
    tx: &mut TenantTx,
    id: ScimGroupId,
    status: StatusCode,
    projection: &Projection,
) -> Answer {
    let group = tx.find_scim_group(connection.provider.id, id).await?;
    let group = group.ok_or_else(ScimError::not_found)?;
    let members = members_of(tx, &group, projection).await?;
    let mut resource = shown(connection, &group, &members);
    projection.apply(KIND, &mut resource);
    let mut response = json_response(status, &Value::Object(resource));
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag(group.version)) {
        headers.insert(header::ETAG, tag);
    }
    if let Ok(location) = HeaderValue::from_str(&connection.location(KIND.endpoint(), &id.to_string())) {
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

/// `GET Groups/{id}`.
pub(super) async fn get(
    connection: Connection,
    Path(path): Path<OneGroup>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let got = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let id = path.group()?;
        let mut tx = connection.cx.read().await?;
        let group = tx.find_scim_group(connection.provider.id, id).await?;
        let group = group.ok_or_else(ScimError::not_found)?;
        if is_known(&headers, group.version) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            if let Ok(tag) = HeaderValue::from_str(&tag(group.version)) {
                response.headers_mut().insert(header::ETAG, tag);
            }
            return Ok(response);
        }
        respond(&connection, &mut tx, id, StatusCode::OK, &projection).await
    };
    answer(got.await)
}

/// `POST Groups` (RFC 7644 section 3.3).
pub(super) async fn create(connection: Connection, RawQuery(query): RawQuery, request: Request) -> Response {
    let created = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let body = read(request).await?;
        check_schema(&body, GROUP)?;
        let described = DescribedGroup::check(&KIND.canonical(&body)?)?;
        let (cx, provider) = (&connection.cx, &connection.provider);
        let mut tx = cx.begin().await?;
        let group = tx
            .insert_scim_group(provider.id, &described.details, cx.now(), cx.entropy())
            .await?;
        set_members(&connection, &mut tx, group.id, &[], &described.members, false).await?;
        record(&connection, &mut tx, "group.saved", group.id, Some("created")).await?;
        let response = respond(&connection, &mut tx, group.id, StatusCode::CREATED, &projection).await?;
        tx.commit().await?;
        Ok(response)
    };
    answer(created.await)
}

/// `PUT Groups/{id}` (RFC 7644 section 3.5.1).
pub(super) async fn replace(
    connection: Connection,
    Path(path): Path<OneGroup>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let replaced = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let id = path.group()?;
        let body = read(request).await?;
        check_schema(&body, GROUP)?;
        let attributes = KIND.canonical(&body)?;
        update(&connection, id, &headers, &projection, |_| Ok(attributes)).await
    };
    answer(replaced.await)
}

/// `PATCH Groups/{id}` (RFC 7644 section 3.5.2).
pub(super) async fn change(
    connection: Connection,
    Path(path): Path<OneGroup>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let changed = async {
        let projection = Projection::of_query(KIND, query.as_deref().unwrap_or_default())?;
        let id = path.group()?;
        let body = read(request).await?;
        update(&connection, id, &headers, &projection, |mut attributes| {
            patch::apply(KIND, &mut attributes, &body)?;
            Ok(attributes)
        })
        .await
    };
    answer(changed.await)
}

/// Brings a group to what `change` makes of its attributes, in one transaction that holds the group.
async fn update(
    connection: &Connection,
    id: ScimGroupId,
    headers: &HeaderMap,
    projection: &Projection,
    change: impl FnOnce(Map<String, Value>) -> Result<Map<String, Value>, ScimError> + Send,
) -> Answer {
    let (cx, provider) = (&connection.cx, &connection.provider);
    let mut tx = cx.begin().await?;
    let group = tx.hold_scim_group(provider.id, id).await?;
    let group = group.ok_or_else(ScimError::not_found)?;
    check_precondition(headers, group.version)?;
    let before = tx.list_scim_members(id).await?;
    let described = DescribedGroup::check(&change(attributes(&group, &before))?)?;
    let renamed = described.details != group.details;
    let same_members =
        before.len() == described.members.len() && before.iter().all(|member| described.members.contains(member));
    if renamed || !same_members {
        tx.replace_scim_group(provider.id, id, &described.details, cx.now(), cx.entropy())
            .await?;
        set_members(connection, &mut tx, id, &before, &described.members, renamed).await?;
        record(connection, &mut tx, "group.saved", id, Some("updated")).await?;
    }
    let response = respond(connection, &mut tx, id, StatusCode::OK, projection).await?;
    tx.commit().await?;
    Ok(response)
}

/// `DELETE Groups/{id}` (RFC 7644 section 3.6).
pub(super) async fn delete(connection: Connection, Path(path): Path<OneGroup>, headers: HeaderMap) -> Response {
    let deleted = async {
        let id = path.group()?;
        let (cx, provider) = (&connection.cx, &connection.provider);
        let mut tx = cx.begin().await?;
        let group = tx.hold_scim_group(provider.id, id).await?;
        let group = group.ok_or_else(ScimError::not_found)?;
        check_precondition(&headers, group.version)?;
        let members = tx.list_scim_members(id).await?;
        tx.delete_scim_group(provider.id, id).await?;
        for member in members {
            provisioning::refresh_roles(cx, &mut tx, provider, member).await?;
        }
        record(&connection, &mut tx, "group.deleted", id, None).await?;
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(deleted.await)
}

/// Makes `wanted` the members, and brings the roles of everybody up to it whom it concerns: who came or went, and all of them
/// when the group has another name.
async fn set_members(
    connection: &Connection,
    tx: &mut TenantTx,
    group: ScimGroupId,
    before: &[AccountId],
    wanted: &BTreeSet<AccountId>,
    renamed: bool,
) -> Result<(), ScimError> {
    let (cx, provider) = (&connection.cx, &connection.provider);
    let before: BTreeSet<AccountId> = before.iter().copied().collect();
    for gone in before.difference(wanted) {
        tx.delete_scim_member(group, *gone).await?;
    }
    for new in wanted.difference(&before) {
        if !tx.insert_scim_member(provider.id, group, *new).await? {
            return Err(no_such_member());
        }
    }
    let concerned: Vec<AccountId> = if renamed {
        before.union(wanted).copied().collect()
    } else {
        before.symmetric_difference(wanted).copied().collect()
    };
    for account in concerned {
        provisioning::refresh_roles(cx, tx, provider, account).await?;
    }
    Ok(())
}

async fn record(
    connection: &Connection,
    tx: &mut TenantTx,
    event: &'static str,
    group: ScimGroupId,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    let target = group.to_string();
    let event = AuditEvent {
        event,
        target: Some(&target),
        detail,
        ..AuditEvent::default()
    };
    connection.record(tx, event).await
}
