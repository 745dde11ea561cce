//! `/<tenant>/admin/apps/{client}/edit`: changing what an app may do, for whom and how long.

use super::Visit;
use super::app_form::given;
use super::apps::{AppPath, kind_of, place, resource, show_secret};
use super::desk::Fields;
use super::respond::ConsoleFault;
use crate::control::clients::RegisteredClient;
use crate::control::{Change, ControlError, Precondition, version_of};
use crate::interaction::respond::see_other;
use crate::kernel::Timestamp;
use crate::oauth::client::AccessTokenFormat;
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::jose::JwkSet;
use crate::oauth::redirect_uri::RegisteredRedirectUri;
use crate::oauth::{AskConsent, Client};
use crate::tenant::roles::Permission;
use crate::web::pages::console::{AppEditValues, AppKind, ConsoleAppEdit, FieldFault, Section};
use axum::extract::Path;
use axum::response::Response;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// `GET apps/{client}/edit`.
pub(super) async fn get(visit: Visit, Path(path): Path<AppPath>) -> Response {
    let shown = async {
        visit.actor().require(Permission::ManageApps)?;
        let client = visit.admin.get_client(&path.client).await?;
        form_page(&visit, &client, values_of(&client)?, Vec::new()).await
    };
    visit.answer(Box::pin(shown).await)
}

fn values_of(client: &Client) -> Result<AppEditValues, ConsoleFault> {
    let lines = |list: Vec<&str>| list.join("\n");
    let jwks = client.jwks.as_ref().map(serde_json::to_string_pretty).transpose();
    Ok(AppEditValues {
        name: client.client_name.clone(),
        publisher: client.publisher.clone().unwrap_or_default(),
        client_uri: client.client_uri.clone().unwrap_or_default(),
        contacts: client.contacts.join("\n"),
        redirect_uris: lines(client.redirect_uris.iter().map(RegisteredRedirectUri::as_str).collect()),
        launch_uris: client.launch_uris.join("\n"),
        post_logout_redirect_uris: lines(
            client
                .post_logout_redirect_uris
                .iter()
                .map(RegisteredRedirectUri::as_str)
                .collect(),
        ),
        jwks_uri: client.jwks_uri.clone().unwrap_or_default(),
        jwks: jwks.map_err(ControlError::from)?.unwrap_or_default(),
        scope: client.scope.clone(),
        user_roles: client.user_roles.join("\n"),
        identity_providers: client.identity_providers.clone(),
        default_identity_provider: client.default_identity_provider.clone().unwrap_or_default(),
        ask_consent: client.ask_consent,
        verified: client.verified,
        opaque_tokens: client.access_token_format == AccessTokenFormat::Opaque,
        ends: last_day(client.client_expires_at),
    })
}

/// The last whole day before an end, as a date of UTC.
fn last_day(end: Option<i64>) -> String {
    let last = end.map(|end| Timestamp::from_seconds(end - 1).to_rfc3339());
    last.and_then(|text| text.split('T').next().map(str::to_owned))
        .unwrap_or_default()
}

async fn form_page(
    visit: &Visit,
    client: &Client,
    values: AppEditValues,
    faults: Vec<FieldFault>,
) -> Result<Response, ConsoleFault> {
    let id = client.client_id.as_str();
    let methods = visit.admin.list_identity_providers().await?;
    Ok(visit.page(&ConsoleAppEdit {
        frame: visit.frame(Section::Apps),
        back: visit.href(&place(id)),
        name: client.client_name.clone(),
        kind: kind_of(client),
        of_directory: client.directory_version.is_some(),
        csrf: visit.csrf(&purpose(id)),
        action: visit.href(&format!("{}/edit", place(id))),
        version: version_of(client)?,
        methods: methods
            .into_iter()
            .map(|method| (method.alias, method.display_name))
            .collect(),
        values,
        faults,
    }))
}

fn purpose(client_id: &str) -> String {
    format!("app edit {client_id}")
}

fn typed(form: &Fields) -> AppEditValues {
    let text = |name: &str| form.get(name).to_owned();
    AppEditValues {
        name: text("client_name"),
        publisher: text("publisher"),
        client_uri: text("client_uri"),
        contacts: text("contacts"),
        redirect_uris: text("redirect_uris"),
        launch_uris: text("launch_uris"),
        post_logout_redirect_uris: text("post_logout_redirect_uris"),
        jwks_uri: text("jwks_uri"),
        jwks: text("jwks"),
        scope: text("scope"),
        user_roles: text("user_roles"),
        identity_providers: form.all("identity_providers").map(str::to_owned).collect(),
        default_identity_provider: text("default_identity_provider"),
        ask_consent: AskConsent::parse(form.get("ask_consent")),
        verified: form.has("verified"),
        opaque_tokens: form.get("access_token_format") == "opaque",
        ends: text("client_expires_at"),
    }
}

fn lines(text: &str) -> Vec<String> {
    let entries = text.lines().map(str::trim).filter(|line| !line.is_empty());
    entries.map(str::to_owned).collect()
}

fn fault(member: &str, problem: impl Into<String>) -> FieldFault {
    FieldFault {
        member: member.to_owned(),
        problem: problem.into(),
    }
}

/// What was typed and has to be read before it can be registered.
struct Read {
    jwks: Option<JwkSet>,
    ends: Option<i64>,
}

