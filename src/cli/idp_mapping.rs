//! `wardkey idp templates`, `idp map`, `idp trace` and `idp fhir-users`.

use super::which_provider::WhichProvider;
use super::{CliError, Global, output};
use crate::config::Config;
use crate::control::mapping::MappingSubject;
use crate::control::sign_in_traces::WantedTraces;
use crate::control::{ControlError, Platform, TenantAdmin};
use crate::federation::mapping::templates;
use crate::federation::mapping::{AccountLinkRule, FhirUserLookup, FhirUserTable, MappingRules};
use crate::kernel::id::SignInTraceId;
use crate::kernel::{Sha256Hash, SystemClock};
use crate::outbound::{Outbound, OutboundPolicy};
use crate::patient_directory::PatientDirectory;
use crate::store::tenant::FhirUserEntry;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Entries that one change takes.
const AT_ONCE: usize = 1_000;

/// From what a provider says to who somebody is.
#[derive(Args)]
pub(super) struct MappingArguments {
    /// Begin with the rules for this product: see `wardkey idp templates`.
    #[arg(long, value_name = "PRODUCT")]
    template: Option<String>,
    /// A mapping rule `NAME=EXPRESSION` (CEL), such as `name=claims.name`; may be given more than once. An empty expression
    /// takes the rule away.
    #[arg(long, value_name = "RULE")]
    map: Vec<String>,
    /// The role that a group gives, as `GROUP=ROLE`, beside the rule `groups`; may be given more than once.
    #[arg(long, value_name = "GROUP=ROLE")]
    group_role: Vec<String>,
    /// Where the tenant says who is which FHIR resource, as `LIST=EXPRESSION`: see `wardkey idp fhir-users`.
    #[arg(long, value_name = "LIST=EXPRESSION")]
    fhir_user_table: Option<String>,
    /// Find the user at the FHIR server by a business identifier, as `SYSTEM=EXPRESSION`.
    #[arg(long, value_name = "SYSTEM=EXPRESSION")]
    fhir_user_lookup: Option<String>,
    /// The type of resource that `--fhir-user-lookup` searches.
    #[arg(long, value_name = "TYPE", default_value = "Practitioner")]
    lookup_resource: String,
    /// The account at another provider that a user's first sign-in takes over, as `ALIAS=EXPRESSION` for the subject there.
    #[arg(long, value_name = "ALIAS=EXPRESSION")]
    link: Option<String>,
    /// A rule that has to yield something; may be given more than once.
    #[arg(long, value_name = "NAME")]
    require: Vec<String>,
}

impl MappingArguments {
    /// Whether they say anything.
    fn is_empty(&self) -> bool {
        self.template.is_none()
            && self.map.is_empty()
            && self.group_role.is_empty()
            && self.fhir_user_table.is_none()
            && self.fhir_user_lookup.is_none()
            && self.link.is_none()
            && self.require.is_empty()
    }

    /// The scopes that the template asks for.
    pub(super) fn scopes(&self) -> Vec<String> {
        let template = self
            .template
            .as_deref()
            .and_then(|product| templates::find(product, "oidc"));
        template.map(|template| template.scopes.clone()).unwrap_or_default()
    }

    /// Says what to set up at the product of the template.
    pub(super) fn tell(&self, kind: &str) {
        let template = self
            .template
            .as_deref()
            .and_then(|product| templates::find(product, kind));
        if let Some(template) = template {
            output::tell(&format!("{}: {}", template.title, template.about));
        }
    }

    /// The rules of a new provider.
    pub(super) fn rules(&self, kind: &str) -> Result<MappingRules, CliError> {
        self.applied_to(MappingRules::default(), kind)
    }

