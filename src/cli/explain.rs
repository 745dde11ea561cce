//! `wardkey explain`.

use super::output::Format;
use super::{CliError, Global, output, platform};
use crate::control::explain::Explanation;
use clap::Args;
use serde_json::json;

/// Arguments of `explain`.
#[derive(Args)]
pub(super) struct ExplainArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// An authorization code, access token, refresh token, interaction handle or grant id; `-` reads it from standard input,
    /// where other users of the machine cannot see it.
    #[arg(value_name = "CODE|TOKEN|INTERACTION|GRANT")]
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
    let explanation = platform.tenant(&arguments.tenant).await?.explain(&text).await?;
    match global.output {
        format @ (Format::Json | Format::Yaml) => output::object(format, &json!(explanation)),
        Format::Table => tell(&explanation),
    }
    platform.close().await;
    Ok(())
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
