//! `wardkey scim`.

use super::{CliError, Global, output, platform};
use clap::{Args, Subcommand};
use serde_json::json;
use std::time::Duration;

/// Commands on provisioning by a directory.
#[derive(Subcommand)]
pub(super) enum ScimCommand {
    /// Make, list and revoke the tokens with which a directory comes.
    #[command(subcommand)]
    Token(TokenCommand),
}

/// Commands on tokens.
#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; it is shown this once, with the address to enter beside it.
    Create {
        #[command(flatten)]
        connection: ConnectionArguments,
        /// What it is for, as it will be listed.
        #[arg(long)]
        label: String,
        /// For how many days it works.
        #[arg(long, default_value_t = 365)]
        days: u64,
        /// Let the tokens before it end after so many hours: the time to enter the new one at the directory.
        #[arg(long, value_name = "HOURS")]
        replace_within: Option<u64>,
    },
    /// List the tokens that work.
    List {
        #[command(flatten)]
        connection: ConnectionArguments,
    },
    /// Take a token back: it opens nothing from now on.
    Revoke {
        #[command(flatten)]
        connection: ConnectionArguments,
        /// The token's id, as `list` prints it.
        id: String,
    },
}

/// Whose directory.
#[derive(Args)]
pub(super) struct ConnectionArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The alias of the identity provider whose users the directory has.
    #[arg(long)]
    idp: String,
}

const COLUMNS: [&str; 5] = ["id", "label", "created_at", "expires_at", "last_used_at"];

pub(super) async fn run(global: &Global, command: ScimCommand) -> Result<(), CliError> {
    let ScimCommand::Token(command) = command;
    let platform = platform::open(&global.load()?).await?;
    match command {
        TokenCommand::Create {
            connection,
            label,
            days,
            replace_within,
        } => {
            let admin = platform.tenant(&connection.tenant).await?;
            let hours = |hours: u64| Duration::from_secs(hours.saturating_mul(3600));
            let lifetime = hours(days.saturating_mul(24));
            let token = admin
                .create_scim_token(&connection.idp, &label, lifetime, replace_within.map(hours))
                .await?;
            output::tell("The token is shown this once. Enter it at the directory, and nowhere else.");
            let shown = json!({
                "id": token.id, "token": token.token.expose(), "base_url": token.base_url, "expires_at": token.expires_at,
            });
            output::object(global.output, &shown);
        }
        TokenCommand::List { connection } => {
            let admin = platform.tenant(&connection.tenant).await?;
            let tokens = admin.list_scim_tokens(&connection.idp).await?;
            output::list(global.output, &COLUMNS, &json!(tokens));
        }
        TokenCommand::Revoke { connection, id } => {
            let admin = platform.tenant(&connection.tenant).await?;
            admin.delete_scim_token(&connection.idp, &id).await?;
            output::object(global.output, &json!({ "id": id, "change": "deleted" }));
        }
    }
    platform.close().await;
    Ok(())
}
