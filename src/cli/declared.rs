//! `wardkey plan`, `apply`, `diff`, `export`, `history`, `rollback`: configuration as code.

use super::output::Format;
use super::{CliError, Global, output, platform};
use crate::control::configuration::{
    self, Action, ApplyError, ApplyOptions, ChangeSummary, FileError, MemberChange, Plan, Rollback, TenantFile,
};
use crate::control::{Author, Change, Platform};
use crate::store::tenant::{ChangeSource, ResourceKind, ResourceName};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use uuid::Uuid;

/// Where the declarations are.
#[derive(Args)]
pub(super) struct Files {
    /// A file that declares tenants, or a folder of such files.
    #[arg(short, long, value_name = "FILE|FOLDER")]
    file: PathBuf,
}

/// Arguments of `plan` and `diff`.
#[derive(Args)]
pub(super) struct PlanArguments {
    #[command(flatten)]
    files: Files,
    /// End with exit code 5 when there is a difference.
    #[arg(long)]
    exit_code: bool,
}

/// Arguments of `apply`.
#[derive(Args)]
pub(super) struct ApplyArguments {
    #[command(flatten)]
    files: Files,
    /// Why, for the history.
    #[arg(long)]
    reason: Option<String>,
    /// Who, for the history; the name of the user of this machine when it is not given.
    #[arg(long, env = "WARDKEY_AUTHOR")]
    author: Option<String>,
    /// Undo what somebody else changed since the last apply.
    #[arg(long)]
    overwrite_drift: bool,
    /// Only show what would be done, like `plan`.
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `export`.
#[derive(Args)]
pub(super) struct ExportArguments {
    /// The tenants.
    #[arg(long, required = true)]
    tenant: Vec<String>,
    /// Write a file for each tenant into this folder, instead of printing.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Commands on the history of configuration.
#[derive(Subcommand)]
pub(super) enum HistoryCommand {
    /// List changes, newest first.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Only changes of this app.
        #[arg(long, conflicts_with = "idp")]
        client: Option<String>,
        /// Only changes of this identity provider.
        #[arg(long)]
        idp: Option<String>,
        /// Only changes older than this one.
        #[arg(long, value_name = "CHANGE")]
        before: Option<Uuid>,
        /// At most this many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show what one change changed.
    Show {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Its id.
        change: Uuid,
    },
}

/// Arguments of `rollback`.
#[derive(Args)]
pub(super) struct RollbackArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The id of the change, as `wardkey history list` shows it.
    change: Uuid,
    /// Why, for the history.
    #[arg(long)]
    reason: Option<String>,
    /// Also when the same thing was changed again since: that is lost then.
    #[arg(long)]
    even_if_changed_since: bool,
}

const COLUMNS: [&str; 6] = ["id", "made_at", "actor", "source", "what", "action"];

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        Self::Input(error.to_string())
    }
}

impl From<ApplyError> for CliError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Control(error) => Self::Control(error),
            other => Self::Input(other.to_string()),
        }
    }
}

async fn plans(platform: &Platform, files: &[TenantFile]) -> Result<Vec<Plan>, CliError> {
    let mut plans = Vec::new();
    for file in files {
        plans.push(Box::pin(platform.plan(file)).await?);
    }
    Ok(plans)
}

/// `wardkey plan`: what an apply would do. Whether there is anything.
pub(super) async fn plan(global: &Global, arguments: &PlanArguments) -> Result<(), CliError> {
    let files = configuration::read(&arguments.files.file)?;
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let plans = plans(&platform, &files).await?;
    platform.close().await;
    match global.output {
        Format::Table => plans.iter().for_each(print_plan),
        _ => output::json(&json!(plans)),
    }
    differs(arguments, &plans)
}

/// `wardkey diff`: how what is there differs from the files.
pub(super) async fn diff(global: &Global, arguments: &PlanArguments) -> Result<(), CliError> {
    let files = configuration::read(&arguments.files.file)?;
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let plans = plans(&platform, &files).await?;
    platform.close().await;
    match global.output {
        Format::Table => plans.iter().for_each(print_difference),
        _ => output::json(&json!(plans)),
    }
    differs(arguments, &plans)
}

fn differs(arguments: &PlanArguments, plans: &[Plan]) -> Result<(), CliError> {
    if arguments.exit_code && plans.iter().any(|plan| !plan.is_empty()) {
        return Err(CliError::Differs);
    }
    Ok(())
}

/// `wardkey apply`: makes tenants what their files say. Every file is checked before the first is applied.
pub(super) async fn apply(global: &Global, arguments: &ApplyArguments) -> Result<(), CliError> {
    let files = configuration::read(&arguments.files.file)?;
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let platform = match &arguments.author {
        Some(name) => platform.authored_by(Author {
            name: Some(name.clone()),
            ..Author::by_way_of(ChangeSource::Apply)
        }),
        None => platform,
    };
    let planned = plans(&platform, &files).await?;
    if arguments.dry_run {
        platform.close().await;
        match global.output {
            Format::Table => planned.iter().for_each(print_plan),
            _ => output::json(&json!(planned)),
        }
        return Ok(());
    }
    let options = ApplyOptions {
        reason: arguments.reason.clone(),
        overwrite_drift: arguments.overwrite_drift,
    };
    let mut results = Vec::new();
    for file in &files {
        let applied = Box::pin(platform.apply(file, &options)).await?;
        let secrets: Vec<Value> = applied
            .secrets
            .iter()
            .map(|(client_id, secret)| json!({ "client_id": client_id, "client_secret": secret.expose() }))
            .collect();
        if global.output == Format::Table {
            print_plan(&applied.plan);
            for (client_id, secret) in &applied.secrets {
                output::print(&format!("  secret of {client_id}, shown only now: {}", secret.expose()));
            }
        } else {
            results.push(json!({ "plan": applied.plan, "secrets": secrets }));
        }
    }
    platform.close().await;
    if global.output != Format::Table {
        output::json(&json!(results));
    }
    Ok(())
}

