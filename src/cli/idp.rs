//! `wardkey idp`.

use super::idp_add::{OfferArguments, OidcArguments, SamlArguments, add_oidc, add_saml};
use super::idp_mapping::{self, FhirUsersCommand, MapArguments, TraceCommand};
use super::idp_setup::{self, SetupArguments, SetupLinkCommand, TestArguments};
use super::which_provider::WhichProvider;
use super::{CliError, Global, output, platform};
use crate::config::Config;
use crate::control::Platform;
use crate::control::saml_providers::FederationKeyStep;
use crate::control::sign_in_methods::Proof;
use crate::federation::check::CheckOutcome;
use crate::federation::{Federation, LocalDocument};
use crate::kernel::{SystemClock, Timestamp};
use crate::outbound::{Outbound, OutboundPolicy};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::sync::Arc;

/// Commands on identity providers.
#[derive(Subcommand)]
pub(super) enum IdpCommand {
    /// Connect an OpenID Connect provider, or change the one with this alias.
    AddOidc(Box<OidcArguments>),
    /// Connect a SAML 2.0 provider, or change the one with this alias.
    AddSaml(Box<SamlArguments>),
    /// Show a connection: what the provider's administrator enters, and what is known of the provider.
    Show(WhichProvider),
    /// Check a connection: what works, what will soon not, and the mend. Exits with 1 when something has failed.
    Check(WhichProvider),
    /// List what will end at the tenant's providers, and what is amiss: certificates of both sides, keys about to take over.
    Notices {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Roll our keys at a provider over by hand, step by step. Without, they roll over by themselves.
    #[command(alias = "roll-saml-keys")]
    RollKeys {
        #[command(flatten)]
        which: WhichProvider,
        /// Publish next keys, switch to them, or remove the previous ones.
        #[arg(long, value_enum)]
        step: KeyStep,
        /// With `switch`: not now, but at this time, such as 2027-01-31T02:00:00Z.
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Let users sign in with accounts of the tenant's own.
    AddLocal {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The name in addresses.
        #[arg(long, default_value = "local")]
        alias: String,
        /// The words on the sign-in button.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        offer: OfferArguments,
    },
    /// Print what has to be entered at the hospital's product, in its own words, and what to bring back.
    Setup(SetupArguments),
    /// Links with which somebody outside sets up one connection.
    #[command(subcommand)]
    SetupLink(SetupLinkCommand),
    /// Print an address at which a sign-in can be tried out, also while the provider is switched off; or what came of it. Nothing
    /// is issued and no account made.
    Test(TestArguments),
    /// Let people sign in here.
    SwitchOn {
        #[command(flatten)]
        which: WhichProvider,
        /// Also when the settings were not tried out as they are.
        #[arg(long)]
        untested: bool,
    },
    /// Let nobody sign in here any more. Sessions go on, and the settings stay.
    SwitchOff(WhichProvider),
    /// List mapping rules to begin with, by product.
    Templates,
    /// Show or change the mapping rules of a provider, or try rules out.
    Map(Box<MapArguments>),
    /// Recorded sign-ins: what the provider said, what each rule did, which check refused.
    #[command(subcommand)]
    Trace(TraceCommand),
    /// The tenant's own lists of which FHIR resource a user is.
    #[command(subcommand)]
    FhirUsers(FhirUsersCommand),
    /// List a tenant's identity providers.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
}

/// A step, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum KeyStep {
    Publish,
    Switch,
    Remove,
}

const NOTICES: [&str; 5] = ["alias", "notice", "at", "finding", "mend"];
const FINDINGS: [&str; 5] = ["outcome", "check", "of", "finding", "mend"];
const REGISTERED: [&str; 3] = ["name", "value", "required"];
const COLUMNS: [&str; 4] = ["alias", "kind", "display_name", "redirect_uri"];

pub(super) async fn run(global: &Global, command: IdpCommand) -> Result<(), CliError> {
    let command = match command {
        IdpCommand::Setup(arguments) => return idp_setup::setup(global, arguments).await,
        IdpCommand::SetupLink(command) => return idp_setup::links(global, command).await,
        IdpCommand::Test(arguments) => return idp_setup::test(global, arguments).await,
        IdpCommand::SwitchOn { which, untested } => {
            let proof = if untested { Proof::Waived } else { Proof::Test };
            return idp_setup::switch(global, &which, true, proof).await;
        }
        IdpCommand::SwitchOff(which) => return idp_setup::switch(global, &which, false, Proof::Waived).await,
        other => other,
    };
    if matches!(command, IdpCommand::Templates) {
        idp_mapping::list_templates(global);
        return Ok(());
    }
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        // Done above.
        IdpCommand::Setup(_)
        | IdpCommand::SetupLink(_)
        | IdpCommand::Test(_)
        | IdpCommand::SwitchOn { .. }
        | IdpCommand::SwitchOff(_)
        | IdpCommand::Templates => {}
        IdpCommand::AddOidc(arguments) => add_oidc(global, &platform, &arguments).await?,
        IdpCommand::Map(arguments) => idp_mapping::map(global, &config, &platform, &arguments).await?,
        IdpCommand::Trace(command) => idp_mapping::trace(global, &platform, command).await?,
        IdpCommand::FhirUsers(command) => idp_mapping::fhir_users(global, &platform, command).await?,
        IdpCommand::AddSaml(arguments) => add_saml(global, &config, &platform, &arguments).await?,
        IdpCommand::Show(which) => {
            let shown = show(&platform, &which).await?;
            print_connection(global.output, shown);
        }
        IdpCommand::Check(which) => check(global, &config, &platform, &which).await?,
        IdpCommand::Notices { tenant } => {
            let notices = platform.tenant(&tenant).await?.list_provider_notices().await?;
            output::list(global.output, &NOTICES, &json!(notices));
        }
        IdpCommand::RollKeys { which, step, at } => roll_keys(global, &platform, &which, step, at.as_deref()).await?,
        IdpCommand::AddLocal {
            tenant,
            alias,
            name,
            offer,
        } => {
            let document = LocalDocument {
                offer: offer.document(),
            };
            let change = platform
                .tenant(&tenant)
                .await?
                .save_local_accounts(&alias, &name, &document)
                .await?;
            output::object(global.output, &json!({ "alias": alias, "change": change }));
        }
        IdpCommand::List { tenant } => {
            let providers = platform.tenant(&tenant).await?.list_identity_providers().await?;
            output::list(global.output, &COLUMNS, &json!(providers));
        }
    }
    platform.close().await;
    Ok(())
}

