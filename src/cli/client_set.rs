//! `wardkey client set`: members of an app's registration, one by one, at a server or beside the database.

use super::connection::{ApiReply, ApiRequest, Connection, text_header};
use super::resource::{checked, escaped};
use super::{CliError, Global, output};
use crate::oauth::client_registration::ClientRegistration;
use axum::http::{HeaderMap, Method, header};
use clap::Args;
use serde_json::{Map, Value, json};

/// Arguments of `client set`.
#[derive(Args)]
pub(super) struct SetArguments {
    /// The tenant.
    #[arg(short, long)]
    tenant: Option<String>,
    /// The app's id.
    id: String,
    /// Members as `client show` names them, and those that it leaves out because they have their defaults. Lists have commas
    /// between entries, or are JSON; an empty value puts a member back to its default.
    #[arg(required = true, value_name = "MEMBER=VALUE")]
    members: Vec<String>,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(global: &Global, arguments: &SetArguments) -> Result<(), CliError> {
    let changes: Vec<(&str, Option<Value>)> = arguments
        .members
        .iter()
        .map(|text| change(text))
        .collect::<Result<_, _>>()?;
    let mut connection = Connection::open(global).await?;
    let outcome = set(&mut connection, arguments, &changes).await;
    connection.close().await;
    let app = outcome?;
    let mut shown = Map::new();
    for (name, _) in &changes {
        shown.insert((*name).to_owned(), app.get(*name).cloned().unwrap_or_default());
    }
    for name in ["change", "client_secret"] {
        if let Some(value) = app.get(name) {
            shown.insert(name.to_owned(), value.clone());
        }
    }
    if app.get("client_secret").is_some() && !arguments.dry_run {
        output::tell("The secret is shown this once. Keep it where the app can read it and nobody else.");
    }
    output::object(global.output, &shown.into());
    Ok(())
}

/// The whole registration with the changes, sent back only if it is still the one that was read.
async fn set(
    connection: &mut Connection,
    arguments: &SetArguments,
    changes: &[(&str, Option<Value>)],
) -> Result<Value, CliError> {
    let tenant = arguments.tenant.as_deref().or_else(|| connection.usual_tenant());
    let tenant = tenant.ok_or_else(|| CliError::Input("name the tenant with --tenant".into()))?;
    let address = format!("/api/v1/tenants/{}/apps/{}", escaped(tenant), escaped(&arguments.id));
    let read = connection
        .send(ApiRequest {
            method: Method::GET,
            address: address.clone(),
            body: None,
            headers: HeaderMap::new(),
        })
        .await?;
    let ApiReply { tag, .. } = &read;
    let mut headers = HeaderMap::new();
    if let Some(tag) = tag {
        let (name, value) = text_header(header::IF_MATCH, tag)?;
        headers.insert(name, value);
    }
    let mut registration = checked(read)?;
    if let Some(members) = registration.as_object_mut() {
        // Its own words for what the registration does not decide.
        members.retain(|name, _| is_member(name));
        for (name, value) in changes {
            match value {
                Some(value) => members.insert((*name).to_owned(), value.clone()),
                None => members.remove(*name),
            };
        }
    }
    let query = if arguments.dry_run { "?dry_run=true" } else { "" };
    let written = connection
        .send(ApiRequest {
            method: Method::PUT,
            address: format!("{address}{query}"),
            body: Some(("application/json", registration.to_string())),
            headers,
        })
        .await?;
    checked(written)
}

/// `MEMBER=VALUE`, with the value in the kind that the member has; `None` for its default.
fn change(text: &str) -> Result<(&str, Option<Value>), CliError> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| CliError::Input(format!("`{text}`: write MEMBER=VALUE")))?;
    if !is_member(name) {
        let hint = match name {
            "status" => "is changed by `wardkey client approve` and `wardkey client disable`",
            "client_id" => "never changes",
            "secrets" | "client_secret" => "is made by the server: `wardkey client create --rotate-secret`",
            _ => "is no member of a registration; `wardkey client show` lists those that an app has",
        };
        return Err(CliError::Input(format!("{name} {hint}")));
    }
    if value.is_empty() {
        return Ok((name, None));
    }
    let list = || {
        value
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(Value::from)
            .collect()
    };
    let mut kinds = vec![json!(value)];
    kinds.extend(serde_json::from_str::<Value>(value));
    kinds.push(list());
    let fitting = kinds.into_iter().find(|kind| fits(name, kind));
    let fitting = fitting.ok_or_else(|| CliError::Input(format!("{name}: `{value}` is no value of its kind")))?;
    Ok((name, Some(fitting)))
}

/// Whether a registration has a member of this name. It ignores what it does not know (RFC 7591 section 2), so an impossible
/// value is refused only where the name means something.
fn is_member(name: &str) -> bool {
    !fits(name, &json!({ "impossible": [{}] }))
}

/// Whether a value has the kind of a member.
fn fits(name: &str, value: &Value) -> bool {
    serde_json::from_value::<ClientRegistration>(json!({ name: value })).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_kind_of_its_member() {
        let read = |text: &str| change(text).unwrap().1;
        assert_eq!(read("client_name=42"), Some(json!("42")));
        assert_eq!(read("verified=false"), Some(json!(false)));
        assert_eq!(read("default_max_age=600"), Some(json!(600)));
        assert_eq!(
            read("redirect_uris=https://a.example/1, https://a.example/2"),
            Some(json!(["https://a.example/1", "https://a.example/2"]))
        );
        assert_eq!(
            read(r#"redirect_uris=["https://a.example/?a=1,2"]"#),
            Some(json!(["https://a.example/?a=1,2"]))
        );
        assert_eq!(read(r#"jwks={"keys":[]}"#), Some(json!({ "keys": [] })));
        assert_eq!(
            read("scope=openid patient/Observation.rs?category=a,b"),
            Some(json!("openid patient/Observation.rs?category=a,b"))
        );
        assert_eq!(read("publisher="), None);
    }

    #[test]
    fn what_is_no_member_or_not_of_its_kind_is_refused_before_anything_is_sent() {
        for text in [
            "status=disabled",
            "client_id=other",
            "secrets=1",
            "redirect_uri=https://a.example",
            "=x",
            "scope",
        ] {
            assert!(change(text).is_err(), "{text}");
        }
        for text in [
            "verified=perhaps",
            "default_max_age=soon",
            "profile=strict",
            "jwks=none",
        ] {
            assert!(change(text).is_err(), "{text}");
        }
    }
}
