//! Every refusal has a short code, and every short code says what it means.

use crate::support::refusal_codes::{self, Found};
use crate::support::source::SourceFile;
use wardkey::web::short_codes;

fn found() -> Found {
    let shipped: Vec<_> = SourceFile::list()
        .into_iter()
        .filter(|file| !file.is_test() && !file.path.ends_with("_tests.rs"))
        .map(|file| file.without_tests())
        .collect();
    refusal_codes::find(&shipped)
}

#[test]
fn every_refusal_is_documented() {
    let found = found();
    assert!(found.codes.len() > 150, "{} codes", found.codes.len());
    let unknown = found.codes.iter().filter(|(code, _)| short_codes::find(code).is_none());
    let unknown: Vec<_> = unknown
        .map(|(code, places)| format!("{code} (src/{})", places.join(", src/")))
        .collect();
    assert!(
        unknown.is_empty(),
        "say in src/web/short_codes what these mean and how to mend them, then run `cargo run -- errors > docs/errors.md`:\n{}",
        unknown.join("\n")
    );
}

#[test]
fn every_documented_code_is_some_refusals() {
    let found = found();
    let families = short_codes::FAMILIES.iter().flat_map(|family| family.codes);
    let unused: Vec<_> = families
        .map(|short| short.code)
        .filter(|code| !found.codes.contains_key(*code))
        .collect();
    assert!(
        unused.is_empty(),
        "no refusal has these codes of src/web/short_codes: {unused:?}"
    );
}

#[test]
fn every_code_can_be_read_where_its_error_is_made() {
    let found = found();
    assert!(
        found.unreadable.is_empty(),
        "write the code as a literal where the error is made, so that it can be checked:\n{}",
        found.unreadable.join("\n")
    );
}
