//! The command `wardkey`.

use std::process::ExitCode;

fn main() -> ExitCode {
    wardkey::cli::run()
}
