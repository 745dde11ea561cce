//! `wardkey patient-directory`.

use super::{CliError, Global, output, platform};
use crate::control::ControlError;
use crate::control::patient_directory::DirectoryAccess;
use crate::kernel::SystemClock;
use crate::oauth::jose::{JwkSet, SigningAlgorithm};
use crate::outbound::{Outbound, OutboundPolicy};
use crate::patient_directory::{CheckOutcome, PatientDirectory};
use crate::smart::{FhirBase, SearchRestriction};
use crate::tenant::patient_directory::{DirectoryAuthentication, OauthClient, PickerPage};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Commands on how patients are found and who may choose them.
#[derive(Subcommand)]
pub(super) enum PatientDirectoryCommand {
    /// Set which FHIR server is searched, and as whom.
    Set(Box<SetArguments>),
    /// Show the settings.
    Show {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Really get a token and search a patient, and say how each step went. Fails when one fails.
    Check {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Set who may choose which patients. Without options: every practitioner, every patient.
    Restrict {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// A role whose holders may choose; may be given more than once. Without any: whose FHIR resource is a Practitioner.
        #[arg(long)]
        role: Vec<String>,
        /// Criteria added to every search, such as `general-practitioner={fhirUser}`. Placeholders: {fhirUser},
        /// {fhirUserId}, {npi}.
        #[arg(long, value_name = "CRITERIA")]
        query: Option<String>,
    },
    /// Send users to a page of the tenant's own to choose a patient, or back to the built-in one.
    PickerPage(Box<PickerPageArguments>),
}

#[derive(Clone, Copy, ValueEnum)]
enum Auth {
    /// An access token of this tenant's own, for a FHIR server that takes this tenant's tokens.
    OwnToken,
    /// Nothing.
    None,
    /// A bearer token from --secret-file.
    Bearer,
    /// Client id and secret at the token endpoint.
    ClientSecret,
    /// Client id and a key of the tenant's own at the token endpoint.
    PrivateKeyJwt,
}

/// Arguments of `patient-directory set`.
#[derive(Args)]
pub(super) struct SetArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The FHIR server. Without it, the tenant's first FHIR base.
    #[arg(long, value_name = "URL")]
    fhir_base: Option<String>,
    /// How to authenticate there.
    #[arg(long, value_enum)]
    auth: Auth,
    /// The token endpoint, exactly as the FHIR server publishes it.
    #[arg(long, value_name = "URL")]
    token_endpoint: Option<String>,
    /// Our client id there.
    #[arg(long)]
    client_id: Option<String>,
    /// What to ask for.
    #[arg(long, default_value = "system/Patient.rs system/Encounter.rs")]
    scope: String,
    /// A file with the bearer token or client secret, or `-` for standard input. The stored one stays without it.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The algorithm of client assertions.
    #[arg(long, value_parser = ["ES384", "RS384"], default_value = "ES384")]
    algorithm: String,
    /// Make a new key although there is one. The one before is withdrawn at once.
    #[arg(long)]
    new_key: bool,
    /// Do not let users choose an encounter.
    #[arg(long)]
    no_encounters: bool,
}

/// Arguments of `patient-directory picker-page`.
#[derive(Args)]
pub(super) struct PickerPageArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The page's address.
    #[arg(long, value_name = "URL", required_unless_present = "remove")]
    url: Option<String>,
    /// The `iss` of its answers; the address when not given.
    #[arg(long)]
    issuer: Option<String>,
    /// Where its public keys are.
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    jwks_uri: Option<String>,
    /// A file with its public keys (a JWKS document).
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// The page also lets users choose an encounter.
    #[arg(long)]
    encounters: bool,
    /// Go back to the built-in picker.
    #[arg(long, conflicts_with_all = ["url", "issuer", "jwks_uri", "jwks_file", "encounters"])]
    remove: bool,
}

const COLUMNS: [&str; 3] = ["step", "outcome", "detail"];

