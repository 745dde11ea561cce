//! The table of SAML's checks, `docs/conformance/saml.md`: every check is in it, with tests that are there. `scripts/saml-mutants` takes
//! each condition out in turn and asks whether a test notices. Beside it the table of attacks, `docs/conformance/saml-attacks.md`.

use std::collections::BTreeSet;
use std::path::Path;
use wardkey::federation::saml::Check;

/// The cells of every row whose first cell is a check.
fn rows() -> Vec<[String; 3]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conformance/saml.md");
    let table = std::fs::read_to_string(path).unwrap();
    let lines = table.lines().filter(|line| line.starts_with("| `"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [check, condition, tests] = cells[..] else {
                panic!("not three cells: {line}");
            };
            [check.trim_matches('`'), condition, tests].map(str::to_owned)
        })
        .collect()
}

fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_check_of_a_saml_message_has_a_row() {
    let listed: BTreeSet<String> = rows().into_iter().map(|[check, ..]| check).collect();
    let all: BTreeSet<String> = Check::ALL.iter().map(|check| check.as_str().to_owned()).collect();
    let missing: Vec<_> = all.difference(&listed).collect();
    assert!(missing.is_empty(), "no row in docs/conformance/saml.md for {missing:?}");
    let unknown: Vec<_> = listed.difference(&all).collect();
    assert!(unknown.is_empty(), "there is no check {unknown:?}");
}

#[test]
fn every_row_names_a_test_that_is_there_or_says_why_there_is_none() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    collect(&root.join("tests/it"), &mut texts);
    collect(&root.join("src/federation"), &mut texts);
    let known = |name: &str| texts.iter().any(|text| text.contains(&format!("fn {name}(")));
    for [check, condition, tests] in rows() {
        assert!(!tests.is_empty(), "{check}: {condition}");
        if tests.starts_with("none:") {
            continue;
        }
        for test in tests.split("<br>").filter(|test| test.starts_with('`')) {
            // A test that runs on each database is a module with a function for each.
            let names = test
                .trim_matches('`')
                .split("::")
                .filter(|part| !part.starts_with("on_"));
            let name = names.last().unwrap();
            assert!(known(name), "{check}: no test {name}");
        }
    }
}

#[test]
fn every_attack_names_tests_that_are_in_the_file_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("docs/conformance/saml-attacks.md")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), 21, "one family is missing, or one too many");
    for (index, row) in rows.iter().enumerate() {
        assert!(row.starts_with(&format!("| {} | ", index + 1)), "{row}");
        let named: Vec<&str> = row
            .split('`')
            .filter(|part| part.contains("::") && !part.contains(' '))
            .collect();
        assert!(!named.is_empty(), "{row}");
        for test in named {
            let (file, name) = test.split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(format!("tests/it/{file}.rs"))).unwrap();
            assert!(text.contains(&format!("fn {name}(")), "{test} is not there");
        }
    }
}