fn read(values: &AppEditValues, client: &Client, now: Timestamp) -> Result<Read, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let jwks = given(&values.jwks)
        .map(|text| serde_json::from_str::<JwkSet>(&text))
        .transpose();
    let jwks = jwks.unwrap_or_else(|_| {
        faults.push(fault("jwks", "is no JWK Set: a JSON object with a list `keys`"));
        None
    });
    let ends = if values.ends == last_day(client.client_expires_at) {
        // Left alone, it is as exact as it was.
        client.client_expires_at
    } else {
        let day = given(&values.ends).map(|day| Timestamp::from_rfc3339(&format!("{day}T00:00:00Z")));
        match day {
            None => None,
            Some(Some(day)) if day + DAY > now => Some((day + DAY).seconds()),
            Some(Some(_)) => {
                faults.push(fault(
                    "client_expires_at",
                    "is in the past; to end it now, switch the app off",
                ));
                None
            }
            Some(None) => {
                faults.push(fault("client_expires_at", "is no day such as 2026-01-31"));
                None
            }
        }
    };
    if faults.is_empty() {
        Ok(Read { jwks, ends })
    } else {
        Err(faults)
    }
}

/// What was typed, in the registration. What the form of this kind does not show stays as it is.
fn apply(registration: &mut ClientRegistration, kind: AppKind, values: &AppEditValues, read: Read) {
    registration.client_name = given(&values.name);
    registration.publisher = given(&values.publisher);
    registration.client_uri = given(&values.client_uri);
    registration.contacts = lines(&values.contacts);
    registration.scope = Some(values.scope.split_whitespace().collect::<Vec<_>>().join(" "));
    registration.client_expires_at = read.ends;
    registration.access_token_format = Some(if values.opaque_tokens {
        AccessTokenFormat::Opaque
    } else {
        AccessTokenFormat::Jwt
    });
    if matches!(kind, AppKind::Browser | AppKind::Web) {
        registration.redirect_uris = lines(&values.redirect_uris);
        registration.launch_uris = lines(&values.launch_uris);
        registration.post_logout_redirect_uris = lines(&values.post_logout_redirect_uris);
        registration.user_roles = lines(&values.user_roles);
        registration.identity_providers.clone_from(&values.identity_providers);
        registration.default_identity_provider = given(&values.default_identity_provider);
        registration.ask_consent = values.ask_consent;
        registration.verified = Some(values.verified);
    }
    if kind != AppKind::Browser {
        registration.jwks_uri = given(&values.jwks_uri);
        registration.jwks = read.jwks;
        let has_keys = registration.jwks_uri.is_some() || registration.jwks.is_some();
        // A server's app proves who it is by a key where it has one, else by a secret.
        let method = registration.token_endpoint_auth_method.as_deref();
        registration.token_endpoint_auth_method = match (kind, has_keys, method) {
            (AppKind::Web, true, Some("client_secret_basic" | "client_secret_post")) => {
                Some("private_key_jwt".to_owned())
            }
            (AppKind::Web, false, Some("private_key_jwt")) => Some("client_secret_basic".to_owned()),
            (_, _, method) => method.map(str::to_owned),
        };
    }
}

/// `POST apps/{client}/edit`. What was typed is kept when it has to be corrected.
pub(super) async fn post(visit: Visit, Path(path): Path<AppPath>, form: Fields) -> Response {
    let done = Box::pin(save(&visit, &path.client, &form)).await;
    visit.answer(done)
}

async fn save(visit: &Visit, client_id: &str, form: &Fields) -> Result<Response, ConsoleFault> {
    visit.check_fields(&purpose(client_id), form)?;
    let client = visit.admin.get_client(client_id).await?;
    let kind = kind_of(&client);
    let values = typed(form);
    let seen = Precondition::Version(vec![form.get("version").to_owned()]);
    let readable = match read(&values, &client, visit.cx.now()) {
        Ok(readable) => readable,
        Err(faults) => return form_page(visit, &client, values, faults).await,
    };
    let saved = visit.admin.change_client(client_id, &seen, |registration| {
        apply(registration, kind, &values, readable);
    });
    let faults = match Box::pin(saved).await {
        Ok(made) => return saved_page(visit, made).await,
        Err(ControlError::Client(faults)) => faults
            .into_iter()
            .map(|invalid| fault(invalid.member, invalid.problem))
            .collect(),
        Err(ControlError::Invalid { member, problem }) => vec![fault(&member, problem)],
        Err(ControlError::Outdated) => vec![fault(
            "app",
            "was changed by somebody else meanwhile; compare it with the app's page, then save again to overwrite that",
        )],
        Err(error) => return Err(error.into()),
    };
    // The app as it is now, so that saving again is about that one.
    let client = visit.admin.get_client(client_id).await?;
    form_page(visit, &client, values, faults).await
}

async fn saved_page(visit: &Visit, made: RegisteredClient) -> Result<Response, ConsoleFault> {
    let id = made.client.client_id.as_str();
    if let Some(secret) = made.secret {
        return Ok(show_secret(visit, &made.client, secret));
    }
    if made.change == Change::Unchanged {
        return Ok(see_other(&format!("{}?done=unchanged", visit.path(&place(id)))));
    }
    Ok(visit.after_change(&place(id), "saved", &resource(id)).await?)
}

#[cfg(test)]
mod tests {
    use super::last_day;

    #[test]
    fn the_last_day_of_a_permission_is_the_one_before_its_end() {
        assert_eq!(last_day(None), "");
        assert_eq!(last_day(Some(1_795_219_200)), "2026-11-20");
        assert_eq!(last_day(Some(1_795_219_201)), "2026-11-21");
    }
}
