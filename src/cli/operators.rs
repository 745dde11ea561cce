//! `wardkey platform`.

use super::{CliError, Global, output, platform};
use crate::control::{ControlError, NewOwner};
use crate::tenant::roles::Role;
use clap::Subcommand;
use serde_json::json;

/// Commands on the platform itself.
#[derive(Subcommand)]
pub(super) enum PlatformCommand {
    /// Make the platform's own issuer, and print a one-time link with which an operator chooses a password and sets up a second
    /// factor. Running it again is safe; it lets an operator in who was locked out.
    Bootstrap {
        /// The operator's user name.
        #[arg(long, default_value = "operator")]
        username: String,
        /// Full name.
        #[arg(long)]
        name: Option<String>,
        /// E-mail address.
        #[arg(long)]
        email: Option<String>,
        /// Forget the operator's second factors: the next sign-in sets one up.
        #[arg(long)]
        forget_second_factors: bool,
    },
    /// Give a role on the platform to an account (`acc_...`) or a service of the platform's own issuer.
    Assign {
        /// The account or service.
        principal: String,
        /// The role.
        #[arg(value_parser = ["platform_operator", "platform_auditor", "platform_support"])]
        role: String,
    },
}

pub(super) async fn run(global: &Global, command: PlatformCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        PlatformCommand::Bootstrap {
            username,
            name,
            email,
            forget_second_factors,
        } => {
            let operator = NewOwner { username, name, email };
            let new = Box::pin(platform.bootstrap_operator(&operator, forget_second_factors)).await?;
            output::tell("Open the link in a browser; it works once. The server has to be running.");
            let shown = json!({
                "link": new.link.address.expose(), "expires_at": new.link.expires_at.to_rfc3339(), "issuer": new.issuer,
                "account": new.account, "role": Role::PlatformOperator, "change": new.change,
            });
            output::object(global.output, &shown);
        }
        PlatformCommand::Assign { principal, role } => {
            let role = Role::parse(&role).ok_or_else(|| ControlError::invalid("role", "is none"))?;
            let admin = platform.platform_tenant().await?;
            let (assignment, change) = admin.assign_role(&principal, role).await?;
            let shown = json!({ "principal": assignment.principal, "role": role, "change": change });
            output::object(global.output, &shown);
        }
    }
    platform.close().await;
    Ok(())
}
