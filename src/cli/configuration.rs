//! `wardkey config`.

use super::{CliError, Global, output, platform, reference};
use crate::config;
use crate::quota;
use clap::Subcommand;

/// Commands on the configuration.
#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Read and check the configuration without starting.
    Check,
    /// Print the reference of all settings as Markdown.
    Reference,
    /// Print every limit, lifetime and budget as Markdown.
    Limits,
    /// Print the reference of the command line as Markdown.
    Commands,
}

pub(super) fn run(global: &Global, command: &ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Check => {
            let config = global.load()?;
            platform::check(&config)?;
            output::tell(&format!(
                "The configuration is in order. Issuers are {}/<tenant>/auth.",
                config.server.public_url.trim_end_matches('/')
            ));
        }
        ConfigCommand::Reference => output::print(config::reference().trim_end()),
        ConfigCommand::Commands => output::print(reference::text().trim_end()),
        ConfigCommand::Limits => output::print(quota::reference().trim_end()),
    }
    Ok(())
}
