//! `wardkey errors`.

use super::{CliError, output};
use crate::web::{Language, short_codes};
use clap::Args;

/// Arguments of `errors`.
#[derive(Args)]
pub(super) struct ErrorsArguments {
    /// A short code, as it stands in `error_description` or on an error page. Without one, all are printed as Markdown.
    code: Option<String>,
    /// The language, as a tag such as `es`.
    #[arg(long, default_value = "en")]
    language: String,
}

pub(super) fn run(arguments: &ErrorsArguments) -> Result<(), CliError> {
    let Some(code) = &arguments.code else {
        output::print(short_codes::reference().trim_end());
        return Ok(());
    };
    let short = short_codes::find(code).ok_or_else(|| {
        CliError::Input(format!(
            "there is no short code {code:?}; `wardkey errors` prints them all"
        ))
    })?;
    let language = Language::from_tag(&arguments.language).unwrap_or_default();
    output::print(short.cause(language));
    output::print(short.mend(language));
    Ok(())
}
