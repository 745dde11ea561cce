//! The rules of one connection: changed, begun from a template, tried out.

use super::{head, said};
use crate::console::desk::{Desk, Fields, then};
use crate::console::respond::ConsoleFault;
use crate::control::ControlError;
use crate::control::identity_providers::IdentityProviderSummary;
use crate::control::mapping::{MappingReport, MappingSubject};
use crate::federation::mapping::{Identity, MappingRules, templates};
use crate::federation::products::Product;
use crate::federation::sign_in_test::{facts, line};
use crate::federation::{Federation, provider};
use crate::tenant::roles::Permission;
use crate::web::pages::TraceLook;
use crate::web::pages::console::{RuleField, RulesPage};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

/// The rules that have a field of their own.
const FIELDS: [&str; 9] = [
    "subject", "name", "email", "fhirUser", "roles", "groups", "npi", "patient", "patients",
];
/// Those that have a field of another kind.
const OTHERWISE: [&str; 2] = ["groupRoles", "required"];

/// What the page shows beside the rules.
#[derive(Default)]
struct Beside {
    sample: String,
    verified: Option<bool>,
    trace: Option<TraceLook>,
    saved: bool,
    error: Option<String>,
}

/// `GET .../{alias}/rules`.
pub(super) async fn get(desk: Desk, RawQuery(query): RawQuery) -> Response {
    let query = Fields::of_query(query.as_deref());
    let shown = async {
        desk.admin().actor().require(Permission::ManageIdentityProviders)?;
        let summary = desk.admin().get_identity_provider(desk.alias()).await?;
        let rules = as_object(&desk.admin().get_mapping(&summary.alias).await?)?;
        let beside = Beside {
            sample: example(&summary),
            saved: query.has("saved"),
            ..Beside::default()
        };
        Ok(desk.page(&page(&desk, &summary, &rules, beside)))
    };
    desk.answer(Box::pin(shown).await)
}

/// `POST .../{alias}/rules`: `act` says what for.
pub(super) async fn post(desk: Desk, State(federation): State<Federation>, form: Fields) -> Response {
    desk.answer(Box::pin(act(&desk, &federation, &form)).await)
}

async fn act(desk: &Desk, federation: &Federation, form: &Fields) -> Result<Response, ConsoleFault> {
    desk.check_csrf("rules", form)?;
    let summary = desk.admin().get_identity_provider(desk.alias()).await?;
    let stored = as_object(&desk.admin().get_mapping(&summary.alias).await?)?;
    let sample = form.get("sample").to_owned();
    if form.get("act") == "template" {
        let template = templates::find(form.get("template"), &summary.kind);
        let rules = match template {
            Some(template) => as_object(&template.rules)?,
            None => stored,
        };
        let sample = template.and_then(|template| serde_json::to_string_pretty(&template.example).ok());
        let beside = Beside {
            sample: sample.unwrap_or_default(),
            ..Beside::default()
        };
        return Ok(desk.page(&page(desk, &summary, &rules, beside)));
    }
    let typed = typed(form, &stored);
    let fault = |error: String| {
        let beside = Beside {
            sample: sample.clone(),
            error: Some(error),
            ..Beside::default()
        };
        Ok(desk.faulty_page(&page(desk, &summary, &typed, beside)))
    };
    let rules: MappingRules = match serde_json::from_value(Value::Object(typed.clone())) {
        Ok(rules) => rules,
        Err(error) => return fault(error.to_string()),
    };
    if form.get("act") == "try" {
        let subject = match subject_of(&sample, &summary.kind) {
            Ok(subject) => subject,
            Err(error) => return fault(error),
        };
        let directory = federation.patient_directory();
        let report = desk
            .admin()
            .dry_run_mapping(directory, &summary.alias, Some(&rules), &subject, false)
            .await;
        return match report {
            Ok(report) => {
                let beside = Beside {
                    sample: sample.clone(),
                    verified: report.response.as_ref().map(|response| response.verified),
                    trace: Some(look(desk, report)),
                    ..Beside::default()
                };
                Ok(desk.page(&page(desk, &summary, &typed, beside)))
            }
            Err(error) => fault(said(error)?),
        };
    }
    match Box::pin(desk.admin().save_mapping(&summary.alias, &rules)).await {
        Ok(_) => Ok(then(&format!("{}?saved", desk.path(&summary.alias, "rules")))),
        Err(error) => fault(said(error)?),
    }
}