    /// These over the rules that there are. A template takes the place of all of them.
    fn applied_to(&self, before: MappingRules, kind: &str) -> Result<MappingRules, CliError> {
        let before = match &self.template {
            None => before,
            Some(product) => templates::find(product, kind)
                .map(|template| template.rules.clone())
                .ok_or_else(|| {
                    CliError::Input(format!(
                        "there is no template {product} for {kind}; `wardkey idp templates` lists them"
                    ))
                })?,
        };
        let mut rules = match serde_json::to_value(before).map_err(ControlError::from)? {
            Value::Object(rules) => rules,
            _ => Map::new(),
        };
        for rule in &self.map {
            let (name, expression) = pair("--map", "NAME=EXPRESSION", rule)?;
            if expression.is_empty() {
                rules.remove(name);
            } else {
                rules.insert(name.to_owned(), json!(expression));
            }
        }
        if !self.require.is_empty() {
            rules.insert("required".into(), json!(self.require));
        }
        let mut rules: MappingRules = serde_json::from_value(Value::Object(rules))
            .map_err(|error| CliError::Input(format!("the mapping rules: {error}")))?;
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entry in &self.group_role {
            // A distinguished name has the sign too, a role hardly ever.
            let (group, role) = entry
                .rsplit_once('=')
                .ok_or_else(|| CliError::Input(format!("--group-role {entry}: write GROUP=ROLE")))?;
            given
                .entry(group.trim().to_owned())
                .or_default()
                .push(role.trim().to_owned());
        }
        rules.group_roles.extend(given);
        if let Some(table) = &self.fhir_user_table {
            let (list, value) = pair("--fhir-user-table", "LIST=EXPRESSION", table)?;
            rules.fhir_user_table = Some(FhirUserTable {
                list: list.to_owned(),
                value: value.to_owned(),
            });
        }
        if let Some(lookup) = &self.fhir_user_lookup {
            let (system, value) = pair("--fhir-user-lookup", "SYSTEM=EXPRESSION", lookup)?;
            rules.fhir_user_lookup = Some(FhirUserLookup {
                resource: self.lookup_resource.clone(),
                system: system.to_owned(),
                value: value.to_owned(),
            });
        }
        if let Some(link) = &self.link {
            let (alias, subject) = pair("--link", "ALIAS=EXPRESSION", link)?;
            rules.link = Some(AccountLinkRule {
                identity_provider: alias.to_owned(),
                subject: subject.to_owned(),
            });
        }
        Ok(rules)
    }
}

fn pair<'t>(option: &str, form: &str, text: &'t str) -> Result<(&'t str, &'t str), CliError> {
    text.split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .ok_or_else(|| CliError::Input(format!("{option} {text}: write {form}")))
}

/// Arguments of `idp map`.
#[derive(Args)]
pub(super) struct MapArguments {
    #[command(flatten)]
    which: WhichProvider,
    #[command(flatten)]
    mapping: MappingArguments,
    /// Try the rules out and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Claims to try them on: a file with a JSON object, or `-` for standard input.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with_all = ["attributes", "trace"])]
    claims: Option<PathBuf>,
    /// SAML attributes to try them on: a file with a JSON object of values or lists of values by name, or `-`.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with = "trace")]
    attributes: Option<PathBuf>,
    /// A recorded sign-in to try them on: see `wardkey idp trace list`.
    #[arg(long, value_name = "ID", requires = "dry_run")]
    trace: Option<SignInTraceId>,
    /// A SAML response to try them on: a file with its XML, or with Base64 as the form field `SAMLResponse` has it, or `-`. Says
    /// whether the provider's keys prove it, and signs nobody in.
    #[arg(long, value_name = "FILE", requires = "dry_run", conflicts_with_all = ["claims", "attributes", "trace"])]
    response: Option<PathBuf>,
    /// Show the values of the recorded sign-in, or of a response that was encrypted. It is recorded that you saw them.
    #[arg(long, requires = "dry_run")]
    reveal: bool,
}

/// `wardkey idp trace`.
#[derive(Subcommand)]
pub(super) enum TraceCommand {
    /// List recorded sign-ins, newest first.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Only of the provider with this name in addresses.
        #[arg(long, visible_alias = "id")]
        alias: Option<String>,
        /// Only with this outcome: `completed`, or the code of a check.
        #[arg(long)]
        outcome: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show what was said and what each rule did; in place of values their shapes.
    Show {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The trace.
        id: SignInTraceId,
        /// Show the values. It is recorded that you saw them.
        #[arg(long)]
        reveal: bool,
    },
}

