//! `wardkey idp`.

use super::{CliError, Global, output, platform};
use crate::federation::OidcDocument;
use crate::federation::mapping::MappingRules;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Commands on identity providers.
#[derive(Subcommand)]
pub(super) enum IdpCommand {
    /// Connect an OpenID Connect provider, or change the one with this alias.
    AddOidc(Box<OidcArguments>),
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
    },
    /// List a tenant's identity providers.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
}

/// Arguments of `idp add-oidc`.
#[derive(Args)]
pub(super) struct OidcArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The name in addresses, such as `staff`.
    #[arg(long)]
    alias: String,
    /// The words on the sign-in button.
    #[arg(long)]
    name: String,
    /// The provider's issuer, exactly as it publishes it.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// Our client id at the provider.
    #[arg(long)]
    client_id: String,
    /// A file with our client secret at the provider, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// A scope to ask for; may be given more than once.
    #[arg(long)]
    scope: Vec<String>,
    /// An algorithm accepted for ID tokens; may be given more than once. RS256 when none is given.
    #[arg(long, value_name = "ALGORITHM")]
    id_token_algorithm: Vec<String>,
    /// Ask the UserInfo endpoint for claims that the ID token lacks.
    #[arg(long)]
    user_info: bool,
    /// A mapping rule `NAME=EXPRESSION` (CEL), such as `fhirUser="Practitioner/" + claims.npi`; may be given more than once.
    #[arg(long, value_name = "RULE")]
    map: Vec<String>,
    /// A rule that has to yield something; may be given more than once.
    #[arg(long, value_name = "NAME")]
    require: Vec<String>,
}

const COLUMNS: [&str; 4] = ["alias", "kind", "display_name", "redirect_uri"];

pub(super) async fn run(global: &Global, command: IdpCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        IdpCommand::AddOidc(arguments) => {
            let admin = platform.tenant(&arguments.tenant).await?;
            let secret = arguments
                .client_secret_file
                .as_deref()
                .map(super::read_secret)
                .transpose()?;
            let document = arguments.document(secret.is_some())?;
            let change = admin
                .save_oidc_provider(&arguments.alias, &arguments.name, &document, secret)
                .await?;
            let redirect_uri = admin.cx().urls().federation_callback(&arguments.alias);
            output::object(
                global.output,
                &json!({ "alias": arguments.alias, "change": change, "redirect_uri": redirect_uri }),
            );
            output::tell("Register the redirect URI at the provider.");
        }
        IdpCommand::AddLocal { tenant, alias, name } => {
            let change = platform
                .tenant(&tenant)
                .await?
                .save_local_provider(&alias, &name)
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

impl OidcArguments {
    fn document(&self, has_secret: bool) -> Result<OidcDocument, CliError> {
        let mut provider = Map::new();
        provider.insert("issuer".into(), json!(self.issuer));
        provider.insert("client_id".into(), json!(self.client_id));
        let authentication = if has_secret { "client_secret_basic" } else { "none" };
        provider.insert("authentication".into(), json!(authentication));
        provider.insert("fetch_user_info".into(), json!(self.user_info));
        if !self.scope.is_empty() {
            provider.insert("scopes".into(), json!(self.scope));
        }
        if !self.id_token_algorithm.is_empty() {
            provider.insert("id_token_algorithms".into(), json!(self.id_token_algorithm));
        }
        let mut rules = Map::new();
        for rule in &self.map {
            let (name, expression) = rule
                .split_once('=')
                .ok_or_else(|| CliError::Input(format!("--map {rule}: write NAME=EXPRESSION")))?;
            rules.insert(name.trim().to_owned(), json!(expression.trim()));
        }
        if !self.require.is_empty() {
            rules.insert("required".into(), json!(self.require));
        }
        let mapping: MappingRules = serde_json::from_value(Value::Object(rules))
            .map_err(|error| CliError::Input(format!("the mapping rules: {error}")))?;
        Ok(OidcDocument { provider, mapping })
    }
}
