//! `docs/errors.md`, made from the codes.

use super::{FAMILIES, ShortCode, of_pages};
use crate::web::Language;
use std::fmt::Write as _;

const INTRODUCTION: &str = "# Short codes of refusals

Every refusal has a short code that does not change between releases or languages. It stands in parentheses at the end of
`error_description`, its page is `error_uri` (`/errors/CODE` at the deployment, in English and Spanish), and error pages show it
beside the request id. Some causes must not be told apart by the caller, such as whether a client exists: then the code shown
is a wider one, and `wardkey explain --tenant TENANT REQUEST_ID` names the check that failed. The request id is the header
`X-Request-Id` of the answer, or stands on the page. A refusal can be explained for seven days; of each check, a tenant keeps
64.

Made by `wardkey errors`. Do not edit.
";

/// The reference of every short code, as Markdown.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    for family in FAMILIES {
        section(&mut text, family.title(Language::English), family.codes.iter().copied());
    }
    section(&mut text, "Pages", of_pages());
    text
}

fn section(text: &mut String, title: &str, codes: impl Iterator<Item = ShortCode>) {
    let mut line = |line: &str| writeln!(text, "{line}").unwrap_or(());
    line(&format!("\n## {title}\n"));
    line("| Code | Cause | Mend |");
    line("|---|---|---|");
    for short in codes {
        let (cause, mend) = (short.cause(Language::English), short.mend(Language::English));
        line(&format!("| `{}` | {cause} | {mend} |", short.code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_is_what_the_codes_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/errors.md");
        let documented = std::fs::read_to_string(path).unwrap_or_default();
        assert!(documented == reference(), "run: cargo run -- errors > docs/errors.md");
    }
}
