//! Inferno at the demonstration's hospitals: registered as at any tenant, with the secret that everyone knows.

use super::DemoError;
use super::clients::DEMO_SECRET;
use super::world::HOSPITALS;
use crate::control::inferno::{InfernoInstallation, InfernoKeys};
use crate::control::{ControlError, Platform};
use crate::kernel::Secret;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where the presets are, below the demonstration's folder.
pub(super) const FOLDER: &str = "inferno";

pub(super) async fn register(
    platform: &Platform,
    folder: &Path,
    address: &str,
    keys: Option<&Path>,
) -> Result<Vec<PathBuf>, DemoError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source: io::Error| DemoError::Inferno { path, source }
    };
    let keys = match keys {
        None => None,
        Some(file) => {
            let text = fs::read(file).map_err(failed(file))?;
            Some(InfernoKeys::Given(
                serde_json::from_slice(&text).map_err(ControlError::Json)?,
            ))
        }
    };
    let inferno = InfernoInstallation::new(address, keys)?.with_secret(Secret::new(DEMO_SECRET.to_owned()));
    let folder = folder.join(FOLDER);
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let mut files = Vec::new();
    for hospital in &HOSPITALS {
        for preset in platform.tenant(hospital.slug).await?.register_inferno(&inferno).await? {
            let file = folder.join(format!("{}.json", preset.id));
            let text = serde_json::to_vec_pretty(&preset).map_err(ControlError::Json)?;
            fs::write(&file, text).map_err(failed(&file))?;
            files.push(file);
        }
    }
    Ok(files)
}
