//! `wardkey platform`.

use super::{CliError, Global, output, platform};
use crate::control::{ControlError, OPERATORS};
use crate::store::tenant::AccountProfile;
use crate::tenant::roles::Role;
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

/// Commands on the platform itself.
#[derive(Subcommand)]
pub(super) enum PlatformCommand {
    /// Make the platform's own issuer, and an operator who can sign in there. Running it again is safe, and lets an operator
    /// in who was locked out.
    Bootstrap {
        /// The operator's user name.
        #[arg(long)]
        username: String,
        /// Full name.
        #[arg(long)]
        name: Option<String>,
        /// E-mail address.
        #[arg(long)]
        email: Option<String>,
        /// A file with the password, or `-` for standard input.
        #[arg(long, value_name = "FILE")]
        password_file: PathBuf,
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
            password_file,
        } => {
            let password = super::read_secret(&password_file)?;
            let (admin, change) = Box::pin(platform.provision_platform_tenant()).await?;
            let profile = AccountProfile {
                subject: username,
                name,
                email,
                ..AccountProfile::default()
            };
            let pool = platform::passwords(&config)?;
            let (account, _) = admin.save_local_account(OPERATORS, &profile, &password, &pool).await?;
            admin.assign_role(&account.to_string(), Role::PlatformOperator).await?;
            let shown = json!({
                "issuer": admin.cx().issuer(), "account": account, "role": Role::PlatformOperator, "change": change,
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
