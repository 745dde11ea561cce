//! `wardkey get|create|replace|patch|delete`: every operation of the admin API, at a server or beside the database.

use super::connection::{ApiReply, ApiRequest, Connection, text_header};
use super::{CliError, Global, columns, output};
use crate::api::{self, Operation};
use axum::http::{HeaderMap, Method, header};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What is meant: `apps`, `apps growth-chart`, `apps growth-chart secret`.
#[derive(Args)]
pub(super) struct ResourceArguments {
    /// The kind of thing, and the names that lead to one: `apps`, `apps growth-chart`, `settings`, `role-assignments acc_... owner`.
    #[arg(required = true, value_name = "RESOURCE [NAME]...", num_args = 1..)]
    path: Vec<String>,
    /// The tenant; `platform` for the platform's own. Not for `tenants`, `fleet`, `directory-apps` and `me`.
    #[arg(short, long)]
    tenant: Option<String>,
    /// A parameter of the operation; may be given more than once.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Check everything, change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only if it is still this version: the ETag of what you have seen.
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
}

/// Arguments of `get`.
#[derive(Args)]
pub(super) struct GetArguments {
    #[command(flatten)]
    resource: ResourceArguments,
    /// Search.
    #[arg(short, long, value_name = "TEXT")]
    query: Option<String>,
    /// At most this many of a list.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Arguments of verbs that send something.
#[derive(Args)]
pub(super) struct SendArguments {
    #[command(flatten)]
    resource: ResourceArguments,
    /// A file with the body as JSON, or `-` for standard input.
    #[arg(short, long, value_name = "FILE", conflicts_with = "body")]
    file: Option<PathBuf>,
    /// The body as JSON. Not for secrets: other users of the machine can see it.
    #[arg(short, long, value_name = "JSON")]
    body: Option<String>,
}

/// What the verbs send by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// `POST`.
    Create,
    /// `PUT`.
    Replace,
    /// `PATCH`.
    Patch,
}

/// Whether a resource is not below a tenant.
fn is_above_tenants(resource: &str) -> bool {
    let below_root = |operation: &Operation| {
        let step = operation.path.strip_prefix("/api/v1/")?.split('/').next();
        step.map(|step| step == resource)
    };
    api::operations()
        .iter()
        .any(|operation| below_root(operation) == Some(true))
}

impl ResourceArguments {
    /// The path of the API, with each name escaped.
    fn path(&self, connection: &Connection) -> Result<String, CliError> {
        let steps: Vec<&str> = self.path.iter().flat_map(|part| part.split('/')).collect();
        let above = steps.first().is_some_and(|first| is_above_tenants(first));
        let mut path = "/api/v1".to_owned();
        if !above {
            let tenant = self.tenant.as_deref().or_else(|| connection.usual_tenant());
            let tenant = tenant.ok_or_else(|| CliError::Input("name the tenant with --tenant".into()))?;
            path.push_str("/tenants/");
            path.push_str(&escaped(tenant));
        }
        for step in steps {
            path.push('/');
            path.push_str(&escaped(step));
        }
        Ok(path)
    }

    fn query(&self) -> Result<Vec<(String, String)>, CliError> {
        let mut pairs = Vec::new();
        for parameter in &self.parameters {
            let pair = parameter.split_once('=').filter(|(name, _)| !name.is_empty());
            let (name, value) = pair.ok_or_else(|| CliError::Input(format!("`{parameter}`: write NAME=VALUE")))?;
            pairs.push((name.to_owned(), value.to_owned()));
        }
        if self.dry_run {
            pairs.push(("dry_run".to_owned(), "true".to_owned()));
        }
        Ok(pairs)
    }

