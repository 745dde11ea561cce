//! `wardkey client`.

use super::{CliError, Global, client_set, output, platform};
use crate::control::Platform;
use crate::control::clients::SecretPolicy;
use crate::oauth::client::{AccessTokenFormat, ClientStatus, GrantType};
use crate::oauth::client_registration::ClientRegistration;
use crate::oauth::jose::JwkSet;
use crate::oauth::openid_metadata::OpenIdMetadata;
use crate::oauth::profile::SecurityProfile;
use crate::oauth::{AskConsent, Client};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Commands on apps.
#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Register an app, or bring its registration up to what is given here.
    Create(Box<CreateArguments>),
    /// Change members of an app's registration: `scope=...`, `redirect_uris=...`, `verified=true`. All that are given are changed,
    /// or none.
    Set(client_set::SetArguments),
    /// List a tenant's apps in order of id.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Begin after this id.
        #[arg(long, default_value = "")]
        after: String,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Let an app be used: one that registered itself and awaits approval, or one that was switched off.
    Approve(Named),
    /// Switch an app off; its tokens stop working at once.
    Disable(Named),
    /// Remove an app, with everything that users allowed it.
    Delete(Named),
    /// Make a token with which somebody can register apps; it is shown this once.
    RegistrationToken {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// What it is for, as it will be listed.
        #[arg(long)]
        label: String,
        /// How many apps it can register.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// For how many hours.
        #[arg(long, default_value_t = 24 * 7)]
        hours: u64,
    },
    /// Show one app.
    Show {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The app's id.
        id: String,
    },
}

/// One app.
#[derive(Args)]
pub(super) struct Named {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The app's id.
    id: String,
}

/// Arguments of `client create`.
#[derive(Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(super) struct CreateArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The app's id: A-Z, a-z, 0-9, `-`, `.`, `_`, `~`.
    #[arg(long)]
    id: String,
    /// The name people see.
    #[arg(long)]
    name: String,
    /// Who makes it.
    #[arg(long)]
    publisher: Option<String>,
    /// Where answers may go; may be given more than once.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// Where an EHR may launch it; may be given more than once.
    #[arg(long, value_name = "URI")]
    launch_uri: Vec<String>,
    /// The widest scope it can be granted.
    #[arg(
        long,
        default_value = "openid fhirUser profile launch/patient patient/*.rs offline_access"
    )]
    scope: String,
    /// How it authenticates.
    #[arg(long, value_parser = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"], default_value = "none")]
    auth_method: String,
    /// Where it publishes its public keys, for private_key_jwt.
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    jwks_uri: Option<String>,
    /// A file with its public keys (a JWK set), for private_key_jwt.
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// It is a backend service: it gets tokens for itself, with system/ scopes, and has no redirect URI.
    #[arg(long)]
    backend: bool,
    /// It runs on a device without a browser, whose user answers with another (RFC 8628); it needs no redirect URI.
    #[arg(long, conflicts_with = "backend")]
    device: bool,
    /// Where it runs.
    #[arg(long, value_parser = ["web", "native"], default_value = "web")]
    application_type: String,
    /// Its access tokens are handles that only introspection can read, instead of JWTs.
    #[arg(long)]
    opaque_access_tokens: bool,
    /// Its access tokens have to be bound to a DPoP key.
    #[arg(long)]
    dpop: bool,
    /// The subject of its certificate, as in `CN=lab.example,O=Lab`, for tls_client_auth.
    #[arg(long, value_name = "DN")]
    tls_subject_dn: Option<String>,
    /// A DNS name that its certificate is for, for tls_client_auth.
    #[arg(long, value_name = "NAME")]
    tls_san_dns: Option<String>,
    /// Its access tokens have to be bound to its certificate (RFC 8705).
    #[arg(long)]
    certificate_bound: bool,
    /// It is a resource server that may introspect the tenant's tokens; it needs no redirect URI.
    #[arg(long)]
    introspection: bool,
    /// The hospital does not vouch for it; users are told so when they are asked.
    #[arg(long)]
    unverified: bool,
    /// How often its users are asked for consent, where that is not as the tenant's setting `ask_consent` says.
    #[arg(long, value_name = "WHEN", value_parser = AskConsent::NAMES)]
    ask_consent: Option<String>,
    /// Only users of this identity provider (its alias) may use the app; may be given more than once.
    #[arg(long, value_name = "ALIAS")]
    identity_provider: Vec<String>,
    /// Its sign-ins begin with this identity provider (its alias).
    #[arg(long, value_name = "ALIAS")]
    default_identity_provider: Option<String>,
    /// It is an EHR that is trusted to say who its user is (`user_assertion` of a launch).
    #[arg(long)]
    launch_user_assertions: bool,
    /// The rules it keeps, when they are not the tenant's.
    #[arg(long, value_parser = ["smart", "oidc", "fapi2"])]
    profile: Option<String>,
    /// Members of its metadata that have no option of their own, as a JSON object in a file: `request_uris`, `subject_type`,
    /// `userinfo_signed_response_alg` and so on.
    #[arg(long, value_name = "FILE")]
    metadata_file: Option<PathBuf>,
    /// Make a new secret; the one before is refused from now on.
    #[arg(long)]
    rotate_secret: bool,
}

