//! Knowledge runs one way through the rooms of `src`, from the kernel outward, and never in a circle.

use crate::support::source::SourceFile;
use std::collections::{BTreeMap, BTreeSet};

/// The rooms, innermost first. A room may use every room of an earlier row, and those of its own row as long as no circle comes
/// of it.
const ROWS: [&[&str]; 10] = [
    &["kernel"],
    &["oauth", "smart"],
    &["store", "keys", "audit", "quota"],
    &["tenant"],
    &[
        "session",
        "federation",
        "patient_directory",
        "interaction",
        "issuer",
        "control",
        "gateway",
    ],
    &["api", "console"],
    &["app"],
    &["server"],
    &["cli", "demo"],
    &["main"],
];

/// Rooms beside the rows: they know only the kernel and the two rooms of pure rules, and are known from `tenant` outward.
const BESIDE: [&str; 5] = ["config", "mail", "outbound", "web", "observe"];

/// The innermost row that may use the rooms beside.
const FIRST_ROW_THAT_LOOKS_ASIDE: usize = 3;

#[test]
fn no_room_uses_one_further_out() {
    let mut faults = Vec::new();
    for (from, to, file) in arrows(&SourceFile::list()) {
        if let Err(reason) = check_arrow(&from, &to) {
            faults.push(format!("src/{file}: {reason}"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn rooms_form_no_circle() {
    let circle = find_circle(&arrows(&SourceFile::list()));
    assert!(
        circle.is_none(),
        "rooms that use each other in a circle: {}",
        circle.unwrap_or_default().join(" -> ")
    );
}

#[test]
fn every_room_has_its_place_in_the_order() {
    let unknown: BTreeSet<_> = SourceFile::list()
        .iter()
        .filter_map(|file| file.room().map(str::to_owned))
        .collect();
    let unknown: Vec<_> = unknown
        .into_iter()
        .filter(|room| row_of(room).is_none() && !BESIDE.contains(&room.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "give these rooms a place in ROWS or BESIDE: {unknown:?}"
    );
}

#[test]
fn the_root_is_only_a_map() {
    let files = SourceFile::list();
    let root = files.iter().find(|file| file.path == "lib.rs").expect("src/lib.rs");
    let other: Vec<_> = root
        .code
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("pub mod "))
        .collect();
    assert!(
        other.is_empty(),
        "src/lib.rs lists the rooms and holds nothing else: {other:?}"
    );
}

#[test]
fn the_check_sees_every_way_to_write_an_import() {
    let text = "use crate::store::Tenant;\nuse crate::{kernel::{Clock, Secret}, tenant};\nfn f() { crate :: keys::sign() }\n\
                use super::super::web::Page;\nuse super::token;\n// crate::demo\n/// [`crate::app::App`]\n";
    let files = [
        SourceFile::parse("issuer/revoke.rs", text),
        SourceFile::parse("issuer/token/issue.rs", "use super::super::jwks;"),
    ];
    let used: BTreeSet<_> = arrows(&files).into_iter().map(|(_, to, _)| to).collect();
    assert_eq!(
        used.into_iter().collect::<Vec<_>>(),
        ["kernel", "keys", "store", "tenant", "web"]
    );
}

#[test]
fn the_check_refuses_backward_and_sideways_arrows() {
    for (from, to) in [
        ("kernel", "oauth"),
        ("store", "tenant"),
        ("issuer", "app"),
        ("store", "config"),
        ("web", "store"),
        ("issuer", "attic"),
    ] {
        assert!(check_arrow(from, to).is_err(), "{from} -> {to}");
    }
    for (from, to) in [
        ("store", "kernel"),
        ("tenant", "config"),
        ("web", "smart"),
        ("issuer", "session"),
        ("cli", "demo"),
        ("main", "cli"),
    ] {
        assert_eq!(check_arrow(from, to), Ok(()), "{from} -> {to}");
    }
}

#[test]
fn the_check_finds_a_circle() {
    let arrow = |from: &str, to: &str| (from.to_owned(), to.to_owned(), String::new());
    assert_eq!(find_circle(&[arrow("a", "b"), arrow("b", "c"), arrow("d", "a")]), None);
    let circle = find_circle(&[arrow("a", "b"), arrow("b", "c"), arrow("c", "b")]).expect("a circle");
    assert_eq!(circle.first(), circle.last());
}

fn row_of(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

fn check_arrow(from: &str, to: &str) -> Result<(), String> {
    let (from_beside, to_beside) = (BESIDE.contains(&from), BESIDE.contains(&to));
    let allowed = match (row_of(from), row_of(to)) {
        (_, None) if !to_beside => return Err(format!("{from} uses crate::{to}, which is no room")),
        (Some(from), Some(to)) => to <= from,
        (Some(from), None) => from >= FIRST_ROW_THAT_LOOKS_ASIDE,
        (None, Some(to)) => from_beside && to <= 1,
        (None, None) => from_beside,
    };
    if allowed {
        Ok(())
    } else {
        Err(format!(
            "{from} must not use {to}: knowledge runs from the kernel outward"
        ))
    }
}

/// Which room uses which, with the file that says so.
fn arrows(files: &[SourceFile]) -> Vec<(String, String, String)> {
    let mut arrows = Vec::new();
    for file in files {
        let Some(from) = file.room() else { continue };
        let to = used_rooms(file).into_iter().filter(|to| to != from);
        arrows.extend(to.map(|to| (from.to_owned(), to, file.path.clone())));
    }
    arrows
}

fn used_rooms(file: &SourceFile) -> BTreeSet<String> {
    let squeezed: String = squeeze(&file.code);
    let mut rooms = BTreeSet::new();
    // The binary sees the library as any other crate would.
    let roots = if file.path == "main.rs" {
        ["wardkey::", "crate::"]
    } else {
        ["crate::", "crate::"]
    };
    for root in roots {
        for (at, _) in squeezed.match_indices(root) {
            // Not the tail of a longer name, and not `$crate` of a macro, which means the same all the same.
            if !squeezed[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                rooms.extend(first_names(&squeezed[at + root.len()..]));
            }
        }
    }
    // `super::` as often as the file is deep reaches the root too. Inside a module of tests it is one step less far, so that
    // part is left out.
    let deep = file.path.trim_end_matches("/mod.rs").split('/').count();
    let up = "super::".repeat(deep);
    let plain = squeeze(&file.without_tests().code);
    for (at, _) in plain.match_indices(&up) {
        if !plain[..at].ends_with("super::") {
            rooms.extend(first_names(&plain[at + up.len()..]));
        }
    }
    rooms
}

/// The code with the blanks around `::` and braces taken out.
fn squeeze(code: &str) -> String {
    let mut squeezed = code.split_whitespace().collect::<Vec<_>>().join(" ");
    for mark in ["::", "{", "}", ","] {
        squeezed = squeezed
            .replace(&format!(" {mark}"), mark)
            .replace(&format!("{mark} "), mark);
    }
    squeezed
}

/// The first name of a path, or of each path of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// A circle of rooms, its first room repeated at the end.
fn find_circle(arrows: &[(String, String, String)]) -> Option<Vec<String>> {
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to, _) in arrows {
        uses.entry(from).or_default().insert(to);
    }
    uses.keys().find_map(|room| walk(room, &mut Vec::new(), &uses))
}

/// Follows the arrows from `room`; `way` is how we came here.
fn walk<'a>(room: &'a str, way: &mut Vec<&'a str>, uses: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Option<Vec<String>> {
    if let Some(start) = way.iter().position(|passed| *passed == room) {
        return Some(way[start..].iter().chain([&room]).map(ToString::to_string).collect());
    }
    way.push(room);
    let circle = uses
        .get(room)
        .into_iter()
        .flatten()
        .find_map(|next| walk(next, way, uses));
    way.pop();
    circle
}
