//! Rules of the house that no compiler knows.

use crate::support::source::SourceFile;

/// The shipped code: no test modules.
fn shipped() -> Vec<SourceFile> {
    SourceFile::list()
        .into_iter()
        .filter(|file| !file.is_test())
        .map(|file| file.without_tests())
        .collect()
}

#[test]
fn sql_is_written_in_the_store_only() {
    // Elsewhere a type may say how it lies in a column; with what else the driver offers, one could speak to the database.
    const COLUMNS: [&str; 7] = ["Type", "Database", "Encode", "Decode", "encode", "decode", "error"];
    let mut faults = Vec::new();
    for file in SourceFile::list().iter().filter(|file| file.room() != Some("store")) {
        let uses = file.code.split("sqlx::").skip(1).map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default()
        });
        faults.extend(
            uses.filter(|name| !COLUMNS.contains(name))
                .map(|name| format!("src/{}: sqlx::{name}", file.path)),
        );
    }
    assert!(
        faults.is_empty(),
        "the database is spoken to in src/store only:\n{}",
        faults.join("\n")
    );
}

#[test]
fn html_is_written_in_the_templates_only() {
    const TAGS: [&str; 12] = [
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<form",
        "<span",
        "<script",
        "<style",
        "<a href",
    ];
    /// What a logo must not hold, and the hostile values that pages are rendered with in tests: neither is sent to anybody.
    const NOT_PAGES: [&str; 2] = ["web/branding/logo.rs", "web/pages/samples/mod.rs"];
    let mut faults = Vec::new();
    for file in shipped()
        .into_iter()
        .filter(|file| !NOT_PAGES.contains(&file.path.as_str()))
    {
        let literals = file.literals.iter().map(|literal| literal.to_ascii_lowercase());
        let html = literals.filter(|literal| TAGS.iter().any(|tag| literal.contains(tag)));
        faults.extend(html.map(|literal| format!("src/{}: {literal:.60}", file.path)));
    }
    assert!(
        faults.is_empty(),
        "HTML belongs to templates/, where it is escaped:\n{}",
        faults.join("\n")
    );
}

/// RFC 9700 section 4.12: a redirect that repeats the request's content hands a password on.
#[test]
fn no_redirect_repeats_a_form() {
    const KINDS: [&str; 6] = [
        "Redirect::temporary",
        "Redirect::permanent",
        "TEMPORARY_REDIRECT",
        "PERMANENT_REDIRECT",
        "from_u16(307)",
        "from_u16(308)",
    ];
    let mut faults = Vec::new();
    for file in shipped() {
        let kinds = KINDS.iter().filter(|kind| file.code.contains(**kind));
        faults.extend(kinds.map(|kind| format!("src/{}: {kind}", file.path)));
    }
    assert!(
        faults.is_empty(),
        "answer 303, which turns a POST into a GET:\n{}",
        faults.join("\n")
    );
}
