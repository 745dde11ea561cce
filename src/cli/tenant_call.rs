//! Requests of commands that are about one tenant.

use super::CliError;
use super::connection::{ApiRequest, Connection};
use super::resource::{address, checked, escaped};
use axum::http::{HeaderMap, Method};
use clap::Args;
use serde_json::Value;

/// The tenant that a command is about.
#[derive(Args)]
pub(super) struct TenantArguments {
    /// The tenant; the one of `wardkey login` when none is named.
    #[arg(short, long)]
    tenant: Option<String>,
}

/// The admin API below one tenant.
pub(super) struct TenantCall<'a> {
    connection: &'a mut Connection,
    base: String,
    dry_run: bool,
}

impl<'a> TenantCall<'a> {
    /// At the tenant that is named, or that is usual there.
    pub(super) fn new(
        connection: &'a mut Connection,
        tenant: &TenantArguments,
        dry_run: bool,
    ) -> Result<Self, CliError> {
        let named = tenant.tenant.as_deref().or_else(|| connection.usual_tenant());
        let named = named.ok_or_else(|| CliError::Input("name the tenant with --tenant".into()))?;
        let base = format!("/api/v1/tenants/{}", escaped(named));
        Ok(Self {
            connection,
            base,
            dry_run,
        })
    }

    async fn request(
        &mut self,
        method: Method,
        steps: &[&str],
        pairs: &[(&str, String)],
        body: Option<Value>,
    ) -> Result<Value, CliError> {
        let mut path = self.base.clone();
        for step in steps {
            path.push('/');
            path.push_str(&escaped(step));
        }
        let mut query: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        if self.dry_run && method != Method::GET {
            query.push(("dry_run".to_owned(), "true".to_owned()));
        }
        let kind = if method == Method::PATCH {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let request = ApiRequest {
            method,
            address: address(&path, &query),
            body: body.map(|body| (kind, body.to_string())),
            headers: HeaderMap::new(),
        };
        checked(self.connection.send(request).await?)
    }

    /// Sends a request; the body of a success.
    pub(super) async fn send(
        &mut self,
        method: Method,
        steps: &[&str],
        body: Option<Value>,
    ) -> Result<Value, CliError> {
        self.request(method, steps, &[], body).await
    }

    /// Sends a request with parameters.
    pub(super) async fn query(
        &mut self,
        method: Method,
        steps: &[&str],
        pairs: &[(&str, String)],
    ) -> Result<Value, CliError> {
        self.request(method, steps, pairs, None).await
    }

    /// Up to `limit` items of a list, over as many pages as it takes.
    pub(super) async fn list(&mut self, list: &str, pairs: &[(&str, String)], limit: usize) -> Result<Value, CliError> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        while items.len() < limit {
            let mut pairs = pairs.to_vec();
            pairs.push(("limit", (limit - items.len()).min(200).to_string()));
            pairs.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let mut page = self.query(Method::GET, &[list], &pairs).await?;
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            cursor = page.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        if cursor.is_some() {
            super::output::tell("There are more; raise --limit.");
        }
        Ok(Value::Array(items))
    }
}
