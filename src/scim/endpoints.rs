//! `Users` and `Groups` (RFC 7644 section 3): listed, made, changed, removed. Each change is one transaction.

use super::connection::Connection;
use super::error::{ScimError, json_response};
use super::filter::{Filter, IndexKey};
use super::listing::{MOST_OPENED, list_response, too_many};
use super::patch;
use super::projection::Projection;
use super::request::{ListRequest, check_precondition, check_schema, is_known, read, tag};
use super::resource::{Aftermath, Attributes, Resource};
use crate::session::backchannel_logout;
use crate::store::TenantTx;
use axum::extract::{Path, RawQuery, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

type Answer = Result<Response, ScimError>;

fn answer(answer: Answer) -> Response {
    answer.unwrap_or_else(ScimError::into_response)
}

/// Which resource the address names.
#[derive(serde::Deserialize)]
pub(super) struct One {
    id: String,
}

impl One {
    /// What is not an id of this kind is the id of none.
    fn id<R: Resource>(&self) -> Result<R::Id, ScimError> {
        self.id.parse().map_err(|_| ScimError::not_found())
    }
}

/// `GET Users`, `GET Groups`.
pub(super) async fn list<R: Resource>(connection: Connection, RawQuery(query): RawQuery) -> Response {
    let request = ListRequest::of_query(R::KIND, query.as_deref().unwrap_or_default());
    answer(async { list_resources::<R>(&connection, request?).await }.await)
}

/// `POST Users/.search`, `POST Groups/.search` (RFC 7644 section 3.4.3).
pub(super) async fn search<R: Resource>(connection: Connection, request: Request) -> Response {
    let searched = async {
        let body = read(request).await?;
        list_resources::<R>(&connection, ListRequest::of_body(R::KIND, &body)?).await
    };
    answer(searched.await)
}

async fn list_resources<R: Resource>(connection: &Connection, request: ListRequest) -> Answer {
    let filter = request.filter(R::KIND)?;
    let mut tx = connection.cx.read().await?;
    let (total, page) = match &filter {
        None => {
            let total = R::count(connection, &mut tx).await?;
            let page = match request.page() {
                0 => Vec::new(),
                page => R::list(connection, &mut tx, request.skip(), page).await?,
            };
            (total, page)
        }
        Some(filter) => {
            let mut found: Vec<R> = Vec::new();
            for candidate in candidates::<R>(connection, &mut tx, filter).await? {
                let shown = candidate.shown(connection, &mut tx, filter.mentions(R::RELATED));
                if filter.matches(&shown.await?) {
                    found.push(candidate);
                }
            }
            request.page_of(found)
        }
    };
    let mut resources = Vec::with_capacity(page.len());
    for found in &page {
        resources.push(projected(connection, &mut tx, found, &request.projection).await?);
    }
    Ok(list_response(total, request.start_index, &resources))
}

/// Those among whom everything that matches is: by a key, or all of them if they are not too many.
async fn candidates<R: Resource>(
    connection: &Connection,
    tx: &mut TenantTx,
    filter: &Filter,
) -> Result<Vec<R>, ScimError> {
    match filter.index_key(R::KIND) {
        Some(IndexKey::Id(id)) => {
            let Ok(id) = id.parse::<R::Id>() else {
                return Ok(Vec::new());
            };
            return Ok(R::find(connection, tx, id).await?.into_iter().collect());
        }
        Some(key) => {
            if let Some(found) = R::find_by(connection, tx, key).await? {
                return Ok(found);
            }
        }
        None => {}
    }
    if R::count(connection, tx).await? > MOST_OPENED {
        return Err(too_many());
    }
    Ok(R::list(connection, tx, 0, MOST_OPENED).await?)
}

/// What is asked for of a resource.
async fn projected<R: Resource>(
    connection: &Connection,
    tx: &mut TenantTx,
    resource: &R,
    projection: &Projection,
) -> Result<Attributes, ScimError> {
    let related = projection.shows(R::RELATED);
    let mut shown = resource.shown(connection, tx, related).await?;
    projection.apply(R::KIND, &mut shown);
    Ok(shown)
}

fn set_version(response: &mut Response, version: i64) {
    if let Ok(tag) = HeaderValue::from_str(&tag(version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

/// A resource in an answer, with its version and its address.
async fn respond<R: Resource>(
    connection: &Connection,
    tx: &mut TenantTx,
    id: R::Id,
    status: StatusCode,
    projection: &Projection,
) -> Answer {
    let found = R::find(connection, tx, id).await?;
    let found = found.ok_or_else(ScimError::not_found)?;
    let shown = projected(connection, tx, &found, projection).await?;
    let mut response = json_response(status, &Value::Object(shown));
    set_version(&mut response, found.version());
    if let Ok(location) = HeaderValue::from_str(&connection.location(R::KIND.endpoint(), &id.to_string())) {
        let name = if status == StatusCode::CREATED {
            header::LOCATION
        } else {
            header::CONTENT_LOCATION
        };
        response.headers_mut().insert(name, location);
    }
    Ok(response)
}

/// `GET Users/{id}`, `GET Groups/{id}`.
pub(super) async fn get<R: Resource>(
    connection: Connection,
    Path(path): Path<One>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let got = async {
        let projection = Projection::of_query(R::KIND, query.as_deref().unwrap_or_default())?;
        let id = path.id::<R>()?;
        let mut tx = connection.cx.read().await?;
        let found = R::find(&connection, &mut tx, id).await?;
        let found = found.ok_or_else(ScimError::not_found)?;
        if is_known(&headers, found.version()) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            set_version(&mut response, found.version());
            return Ok(response);
        }
        respond::<R>(&connection, &mut tx, id, StatusCode::OK, &projection).await
    };
    answer(got.await)
}

/// `POST Users`, `POST Groups` (RFC 7644 section 3.3).
pub(super) async fn create<R: Resource>(
    connection: Connection,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let created = async {
        let projection = Projection::of_query(R::KIND, query.as_deref().unwrap_or_default())?;
        let body = read(request).await?;
        check_schema(&body, R::KIND.schema())?;
        let attributes = R::KIND.canonical(&body)?;
        let mut tx = connection.cx.begin().await?;
        let (id, aftermath) = R::create(&connection, &mut tx, attributes).await?;
        let response = respond::<R>(&connection, &mut tx, id, StatusCode::CREATED, &projection).await?;
        tx.commit().await?;
        tell(&connection, aftermath);
        Ok(response)
    };
    answer(created.await)
}

/// `PUT Users/{id}`, `PUT Groups/{id}` (RFC 7644 section 3.5.1).
pub(super) async fn replace<R: Resource>(
    connection: Connection,
    Path(path): Path<One>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let replaced = async {
        let projection = Projection::of_query(R::KIND, query.as_deref().unwrap_or_default())?;
        let id = path.id::<R>()?;
        let body = read(request).await?;
        check_schema(&body, R::KIND.schema())?;
        let attributes = R::KIND.canonical(&body)?;
        let change = |before: Attributes| Ok(R::replacement(&before, attributes));
        update::<R>(&connection, id, &headers, &projection, change).await
    };
    answer(replaced.await)
}

/// `PATCH Users/{id}`, `PATCH Groups/{id}` (RFC 7644 section 3.5.2).
pub(super) async fn change<R: Resource>(
    connection: Connection,
    Path(path): Path<One>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let changed = async {
        let projection = Projection::of_query(R::KIND, query.as_deref().unwrap_or_default())?;
        let id = path.id::<R>()?;
        let body = read(request).await?;
        let change = |mut attributes: Attributes| {
            patch::apply(R::KIND, &mut attributes, &body)?;
            Ok(attributes)
        };
        update::<R>(&connection, id, &headers, &projection, change).await
    };
    answer(changed.await)
}

/// Brings a resource to what `change` makes of its attributes, in one transaction that holds it.
async fn update<R: Resource>(
    connection: &Connection,
    id: R::Id,
    headers: &HeaderMap,
    projection: &Projection,
    change: impl FnOnce(Attributes) -> Result<Attributes, ScimError> + Send,
) -> Answer {
    let mut tx = connection.cx.begin().await?;
    let held = R::hold(connection, &mut tx, id).await?;
    let held = held.ok_or_else(ScimError::not_found)?;
    check_precondition(headers, held.version())?;
    let attributes = change(held.attributes(&mut tx).await?)?;
    let aftermath = held.update(connection, &mut tx, attributes).await?;
    let response = respond::<R>(connection, &mut tx, id, StatusCode::OK, projection).await?;
    tx.commit().await?;
    tell(connection, aftermath);
    Ok(response)
}

/// `DELETE Users/{id}`, `DELETE Groups/{id}` (RFC 7644 section 3.6).
pub(super) async fn delete<R: Resource>(connection: Connection, Path(path): Path<One>, headers: HeaderMap) -> Response {
    let deleted = async {
        let id = path.id::<R>()?;
        let mut tx = connection.cx.begin().await?;
        let held = R::hold(&connection, &mut tx, id).await?;
        let held = held.ok_or_else(ScimError::not_found)?;
        check_precondition(&headers, held.version())?;
        let aftermath = held.delete(&connection, &mut tx).await?;
        tx.commit().await?;
        tell(&connection, aftermath);
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(deleted.await)
}

/// Tells apps of sessions that ended.
fn tell(connection: &Connection, aftermath: Aftermath) {
    if aftermath.has_notices {
        backchannel_logout::deliver_soon(&connection.cx, connection.federation.outbound());
    }
}