/// `wardkey export`: tenants as files that declare them.
pub(super) async fn export(global: &Global, arguments: &ExportArguments) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    for (index, slug) in arguments.tenant.iter().enumerate() {
        let exported = platform.export(slug).await?;
        let text = match global.output {
            Format::Json => {
                serde_json::to_string_pretty(&exported).map_err(|error| CliError::Failed(error.to_string()))?
            }
            _ => exported.to_yaml()?,
        };
        let Some(folder) = &arguments.folder else {
            if index > 0 {
                output::print("---");
            }
            output::print(text.trim_end());
            continue;
        };
        let extension = if global.output == Format::Json { "json" } else { "yaml" };
        let path = folder.join(format!("{slug}.{extension}"));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| CliError::Failed(format!("cannot write {}: {error}", path.display())))?;
        output::tell(&format!("wrote {}", path.display()));
    }
    platform.close().await;
    Ok(())
}

/// `wardkey history`.
pub(super) async fn history(global: &Global, command: &HistoryCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    match command {
        HistoryCommand::List {
            tenant,
            client,
            idp,
            before,
            limit,
        } => {
            let app = client.as_ref().map(|id| ResourceName::of(ResourceKind::App, id));
            let idp = idp
                .as_ref()
                .map(|alias| ResourceName::of(ResourceKind::IdentityProvider, alias));
            let admin = platform.tenant(tenant).await?;
            let changes = admin
                .list_changes(app.or(idp).as_ref(), *before, (*limit).clamp(1, 500))
                .await?;
            if global.output == Format::Table {
                let rows: Vec<Value> = changes.iter().map(row).collect();
                output::list(global.output, &COLUMNS, &json!(rows));
            } else {
                output::list(global.output, &COLUMNS, &json!(changes));
            }
        }
        HistoryCommand::Show { tenant, change } => {
            let change = platform.tenant(tenant).await?.get_change(*change).await?;
            if global.output == Format::Table {
                output::object(global.output, &row(&change));
                print_members(&change.members);
            } else {
                output::json(&json!(change));
            }
        }
    }
    platform.close().await;
    Ok(())
}

fn row(change: &ChangeSummary) -> Value {
    json!({
        "id": change.id, "made_at": change.made_at, "actor": change.actor, "source": change.source,
        "what": change.resource.to_string(), "action": change.action, "reason": change.reason,
    })
}

/// `wardkey rollback`.
pub(super) async fn rollback(global: &Global, arguments: &RollbackArguments) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let how = Rollback {
        reason: arguments.reason.clone(),
        even_if_changed_since: arguments.even_if_changed_since,
    };
    let admin = platform.tenant(&arguments.tenant).await?;
    let change: Change = Box::pin(admin.roll_back(arguments.change, &how)).await?;
    platform.close().await;
    output::object(global.output, &json!({ "change": change }));
    Ok(())
}

fn print_plan(plan: &Plan) {
    output::print(&plan.tenant);
    if plan.is_empty() {
        output::print("  nothing to do");
    }
    if plan.creates_tenant {
        output::print("  + tenant");
    }
    print_members(&plan.record);
    for step in &plan.steps {
        let mark = match step.action {
            Action::Create => '+',
            Action::Update => '~',
            Action::Remove => '-',
        };
        output::print(&format!("  {mark} {}", step.resource));
        // What goes, goes with everything it has.
        if step.action != Action::Remove {
            print_members(&step.members);
        }
    }
    for drift in &plan.drift {
        output::print(&format!(
            "  ! changed elsewhere since the last apply: {}",
            drift.resource
        ));
        print_members(&drift.members);
    }
    for name in &plan.kept {
        output::print(&format!("  . not in the file, left alone: {name}"));
    }
}

fn print_difference(plan: &Plan) {
    output::print(&plan.tenant);
    if plan.creates_tenant {
        output::print("  the tenant does not exist");
        return;
    }
    if plan.is_empty() && plan.kept.is_empty() {
        output::print("  no difference");
    }
    let from_file = |members: &[MemberChange]| {
        let turned: Vec<MemberChange> = members
            .iter()
            .map(|change| MemberChange {
                member: change.member.clone(),
                before: change.after.clone(),
                after: change.before.clone(),
            })
            .collect();
        print_members(&turned);
    };
    from_file(&plan.record);
    for step in &plan.steps {
        match step.action {
            Action::Create => output::print(&format!("  only in the file: {}", step.resource)),
            Action::Remove => output::print(&format!("  no longer in the file: {}", step.resource)),
            Action::Update => {
                output::print(&format!("  {}, from the file to what is there:", step.resource));
                from_file(&step.members);
            }
        }
    }
    for name in &plan.kept {
        output::print(&format!("  not in the file: {name}"));
    }
}

fn print_members(members: &[MemberChange]) {
    for change in members {
        let line = match (&change.before, &change.after) {
            (None, Some(after)) => shown(after),
            (Some(before), None) => format!("{} -> (nothing)", shown(before)),
            (Some(before), Some(after)) => format!("{} -> {}", shown(before), shown(after)),
            (None, None) => continue,
        };
        output::print(&format!("      {}: {line}", change.member));
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && !text.contains('\n') => text.clone(),
        other => other.to_string(),
    }
}
