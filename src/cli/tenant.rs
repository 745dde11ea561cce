//! `wardkey tenant`.

use super::output::Format;
use super::{CliError, Global, output, platform};
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::control::{ControlError, Platform};
use crate::issuer;
use crate::smart::FhirBase;
use crate::store::DatabaseUrl;
use crate::store::control::{TenantStatus, Tier};
use crate::tenant::TenantDocument;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
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
    /// Show one tenant and its settings.
    Show(TenantArgument),
    /// Change settings of a tenant: `scope_ceiling=...`, `role_ceilings.nurse=...`, `lifetimes.access_token=600`. All that are
    /// given are changed, or none.
    Set {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Members as `tenant show` names them. Lists have commas between entries; times are in seconds; an empty value
        /// empties a member, or removes a role.
        #[arg(required = true, value_name = "MEMBER=VALUE")]
        members: Vec<String>,
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

/// The tenant, as an argument or an option.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct TenantArgument {
    /// Its slug.
    slug: Option<String>,
    /// Its slug.
    #[arg(long)]
    tenant: Option<String>,
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
    /// An origin whose pages may show the sign-in in a frame, such as the EHR's; may be given more than once.
    #[arg(long, value_name = "ORIGIN")]
    frame_ancestor: Vec<String>,
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
            // What is not given here stays as it was set before.
            let settings = platform.find_settings(&arguments.slug).await?;
            let new = arguments.into_tenant(settings.unwrap_or_default())?;
            let (summary, change) = platform.create_tenant(&new).await?;
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
        TenantCommand::Show(tenant) => {
            show(global, &platform, &tenant.slug.or(tenant.tenant).unwrap_or_default()).await?;
        }
        TenantCommand::Set { tenant, members } => {
            let members: Vec<_> = members.iter().map(|text| member(text)).collect::<Result<_, _>>()?;
            let (settings, change) = platform.set_settings(&tenant, &members).await?;
            let settings = json!(settings);
            let mut result = serde_json::Map::new();
            for (name, _) in &members {
                let value = name.split('.').try_fold(&settings, |value, part| value.get(part));
                result.insert(name.clone(), value.cloned().unwrap_or_default());
            }
            result.insert("change".into(), json!(change));
            output::object(global.output, &result.into());
        }
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

/// A tenant that is not served keeps its settings to itself: they are read through its open store.
async fn show(global: &Global, platform: &Platform, slug: &str) -> Result<(), CliError> {
    let summary = platform.get_tenant(slug).await?;
    let settings = match summary.status {
        TenantStatus::Active => platform.find_settings(slug).await?.map(|settings| json!(settings)),
        _ => None,
    };
    let mut result = json!(summary);
    if let (Some(object), Some(settings)) = (result.as_object_mut(), settings) {
        match global.output {
            Format::Json | Format::Yaml => drop(object.insert("settings".into(), settings)),
            Format::Table => flatten("", &settings, object),
        }
    }
    output::object(global.output, &result);
    Ok(())
}

/// A line for each member, named as `tenant set` takes it.
fn flatten(prefix: &str, value: &Value, into: &mut Map<String, Value>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = format!("{prefix}{name}");
        match value {
            Value::Object(_) => flatten(&format!("{name}."), value, into),
            // A logo is a long text that nobody reads.
            _ if name == "branding.logo" && value.is_string() => drop(into.insert(name, json!("(set)"))),
            _ => drop(into.insert(name, value.clone())),
        }
    }
}

fn member(text: &str) -> Result<(String, String), CliError> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| {
            CliError::Input(format!(
                "`{text}`: write MEMBER=VALUE, such as scope_ceiling=\"openid patient/*.rs\""
            ))
        })
}

async fn set_status(global: &Global, platform: &Platform, slug: &str, status: TenantStatus) -> Result<(), CliError> {
    let change = platform.set_tenant_status(slug, status).await?;
    output::object(
        global.output,
        &json!({ "slug": slug, "status": status, "change": change }),
    );
    Ok(())
}

impl CreateArguments {
    fn into_tenant(self, settings: TenantDocument) -> Result<NewTenant, CliError> {
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
        let mut branding = settings.branding.clone();
        if let Some(colour) = self.colour {
            branding.primary_colour = colour;
        }
        let or_before = |given: Vec<String>, before: Vec<String>| if given.is_empty() { before } else { given };
        let document = TenantDocument {
            fhir_bases: if self.fhir_base.is_empty() {
                settings.fhir_bases
            } else {
                fhir_bases
            },
            branding,
            help_contact: self.help_contact.or(settings.help_contact),
            data_regions: or_before(self.data_region, settings.data_regions),
            frame_ancestors: or_before(self.frame_ancestor, settings.frame_ancestors),
            ..settings
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
