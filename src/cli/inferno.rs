//! `wardkey inferno`.

use super::{CliError, Global, output, platform};
use crate::control::ControlError;
use crate::control::inferno::{InfernoInstallation, InfernoKeys, InfernoPreset};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `inferno`.
#[derive(Args)]
pub(super) struct InfernoArguments {
    /// A tenant to be tested; may be given more than once.
    #[arg(long, required = true)]
    tenant: Vec<String>,
    /// Where Inferno runs.
    #[arg(long, value_name = "URL", default_value = "http://localhost:4567")]
    inferno: String,
    /// Where Inferno publishes its public keys; below its own address when this is not said.
    #[arg(long, value_name = "URL", conflicts_with = "jwks_file")]
    jwks_url: Option<String>,
    /// A file with Inferno's public keys, where it cannot be asked for them.
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// Write each preset to a file in this folder, instead of printing them.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) async fn run(global: &Global, arguments: &InfernoArguments) -> Result<(), CliError> {
    let keys = match (&arguments.jwks_url, &arguments.jwks_file) {
        (Some(address), _) => Some(InfernoKeys::PublishedAt(address.clone())),
        (None, Some(file)) => Some(InfernoKeys::Given(super::client::read_keys(file)?)),
        (None, None) => None,
    };
    let inferno = InfernoInstallation::new(&arguments.inferno, keys)?;
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let mut presets = Vec::new();
    for tenant in &arguments.tenant {
        presets.extend(platform.tenant(tenant).await?.register_inferno(&inferno).await?);
    }
    platform.close().await;
    if let Some(folder) = &arguments.folder {
        return write(folder, &presets);
    }
    output::json(&json!(presets));
    Ok(())
}

/// The files hold secrets, so only their owner may read them.
fn write(folder: &Path, presets: &[InfernoPreset]) -> Result<(), CliError> {
    let failed =
        |path: &Path, error: &std::io::Error| CliError::Failed(format!("cannot write {}: {error}", path.display()));
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for preset in presets {
        let path = folder.join(format!("{}.json", preset.id));
        let text = serde_json::to_string_pretty(preset).map_err(ControlError::Json)?;
        write_private(&path, &text).map_err(|error| failed(&path, &error))?;
        output::print(&path.display().to_string());
    }
    Ok(())
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // One that was there already may be open to others.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
