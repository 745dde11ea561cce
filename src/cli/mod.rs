//! The command line: parse, call, print.
//!
//! Results go to standard output, messages to standard error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found,
//! 4 the input is not in order or contradicts what exists, 5 there is a difference and `--exit-code` was given, 6 not signed in, or
//! not allowed.

mod brand;
mod client;
mod client_set;
mod columns;
mod completion;
mod configuration;
mod connection;
mod consent;
mod credentials;
mod declared;
mod errors;
mod explain;
mod idp;
mod idp_add;
mod idp_mapping;
mod idp_setup;
mod inferno;
mod keys;
mod login;
mod operators;
mod output;
mod patient_directory;
mod person;
mod platform;
mod reference;
mod resource;
mod scim;
mod serve;
mod session;
mod tenant;
mod tenant_call;
mod user;
mod which_provider;

use crate::config::{self, Config, ConfigError};
use crate::control::ControlError;
use crate::demo::{self, DemoArguments};
use crate::keys::EnvelopeError;
use crate::keys::master::file::KeyFileError;
use crate::store::StoreError;
use clap::{Args, Parser, Subcommand};
use output::Format;
use resource::Verb;
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;

/// A multi-tenant SMART on FHIR authorization server.
#[derive(Parser)]
#[command(name = "wardkey", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Global {
    /// The configuration file.
    #[arg(long, global = true, env = "WARDKEY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// How results are printed.
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    output: Format,
    /// Work at the server of this context (see `login`), for the verbs that can.
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// Work beside the database, although you are signed in at a server.
    #[arg(long, global = true, conflicts_with = "context")]
    local: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::ServeArguments),
    /// Run the demonstration: two hospitals, their people and apps, on this machine alone.
    Demo(DemoArguments),
    /// Check the configuration, or print its reference.
    #[command(subcommand)]
    Config(configuration::ConfigCommand),
    /// Create and list tenants.
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Register and list apps.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Publish a tenant's brands for patients' apps.
    #[command(subcommand)]
    Brand(brand::BrandCommand),
    /// Connect and list identity providers.
    #[command(subcommand)]
    Idp(idp::IdpCommand),
    /// Let a directory provision users.
    #[command(subcommand)]
    Scim(scim::ScimCommand),
    /// Look after users: accounts, links to choose a password, second factors, signing out.
    #[command(subcommand)]
    User(user::UserCommand),
    /// See where users are signed in, and sign them out.
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// See what users allowed to apps, and withdraw it.
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Print what the short code of a refusal means, or the reference of all codes.
    Errors(errors::ErrorsArguments),
    /// Tell why a request was refused, or why a code, token or interaction has the scope it has.
    Explain(explain::ExplainArguments),
    /// Register the clients that Inferno's test suites need, and print what to type into it.
    Inferno(inferno::InfernoArguments),
    /// Set up how patients are found, and who may choose them.
    #[command(subcommand)]
    PatientDirectory(patient_directory::PatientDirectoryCommand),
    /// Rotate and list signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Sign in at a server, to administer it from here.
    Login(login::LoginArguments),
    /// Forget the tokens of a context.
    Logout,
    /// Show things: `get apps --tenant northside`, `get apps growth-chart -t northside`.
    Get(resource::GetArguments),
    /// Make something: `create apps -t northside --file app.json`.
    Create(resource::SendArguments),
    /// Replace something: `replace settings -t northside --file settings.json`.
    Replace(resource::SendArguments),
    /// Change members of something: `patch settings -t northside --body '{"help_contact": "tel:1"}'`.
    Patch(resource::SendArguments),
    /// Remove something: `delete apps growth-chart -t northside`.
    Delete(resource::ResourceArguments),
    /// Set up the platform's own issuer and its operators.
    #[command(subcommand)]
    Platform(operators::PlatformCommand),
    /// Print what a shell needs to complete commands.
    Completion(completion::CompletionArguments),
    /// Show what `apply` would do.
    Plan(declared::PlanArguments),
    /// Make tenants what their files say.
    Apply(declared::ApplyArguments),
    /// Show how tenants differ from their files.
    Diff(declared::PlanArguments),
    /// Print tenants as files for `apply`.
    Export(declared::ExportArguments),
    /// See who changed a tenant's configuration.
    #[command(subcommand)]
    History(declared::HistoryCommand),
    /// Take a change of a tenant's configuration back.
    Rollback(declared::RollbackArguments),
}