/// A step of our keys now, or the switch at a time.
async fn roll_keys(
    global: &Global,
    platform: &Platform,
    which: &WhichProvider,
    step: KeyStep,
    at: Option<&str>,
) -> Result<(), CliError> {
    let admin = platform.tenant(&which.tenant).await?;
    let alias = which.alias();
    if let Some(at) = at {
        if !matches!(step, KeyStep::Switch) {
            return Err(CliError::Input("--at goes with --step switch".to_owned()));
        }
        let time = Timestamp::from_rfc3339(at)
            .ok_or_else(|| CliError::Input(format!("--at {at}: write a time such as 2027-01-31T02:00:00Z")))?;
        admin.plan_key_switch(alias, Some(time)).await?;
        let planned = json!({ "alias": alias, "switch_at": time.to_rfc3339() });
        output::object(global.output, &planned);
        return Ok(());
    }
    let step = match step {
        KeyStep::Publish => FederationKeyStep::PublishNext,
        KeyStep::Switch => FederationKeyStep::Switch,
        KeyStep::Remove => FederationKeyStep::RemovePrevious,
    };
    admin.roll_federation_keys(alias, step).await?;
    let shown = show(platform, which).await?;
    let certificates = json!({ "alias": alias, "certificates": shown.get("certificates") });
    print_connection(global.output, certificates);
    Ok(())
}

/// In a table, certificates stand below the rest, as they are copied into a form.
fn print_connection(format: output::Format, mut shown: Value) {
    if format != output::Format::Table {
        return output::object(format, &shown);
    }
    let certificates = shown.as_object_mut().and_then(|members| members.remove("certificates"));
    output::object(format, &shown);
    for certificate in certificates.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default();
        let (state, purpose, fingerprint) = (text("state"), text("purpose"), text("fingerprint"));
        output::print("");
        output::print(&format!("{state} {purpose} certificate, SHA-256 {fingerprint}"));
        output::print(text("certificate").trim_end());
    }
}

/// Both sides of a connection, whatever its kind.
async fn show(platform: &Platform, which: &WhichProvider) -> Result<Value, CliError> {
    let admin = platform.tenant(&which.tenant).await?;
    let alias = which.alias();
    let providers = admin.list_identity_providers().await?;
    let oidc = |kind: &str| kind == "oidc";
    let known = providers.iter().find(|provider| provider.alias == alias);
    Ok(match known {
        Some(provider) if oidc(&provider.kind) => json!(admin.show_oidc_provider(alias).await?),
        _ => json!(admin.show_saml_provider(alias).await?),
    })
}

/// The guarded client of this process.
pub(super) fn outbound(config: &Config) -> Result<Outbound, CliError> {
    let policy = OutboundPolicy {
        allow_loopback: config.server.allow_insecure_development,
        ..OutboundPolicy::default()
    };
    Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))
}

/// Looks at a connection from this machine. Breakers are the running server's, which this process does not see.
async fn check(global: &Global, config: &Config, platform: &Platform, which: &WhichProvider) -> Result<(), CliError> {
    let federation = Federation::new(outbound(config)?, platform::passwords(config)?);
    let admin = platform.tenant(&which.tenant).await?;
    let alias = which.alias();
    let report = admin.check_identity_provider(&federation, alias).await?;
    let report = report.without_breakers();
    if global.output == output::Format::Table {
        output::list(global.output, &FINDINGS, &json!(report.items));
        if !report.registered.is_empty() {
            output::tell("The provider must have these, to the letter:");
            output::list(global.output, &REGISTERED, &json!(report.registered));
        }
    } else {
        output::object(global.output, &json!(report));
    }
    match report.outcome {
        CheckOutcome::Failed => Err(CliError::Failed(format!(
            "nobody can sign in at {alias} until what failed is mended"
        ))),
        CheckOutcome::Ok | CheckOutcome::Warning => Ok(()),
    }
}
