//! `wardkey idp add-oidc` and `add-saml`: what is typed, and the settings that it stands for.

use super::idp::outbound;
use super::idp_mapping::MappingArguments;
use super::{CliError, Global, output};
use crate::config::Config;
use crate::control::Platform;
use crate::federation::provider::{OIDC, SAML};
use crate::federation::saml::{Binding, IdpInitiated, IdpMetadata, Require, SamlProviderConfig};
use crate::federation::{Offer, OidcDocument, Provisioning, SamlDocument, SubjectAttribute, fetch_metadata};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use url::Url;

/// When a way to sign in is offered.
#[derive(Args)]
pub(super) struct OfferArguments {
    /// Whoever gives an e-mail address of this domain signs in here; may be given more than once.
    #[arg(long, value_name = "DOMAIN")]
    email_domain: Vec<String>,
    /// A line below the button, such as "Badge number and network password".
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// Show no button: people come by e-mail domain, by link (`idp_hint`), or because an app names it.
    #[arg(long)]
    hidden: bool,
    /// Let nobody sign in here yet: set it up, try it out with `idp test`, then `idp switch-on`.
    #[arg(long)]
    off: bool,
}

impl OfferArguments {
    pub(super) fn document(&self) -> Offer {
        Offer {
            email_domains: self.email_domain.clone(),
            remark: self.remark.clone(),
            hidden: self.hidden,
            off: self.off,
        }
    }
}

/// How a directory provisions the provider's users.
#[derive(Args)]
pub(super) struct ProvisioningArguments {
    /// Which attribute of a user that a directory sends (SCIM) is the subject by which the provider names them at sign-in.
    #[arg(long, value_name = "ATTRIBUTE", value_parser = ["externalId", "userName"], default_value = "externalId")]
    scim_subject: String,
}

impl ProvisioningArguments {
    fn document(&self) -> Provisioning {
        let by_name = self.scim_subject == SubjectAttribute::UserName.as_str();
        Provisioning {
            subject: if by_name {
                SubjectAttribute::UserName
            } else {
                SubjectAttribute::ExternalId
            },
        }
    }
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
    /// How we prove who we are: client_secret_basic with a secret, none without, unless this says otherwise. For private_key_jwt
    /// a key is made; the provider reads it at the address that is printed, or takes its certificate (`idp show`).
    #[arg(long, value_name = "METHOD", value_parser = [
        "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none",
    ])]
    auth_method: Option<String>,
    /// Client assertions name the token endpoint as their audience, as older providers want it, instead of the issuer.
    #[arg(long)]
    assertion_for_token_endpoint: bool,
    /// The algorithm of client assertions made with our key.
    #[arg(long, value_name = "ALGORITHM", value_parser = ["RS256", "RS384", "PS256"], default_value = "RS256")]
    assertion_algorithm: String,
    /// Endpoints of a provider without metadata, as `NAME=URL`: authorization_endpoint, token_endpoint and jwks_uri, and
    /// userinfo_endpoint and end_session_endpoint if there are any.
    #[arg(long, value_name = "NAME=URL")]
    endpoint: Vec<String>,
    /// What an authentication context of the provider is called towards apps, as `CONTEXT=ACR`; may be given more than once.
    #[arg(long, value_name = "CONTEXT=ACR")]
    acr: Vec<String>,
    /// A scope to ask for; may be given more than once.
    #[arg(long)]
    scope: Vec<String>,
    /// An algorithm accepted for ID tokens; may be given more than once. RS256 when none is given.
    #[arg(long, value_name = "ALGORITHM")]
    id_token_algorithm: Vec<String>,
    /// Ask the UserInfo endpoint for claims that the ID token lacks.
    #[arg(long)]
    user_info: bool,
    #[command(flatten)]
    mapping: MappingArguments,
    #[command(flatten)]
    offer: OfferArguments,
    #[command(flatten)]
    provisioning: ProvisioningArguments,
    /// Leave the provider's session alone when somebody signs out here.
    #[arg(long)]
    local_logout: bool,
}