/// Why a command failed.
#[derive(Debug, Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error("WARDKEY_MASTER_KEY does not hold a key: {0}")]
    KeyVariable(EnvelopeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    Failed(String),
    #[error("{detail}")]
    Refused { status: u16, detail: String },
    #[error("there are differences")]
    Differs,
}

impl CliError {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Control(ControlError::NotFound { .. }) | Self::Refused { status: 404, .. } => 3,
            Self::Control(
                ControlError::Conflict(_)
                | ControlError::Invalid { .. }
                | ControlError::Slug(_)
                | ControlError::ClientId(_)
                | ControlError::Client(_)
                | ControlError::Provider(_),
            )
            | Self::Config(_)
            | Self::Input(_)
            | Self::Refused {
                status: 400 | 409 | 412 | 413 | 415 | 422,
                ..
            } => 4,
            Self::Refused { status: 401 | 403, .. } => 6,
            Self::Differs => 5,
            _ => 1,
        }
    }
}

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the asynchronous runtime cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(dispatch(cli))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

async fn dispatch(cli: Cli) -> Result<(), CliError> {
    let Cli { global, command } = cli;
    match command {
        Command::Demo(arguments) => Box::pin(demo::run(&arguments))
            .await
            .map_err(|error| CliError::Failed(error.to_string())),
        Command::Config(command) => configuration::run(&global, &command),
        Command::Serve(arguments) => serve::run(global.load()?, &arguments).await,
        Command::Tenant(command) => Box::pin(tenant::run(&global, command)).await,
        Command::Client(command) => client::run(&global, command).await,
        Command::Brand(command) => brand::run(&global, command).await,
        Command::Idp(command) => Box::pin(idp::run(&global, command)).await,
        Command::Scim(command) => scim::run(&global, command).await,
        Command::User(command) => Box::pin(user::run(&global, command)).await,
        Command::Session(command) => session::run(&global, command).await,
        Command::Consent(command) => consent::run(&global, command).await,
        Command::Errors(arguments) => errors::run(&arguments),
        Command::Explain(arguments) => explain::run(&global, &arguments).await,
        Command::Inferno(arguments) => inferno::run(&global, &arguments).await,
        Command::PatientDirectory(command) => Box::pin(patient_directory::run(&global, command)).await,
        Command::Keys(command) => keys::run(&global, command).await,
        Command::Login(arguments) => login::login(&global, arguments).await,
        Command::Logout => login::logout(&global),
        Command::Get(arguments) => resource::get(&global, arguments).await,
        Command::Create(arguments) => resource::send(&global, Verb::Create, arguments).await,
        Command::Replace(arguments) => resource::send(&global, Verb::Replace, arguments).await,
        Command::Patch(arguments) => resource::send(&global, Verb::Patch, arguments).await,
        Command::Delete(arguments) => resource::delete(&global, arguments).await,
        Command::Platform(command) => operators::run(&global, command).await,
        Command::Completion(arguments) => {
            completion::run(&arguments, &mut <Cli as clap::CommandFactory>::command());
            Ok(())
        }
        Command::Plan(arguments) => declared::plan(&global, &arguments).await,
        Command::Apply(arguments) => declared::apply(&global, &arguments).await,
        Command::Diff(arguments) => declared::diff(&global, &arguments).await,
        Command::Export(arguments) => declared::export(&global, &arguments).await,
        Command::History(command) => declared::history(&global, &command).await,
        Command::Rollback(arguments) => Box::pin(declared::rollback(&global, &arguments)).await,
    }
}

impl Global {
    fn load(&self) -> Result<Config, ConfigError> {
        // Variables that are not Unicode belong to somebody else, or become a value that is refused.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        });
        config::load(self.config.as_deref(), variables)
    }
}

/// Reads a secret from a file, or from standard input for `-`: never from an argument, which other users can see.
fn read_secret(path: &std::path::Path) -> Result<crate::kernel::Secret<String>, CliError> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text =
        text.map_err(|error| CliError::Input(format!("cannot read the secret from {}: {error}", path.display())))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(CliError::Input(format!("the secret in {} is empty", path.display())));
    }
    Ok(crate::kernel::Secret::new(secret.to_owned()))
}