/// `wardkey idp fhir-users`.
#[derive(Subcommand)]
pub(super) enum FhirUsersCommand {
    /// List the lists, or the users of one.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The name of the list.
        #[arg(long)]
        list: Option<String>,
    },
    /// Add users to a list, or say anew which resource they are.
    Set {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The name of the list.
        #[arg(long)]
        list: String,
        /// A file with a line `VALUE,Practitioner/ID` for each user, or `-` for standard input.
        #[arg(long, value_name = "FILE", required_unless_present = "entries")]
        file: Option<PathBuf>,
        /// Users, as `VALUE=Practitioner/ID`.
        #[arg(value_name = "VALUE=REFERENCE")]
        entries: Vec<String>,
    },
    /// Remove users from a list.
    Remove {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// The name of the list.
        #[arg(long)]
        list: String,
        /// What names them.
        #[arg(required = true)]
        values: Vec<String>,
    },
}

/// Lists the templates.
pub(super) fn list_templates(global: &Global) {
    output::list(global.output, &["product", "kind", "title"], &json!(templates::list()));
    output::tell("With -o json: the rules of each, what to set up at the product, and what it typically says.");
}

/// A client for the FHIR servers of tenants.
fn directory(config: &Config) -> Result<PatientDirectory, CliError> {
    let policy = OutboundPolicy {
        allow_loopback: config.server.allow_insecure_development,
        ..OutboundPolicy::default()
    };
    let outbound = Outbound::new(policy, Arc::new(SystemClock)).map_err(|error| CliError::Failed(error.to_string()))?;
    Ok(PatientDirectory::new(outbound))
}

fn read(path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| CliError::Input(format!("{}: {error}", path.display())))?;
    Ok(text)
}

fn read_object(path: &Path) -> Result<Map<String, Value>, CliError> {
    serde_json::from_str(&read(path)?)
        .map_err(|error| CliError::Input(format!("{}: not a JSON object: {error}", path.display())))
}

/// Changes the rules of a provider, or tries rules out.
pub(super) async fn map(
    global: &Global,
    config: &Config,
    platform: &Platform,
    arguments: &MapArguments,
) -> Result<(), CliError> {
    let admin = platform.tenant(&arguments.which.tenant).await?;
    let alias = arguments.which.alias();
    let before = admin.get_mapping(alias).await?;
    let kind = admin.get_identity_provider(alias).await?.kind;
    let rules = arguments.mapping.applied_to(before, &kind)?;
    if !arguments.dry_run {
        if arguments.mapping.is_empty() {
            output::object(global.output, &json!(rules));
            return Ok(());
        }
        let change = admin.save_mapping(alias, &rules).await?;
        arguments.mapping.tell(&kind);
        output::object(
            global.output,
            &json!({ "alias": alias, "change": change, "mapping": rules }),
        );
        return Ok(());
    }
    let subject = subject(arguments)?;
    let report = admin
        .dry_run_mapping(&directory(config)?, alias, Some(&rules), &subject, arguments.reveal)
        .await?;
    if let Some(response) = &report.response {
        output::tell(if response.verified {
            "The response is the provider's, and would have been accepted when it was made."
        } else {
            "The response was NOT verified: anybody may have written what it says."
        });
    }
    match global.output {
        output::Format::Table => {
            output::list(
                global.output,
                &["rule", "outcome", "reason", "note"],
                &json!(report.rules),
            );
            if let Some(identity) = &report.identity {
                output::print("");
                output::object(global.output, identity);
            }
        }
        other => output::object(other, &json!(report)),
    }
    match report.refusal {
        Some(refusal) => Err(CliError::Failed(format!("the sign-in would be refused: {refusal}"))),
        None => Ok(()),
    }
}

fn subject(arguments: &MapArguments) -> Result<MappingSubject, CliError> {
    if let Some(path) = &arguments.response {
        return Ok(MappingSubject::SamlResponse(read(path)?));
    }
    match (&arguments.claims, &arguments.attributes, arguments.trace) {
        (Some(path), _, _) => Ok(MappingSubject::Claims(read_object(path)?)),
        (None, Some(path), _) => Ok(MappingSubject::Attributes(read_object(path)?)),
        (None, None, Some(trace)) => Ok(MappingSubject::Trace(trace)),
        (None, None, None) => {
            let text = "say what to try the rules on: --claims FILE, --attributes FILE, --response FILE, or --trace ID";
            Err(CliError::Input(text.to_owned()))
        }
    }
}