/// Arguments of `idp add-saml`.
#[derive(Args)]
pub(super) struct SamlArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The name in addresses, such as `staff`.
    #[arg(long, visible_alias = "id")]
    alias: String,
    /// The words on the sign-in button.
    #[arg(long)]
    name: String,
    /// The provider's metadata: an https address, which is then fetched again regularly, or a file.
    #[arg(long, value_name = "URL|FILE")]
    metadata: String,
    /// A file with a certificate (PEM) whose key has to sign the metadata as a whole; may be given more than once.
    #[arg(long, value_name = "FILE")]
    metadata_certificate: Vec<PathBuf>,
    /// The provider's entity ID, needed when the metadata describe several.
    #[arg(long, value_name = "ID")]
    entity_id: Option<String>,
    /// What the provider has to sign.
    #[arg(long, value_enum, default_value_t = Signs::Either)]
    require_signed: Signs,
    /// How requests are sent: by redirect unless the provider has only POST.
    #[arg(long, value_enum)]
    binding: Option<RequestBinding>,
    /// Send unsigned requests, unless the provider's metadata ask for signed ones.
    #[arg(long)]
    unsigned_requests: bool,
    /// A NameID format that identifies accounts: persistent, email, unspecified, or a URI; may be given more than once.
    /// Persistent when none is given. E-mail addresses are reassigned by some providers: choose them knowingly.
    #[arg(long, value_name = "FORMAT")]
    name_id_format: Vec<String>,
    /// What an authentication context class is called towards apps, as `CLASS=ACR`; may be given more than once.
    #[arg(long, value_name = "CLASS=ACR")]
    acr: Vec<String>,
    /// Tolerance between the provider's clock and ours.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    clock_skew: u64,
    /// Accept sign-ins that begin at the provider, and go on to this address. The user is asked first.
    #[arg(long, value_name = "URL")]
    idp_initiated_target: Option<Url>,
    #[command(flatten)]
    mapping: MappingArguments,
    #[command(flatten)]
    offer: OfferArguments,
    #[command(flatten)]
    provisioning: ProvisioningArguments,
    /// Leave the provider's session alone when somebody signs out here.
    #[arg(long)]
    local_logout: bool,
}

/// What a provider signs, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Signs {
    Either,
    Assertion,
    Response,
    Both,
}

/// A binding, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RequestBinding {
    Redirect,
    Post,
}

pub(super) async fn add_oidc(global: &Global, platform: &Platform, arguments: &OidcArguments) -> Result<(), CliError> {
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
    let connection = admin.show_oidc_provider(&arguments.alias).await?;
    output::object(
        global.output,
        &json!({
            "alias": arguments.alias, "change": change, "redirect_uri": connection.redirect_uri,
            "post_logout_redirect_uri": connection.post_logout_redirect_uri,
            "backchannel_logout_uri": connection.backchannel_logout_uri,
            "frontchannel_logout_uri": connection.frontchannel_logout_uri,
            "jwks_uri": connection.jwks_uri,
        }),
    );
    arguments.mapping.tell(OIDC);
    output::tell(
        "Register the redirect URI and the post-logout redirect URI at the provider, and a logout URI if it takes one.",
    );
    Ok(())
}

pub(super) async fn add_saml(
    global: &Global,
    config: &Config,
    platform: &Platform,
    arguments: &SamlArguments,
) -> Result<(), CliError> {
    let admin = platform.tenant(&arguments.tenant).await?;
    let url = Url::parse(&arguments.metadata)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http"));
    let metadata = match &url {
        Some(url) => fetch_metadata(&outbound(config)?, "platform", url)
            .await
            .map_err(|refusal| CliError::Failed(format!("the metadata at {url}: {}", refusal.detail)))?,
        None => std::fs::read_to_string(&arguments.metadata)
            .map_err(|error| CliError::Input(format!("{}: {error}", arguments.metadata)))?,
    };
    let parsed = IdpMetadata::parse(&metadata, arguments.entity_id.as_deref(), None, admin.cx().now())
        .map_err(|refusal| CliError::Input(format!("the metadata: {}", refusal.detail)))?;
    let document = arguments.document(parsed.entity_id, url)?;
    let change = admin
        .save_saml_provider(&arguments.alias, &arguments.name, &document, &metadata)
        .await?;
    let connection = admin.show_saml_provider(&arguments.alias).await?;
    output::object(
        global.output,
        &json!({
            "alias": arguments.alias, "change": change, "entity_id": connection.entity_id,
            "acs_url": connection.acs_url, "slo_url": connection.slo_url, "metadata_url": connection.metadata_url,
            "warnings": connection.warnings,
        }),
    );
    arguments.mapping.tell(SAML);
    output::tell(
        "Enter these at the provider, or give it the metadata address. `wardkey idp show` has the certificates too.",
    );
    Ok(())
}

