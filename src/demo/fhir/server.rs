//! Reading and searching, within what the token allows.

use super::capability_statement::capability_statement;
use super::outcome::{Refused, fhir_json, with_cors};
use super::search::{Scope, Search};
use super::{FhirWorld, Records, access};
use crate::app::App;
use crate::gateway::decision::{Conditions, Decision};
use crate::gateway::interaction::{Instance, Interaction};
use crate::gateway::resource_token::{self, Authorised};
use crate::smart::{FhirBase, TypeName};
use crate::tenant::TenantCx;
use crate::web::route_table::RouteTable;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

const FORM: &str = "application/x-www-form-urlencoded";

/// The FHIR routes of every hospital.
pub fn routes(world: &Arc<FhirWorld>) -> RouteTable<App> {
    let (for_get, for_post) = (world.clone(), world.clone());
    RouteTable::new()
        .get(
            "/{tenant}/fhir/{*path}",
            move |cx: TenantCx, Path((_, path)): Path<(String, String)>, RawQuery(query), headers: HeaderMap| async move {
                let request = FhirRequest { method: "GET", path: &path, query: &query.unwrap_or_default(), headers: &headers };
                answer(&for_get, &cx, &request).await
            },
        )
        .post(
            "/{tenant}/fhir/{*path}",
            move |cx: TenantCx, Path((_, path)): Path<(String, String)>, RawQuery(query), headers: HeaderMap, body: String| async move {
                let query = posted_query(query.unwrap_or_default(), &headers, &body);
                let request = FhirRequest { method: "POST", path: &path, query: &query, headers: &headers };
                answer(&for_post, &cx, &request).await
            },
        )
        .options("/{tenant}/fhir/{*path}", |_cx: TenantCx| async { StatusCode::NO_CONTENT })
        .map(|router| {
            router
                .method_not_allowed_fallback(|| async { Refused::NotOffered })
                // On everything, refusals of unknown tenants included.
                .layer(map_response(with_cors))
        })
}

/// `POST .../_search` brings its criteria as a form (FHIR R4, "Search"). Any other body is somebody's attempt to write,
/// which is refused by what it is, not by what is in it.
fn posted_query(query: String, headers: &HeaderMap, body: &str) -> String {
    let content_type = header_text(headers, header::CONTENT_TYPE).split(';').next();
    if body.is_empty() || content_type.map(str::trim) != Some(FORM) {
        query
    } else if query.is_empty() {
        body.to_owned()
    } else {
        format!("{query}&{body}")
    }
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

struct FhirRequest<'a> {
    method: &'static str,
    path: &'a str,
    query: &'a str,
    headers: &'a HeaderMap,
}

async fn answer(world: &FhirWorld, cx: &TenantCx, request: &FhirRequest<'_>) -> Result<Response, Refused> {
    let (records, base) = world
        .find(cx.tenant().slug.as_str())
        .zip(cx.tenant().fhir_bases.first())
        .ok_or(Refused::NotFound)?;
    if request.path == "metadata" {
        return Ok(fhir_json(&capability_statement(cx, base, records).await?));
    }
    let caller = resource_token::authorise(cx, request.headers, base, request.method, request.path)
        .await
        .map_err(Refused::Token)?;
    let interaction = Interaction::parse(request.method, request.path, request.query)
        .map_err(|error| Refused::Invalid(error.to_string()))?;
    let conditions = decide(&caller, &interaction)?;
    perform(&interaction, conditions.as_ref(), records, base, request)
}

fn perform(
    interaction: &Interaction,
    conditions: Option<&Conditions>,
    records: &Records,
    base: &FhirBase,
    request: &FhirRequest<'_>,
) -> Result<Response, Refused> {
    let may_pass = |resource: &Value| conditions.is_none_or(|conditions| access::passes(conditions, resource));
    let searched = |types: Vec<&str>, may_match: &dyn Fn(&Value) -> bool| {
        let prefer = header_text(request.headers, header::HeaderName::from_static("prefer"));
        let search = Search::parse(request.query, prefer.contains("handling=strict")).map_err(Refused::Invalid)?;
        Ok(fhir_json(&search.run(&Scope {
            records,
            base,
            path: request.path.strip_suffix("/_search").unwrap_or(request.path),
            types,
            may_match,
            may_come_along: &may_pass,
        })))
    };
    match interaction {
        // One answer for what is not there and what this token may not see: it is not told which.
        Interaction::Read(Instance { resource, id }) => records
            .get(resource.as_str(), id.as_str())
            .filter(|resource| may_pass(resource))
            .map(fhir_json)
            .ok_or(Refused::NotFound),
        Interaction::TypeSearch { resource, .. } => searched(vec![resource.as_str()], &may_pass),
        Interaction::CompartmentSearch {
            compartment, resources, ..
        } if compartment.resource.as_str() == "Patient" => {
            let types = if resources.is_empty() {
                records.types().collect()
            } else {
                resources.iter().map(TypeName::as_str).collect()
            };
            let patient = compartment.id.as_str();
            searched(types, &|resource| {
                access::is_about(resource, patient) && may_pass(resource)
            })
        }
        _ => Err(Refused::NotOffered),
    }
}

/// The conditions under which resources may pass; `None` when all may.
fn decide(caller: &Authorised, interaction: &Interaction) -> Result<Option<Conditions>, Refused> {
    match caller.decide(interaction) {
        Decision::Allow => Ok(None),
        Decision::AllowIfMatches(conditions) => Ok(Some(conditions)),
        Decision::Deny(denial) => Err(Refused::InsufficientScope(denial.to_string())),
    }
}
