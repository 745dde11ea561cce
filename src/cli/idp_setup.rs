//! `wardkey idp setup`, `idp setup-link`, `idp switch-on` and `idp switch-off`.

use super::which_provider::WhichProvider;
use super::{CliError, Global, output, platform};
use crate::control::setup_links::SetupLinkRequest;
use crate::control::sign_in_methods::Proof;
use crate::federation::Protocol;
use crate::federation::products::{BringBack, Product};
use crate::web::Language;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::time::Duration;

/// Arguments of `idp setup`.
#[derive(Args)]
pub(super) struct SetupArguments {
    /// The product that the hospital runs: entra, okta, adfs, ping, shibboleth, keycloak, google or other.
    product: Product,
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The name in addresses, such as `staff`.
    #[arg(long)]
    alias: String,
    /// The protocol; without it, the product's usual one.
    #[arg(long, value_enum)]
    protocol: Option<SetupProtocol>,
    /// The language of what is not the product's own word, as a tag such as `es`.
    #[arg(long, default_value = "en")]
    language: String,
}

/// A protocol, as it is typed.
#[derive(Clone, Copy, ValueEnum)]
enum SetupProtocol {
    Oidc,
    Saml,
}

/// Commands on setup links.
#[derive(Subcommand)]
pub(super) enum SetupLinkCommand {
    /// Make a link with which somebody outside sets up one connection, and nothing else.
    Create {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The connection, which need not be there yet.
        #[arg(long)]
        alias: String,
        /// Whom the link is for, as `setup-link list` shows it.
        #[arg(long)]
        label: String,
        /// The product, where it is known.
        #[arg(long)]
        product: Option<Product>,
        /// For how many days it works.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=30))]
        days: u64,
    },
    /// List a tenant's links, the newest first.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Take a link back.
    Revoke {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The link's id, `lnk_...`.
        id: String,
    },
}

/// Arguments of `idp test`.
#[derive(Args)]
pub(super) struct TestArguments {
    #[command(flatten)]
    which: WhichProvider,
    /// Print what came of this test, `tst_...`, instead of making one.
    #[arg(long, value_name = "ID")]
    result: Option<String>,
    /// With the values that the provider sent, which is recorded.
    #[arg(long, requires = "result")]
    reveal: bool,
}

const LINK_COLUMNS: [&str; 6] = ["id", "alias", "label", "state", "expires_at", "opened_at"];

/// What to enter at a product, and what to bring back.
pub(super) async fn setup(global: &Global, arguments: SetupArguments) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let admin = platform.tenant(&arguments.tenant).await?;
    crate::federation::provider::check_alias(&arguments.alias).map_err(|error| CliError::Input(error.to_string()))?;
    let protocol = match arguments.protocol {
        Some(SetupProtocol::Oidc) => Protocol::OpenIdConnect,
        Some(SetupProtocol::Saml) => Protocol::Saml2,
        None => arguments.product.usual_protocol(),
    };
    let language = Language::from_tag(&arguments.language).unwrap_or_default();
    if let Some(guide) = arguments.product.guide(protocol) {
        let filled = guide.filled(admin.cx().urls(), &arguments.alias, language);
        output::tell(&format!("At {}:", guide.place));
        output::list(global.output, &["field", "value"], &json!(filled));
        if let Some(caution) = guide.caution {
            output::tell(caution.in_language(language));
        }
        for line in bring_back(&guide.bring_back) {
            output::tell(&line);
        }
    }
    platform.close().await;
    Ok(())
}

fn bring_back(back: &BringBack) -> Vec<String> {
    match back {
        BringBack::Oidc {
            issuer,
            client_id,
            client_secret,
        } => vec![
            format!("Then: wardkey idp add-oidc --issuer {issuer} --client-id <{client_id}> --client-secret-file FILE"),
            format!("FILE holds the {client_secret}."),
        ],
        BringBack::Saml { metadata_url, metadata } => vec![format!(
            "Then: wardkey idp add-saml --metadata {} (the {metadata})",
            metadata_url.unwrap_or("FILE")
        )],
    }
}

/// `idp setup-link`.
pub(super) async fn links(global: &Global, command: SetupLinkCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        SetupLinkCommand::Create {
            tenant,
            alias,
            label,
            product,
            days,
        } => {
            let request = SetupLinkRequest {
                alias: &alias,
                label: &label,
                product,
                lifetime: Duration::from_hours(24 * days),
            };
            let link = platform.tenant(&tenant).await?.create_setup_link(&request).await?;
            output::object(
                global.output,
                &json!({
                    "id": link.id, "address": link.address.expose(), "expires_at": link.expires_at.to_rfc3339(),
                }),
            );
            output::tell("Whoever has this address sets up that connection. It is not shown again.");
        }
        SetupLinkCommand::List { tenant } => {
            let links = platform.tenant(&tenant).await?.list_setup_links().await?;
            output::list(global.output, &LINK_COLUMNS, &json!(links));
        }
        SetupLinkCommand::Revoke { tenant, id } => {
            platform.tenant(&tenant).await?.revoke_setup_link(&id).await?;
            output::object(global.output, &json!({ "id": id, "state": "revoked" }));
        }
    }
    platform.close().await;
    Ok(())
}

/// `idp test`.
pub(super) async fn test(global: &Global, arguments: TestArguments) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let (tenant, alias) = (&arguments.which.tenant, arguments.which.alias());
    let admin = platform.tenant(tenant).await?;
    if let Some(id) = &arguments.result {
        let test = admin.get_sign_in_test(alias, id, arguments.reveal).await?;
        output::object(global.output, &json!(test));
    } else {
        let test = admin.create_sign_in_test(alias).await?;
        output::object(
            global.output,
            &json!({
                "id": test.id, "address": test.address.expose(), "expires_at": test.expires_at.to_rfc3339(),
            }),
        );
        output::tell(&format!(
            "Open the address in a browser and sign in there; it works once. Then: wardkey idp test --tenant {tenant} --alias {alias} --result {}",
            test.id
        ));
    }
    platform.close().await;
    Ok(())
}

/// `idp switch-on` and `idp switch-off`.
pub(super) async fn switch(global: &Global, which: &WhichProvider, on: bool, proof: Proof) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let change = platform
        .tenant(&which.tenant)
        .await?
        .switch_sign_in_method(which.alias(), on, proof)
        .await?;
    let shown: Value = json!({ "alias": which.alias(), "on": on, "change": change });
    output::object(global.output, &shown);
    platform.close().await;
    Ok(())
}
