//! `wardkey tenant`.

use super::{CliError, Global, output, platform};
use crate::control::ControlError;
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::issuer;
use crate::smart::FhirBase;
use crate::store::DatabaseUrl;
use crate::store::control::{TenantStatus, Tier};
use crate::tenant::TenantDocument;
use crate::tenant::document::BrandingDocument;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Commands on tenants.
#[derive(Subcommand)]
pub(super) enum TenantCommand {
    /// Create a tenant, or bring it up to what is given here. Running it again is safe.
    Create(CreateArguments),
    /// List tenants in order of slug.
    List {
        /// Begin after this slug.
        #[arg(long, default_value = "")]
        after: String,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one tenant.
    Show {
        /// Its slug.
        slug: String,
    },
    /// Print what a FHIR server adds to its CapabilityStatement for clients older than SMART discovery.
    CapabilityStatement {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The FHIR server, when the tenant has several.
        #[arg(long, value_name = "URL")]
        fhir_base: Option<String>,
    },
    /// Refuse a tenant's requests until it is resumed.
    Suspend {
        /// Its slug.
        slug: String,
    },
    /// Serve a suspended tenant again.
    Resume {
        /// Its slug.
        slug: String,
    },
}

/// Where a new tenant's rows are to live.
#[derive(Clone, Copy, ValueEnum)]
enum PlacementArgument {
    /// In the database that tenants share.
    Shared,
    /// In a database of its own.
    Dedicated,
}

/// Arguments of `tenant create`.
#[derive(Args)]
pub(super) struct CreateArguments {
    /// The address part: a-z, 0-9 and inner hyphens. It never changes.
    slug: String,
    /// The name people see.
    #[arg(long)]
    name: String,
    /// Where the tenant's data lives.
    #[arg(long, value_enum, default_value = "shared")]
    placement: PlacementArgument,
    /// A file with the URL of the tenant's own database. Without it one is made.
    #[arg(long, value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// A FHIR server that takes this tenant's tokens; may be given more than once.
    #[arg(long, value_name = "URL")]
    fhir_base: Vec<String>,
    /// Colour of buttons and links, #rrggbb.
    #[arg(long, value_name = "COLOUR")]
    colour: Option<String>,
    /// Whom people can ask: address, telephone number, or words.
    #[arg(long)]
    help_contact: Option<String>,
    /// A region whose data the tenant's tokens open; may be given more than once.
    #[arg(long, value_name = "REGION")]
    data_region: Vec<String>,
    /// The contract.
    #[arg(long, value_parser = ["standard", "enterprise"], default_value = "standard")]
    tier: String,
}

const COLUMNS: [&str; 6] = ["slug", "display_name", "status", "tier", "placement", "issuer"];

pub(super) async fn run(global: &Global, command: TenantCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        TenantCommand::Create(arguments) => {
            let (summary, change) = platform.create_tenant(&arguments.into_tenant()?).await?;
            let mut result = json!(summary);
            if let Some(object) = result.as_object_mut() {
                object.insert("change".into(), json!(change));
            }
            output::object(global.output, &result);
        }
        TenantCommand::List { after, limit } => {
            let tenants = platform.list_tenants(&after, limit.clamp(1, 1000)).await?;
            output::list(global.output, &COLUMNS, &json!(tenants));
        }
        TenantCommand::Show { slug } => output::object(global.output, &json!(platform.get_tenant(&slug).await?)),
        TenantCommand::CapabilityStatement { tenant, fhir_base } => {
            let admin = platform.tenant(&tenant).await?;
            let cx = admin.cx();
            let base = match &fhir_base {
                Some(url) => cx.find_fhir_base(url),
                None => cx.tenant().fhir_bases.first(),
            };
            let base = base.ok_or_else(|| ControlError::NotFound {
                what: "FHIR server of the tenant",
                name: fhir_base.unwrap_or_default(),
            })?;
            output::json(&issuer::capability_statement_fragment(cx, base).await?);
        }
        TenantCommand::Suspend { slug } => set_status(global, &platform, &slug, TenantStatus::Suspended).await?,
        TenantCommand::Resume { slug } => set_status(global, &platform, &slug, TenantStatus::Active).await?,
    }
    platform.close().await;
    Ok(())
}

async fn set_status(
    global: &Global,
    platform: &crate::control::Platform,
    slug: &str,
    status: TenantStatus,
) -> Result<(), CliError> {
    let change = platform.set_tenant_status(slug, status).await?;
    output::object(
        global.output,
        &json!({ "slug": slug, "status": status, "change": change }),
    );
    Ok(())
}

impl CreateArguments {
    fn into_tenant(self) -> Result<NewTenant, CliError> {
        let placement = match (self.placement, &self.database_url_file) {
            (PlacementArgument::Shared, None) => NewPlacement::Shared,
            (PlacementArgument::Shared, Some(_)) => {
                return Err(CliError::Input(
                    "--database-url-file goes with --placement dedicated".into(),
                ));
            }
            (PlacementArgument::Dedicated, None) => NewPlacement::Dedicated(None),
            (PlacementArgument::Dedicated, Some(path)) => {
                let url = super::read_secret(path)?;
                NewPlacement::Dedicated(Some(DatabaseUrl::parse(url.expose())?))
            }
        };
        let fhir_bases = self
            .fhir_base
            .iter()
            .map(|base| FhirBase::parse(base).map_err(|error| ControlError::invalid("fhir-base", error.to_string())))
            .collect::<Result<_, _>>()?;
        let mut branding = BrandingDocument::default();
        if let Some(colour) = self.colour {
            branding.primary_colour = colour;
        }
        let document = TenantDocument {
            fhir_bases,
            branding,
            help_contact: self.help_contact,
            data_regions: self.data_region,
            ..TenantDocument::default()
        };
        Ok(NewTenant {
            slug: self.slug,
            display_name: self.name,
            tier: if self.tier == "enterprise" {
                Tier::Enterprise
            } else {
                Tier::Standard
            },
            placement,
            document,
        })
    }
}
