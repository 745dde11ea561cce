//! `wardkey explain`.

use super::output::Format;
use super::{CliError, Global, output, platform};
use crate::control::explain::Explanation;
use crate::control::explain_refusal::RefusalExplanation;
use crate::kernel::id::RequestId;
use clap::Args;
use serde_json::json;

/// Arguments of `explain`.
#[derive(Args)]
pub(super) struct ExplainArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The id of a refused request (`X-Request-Id`, or on the error page), or an authorization code, access token, refresh
    /// token, interaction handle or grant id; `-` reads it from standard input,
    /// where other users of the machine cannot see it.
    #[arg(value_name = "REQUEST|CODE|TOKEN|INTERACTION|GRANT")]
    text: String,
}

pub(super) async fn run(global: &Global, arguments: &ExplainArguments) -> Result<(), CliError> {
    let text = if arguments.text == "-" {
        let read = super::read_secret(std::path::Path::new("-"))?;
        read.expose().clone()
    } else {
        arguments.text.clone()
    };
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let tenant = platform.tenant(&arguments.tenant).await?;
    if let Ok(request) = text.trim().parse::<RequestId>() {
        let explanation = tenant.explain_refusal(request).await?;
        match global.output {
            format @ (Format::Json | Format::Yaml) => output::object(format, &json!(explanation)),
            Format::Table => tell_refusal(&explanation),
        }
        platform.close().await;
        return Ok(());
    }
    let explanation = tenant.explain(&text).await?;
    match global.output {
        format @ (Format::Json | Format::Yaml) => output::object(format, &json!(explanation)),
        Format::Table => tell(&explanation),
    }
    platform.close().await;
    Ok(())
}

/// For people: the check first, then the facts in a column.
fn tell_refusal(refusal: &RefusalExplanation) {
    let client = match (&refusal.client_id, &refusal.client_name) {
        (Some(id), Some(name)) => format!("{id} ({name})"),
        (Some(id), None) => format!("{id} (not registered any more)"),
        (None, _) => "none that is registered here".to_owned(),
    };
    let facts = [
        ("check", refusal.failed_check.clone()),
        ("cause", refusal.cause.clone()),
        ("mend", refusal.mend.clone()),
        ("shown", refusal.shown.clone()),
        ("error", refusal.error.clone().unwrap_or_else(|| "a page".to_owned())),
        ("client", client),
        ("route", format!("{}, status {}", refusal.route, refusal.status)),
        ("time", refusal.at.clone()),
    ];
    for (name, value) in facts {
        output::print(&format!("{name:9}  {value}"));
    }
}

/// For people: the facts in a column, then a paragraph for each scope that is missing.
fn tell(explanation: &Explanation) {
    let Explanation {
        what,
        state,
        client_id,
        client_name,
        at,
        audience,
        requested,
        granted,
        removed,
        grant,
    } = explanation;
    let client = match client_name {
        Some(name) => format!("{client_id} ({name})"),
        None => format!("{client_id} (not registered any more)"),
    };
    let none = "nothing".to_owned();
    let mut facts = vec![
        ("what", format!("{what}, {state}")),
        ("client", client),
        ("time", at.clone()),
        ("audience", audience.clone()),
        (
            "requested",
            requested.clone().unwrap_or_else(|| "was not kept".to_owned()),
        ),
        ("granted", granted.clone().unwrap_or(none)),
    ];
    if let Some(grant) = grant {
        facts.push(("grant", format!("{}, {}", grant.id, grant.state)));
    }
    for (name, value) in facts {
        output::print(&format!("{name:9}  {value}"));
    }
    output::print("");
    if removed.is_empty() {
        output::print(if requested.is_some() && granted.is_some() {
            "Nothing was removed."
        } else {
            "No rule has removed anything."
        });
    }
    for scope in removed {
        output::print(&scope.scope);
        output::print(&format!("  removed because  {}", scope.because));
        if !scope.left.is_empty() {
            output::print(&format!("  left of it       {}", scope.left.join(" ")));
        }
        output::print(&format!("  to change it     {}", scope.change));
    }
}
