//! `docs/conformance/smart.md` says the truth: every requirement that SMART App Launch 2.2.0 makes of servers has a test, a place in
//! the code, or a reason. The page is made from `conformance/smart.tsv`; with `WARDKEY_WRITE_DOCS=1` this test writes it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

const ROWS: &str = include_str!("conformance/smart.tsv");
/// As many as HL7's published list has for servers.
const REQUIREMENTS: usize = 265;
const INTRODUCTION: &str = "\
# Conformance with SMART App Launch 2.2.0

Every requirement on servers, with the test that breaks when it is not met, a place in the code, or a reason. The numbers are those of
HL7's requirement set `hl7.fhir.uv.smart-app-launch_2.2.0`; the words are ours and short, the guide's are what counts. Where that list and
the guide differ in force, the guide is followed.

The files `inferno_*.rs` play the official test kits against the server in one process, at two tenants, a test per test of the kits and
under its name. They do not replace a run of the kits themselves. This page is made from `tests/it/conformance/smart.tsv` and kept true by
`tests/it/conformance_smart.rs`.
";

struct Row {
    id: u32,
    force: &'static str,
    page: &'static str,
    section: &'static str,
    words: &'static str,
    kind: &'static str,
    place: &'static str,
}

fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, force, section, words, kind, place] = columns[..] else {
            panic!("six columns: {line}");
        };
        let (page, section) = section.split_once(", ").expect("page, section");
        Row {
            id: id.parse().expect("a number"),
            force,
            page,
            section,
            words,
            kind,
            place,
        }
    };
    ROWS.lines().map(row).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown_by(row: &Row) -> String {
    match (row.kind, row.place.split_once("::")) {
        ("test", Some((file, test))) => format!("[`{test}`](../../{file})"),
        ("code", None) => format!("[`{0}`](../../{0})", row.place),
        _ => row.place.to_owned(),
    }
}

fn page() -> String {
    let rows = rows();
    let count = |kind: &str| rows.iter().filter(|row| row.kind == kind).count();
    let mut text = INTRODUCTION.to_owned();
    let (tests, places, reasons) = (count("test"), count("code"), count("reason"));
    writeln!(
        text,
        "\nOf {} requirements, {tests} have a test, {places} a place in the code and {reasons} a reason.",
        rows.len()
    )
    .unwrap();
    let mut pages: Vec<&str> = Vec::new();
    for row in &rows {
        if !pages.contains(&row.page) {
            pages.push(row.page);
        }
    }
    for name in pages {
        write!(
            text,
            "\n## {name}\n\n| Id | Force | Section | Requirement | Shown by |\n| --- | --- | --- | --- | --- |\n"
        )
        .unwrap();
        for row in rows.iter().filter(|row| row.page == name) {
            let said = shown_by(row);
            writeln!(
                text,
                "| {} | {} | {} | {} | {said} |",
                row.id, row.force, row.section, row.words
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn every_requirement_has_a_test_or_code_that_exists_or_a_reason() {
    for row in rows() {
        match row.kind {
            "test" => {
                let (file, test) = row.place.split_once("::").expect("file::test");
                let text = std::fs::read_to_string(root().join(file)).expect("the file of a test");
                // The kits' tests are named in lists.
                let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                assert!(
                    words.any(|word| word == test),
                    "{}: {} does not exist",
                    row.id,
                    row.place
                );
            }
            "code" => assert!(
                root().join(row.place).is_file(),
                "{}: {} does not exist",
                row.id,
                row.place
            ),
            "reason" => assert!(
                row.place.len() > 40 && row.place.ends_with('.'),
                "{}: a sentence",
                row.id
            ),
            other => panic!("{}: {other}", row.id),
        }
    }
}

#[test]
fn every_requirement_stands_there_once() {
    let ids: BTreeSet<u32> = rows().iter().map(|row| row.id).collect();
    assert_eq!((ids.len(), rows().len()), (REQUIREMENTS, REQUIREMENTS));
}

#[test]
fn what_a_server_must_do_is_shown_by_more_than_a_reason_but_for_three() {
    let must: Vec<u32> = rows()
        .iter()
        .filter(|row| row.kind == "reason" && row.force.starts_with("SHALL"))
        .map(|row| row.id)
        .collect();
    // Documentation of a FHIR server, TLS in front of this one, and a value that is never written.
    assert_eq!(must, [139, 231, 405]);
}

#[test]
fn the_page_is_the_one_that_is_made_from_the_rows() {
    let path = root().join("docs/conformance/smart.md");
    let page = page();
    if std::env::var_os("WARDKEY_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "make docs/conformance/smart.md anew: WARDKEY_WRITE_DOCS=1 cargo test --test it conformance_smart"
    );
}
