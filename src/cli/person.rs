//! Which user a command is about.

use super::CliError;
use super::tenant_call::TenantCall;
use axum::http::Method;
use clap::Args;

/// A user, by id or by name.
#[derive(Args)]
#[group(required = true, multiple = true)]
pub(super) struct Who {
    /// The user's id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["idp", "username"])]
    account: Option<String>,
    /// The alias of the identity provider where they sign in; `local` when none is named.
    #[arg(long, requires = "username")]
    idp: Option<String>,
    /// The name they sign in with; at an identity provider elsewhere, the subject there.
    #[arg(long)]
    username: Option<String>,
}

impl Who {
    /// The user's id.
    pub(super) async fn find(&self, call: &mut TenantCall<'_>) -> Result<String, CliError> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let username = self.username.as_deref().unwrap_or_default();
        let alias = self.idp.as_deref().unwrap_or("local");
        let pairs = [
            ("identity_provider", alias.to_owned()),
            ("username", username.to_owned()),
        ];
        let found = call.query(Method::GET, &["users"], &pairs).await?;
        let id = found.pointer("/items/0/id").and_then(|id| id.as_str());
        id.map(str::to_owned).ok_or_else(|| CliError::Refused {
            status: 404,
            detail: format!("there is no user {username} at the identity provider {alias}"),
        })
    }
}
