//! Reading and searching, within what the token allows.

use super::{FhirWorld, Records};
use crate::app::App;
use crate::gateway::decision::{Conditions, Decision};
use crate::gateway::interaction::{Instance, Interaction};
use crate::gateway::resource_token::{self, Authorised};
use crate::issuer::{BearerRefusal, bearer};
use crate::smart::scope::Constraint;
use crate::smart::{FhirId, TypeName};
use crate::tenant::TenantCx;
use crate::web::route_table::RouteTable;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Most resources in one answer.
const LARGEST_PAGE: usize = 100;

/// The FHIR routes of every hospital.
pub fn routes(world: &Arc<FhirWorld>) -> RouteTable<App> {
    let world = world.clone();
    RouteTable::new()
        .get(
            "/{tenant}/fhir/{*path}",
            move |cx: TenantCx,
                  Path((_, path)): Path<(String, String)>,
                  RawQuery(query): RawQuery,
                  headers: HeaderMap| async move {
                let answer = answer(&world, &cx, &path, &query.unwrap_or_default(), &headers).await;
                with_cors(answer.unwrap_or_else(|refused| refused))
            },
        )
        .options("/{tenant}/fhir/{*path}", |_cx: TenantCx| async {
            with_cors(StatusCode::NO_CONTENT.into_response())
        })
}

/// SMART App Launch 2.2, "Considerations for CORS support": readable for browser apps, on errors too. Any origin: the
/// token is the only credential, and no browser adds it by itself.
fn with_cors(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept, if-match, if-none-match, prefer"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("ETag, Location, Content-Location, WWW-Authenticate"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Who asks: an app with a token, or the hospital's own patient picker.
enum Caller {
    App(Authorised),
    PatientDirectory,
}

async fn answer(
    world: &FhirWorld,
    cx: &TenantCx,
    path: &str,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Response> {
    let unknown = || outcome(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address.");
    let records = world.find(cx.tenant().slug.as_str()).ok_or_else(unknown)?;
    if path == "metadata" {
        return Ok(fhir_json(&capability_statement(cx)));
    }
    let caller = authorise(records, cx, headers).await?;
    let interaction = Interaction::parse("GET", path, query)
        .map_err(|error| outcome(StatusCode::BAD_REQUEST, "invalid", &error.to_string()))?;
    let conditions = match &caller {
        Caller::PatientDirectory if matches!(type_of(&interaction), Some(name) if name.as_str() == "Patient") => None,
        Caller::PatientDirectory => return Err(forbidden("The patient directory reads patients only.")),
        Caller::App(app) => match app.decide(&interaction) {
            Decision::Allow => None,
            Decision::AllowIfMatches(conditions) => Some(conditions),
            Decision::Deny(denial) => return Err(forbidden(&denial.to_string())),
        },
    };
    let may_pass = |resource: &Value| {
        conditions
            .as_ref()
            .is_none_or(|conditions| passes(conditions, resource))
    };
    match interaction {
        Interaction::Read(instance) => match find(records, &instance) {
            Some(resource) if may_pass(resource) => Ok(fhir_json(resource)),
            // Whether there is such a record is not told to a token that may not read it.
            Some(_) => Err(forbidden("The token does not allow this record.")),
            None => Err(unknown()),
        },
        Interaction::TypeSearch { resource, .. } => Ok(search(cx, records, &resource, query, &may_pass)),
        _ => Err(outcome(
            StatusCode::METHOD_NOT_ALLOWED,
            "not-supported",
            "The demonstration reads and searches only.",
        )),
    }
}

async fn authorise(records: &Records, cx: &TenantCx, headers: &HeaderMap) -> Result<Caller, Response> {
    if let Ok(Some(token)) = bearer(headers)
        && records.is_directory_token(token)
    {
        return Ok(Caller::PatientDirectory);
    }
    let base = cx
        .tenant()
        .fhir_bases
        .first()
        .ok_or_else(|| BearerRefusal::Invalid.into_response())?;
    resource_token::authorise(cx, headers, base)
        .await
        .map(Caller::App)
        .map_err(IntoResponse::into_response)
}

const fn type_of(interaction: &Interaction) -> Option<&TypeName> {
    match interaction {
        Interaction::Read(Instance { resource, .. }) | Interaction::TypeSearch { resource, .. } => Some(resource),
        _ => None,
    }
}

fn find<'a>(records: &'a Records, instance: &Instance) -> Option<&'a Value> {
    records.resources.iter().find(|resource| {
        text(resource, "resourceType") == instance.resource.as_str() && text(resource, "id") == instance.id.as_str()
    })
}

fn text<'a>(resource: &'a Value, member: &str) -> &'a str {
    resource.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The patient a resource is about.
fn patient_of(resource: &Value) -> Option<&str> {
    if text(resource, "resourceType") == "Patient" {
        return resource.get("id").and_then(Value::as_str);
    }
    let reference = ["subject", "patient", "beneficiary"]
        .iter()
        .find_map(|member| resource.get(member))
        .or_else(|| resource.get("target").and_then(|targets| targets.get(0)));
    reference?.get("reference")?.as_str()?.strip_prefix("Patient/")
}

/// Whether one of the token's ways fits the resource.
fn passes(conditions: &Conditions, resource: &Value) -> bool {
    let Ok(name) = TypeName::parse(text(resource, "resourceType")) else {
        return false;
    };
    conditions.alternatives(&name).any(|permitted| {
        let patient_fits = permitted
            .patient
            .as_ref()
            .is_none_or(|patient: &FhirId| patient_of(resource) == Some(patient.as_str()));
        patient_fits
            && permitted
                .constraints
                .iter()
                .all(|constraint| meets(resource, constraint))
    })
}