const COLUMNS: [&str; 5] = [
    "client_id",
    "client_name",
    "token_endpoint_auth_method",
    "status",
    "redirect_uris",
];

/// The registration without the hashes of its secrets.
fn shown(client: &Client) -> Result<Value, CliError> {
    let mut value = serde_json::to_value(client).map_err(|error| CliError::Failed(error.to_string()))?;
    if let Some(object) = value.as_object_mut() {
        let secrets = object
            .remove("secrets")
            .and_then(|secrets| secrets.as_array().map(Vec::len))
            .unwrap_or(0);
        object.insert("secrets".into(), json!(secrets));
    }
    Ok(value)
}

pub(super) async fn run(global: &Global, command: ClientCommand) -> Result<(), CliError> {
    if let ClientCommand::Set(arguments) = &command {
        return client_set::run(global, arguments).await;
    }
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        // It goes where the API is, which may be elsewhere.
        ClientCommand::Set(_) => {}
        ClientCommand::Create(arguments) => {
            let admin = platform.tenant(&arguments.tenant).await?;
            let policy = if arguments.rotate_secret {
                SecretPolicy::Replace
            } else {
                SecretPolicy::KeepOrCreate
            };
            let id = arguments.id.clone();
            let registered = admin.save_client(&id, arguments.into_registration()?, policy).await?;
            let mut result = shown(&registered.client)?;
            if let Some(object) = result.as_object_mut() {
                object.insert("change".into(), json!(registered.change));
                if let Some(secret) = &registered.secret {
                    object.insert("client_secret".into(), json!(secret.expose()));
                    output::tell("The secret is shown this once. Keep it where the app can read it and nobody else.");
                }
            }
            output::object(global.output, &result);
        }
        ClientCommand::List { tenant, after, limit } => {
            let clients = platform
                .tenant(&tenant)
                .await?
                .list_clients(&after, limit.clamp(1, 1000))
                .await?;
            let rows: Vec<Value> = clients.iter().map(shown).collect::<Result<_, _>>()?;
            output::list(global.output, &COLUMNS, &json!(rows));
        }
        ClientCommand::Approve(app) => set_status(global, &platform, &app, ClientStatus::Enabled).await?,
        ClientCommand::Disable(app) => set_status(global, &platform, &app, ClientStatus::Disabled).await?,
        ClientCommand::Delete(app) => {
            platform.tenant(&app.tenant).await?.delete_client(&app.id).await?;
            output::object(global.output, &json!({ "client_id": app.id, "change": "deleted" }));
        }
        ClientCommand::RegistrationToken {
            tenant,
            label,
            uses,
            hours,
        } => {
            let admin = platform.tenant(&tenant).await?;
            let lifetime = Duration::from_secs(hours.saturating_mul(3600));
            let token = admin.create_initial_access_token(&label, uses, lifetime).await?;
            output::tell("The token is shown this once. Give it to nobody but who is to register the app.");
            let shown = json!({ "initial_access_token": token.expose(), "uses": uses, "hours": hours });
            output::object(global.output, &shown);
        }
        ClientCommand::Show { tenant, id } => {
            let client = platform.tenant(&tenant).await?.get_client(&id).await?;
            output::object(global.output, &shown(&client)?);
        }
    }
    platform.close().await;
    Ok(())
}

