//! `wardkey session`.

use super::connection::Connection;
use super::tenant_call::{TenantArguments, TenantCall};
use super::{CliError, Global, columns, output};
use axum::http::Method;
use clap::Subcommand;
use serde_json::json;

/// Commands on sessions.
#[derive(Subcommand)]
pub(super) enum SessionCommand {
    /// List where users are signed in, the newest first.
    List {
        #[command(flatten)]
        tenant: TenantArguments,
        /// Only of the user with this id.
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Only of users with this in their user name, name or e-mail address.
        #[arg(short, long, value_name = "TEXT")]
        query: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a session, with the apps that got anything in it.
    Show {
        #[command(flatten)]
        tenant: TenantArguments,
        /// Its id, as `list` shows it.
        id: String,
    },
    /// End a session, with what apps were given in it. `user sign-out` ends all of a user's.
    End {
        #[command(flatten)]
        tenant: TenantArguments,
        /// Its id, as `list` shows it.
        id: String,
        /// Check everything, change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(global: &Global, command: SessionCommand) -> Result<(), CliError> {
    let mut connection = Connection::open(global).await?;
    let outcome = act(global, &mut connection, command).await;
    connection.close().await;
    outcome
}

async fn act(global: &Global, connection: &mut Connection, command: SessionCommand) -> Result<(), CliError> {
    match command {
        SessionCommand::List {
            tenant,
            account,
            query,
            limit,
        } => {
            let mut call = TenantCall::new(connection, &tenant, false)?;
            let account = account.map(|account| ("account", account));
            let pairs: Vec<_> = account.into_iter().chain(query.map(|text| ("q", text))).collect();
            let sessions = call.list("sessions", &pairs, limit).await?;
            output::list(global.output, columns::of("listSessions"), &sessions);
        }
        SessionCommand::Show { tenant, id } => {
            let mut call = TenantCall::new(connection, &tenant, false)?;
            let session = call.send(Method::GET, &["sessions", &id], None).await?;
            output::object(global.output, &session);
        }
        SessionCommand::End { tenant, id, dry_run } => {
            let mut call = TenantCall::new(connection, &tenant, dry_run)?;
            call.send(Method::DELETE, &["sessions", &id], None).await?;
            output::object(global.output, &json!({ "id": id, "change": "ended" }));
        }
    }
    Ok(())
}
