//! Between the form of an app for the catalogue and its client metadata (RFC 7591 section 2).

use super::desk::field;
use crate::control::ControlError;
use crate::control::app_directory::{DirectoryApp, NewDirectoryApp};
use crate::kernel::Timestamp;
use crate::oauth::Parameters;
use crate::web::pages::console::{DirectoryFacts, DirectoryFields, DirectoryForm, FieldFault};
use serde_json::{Map, Value, json};

/// What was typed.
pub(super) fn typed(form: &Parameters) -> DirectoryFields {
    let text = |name: &str| field(form, name).trim().to_owned();
    DirectoryFields {
        client_id: text("client_id"),
        name: text("name"),
        summary: text("summary"),
        kind: text("kind"),
        redirect_uris: text("redirect_uris"),
        launch_uri: text("launch_uri"),
        jwks_uri: text("jwks_uri"),
        scope: text("scope"),
    }
}

fn member<'a>(app: &'a DirectoryApp, name: &str) -> Option<&'a Value> {
    app.registration.get(name)
}

fn text_of(app: &DirectoryApp, name: &str) -> String {
    member(app, name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list_of(app: &DirectoryApp, name: &str) -> Vec<String> {
    let entries = member(app, name).and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What sort of app a registration is.
fn kind_of(app: &DirectoryApp) -> &'static str {
    let grants = list_of(app, "grant_types");
    let service = !grants.is_empty() && grants.iter().all(|grant| grant == "client_credentials");
    match text_of(app, "token_endpoint_auth_method").as_str() {
        _ if service => "backend",
        "none" => "browser",
        "private_key_jwt" => "keys",
        _ => "web",
    }
}

/// What stands in the catalogue, as the form shows it.
pub(super) fn fields_of(app: &DirectoryApp) -> DirectoryFields {
    DirectoryFields {
        client_id: app.client_id.clone(),
        name: app.name.clone(),
        summary: app.summary.clone(),
        kind: kind_of(app).to_owned(),
        redirect_uris: list_of(app, "redirect_uris").join("\n"),
        launch_uri: list_of(app, "launch_uris").join(" "),
        jwks_uri: text_of(app, "jwks_uri"),
        scope: text_of(app, "scope"),
    }
}

/// What stands in the catalogue, as pages show it.
pub(super) fn facts_of(app: &DirectoryApp) -> DirectoryFacts {
    DirectoryFacts {
        name: app.name.clone(),
        client_id: app.client_id.clone(),
        summary: app.summary.clone(),
        state: app.state.as_str(),
        note: app.note.clone(),
        version: app.version,
        updated_at: Timestamp::from_rfc3339(&app.updated_at).unwrap_or(Timestamp::EPOCH),
        kind: kind_of(app).to_owned(),
        redirect_uris: list_of(app, "redirect_uris"),
        scope: text_of(app, "scope"),
        registration: serde_json::to_string_pretty(&app.registration).unwrap_or_default(),
    }
}

/// The app that the form stands for. What the form does not show of an app that is there stays.
pub(super) fn app_of(fields: &DirectoryFields, before: Option<&DirectoryApp>) -> NewDirectoryApp {
    let lines = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let mut registration: Map<String, Value> = before
        .and_then(|app| app.registration.as_object().cloned())
        .unwrap_or_default();
    let users = ["authorization_code", "refresh_token"].as_slice();
    let (method, grants) = match fields.kind.as_str() {
        "web" => ("client_secret_basic", users),
        "keys" => ("private_key_jwt", users),
        "backend" => ("private_key_jwt", ["client_credentials"].as_slice()),
        _ => ("none", users),
    };
    let mut put = |name: &str, value: Value| {
        let empty = value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
        if empty && name != "response_types" {
            registration.remove(name);
        } else {
            registration.insert(name.to_owned(), value);
        }
    };
    put("client_name", json!(fields.name));
    let same_kind = before.is_some_and(|app| kind_of(app) == fields.kind);
    if !same_kind {
        put("token_endpoint_auth_method", json!(method));
        put("grant_types", json!(grants));
        if fields.kind == "backend" {
            put("response_types", json!([]));
        } else {
            put("response_types", json!(["code"]));
        }
    }
    put("redirect_uris", json!(lines(&fields.redirect_uris)));
    put("launch_uris", json!(lines(&fields.launch_uri)));
    put("jwks_uri", json!(fields.jwks_uri));
    put("scope", json!(lines(&fields.scope).join(" ")));
    NewDirectoryApp {
        summary: fields.summary.clone(),
        registration,
    }
}

/// The form with what is wrong with it, for a refusal that belongs to it; others are handed back.
pub(super) fn refused(
    fields: DirectoryFields,
    fixed_id: bool,
    error: ControlError,
) -> Result<DirectoryForm, ControlError> {
    let fault = |member: &str, problem: String| FieldFault {
        member: member.to_owned(),
        problem,
    };
    let faults = match error {
        ControlError::Client(faults) => faults
            .into_iter()
            .map(|invalid| fault(invalid.member, invalid.problem))
            .collect(),
        ControlError::Invalid { member, problem } => vec![fault(&member, problem)],
        error @ ControlError::ClientId(_) => vec![fault("client_id", error.to_string())],
        ControlError::Conflict(problem) => vec![fault("client_id", problem)],
        other => return Err(other),
    };
    Ok(DirectoryForm {
        fields,
        faults,
        fixed_id,
    })
}
