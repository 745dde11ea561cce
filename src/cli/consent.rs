//! `wardkey consent`.

use super::connection::Connection;
use super::tenant_call::{TenantArguments, TenantCall};
use super::{CliError, Global, output};
use axum::http::Method;
use clap::Subcommand;
use serde_json::json;

/// Commands on what users allowed to apps.
#[derive(Subcommand)]
pub(super) enum ConsentCommand {
    /// List what users allowed to apps.
    List {
        #[command(flatten)]
        tenant: TenantArguments,
        /// Only of the user with this id.
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Only to the app with this id.
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Withdraw what a user allowed an app: its tokens stop working at once, and the user is asked anew.
    Withdraw {
        #[command(flatten)]
        tenant: TenantArguments,
        /// The user's id.
        #[arg(long, value_name = "ID")]
        account: String,
        /// The app's id.
        #[arg(long, value_name = "ID")]
        client: String,
        /// Check everything, change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(global: &Global, command: ConsentCommand) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = act(global, &mut connection, command).await;
    connection.close().await;
    outcome
}

async fn act(global: &Global, connection: &mut Connection, command: ConsentCommand) -> Result<(), CliError> {
    match command {
        ConsentCommand::List {
            tenant,
            account,
            client,
            limit,
        } => {
            let mut call = TenantCall::new(connection, &tenant, false)?;
            let account = account.map(|account| ("account", account));
            let pairs: Vec<_> = account
                .into_iter()
                .chain(client.map(|client| ("client_id", client)))
                .collect();
            let consents = call.list("consents", &pairs, limit).await?;
            output::list(
                global.output,
                &["account", "client_id", "scope", "granted_at"],
                &consents,
            );
        }
        ConsentCommand::Withdraw {
            tenant,
            account,
            client,
            dry_run,
        } => {
            let mut call = TenantCall::new(connection, &tenant, dry_run)?;
            call.send(Method::DELETE, &["consents", &account, &client], None)
                .await?;
            output::object(
                global.output,
                &json!({ "account": account, "client_id": client, "change": "withdrawn" }),
            );
        }
    }
    Ok(())
}
