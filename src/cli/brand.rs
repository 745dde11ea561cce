//! `wardkey brand`.

use super::{CliError, Global, output, platform};
use crate::control::Platform;
use crate::smart::brands::BrandsDocument;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Commands on what a tenant publishes of itself for patients' apps.
#[derive(Subcommand)]
pub(super) enum BrandCommand {
    /// Publish the brands in a file in place of those before.
    Set(FileArguments),
    /// Show what is published, with everything that was filled in.
    Show {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Check a file without publishing it; print it with everything that would be filled in.
    Check(FileArguments),
}

/// Arguments of `brand set` and `brand check`.
#[derive(Args)]
pub(super) struct FileArguments {
    /// The tenant.
    #[arg(long)]
    tenant: String,
    /// The brands, as JSON; - reads standard input.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

pub(super) async fn run(global: &Global, command: BrandCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    answer(global, &platform, command).await?;
    platform.close().await;
    Ok(())
}

async fn answer(global: &Global, platform: &Platform, command: BrandCommand) -> Result<(), CliError> {
    match command {
        BrandCommand::Set(arguments) => {
            let document = read(&arguments.file)?;
            let admin = platform.tenant(&arguments.tenant).await?;
            let (document, change) = admin.save_brands(document).await?;
            let result = json!({
                "tenant": arguments.tenant, "brands": document.brands.len(), "endpoints": document.endpoints.len(),
                "bundle": format!("{}.json", admin.cx().urls().brands()), "change": change,
            });
            output::object(global.output, &result);
        }
        BrandCommand::Show { tenant } => output::json(&json!(platform.tenant(&tenant).await?.get_brands().await?)),
        BrandCommand::Check(arguments) => {
            let document = read(&arguments.file)?;
            let admin = platform.tenant(&arguments.tenant).await?;
            output::json(&json!(admin.check_brands(document)?));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<BrandsDocument, CliError> {
    let text = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| CliError::Input(format!("cannot read {}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| CliError::Input(format!("{}: {error}", path.display())))
}