async fn set_status(global: &Global, platform: &Platform, app: &Named, status: ClientStatus) -> Result<(), CliError> {
    let change = platform
        .tenant(&app.tenant)
        .await?
        .set_client_status(&app.id, status)
        .await?;
    let shown = json!({ "client_id": app.id, "status": status.as_str(), "change": change });
    output::object(global.output, &shown);
    Ok(())
}

impl CreateArguments {
    fn into_registration(self) -> Result<ClientRegistration, CliError> {
        let words = |list: &[&str]| Some(list.iter().map(|word| (*word).to_owned()).collect());
        let openid = self.metadata_file.as_deref().map(read_metadata).transpose()?;
        let profile = self.profile.as_deref().map(read_profile).transpose()?;
        let jwks = self.jwks_file.as_deref().map(read_keys).transpose()?;
        let (grant_types, response_types) = if self.backend {
            (words(&["client_credentials"]), Some(Vec::new()))
        } else if self.device {
            (
                words(&[GrantType::DeviceCode.as_str(), "refresh_token"]),
                Some(Vec::new()),
            )
        } else if self.introspection && self.redirect_uri.is_empty() {
            (Some(Vec::new()), Some(Vec::new()))
        } else {
            (words(&["authorization_code", "refresh_token"]), words(&["code"]))
        };
        Ok(ClientRegistration {
            client_name: Some(self.name),
            jwks,
            jwks_uri: self.jwks_uri,
            publisher: self.publisher,
            redirect_uris: self.redirect_uri,
            launch_uris: self.launch_uri,
            scope: Some(self.scope),
            tls_client_auth_subject_dn: self.tls_subject_dn,
            tls_client_auth_san_dns: self.tls_san_dns,
            tls_client_certificate_bound_access_tokens: Some(self.certificate_bound),
            token_endpoint_auth_method: Some(self.auth_method),
            application_type: Some(self.application_type),
            access_token_format: self.opaque_access_tokens.then_some(AccessTokenFormat::Opaque),
            dpop_bound_access_tokens: Some(self.dpop),
            introspection: Some(self.introspection),
            verified: Some(!self.unverified),
            ask_consent: self.ask_consent.as_deref().and_then(AskConsent::parse),
            identity_providers: self.identity_provider.clone(),
            default_identity_provider: self.default_identity_provider.clone(),
            launch_user_assertions: Some(self.launch_user_assertions),
            profile,
            openid: Box::new(openid.unwrap_or_default()),
            grant_types,
            response_types,
            ..ClientRegistration::default()
        })
    }
}

fn read_profile(name: &str) -> Result<SecurityProfile, CliError> {
    let known = SecurityProfile::ALL
        .into_iter()
        .find(|profile| profile.as_str() == name);
    known.ok_or_else(|| CliError::Input(format!("{name} is no profile")))
}

/// Reads metadata of OpenID Connect Dynamic Client Registration.
fn read_metadata(path: &Path) -> Result<OpenIdMetadata, CliError> {
    let problem = |error: &dyn std::fmt::Display| CliError::Input(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| problem(&error))?;
    serde_json::from_str(&text).map_err(|error| problem(&error))
}

/// Reads a JWK set. Private keys in it are refused at registration.
pub(super) fn read_keys(path: &Path) -> Result<JwkSet, CliError> {
    let problem = |error: &dyn std::fmt::Display| CliError::Input(format!("the keys in {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| problem(&error))?;
    serde_json::from_str(&text).map_err(|error| problem(&error))
}