    fn headers(&self) -> Result<HeaderMap, CliError> {
        let mut headers = HeaderMap::new();
        if let Some(tag) = &self.if_match {
            let quoted = if tag.starts_with('"') || tag == "*" {
                tag.clone()
            } else {
                format!("\"{tag}\"")
            };
            let (name, value) = text_header(header::IF_MATCH, &quoted)?;
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// A step of a path.
pub(super) fn escaped(text: &str) -> String {
    const KEPT: &[u8] = b"-._~";
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || KEPT.contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The operation that answers a request, so that a mistyped resource is refused here, with what there is.
fn operation(method: &Method, path: &str) -> Result<Operation, CliError> {
    let operations = api::operations();
    let found = operations
        .iter()
        .find(|operation| operation.method == *method && fits(operation.path, path));
    if let Some(found) = found {
        return Ok(found.clone());
    }
    let mut known: Vec<String> = operations
        .iter()
        .filter(|operation| operation.method == *method)
        .map(|operation| {
            let below = operation.path.trim_start_matches("/api/v1/");
            below.trim_start_matches("tenants/{tenant}/").replace('/', " ")
        })
        .collect();
    known.sort();
    known.dedup();
    Err(CliError::Input(format!(
        "there is no such resource here; there are: {}",
        known.join(", ")
    )))
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}

pub(super) fn address(path: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

pub(super) async fn get(global: &Global, arguments: GetArguments) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = read(global, &mut connection, &arguments).await;
    connection.close().await;
    outcome
}

async fn read(global: &Global, connection: &mut Connection, arguments: &GetArguments) -> Result<(), CliError> {
    let path = arguments.resource.path(connection)?;
    let operation = operation(&Method::GET, &path)?;
    let mut pairs = arguments.resource.query()?;
    if let Some(text) = &arguments.query {
        pairs.push(("q".to_owned(), text.clone()));
    }
    if !operation.paged {
        let reply = checked(connection.send(request(Method::GET, address(&path, &pairs))).await?)?;
        match reply.get("items") {
            Some(items) => output::list(global.output, columns::of(operation.id), items),
            None => output::object(global.output, &reply),
        }
        return Ok(());
    }
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    while items.len() < arguments.limit {
        let wanted = (arguments.limit - items.len()).min(200);
        let mut pairs = pairs.clone();
        pairs.push(("limit".to_owned(), wanted.to_string()));
        if let Some(cursor) = cursor.take() {
            pairs.push(("cursor".to_owned(), cursor));
        }
        let mut reply = checked(connection.send(request(Method::GET, address(&path, &pairs))).await?)?;
        if let Some(Value::Array(page)) = reply.get_mut("items").map(Value::take) {
            items.extend(page);
        }
        cursor = reply.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if cursor.is_some() {
        output::tell("There are more; raise --limit.");
    }
    output::list(global.output, columns::of(operation.id), &Value::Array(items));
    Ok(())
}

fn request(method: Method, address: String) -> ApiRequest {
    ApiRequest {
        method,
        address,
        body: None,
        headers: HeaderMap::new(),
    }
}

pub(super) async fn send(global: &Global, verb: Verb, arguments: SendArguments) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = write(global, &mut connection, verb, &arguments).await;
    connection.close().await;
    outcome
}

async fn write(
    global: &Global,
    connection: &mut Connection,
    verb: Verb,
    arguments: &SendArguments,
) -> Result<(), CliError> {
    let method = match verb {
        Verb::Create => Method::POST,
        Verb::Replace => Method::PUT,
        Verb::Patch => Method::PATCH,
    };
    let path = arguments.resource.path(connection)?;
    let operation = operation(&method, &path)?;
    let body = match (&arguments.file, &arguments.body) {
        (Some(file), _) => Some(read_body(file)?),
        (None, Some(text)) => Some(text.clone()),
        (None, None) => None,
    };
    let body = match (body, operation.body) {
        (Some(text), Some(_)) => {
            serde_json::from_str::<Value>(&text)
                .map_err(|error| CliError::Input(format!("the body is no JSON: {error}")))?;
            Some((operation.body_type, text))
        }
        (None, Some(_)) => return Err(CliError::Input("give the body with --file or --body".into())),
        (Some(_), None) => return Err(CliError::Input("this takes no body".into())),
        (None, None) => None,
    };
    let request = ApiRequest {
        method,
        address: address(&path, &arguments.resource.query()?),
        body,
        headers: arguments.resource.headers()?,
    };
    let reply = checked(connection.send(request).await?)?;
    match reply.get("items") {
        Some(items) => output::list(global.output, columns::of(operation.id), items),
        None => output::object(global.output, &reply),
    }
    Ok(())
}

pub(super) async fn delete(global: &Global, arguments: ResourceArguments) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = remove(global, &mut connection, &arguments).await;
    connection.close().await;
    outcome
}

async fn remove(global: &Global, connection: &mut Connection, arguments: &ResourceArguments) -> Result<(), CliError> {
    let path = arguments.path(connection)?;
    operation(&Method::DELETE, &path)?;
    let request = ApiRequest {
        headers: arguments.headers()?,
        ..request(Method::DELETE, address(&path, &arguments.query()?))
    };
    checked(connection.send(request).await?)?;
    let name = arguments.path.join(" ");
    output::object(global.output, &serde_json::json!({ "name": name, "change": "deleted" }));
    Ok(())
}

fn read_body(path: &Path) -> Result<String, CliError> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| CliError::Input(format!("cannot read the body from {}: {error}", path.display())))
}

/// The body of a success; the server's own words for anything else.
pub(super) fn checked(reply: ApiReply) -> Result<Value, CliError> {
    if (200..300).contains(&reply.status) {
        return Ok(reply.body);
    }
    let text = |name: &str| reply.body.get(name).and_then(Value::as_str).map(str::to_owned);
    let detail = text("detail").unwrap_or_else(|| format!("the server answered {}", reply.status));
    Err(CliError::Refused {
        status: reply.status,
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_template_step_by_step() {
        assert!(fits(
            "/api/v1/tenants/{tenant}/apps/{client_id}",
            "/api/v1/tenants/north/apps/chart"
        ));
        assert!(!fits(
            "/api/v1/tenants/{tenant}/apps/{client_id}",
            "/api/v1/tenants/north/apps"
        ));
        assert!(!fits("/api/v1/tenants/{tenant}/apps", "/api/v1/tenants/north/users"));
    }

    #[test]
    fn names_cannot_leave_their_step() {
        assert_eq!(escaped("a/b?c#d%"), "a%2Fb%3Fc%23d%25");
        assert_eq!(escaped("growth-chart_1.2~3"), "growth-chart_1.2~3");
    }
}