impl SamlArguments {
    fn document(&self, entity_id: String, metadata_url: Option<Url>) -> Result<SamlDocument, CliError> {
        let certificates = self.metadata_certificate.iter().map(|path| {
            std::fs::read_to_string(path).map_err(|error| CliError::Input(format!("{}: {error}", path.display())))
        });
        let mut provider = SamlProviderConfig {
            metadata_url,
            metadata_certificates: certificates.collect::<Result<_, _>>()?,
            require: match self.require_signed {
                Signs::Either => Require::Either,
                Signs::Assertion => Require::Assertion,
                Signs::Response => Require::Response,
                Signs::Both => Require::Both,
            },
            binding: self.binding.map(|binding| match binding {
                RequestBinding::Redirect => Binding::Redirect,
                RequestBinding::Post => Binding::Post,
            }),
            unsigned_requests: self.unsigned_requests,
            clock_skew_seconds: self.clock_skew,
            local_logout: self.local_logout,
            idp_initiated: self.idp_initiated_target.clone().map(|target| IdpInitiated {
                target,
                targets: BTreeMap::new(),
            }),
            ..SamlProviderConfig::new(entity_id)
        };
        if !self.name_id_format.is_empty() {
            let formats = self.name_id_format.iter();
            provider.name_id_formats = formats.map(|name| SamlProviderConfig::format_named(name)).collect();
        }
        for pair in &self.acr {
            let (class, acr) = pair
                .split_once('=')
                .ok_or_else(|| CliError::Input(format!("--acr {pair}: write CLASS=ACR")))?;
            provider.acr.insert(class.to_owned(), acr.to_owned());
        }
        let mapping = self.mapping.rules(SAML)?;
        let offer = self.offer.document();
        Ok(SamlDocument {
            provider,
            mapping,
            offer,
            provisioning: self.provisioning.document(),
        })
    }
}

impl OidcArguments {
    fn document(&self, has_secret: bool) -> Result<OidcDocument, CliError> {
        let mut provider = Map::new();
        provider.insert("issuer".into(), json!(self.issuer));
        provider.insert("client_id".into(), json!(self.client_id));
        let usual = if has_secret { "client_secret_basic" } else { "none" };
        let authentication = self.auth_method.as_deref().unwrap_or(usual);
        provider.insert("authentication".into(), json!(authentication));
        if self.assertion_for_token_endpoint {
            provider.insert("assertion_audience".into(), json!("token_endpoint"));
        }
        provider.insert("assertion_algorithm".into(), json!(self.assertion_algorithm));
        if !self.endpoint.is_empty() {
            provider.insert("endpoints".into(), pairs("--endpoint", &self.endpoint)?.into());
        }
        if !self.acr.is_empty() {
            provider.insert("acr".into(), pairs("--acr", &self.acr)?.into());
        }
        provider.insert("fetch_user_info".into(), json!(self.user_info));
        provider.insert("local_logout".into(), json!(self.local_logout));
        let scopes = if self.scope.is_empty() {
            self.mapping.scopes()
        } else {
            self.scope.clone()
        };
        if !scopes.is_empty() {
            provider.insert("scopes".into(), json!(scopes));
        }
        if !self.id_token_algorithm.is_empty() {
            provider.insert("id_token_algorithms".into(), json!(self.id_token_algorithm));
        }
        let mapping = self.mapping.rules(OIDC)?;
        let offer = self.offer.document();
        Ok(OidcDocument {
            provider,
            mapping,
            offer,
            provisioning: self.provisioning.document(),
        })
    }
}

/// `NAME=VALUE` pairs as they were typed.
fn pairs(option: &str, typed: &[String]) -> Result<Map<String, Value>, CliError> {
    let pair = |text: &String| {
        // The value may hold the sign, the name may not, unless it is an address.
        let (name, value) = text
            .rsplit_once('=')
            .filter(|_| option == "--acr")
            .or_else(|| text.split_once('='))
            .ok_or_else(|| CliError::Input(format!("{option} {text}: write NAME=VALUE")))?;
        Ok((name.to_owned(), json!(value)))
    };
    typed.iter().map(pair).collect()
}