/// Lists and shows traces.
pub(super) async fn trace(global: &Global, platform: &Platform, command: TraceCommand) -> Result<(), CliError> {
    match command {
        TraceCommand::List {
            tenant,
            alias,
            outcome,
            limit,
        } => {
            let wanted = WantedTraces {
                identity_provider: alias.as_deref(),
                outcome: outcome.as_deref(),
                ..WantedTraces::default()
            };
            let traces = platform
                .tenant(&tenant)
                .await?
                .list_sign_in_traces(&wanted, limit)
                .await?;
            output::list(
                global.output,
                &["at", "identity_provider", "outcome", "id", "request_id"],
                &json!(traces),
            );
        }
        TraceCommand::Show { tenant, id, reveal } => {
            let admin = platform.tenant(&tenant).await?;
            let shown = if reveal {
                admin.reveal_sign_in_trace(id).await?
            } else {
                admin.get_sign_in_trace(id).await?
            };
            output::object(global.output, &json!(shown));
        }
    }
    Ok(())
}

/// Reads and changes the tenant's lists of users.
pub(super) async fn fhir_users(
    global: &Global,
    platform: &Platform,
    command: FhirUsersCommand,
) -> Result<(), CliError> {
    match command {
        FhirUsersCommand::List { tenant, list: None } => {
            let lists = platform.tenant(&tenant).await?.list_fhir_user_lists().await?;
            output::list(global.output, &["list", "entries"], &json!(lists));
        }
        FhirUsersCommand::List {
            tenant,
            list: Some(list),
        } => {
            let users = all_of(&platform.tenant(&tenant).await?, &list).await?;
            output::list(global.output, &["value", "fhir_user"], &json!(users));
        }
        FhirUsersCommand::Set {
            tenant,
            list,
            file,
            entries,
        } => {
            let mut set = Vec::new();
            if let Some(file) = file {
                for line in read(&file)?.lines().filter(|line| !line.trim().is_empty()) {
                    set.push(entry(line, ',')?);
                }
            }
            for given in &entries {
                set.push(entry(given, '=')?);
            }
            let admin = platform.tenant(&tenant).await?;
            let mut total = Map::new();
            for part in set.chunks(AT_ONCE) {
                add(&mut total, &json!(admin.change_fhir_users(&list, part, &[]).await?));
            }
            output::object(global.output, &Value::Object(total));
        }
        FhirUsersCommand::Remove { tenant, list, values } => {
            let admin = platform.tenant(&tenant).await?;
            let changes = admin.change_fhir_users(&list, &[], &values).await?;
            output::object(global.output, &json!(changes));
        }
    }
    Ok(())
}

fn add(total: &mut Map<String, Value>, changes: &Value) {
    for (name, count) in changes.as_object().into_iter().flatten() {
        let before = total.get(name).and_then(Value::as_u64).unwrap_or_default();
        let now = before + count.as_u64().unwrap_or_default();
        total.insert(name.clone(), json!(now));
    }
}

/// The last sign divides: a reference has neither.
fn entry(text: &str, sign: char) -> Result<FhirUserEntry, CliError> {
    let (value, fhir_user) = text
        .rsplit_once(sign)
        .ok_or_else(|| CliError::Input(format!("{text}: write VALUE{sign}Practitioner/ID")))?;
    Ok(FhirUserEntry {
        value: value.trim().to_owned(),
        fhir_user: fhir_user.trim().to_owned(),
    })
}

async fn all_of(admin: &TenantAdmin, list: &str) -> Result<Vec<Value>, CliError> {
    let mut users = Vec::new();
    let mut after: Option<Sha256Hash> = None;
    loop {
        let page = admin.list_fhir_users(list, after, 1_000).await?;
        after = page.last().map(|last| last.place);
        users.extend(page.iter().map(|user| json!(user.entry)));
        if after.is_none() {
            return Ok(users);
        }
    }
}
