//! `wardkey completion`.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

/// Arguments of `completion`.
#[derive(Args)]
pub(super) struct CompletionArguments {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionArguments, command: &mut Command) {
    generate(arguments.shell, command, "wardkey", &mut std::io::stdout());
}
