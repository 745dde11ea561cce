//! `wardkey user`.

use super::{CliError, Global, output, platform};
use crate::store::tenant::AccountProfile;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::PathBuf;

/// Commands on local accounts.
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Create a local account, or bring it up to what is given here.
    Create(Box<CreateArguments>),
}

/// Arguments of `user create`.
#[derive(Args)]
pub(super) struct CreateArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The alias of the local identity provider.
    #[arg(long, default_value = "local")]
    idp: String,
    /// The name to sign in with.
    #[arg(long)]
    username: String,
    /// A file with the password, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    /// E-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The user's FHIR resource, such as `Practitioner/123`.
    #[arg(long, value_name = "REFERENCE")]
    fhir_user: Option<String>,
    /// The id of the patient record that is the user's own.
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// The id of a further patient record that the user may open, such as a child's; may be given more than once.
    #[arg(long, value_name = "ID")]
    also_patient: Vec<String>,
    /// National Provider Identifier.
    #[arg(long)]
    npi: Option<String>,
    /// A role; may be given more than once.
    #[arg(long)]
    role: Vec<String>,
}

pub(super) async fn run(global: &Global, command: UserCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        UserCommand::Create(arguments) => {
            let password = super::read_secret(&arguments.password_file)?;
            let admin = platform.tenant(&arguments.tenant).await?;
            let profile = AccountProfile {
                subject: arguments.username,
                name: arguments.name,
                email: arguments.email,
                fhir_user: arguments.fhir_user,
                patient: arguments.patient,
                patients: arguments.also_patient,
                npi: arguments.npi,
                roles: arguments.role,
            };
            let pool = platform::passwords(&config)?;
            let (id, change) = admin
                .save_local_account(&arguments.idp, &profile, &password, &pool)
                .await?;
            output::object(
                global.output,
                &json!({ "id": id, "username": profile.subject, "change": change }),
            );
        }
    }
    platform.close().await;
    Ok(())
}
