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

/// Prints one object: a line per member, or JSON.
pub(super) fn object(format: Format, value: &Value) {
    match format {
        Format::Json => print(&pretty(value)),
        Format::Yaml => print(yaml(value).trim_end()),
        Format::Table => {
            let members = value.as_object().into_iter().flatten();
            let width = value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name.len())
                .max()
                .unwrap_or(0);
            for (name, value) in members.filter(|(_, value)| !value.is_null()) {
                print(&format!("{name:width$}  {}", cell(value)));
            }
        }
    }
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