fn as_object(rules: &MappingRules) -> Result<Map<String, Value>, ControlError> {
    match serde_json::to_value(rules)? {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

/// Whether a rule has no field here. It stays as it is.
fn is_more(name: &str) -> bool {
    !FIELDS.contains(&name) && !OTHERWISE.contains(&name)
}

/// The rules as they were typed, with those that have no field here.
fn typed(form: &Fields, stored: &Map<String, Value>) -> Map<String, Value> {
    let mut rules = stored.clone();
    rules.retain(|name, _| is_more(name));
    for name in FIELDS {
        let expression = form.get(name);
        if !expression.is_empty() {
            rules.insert(name.to_owned(), json!(expression));
        }
    }
    let mut groups = Map::new();
    for entry in form.get("group_roles").lines() {
        if let Some((group, roles)) = entry.rsplit_once('=') {
            let roles: Vec<&str> = roles
                .split(',')
                .map(str::trim)
                .filter(|role| !role.is_empty())
                .collect();
            groups.insert(group.trim().to_owned(), json!(roles));
        }
    }
    if !groups.is_empty() {
        rules.insert("groupRoles".to_owned(), Value::Object(groups));
    }
    let required: Vec<&str> = form.all("required").collect();
    if !required.is_empty() {
        rules.insert("required".to_owned(), json!(required));
    }
    rules
}

/// What was pasted: claims, SAML attributes by name, or a SAML response.
fn subject_of(sample: &str, kind: &str) -> Result<MappingSubject, String> {
    if kind == provider::SAML && !sample.trim_start().starts_with('{') {
        return Ok(MappingSubject::SamlResponse(sample.to_owned()));
    }
    let members: Map<String, Value> = serde_json::from_str(sample).map_err(|error| format!("JSON: {error}"))?;
    let whole = kind != provider::SAML || members.contains_key("attributes");
    Ok(if whole {
        MappingSubject::Claims(members)
    } else {
        MappingSubject::Attributes(members)
    })
}

fn look(desk: &Desk, report: MappingReport) -> TraceLook {
    let (check, detail) = match report.response {
        Some(response) if !response.verified => (response.check.unwrap_or_default(), response.detail),
        _ => ("", report.refusal),
    };
    let identity = report
        .identity
        .and_then(|identity| serde_json::from_value::<Identity>(identity).ok());
    TraceLook {
        language: desk.cx().language(),
        passed: report.accepted,
        check: check.to_owned(),
        detail,
        rules: report.rules.iter().map(line).collect(),
        identity: identity.as_ref().map_or_else(Vec::new, facts),
        claims: None,
    }
}

/// What the product typically sends, to begin with.
fn example(summary: &IdentityProviderSummary) -> String {
    let identifier = ["/provider/issuer", "/provider/entity_id"]
        .into_iter()
        .find_map(|pointer| summary.settings.pointer(pointer).and_then(Value::as_str));
    let product = Product::recognise(identifier.unwrap_or_default());
    let template = templates::find(product.as_str(), &summary.kind);
    template
        .and_then(|template| serde_json::to_string_pretty(&template.example).ok())
        .unwrap_or_default()
}

fn page(desk: &Desk, summary: &IdentityProviderSummary, rules: &Map<String, Value>, beside: Beside) -> RulesPage {
    let required: Vec<&str> = rules
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let groups = rules.get("groupRoles").and_then(Value::as_object);
    let group_line = |(group, roles): (&String, &Value)| {
        let roles = roles.as_array().into_iter().flatten().filter_map(Value::as_str);
        format!("{group} = {}", roles.collect::<Vec<_>>().join(", "))
    };
    RulesPage {
        frame: desk.frame(),
        head: head(desk, summary),
        rules: FIELDS
            .into_iter()
            .map(|name| RuleField {
                name,
                expression: rules.get(name).and_then(Value::as_str).unwrap_or_default().to_owned(),
                required: required.contains(&name),
            })
            .collect(),
        group_roles: groups
            .into_iter()
            .flatten()
            .map(group_line)
            .collect::<Vec<_>>()
            .join("\n"),
        has_more: rules.keys().any(|name| is_more(name)),
        sample: beside.sample,
        verified: beside.verified,
        trace: beside.trace,
        templates: templates::list()
            .iter()
            .filter(|template| template.kind == summary.kind)
            .map(|template| (template.product.clone(), template.title.clone()))
            .collect(),
        csrf: desk.csrf("rules"),
        action: desk.href(&summary.alias, "rules"),
        saved: beside.saved,
        error: beside.error,
    }
}