/// A granular scope's criterion: a token search on one member. Anything else is not met.
fn meets(resource: &Value, constraint: &Constraint) -> bool {
    let written = constraint.parameter().to_string();
    constraint
        .alternatives()
        .iter()
        .any(|wanted| matches_token(resource, &written, wanted))
}

/// FHIR token search: `code` or `system|code` in a coded member.
fn matches_token(resource: &Value, member: &str, wanted: &str) -> bool {
    let (system, code) = wanted
        .split_once('|')
        .map_or((None, wanted), |(system, code)| (Some(system), code));
    let concepts: Vec<&Value> = match resource.get(member) {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(Value::String(plain)) => return plain == code,
        Some(one) => vec![one],
        None => return false,
    };
    concepts
        .iter()
        .filter_map(|concept| concept.get("coding")?.as_array())
        .flatten()
        .any(|coding| text(coding, "code") == code && system.is_none_or(|system| text(coding, "system") == system))
}

fn search(
    cx: &TenantCx,
    records: &Records,
    resource: &TypeName,
    query: &str,
    may_pass: &dyn Fn(&Value) -> bool,
) -> Response {
    let criteria: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let count = criteria
        .iter()
        .find(|(name, _)| name == "_count")
        .and_then(|(_, value)| value.parse().ok());
    let found: Vec<&Value> = records
        .resources
        .iter()
        .filter(|candidate| text(candidate, "resourceType") == resource.as_str())
        .filter(|candidate| criteria.iter().all(|(name, value)| fits(candidate, name, value)))
        .filter(|candidate| may_pass(candidate))
        .collect();
    let shown = found.iter().take(count.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE));
    let base = cx.tenant().fhir_bases.first();
    let entries: Vec<Value> = shown
        .map(|resource| {
            let path = format!("{}/{}", text(resource, "resourceType"), text(resource, "id"));
            let address = base.map(|base| base.join(&path));
            json!({ "fullUrl": address, "resource": resource, "search": { "mode": "match" } })
        })
        .collect();
    fhir_json(&json!({ "resourceType": "Bundle", "type": "searchset", "total": found.len(), "entry": entries }))
}

/// The search parameters that the demonstration knows; others are ignored, as FHIR lets servers do.
fn fits(resource: &Value, name: &str, value: &str) -> bool {
    let any = |check: &dyn Fn(&str) -> bool| value.split(',').any(check);
    match name {
        "_id" => any(&|id| text(resource, "id") == id),
        "patient" | "subject" => {
            any(&|reference| patient_of(resource) == Some(reference.strip_prefix("Patient/").unwrap_or(reference)))
        }
        "name" => any(&|wanted| named(resource, wanted)),
        "birthdate" => any(&|date| text(resource, "birthDate") == date.strip_prefix("eq").unwrap_or(date)),
        "gender" => any(&|gender| text(resource, "gender") == gender),
        "identifier" => any(&|wanted| identified(resource, wanted)),
        "category" | "code" | "status" | "intent" | "type" => any(&|wanted| matches_token(resource, name, wanted)),
        _ => true,
    }
}

/// FHIR string search: some part of the name begins with each word, whatever the case.
fn named(resource: &Value, wanted: &str) -> bool {
    let names = resource.get("name").and_then(Value::as_array).into_iter().flatten();
    let parts: Vec<String> = names
        .flat_map(|name| {
            let given = name
                .get("given")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            given
                .chain(name.get("family").and_then(Value::as_str))
                .map(str::to_lowercase)
                .collect::<Vec<_>>()
        })
        .collect();
    wanted
        .split_whitespace()
        .all(|word| parts.iter().any(|part| part.starts_with(&word.to_lowercase())))
}

fn identified(resource: &Value, wanted: &str) -> bool {
    let value = wanted.split_once('|').map_or(wanted, |(_, value)| value);
    let identifiers = resource
        .get("identifier")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    identifiers
        .map(|identifier| text(identifier, "value"))
        .any(|known| known.eq_ignore_ascii_case(value))
}

fn fhir_json(body: &Value) -> Response {
    let etag = body
        .pointer("/meta/versionId")
        .and_then(Value::as_str)
        .map(|version| format!("W/\"{version}\""));
    let mut response = ([(header::CONTENT_TYPE, "application/fhir+json")], body.to_string()).into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

fn outcome(status: StatusCode, code: &str, diagnostics: &str) -> Response {
    let body = json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error", "code": code, "diagnostics": diagnostics }],
    });
    (
        status,
        [(header::CONTENT_TYPE, "application/fhir+json")],
        body.to_string(),
    )
        .into_response()
}

/// RFC 6750 section 3.1: 403 `insufficient_scope`.
fn forbidden(diagnostics: &str) -> Response {
    let mut response = outcome(StatusCode::FORBIDDEN, "forbidden", diagnostics);
    let challenge = HeaderValue::from_static("Bearer realm=\"fhir\", error=\"insufficient_scope\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// Public, with the security block that clients older than SMART discovery read.
fn capability_statement(cx: &TenantCx) -> Value {
    let security = crate::issuer::smart_configuration(cx).capability_statement_security();
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-05", "kind": "instance",
        "fhirVersion": "4.0.1", "format": ["application/fhir+json"],
        "rest": [{ "mode": "server", "security": security, "resource": [
            { "type": "Patient", "interaction": [{ "code": "read" }, { "code": "search-type" }] },
            { "type": "Observation", "interaction": [{ "code": "read" }, { "code": "search-type" }] },
        ] }],
    })
}
