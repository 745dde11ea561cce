//! The reference of all settings, as Markdown.

use super::section::Setting;
use super::sections::{Database, Keys, Log, Mail, Passwords, Server};
use std::fmt::Write as _;

type Section = (&'static str, &'static [&'static str], Vec<Setting>);

fn sections() -> Vec<Section> {
    vec![
        (Server::TABLE, Server::ABOUT, Server::settings()),
        (Database::TABLE, Database::ABOUT, Database::settings()),
        (Keys::TABLE, Keys::ABOUT, Keys::settings()),
        (Passwords::TABLE, Passwords::ABOUT, Passwords::settings()),
        (Mail::TABLE, Mail::ABOUT, Mail::settings()),
        (Log::TABLE, Log::ABOUT, Log::settings()),
    ]
}

/// The setting that a variable names.
pub(super) fn find_setting(section: &str, key: &str) -> Option<Setting> {
    let (_, _, settings) = sections().into_iter().find(|(table, ..)| *table == section)?;
    settings.into_iter().find(|setting| setting.key == key)
}

/// The text of `docs/configuration.md`.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Written by `wardkey config reference`. Settings come from a TOML file (`--config FILE` or `WARDKEY_CONFIG`) and from\n\
         environment variables, which take precedence: `server.listen` is `WARDKEY_SERVER__LISTEN`. Unknown keys and variables\n\
         stop the start. `wardkey config check` reads and checks everything without starting.\n\n\
         The master key can be given as base64 in `WARDKEY_MASTER_KEY` instead of a file.\n",
    );
    for (table, about, settings) in sections() {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n## `[{table}]`\n\n{}\n\n| key | type | default | |\n| --- | --- | --- | --- |\n",
            join(about)
        );
        for setting in settings {
            let Setting {
                key,
                kind,
                default,
                documentation,
            } = setting;
            let default = default.map_or_else(|| "not set".to_owned(), |value| value.to_string());
            let _ = writeln!(text, "| `{key}` | {kind} | `{default}` | {} |", join(documentation));
        }
    }
    text
}

fn join(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reference_in_the_documentation_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == super::reference(),
            "run: cargo run -- config reference > docs/configuration.md"
        );
    }
}
