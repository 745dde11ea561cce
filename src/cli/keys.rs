//! `wardkey keys`.

use super::{CliError, Global, output, platform};
use crate::control::signing_keys::Rotation;
use crate::oauth::jose::SigningAlgorithm;
use clap::Subcommand;
use serde_json::json;

/// Commands on signing keys.
#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// List a tenant's published signing keys.
    List {
        /// The tenant.
        #[arg(long)]
        tenant: String,
    },
    /// Let the published successors sign from now on. Tokens signed before still verify.
    Rotate {
        /// The tenant.
        #[arg(long)]
        tenant: String,
        /// Only this algorithm, such as ES256; may be given more than once.
        #[arg(long)]
        algorithm: Vec<String>,
        /// The keys are in other hands: withdraw them at once. Tokens signed before no longer verify.
        #[arg(long)]
        emergency: bool,
    },
}

const COLUMNS: [&str; 5] = ["kid", "algorithm", "state", "created_at", "published_until"];

pub(super) async fn run(global: &Global, command: KeysCommand) -> Result<(), CliError> {
    let config = global.load()?;
    let platform = platform::open(&config).await?;
    let tenant = match &command {
        KeysCommand::List { tenant } | KeysCommand::Rotate { tenant, .. } => tenant.clone(),
    };
    if let KeysCommand::Rotate {
        algorithm, emergency, ..
    } = &command
    {
        let rotation = if *emergency {
            Rotation::Emergency
        } else {
            Rotation::Planned
        };
        let algorithms: Vec<SigningAlgorithm> = algorithm
            .iter()
            .map(|name| {
                name.parse()
                    .map_err(|_| CliError::Input(format!("{name} is no signing algorithm of ours")))
            })
            .collect::<Result<_, _>>()?;
        let admin = platform.tenant(&tenant).await?;
        admin.rotate_signing_keys(&algorithms, rotation).await?;
    }
    let keys = platform.tenant(&tenant).await?.list_signing_keys().await?;
    output::list(global.output, &COLUMNS, &json!(keys));
    platform.close().await;
    Ok(())
}