pub(super) async fn run(global: &Global, command: PatientDirectoryCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        PatientDirectoryCommand::Set(arguments) => {
            let admin = platform.tenant(&arguments.tenant).await?;
            let by_key = matches!(arguments.auth, Auth::PrivateKeyJwt);
            let change = admin.set_patient_directory(arguments.into_access()?).await?;
            output::object(global.output, &json!({ "change": change }));
            if by_key {
                let address = admin.cx().urls().endpoint("backend-jwks");
                output::tell(&format!("Register this JWKS address at the FHIR server: {address}"));
            }
            output::tell("Prove it with: wardkey patient-directory check");
        }
        PatientDirectoryCommand::Show { tenant } => {
            let summary = platform.tenant(&tenant).await?.get_patient_directory().await?;
            output::object(global.output, &json!(summary));
        }
        PatientDirectoryCommand::Check { tenant } => {
            let policy = OutboundPolicy {
                allow_loopback: config.server.allow_insecure_development,
                ..OutboundPolicy::default()
            };
            let outbound =
                Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))?;
            let admin = platform.tenant(&tenant).await?;
            let steps = admin.check_patient_directory(&PatientDirectory::new(outbound)).await?;
            output::list(global.output, &COLUMNS, &json!(steps));
            if steps.iter().any(|step| step.outcome == CheckOutcome::Failed) {
                return Err(CliError::Failed("the patient directory does not work yet".to_owned()));
            }
        }
        PatientDirectoryCommand::Restrict { tenant, role, query } => {
            let restriction = query.as_deref().map(SearchRestriction::parse).transpose();
            let restriction = restriction.map_err(|error| ControlError::invalid("query", error.to_string()))?;
            let change = platform
                .tenant(&tenant)
                .await?
                .set_patient_choice(role, restriction)
                .await?;
            output::object(global.output, &json!({ "change": change }));
        }
        PatientDirectoryCommand::PickerPage(arguments) => {
            let admin = platform.tenant(&arguments.tenant).await?;
            let change = admin.set_picker_page(arguments.into_page()?).await?;
            output::object(global.output, &json!({ "change": change }));
        }
    }
    platform.close().await;
    Ok(())
}

impl SetArguments {
    fn into_access(self) -> Result<DirectoryAccess, CliError> {
        let needed = |value: Option<String>, name: &str| {
            value.ok_or_else(|| CliError::Input(format!("this way to authenticate needs {name}")))
        };
        let invalid_base = |error: crate::smart::fhir_base::InvalidFhirBase| {
            CliError::from(ControlError::invalid("fhir-base", error.to_string()))
        };
        let client = |arguments: &Self| -> Result<OauthClient, CliError> {
            Ok(OauthClient {
                token_endpoint: needed(arguments.token_endpoint.clone(), "--token-endpoint")?,
                client_id: needed(arguments.client_id.clone(), "--client-id")?,
                scope: arguments.scope.clone(),
                algorithm: if arguments.algorithm == "RS384" {
                    SigningAlgorithm::RS384
                } else {
                    SigningAlgorithm::ES384
                },
            })
        };
        let authentication = match self.auth {
            Auth::OwnToken => DirectoryAuthentication::OwnToken,
            Auth::None => DirectoryAuthentication::None,
            Auth::Bearer => DirectoryAuthentication::Bearer,
            Auth::ClientSecret => DirectoryAuthentication::ClientSecret(client(&self)?),
            Auth::PrivateKeyJwt => DirectoryAuthentication::PrivateKeyJwt(client(&self)?),
        };
        if self.secret_file.is_some() && !authentication.needs_secret() {
            let text = format!("--secret-file does not go with --auth {}", authentication.name());
            return Err(CliError::Input(text));
        }
        Ok(DirectoryAccess {
            fhir_base: self
                .fhir_base
                .as_deref()
                .map(FhirBase::parse)
                .transpose()
                .map_err(invalid_base)?,
            authentication,
            secret: self.secret_file.as_deref().map(super::read_secret).transpose()?,
            encounters: !self.no_encounters,
            new_key: self.new_key,
        })
    }
}

impl PickerPageArguments {
    fn into_page(self) -> Result<Option<PickerPage>, CliError> {
        let Some(url) = self.url else { return Ok(None) };
        let jwks = match &self.jwks_file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| CliError::Input(format!("cannot read {}: {error}", path.display())))?;
                let keys: JwkSet = serde_json::from_str(&text)
                    .map_err(|error| CliError::Input(format!("{} is not a JWKS: {error}", path.display())))?;
                Some(keys)
            }
        };
        Ok(Some(PickerPage {
            issuer: self.issuer.unwrap_or_else(|| url.clone()),
            url,
            jwks_uri: self.jwks_uri,
            jwks,
            encounters: self.encounters,
        }))
    }
}
