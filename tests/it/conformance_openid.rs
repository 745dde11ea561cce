//! `docs/conformance/openid.md` says the truth: every module of the OpenID Foundation's plans has a test of ours of its name, or a reason.
//! The table is made from `conformance/openid.tsv`; with `WARDKEY_WRITE_DOCS=1` this test writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const ROWS: &str = include_str!("conformance/openid.tsv");
const INTRODUCTION: &str = "\
# Conformance with OpenID Connect and FAPI 2.0

Each module of the OpenID Foundation's conformance suite, by plan, with the test of ours that bears its name, or the reason why there is
none. The tests play the suite against the server in one process; they do not replace a run of the suite itself. This page is made from
`tests/it/conformance/openid.tsv` and kept true by `tests/it/conformance_openid.rs`.

Set a tenant up for the plans of OpenID Connect with `wardkey tenant set --tenant T profile=oidc`, for FAPI 2.0 with `profile=fapi2`
([docs/openid-connect.md](../openid-connect.md)). For \"Dynamic OP\" also `registration.policy=open registration.approval=false
registration.assertion_audience=issuer_or_token_endpoint`: the suite's assertions name the token endpoint.

Of \"Dynamic OP\", the certification itself is out of reach by design: its discovery check demands the response types `id_token` and
`token id_token`, which end a browser address with a token (RFC 9700 section 2.1.2). Only `code` is offered here.
";

/// A module: what stands for it.
struct Row {
    plan: &'static str,
    module: &'static str,
    kind: &'static str,
    place: &'static str,
}

fn rows() -> Vec<Row> {
    ROWS.lines()
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [plan, module, kind, place] = columns[..] else {
                panic!("four columns: {line}");
            };
            Row {
                plan,
                module,
                kind,
                place,
            }
        })
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn page() -> String {
    let mut plans: BTreeMap<usize, (&str, Vec<Row>)> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for row in rows() {
        if !order.contains(&row.plan) {
            order.push(row.plan);
        }
        let place = order.iter().position(|plan| *plan == row.plan).unwrap();
        plans.entry(place).or_insert((row.plan, Vec::new())).1.push(row);
    }
    let mut page = INTRODUCTION.to_owned();
    for (plan, rows) in plans.values() {
        let tested = rows.iter().filter(|row| row.kind == "test").count();
        writeln!(page, "\n## {plan}\n\n{tested} of {} modules have a test.\n", rows.len()).unwrap();
        page.push_str("| Module | Test or reason |\n| --- | --- |\n");
        for row in rows {
            let said = match row.place.split_once("::") {
                Some((file, _)) if row.kind == "test" => format!("[`{}`](../../tests/it/{file}.rs)", row.place),
                _ => row.place.to_owned(),
            };
            writeln!(page, "| `{}` | {said} |", row.module).unwrap();
        }
    }
    page
}

#[test]
fn every_module_has_a_test_that_exists_or_a_reason() {
    let rows = rows();
    assert!(rows.len() > 150, "{} rows", rows.len());
    for row in rows {
        match row.kind {
            "reason" => assert!(row.place.len() > 40, "{}: a sentence", row.module),
            "test" => {
                let (file, function) = row.place.split_once("::").expect("file::function");
                let text = std::fs::read_to_string(root().join(format!("tests/it/{file}.rs"))).unwrap();
                assert!(
                    text.contains(&format!("fn {function}(")),
                    "{} does not exist",
                    row.place
                );
                let name = row.module.to_lowercase().replace('-', "_");
                assert_eq!(function, name, "a test bears the name of its module");
            }
            other => panic!("{}: {other}", row.module),
        }
    }
}

#[test]
fn no_module_stands_twice_in_a_plan() {
    let mut seen = std::collections::BTreeSet::new();
    for row in rows() {
        assert!(seen.insert((row.plan, row.module)), "{} {}", row.plan, row.module);
    }
}

#[test]
fn the_page_is_the_one_that_is_made_from_the_rows() {
    let path = root().join("docs/conformance/openid.md");
    let page = page();
    if std::env::var_os("WARDKEY_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "make docs/conformance/openid.md anew: WARDKEY_WRITE_DOCS=1 cargo test --test it conformance_openid"
    );
}
