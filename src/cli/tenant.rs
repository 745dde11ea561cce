//! `wardkey tenant`.

use super::output::Format;
use super::{CliError, Global, output, platform};
use crate::control::onboarding::{NewProvider, Onboarded, Onboarding, StepSummary};
use crate::control::tenants::{NewPlacement, NewTenant};
use crate::control::{Actor, ControlError, NewOwner, Platform};
use crate::issuer;
use crate::smart::FhirBase;
use crate::store::DatabaseUrl;
use crate::store::control::{TenantStatus, Tier};
use crate::tenant::TenantDocument;
use crate::tenant::local_accounts::is_address;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Commands on tenants.
#[derive(Subcommand)]
pub(super) enum TenantCommand {
    /// Create a tenant, or bring it up to what is given here. Running it again is safe.
    Create(Box<CreateArguments>),
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
    /// Show how far the making of a tenant is.
    Steps {
        /// Its slug.
        slug: String,
    },
    /// Finish the making of a tenant that was cut off or failed, from what was asked for then.
    Continue {
        /// Its slug.
        slug: String,
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
    /// The user name of who is to answer for the tenant, usually their e-mail address. A link is printed with which they choose
    /// a password.
    #[arg(long, value_name = "USERNAME")]
    owner: Option<String>,
    /// Their full name.
    #[arg(long, requires = "owner")]
    owner_name: Option<String>,
    /// Their e-mail address.
    #[arg(long, requires = "owner", value_name = "ADDRESS")]
    owner_email: Option<String>,
    /// A JSON file with the identity provider that the tenant begins with, as the API takes it, with its `alias`.
    #[arg(long, value_name = "FILE")]
    identity_provider: Option<PathBuf>,
}

const STEP_COLUMNS: [&str; 4] = ["step", "state", "finished_at", "detail"];
const COLUMNS: [&str; 6] = ["slug", "display_name", "status", "tier", "placement", "issuer"];

pub(super) async fn run(global: &Global, command: TenantCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        TenantCommand::Create(arguments) => {
            // What is not given here stays as it was set before.
            let settings = platform.find_described_settings(&arguments.slug).await?;
            let onboarding = arguments.into_onboarding(settings)?;
            let done = Box::pin(platform.onboard(&Actor::machine(), &onboarding, &tell_step)).await?;
            output::object(global.output, &shown(&done));
        }
        TenantCommand::Steps { slug } => {
            let steps = platform.onboarding_steps(&Actor::machine(), &slug).await?;
            output::list(global.output, &STEP_COLUMNS, &json!(steps));
        }
        TenantCommand::Continue { slug } => {
            let done = Box::pin(platform.resume_onboarding(&Actor::machine(), &slug, &tell_step)).await?;
            output::object(global.output, &shown(&done));
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

/// Progress, for whoever watches.
fn tell_step(step: &StepSummary) {
    let detail = step
        .detail
        .as_deref()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    output::tell(&format!("{:<18} {}{detail}", step.step.as_str(), step.state.as_str()));
}

fn shown(done: &Onboarded) -> Value {
    let mut result = json!(done.tenant);
    if let Some(object) = result.as_object_mut() {
        object.insert("change".into(), json!(done.change));
        if let Some(link) = &done.invitation {
            object.insert("invitation".into(), json!(link.address.expose()));
            object.insert("invitation_expires_at".into(), json!(link.expires_at.to_rfc3339()));
        }
    }
    result
}

/// A tenant that is not served keeps its settings to itself: they are read through its open store.
async fn show(global: &Global, platform: &Platform, slug: &str) -> Result<(), CliError> {
    let summary = platform.get_tenant(slug).await?;
    let settings = match summary.status {
        TenantStatus::Active | TenantStatus::Preparing => {
            platform.find_settings(slug).await?.map(|settings| json!(settings))
        }
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
    fn into_onboarding(mut self, settings: Option<TenantDocument>) -> Result<Onboarding, CliError> {
        let owner = self.owner.take().map(|username| NewOwner {
            email: self
                .owner_email
                .take()
                .or_else(|| is_address(&username).then(|| username.clone())),
            name: self.owner_name.take(),
            username,
        });
        let identity_provider = match &self.identity_provider {
            Some(path) => {
                let text = super::read_secret(path)?;
                let invalid = |error: serde_json::Error| CliError::Input(format!("{}: {error}", path.display()));
                Some(serde_json::from_str::<NewProvider>(text.expose()).map_err(invalid)?)
            }
            None => None,
        };
        Ok(Onboarding {
            tenant: self.into_tenant(settings.clone().unwrap_or_default())?,
            owner,
            identity_provider,
            read_from: settings,
        })
    }

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
