//! Printing results and complaints.

use clap::ValueEnum;
use serde_json::Value;
use std::io::Write as _;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned columns, for people.
    Table,
    /// JSON, for programs.
    Json,
    /// YAML, for people who keep it in files.
    Yaml,
}

/// As YAML.
fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// Prints a document that is JSON in any case.
pub(super) fn json(value: &Value) {
    print(&pretty(value));
}

/// Prints a list of objects: these columns as a table, or everything as JSON.
pub(super) fn list(format: Format, columns: &[&str], rows: &Value) {
    match format {
        Format::Json => print(&pretty(rows)),
        Format::Yaml => print(yaml(rows).trim_end()),
        Format::Table => table(columns, rows.as_array().map_or(&[], Vec::as_slice)),
    }
}

/// Prints one object: a line per member, those of inner objects under `outer.inner`, then a table for each list of objects. Or
/// everything as JSON.
pub(super) fn object(format: Format, value: &Value) {
    match format {
        Format::Json => print(&pretty(value)),
        Format::Yaml => print(yaml(value).trim_end()),
        Format::Table => {
            let (mut lines, mut tables) = (Vec::new(), Vec::new());
            members(None, value, &mut lines, &mut tables);
            let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            for (name, text) in &lines {
                print(format!("{name:width$}  {text}").trim_end());
            }
            for (name, rows) in tables {
                print(&format!("\n{name}:"));
                let columns = columns_of(rows);
                table(&columns, rows);
            }
        }
    }
}

/// What an object says: lines, and lists of objects, each with its name.
fn members<'a>(
    outer: Option<&str>,
    value: &'a Value,
    lines: &mut Vec<(String, String)>,
    tables: &mut Vec<(String, &'a [Value])>,
) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = outer.map_or_else(|| name.clone(), |outer| format!("{outer}.{name}"));
        match value {
            Value::Null => {}
            Value::Object(_) => members(Some(&name), value, lines, tables),
            Value::Array(rows) if rows.iter().any(Value::is_object) => tables.push((name, rows)),
            value => lines.push((name, cell(value))),
        }
    }
}

/// What tells rows apart comes first in a table.
const FIRST: [&str; 10] = [
    "day", "from", "at", "id", "slug", "alias", "host", "name", "member", "tier",
];

/// The members that rows have, except for those that are empty in all of them.
fn columns_of(rows: &[Value]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for (name, value) in rows.iter().filter_map(Value::as_object).flatten() {
        if !value.is_null() && !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns.sort_by_key(|column| FIRST.iter().position(|first| first == column).unwrap_or(FIRST.len()));
    columns
}

fn table(columns: &[&str], rows: &[Value]) {
    let text = |row: &Value, column: &str| cell(row.get(column).unwrap_or(&Value::Null));
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| {
            rows.iter()
                .map(|row| text(row, column).chars().count())
                .chain([column.len()])
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}", width = *width))
            .collect();
        print(padded.join("  ").trim_end());
    };
    line(
        columns
            .iter()
            .map(|column| column.to_uppercase().replace('_', " "))
            .collect(),
    );
    for row in rows {
        line(columns.iter().map(|column| text(row, column)).collect());
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(" "),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| match value {
                Value::Object(_) => format!("{name}({})", cell(value)),
                value => format!("{name}={}", cell(value)),
            };
            members.iter().map(member).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

/// One line of a result. A reader that has gone away is no failure of ours.
pub(super) fn print(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// One line for people, beside the result.
pub(super) fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Says what went wrong.
pub(super) fn complain(message: &str) {
    drop(writeln!(std::io::stderr(), "wardkey: {message}"));
}

#[cfg(test)]
mod tests {
    use super::{cell, columns_of, members};
    use serde_json::json;

    #[test]
    fn an_object_is_lines_and_tables() {
        let value = json!({
            "id": "a", "empty": null, "list": ["x", "y"], "none": [],
            "branding": { "colour": "#fff", "logo": null, "inner": { "deep": 1 } },
            "hours": [{ "tokens": 1, "from": "8", "slow": null }, { "tokens": 2, "from": "9", "slow": null, "refused": 3 }],
        });
        let (mut lines, mut tables) = (Vec::new(), Vec::new());
        members(None, &value, &mut lines, &mut tables);
        lines.sort();
        let line = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let expected = [
            line("branding.colour", "#fff"),
            line("branding.inner.deep", "1"),
            line("id", "a"),
            line("list", "x y"),
            line("none", ""),
        ];
        assert_eq!(lines, expected);
        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].0, "hours");
        assert_eq!(columns_of(tables[0].1), ["from", "tokens", "refused"]);
    }

    #[test]
    fn an_object_within_a_row_is_no_json() {
        let value = json!({ "sign_in": { "refused": 0, "succeeded": 2 }, "at": 1 });
        assert_eq!(cell(&value), "at=1 sign_in(refused=0 succeeded=2)");
    }
}
