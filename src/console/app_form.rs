//! `/<tenant>/admin/apps/new`: registering an app, by what sort of app it is.

use super::Visit;
use super::apps::{after, show_secret};
use super::respond::ConsoleFault;
use crate::control::clients::SecretPolicy;
use crate::control::{ControlError, Precondition};
use crate::interaction::PageForm;
use crate::oauth::Parameters;
use crate::oauth::client_registration::ClientRegistration;
use crate::tenant::roles::Permission;
use crate::web::pages::console::{
    AppDone, AppFormValues, AppKind, ConsoleAppForm, ConsoleAppKinds, FieldFault, Section,
};
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

/// Path parameters.
#[derive(Deserialize)]
pub(super) struct KindPath {
    kind: String,
}

/// `GET apps/new`: what sort of app.
pub(super) async fn kinds(visit: Visit) -> Response {
    let shown = visit.actor().require(Permission::ManageApps).map(|()| {
        visit.page(&ConsoleAppKinds {
            frame: visit.frame(Section::Apps),
            back: visit.href("apps"),
            kinds: AppKind::ALL
                .into_iter()
                .map(|kind| (kind, visit.href(&format!("apps/new/{}", kind.as_str()))))
                .collect(),
        })
    });
    visit.answer(shown.map_err(Into::into))
}

fn no_kind(name: &str) -> ControlError {
    ControlError::NotFound {
        what: "kind of app",
        name: name.to_owned(),
    }
}

/// `GET apps/new/{kind}`: the form.
pub(super) async fn get(visit: Visit, Path(path): Path<KindPath>) -> Response {
    let shown = async {
        visit.actor().require(Permission::ManageApps)?;
        let kind = AppKind::parse(&path.kind).ok_or_else(|| no_kind(&path.kind))?;
        let scope = match kind {
            AppKind::Browser | AppKind::Web => "openid fhirUser launch launch/patient offline_access patient/*.rs",
            AppKind::Backend => "system/*.rs",
            AppKind::Ehr => "__launch",
        };
        let values = AppFormValues {
            scope: scope.to_owned(),
            ..AppFormValues::default()
        };
        Ok(form_page(&visit, kind, values, Vec::new()))
    };
    visit.answer(shown.await)
}

fn form_page(visit: &Visit, kind: AppKind, values: AppFormValues, faults: Vec<FieldFault>) -> Response {
    visit.page(&ConsoleAppForm {
        frame: visit.frame(Section::Apps),
        back: visit.href("apps/new"),
        kind,
        csrf: visit.csrf("app new"),
        action: visit.href(&format!("apps/new/{}", kind.as_str())),
        values,
        faults,
    })
}

fn typed(form: &Parameters) -> AppFormValues {
    let field = |name: &str| form.one(name).ok().flatten().unwrap_or_default().trim().to_owned();
    AppFormValues {
        name: field("client_name"),
        client_id: field("client_id"),
        publisher: field("publisher"),
        redirect_uris: field("redirect_uris"),
        launch_uri: field("launch_uris"),
        scope: field("scope"),
        jwks_uri: field("jwks_uri"),
    }
}

pub(super) fn given(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// The metadata of RFC 7591 section 2 that the form stands for.
fn registration(kind: AppKind, values: &AppFormValues) -> ClientRegistration {
    let keys = given(&values.jwks_uri).filter(|_| kind != AppKind::Browser);
    let (method, grants): (_, &[&str]) = match kind {
        AppKind::Browser => ("none", &["authorization_code", "refresh_token"]),
        AppKind::Web if keys.is_some() => ("private_key_jwt", &["authorization_code", "refresh_token"]),
        AppKind::Web => ("client_secret_basic", &["authorization_code", "refresh_token"]),
        AppKind::Backend | AppKind::Ehr => ("private_key_jwt", &["client_credentials"]),
    };
    let has_users = matches!(kind, AppKind::Browser | AppKind::Web);
    let lines = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    ClientRegistration {
        client_name: given(&values.name),
        publisher: given(&values.publisher),
        token_endpoint_auth_method: Some(method.to_owned()),
        grant_types: Some(grants.iter().map(|grant| (*grant).to_owned()).collect()),
        response_types: (!has_users).then(Vec::new),
        redirect_uris: if has_users {
            lines(&values.redirect_uris)
        } else {
            Vec::new()
        },
        launch_uris: if has_users {
            lines(&values.launch_uri)
        } else {
            Vec::new()
        },
        scope: Some(values.scope.split_whitespace().collect::<Vec<_>>().join(" ")),
        jwks_uri: keys,
        ..ClientRegistration::default()
    }
}

/// `POST apps/new/{kind}`: registers it. What was typed is kept when it has to be corrected.
pub(super) async fn post(visit: Visit, Path(path): Path<KindPath>, PageForm(form): PageForm) -> Response {
    let done = Box::pin(save(&visit, &path.kind, &form)).await;
    visit.answer(done)
}

async fn save(visit: &Visit, kind: &str, form: &Parameters) -> Result<Response, ConsoleFault> {
    visit.check_csrf("app new", form)?;
    let kind = AppKind::parse(kind).ok_or_else(|| no_kind(kind))?;
    let values = typed(form);
    let (id, metadata) = (values.client_id.clone(), registration(kind, &values));
    // An id that is taken is another app: this form changes none.
    let saved = visit
        .admin
        .save_client_if(&id, metadata, SecretPolicy::KeepOrCreate, &Precondition::Absent);
    let saved = Box::pin(saved).await;
    let fault = |member: &str, problem: String| FieldFault {
        member: member.to_owned(),
        problem,
    };
    let faults = match saved {
        Ok(made) => {
            return Ok(match made.secret {
                Some(secret) => show_secret(visit, &made.client, secret),
                None => after(visit, &id, AppDone::Registered),
            });
        }
        Err(ControlError::Client(faults)) => faults
            .into_iter()
            .map(|invalid| fault(invalid.member, invalid.problem))
            .collect(),
        Err(error @ ControlError::ClientId(_)) => vec![fault("client_id", error.to_string())],
        Err(ControlError::Outdated) => vec![fault("client_id", "is taken by another app; choose another".to_owned())],
        Err(ControlError::Conflict(problem)) => vec![fault("client_id", problem)],
        Err(ControlError::Invalid { member, problem }) => vec![fault(&member, problem)],
        Err(error) => return Err(error.into()),
    };
    Ok(form_page(visit, kind, values, faults))
}
